# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The authentication methods for requests to Okta."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from requests import Response

from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows.constants import NEVER, TOKEN_PATH
from datadog_checks.okta_workflows.errors import OktaError

from .dpop import ProofOfPossession
from .flow import Flow, Request, attempts
from .okta_clock import OktaClock
from .origin import Origin
from .private_key import ASSERTION_TYPE, PrivateKey
from .refusal import Evidence
from .remedies import CHECK_INTERMEDIARY

LOGS_SCOPE = 'okta.logs.read'

TOKEN_EXPIRY_MARGIN_SECONDS = 120.0
TOKEN_DEFAULT_LIFETIME_SECONDS = 3600.0

# A larger error of the clock may be the reason why Okta rejected a signed assertion.
CLOCK_TOLERANCE_SECONDS = 30.0

# A header cannot contain a token or nonce with any other character (RFC 6750, section 2.1, allows even fewer).
TOKEN = re.compile(r'[\x21-\x7e]+')

# The challenges of RFC 9449: the first says that a proof is missing or was rejected, the second that a proof needs the
# nonce of the response.
DPOP_CHALLENGES = frozenset({'invalid_dpop_proof', 'use_dpop_nonce'})

# The errors of the System Log, in addition to any error with status 401, that a new access token may resolve: Okta no
# longer knows which key the token is bound to, or requires a bound token (Okta docs, OAuth 2.0 error codes).
NEW_TOKEN_ERRORS = frozenset({'invalid_dpop_proof', 'invalid_request'})


class Authentication(Protocol):
    """A credential, and everything that a request needs so that Okta accepts it."""

    name: str
    """What the operator knows it as."""

    def describe(self) -> Flow[str]:
        """Describe the credential that a request carries. Fetches the credential first if it is not available yet."""

    def flow(self, request: Request) -> Flow[Response]:
        """Return the response to `request`, which has no credential yet. Tries each remedy for a rejection once."""


class ApiKey:
    """An Okta API token (https://developer.okta.com/docs/reference/core-okta-api/#authentication)."""

    name = 'an API token'

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def describe(self) -> Flow[str]:
        yield from ()
        return 'The API token is tried with the System Log'

    def flow(self, request: Request) -> Flow[Response]:
        return attempts(lambda: request.with_headers(Authorization=f'SSWS {self._api_key}'))


class ClientProof(Protocol):
    """The proof with which a client authenticates at the token endpoint. Some proofs are valid for a limited time."""

    name: str
    depends_on_time: bool

    def authenticate(self, request: Request, now: float) -> Request:
        """Add the proof for one attempt at `now` (Okta's time, in seconds since the epoch) to a token request."""


class ClientSecret:
    """The secret of an API service integration, which Okta accepts only through HTTP Basic authentication.

    See https://developer.okta.com/docs/guides/build-api-integration/main/.
    """

    name = 'a client secret'
    depends_on_time = False

    def __init__(self, client_id: str, client_secret: str) -> None:
        self._pair = b64encode(f'{client_id}:{client_secret}'.encode()).decode()

    def authenticate(self, request: Request, now: float) -> Request:
        return request.with_headers(Authorization=f'Basic {self._pair}')


class SignedAssertion:
    """The private key of a customer's own API Services app (`private_key_jwt`)."""

    name = 'a private key'
    depends_on_time = True

    def __init__(self, client_id: str, key: PrivateKey, key_id: str) -> None:
        self._client_id = client_id
        self._key = key
        self._key_id = key_id

    def authenticate(self, request: Request, now: float) -> Request:
        assertion = self._key.client_assertion(self._client_id, self._key_id, request.url, now)
        proof = {'client_assertion_type': ASSERTION_TYPE, 'client_assertion': assertion}
        return replace(request, form={**(request.form or {}), **proof})


class AccessToken:
    """An OAuth 2.0 access token from the org authorization server, for the one scope that the System Log requires.

    The token is kept in memory only, until shortly before it expires. `register_secret` is called with each new token.
    If Okta requires proof of possession, the token is bound to a key that exists as long as this object.
    """

    def __init__(
        self,
        origin: Origin,
        okta_clock: OktaClock,
        client_proof: ClientProof,
        register_secret: Callable[[str], None],
    ) -> None:
        self.name = client_proof.name
        self._token_url = f'{origin.url}{TOKEN_PATH}'
        self._okta_clock = okta_clock
        self._client_proof = client_proof
        self._register_secret = register_secret
        self._possession: ProofOfPossession | None = None
        self._token = ''
        self._is_bound = False
        self._fresh_until = NEVER

    def describe(self) -> Flow[str]:
        yield from self._refresh()
        bound = ', bound to a key by proof of possession (DPoP)' if self._is_bound else ''
        return f'Okta gave an access token for the client{bound}'

    def flow(self, request: Request) -> Flow[Response]:
        answered: set[str] = set()
        is_replaced = False
        while True:
            yield from self._refresh()
            try:
                return (yield from attempts(lambda: self._authorized(request)))
            except OktaError as error:
                # A new proof contains the nonce and the time of the rejection. It helps only if the token is bound.
                if self._answer_challenge(error) and self._is_bound and error.code not in answered:
                    answered.add(error.code)
                    continue
                if not _is_token_rejected(error):
                    raise
                # This also discards a token that was already replaced, so that the next run fetches a new one.
                self._fresh_until = NEVER
                if is_replaced:
                    raise
                is_replaced = True

    def _refresh(self) -> Flow[None]:
        # Each error is retried once.
        answered: set[str] = set()
        while (asked_at := self._okta_clock.host.monotonic()) >= self._fresh_until:
            ahead_seconds = self._okta_clock.ahead_seconds
            try:
                response = yield from attempts(self._token_request)
            except OktaError as error:
                is_answer = self._answer_challenge(error) or self._has_corrected_clock(error, ahead_seconds)
                if not is_answer or error.code in answered:
                    raise
                answered.add(error.code)
            else:
                # The lifetime of the token began at Okta before the response arrived, so count from the request.
                self._take_token(response, asked_at)
                return

    def _token_request(self) -> Request:
        form = {'grant_type': 'client_credentials', 'scope': LOGS_SCOPE}
        request = Request('POST', self._token_url, form=form)
        return self._with_proof(self._client_proof.authenticate(request, self._okta_clock.now()))

    def _authorized(self, request: Request) -> Request:
        if self._is_bound:
            return self._with_proof(request.with_headers(Authorization=f'DPoP {self._token}'), self._token)
        return request.with_headers(Authorization=f'Bearer {self._token}')

    def _with_proof(self, request: Request, token: str = '') -> Request:
        if self._possession is None:
            return request
        return request.with_headers(DPoP=self._possession.proof(request.method, request.url, token))

    def _answer_challenge(self, error: OktaError) -> bool:
        """Add proofs with the nonce of `error` from now on. Returns whether `error` asks for a proof."""
        if error.code not in DPOP_CHALLENGES:
            return False
        if self._possession is None:
            self._possession = ProofOfPossession(self._okta_clock.now)
        if TOKEN.fullmatch(error.dpop_nonce):
            self._possession.nonce = error.dpop_nonce
        return True

    def _has_corrected_clock(self, error: OktaError, ahead_seconds: float) -> bool:
        """Return whether the time of a signature may explain its rejection and the response corrected the clock."""
        change_seconds = abs(self._okta_clock.ahead_seconds - ahead_seconds)
        is_to_blame = self._client_proof.depends_on_time and change_seconds > CLOCK_TOLERANCE_SECONDS
        return error.code == 'invalid_client' and is_to_blame

    def _take_token(self, response: Response, asked_at: float) -> None:
        try:
            grant = json.decode(response.content)
        except ValueError:
            grant = None
        token = grant.get('access_token') if isinstance(grant, Mapping) else None
        if not isinstance(token, str) or TOKEN.fullmatch(token) is None:
            raise Evidence.of(response).error(
                'The response of the token endpoint holds no access token', CHECK_INTERMEDIARY
            )
        self._register_secret(token)
        self._token = token
        # A token that was requested without a key cannot be bound, even if its type says so.
        self._is_bound = str(grant.get('token_type')).lower() == 'dpop' and self._possession is not None
        stated = grant.get('expires_in')
        lifetime_seconds = stated if isinstance(stated, int | float) else TOKEN_DEFAULT_LIFETIME_SECONDS
        self._fresh_until = asked_at + lifetime_seconds - TOKEN_EXPIRY_MARGIN_SECONDS


def _is_token_rejected(error: OktaError) -> bool:
    return error.is_from_okta and (error.status == 401 or error.code in NEW_TOKEN_ERRORS)
