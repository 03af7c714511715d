# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""DPoP as the simulated org demands it, over real HTTP.

The texts are Okta's (Okta docs, data/oauth2-error-codes.json).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import http.client
import math
import uuid
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from okta_simulator import OktaSimulator, VirtualClock
from okta_simulator.dpop import thumbprint
from okta_simulator.oauth import ASSERTION_TYPE

NOW = 1_790_000_000.0
DAY_SECONDS = 86_400
GRANT = {'grant_type': 'client_credentials', 'scope': 'okta.logs.read'}
KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
PRIVATE_JWK = ECAlgorithm.to_jwk(KEY, as_dict=True)


@pytest.fixture
def okta() -> Iterator[OktaSimulator]:
    with OktaSimulator(clock=VirtualClock(NOW)) as okta:
        okta.dpop_required = True
        yield okta


def advance(okta: OktaSimulator, seconds: float) -> None:
    assert isinstance(okta.clock, VirtualClock)
    okta.clock.advance(seconds)


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
    return ECAlgorithm.to_jwk(key.public_key(), as_dict=True)


def proof(
    okta: OktaSimulator,
    claims: Mapping[str, Any] | None = None,
    *,
    header: Mapping[str, Any] | None = None,
    key: Any = KEY,
    algorithm: str = 'ES256',
) -> str:
    """A good proof for the token endpoint but for what is given; a claim of None is left out."""
    defaults = {'htm': 'POST', 'htu': okta.token_url, 'iat': okta.clock.now(), 'jti': str(uuid.uuid4())}
    payload = {name: value for name, value in {**defaults, **(claims or {})}.items() if value is not None}
    headers = {'typ': 'dpop+jwt', 'jwk': public_jwk(KEY), **(header or {})}
    return jwt.encode(payload, key, algorithm, headers)


def request_token(okta: OktaSimulator, dpop: str | None) -> requests.Response:
    headers = {} if dpop is None else {'DPoP': dpop}
    credentials = (okta.client_id, okta.client_secret)
    return requests.post(okta.token_url, auth=credentials, data=GRANT, headers=headers, timeout=10)


def nonce_of(okta: OktaSimulator) -> str:
    return request_token(okta, proof(okta)).headers['dpop-nonce']


def refusal(response: requests.Response) -> tuple[int, str, str]:
    body = response.json()
    return response.status_code, body['error'], body['error_description']


def bound_token(okta: OktaSimulator) -> str:
    granted = request_token(okta, proof(okta, {'nonce': nonce_of(okta)}))
    assert granted.status_code == 200, granted.text
    return str(granted.json()['access_token'])


class TestTokenEndpoint:
    def test_the_missing_header_is_the_sign_that_dpop_is_required(self, okta: OktaSimulator) -> None:
        assert refusal(request_token(okta, None)) == (
            400,
            'invalid_dpop_proof',
            'The DPoP proof JWT header is missing.',
        )

    def test_a_first_proof_without_nonce_and_jti_is_answered_with_a_nonce(self, okta: OktaSimulator) -> None:
        answer = request_token(okta, proof(okta, {'jti': None}))
        assert refusal(answer) == (400, 'use_dpop_nonce', 'Authorization server requires nonce in DPoP proof.')
        assert answer.headers['dpop-nonce']

    def test_with_the_nonce_there_is_a_token_of_type_dpop(self, okta: OktaSimulator) -> None:
        granted = request_token(okta, proof(okta, {'nonce': nonce_of(okta)}))
        assert (granted.status_code, granted.json()['token_type']) == (200, 'DPoP')

    def test_the_header_is_ignored_where_dpop_is_not_required(self, okta: OktaSimulator) -> None:
        okta.dpop_required = False
        granted = request_token(okta, 'anything')
        assert (granted.status_code, granted.json()['token_type']) == (200, 'Bearer')

    @pytest.mark.parametrize('algorithm', ['RS256', 'RS384', 'RS512'])
    def test_rsa_keys_are_taken_too(self, okta: OktaSimulator, algorithm: str) -> None:
        key = rsa.generate_private_key(65537, 2048)
        header = {'jwk': RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)}
        good = proof(okta, {'nonce': nonce_of(okta)}, header=header, key=key, algorithm=algorithm)
        assert request_token(okta, good).status_code == 200

    @pytest.mark.parametrize(
        'claims, description',
        [
            pytest.param({'htm': 'GET'}, "'htm' claim in the DPoP proof JWT is invalid.", id='htm'),
            pytest.param({'htm': 'post'}, "'htm' claim in the DPoP proof JWT is invalid.", id='htm in lower case'),
            pytest.param({'htu': 'https://example.com'}, "'htu' claim in the DPoP proof JWT is invalid.", id='htu'),
            pytest.param({'htu': None}, "'htu' claim in the DPoP proof JWT is invalid.", id='no htu'),
            pytest.param({'iat': None}, "'iat' claim in the DPoP proof JWT is invalid.", id='no iat'),
            pytest.param({'iat': 'now'}, "'iat' claim in the DPoP proof JWT is invalid.", id='iat is a text'),
            pytest.param({'iat': NOW + 2}, 'The DPoP proof JWT is issued in the future.', id='future'),
            pytest.param(
                {'iat': NOW - 301}, 'The DPoP proof JWT is issued more than five minutes in the past.', id='old'
            ),
            pytest.param({'exp': NOW}, 'The DPoP proof JWT is expired.', id='expired'),
            pytest.param({'jti': None}, "'jti' claim in the DPoP proof JWT is invalid.", id='no jti'),
            pytest.param({'jti': 7}, "'jti' claim in the DPoP proof JWT is invalid.", id='jti is a number'),
        ],
    )
    def test_bad_claims(self, okta: OktaSimulator, claims: dict[str, Any], description: str) -> None:
        bad = proof(okta, {'nonce': nonce_of(okta), **claims})
        assert refusal(request_token(okta, bad)) == (400, 'invalid_dpop_proof', description)

    def test_a_query_in_htu_is_refused(self, okta: OktaSimulator) -> None:
        bad = proof(okta, {'htu': f'{okta.token_url}?a=b'})
        assert refusal(request_token(okta, bad))[2] == "'htu' claim in the DPoP proof JWT is invalid."

    @pytest.mark.parametrize(
        'header, description',
        [
            pytest.param({'typ': 'JWT'}, "'typ' must be 'dpop+jwt' in the DPoP proof JWT.", id='typ'),
            pytest.param({'jwk': None}, 'The DPoP proof JWT is invalid.', id='no key'),
            pytest.param({'jwk': {'kty': 'EC'}}, 'The DPoP proof JWT is invalid.', id='half a key'),
            pytest.param({'jwk': PRIVATE_JWK}, 'The DPoP proof JWT is invalid.', id='private key'),
            pytest.param({'jwk': {'kty': 'oct', 'k': 'AAAA'}}, 'The DPoP proof JWT is invalid.', id='shared key'),
            pytest.param({'jwk': public_jwk(OTHER_KEY)}, 'The DPoP proof JWT signature is invalid.', id='other key'),
        ],
    )
    def test_bad_headers(self, okta: OktaSimulator, header: dict[str, Any], description: str) -> None:
        assert refusal(request_token(okta, proof(okta, header=header))) == (400, 'invalid_dpop_proof', description)

    @pytest.mark.parametrize('algorithm, key', [('HS256', 'a secret that is long enough to sign'), ('none', None)])
    def test_only_asymmetric_algorithms(self, okta: OktaSimulator, algorithm: str, key: str | None) -> None:
        bad = proof(okta, key=key, algorithm=algorithm)
        assert refusal(request_token(okta, bad))[2] == 'The DPoP proof JWT signature algorithm is invalid.'

    @pytest.mark.parametrize('text', ['a.b.c', 'x', ''])
    def test_what_is_no_jwt(self, okta: OktaSimulator, text: str) -> None:
        assert refusal(request_token(okta, text))[2] == 'The DPoP proof JWT cannot be parsed.'

    def test_several_headers(self, okta: OktaSimulator) -> None:
        connection = http.client.HTTPConnection(urlsplit(okta.url).netloc, timeout=10)
        connection.putrequest('POST', '/oauth2/v1/token')
        body = urlencode(GRANT).encode()
        basic = base64.b64encode(f'{okta.client_id}:{okta.client_secret}'.encode()).decode()
        connection.putheader('Authorization', f'Basic {basic}')
        connection.putheader('Content-Type', 'application/x-www-form-urlencoded')
        connection.putheader('Content-Length', str(len(body)))
        for _ in range(2):
            connection.putheader('DPoP', proof(okta))
        connection.endheaders(body)
        assert b'Multiple DPoP proof JWT headers are not allowed.' in connection.getresponse().read()
        connection.close()

    def test_a_proof_is_good_once(self, okta: OktaSimulator) -> None:
        good = proof(okta, {'nonce': nonce_of(okta)})
        assert request_token(okta, good).status_code == 200
        assert refusal(request_token(okta, good))[2] == 'The DPoP proof JWT has already been used.'

    def test_a_refused_attempt_uses_up_the_jti_too(self, okta: OktaSimulator) -> None:
        jti = 'the same id'
        nonce = request_token(okta, proof(okta, {'jti': jti})).headers['dpop-nonce']
        again = request_token(okta, proof(okta, {'jti': jti, 'nonce': nonce}))
        assert refusal(again)[2] == 'The DPoP proof JWT has already been used.'

    def test_a_refused_proof_uses_up_the_client_assertion(self, okta: OktaSimulator) -> None:
        app = okta.service_app_id
        claims = {'aud': okta.token_url, 'iss': app, 'sub': app, 'exp': NOW + 600, 'jti': 'one'}
        assertion = jwt.encode(claims, okta.private_key_pem, 'RS256', {'kid': okta.key_id})
        form = {**GRANT, 'client_assertion_type': ASSERTION_TYPE, 'client_assertion': assertion}

        def attempt() -> requests.Response:
            return requests.post(okta.token_url, data=form, headers={'DPoP': proof(okta)}, timeout=10)

        assert refusal(attempt())[1] == 'use_dpop_nonce'
        assert refusal(attempt()) == (401, 'invalid_client', 'The client_assertion token has already been used.')

    def test_the_proof_is_held_against_the_org_s_clock(self, okta: OktaSimulator) -> None:
        okta.date_skew_seconds = 400
        assert 'in the past' in refusal(request_token(okta, proof(okta)))[2]
        assert refusal(request_token(okta, proof(okta, {'iat': NOW + 400})))[1] == 'use_dpop_nonce'


class TestNonce:
    def test_is_renewed_after_a_day_and_the_old_one_is_good_for_three(self, okta: OktaSimulator) -> None:
        old = nonce_of(okta)
        advance(okta, DAY_SECONDS - 1)
        assert nonce_of(okta) == old
        advance(okta, 1)
        assert nonce_of(okta) != old
        advance(okta, 2 * DAY_SECONDS - 1)
        assert request_token(okta, proof(okta, {'nonce': old})).status_code == 200
        advance(okta, 1)
        answer = request_token(okta, proof(okta, {'nonce': old}))
        assert refusal(answer)[1] == 'use_dpop_nonce'
        assert request_token(okta, proof(okta, {'nonce': answer.headers['dpop-nonce']})).status_code == 200

    def test_can_be_renewed_at_once(self, okta: OktaSimulator) -> None:
        old = nonce_of(okta)
        okta.renew_dpop_nonce()
        assert nonce_of(okta) != old
        assert request_token(okta, proof(okta, {'nonce': old})).status_code == 200

    def test_can_expire_at_once(self, okta: OktaSimulator) -> None:
        old = nonce_of(okta)
        okta.renew_dpop_nonce(expire_old=True)
        answer = request_token(okta, proof(okta, {'nonce': old}))
        assert refusal(answer)[1] == 'use_dpop_nonce'
        assert answer.headers['dpop-nonce'] != old

    @pytest.mark.parametrize('nonce', ['', 'made up', 5])
    def test_any_other_is_refused(self, okta: OktaSimulator, nonce: object) -> None:
        assert refusal(request_token(okta, proof(okta, {'nonce': nonce})))[1] == 'use_dpop_nonce'


def hash_of(token: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b'=').decode()


def api_proof(okta: OktaSimulator, token: str, claims: Mapping[str, Any] | None = None, **options: Any) -> str:
    defaults = {'htm': 'GET', 'htu': f'{okta.url}/api/v1/logs', 'ath': hash_of(token)}
    return proof(okta, {**defaults, **(claims or {})}, **options)


def read(okta: OktaSimulator, authorization: str, dpop: str | None, query: str = '') -> requests.Response:
    headers = {'Authorization': authorization} | ({} if dpop is None else {'DPoP': dpop})
    return requests.get(f'{okta.url}/api/v1/logs{query}', headers=headers, timeout=10)


def assert_refused(response: requests.Response, status: int, error: str, description: str) -> None:
    """As captured in okta-sdk-golang#468."""
    assert (response.status_code, response.content) == (status, b'')
    challenge = response.headers['WWW-Authenticate']
    algorithms = 'algs="RS256 RS384 RS512 ES256 ES384 ES512"'
    assert challenge.startswith(f'DPoP {algorithms}, authorization_uri="http://')
    assert f'error="{error}", error_description="{description}", resource="/api/v1/logs"' in challenge


class TestSystemLog:
    def test_token_and_proof_read_every_page_although_htu_has_no_query(self, okta: OktaSimulator) -> None:
        token = bound_token(okta)
        for query in ('', '?limit=5&filter=eventType+sw+%22workflows.%22'):
            answer = read(okta, f'DPoP {token}', api_proof(okta, token), query)
            assert (answer.status_code, answer.json()) == (200, [])

    def test_the_scheme_bearer_is_refused(self, okta: OktaSimulator) -> None:
        token = bound_token(okta)
        assert_refused(
            read(okta, f'Bearer {token}', api_proof(okta, token)),
            400,
            'invalid_request',
            'The resource request must use the DPoP authentication scheme when using a DPoP bound token.',
        )

    def test_without_a_proof_it_is_refused(self, okta: OktaSimulator) -> None:
        answer = read(okta, f'DPoP {bound_token(okta)}', None)
        assert_refused(answer, 400, 'invalid_request', 'The resource request requires a DPoP proof.')

    def test_a_token_that_is_not_bound_cannot_use_the_scheme(self, okta: OktaSimulator) -> None:
        okta.dpop_required = False
        token = str(request_token(okta, None).json()['access_token'])
        answer = read(okta, f'DPoP {token}', api_proof(okta, token))
        assert_refused(answer, 401, 'invalid_token', 'The presented access_token is not DPoP bound.')

    @pytest.mark.parametrize(
        'claims, description',
        [
            pytest.param({'htm': 'POST'}, "'htm' claim in the DPoP proof JWT is invalid.", id='htm'),
            pytest.param({'ath': None}, "'ath' claim in the DPoP proof does not match", id='no ath'),
            pytest.param({'ath': hash_of('other')}, "'ath' claim in the DPoP proof does not match", id='ath'),
            pytest.param({'iat': NOW - 301}, 'The DPoP proof JWT is issued more than five minutes in', id='old'),
        ],
    )
    def test_bad_claims(self, okta: OktaSimulator, claims: dict[str, Any], description: str) -> None:
        token = bound_token(okta)
        answer = read(okta, f'DPoP {token}', api_proof(okta, token, claims))
        assert (answer.status_code, answer.content) == (400, b'')
        challenge = answer.headers['WWW-Authenticate']
        assert f'error="invalid_dpop_proof", error_description="{description}' in challenge

    def test_the_query_in_htu_is_refused(self, okta: OktaSimulator) -> None:
        token = bound_token(okta)
        bad = api_proof(okta, token, {'htu': f'{okta.url}/api/v1/logs?limit=5'})
        answer = read(okta, f'DPoP {token}', bad, '?limit=5')
        assert_refused(answer, 400, 'invalid_dpop_proof', "'htu' claim in the DPoP proof JWT is invalid.")

    def test_a_proof_of_another_key_is_refused(self, okta: OktaSimulator) -> None:
        token = bound_token(okta)
        foreign = api_proof(okta, token, header={'jwk': public_jwk(OTHER_KEY)}, key=OTHER_KEY)
        answer = read(okta, f'DPoP {token}', foreign)
        description = 'The access_token is not bound to the provided DPoP proof.'
        assert_refused(answer, 400, 'invalid_dpop_proof', description)

    def test_a_proof_is_good_once(self, okta: OktaSimulator) -> None:
        token = bound_token(okta)
        good = api_proof(okta, token)
        assert read(okta, f'DPoP {token}', good).status_code == 200
        answer = read(okta, f'DPoP {token}', good)
        assert_refused(answer, 400, 'invalid_dpop_proof', 'The DPoP proof JWT has already been used.')

    def test_expired_and_revoked_tokens_are_401(self, okta: OktaSimulator) -> None:
        token = bound_token(okta)
        okta.revoke_tokens()
        answer = read(okta, f'DPoP {token}', api_proof(okta, token))
        assert_refused(answer, 401, 'invalid_token', 'The access token has been revoked.')
        token = bound_token(okta)
        advance(okta, 3600)
        answer = read(okta, f'DPoP {token}', api_proof(okta, token))
        assert_refused(answer, 401, 'invalid_token', 'The token has expired.')

    def test_a_nonce_is_ignored_unless_it_is_demanded(self, okta: OktaSimulator) -> None:
        token = bound_token(okta)
        assert read(okta, f'DPoP {token}', api_proof(okta, token, {'nonce': 'any'})).status_code == 200
        okta.dpop_nonce_on_api = True
        answer = read(okta, f'DPoP {token}', api_proof(okta, token))
        assert_refused(answer, 400, 'use_dpop_nonce', 'Authorization server requires nonce in DPoP proof.')
        good = api_proof(okta, token, {'nonce': answer.headers['dpop-nonce']})
        assert read(okta, f'DPoP {token}', good).status_code == 200

    def test_all_tokens_of_an_app_share_its_part_of_the_rate_limit(self, okta: OktaSimulator) -> None:
        okta.org_rate_limit = 4
        tokens = [bound_token(okta) for _ in range(3)]
        assert [read(okta, f'DPoP {token}', api_proof(okta, token)).status_code for token in tokens] == [200, 200, 429]


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    """The example of RFC 7638 3.1."""
    modulus = (
        '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3okn'
        'jhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6q'
        'MQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJ'
        'zKnqDKgw'
    )
    jwk = {'kty': 'RSA', 'n': modulus, 'e': 'AQAB', 'alg': 'RS256', 'kid': '2011-04-29'}
    assert thumbprint(jwk) == 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'


def test_okta_s_own_sdk_reads_a_whole_history_by_private_key_and_dpop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside proof; the SDK takes seconds to import, so only this test does."""
    from Cryptodome.PublicKey import RSA
    from okta.client import Client
    from okta.pagination import paginate_all

    # The library of the SDK takes many seconds to find a key.
    key = rsa.generate_private_key(65537, 3072)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    monkeypatch.setattr('okta.dpop.RSA.generate', lambda bits: RSA.import_key(pem))
    # The SDK refuses plain HTTP without this.
    monkeypatch.setenv('OKTA_TESTING_TESTINGDISABLEHTTPSCHECK', 'true')
    with OktaSimulator() as okta:
        okta.dpop_required = True
        # Without oddities: the SDK's typed models refuse values that are not in its enumerations.
        okta.generate(300, noise_share=0.3, oddity_share=0.0)
        config = {
            'orgUrl': okta.url,
            'authorizationMode': 'PrivateKey',
            'clientId': okta.service_app_id,
            'scopes': ['okta.logs.read'],
            'privateKey': okta.private_key_pem,
            'kid': okta.key_id,
            'dpopEnabled': True,
        }

        async def collect() -> list[str]:
            pages = paginate_all(Client(config).list_log_events, limit=50, filter='eventType sw "workflows."')
            return [event.uuid async for event in pages]

        assert asyncio.run(collect()) == [event['uuid'] for event in okta.workflows_events]
        statuses = [(request.path, request.status) for request in okta.requests]
    reads = math.ceil(len(okta.workflows_events) / 50) + 1
    assert statuses == [('/oauth2/v1/token', 400), ('/oauth2/v1/token', 200), *[('/api/v1/logs', 200)] * reads]
