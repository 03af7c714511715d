# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""An Okta org behind HTTP, as small as a test of the check allows.

It has System Log pages with their links, a token endpoint, and whatever answer a test wants next. What a page holds
follows https://developer.okta.com/docs/reference/system-log-query/: ascending order of persistence, and a `next` link
that is always there. The filter of a request is recorded and not evaluated.
"""

from __future__ import annotations

import base64
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from requests.structures import CaseInsensitiveDict

from .keys import pkcs8

API_KEY = 'fake-api-key-0001'
CLIENT_ID = '0oa0fakeclient0001'
SERVICE_APP_ID = '0oa0fakeservice001'
CLIENT_SECRET = 'fake-client-secret-0001'
NONCE = 'nonce-1'
LOGS_PATH = '/api/v1/logs'
TOKEN_PATH = '/oauth2/v1/token'
ORGANIZATION_PATH = '/.well-known/okta-organization'

Event = dict[str, Any]


@dataclass
class Request:
    """What arrived, and the status of what went back."""

    method: str
    path: str
    query: dict[str, str]
    headers: CaseInsensitiveDict[str]
    form: dict[str, str]
    status: int = 0


@dataclass(frozen=True)
class Answer:
    """What goes back; a `body` that is not bytes is sent as JSON."""

    status: int = 200
    body: Any = b''
    headers: Mapping[str, str] = field(default_factory=dict)


def error(status: int, code: str, summary: str = 'It went wrong', **headers: str) -> Answer:
    """An error of Okta's, with its code; an underscore in the name of a header stands for a hyphen."""
    body = {'errorCode': code, 'errorSummary': summary, 'errorId': 'oae1', 'errorCauses': []}
    return Answer(status, body, {name.replace('_', '-'): value for name, value in headers.items()})


class FakeOkta:
    """Serves while it is entered. `now` tells its time, which is that of the `Date` of its answers."""

    def __init__(self, now: Callable[[], float], port: int = 0) -> None:
        self.now = now
        self.events: list[Event] = []
        """In the order of their persistence."""
        self.requests: list[Request] = []
        self.api_key = API_KEY
        self.client_id = CLIENT_ID
        self.client_secret = CLIENT_SECRET
        self.service_app_id, self.key_id = SERVICE_APP_ID, 'kid-1'
        """What a client with a private key is known by. Any signature is taken for the right one."""
        self.tokens: list[str] = []
        self.dpop_required = False
        self.remaining = 100
        """What is left of a rate limit of 120 requests, which is reset in 30 seconds."""
        self._next: deque[Answer | Callable[[Request], Answer]] = deque()
        okta = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_GET(self) -> None:
                self._serve({})

            def do_POST(self) -> None:
                length = int(self.headers.get('Content-Length', 0))
                self._serve(dict(parse_qsl(self.rfile.read(length).decode())))

            def _serve(self, form: dict[str, str]) -> None:
                parts = urlsplit(self.path)
                headers = CaseInsensitiveDict(self.headers.items())
                request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), headers, form)
                okta.requests.append(request)
                answer = okta._answer(request)
                request.status = answer.status
                body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
                standing = {
                    'Content-Type': 'application/json',
                    'Content-Length': str(len(body)),
                    'Date': formatdate(okta.now(), usegmt=True),
                    'X-Okta-Request-Id': f'request-{len(okta.requests)}',
                }
                self.send_response_only(answer.status)
                for name, value in {**standing, **answer.headers}.items():
                    if value:
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(('127.0.0.1', port), Handler)
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @cached_property
    def private_key_pem(self) -> str:
        return pkcs8(ec.generate_private_key(ec.SECP256R1()))

    @property
    def url(self) -> str:
        return f'http://127.0.0.1:{self._server.server_port}'

    def add(self, count: int = 1, **fields: Any) -> list[Event]:
        """Persist some events that are published now; `fields` stand in each."""
        published = formatted(self.now())
        added = [
            {
                'uuid': f'event-{len(self.events) + number}',
                'published': published,
                'eventType': 'workflows.user.flow.activate',
                'displayMessage': 'Flow activated',
                'severity': 'INFO',
                **fields,
            }
            for number in range(count)
        ]
        self.events += added
        return added

    def answer_next(self, *answers: Answer | Callable[[Request], Answer]) -> None:
        """Give these answers to the next requests, whatever they ask for."""
        self._next += answers

    def asked(self, path: str = LOGS_PATH) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    def page(self, request: Request) -> Answer:
        """The page that a request asks for, in which `after` is the number of events before it."""
        start, limit = int(request.query.get('after', 0)), int(request.query.get('limit', 100))
        events = self.events[start : start + limit]
        links = {
            'self': f'{self.url}{request.path}?{urlencode(request.query)}',
            'next': f'{self.url}{request.path}?{urlencode({**request.query, "after": start + len(events)})}',
        }
        headers = {
            'Link': ', '.join(f'<{link}>; rel="{name}"' for name, link in links.items()),
            'X-Rate-Limit-Limit': '120',
            'X-Rate-Limit-Remaining': str(self.remaining),
            'X-Rate-Limit-Reset': str(int(self.now()) + 30),
        }
        return Answer(200, events, headers)

    def _answer(self, request: Request) -> Answer:
        if self._next:
            answer = self._next.popleft()
            return answer(request) if callable(answer) else answer
        if request.path == ORGANIZATION_PATH:
            return Answer(200, {'id': '00o1', '_links': {'organization': {'href': self.url}}})
        if request.path == TOKEN_PATH:
            return self._token(request)
        scheme, _, credential = request.headers.get('authorization', '').partition(' ')
        if scheme == 'SSWS' and credential == self.api_key:
            return self.page(request)
        if scheme == ('DPoP' if self.dpop_required else 'Bearer') and credential in self.tokens:
            return self.page(request)
        return error(401, 'E0000011', 'Invalid token provided')

    def _token(self, request: Request) -> Answer:
        if self.dpop_required and 'dpop' not in request.headers:
            return Answer(400, {'error': 'invalid_dpop_proof', 'error_description': 'The DPoP proof JWT is missing.'})
        if self.dpop_required and NONCE not in _claims(request.headers['dpop']):
            body = {'error': 'use_dpop_nonce', 'error_description': 'Authorization server requires nonce'}
            return Answer(400, body, {'DPoP-Nonce': NONCE})
        is_known = request.form.get('client_assertion') or self.client_secret in _basic(request)
        if not is_known:
            return Answer(401, {'error': 'invalid_client', 'error_description': 'Invalid value for client_id'})
        self.tokens.append(f'fake-token-{len(self.tokens)}')
        kind = 'DPoP' if self.dpop_required else 'Bearer'
        return Answer(200, {'access_token': self.tokens[-1], 'token_type': kind, 'expires_in': 3600})


def formatted(seconds: float) -> str:
    """A time as Okta writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z')


def _claims(proof: str) -> str:
    payload = proof.split('.')[1]
    return base64.urlsafe_b64decode(payload + '=' * (-len(payload) % 4)).decode()


def _basic(request: Request) -> str:
    scheme, _, credential = request.headers.get('authorization', '').partition(' ')
    return base64.b64decode(credential).decode() if scheme == 'Basic' else request.form.get('client_secret', '')
