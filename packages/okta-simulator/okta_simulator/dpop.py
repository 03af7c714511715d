# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""DPoP: proofs that the caller holds the key to which its access token is bound.

Source: Okta docs, docs/guides/dpop (proof claims, nonce, binding) and data/oauth2-error-codes.json (the rejections).
Where these are silent, RFC 9449 applies. The `htu` without a query is from okta-sdk-golang#468.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import jwt

TYPE = 'dpop+jwt'
ALGORITHMS = ('RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512')
MAX_PROOF_AGE_SECONDS = 300
NONCE_RENEWAL_SECONDS = 24 * 3600
NONCE_LIFETIME_SECONDS = 3 * 24 * 3600
# A claim is rounded to whole seconds, so it may be ahead of a clock with fractions.
ROUNDING_SECONDS = 1

# These are the members of a key that are hashed (RFC 7638).
_THUMBPRINT_MEMBERS = {'RSA': ('e', 'kty', 'n'), 'EC': ('crv', 'kty', 'x', 'y')}


class ProofRefused(Exception):
    """The rejection of a proof: 400 with `error`. If the nonce is missing, `nonce` is the one to use."""

    def __init__(self, description: str, error: str = 'invalid_dpop_proof', nonce: str | None = None) -> None:
        super().__init__(f'{error}: {description}')
        self.error = error
        self.description = description
        self.nonce = nonce


@dataclass(frozen=True)
class ExpectedProof:
    """The required content of the proof for one request."""

    method: str
    url: str
    """The URL without a query."""
    nonce_required: bool
    access_token: str | None = None
    """The token that is sent with the proof; `None` in a token request."""


class ProofVerifier:
    """Verifies proofs, with the org's nonces and the ids of earlier proofs. Times are in seconds by the org's clock."""

    def __init__(self, random_text: Callable[[int], str]) -> None:
        self._random_text = random_text
        self._used: set[str] = set()
        self._nonces: dict[str, float] = {}

    def verify(self, proofs: Sequence[str], expected: ExpectedProof, now: float) -> str:
        """Return the thumbprint (RFC 7638) of the key that signed the only proof. Raises `ProofRefused` if invalid."""
        if not proofs:
            raise ProofRefused('The DPoP proof JWT header is missing.')
        if len(proofs) > 1:
            raise ProofRefused('Multiple DPoP proof JWT headers are not allowed.')
        claims, thumbprint = _verify_signature(proofs[0])
        used_before = self._use(claims.get('jti'))
        if claims.get('htm') != expected.method:
            raise ProofRefused("'htm' claim in the DPoP proof JWT is invalid.")
        if claims.get('htu') != expected.url:
            raise ProofRefused("'htu' claim in the DPoP proof JWT is invalid.")
        _verify_moment(claims, now)
        if used_before:
            raise ProofRefused('The DPoP proof JWT has already been used.')
        if expected.nonce_required and not self._accepts(claims.get('nonce'), now):
            raise ProofRefused(
                'Authorization server requires nonce in DPoP proof.', 'use_dpop_nonce', nonce=self._nonce(now)
            )
        # This is checked after the nonce, because the first proof in Okta's guide has no jti.
        if not isinstance(claims.get('jti'), str) or not claims['jti']:
            raise ProofRefused("'jti' claim in the DPoP proof JWT is invalid.")
        if expected.access_token is not None and claims.get('ath') != _token_hash(expected.access_token):
            raise ProofRefused("'ath' claim in the DPoP proof does not match the presented access_token.")
        return thumbprint

    def renew_nonce(self, now: float, *, expire_old: bool) -> None:
        if expire_old:
            self._nonces.clear()
        self._new_nonce(now)

    def _use(self, jti: object) -> bool:
        """Record the id, and return whether it was used before. The id of a rejected proof counts as used."""
        if not isinstance(jti, str):
            return False
        used = jti in self._used
        self._used.add(jti)
        return used

    def _nonce(self, now: float) -> str:
        newest = next(reversed(self._nonces), None)
        if newest is None or now - self._nonces[newest] >= NONCE_RENEWAL_SECONDS:
            return self._new_nonce(now)
        return newest

    def _new_nonce(self, now: float) -> str:
        nonce = self._random_text(32)
        self._nonces[nonce] = now
        return nonce

    def _accepts(self, nonce: object, now: float) -> bool:
        made_at = self._nonces.get(nonce) if isinstance(nonce, str) else None
        return made_at is not None and now - made_at < NONCE_LIFETIME_SECONDS


def thumbprint(public_jwk: dict[str, Any]) -> str:
    """Compute the thumbprint of a key (RFC 7638, SHA-256)."""
    members = {name: public_jwk[name] for name in _THUMBPRINT_MEMBERS[public_jwk['kty']]}
    return _sha256(json.dumps(members, sort_keys=True, separators=(',', ':')))


def _token_hash(access_token: str) -> str:
    return _sha256(access_token)


def _sha256(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b'=').decode()


def _verify_signature(proof: str) -> tuple[dict[str, Any], str]:
    """Return the claims, and the thumbprint of the key in the header."""
    try:
        header = jwt.get_unverified_header(proof)
    except jwt.InvalidTokenError:
        raise ProofRefused('The DPoP proof JWT cannot be parsed.') from None
    if header.get('typ') != TYPE:
        raise ProofRefused(f"'typ' must be '{TYPE}' in the DPoP proof JWT.")
    algorithm, jwk = header.get('alg'), header.get('jwk')
    if algorithm not in ALGORITHMS:
        raise ProofRefused('The DPoP proof JWT signature algorithm is invalid.')
    # The key must be public (RFC 9449 4.2). Okta does not publish its error text for a private key.
    if not isinstance(jwk, dict) or str(jwk.get('kty')) not in _THUMBPRINT_MEMBERS or 'd' in jwk:
        raise ProofRefused('The DPoP proof JWT is invalid.')
    try:
        key = jwt.PyJWK(jwk, algorithm=algorithm)
    except jwt.PyJWTError:
        raise ProofRefused('The DPoP proof JWT is invalid.') from None
    try:
        # Verify only the signature here, because PyJWT cannot check times by the org's clock.
        claims = json.loads(jwt.PyJWS().decode(proof, key, algorithms=[algorithm]))
    except jwt.InvalidSignatureError:
        raise ProofRefused('The DPoP proof JWT signature is invalid.') from None
    except (jwt.PyJWTError, ValueError):
        raise ProofRefused('The DPoP proof JWT cannot be parsed.') from None
    if not isinstance(claims, dict):
        raise ProofRefused('The DPoP proof JWT cannot be parsed.')
    return claims, thumbprint(jwk)


def _verify_moment(claims: dict[str, Any], now: float) -> None:
    issued_at, expires_at = claims.get('iat'), claims.get('exp', now + 1)
    if not is_moment(issued_at):
        raise ProofRefused("'iat' claim in the DPoP proof JWT is invalid.")
    if issued_at > now + ROUNDING_SECONDS:
        raise ProofRefused('The DPoP proof JWT is issued in the future.')
    if issued_at < now - MAX_PROOF_AGE_SECONDS:
        raise ProofRefused('The DPoP proof JWT is issued more than five minutes in the past.')
    if not is_moment(expires_at) or expires_at <= now:
        raise ProofRefused('The DPoP proof JWT is expired.')


def is_moment(value: object) -> TypeGuard[float]:
    """Return whether a claim is a NumericDate (RFC 7519), in seconds."""
    return isinstance(value, int | float) and not isinstance(value, bool)
