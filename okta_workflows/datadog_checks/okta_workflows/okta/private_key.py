# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The private key that authenticates a client, and the assertion that is signed with it.

PyJWT and cryptography are part of the Agent. Both are imported only where a key is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# The algorithms that Okta accepts for each curve and for RSA (Okta docs, Implement OAuth for Okta with a service app).
ALGORITHM_OF_CURVE = {'secp256r1': 'ES256', 'secp384r1': 'ES384', 'secp521r1': 'ES512'}
RSA_ALGORITHM = 'RS256'
SHORTEST_RSA_KEY_BITS = 2048

ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

# Okta accepts at most an hour. A shorter lifetime allows for a clock that is wrong.
ASSERTION_LIFETIME_SECONDS = 1200


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A key that Okta accepts, with the algorithm to use it with."""

    key: RSAPrivateKey | EllipticCurvePrivateKey
    algorithm: str

    def client_assertion(self, client_id: str, key_id: str, token_url: str, now: float) -> str:
        """Sign an assertion that the bearer is `client_id`, for one request to `token_url` at `now` (epoch seconds).

        The claims follow https://developer.okta.com/docs/guides/implement-oauth-for-okta-serviceapp/main/. There is no
        `iat`, because a host clock that is ahead would put it in the future of Okta's clock.
        """
        import jwt

        claims = {
            'iss': client_id,
            'sub': client_id,
            'aud': token_url,
            'exp': int(now) + ASSERTION_LIFETIME_SECONDS,
            'jti': str(uuid4()),
        }
        return jwt.encode(claims, self.key, self.algorithm, headers={'kid': key_id})


def read_key_file(path: str) -> str:
    """Read the text of a key file, with or without a byte order mark.

    Raises `ValueError` with the reason and the remedy if the file cannot be read or does not contain text.
    """
    if 'PRIVATE KEY' in path:
        raise ValueError('the option holds a key instead of a path: use `private_key` for the key itself')
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ValueError(
            f'`{path}` cannot be read ({error.strerror}): check the path, and grant read access to the user that runs '
            'the Agent'
        ) from None
    if any('-----BEGIN'.encode(encoding) in content for encoding in ('utf-16-le', 'utf-16-be')):
        raise ValueError(
            f'`{path}` is in UTF-16: convert the file to UTF-8, in PowerShell with '
            '`(Get-Content <FILE>) | Set-Content -Encoding UTF8 <FILE>`, elsewhere with `iconv -f UTF-16 -t UTF-8`'
        )
    try:
        return content.decode('utf-8-sig')
    except UnicodeDecodeError:
        raise ValueError(
            f'`{path}` is not a PEM file: convert the key to PEM, for example with `openssl pkey -inform DER`'
        ) from None


def load_private_key(pem: str, passphrase: str | None) -> PrivateKey:
    """Parse a private key in PEM form.

    Raises `ValueError` with the reason and the remedy for any key that Okta would not accept. The message contains no
    part of the key.
    """
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    # In a single line of YAML, people often write line breaks as `\n`.
    text = pem.replace('\\n', '\n').strip()
    if '-----BEGIN' not in text:
        raise ValueError('the key is not in PEM form: it must begin with `-----BEGIN` and end with `-----END ...-----`')
    if 'PRIVATE KEY-----' not in text:
        raise ValueError(
            'this is a public key or a certificate: use the file with the private key that belongs to it, which '
            'contains `PRIVATE KEY-----`'
        )
    if 'BEGIN OPENSSH PRIVATE KEY' in text:
        raise ValueError('the key is in OpenSSH format: convert a copy of it with `ssh-keygen -p -m PEM -f <FILE>`')
    try:
        key = load_pem_private_key(text.encode(), passphrase.encode() if passphrase else None)
    except TypeError:
        if passphrase:
            raise ValueError('the key is not encrypted: remove `private_key_passphrase`') from None
        raise ValueError('the key is encrypted: set `private_key_passphrase`') from None
    except Exception:
        # The error texts of the library differ between versions, and do not distinguish a wrong passphrase from a
        # damaged key.
        if passphrase:
            raise ValueError('the key cannot be decrypted: check `private_key_passphrase`') from None
        raise ValueError('the key is damaged: copy it again, with all of its lines') from None
    if isinstance(key, RSAPrivateKey):
        if key.key_size < SHORTEST_RSA_KEY_BITS:
            raise ValueError(f'the key has {key.key_size} bits: an RSA key must have at least {SHORTEST_RSA_KEY_BITS}')
        return PrivateKey(key, RSA_ALGORITHM)
    if isinstance(key, EllipticCurvePrivateKey) and key.curve.name in ALGORITHM_OF_CURVE:
        return PrivateKey(key, ALGORITHM_OF_CURVE[key.curve.name])
    raise ValueError('Okta does not accept a key of this type: use RSA, or EC on the curves P-256, P-384, or P-521')
