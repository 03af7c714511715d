# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Explains rejections: what the response says, and whether Okta or a proxy, gateway, or portal sent it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from requests import Response
from requests.utils import parse_dict_header

from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows.errors import OktaError, TransientError, one_line

from .rate_limit import retry_after_seconds, seconds_to_retry
from .remedies import OKTA_REMEDIES, intermediary_remedy, okta_remedy

REQUEST_ID_HEADER = 'X-Okta-Request-Id'

OKTA_ERROR_CODE = re.compile(r'E[0-9]{7}')

# The codes from Okta's list of OAuth 2.0 errors that a token request or a System Log request can receive: those with a
# remedy of their own, and two without one.
OAUTH_ERRORS = {code for remedy in OKTA_REMEDIES for code in remedy.codes if not OKTA_ERROR_CODE.fullmatch(code)}
OAUTH_ERRORS |= {'invalid_grant', 'invalid_token'}

# These limits apply to the part of a response from somebody else than Okta that messages show. The title is at the
# beginning of a page.
MAX_PAGE_BYTES = 8192
MAX_PAGE_CHARACTERS = 100
MAX_HEADER_CHARACTERS = 60
SENDER_HEADERS = ('Server', 'Via')
WORDS_OF_JSON = ('message', 'Message', 'error_description', 'error', 'detail', 'title', 'reason')
TITLE = re.compile(r'<title[^<>]*>([^<]*)', re.IGNORECASE)
TAG = re.compile(r'<[^<>]*>?')
HIDDEN_ELEMENT = re.compile(r'<(script|style)[^<>]*>.*?</\1[^<>]*>', re.IGNORECASE | re.DOTALL)

# A load balancer returns these while no server is available for the request.
UNAVAILABLE = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a request was rejected: an `errorCode` or OAuth `error`, and its text. Both may be empty."""

    code: str
    summary: str

    def __str__(self) -> str:
        return f'{self.code} "{self.summary}"' if self.code and self.summary else self.code or self.summary


def endpoint(method: str, url: str) -> str:
    """Return the method and the URL without its query, as messages name a request."""
    return f'{method.upper()} {url.partition("?")[0]}'


def describe(response: Response, *details: str) -> str:
    """Describe a response for the brackets of a message: endpoint, status, `details`, and sender.

    If the response is not from Okta, the sender is described by the page's title or first words and the headers
    `Server` and `Via`.
    """
    where = endpoint(response.request.method or '', response.request.url or '')
    parts = [f'status {response.status_code}', *details]
    request_id = one_line(response.headers.get(REQUEST_ID_HEADER))
    if request_id:
        parts.append(f'request id {request_id}')
    elif not is_from_okta(response):
        page = one_line(read_page(response), MAX_PAGE_CHARACTERS)
        parts += [f'page "{page}"'] if page else []
        values = {name: one_line(response.headers.get(name), MAX_HEADER_CHARACTERS) for name in SENDER_HEADERS}
        parts += [f'{name} {value}' for name, value in values.items() if value]
    return f'{where}: {", ".join(parts)}'


@dataclass(frozen=True, slots=True)
class Evidence:
    """The description of a response with status 200, for an error about what the response lacks."""

    text: str
    is_from_okta: bool

    @classmethod
    def of(cls, response: Response, *details: str) -> Evidence:
        """Extract from `response` what an error shows, so that `response` can be freed. `details` as in `describe`."""
        return cls(describe(response, *details), is_from_okta(response))

    def error(self, what: str, next_step: str) -> OktaError:
        """Create the error about the response, with the evidence after `what`."""
        return OktaError(f'{what} ({self.text})', next_step, status=HTTPStatus.OK, is_from_okta=self.is_from_okta)


def refusal(response: Response) -> OktaError:
    """Create the error for a response whose status is not 200."""
    status, reason, is_okta = response.status_code, read_reason(response), is_from_okta(response)
    path = urlsplit(response.request.url or '').path
    remedy = okta_remedy(path, status, reason.code) if is_okta else intermediary_remedy(status, _beginning(response))
    details = (str(reason) if is_okta else '', _redirect(response))
    wait_seconds = 0.0
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait_seconds = seconds_to_retry(response.headers)
    elif status == HTTPStatus.SERVICE_UNAVAILABLE:
        wait_seconds = retry_after_seconds(response.headers) or 0.0
    failure = TransientError if status in UNAVAILABLE and not wait_seconds else OktaError
    return failure(
        f'{remedy.meaning} ({describe(response, *filter(None, details))})',
        remedy.next_step,
        status=status,
        code=reason.code if is_okta else '',
        is_from_okta=is_okta,
        dpop_nonce=response.headers.get('DPoP-Nonce', ''),
        wait_seconds=wait_seconds,
    )


def is_from_okta(response: Response) -> bool:
    """Return whether Okta sent `response`, and not a proxy, gateway, or portal between the Agent and Okta.

    Okta puts a request id on every response (https://developer.okta.com/docs/reference/core-okta-api/). If a proxy
    removes it, one of Okta's own error codes is sufficient proof: `{"error": "Forbidden"}` from a gateway has none.
    """
    if REQUEST_ID_HEADER in response.headers:
        return True
    # A response with status 200 has no error code, and the body of a page takes long to decode.
    code = read_reason(response).code if response.status_code != HTTPStatus.OK else ''
    return code in OAUTH_ERRORS or OKTA_ERROR_CODE.fullmatch(code) is not None


def read_reason(response: Response) -> Reason:
    """Read the reason for a rejection from the body, or from `WWW-Authenticate` if OAuth leaves the body empty.

    A proxy or a maintenance page may have sent the response, so anything else in the body is ignored. Public captures
    of the empty body: okta-sdk-golang#145; of the header's format: okta-sdk-golang#468.
    """
    try:
        body = json.decode(response.content)
    except ValueError:
        body = None
    if isinstance(body, Mapping):
        reason = _reason_in_body(body)
        if reason.code or reason.summary:
            return reason
    _, _, challenge = response.headers.get('WWW-Authenticate', '').partition(' ')
    fields = parse_dict_header(challenge)
    return Reason(one_line(fields.get('error')), one_line(fields.get('error_description')))


def _reason_in_body(body: Mapping[str, Any]) -> Reason:
    if 'error' in body:
        return Reason(one_line(body['error']), one_line(body.get('error_description')))
    causes = body.get('errorCauses')
    summaries = [body.get('errorSummary')]
    if isinstance(causes, list):
        summaries += [cause.get('errorSummary') for cause in causes if isinstance(cause, Mapping)]
    return Reason(
        one_line(body.get('errorCode')),
        one_line('; '.join(summary for summary in summaries if summary and isinstance(summary, str))),
    )


def read_page(response: Response) -> str:
    """Extract the words of a page from somebody else than Okta: its title, or else its text; in JSON, the message.

    The words are returned unescaped, as the sender wrote them, so that a secret that the page echoes is still redacted.
    """
    text = _beginning(response)
    if len(response.content) > MAX_PAGE_BYTES:
        # Cut at a blank, because redaction would not recognize a part of a secret.
        text = text.rpartition(' ')[0]
    if text.lstrip()[:1] in ('[', '{'):
        return _words_of_json(text)
    title = TITLE.search(text)
    if title and title[1].strip():
        words = title[1]
    else:
        # The text of a response with status 200 may be data in an unexpected format, so it is not shown.
        words = '' if response.status_code == HTTPStatus.OK else TAG.sub(' ', HIDDEN_ELEMENT.sub(' ', text))
    return ' '.join(html.unescape(words).split())


def _beginning(response: Response) -> str:
    return response.content[:MAX_PAGE_BYTES].decode('utf-8', 'replace')


def _words_of_json(text: str) -> str:
    try:
        body = json.decode(text)
    except ValueError:
        return ''
    fields = body if isinstance(body, Mapping) else {}
    return next((value for name in WORDS_OF_JSON if isinstance(value := fields.get(name), str) and value), '')


def _redirect(response: Response) -> str:
    """Describe where a redirect leads, without the parts that may be secret: user information, path, and query."""
    try:
        target = urlsplit(response.headers.get('Location', ''))
    except ValueError:
        return ''
    host = one_line(target.netloc.rpartition('@')[2], MAX_HEADER_CHARACTERS)
    return f'redirect to {host}' if host else ''
