# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The token endpoint of the org authorization server, and the access tokens that it grants.

Source: Okta docs, docs/guides/build-api-integration (client id and secret of an API service integration, HTTP Basic),
docs/guides/implement-oauth-for-okta-serviceapp (`private_key_jwt`), docs/guides/dpop (bound tokens), and
data/oauth2-error-codes.json (the rejections). All times are in seconds by the org's clock.
"""

from __future__ import annotations

import base64
import binascii
import json
import random
import string
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import RSAAlgorithm

from . import dpop
from .answer import Answer, json_answer
from .dpop import ExpectedProof, ProofRefused, ProofVerifier

PATH = '/oauth2/v1/token'
LOGS_SCOPE = 'okta.logs.read'
ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
ASSERTION_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512']
TOKEN_LIFETIME_SECONDS = 3600
MAX_ASSERTION_LIFETIME_SECONDS = 3600
NONCE_HEADER = 'dpop-nonce'

Form = Mapping[str, str]


class OAuthRefusal(Exception):
    """A rejection by the token endpoint, in the format of RFC 6749."""

    def __init__(self, status: int, error: str, description: str, nonce: str | None = None) -> None:
        super().__init__(f'{status} {error}: {description}')
        self.status = status
        self.error = error
        self.description = description
        self.nonce = nonce

    def answer(self, origin: str) -> Answer:
        answer = json_answer(self.status, {'error': self.error, 'error_description': self.description})
        if self.error == 'invalid_client':
            # Since 2017 these have WWW-Authenticate (Okta release notes 2017). Okta does not publish its content.
            answer = answer.with_headers(('WWW-Authenticate', f'Basic realm="{origin}"'))
        if self.nonce is not None:
            answer = answer.with_headers((NONCE_HEADER, self.nonce))
        return answer


@dataclass(frozen=True)
class TokenRefusal:
    """A rejection of an access token: the body is empty, and the reason is in WWW-Authenticate.

    Source: okta-sdk-golang#145 for the scheme Bearer and okta-sdk-golang#468 for DPoP.
    """

    status: int
    error: str
    description: str
    scheme: str = 'Bearer'
    nonce: str | None = None

    def answer(self, origin: str, resource: str) -> Answer:
        # In the published captures the URLs in this header have http, although clients use https.
        plain = 'http://' + origin.partition('://')[2]
        algorithms = f'algs="{" ".join(dpop.ALGORITHMS)}", ' if self.scheme == 'DPoP' else ''
        challenge = ', '.join(
            (
                f'{self.scheme} {algorithms}authorization_uri="{plain}/oauth2/v1/authorize"',
                f'realm="{plain}"',
                f'scope="{LOGS_SCOPE}"',
                f'error="{self.error}"',
                f'error_description="{self.description}"',
                f'resource="{resource}"',
            )
        )
        answer = Answer(self.status, (('WWW-Authenticate', challenge),))
        return answer if self.nonce is None else answer.with_headers((NONCE_HEADER, self.nonce))


UNKNOWN_TOKEN = TokenRefusal(401, 'invalid_token', 'The access token is invalid.')
REVOKED_TOKEN = TokenRefusal(401, 'invalid_token', 'The access token has been revoked.')
EXPIRED_TOKEN = TokenRefusal(401, 'invalid_token', 'The token has expired.')
NOT_BOUND = TokenRefusal(401, 'invalid_token', 'The presented access_token is not DPoP bound.')
SCOPE_MISSING = TokenRefusal(
    403, 'insufficient_scope', 'The access token provided does not contain the required scopes.'
)
PROOF_MISSING = TokenRefusal(400, 'invalid_request', 'The resource request requires a DPoP proof.')
WRONG_SCHEME = TokenRefusal(
    400,
    'invalid_request',
    'The resource request must use the DPoP authentication scheme when using a DPoP bound token.',
)
WRONG_KEY = TokenRefusal(400, 'invalid_dpop_proof', 'The access_token is not bound to the provided DPoP proof.')


@dataclass
class AccessToken:
    client_id: str
    scopes: frozenset[str]
    expires_at: float
    key_thumbprint: str | None
    """The DPoP key to which the token is bound; `None` for a bearer token."""
    revoked: bool = False


@dataclass
class Client:
    """An app of the org: an API service integration if it has a secret, or else a customer's own service app."""

    client_id: str
    secret: str | None = None
    keys: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """The public keys as JWK, by `kid`."""


@dataclass
class SigningKey:
    """A key pair for `private_key_jwt`. It is created on first use, because the creation of an RSA key takes time."""

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
        return {**jwk, 'kid': self.key_id, 'use': 'sig'}


class AuthorizationServer:
    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._clients: dict[str, Client] = {}
        self._tokens: dict[str, AccessToken] = {}
        self._used_assertions: set[str] = set()
        self.proofs = ProofVerifier(self.random_text)

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
        """Return the client id that the request states, verified or not, for the rate limit."""
        form = dict(parse_qsl(body))
        return _basic(authorization)[0] or form.get('client_id') or _unverified_subject(form) or 'anonymous'

    def token_client(self, token: str) -> str:
        known = self._tokens.get(token)
        return known.client_id if known else 'anonymous'

    def grant(
        self,
        authorization: str,
        proofs: Sequence[str],
        body: str,
        now: float,
        *,
        token_url: str,
        granted_scopes: Collection[str],
        lifetime_seconds: int,
        dpop_required: bool,
    ) -> Answer:
        """Grant an access token, or raise `OAuthRefusal`.

        `proofs` are the values of the DPoP headers of the request. They count only if the client is configured to need
        one; otherwise the org grants a bearer token (okta-sdk-python, okta/oauth.py).
        """
        form = dict(parse_qsl(body, keep_blank_values=True))
        if 'grant_type' not in form:
            raise OAuthRefusal(400, 'invalid_request', "The 'grant_type' parameter is missing.")
        if form['grant_type'] != 'client_credentials':
            raise OAuthRefusal(400, 'unsupported_grant_type', 'The authorization grant type is not supported.')
        # Verify the assertion before the proof: it counts as used even if the proof is rejected (okta-sdk-python,
        # okta/oauth.py).
        client = self._authenticate(authorization, form, now, token_url)
        thumbprint = None
        if dpop_required:
            try:
                thumbprint = self.proofs.verify(proofs, ExpectedProof('POST', token_url, nonce_required=True), now)
            except ProofRefused as refused:
                raise OAuthRefusal(400, refused.error, refused.description, refused.nonce) from None
        scopes = _scopes(form.get('scope', ''), granted_scopes)
        token = self.random_text(86, string.ascii_letters + string.digits + '-_')
        self._tokens[token] = AccessToken(client.client_id, frozenset(scopes), now + lifetime_seconds, thumbprint)
        return json_answer(
            200,
            {
                'token_type': 'DPoP' if thumbprint else 'Bearer',
                'expires_in': lifetime_seconds,
                'access_token': token,
                'scope': ' '.join(scopes),
            },
            ('Cache-Control', 'no-cache, no-store'),
        )

    def refusal(
        self, scheme: str, token: str, proofs: Sequence[str], now: float, *, url: str, nonce_required: bool
    ) -> TokenRefusal | None:
        """Return the rejection if this access token may not read the System Log at `url`, or `None` if it may."""
        refusal = self._token_refusal(token, now) or self._binding_refusal(
            scheme, token, proofs, now, url=url, nonce_required=nonce_required
        )
        if refusal is None and LOGS_SCOPE not in self._tokens[token].scopes:
            refusal = SCOPE_MISSING
        known = self._tokens.get(token)
        dpop_scheme = scheme == 'DPoP' or (known is not None and known.key_thumbprint is not None)
        return replace(refusal, scheme='DPoP') if refusal is not None and dpop_scheme else refusal

    def _token_refusal(self, token: str, now: float) -> TokenRefusal | None:
        known = self._tokens.get(token)
        if known is None:
            return UNKNOWN_TOKEN
        if known.revoked:
            return REVOKED_TOKEN
        if now >= known.expires_at:
            return EXPIRED_TOKEN
        return None

    def _binding_refusal(
        self, scheme: str, token: str, proofs: Sequence[str], now: float, *, url: str, nonce_required: bool
    ) -> TokenRefusal | None:
        bound_to = self._tokens[token].key_thumbprint
        if bound_to is None:
            return NOT_BOUND if scheme == 'DPoP' else None
        if scheme != 'DPoP':
            return WRONG_SCHEME
        if not proofs:
            return PROOF_MISSING
        try:
            signed_by = self.proofs.verify(proofs, ExpectedProof('GET', url, nonce_required, access_token=token), now)
        except ProofRefused as refused:
            return TokenRefusal(400, refused.error, refused.description, nonce=refused.nonce)
        return None if signed_by == bound_to else WRONG_KEY

    def _authenticate(self, authorization: str, form: Form, now: float, token_url: str) -> Client:
        client_id, secret = _basic(authorization)
        if sum((bool(client_id), 'client_secret' in form, 'client_assertion' in form)) > 1:
            raise OAuthRefusal(
                401,
                'invalid_request',
                'Cannot supply multiple client credentials. Use one of the following: credentials in the Authorization '
                'header, credentials in the post body, or a client_assertion in the post body.',
            )
        if 'client_assertion' in form:
            return self._by_assertion(form, now, token_url)
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
        """Verify a client assertion by the org's clock. PyJWT cannot, so it checks only the signature."""
        if form.get('client_assertion_type') != ASSERTION_TYPE:
            raise _invalid_client(
                'Client authentication failed. Either the client or the client credentials are invalid.'
            )
        assertion = form['client_assertion']
        try:
            header = jwt.get_unverified_header(assertion)
        except jwt.InvalidTokenError:
            raise _invalid_client('The parsing of the client_assertion failed.') from None
        if header.get('alg') not in ASSERTION_ALGORITHMS:
            raise _invalid_client('The client_assertion JWT signature algorithm is invalid.')
        client = self._clients.get(_unverified_subject(form))
        if client is None:
            raise _invalid_client('The subject claim for client_assertion is not a valid client_id.')
        jwk = client.keys.get(str(header.get('kid')))
        if jwk is None:
            raise _invalid_client('The client_assertion JWT kid is invalid.')
        try:
            key = jwt.PyJWK(dict(jwk), algorithm=header['alg'])
            claims = json.loads(jwt.PyJWS().decode(assertion, key, algorithms=[header['alg']]))
        except jwt.PyJWTError:
            raise _invalid_client('The client_assertion signature is invalid.') from None
        self._verify_claims(claims, client, now, token_url)
        return client

    def _verify_claims(self, claims: Mapping[str, Any], client: Client, now: float, token_url: str) -> None:
        if claims.get('iss') != client.client_id:
            raise _invalid_client('The issuer claim for client_assertion is not a valid client_id.')
        if claims.get('aud') != token_url:
            raise _invalid_client(
                'The audience claim for client_assertion must be the endpoint invoked for the request.'
            )
        expires_at, issued_at = claims.get('exp'), claims.get('iat', now)
        if not dpop.is_moment(expires_at):
            raise _invalid_client("The client_assertion must contain the 'exp' claim as seconds since epoch.")
        if expires_at <= now:
            raise _invalid_client('The client_assertion token is expired.')
        if expires_at > now + MAX_ASSERTION_LIFETIME_SECONDS:
            raise _invalid_client('The client_assertion token has an expiration too far into the future.')
        if not dpop.is_moment(issued_at) or issued_at > now + dpop.ROUNDING_SECONDS:
            raise _invalid_client('The client_assertion token must be issued before the current time.')
        if 'jti' in claims:
            assertion_id = str(claims['jti'])
            if assertion_id in self._used_assertions:
                raise _invalid_client('The client_assertion token has already been used.')
            self._used_assertions.add(assertion_id)


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
    """Return the client id and secret of an HTTP Basic header; both are empty if the header is not valid."""
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
