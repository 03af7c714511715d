# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The ways to prove to Okta who is asking."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from requests import Response

from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows.constants import TOKEN_PATH
from datadog_checks.okta_workflows.errors import OktaError

from .client import OktaClient
from .dpop import ProofOfPossession
from .private_key import ASSERTION_TYPE, PrivateKey
from .refusal import Evidence
from .remedies import CHECK_INTERMEDIARY

LOGS_SCOPE = 'okta.logs.read'

TOKEN_EXPIRY_MARGIN_SECONDS = 120.0
TOKEN_DEFAULT_LIFETIME_SECONDS = 3600.0

# A clock that is off by more may be why a signed assertion was rejected.
CLOCK_TOLERANCE_SECONDS = 30.0

# A token or nonce with any other character cannot stand in a header (RFC 6750, section 2.1, allows fewer).
TOKEN = re.compile(r'[\x21-\x7e]+')

# The challenges of RFC 9449: a proof is missing or rejected; a proof needs the nonce that comes with the response.
DPOP_CHALLENGES = frozenset({'invalid_dpop_proof', 'use_dpop_nonce'})

# The errors of the System Log, besides any with 401, that another access token may end.
NEW_TOKEN_ERRORS = frozenset({'invalid_dpop_proof', 'invalid_request'})
ANOTHER_TOKEN = 'another token'


class Authentication(Protocol):
    """What a request for a page needs to know of a credential."""

    def prepare(self) -> None:
        """See to it that there is something to show. Raises `OktaError` when it cannot be had."""

    def describe(self) -> str:
        """What is shown to Okta, in words."""

    def headers(self, url: str) -> Mapping[str, str]:
        """The headers for one attempt to GET `url`."""

    def renew(self, refusal: OktaError, tried: Collection[str]) -> str:
        """Try to recover from `refusal` in a way that is not in `tried`, which holds what this method returned before.

        Returns what was done, or an empty string if a retry is pointless.
        """


class ApiKey:
    """An Okta API token (https://developer.okta.com/docs/reference/core-okta-api/#authentication)."""

    def __init__(self, api_key: str) -> None:
        self._headers = {'Authorization': f'SSWS {api_key}'}

    def prepare(self) -> None:
        pass

    def describe(self) -> str:
        return 'The API token is tried with the System Log'

    def headers(self, url: str) -> Mapping[str, str]:
        return self._headers

    def renew(self, refusal: OktaError, tried: Collection[str]) -> str:
        return ''


class ClientProof(Protocol):
    """How a client proves to the token endpoint that it is the one it says. Some proofs are only good at their time."""

    depends_on_time: bool

    def form_and_headers(self, token_url: str, now: float) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The form fields and headers for one attempt at `now` (seconds since the epoch, Okta's time)."""


class ClientSecret:
    """The secret of an API service integration, which Okta takes by HTTP Basic only.

    See https://developer.okta.com/docs/guides/build-api-integration/main/.
    """

    depends_on_time = False

    def __init__(self, client_id: str, client_secret: str) -> None:
        pair = b64encode(f'{client_id}:{client_secret}'.encode()).decode()
        self._headers = {'Authorization': f'Basic {pair}'}

    def form_and_headers(self, token_url: str, now: float) -> tuple[Mapping[str, str], Mapping[str, str]]:
        return {}, self._headers


class SignedAssertion:
    """The private key of a customer's own API Services app (`private_key_jwt`)."""

    depends_on_time = True

    def __init__(self, client_id: str, key: PrivateKey, key_id: str) -> None:
        self._client_id = client_id
        self._key = key
        self._key_id = key_id

    def form_and_headers(self, token_url: str, now: float) -> tuple[Mapping[str, str], Mapping[str, str]]:
        assertion = self._key.client_assertion(self._client_id, self._key_id, token_url, now)
        return {'client_assertion_type': ASSERTION_TYPE, 'client_assertion': assertion}, {}


class AccessToken:
    """An OAuth 2.0 access token from the org authorization server, for the one scope that the System Log needs.

    It is kept in memory only, until shortly before it expires; `register_secret` is told each. If Okta asks for proof
    of possession, the token is bound to a key that lives as long as this object.
    """

    def __init__(self, client: OktaClient, client_proof: ClientProof, register_secret: Callable[[str], None]) -> None:
        self._client = client
        self._client_proof = client_proof
        self._register_secret = register_secret
        self._possession: ProofOfPossession | None = None
        self._token = ''
        self._is_bound = False
        self._fresh_until = float('-inf')

    def prepare(self) -> None:
        if self._client.clock.monotonic() >= self._fresh_until:
            self._fetch_token()

    def describe(self) -> str:
        bound = ', bound to a key by proof of possession (DPoP)' if self._is_bound else ''
        return f'Okta gave an access token for the client{bound}'

    def headers(self, url: str) -> Mapping[str, str]:
        if self._is_bound and self._possession is not None:
            return {
                'Authorization': f'DPoP {self._token}',
                'DPoP': self._possession.proof('GET', url, self._token),
            }
        return {'Authorization': f'Bearer {self._token}'}

    def renew(self, refusal: OktaError, tried: Collection[str]) -> str:
        # A new proof has the nonce and the time of the refusal. It is of use only with a token that is bound.
        proof = self._answer_challenge(refusal)
        if proof and self._is_bound and proof not in tried:
            return proof
        # 401: the token was revoked. `invalid_dpop_proof`: perhaps Okta no longer knows which key it is bound to.
        # `invalid_request`: it should have been bound (Okta docs, OAuth 2.0 error codes).
        if refusal.is_from_okta and (refusal.status == 401 or refusal.code in NEW_TOKEN_ERRORS):
            # Also if it was tried already: then the next run begins with another token.
            self._fresh_until = float('-inf')
            return '' if ANOTHER_TOKEN in tried else ANOTHER_TOKEN
        return ''

    def _fetch_token(self) -> None:
        # Each remedy is tried once.
        tried: set[str] = set()
        while True:
            # Taken before the request: the token's life begins at Okta before the response arrives.
            asked_at, clock_ahead_seconds = self._client.clock.monotonic(), self._client.okta_clock.ahead_seconds
            try:
                response = self._client.post_form(TOKEN_PATH, self._form_and_headers)
                break
            except OktaError as error:
                remedy = self._answer_challenge(error) or self._correct_clock(error, clock_ahead_seconds)
                if not remedy or remedy in tried:
                    raise
                tried.add(remedy)
        self._take_token(response, asked_at)

    def _form_and_headers(self) -> tuple[Mapping[str, str], Mapping[str, str]]:
        token_url = f'{self._client.origin.url}{TOKEN_PATH}'
        form, headers = self._client_proof.form_and_headers(token_url, self._client.okta_time())
        if self._possession is not None:
            headers = {**headers, 'DPoP': self._possession.proof('POST', token_url)}
        return {'grant_type': 'client_credentials', 'scope': LOGS_SCOPE, **form}, headers

    def _correct_clock(self, refusal: OktaError, clock_ahead_seconds: float) -> str:
        """Tell whether a signature was rejected only because the clock was wrong, which the response has corrected."""
        change_seconds = abs(self._client.okta_clock.ahead_seconds - clock_ahead_seconds)
        is_to_blame = self._client_proof.depends_on_time and change_seconds > CLOCK_TOLERANCE_SECONDS
        return 'another time' if refusal.code == 'invalid_client' and is_to_blame else ''

    def _answer_challenge(self, refusal: OktaError) -> str:
        if refusal.code not in DPOP_CHALLENGES:
            return ''
        if self._possession is None:
            self._possession = ProofOfPossession(self._client.okta_time)
        if TOKEN.fullmatch(refusal.dpop_nonce):
            self._possession.nonce = refusal.dpop_nonce
        return refusal.code

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
        self._is_bound = str(grant.get('token_type')).lower() == 'dpop'
        self._fresh_until = asked_at + _lifetime_seconds(grant) - TOKEN_EXPIRY_MARGIN_SECONDS


def _lifetime_seconds(grant: Mapping[str, object]) -> float:
    lifetime = grant.get('expires_in')
    return float(lifetime) if isinstance(lifetime, int | float) else TOKEN_DEFAULT_LIFETIME_SECONDS
