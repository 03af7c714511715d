# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Recorded pages in place of an org, without a network."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.utils import formatdate
from typing import Any
from unittest import mock

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3._collections import HTTPHeaderDict

DOMAIN = 'acme.okta.com'
FIRST_LINK = f'https://{DOMAIN}/api/v1/logs?limit=1000&sortOrder=ASCENDING'
AFTER = re.compile(r'[?&]after=\d+_(\d+)')
EMPTY_PAGE = b'[]'
TOKEN_PATH = '/oauth2/v1/token'
TOKEN = b'{"token_type": "Bearer", "expires_in": 3600, "access_token": "t", "scope": "okta.logs.read"}'


def link_to(page: int) -> str:
    """Where a page is, counted from 0."""
    return f'{FIRST_LINK}&after=1795400000000_{page}'


class ReplayedOrg:
    """Has `pages`, and after them always an empty one."""

    def __init__(self, pages: Sequence[bytes]) -> None:
        self.requests = 0
        self._pages = pages

    @contextmanager
    def reached(self) -> Iterator[None]:
        """Whatever is sent with `requests` meanwhile is answered here."""

        def send(adapter: HTTPAdapter, request: PreparedRequest, *_: Any, **__: Any) -> Response:
            return adapter.build_response(request, self._answer(request.url or ''))

        with mock.patch.object(HTTPAdapter, 'send', send):
            yield

    def _answer(self, url: str) -> HTTPResponse:
        self.requests += 1
        if TOKEN_PATH in url:
            headers = HTTPHeaderDict({'Content-Type': 'application/json'})
            return HTTPResponse(io.BytesIO(TOKEN), headers, 200, preload_content=False, request_method='POST')
        after = AFTER.search(url)
        number = int(after[1]) if after else 0
        exists = number < len(self._pages)
        headers = HTTPHeaderDict(
            {
                'Content-Type': 'application/json',
                'Date': formatdate(usegmt=True),
                'X-Okta-Request-Id': 'aSbQ0vXgXw1vYqk3TzA0cgAAB8U',
                'X-Rate-Limit-Limit': '1000000',
                'X-Rate-Limit-Remaining': '1000000',
                'X-Rate-Limit-Reset': '1795402965',
            }
        )
        headers.add('Link', f'<{link_to(number)}>; rel="self"')
        headers.add('Link', f'<{link_to(number + exists)}>; rel="next"')
        body = io.BytesIO(self._pages[number] if exists else EMPTY_PAGE)
        return HTTPResponse(body, headers, 200, preload_content=False, request_method='GET')
