# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Who may read the simulated System Log, how often, and how a refusal looks, over real HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from okta_simulator import OktaSimulator, VirtualClock
from okta_simulator.oauth import ASSERTION_TYPE

NOW = 1_790_000_000.0
GRANT = {'grant_type': 'client_credentials', 'scope': 'okta.logs.read'}


@pytest.fixture
def okta() -> Iterator[OktaSimulator]:
    with OktaSimulator(clock=VirtualClock(NOW)) as okta:
        yield okta


def advance(okta: OktaSimulator, seconds: float) -> None:
    assert isinstance(okta.clock, VirtualClock)
    okta.clock.advance(seconds)


def read(okta: OktaSimulator, authorization: str | None = None) -> requests.Response:
    headers = {} if authorization is None else {'Authorization': authorization}
    return requests.get(f'{okta.url}/api/v1/logs', headers=headers, timeout=10)


def ssws(okta: OktaSimulator) -> requests.Response:
    return read(okta, f'SSWS {okta.api_key}')


def request_token(okta: OktaSimulator, **form: str) -> requests.Response:
    credentials = (okta.client_id, okta.client_secret)
    return requests.post(okta.token_url, auth=credentials, data={**GRANT, **form}, timeout=10)


def token(okta: OktaSimulator) -> str:
    return str(request_token(okta).json()['access_token'])


def error_code(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()['errorCode']


class TestApiToken:
    def test_reads_the_log(self, okta: OktaSimulator) -> None:
        assert (ssws(okta).status_code, ssws(okta).json()) == (200, [])

    def test_wrong_and_rotated_tokens_are_401_e0000011(self, okta: OktaSimulator) -> None:
        old = okta.api_key
        assert error_code(read(okta, 'SSWS nobody')) == (401, 'E0000011')
        assert okta.rotate_api_key() == okta.api_key != old
        assert error_code(read(okta, f'SSWS {old}')) == (401, 'E0000011')
        assert ssws(okta).status_code == 200

    def test_the_blank_after_ssws_may_be_missing_as_in_okta_s_own_sdk(self, okta: OktaSimulator) -> None:
        assert read(okta, f'SSWS{okta.api_key}').status_code == 200

    @pytest.mark.parametrize('authorization', [None, 'Digest abc', 'ssws'])
    def test_no_credentials_are_403_e0000005(self, okta: OktaSimulator, authorization: str | None) -> None:
        assert error_code(read(okta, authorization)) == (403, 'E0000005')

    def test_without_an_admin_role_everybody_gets_403_e0000006(self, okta: OktaSimulator) -> None:
        okta.admin_role = False
        assert error_code(ssws(okta)) == (403, 'E0000006')
        assert error_code(read(okta, f'Bearer {token(okta)}')) == (403, 'E0000006')

    def test_an_error_body_has_okta_s_five_members(self, okta: OktaSimulator) -> None:
        body = read(okta).json()
        assert set(body) == {'errorCode', 'errorSummary', 'errorLink', 'errorId', 'errorCauses'}
        assert body['errorSummary'] == 'Invalid session'


class TestAccessToken:
    def test_client_credentials_with_http_basic_give_a_bearer_token_that_reads(self, okta: OktaSimulator) -> None:
        granted = request_token(okta)
        assert granted.status_code == 200
        body = granted.json()
        assert set(body) == {'token_type', 'expires_in', 'access_token', 'scope'}
        assert (body['token_type'], body['expires_in'], body['scope']) == ('Bearer', 3600, 'okta.logs.read')
        assert read(okta, f'Bearer {body["access_token"]}').status_code == 200

    def test_expires_by_the_org_s_clock(self, okta: OktaSimulator) -> None:
        okta.token_lifetime_seconds = 300
        bearer = f'Bearer {token(okta)}'
        advance(okta, 299)
        assert read(okta, bearer).status_code == 200
        advance(okta, 1)
        assert_refused(read(okta, bearer), 401, 'invalid_token', 'The token has expired.')

    def test_unknown_and_revoked_tokens_are_401_with_an_empty_body(self, okta: OktaSimulator) -> None:
        bearer = f'Bearer {token(okta)}'
        okta.revoke_tokens()
        assert_refused(read(okta, bearer), 401, 'invalid_token')
        assert_refused(read(okta, 'Bearer nobody'), 401, 'invalid_token')
        assert read(okta, f'Bearer {token(okta)}').status_code == 200

    def test_a_token_without_the_logs_scope_is_403_with_an_empty_body(self, okta: OktaSimulator) -> None:
        okta.granted_scopes = {'okta.logs.read', 'okta.users.read'}
        other = request_token(okta, scope='okta.users.read').json()['access_token']
        assert_refused(
            read(okta, f'Bearer {other}'),
            403,
            'insufficient_scope',
            'The access token provided does not contain the required scopes.',
        )


def assert_refused(response: requests.Response, status: int, error: str, description: str = '') -> None:
    """As captured in okta-sdk-golang#145."""
    assert (response.status_code, response.content) == (status, b'')
    assert 'Content-Type' not in response.headers
    challenge = response.headers['WWW-Authenticate']
    assert challenge.startswith('Bearer authorization_uri="http://')
    assert f'error="{error}"' in challenge and description in challenge
    assert 'scope="okta.logs.read"' in challenge and 'resource="/api/v1/logs"' in challenge


class TestTokenEndpoint:
    def test_rotating_the_secret_refuses_the_old_one_and_keeps_tokens(self, okta: OktaSimulator) -> None:
        old, bearer = okta.client_secret, f'Bearer {token(okta)}'
        assert okta.rotate_client_secret() == okta.client_secret != old
        refused = requests.post(okta.token_url, auth=(okta.client_id, old), data=GRANT, timeout=10)
        description = 'The client secret supplied for a confidential client is invalid.'
        assert (refused.status_code, refused.json()) == (
            401,
            {'error': 'invalid_client', 'error_description': description},
        )
        assert refused.headers['WWW-Authenticate'].startswith('Basic realm=')
        assert read(okta, bearer).status_code == 200

    @pytest.mark.parametrize(
        'form, status, error, description',
        [
            pytest.param({'scope': ''}, 400, 'invalid_scope', 'No scopes were requested.', id='no scope'),
            pytest.param({'scope': 'pets'}, 400, 'invalid_scope', 'are not configured', id='unknown scope'),
            pytest.param({'scope': 'okta.users.read'}, 400, 'invalid_scope', 'exceeds the scope', id='not granted'),
            pytest.param({'grant_type': 'password'}, 400, 'unsupported_grant_type', '', id='other grant'),
            pytest.param({'grant_type': ''}, 400, 'unsupported_grant_type', '', id='empty grant'),
        ],
    )
    def test_refusals(
        self, okta: OktaSimulator, form: dict[str, str], status: int, error: str, description: str
    ) -> None:
        refused = request_token(okta, **form)
        assert (refused.status_code, refused.json()['error']) == (status, error)
        assert description in refused.json()['error_description']

    def test_client_secret_post_is_refused(self, okta: OktaSimulator) -> None:
        form = {**GRANT, 'client_id': okta.client_id, 'client_secret': okta.client_secret}
        refused = requests.post(okta.token_url, data=form, timeout=10)
        assert refused.status_code == 401
        assert 'private_key_jwt or client_secret_basic' in refused.json()['error_description']

    def test_no_and_unknown_clients_are_refused(self, okta: OktaSimulator) -> None:
        nobody = requests.post(okta.token_url, data=GRANT, timeout=10)
        unknown = requests.post(okta.token_url, data=GRANT, auth=('0oa', 'x'), timeout=10)
        assert nobody.json()['error_description'] == 'No client credentials found.'
        assert unknown.json()['error_description'] == "Invalid value for 'client_id' parameter."

    def test_the_service_app_cannot_use_basic(self, okta: OktaSimulator) -> None:
        refused = requests.post(okta.token_url, data=GRANT, auth=(okta.service_app_id, 'x'), timeout=10)
        assert 'must use the private_key_jwt' in refused.json()['error_description']

    def test_its_rate_limit_is_of_its_own_and_answers_in_okta_s_shape(self, okta: OktaSimulator) -> None:
        okta.token_rate_limit = 2
        assert request_token(okta).status_code == 200
        assert error_code(request_token(okta)) == (429, 'E0000047')
        assert ssws(okta).status_code == 200


class TestPrivateKeyJwt:
    def test_a_signed_assertion_gives_a_token_that_reads(self, okta: OktaSimulator) -> None:
        granted = request_by_assertion(okta, {})
        assert read(okta, f'Bearer {granted.json()["access_token"]}').status_code == 200

    @pytest.mark.parametrize(
        'changes, description',
        [
            pytest.param({'aud': 'https://example.com'}, 'audience claim', id='audience'),
            pytest.param({'exp': NOW}, 'is expired', id='expired'),
            pytest.param({'exp': NOW + 3601}, 'too far into the future', id='lives too long'),
            pytest.param({'iat': NOW + 60}, 'before the current time', id='issued in the future'),
            pytest.param({'exp': None}, "must contain the 'exp' claim", id='no expiry'),
            pytest.param({'exp': 'soon'}, "must contain the 'exp' claim", id='expiry is a text'),
            pytest.param({'sub': '0oa', 'iss': '0oa'}, 'subject claim', id='unknown client'),
            pytest.param({'iss': '0oa'}, 'issuer claim', id='issuer'),
            pytest.param({'iss': None}, 'issuer claim', id='no issuer'),
            pytest.param({'aud': None}, 'audience claim', id='no audience'),
        ],
    )
    def test_bad_claims_are_401_invalid_client(
        self, okta: OktaSimulator, changes: dict[str, Any], description: str
    ) -> None:
        refused = request_by_assertion(okta, changes)
        assert (refused.status_code, refused.json()['error']) == (401, 'invalid_client')
        assert description in refused.json()['error_description']

    def test_an_assertion_is_good_once(self, okta: OktaSimulator) -> None:
        assertion = jwt.encode(claims(okta), okta.private_key_pem, 'RS256', {'kid': okta.key_id})
        assert send_assertion(okta, assertion).status_code == 200
        assert 'already been used' in send_assertion(okta, assertion).json()['error_description']

    def test_unknown_kid_and_foreign_signature_are_refused(self, okta: OktaSimulator) -> None:
        pem = okta.private_key_pem
        foreign = OktaSimulator().private_key_pem
        unknown = send_assertion(okta, jwt.encode(claims(okta), pem, 'RS256', {'kid': 'other'}))
        forged = send_assertion(okta, jwt.encode(claims(okta), foreign, 'RS256', {'kid': okta.key_id}))
        garbage = send_assertion(okta, 'a.b.c')
        symmetric = send_assertion(okta, jwt.encode(claims(okta), 'k' * 32, 'HS256', {'kid': okta.key_id}))
        assert unknown.json()['error_description'] == 'The client_assertion JWT kid is invalid.'
        assert forged.json()['error_description'] == 'The client_assertion signature is invalid.'
        assert garbage.json()['error_description'] == 'The parsing of the client_assertion failed.'
        assert symmetric.json()['error_description'] == 'The client_assertion JWT signature algorithm is invalid.'

    @pytest.mark.parametrize('algorithm', ['RS256', 'RS384', 'RS512'])
    def test_one_rsa_key_signs_by_three_algorithms(self, okta: OktaSimulator, algorithm: str) -> None:
        assertion = jwt.encode(claims(okta), okta.private_key_pem, algorithm, {'kid': okta.key_id})
        assert send_assertion(okta, assertion).status_code == 200

    @pytest.mark.parametrize(
        'curve, algorithm', [(ec.SECP256R1(), 'ES256'), (ec.SECP384R1(), 'ES384'), (ec.SECP521R1(), 'ES512')]
    )
    def test_each_curve_has_its_algorithm(self, okta: OktaSimulator, curve: ec.EllipticCurve, algorithm: str) -> None:
        key = ec.generate_private_key(curve)
        okta.register_key({**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), 'kid': 'mine'})
        assert send_assertion(okta, jwt.encode(claims(okta), key, algorithm, {'kid': 'mine'})).status_code == 200

    def test_lives_by_the_org_s_clock(self, okta: OktaSimulator) -> None:
        okta.date_skew_seconds = -60
        assert 'before the current time' in request_by_assertion(okta, {}).json()['error_description']
        okta.date_skew_seconds = 3600
        assert 'is expired' in request_by_assertion(okta, {}).json()['error_description']

    def test_another_assertion_type_is_refused(self, okta: OktaSimulator) -> None:
        form = {**GRANT, 'client_assertion_type': 'saml', 'client_assertion': 'a.b.c'}
        assert requests.post(okta.token_url, data=form, timeout=10).json()['error'] == 'invalid_client'

    def test_two_ways_at_once_are_refused(self, okta: OktaSimulator) -> None:
        refused = request_token(okta, client_assertion_type=ASSERTION_TYPE, client_assertion='a.b.c')
        assert (refused.status_code, refused.json()['error']) == (401, 'invalid_request')
        assert refused.json()['error_description'].startswith('Cannot supply multiple client credentials.')


def claims(okta: OktaSimulator) -> dict[str, Any]:
    app = okta.service_app_id
    return {'aud': okta.token_url, 'iss': app, 'sub': app, 'exp': NOW + 3000, 'iat': NOW, 'jti': str(uuid.uuid4())}


def request_by_assertion(okta: OktaSimulator, changes: Mapping[str, Any]) -> requests.Response:
    payload = {name: value for name, value in {**claims(okta), **changes}.items() if value is not None}
    return send_assertion(okta, jwt.encode(payload, okta.private_key_pem, 'RS256', {'kid': okta.key_id}))


def send_assertion(okta: OktaSimulator, assertion: str) -> requests.Response:
    form = {**GRANT, 'client_assertion_type': ASSERTION_TYPE, 'client_assertion': assertion}
    return requests.post(okta.token_url, data=form, timeout=10)


class TestRateLimit:
    def test_one_principal_may_use_half_and_the_rest_is_429_e0000047(self, okta: OktaSimulator) -> None:
        okta.org_rate_limit = 6
        answers = [ssws(okta) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert [answer.headers['X-Rate-Limit-Remaining'] for answer in answers] == ['2', '1', '0', '0']
        assert answers[-1].headers['X-Rate-Limit-Limit'] == '3'
        assert error_code(answers[-1]) == (429, 'E0000047')
        assert 'Retry-After' not in answers[-1].headers

    def test_principals_share_the_window_of_the_org(self, okta: OktaSimulator) -> None:
        okta.org_rate_limit, okta.share_percent = 3, 100
        bearer = f'Bearer {token(okta)}'
        statuses = [answer.status_code for answer in (ssws(okta), ssws(okta), read(okta, bearer), read(okta, bearer))]
        assert statuses == [200, 200, 200, 429]

    def test_a_new_window_starts_at_the_reset_which_is_not_a_full_minute(self, okta: OktaSimulator) -> None:
        okta.org_rate_limit = 2
        assert ssws(okta).status_code == 200
        refused = ssws(okta)
        reset = int(refused.headers['X-Rate-Limit-Reset'])
        assert reset % 60 != 0 and 0 < reset - NOW <= 60
        advance(okta, reset - NOW - 1)
        assert ssws(okta).status_code == 429
        advance(okta, 1)
        assert ssws(okta).status_code == 200

    def test_the_headers_can_be_switched_off(self, okta: OktaSimulator) -> None:
        okta.rate_limit_headers = False
        assert not [name for name in ssws(okta).headers if name.lower().startswith('x-rate-limit')]


class TestEveryAnswer:
    def test_has_date_request_id_and_rate_limit(self, okta: OktaSimulator) -> None:
        answers = [ssws(okta), read(okta), read(okta, 'Bearer x'), requests.get(f'{okta.url}/no/such/path', timeout=10)]
        for answer in answers:
            assert parsedate_to_datetime(answer.headers['Date']).timestamp() == NOW
            assert {'X-Rate-Limit-Limit', 'X-Rate-Limit-Remaining', 'X-Rate-Limit-Reset'} <= set(answer.headers)
        assert len({answer.headers['X-Okta-Request-Id'] for answer in answers}) == len(answers)

    def test_date_and_reset_follow_the_org_s_skewed_clock(self, okta: OktaSimulator) -> None:
        straight = int(ssws(okta).headers['X-Rate-Limit-Reset'])
        okta.date_skew_seconds = -90
        skewed = ssws(okta)
        assert parsedate_to_datetime(skewed.headers['Date']).timestamp() == NOW - 90
        assert int(skewed.headers['X-Rate-Limit-Reset']) == straight - 90

    def test_unknown_paths_are_404_and_wrong_methods_405(self, okta: OktaSimulator) -> None:
        assert error_code(requests.get(f'{okta.url}/api/v1/log', timeout=10)) == (404, 'E0000008')
        assert error_code(requests.post(f'{okta.url}/api/v1/logs', timeout=10)) == (405, 'E0000022')
        assert error_code(requests.get(okta.token_url, timeout=10)) == (405, 'E0000022')

    def test_the_organization_can_be_asked_without_credentials(self, okta: OktaSimulator) -> None:
        answer = requests.get(f'{okta.url}/.well-known/okta-organization', timeout=10)
        body = answer.json()
        assert (answer.status_code, body['pipeline']) == (200, 'idx')
        assert body['_links']['organization']['href'] == okta.url
