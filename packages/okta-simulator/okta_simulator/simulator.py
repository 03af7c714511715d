# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A simulated Okta org: the System Log API and the token endpoint over real HTTP."""

from __future__ import annotations

import random
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from email.utils import formatdate
from types import TracebackType
from typing import Any, Literal, Self

import jwt

from . import oauth, rfc3339, system_log
from .answer import Answer, json_answer
from .clock import Clock, SystemClock, milliseconds
from .errors import OktaError
from .faults import RATE_LIMIT_HEADERS, Faults
from .history import DAY_SECONDS, HistoryGenerator
from .log import Event, EventLog
from .oauth import AuthorizationServer, OAuthRefusal, SigningKey
from .rate_limit import Allowance, RateLimit
from .server import HttpServer, RecordedRequest, ServerTls
from .system_log import SystemLog

ORG_RATE_LIMIT = 120
SHARE_PERCENT = 50
# Okta no longer publishes the limits of its buckets, so other paths get a limit that tests do not reach.
OTHER_RATE_LIMIT = 600
ORGANIZATION_PATH = '/.well-known/okta-organization'
TOKEN_SCHEMES = ('Bearer', 'DPoP')
METHODS = {system_log.PATH: 'GET', oauth.PATH: 'POST', ORGANIZATION_PATH: 'GET'}


class OktaSimulator:
    """One org with one API token, one API service integration, and one service app.

    You can set these attributes at any time:

    - `org_rate_limit`: requests per minute to the System Log; `token_rate_limit`: to the token endpoint
    - `share_percent`: the part of a limit that one token or app may use
    - `rate_limit_window_offset_seconds`: the seconds after the full minute at which the windows start
    - `rate_limit_headers`: whether responses have the X-Rate-Limit headers
    - `date_skew_seconds`: how far the org's clock (Date, X-Rate-Limit-Reset) is ahead of the client's
    - `admin_role`: whether the API token's user and the apps have a role that may read the System Log
    - `granted_scopes`, `token_lifetime_seconds`: of access tokens that the org grants from now on
    - `dpop_required`: whether both apps get only DPoP-bound tokens, as new apps of an org do (okta-sdk-nodejs#424)
    - `dpop_nonce_on_api`: whether the System Log also requires a nonce in proofs. Okta does not (docs/guides/dpop)
    - `custom_domain`: host, and port, of the org's custom domain, such as `login.example.com`
    - `links_lead_to`: the host in the Link headers: the requested one, the org's own, or the custom domain. Okta does
      not document which one it uses
    - `max_limit`: the highest `limit` of a page
    - `max_page_events`: the maximum number of events on a polling page, regardless of its `limit`. Okta does not
      document whether a page can have fewer events than requested while there are more
    - `retention_days`: how long the log keeps an event
    - `next_equals_self_when_idle`: whether an empty polling page links to itself or to a later position
    - `bounded_lag_seconds`: how long bounded requests miss a new event

    To simulate an outage, call `stop` and `start`: the log, the tokens, and the port stay the same.
    """

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        seed: int = 0,
        org_rate_limit: int = ORG_RATE_LIMIT,
        host: str = '127.0.0.1',
        port: int = 0,
        tls: ServerTls | None = None,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.seed = seed
        self.org_rate_limit = org_rate_limit
        self.share_percent = SHARE_PERCENT
        self.token_rate_limit = OTHER_RATE_LIMIT
        self.rate_limit_headers = True
        self.date_skew_seconds = 0.0
        self.admin_role = True
        self.granted_scopes = {oauth.LOGS_SCOPE}
        self.token_lifetime_seconds = oauth.TOKEN_LIFETIME_SECONDS
        self.dpop_required = False
        self.dpop_nonce_on_api = False
        self.custom_domain: str | None = None
        self.links_lead_to: Literal['asked', 'org', 'custom domain'] = 'asked'
        self.max_limit = system_log.MAX_LIMIT
        self.max_page_events = system_log.MAX_LIMIT
        self.retention_days: float = system_log.RETENTION_DAYS
        self.next_equals_self_when_idle = False
        self.bounded_lag_seconds = system_log.BOUNDED_LAG_SECONDS
        self.requests: list[RecordedRequest] = []
        self.faults = Faults()
        self.log = EventLog()
        self.generator = HistoryGenerator(seed)
        rng = random.Random(f'credentials of org {seed}')
        self.authorization = AuthorizationServer(rng)
        self._integration = self.authorization.new_client(secret=True)
        self._service_app = self.authorization.new_client(secret=False)
        self._signing_key = SigningKey('kid-' + self.authorization.random_text(12))
        self._api_key = self._new_api_key()
        self._org_id = '00o' + self.authorization.random_text(17)
        # The offset is never 0, because Okta's windows do not start with the wall-clock minute.
        self.rate_limit_window_offset_seconds = rng.randint(1, 59)
        self._rate_limits: defaultdict[str, RateLimit] = defaultdict(RateLimit)
        self._lock = threading.RLock()
        self._server = HttpServer(self._respond, self.clock.now, host, port, tls)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.__exit__(kind, error, traceback)

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        """The org's URL, without a trailing slash. Known only after `start`."""
        return self._server.url

    @property
    def token_url(self) -> str:
        return self.url + oauth.PATH

    @property
    def custom_url(self) -> str | None:
        """The URL under the custom domain, if there is one."""
        return None if self.custom_domain is None else f'{self.url.partition("://")[0]}://{self.custom_domain}'

    @property
    def api_key(self) -> str:
        """A valid API token (`Authorization: SSWS ...`)."""
        return self._api_key

    @property
    def client_id(self) -> str:
        """The API service integration, which uses `client_secret_basic` or `private_key_jwt`."""
        return self._integration.client_id

    @property
    def client_secret(self) -> str:
        return self._integration.secret or ''

    @property
    def service_app_id(self) -> str:
        """The customer's own API Services app, which can only use `private_key_jwt`."""
        return self._service_app.client_id

    @property
    def private_key_pem(self) -> str:
        """The RSA key of the service app; registered on first use."""
        with self._lock:
            if self._signing_key.key_id not in self._service_app.keys:
                self.register_key(self._signing_key.public_jwk)
            return self._signing_key.private_pem

    @property
    def key_id(self) -> str:
        return self._signing_key.key_id

    def register_key(self, public_jwk: Mapping[str, Any]) -> None:
        """Allow the service app and the integration to sign client assertions with this key, which needs a `kid`.

        Raises `jwt.PyJWTError` if it is not a key.
        """
        jwt.PyJWK(dict(public_jwk))
        for client in (self._service_app, self._integration):
            client.keys[str(public_jwk['kid'])] = dict(public_jwk)

    def rotate_api_key(self) -> str:
        """Create a new API token. The org rejects the old one from now on."""
        with self._lock:
            self._api_key = self._new_api_key()
            return self._api_key

    def rotate_client_secret(self) -> str:
        """Create a new client secret. The org rejects the old one. Access tokens that it granted before stay valid."""
        with self._lock:
            self._integration.secret = self.authorization.random_text(64)
            return self._integration.secret

    def revoke_tokens(self) -> None:
        """Revoke every access token that the org granted so far."""
        with self._lock:
            self.authorization.revoke_tokens()

    def renew_dpop_nonce(self, *, expire_old: bool = False) -> None:
        """Require a new nonce from now on. Old ones stay valid for three days, or not at all with `expire_old`."""
        with self._lock:
            self.authorization.proofs.renew_nonce(self._org_now, expire_old=expire_old)

    @property
    def _org_now(self) -> float:
        return self.clock.now() + self.date_skew_seconds

    def _new_api_key(self) -> str:
        return '00' + self.authorization.random_text(40)

    def append(self, *events: Event, delay: float = 0.0) -> list[Event]:
        """Add events to the log, persisted `delay` seconds from now. Does not change `published`."""
        with self._lock:
            # The clock of the machine may be set back, but the order of persistence must not change.
            now_ms = max(milliseconds(self.clock.now()), self.log.earliest_append_ms)
            for event in events:
                self.log.append(event, now_ms + milliseconds(delay))
        return list(events)

    def generate(
        self,
        n: int,
        since: float | None = None,
        until: float | None = None,
        *,
        noise_share: float = 0.2,
        late_share: float = 0.02,
        oddity_share: float = 0.05,
    ) -> list[Event]:
        """Add a history of `n` generated events to the log, persisted between `since` and `until` (epoch seconds).

        The default is the last seven days. Raises `ValueError` if a client has already read past `since`.
        """
        until = self.clock.now() if until is None else until
        since = until - 7 * DAY_SECONDS if since is None else since
        with self._lock:
            history = self.generator.history(
                n, since, until, noise_share=noise_share, late_share=late_share, oddity_share=oddity_share
            )
            for event, persisted_ms in history:
                self.log.append(event, persisted_ms)
        return [event for event, _ in history]

    def lay_down(self, events: Iterable[Event]) -> None:
        """Add your own history to the log, in this order. Each event is persisted when it was published.

        An event that follows one with a later `published` is persisted together with it, like an event that reaches
        the log late. Raises `ValueError` if a client has already read past the first event.
        """
        persisted_ms = 0
        with self._lock:
            for event in events:
                persisted_ms = max(persisted_ms, rfc3339.parse_ms(event['published']))
                self.log.append(event, persisted_ms)

    def emit(self, n: int = 1, *, noise_share: float = 0.2) -> list[Event]:
        """Add `n` generated events that happen now to the log."""
        with self._lock:
            return self.append(*self.generator.events(n, self.clock.now(), noise_share=noise_share))

    @property
    def events(self) -> list[Event]:
        """List all events in order of persistence, including those that are persisted in the future."""
        with self._lock:
            return [entry.event for entry in self.log.entries]

    @property
    def workflows_events(self) -> list[Event]:
        return [event for event in self.events if event['eventType'].startswith('workflows.')]

    def _respond(self, request: RecordedRequest) -> Answer:
        """Respond to a request and record it. Runs on the server's thread."""
        self.requests.append(request)
        with self._lock:
            answer = self._honest(request)
        answer = self.faults.apply(request, answer)
        delivery = answer.delivery
        request.status = 0 if delivery.withheld or delivery.dropped else answer.status
        if request.status and (delivery.body_share >= 1 or request.status != 200):
            request.answer_headers = answer.headers
        return answer

    def _honest(self, request: RecordedRequest) -> Answer:
        now = self.clock.now()
        allowance = self._allowance(request, now)
        try:
            answer = self._route(request, now, allowance)
        except OktaError as error:
            answer = error.answer()
        except OAuthRefusal as refusal:
            answer = refusal.answer(self.url)
        answer = answer.with_headers(
            ('Date', formatdate(now + self.date_skew_seconds, usegmt=True)),
            ('X-Okta-Request-Id', ''.join(random.choices('0123456789abcdef', k=32))),
        )
        if self.rate_limit_headers:
            values = (allowance.limit, allowance.remaining, allowance.reset + int(self.date_skew_seconds))
            answer = answer.with_headers(*((name, str(value)) for name, value in zip(RATE_LIMIT_HEADERS, values)))
        return answer

    def _route(self, request: RecordedRequest, now: float, allowance: Allowance) -> Answer:
        method = METHODS.get(request.path)
        if method is None:
            raise OktaError('E0000008')
        if request.method != method:
            raise OktaError('E0000022')
        if allowance.exceeded:
            raise OktaError('E0000047')
        if request.path == ORGANIZATION_PATH:
            return self._organization()
        origin = self._asked_origin(request)
        if request.path == oauth.PATH:
            return self.authorization.grant(
                request.headers.get('Authorization', ''),
                request.headers.getall('DPoP', []),
                request.body,
                self._org_now,
                token_url=origin + oauth.PATH,
                granted_scopes=self.granted_scopes,
                lifetime_seconds=self.token_lifetime_seconds,
                dpop_required=self.dpop_required,
            )
        endpoint = SystemLog(
            self.log,
            now,
            self.max_limit,
            self.max_page_events,
            self.retention_days,
            self.next_equals_self_when_idle,
            self.bounded_lag_seconds,
        )
        return self._refusal(request, origin) or endpoint.answer(request.query_string, self._link_origin(origin))

    def _asked_origin(self, request: RecordedRequest) -> str:
        """Return the org's URL that the client used. Audiences and proofs are compared with it."""
        asked_custom_domain = request.headers.get('Host') == self.custom_domain
        return self.custom_url if self.custom_url is not None and asked_custom_domain else self.url

    def _link_origin(self, asked: str) -> str:
        if self.links_lead_to == 'asked':
            return asked
        return self.custom_url or self.url if self.links_lead_to == 'custom domain' else self.url

    def _refusal(self, request: RecordedRequest, origin: str) -> Answer | None:
        """Return the rejection if the request may not read the System Log, or `None` if it may."""
        scheme, credential = _scheme_and_credential(request.headers.get('Authorization', ''))
        if scheme == 'SSWS':
            if credential != self._api_key:
                raise OktaError('E0000011')
        elif scheme in TOKEN_SCHEMES:
            refusal = self.authorization.refusal(
                scheme,
                credential,
                request.headers.getall('DPoP', []),
                self._org_now,
                url=origin + system_log.PATH,
                nonce_required=self.dpop_nonce_on_api,
            )
            if refusal is not None:
                return refusal.answer(self.url, system_log.PATH)
        else:
            raise OktaError('E0000005')
        if not self.admin_role:
            raise OktaError('E0000006')
        return None

    def _allowance(self, request: RecordedRequest, now: float) -> Allowance:
        """Count the request in the bucket of its path."""
        authorization = request.headers.get('Authorization', '')
        org_limit = OTHER_RATE_LIMIT
        principal = self._principal(authorization)
        if request.path == system_log.PATH:
            org_limit = self.org_rate_limit
        elif request.path == oauth.PATH:
            org_limit = self.token_rate_limit
            principal = self.authorization.client_of(authorization, request.body)
        bucket = self._rate_limits[request.path]
        return bucket.take(
            principal,
            now,
            org_limit=org_limit,
            share_percent=self.share_percent,
            window_offset_seconds=self.rate_limit_window_offset_seconds,
        )

    def _principal(self, authorization: str) -> str:
        scheme, credential = _scheme_and_credential(authorization)
        if scheme in TOKEN_SCHEMES:
            return self.authorization.token_client(credential)
        return credential or 'anonymous'

    def _organization(self) -> Answer:
        """Describe the org, without authentication (okta-management-openapi-spec, `getWellknownOrgMetadata`)."""
        links = {'organization': {'href': self.url}}
        if self.custom_url is not None:
            links['alternate'] = {'href': self.custom_url}
        return json_answer(200, {'id': self._org_id, 'pipeline': 'idx', '_links': links})


def _scheme_and_credential(authorization: str) -> tuple[str, str]:
    # The official Python SDK (okta 3.4.6, configuration.py `auth_settings`) sends API tokens as `SSWS00abc...`, without
    # the blank that the docs show. Requests of the SDK succeed, so Okta must accept both forms.
    if authorization.startswith('SSWS'):
        return 'SSWS', authorization.removeprefix('SSWS').strip()
    scheme, _, credential = authorization.partition(' ')
    return scheme, credential
