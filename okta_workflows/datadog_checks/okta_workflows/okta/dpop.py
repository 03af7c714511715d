# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Demonstrating proof of possession (DPoP, RFC 9449): tokens that are worth nothing without a key.

After https://developer.okta.com/docs/guides/dpop/main/. Service apps made since February 2024 demand it by default
(okta-sdk-nodejs#424).
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from uuid import uuid4

ALGORITHM = 'ES256'


class ProofOfPossession:
    """An ephemeral key, and the proofs made with it.

    `now` tells Okta's time in seconds since the epoch: Okta takes proofs that are at most five minutes old. `nonce` is
    what Okta last asked to be put into a proof; empty before that.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
        from jwt.algorithms import ECAlgorithm

        self.nonce = ''
        self._now = now
        self._key = generate_private_key(SECP256R1())
        self._public_jwk = ECAlgorithm.to_jwk(self._key.public_key(), as_dict=True)

    def proof(self, method: str, url: str, token: str = '') -> str:
        """A proof for one attempt of one request, with `token` if there is one already."""
        import jwt

        claims = {
            'htm': method.upper(),
            # Okta rejects a proof with the query from the second page on (okta-sdk-golang#468).
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
