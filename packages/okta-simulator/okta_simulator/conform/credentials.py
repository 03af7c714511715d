# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Reads the credentials for the org from the environment or a file, because other users can see a command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .errors import UsageError

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

API_TOKEN = 'OKTA_API_TOKEN'
# Maps each environment variable to the member of a credentials file.
_MEMBERS = {
    API_TOKEN: 'api_key',
    'OKTA_CLIENT_ID': 'client_id',
    'OKTA_CLIENT_SECRET': 'client_secret',
    'OKTA_PRIVATE_KEY_FILE': 'private_key_file',
    'OKTA_KEY_ID': 'key_id',
}
# The key size does not determine the algorithm: secp256k1 has the same size as P-256.
_ALGORITHMS = {'secp256r1': 'ES256', 'secp384r1': 'ES384', 'secp521r1': 'ES512'}


@dataclass(frozen=True)
class SigningKey:
    key: PrivateKey = field(repr=False)
    key_id: str = field(default='', repr=False)

    @property
    def algorithm(self) -> str:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return 'RS256'
        return _ALGORITHMS[self.key.curve.name]


@dataclass(frozen=True)
class Client:
    """An app of the org that authenticates with its secret or its key."""

    client_id: str = field(repr=False)
    secret: str = field(default='', repr=False)
    signing_key: SigningKey | None = None


@dataclass(frozen=True)
class Credentials:
    api_token: str = field(default='', repr=False)
    client: Client | None = None


def from_environment(environment: Mapping[str, str]) -> Credentials:
    """Read `OKTA_API_TOKEN`, or `OKTA_CLIENT_ID` with `OKTA_CLIENT_SECRET` or `OKTA_PRIVATE_KEY_FILE`."""
    return _credentials({member: environment.get(name, '') for name, member in _MEMBERS.items()})


def from_file(path: Path) -> Credentials:
    """Read a JSON object with the members that `python -m okta_simulator --json` prints."""
    try:
        members = json.loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f'Cannot read the credentials file: {error.strerror}.') from None
    except ValueError:
        raise UsageError('The credentials file is not JSON.') from None
    if not isinstance(members, dict):
        raise UsageError('The credentials file is not a JSON object.')
    return _credentials(members)


def _credentials(members: Mapping[str, Any]) -> Credentials:
    def text(name: str) -> str:
        value = members.get(name) or ''
        if not isinstance(value, str) or not value.isprintable() and name != 'private_key':
            raise UsageError(f'The credential `{name}` is not a text of one line.')
        return value

    api_token, client_id, secret = text('api_key'), text('client_id'), text('client_secret')
    client = None
    if client_id:
        # The secret takes precedence, because the file of a simulator contains both.
        pem = '' if secret else text('private_key') or _read_key(text('private_key_file'))
        if not secret and not pem:
            raise UsageError(
                'The client id has neither a secret nor a private key. '
                'Set OKTA_CLIENT_SECRET or OKTA_PRIVATE_KEY_FILE, or add one to the credentials file.'
            )
        client = Client(client_id, secret, _signing_key(pem, text('key_id')) if pem else None)
    if not api_token and client is None:
        raise UsageError(
            'No credentials. Set OKTA_API_TOKEN, or OKTA_CLIENT_ID and OKTA_CLIENT_SECRET, or OKTA_CLIENT_ID, '
            'OKTA_PRIVATE_KEY_FILE and OKTA_KEY_ID, or use --credentials.'
        )
    return Credentials(api_token, client)


def _read_key(path: str) -> str:
    if not path:
        return ''
    try:
        return Path(path).read_text()
    except (OSError, UnicodeDecodeError):
        raise UsageError('Cannot read the private key file.') from None


def _signing_key(text: str, key_id: str) -> SigningKey:
    """Read a PEM file or a JWK, the two forms in which Okta shows a new key."""
    key: object
    try:
        if text.lstrip().startswith('{'):
            jwk = json.loads(text)
            key = jwt.PyJWK(jwk).key
            key_id = key_id or str(jwk.get('kid', ''))
        else:
            key = load_pem_private_key(text.encode(), password=None)
    except (ValueError, TypeError, jwt.PyJWTError):
        raise UsageError('The private key is not an unencrypted PEM file or a JWK.') from None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name not in _ALGORITHMS:
        raise UsageError('The private key is on a curve that Okta does not accept. Use P-256, P-384 or P-521.')
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise UsageError('The private key is neither an RSA nor an EC private key.')
    return SigningKey(key, key_id)
