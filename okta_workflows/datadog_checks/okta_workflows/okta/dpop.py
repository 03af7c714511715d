# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Demonstrating proof of possession (DPoP, RFC 9449): access tokens that can be used only with a key.

Follows https://developer.okta.com/docs/guides/dpop/main/. Service apps created since February 2024 require DPoP by
default (okta-sdk-nodejs#424).
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from uuid import uuid4

ALGORITHM = 'ES256'


class ProofOfPossession:
    """An ephemeral key, and the proofs that are signed with it.

    `now` returns Okta's time in seconds since the epoch: Okta accepts proofs that are at most five minutes old. `nonce`
    is the value that Okta last required in a proof; it is empty until Okta requires one.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
        from jwt.algorithms import ECAlgorithm

        self.nonce = ''
        self._now = now
        self._key = generate_private_key(SECP256R1())
        self._public_jwk = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)

    def proof(self, method: str, url: str, token: str = '') -> str:
        """Create a proof for one attempt of one request, bound to `token` if there is one."""
        import jwt

        claims = {
            'htm': method.upper(),
            # From the second page on, Okta rejects a proof whose URL has a query (okta-sdk-golang#468).
            'htu': url.partition('?')[0],
            'iat': int(self._now()),
            'jti': str(uuid4()),
        }
        if self.nonce:
            claims['nonce'] = self.nonce
        if token:
            digest = hashlib.sha256(token.encode('ascii')).digest()
            claims['ath'] = urlsafe_b64encode(digest).rstrip(b'=').decode()
        return jwt.encode(claims, self._key, ALGORITHM, headers={'typ': 'dpop+jwt', 'jwk': self._public_jwk})
