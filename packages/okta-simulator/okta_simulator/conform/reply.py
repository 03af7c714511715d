# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A response of the org, parsed for a question."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from multidict import CIMultiDictProxy

from .errors import CouldNotAsk

_LINK = re.compile(r'<([^>]*)>\s*;\s*rel="?(\w+)"?')
_ERROR_CODE = re.compile(r'E\d{7}', re.ASCII)
# The report shows only these words from a response, because any other text could be a value of the org.
_OAUTH_ERRORS = {
    'access_denied',
    'invalid_client',
    'invalid_dpop_proof',
    'invalid_grant',
    'invalid_request',
    'invalid_scope',
    'invalid_token',
    'insufficient_scope',
    'server_error',
    'temporarily_unavailable',
    'unauthorized_client',
    'unsupported_grant_type',
    'use_dpop_nonce',
}
_CHALLENGE_ERROR = re.compile(r'\berror="(\w+)"')

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Reply:
    origin: str = field(repr=False)
    """The scheme, host, and port of the request."""
    query: str = field(repr=False)
    """The query of the request, still percent-encoded."""
    status: int
    headers: CIMultiDictProxy[str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def content(self) -> Any:
        """The JSON of the body; `None` if the body is not JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def is_page(self) -> bool:
        return self.status == 200 and isinstance(self.content, list)

    @property
    def events(self) -> list[Any]:
        """The events of a page. Raises `CouldNotAsk` if the response is not a page."""
        content = self.content
        if self.status != 200:
            raise CouldNotAsk(f'A page of the System Log was expected. The org responded with {self.summary}.')
        if not isinstance(content, list):
            raise CouldNotAsk('A page of the System Log was expected. The body is not a JSON array.')
        return content

    @property
    def asked(self) -> Pairs:
        return pairs(self.query)

    @property
    def link_lines(self) -> list[list[tuple[str, str]]]:
        """The URLs and relations of each `Link` line."""
        return [[(found[1], found[2]) for found in _LINK.finditer(line)] for line in self.headers.getall('Link', [])]

    def links(self, relation: str) -> list[str]:
        return [url for line in self.link_lines for url, found in line if found == relation]

    @property
    def next(self) -> str:
        """The `next` link. Raises `CouldNotAsk` if there is not exactly one."""
        links = self.links('next')
        if len(links) != 1:
            raise CouldNotAsk(f'One `next` link was expected. The page has {len(links)}.')
        return links[0]

    @property
    def error_code(self) -> str:
        """The `errorCode` of Okta's APIs or the `error` of OAuth, if it is one that Okta documents."""
        content = self.content
        members: Mapping[str, Any] = content if isinstance(content, dict) else {}
        code, error = str(members.get('errorCode', '')), str(members.get('error', ''))
        if _ERROR_CODE.fullmatch(code):
            return code
        return error if error in _OAUTH_ERRORS else ''

    @property
    def challenge_error(self) -> str:
        """The `error` in `WWW-Authenticate`."""
        found = _CHALLENGE_ERROR.search(', '.join(self.headers.getall('WWW-Authenticate', [])))
        return found[1] if found and found[1] in _OAUTH_ERRORS else ''

    @property
    def summary(self) -> str:
        """The status and the error code, which contain no values of the org."""
        code = self.error_code or self.challenge_error
        return f'status {self.status} and {code}' if code else f'status {self.status} without an error code'

    @property
    def date(self) -> float | None:
        """The `Date` header in epoch seconds."""
        try:
            return parsedate_to_datetime(self.headers.get('Date', '')).timestamp()
        except ValueError:
            return None

    def number(self, name: str) -> int | None:
        """Return the smallest value of a header, which may occur more than once (seen in okta-sdk-java#259)."""
        values = self.headers.getall(name, [])
        return min(map(int, values)) if values and all(re.fullmatch(r'\d{1,15}', value) for value in values) else None


def pairs(query: str) -> Pairs:
    return parse_qsl(query, keep_blank_values=True)


def link_pairs(link: str) -> Pairs:
    try:
        return pairs(urlsplit(link).query)
    except ValueError:
        return []
