# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Token requests and DPoP proofs of an app of the org.

Source: Okta docs, docs/guides/build-api-integration (client id and secret), docs/guides/implement-oauth-for-okta-
serviceapp (client assertion) and docs/guides/dpop (proofs).
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from okta_simulator import dpop
from okta_simulator.oauth import ASSERTION_TYPE, LOGS_SCOPE

from .credentials import Client

ASSERTION_SECONDS = 300

Headers = list[tuple[str, str]]


class OAuthClient:
    """Creates the parts of requests, without sending any."""

    def __init__(self, client: Client, token_url: str, now: Callable[[], float]) -> None:
        self._client = client
        self._token_url = token_url
        self._now = now
        self._proof_key = ec.generate_private_key(ec.SECP256R1())

    def grant_form(self) -> dict[str, str]:
        return {'grant_type': 'client_credentials', 'scope': LOGS_SCOPE}

    def authentication(self, *, secret: str | None = None) -> tuple[Headers, dict[str, str]]:
        """Return the headers and form fields that authenticate the client once, because an assertion is single use."""
        client = self._client
        if client.signing_key is None:
            pair = f'{client.client_id}:{client.secret if secret is None else secret}'
            return [('Authorization', f'Basic {base64.b64encode(pair.encode()).decode()}')], {}
        now = int(self._now())
        claims = {
            'aud': self._token_url,
            'iss': client.client_id,
            'sub': client.client_id,
            'iat': now,
            'exp': now + ASSERTION_SECONDS,
            'jti': str(uuid.uuid4()),
        }
        headers = {'kid': client.signing_key.key_id} if client.signing_key.key_id else None
        assertion = jwt.encode(claims, client.signing_key.key, client.signing_key.algorithm, headers)
        return [], {'client_assertion_type': ASSERTION_TYPE, 'client_assertion': assertion}

    def secret_in_form(self) -> dict[str, str]:
        return {'client_id': self._client.client_id, 'client_secret': self._client.secret}

    def proof(self, method: str, url: str, *, nonce: str = '', access_token: str = '') -> Headers:
        """Return a DPoP header for one request. `url` has no query (okta-sdk-golang#468)."""
        claims: dict[str, Any] = {'htm': method, 'htu': url, 'iat': int(self._now()), 'jti': str(uuid.uuid4())}
        if nonce:
            claims['nonce'] = nonce
        if access_token:
            digest = hashlib.sha256(access_token.encode()).digest()
            claims['ath'] = base64.urlsafe_b64encode(digest).rstrip(b'=').decode()
        jwk = ECAlgorithm.to_jwk(self._proof_key.public_key(), as_dict=True)
        return [('DPoP', jwt.encode(claims, self._proof_key, 'ES256', {'typ': dpop.TYPE, 'jwk': jwk}))]
