# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The org authorization server's token endpoint and the access tokens that it gives.

Source: Okta docs, docs/guides/build-api-integration (client id and secret of an API service integration, HTTP Basic),
docs/guides/implement-oauth-for-okta-serviceapp (`private_key_jwt`) and data/oauth2-error-codes.json (the refusals).
"""

from __future__ import annotations

import base64
import binascii
import json
import random
import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import RSAAlgorithm

from .answer import Answer, json_answer

PATH = '/oauth2/v1/token'
LOGS_SCOPE = 'okta.logs.read'
ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
ASSERTION_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']
TOKEN_LIFETIME_SECONDS = 3600
MAX_ASSERTION_LIFETIME_SECONDS = 3600

Form = Mapping[str, str]


class OAuthRefusal(Exception):
    """A refusal of the token endpoint, in the shape of RFC 6749."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(f'{status} {error}: {description}')
        self.status = status
        self.error = error
        self.description = description

    def answer(self, origin: str) -> Answer:
        answer = json_answer(self.status, {'error': self.error, 'error_description': self.description})
        if self.error == 'invalid_client':
            # Since 2017 these carry WWW-Authenticate (Okta release notes 2017); its wording is not published.
            answer = answer.with_headers(('WWW-Authenticate', f'Basic realm="{origin}"'))
        return answer


@dataclass(frozen=True)
class BearerRefusal:
    """A refusal of an access token: no body, the reason is in WWW-Authenticate (okta-sdk-golang#145)."""

    status: int
    error: str
    description: str

    def answer(self, origin: str, resource: str) -> Answer:
        # The URLs in the header were captured with http although the org is reached with https.
        plain = 'http://' + origin.partition('://')[2]
        challenge = ', '.join(
            (
                f'Bearer authorization_uri="{plain}/oauth2/v1/authorize"',
                f'realm="{plain}"',
                f'scope="{LOGS_SCOPE}"',
                f'error="{self.error}"',
                f'error_description="{self.description}"',
                f'resource="{resource}"',
            )
        )
        return Answer(self.status, (('WWW-Authenticate', challenge),))


UNKNOWN_TOKEN = BearerRefusal(401, 'invalid_token', 'The access token is invalid.')
REVOKED_TOKEN = BearerRefusal(401, 'invalid_token', 'The access token was revoked.')
EXPIRED_TOKEN = BearerRefusal(401, 'invalid_token', 'The token has expired.')
SCOPE_MISSING = BearerRefusal(
    403, 'insufficient_scope', 'The access token provided does not contain the required scopes.'
)


@dataclass
class AccessToken:
    client_id: str
    scopes: frozenset[str]
    expires_at: float
    revoked: bool = False


@dataclass
class Client:
    """An app of the org. With a secret it is an API service integration, without one a customer's own service app."""

    client_id: str
    secret: str | None = None
    keys: dict[str, jwt.PyJWK] = field(default_factory=dict)


@dataclass
class SigningKey:
    """A key pair for `private_key_jwt`, made when first asked for: RSA keys cost time."""

    key_id: str

    @cached_property
    def _private_key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def private_pem(self) -> str:
        return self._private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    @cached_property
    def public_jwk(self) -> dict[str, Any]:
        jwk: dict[str, Any] = RSAAlgorithm.to_jwk(self._private_key.public_key(), as_dict=True)
        return {**jwk, 'kid': self.key_id, 'alg': 'RS256', 'use': 'sig'}


class AuthorizationServer:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._clients: dict[str, Client] = {}
        self._tokens: dict[str, AccessToken] = {}
        self._used_assertions: set[str] = set()

    def random_text(self, length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
        return ''.join(self._rng.choices(alphabet, k=length))

    def new_client(self, *, secret: bool) -> Client:
        client = Client('0oa' + self.random_text(17), self.random_text(64) if secret else None)
        self._clients[client.client_id] = client
        return client

    def revoke_tokens(self) -> None:
        for token in self._tokens.values():
            token.revoked = True

    def client_of(self, authorization: str, body: str) -> str:
        """Who claims to ask, proven or not; for the rate limit."""
        form = dict(parse_qsl(body))
        return _basic(authorization)[0] or form.get('client_id') or _unverified_subject(form) or 'anonymous'

    def token_client(self, token: str) -> str:
        known = self._tokens.get(token)
        return known.client_id if known else 'anonymous'

    def grant(
        self,
        authorization: str,
        body: str,
        now: float,
        *,
        token_url: str,
        granted_scopes: Collection[str],
        lifetime_seconds: int,
    ) -> Answer:
        """Answer a token request; OAuthRefusal for every reason not to."""
        form = dict(parse_qsl(body, keep_blank_values=True))
        if 'grant_type' not in form:
            raise OAuthRefusal(400, 'invalid_request', "The 'grant_type' parameter is missing.")
        if form['grant_type'] != 'client_credentials':
            raise OAuthRefusal(400, 'unsupported_grant_type', 'The authorization grant type is not supported.')
        client = self._authenticate(authorization, form, now, token_url)
        scopes = _scopes(form.get('scope', ''), granted_scopes)
        token = self.random_text(86, string.ascii_letters + string.digits + '-_')
        self._tokens[token] = AccessToken(client.client_id, frozenset(scopes), now + lifetime_seconds)
        return json_answer(
            200,
            {
                'token_type': 'Bearer',
                'expires_in': lifetime_seconds,
                'access_token': token,
                'scope': ' '.join(scopes),
            },
            ('Cache-Control', 'no-cache, no-store'),
        )

    def refusal(self, token: str, now: float) -> BearerRefusal | None:
        """Why this access token may not read the System Log; None if it may."""
        known = self._tokens.get(token)
        if known is None:
            return UNKNOWN_TOKEN
        if known.revoked:
            return REVOKED_TOKEN
        if now >= known.expires_at:
            return EXPIRED_TOKEN
        if LOGS_SCOPE not in known.scopes:
            return SCOPE_MISSING
        return None

    def _authenticate(self, authorization: str, form: Form, now: float, token_url: str) -> Client:
        if 'client_assertion' in form:
            return self._by_assertion(form, now, token_url)
        client_id, secret = _basic(authorization)
        if client_id:
            client = self._client(client_id)
            if client.secret is None:
                raise _invalid_client(
                    'Client Credentials requests to the Org Authorization Server must use the private_key_jwt '
                    'token_endpoint_auth_method.'
                )
            if secret != client.secret:
                raise _invalid_client('The client secret supplied for a confidential client is invalid.')
            return client
        if 'client_secret' in form:
            raise _invalid_client(
                'OAuth Integration Client Credentials requests to the Org Authorization Server must use either '
                'private_key_jwt or client_secret_basic as the token_endpoint_auth_method.'
            )
        raise _invalid_client('No client credentials found.')

    def _client(self, client_id: str) -> Client:
        try:
            return self._clients[client_id]
        except KeyError:
            raise _invalid_client("Invalid value for 'client_id' parameter.") from None

    def _by_assertion(self, form: Form, now: float, token_url: str) -> Client:
        """Check a client assertion by the org's clock, which PyJWT cannot be given; hence its own checks are off."""
        if form.get('client_assertion_type') != ASSERTION_TYPE:
            raise _invalid_client('The client_assertion_type is invalid.')
        assertion = form['client_assertion']
        client = self._client(_unverified_subject(form))
        try:
            key = client.keys.get(str(jwt.get_unverified_header(assertion).get('kid')))
            if key is None:
                raise _invalid_client('The client_assertion JWT kid is invalid.')
            claims = jwt.decode(
                assertion,
                key,
                algorithms=ASSERTION_ALGORITHMS,
                audience=token_url,
                options={
                    'require': ['aud', 'iss', 'sub', 'exp'],
                    'verify_exp': False,
                    'verify_iat': False,
                    'verify_nbf': False,
                },
            )
            expires_at, issued_at = float(claims['exp']), float(claims.get('iat', now))
        except jwt.InvalidSignatureError:
            raise _invalid_client('The client_assertion signature is invalid.') from None
        except jwt.InvalidAudienceError:
            raise _invalid_client(
                'The audience claim for client_assertion must be the endpoint invoked for the request.'
            ) from None
        except (jwt.InvalidTokenError, TypeError, ValueError):
            raise _invalid_client('The client_assertion is not valid.') from None
        if claims['iss'] != claims['sub']:
            raise _invalid_client('The issuer and the subject of client_assertion must both be the client id.')
        if expires_at <= now:
            raise _invalid_client('The client_assertion token is expired.')
        if expires_at > now + MAX_ASSERTION_LIFETIME_SECONDS:
            raise _invalid_client('The client_assertion token has an expiration too far into the future.')
        # A claim of whole seconds may lie ahead of a clock with fractions by rounding.
        if issued_at > now + 1:
            raise _invalid_client('The client_assertion token must be issued before the current time.')
        if 'jti' in claims:
            if claims['jti'] in self._used_assertions:
                raise _invalid_client('The client_assertion token has already been used.')
            self._used_assertions.add(claims['jti'])
        return client


def _scopes(text: str, granted: Collection[str]) -> list[str]:
    scopes = text.split()
    if not scopes:
        raise _invalid_scope('No scopes were requested.')
    if not all(scope.startswith('okta.') for scope in scopes):
        raise _invalid_scope('One or more scopes are not configured for the authorization server resource.')
    if not set(scopes) <= set(granted):
        raise _invalid_scope(
            'The requested scope is invalid, unknown, malformed, or exceeds the scope granted by the resource owner.'
        )
    return scopes


def _invalid_scope(description: str) -> OAuthRefusal:
    return OAuthRefusal(400, 'invalid_scope', description)


def _invalid_client(description: str) -> OAuthRefusal:
    return OAuthRefusal(401, 'invalid_client', description)


def _basic(authorization: str) -> tuple[str, str]:
    """Client id and secret of an HTTP Basic header; empty if it is none."""
    scheme, _, encoded = authorization.partition(' ')
    if scheme.lower() != 'basic':
        return '', ''
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(':')
    except (binascii.Error, UnicodeDecodeError):
        return '', ''
    return client_id, secret


def _unverified_subject(form: Form) -> str:
    try:
        payload = form.get('client_assertion', '').split('.')[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + '=' * (-len(payload) % 4)))
        return str(claims['sub'])
    except (IndexError, KeyError, TypeError, ValueError):
        return ''
