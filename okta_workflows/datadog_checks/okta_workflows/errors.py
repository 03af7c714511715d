# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What went wrong, in the words the operator reads on the status page.

    OperatorError            what happened, and what to do about it
      CollectionError        the Agent's side stands in the way
      OktaError              a request that did not give what was asked for
        RateLimitError       refused until the allowance is reset
        TransientError       worth one more attempt at once
        TooLargeError        more than is read

Each message is one line: what happened, where (endpoint, status, Okta's error code and request id), what to do next.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from requests import Response
from requests.utils import parse_dict_header

from datadog_checks.base.utils.format import json

from .rate_limit import seconds_to_reset

MAX_SUMMARY_CHARACTERS = 300
REQUEST_ID_HEADER = 'X-Okta-Request-Id'

# What a load balancer says while it has no server to give the request to.
UNAVAILABLE = frozenset({HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.GATEWAY_TIMEOUT})


class OperatorError(Exception):
    """Something that an operator should know. `what` and `next_step` are sentences without their full stops."""

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(f'{what}. {next_step}.')
        self.what = what
        self.next_step = next_step


class CollectionError(OperatorError):
    """The Agent cannot take the events."""


class OktaError(OperatorError):
    """A request failed.

    `status` is the HTTP status and `code` Okta's `errorCode` or OAuth's `error`; `None` and empty when there was no
    usable answer. `is_from_okta` is false where something on the way answered in Okta's place. `dpop_nonce` is what a
    challenge asks to be put into the next proof.
    """

    def __init__(
        self,
        what: str,
        next_step: str,
        *,
        status: int | None = None,
        code: str = '',
        is_from_okta: bool = False,
        dpop_nonce: str = '',
    ) -> None:
        super().__init__(what, next_step)
        self.status = status
        self.code = code
        self.is_from_okta = is_from_okta
        self.dpop_nonce = dpop_nonce


class RateLimitError(OktaError):
    """Okta refuses further requests for `wait_seconds`."""

    wait_seconds: float = 0.0


class TransientError(OktaError):
    """The connection was dropped, or a load balancer had no server to give the request to."""


class TooLargeError(OktaError):
    """The answer has a body that is larger than any that is read."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why Okta refused: an `errorCode` or OAuth `error`, and its text. Both may be empty."""

    code: str
    summary: str

    def __str__(self) -> str:
        return f'{self.code} "{self.summary}"' if self.code and self.summary else self.code or self.summary


@dataclass(frozen=True, slots=True)
class Remedy:
    """What an answer with one of `statuses` and, where given, one of `codes` means, and what to do about it."""

    statuses: range
    codes: tuple[str, ...]
    meaning: str
    next_step: str

    def matches(self, status: int, code: str) -> bool:
        return status in self.statuses and (not self.codes or code in self.codes)


def _status(first: int, last: int | None = None) -> range:
    return range(first, (last or first) + 1)


WAIT = 'Nothing to do unless it lasts: the next run asks for the same page again'
GRANT_SCOPE = 'Grant the scope `okta.logs.read` to the client in the Okta Admin Console, under Okta API Scopes'
LEAST_ROLE = 'an administrator role that can read the System Log; Report Administrator is the least one'

# The first match counts. The status goes before the code, since Okta uses some codes with several statuses. The texts
# stand in the README too: `python -m tests.troubleshooting` writes them there.
REMEDIES = (
    Remedy(
        _status(400, 401),
        ('invalid_client',),
        'Okta does not take the client for the one it says it is',
        'Check `client_id` and `client_secret`, or `client_id`, the private key and `private_key_id`. A secret may '
        'have been rotated, and works for API service integrations only; a key must be registered with the app',
    ),
    Remedy(_status(400), ('invalid_scope',), 'The client may not ask for the scope of the System Log', GRANT_SCOPE),
    Remedy(
        _status(400),
        ('invalid_dpop_proof', 'use_dpop_nonce'),
        'A proof of possession (DPoP) was refused, also after what Okta had asked for was added',
        "Check the clock of this host: such proofs are valid for five minutes around Okta's time",
    ),
    Remedy(_status(400), ('temporarily_unavailable',), 'The token endpoint is overloaded or being maintained', WAIT),
    Remedy(
        _status(400),
        ('unauthorized_client', 'unsupported_grant_type'),
        'The client may not ask for tokens of its own',
        'Use a client with the grant type Client Credentials, such as an API service integration',
    ),
    Remedy(
        _status(400),
        ('invalid_request',),
        'The access token is bound to a key (DPoP) and was shown without a proof, also after a new token was fetched',
        'Tell the maintainers: Okta and the check do not agree on proof of possession',
    ),
    Remedy(
        _status(403),
        ('access_denied',),
        'The request comes from outside the network zones of the client',
        'Add the address this Agent is seen from to the network zones that the client may connect from',
    ),
    Remedy(
        _status(400),
        ('E0000031', 'E0000053'),
        'Okta does not understand the filter, or does not support an operator on one of its attributes',
        'Check `event_filter`',
    ),
    Remedy(
        _status(400),
        (),
        'Okta does not accept the request',
        'Check `event_filter`; if it is right, tell the maintainers',
    ),
    Remedy(
        _status(401),
        ('E0000015',),
        'The org does not have the feature',
        'Ask Okta support to enable API access for the org',
    ),
    Remedy(
        _status(401),
        (),
        'Okta does not accept the credential',
        'Check it: an `api_key` dies when it is revoked, when its user is deactivated and after 30 days without use; a '
        'client when it is deactivated or its secret is rotated',
    ),
    Remedy(_status(403), ('insufficient_scope',), 'The access token lacks the scope of the System Log', GRANT_SCOPE),
    Remedy(
        _status(403),
        (),
        'The credential is valid and may not read the System Log',
        f"Give the token's user, or the client, {LEAST_ROLE}",
    ),
    Remedy(
        _status(404, 405),
        (),
        'What answers is not the API of an Okta org',
        'Check `domain`: use the domain users sign in to',
    ),
    Remedy(_status(407), (), 'The proxy wants a user and password', 'Check the user and password in `proxy`'),
    Remedy(
        _status(300, 399),
        (),
        'What answers points elsewhere, and credentials do not follow redirects',
        'Check `domain`: it must be the host of the org itself',
    ),
    Remedy(
        _status(429),
        (),
        "The org's rate limit, or its limit of simultaneous requests, is used up",
        'Nothing to do unless it lasts: the next run after the reset carries on',
    ),
    Remedy(_status(500, 599), (), 'Okta, or a proxy on the way, is not available', WAIT),
    Remedy(
        _status(100, 999),
        (),
        'This is no answer that Okta gives',
        'Check whether a proxy or firewall answers in place of Okta',
    ),
)


def next_step(status: int, code: str) -> str:
    """What the operator should do about an answer."""
    return next(remedy.next_step for remedy in REMEDIES if remedy.matches(status, code))


def endpoint(method: str, url: str) -> str:
    """The method and the URL without its query, as the messages name a request."""
    return f'{method.upper()} {url.partition("?")[0]}'


def describe(response: Response) -> str:
    """Where an answer comes from, with its status and Okta's request id."""
    where = f'{endpoint(response.request.method or "", response.request.url or "")}: status {response.status_code}'
    request_id = response.headers.get(REQUEST_ID_HEADER)
    return f'{where}, request id {one_line(request_id)}' if request_id else where


def refusal(response: Response) -> OktaError:
    """The error that an answer with an error status stands for."""
    status, reason = response.status_code, read_reason(response)
    said = f', {reason}' if reason.code or reason.summary else ''
    failure = OktaError
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        failure = RateLimitError
    elif status in UNAVAILABLE:
        failure = TransientError
    error = failure(
        f'{describe(response)}{said}',
        next_step(status, reason.code),
        status=status,
        code=reason.code,
        is_from_okta=is_from_okta(response),
        dpop_nonce=response.headers.get('DPoP-Nonce', ''),
    )
    if isinstance(error, RateLimitError):
        error.wait_seconds = seconds_to_reset(response.headers)
    return error


def is_from_okta(response: Response) -> bool:
    """Tell whether Okta sent `response`, and not a proxy, gateway or portal on the way.

    Okta puts a request id on every response (https://developer.okta.com/docs/reference/core-okta-api/).
    Where a proxy removes it, an error in one of Okta's own forms is proof enough.
    """
    return REQUEST_ID_HEADER in response.headers or bool(read_reason(response).code)


def read_reason(response: Response) -> Reason:
    """Why Okta refused, from the body or, where OAuth leaves that empty, from `WWW-Authenticate`.

    Answers may also come from a proxy or a maintenance page, so anything else in the body is passed over. Public
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


def one_line(value: object) -> str:
    """Text of a remote party, fit for one line of a status page."""
    text = re.sub(r'[^\x20-\x7e\u00a0-\ufffd]+|\s+', ' ', value if isinstance(value, str) else '').strip()
    if len(text) <= MAX_SUMMARY_CHARACTERS:
        return text
    # Between words: half of a secret that is echoed would no longer be known for one.
    return f'{text[: MAX_SUMMARY_CHARACTERS + 1].rpartition(" ")[0]}...'
