# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What a response says that is not what was asked for, and who sent it: Okta, or something on the way."""

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

# The codes of Okta's list of OAuth 2.0 errors that a request for a token or for the System Log can meet: those that
# have a remedy of their own, and two that have none.
OAUTH_ERRORS = {code for remedy in OKTA_REMEDIES for code in remedy.codes if not OKTA_ERROR_CODE.fullmatch(code)}
OAUTH_ERRORS |= {'invalid_grant', 'invalid_token'}

# What is shown of a response that is not Okta's. Titles stand at the beginning of a page.
MAX_PAGE_BYTES = 8192
MAX_PAGE_CHARACTERS = 100
MAX_HEADER_CHARACTERS = 60
SENDER_HEADERS = ('Server', 'Via')
WORDS_OF_JSON = ('message', 'Message', 'error_description', 'error', 'detail', 'title', 'reason')
TITLE = re.compile(r'<title[^<>]*>([^<]*)', re.IGNORECASE)
TAG = re.compile(r'<[^<>]*>?')
HIDDEN_ELEMENT = re.compile(r'<(script|style)[^<>]*>.*?</\1[^<>]*>', re.IGNORECASE | re.DOTALL)

# What a load balancer says while it has no server to give the request to.
UNAVAILABLE = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a request was rejected: an `errorCode` or OAuth `error`, and its text. Both may be empty."""

    code: str
    summary: str

    def __str__(self) -> str:
        return f'{self.code} "{self.summary}"' if self.code and self.summary else self.code or self.summary


def endpoint(method: str, url: str) -> str:
    """The method and the URL without its query, as the messages name a request."""
    return f'{method.upper()} {url.partition("?")[0]}'


def describe(response: Response, *details: str) -> str:
    """The evidence of a response, as it stands in brackets: endpoint, status, `details`, and who sent it.

    Of a response that is not Okta's that is its title or first words, and the headers `Server` and `Via`.
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
    """What a response with status 200 was, for an error about what it lacks."""

    text: str
    is_from_okta: bool

    @classmethod
    def of(cls, response: Response, *details: str) -> Evidence:
        """Take from `response`, which may be forgotten then, what an error tells of it; `details` as in `describe`."""
        return cls(describe(response, *details), is_from_okta(response))

    def error(self, what: str, next_step: str) -> OktaError:
        """Make the error about the response, with the evidence behind `what`."""
        return OktaError(f'{what} ({self.text})', next_step, status=HTTPStatus.OK, is_from_okta=self.is_from_okta)


def refusal(response: Response) -> OktaError:
    """Make the error that a response with an error status stands for."""
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
    """Tell whether Okta sent `response`, and not a proxy, gateway or portal on the way.

    Okta puts a request id on every response (https://developer.okta.com/docs/reference/core-okta-api/). Where a proxy
    removes it, an error code of Okta's own is proof enough: a gateway's `{"error": "Forbidden"}` has none.
    """
    if REQUEST_ID_HEADER in response.headers:
        return True
    # Errors never come with 200, and the body of a page takes long to decode.
    code = read_reason(response).code if response.status_code != HTTPStatus.OK else ''
    return code in OAUTH_ERRORS or OKTA_ERROR_CODE.fullmatch(code) is not None


def read_reason(response: Response) -> Reason:
    """Read why a request was rejected, from the body or, where OAuth leaves that empty, from `WWW-Authenticate`.

    Responses may also come from a proxy or a maintenance page, so anything else in the body is skipped. Public
    captures of the empty body: okta-sdk-golang#145; of the header's form: okta-sdk-golang#468.
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
    """The words of a page that is not Okta's: its title, or else its text; of JSON only what it says in words.

    It comes as the sender wrote it, with nothing escaped: so a secret that it gives back is still known for one.
    """
    text = _beginning(response)
    if len(response.content) > MAX_PAGE_BYTES:
        # Half of a secret would no longer be known for one.
        text = text.rpartition(' ')[0]
    if text.lstrip()[:1] in ('[', '{'):
        return _words_of_json(text)
    title = TITLE.search(text)
    if title and title[1].strip():
        words = title[1]
    else:
        # With 200 it may be data, in a form that nobody expects.
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
    """Where a redirect leads, without what may be secret in it: user information, path and query."""
    try:
        target = urlsplit(response.headers.get('Location', ''))
    except ValueError:
        return ''
    host = one_line(target.netloc.rpartition('@')[2], MAX_HEADER_CHARACTERS)
    return f'redirect to {host}' if host else ''
