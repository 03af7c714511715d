# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What authentication sends to Okta and in which order, driven by hand: no request leaves this process."""

from __future__ import annotations

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from requests import PreparedRequest, Response

from datadog_checks.okta_workflows.errors import OktaError, TransientError
from datadog_checks.okta_workflows.okta.auth import AccessToken, ApiKey, ClientSecret, SignedAssertion
from datadog_checks.okta_workflows.okta.flow import Flow, Request
from datadog_checks.okta_workflows.okta.okta_clock import OktaClock
from datadog_checks.okta_workflows.okta.origin import Origin
from datadog_checks.okta_workflows.okta.private_key import load_private_key

from .fake_clock import FakeClock
from .keys import pkcs8

ORG = Origin('https', 'acme.okta.com')
TOKEN_URL = 'https://acme.okta.com/oauth2/v1/token'
PAGE = Request('GET', 'https://acme.okta.com/api/v1/logs?after=1_1')
HOUR_SECONDS = 3600.0
DROPPED = TransientError('The connection was closed', 'Wait')


@pytest.fixture
def okta_clock(clock: FakeClock) -> OktaClock:
    return OktaClock(clock)


@pytest.fixture
def secret_token(okta_clock: OktaClock) -> AccessToken:
    return AccessToken(ORG, okta_clock, ClientSecret('0oa', 'secret'), lambda _: None)


@pytest.fixture
def signed_token(okta_clock: OktaClock, ec_key: ec.EllipticCurvePrivateKey) -> AccessToken:
    proof = SignedAssertion('0oa', load_private_key(pkcs8(ec_key), None), 'kid-1')
    return AccessToken(ORG, okta_clock, proof, lambda _: None)


def response_with(body: Any, **headers: str) -> Response:
    response = Response()
    response.status_code = 200
    response.headers.update(headers)
    response._content = json.dumps(body).encode()
    response.request = PreparedRequest()
    return response


def granted(token: str, token_type: str = 'Bearer') -> Response:
    return response_with({'access_token': token, 'token_type': token_type, 'expires_in': HOUR_SECONDS})


def rejection(status: int, code: str, *, nonce: str = '', is_from_okta: bool = True) -> OktaError:
    return OktaError('Rejected', 'Check', status=status, code=code, is_from_okta=is_from_okta, dpop_nonce=nonce)


def result_of[Result](flow: Flow[Result], response: Response) -> Result:
    """What the flow returns when it is sent `response`."""
    with pytest.raises(StopIteration) as end:
        flow.send(response)
    result: Result = end.value.value
    return result


def claims(proof: str) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(proof, options={'verify_signature': False})
    return decoded


def shows(request: Request) -> str:
    """The credential in `request` for a page."""
    assert request.url == PAGE.url
    return request.headers['Authorization']


def test_an_api_key_needs_one_request_and_no_preparation() -> None:
    page = response_with([])
    flow = ApiKey('00token').flow(PAGE)
    assert next(flow) == Request('GET', PAGE.url, {'Authorization': 'SSWS 00token'})
    assert result_of(flow, page) is page
    with pytest.raises(StopIteration) as end:
        next(ApiKey('00token').describe())
    assert end.value.value == 'The API token is tried with the System Log'


def test_a_request_keeps_the_headers_that_it_has_and_is_not_changed() -> None:
    request = Request('GET', PAGE.url, {'X-Route': 'blue'})
    assert request.with_headers(DPoP='proof').headers == {'X-Route': 'blue', 'DPoP': 'proof'}
    assert request.headers == {'X-Route': 'blue'}


def test_a_dropped_connection_is_tried_once_more() -> None:
    flow = ApiKey('00token').flow(PAGE)
    first = next(flow)
    assert flow.throw(DROPPED) == first
    with pytest.raises(TransientError):
        flow.throw(DROPPED)


def test_any_other_failure_passes_through_a_flow() -> None:
    flow = ApiKey('00token').flow(PAGE)
    next(flow)
    error = rejection(401, 'E0000011')
    with pytest.raises(OktaError) as passed:
        flow.throw(error)
    assert passed.value is error


def test_a_token_is_requested_before_the_page_and_kept(secret_token: AccessToken) -> None:
    flow = secret_token.flow(PAGE)
    request = next(flow)
    assert (request.method, request.url) == ('POST', TOKEN_URL)
    assert request.headers == {'Authorization': 'Basic MG9hOnNlY3JldA=='}
    assert request.form == {'grant_type': 'client_credentials', 'scope': 'okta.logs.read'}
    assert shows(flow.send(granted('first'))) == 'Bearer first'
    page = response_with([])
    assert result_of(flow, page) is page
    assert shows(next(secret_token.flow(PAGE))) == 'Bearer first'


def test_a_description_of_the_credential_gets_the_token_that_pages_use_then(secret_token: AccessToken) -> None:
    flow = secret_token.describe()
    assert next(flow).url == TOKEN_URL
    assert result_of(flow, granted('first')) == 'Okta gave an access token for the client'
    assert shows(next(secret_token.flow(PAGE))) == 'Bearer first'


def test_each_token_is_told_as_a_secret_before_it_is_sent(okta_clock: OktaClock) -> None:
    secrets: list[str] = []
    token = AccessToken(ORG, okta_clock, ClientSecret('0oa', 'secret'), secrets.append)
    flow = token.flow(PAGE)
    next(flow)
    assert shows(flow.send(granted('first'))) == 'Bearer first'
    assert secrets == ['first']
    assert flow.throw(rejection(401, 'invalid_token')).url == TOKEN_URL
    assert shows(flow.send(granted('second'))) == 'Bearer second'
    assert secrets == ['first', 'second']


def test_the_life_of_a_token_begins_when_it_is_requested(clock: FakeClock, secret_token: AccessToken) -> None:
    flow = secret_token.flow(PAGE)
    next(flow)
    clock.advance(40)
    assert shows(flow.send(granted('first'))) == 'Bearer first'
    clock.advance(HOUR_SECONDS - 120 - 40 - 1)
    assert shows(next(secret_token.flow(PAGE))) == 'Bearer first'
    clock.advance(1)
    assert next(secret_token.flow(PAGE)).url == TOKEN_URL


def test_the_life_of_a_token_begins_with_the_request_that_okta_granted(
    clock: FakeClock, secret_token: AccessToken
) -> None:
    flow = secret_token.flow(PAGE)
    next(flow)
    clock.advance(40)
    flow.throw(rejection(400, 'use_dpop_nonce'))
    assert shows(flow.send(granted('first'))) == 'Bearer first'
    clock.advance(HOUR_SECONDS - 120 - 1)
    assert shows(next(secret_token.flow(PAGE))) == 'Bearer first'
    clock.advance(1)
    assert next(secret_token.flow(PAGE)).url == TOKEN_URL


def test_the_challenges_of_dpop_are_answered_before_the_token_and_with_the_page(secret_token: AccessToken) -> None:
    flow = secret_token.flow(PAGE)
    assert 'Authorization' in next(flow).headers
    proven = flow.throw(rejection(400, 'invalid_dpop_proof'))
    assert set(claims(proven.headers['DPoP'])) == {'htm', 'htu', 'iat', 'jti'}
    with_nonce = flow.throw(rejection(400, 'use_dpop_nonce', nonce='nonce-1'))
    assert claims(with_nonce.headers['DPoP'])['nonce'] == 'nonce-1'
    request = flow.send(granted('first', 'DPoP'))
    assert shows(request) == 'DPoP first'
    proof = claims(request.headers['DPoP'])
    assert (proof['htm'], proof['htu'], proof['nonce']) == ('GET', 'https://acme.okta.com/api/v1/logs', 'nonce-1')
    assert 'ath' in proof


@pytest.mark.parametrize('nonce', ['', 'two words', 'line\r\nbreak', 'n\u00f6'])
def test_a_nonce_that_no_header_can_hold_is_not_taken(nonce: str, secret_token: AccessToken) -> None:
    flow = secret_token.flow(PAGE)
    next(flow)
    proven = flow.throw(rejection(400, 'use_dpop_nonce', nonce=nonce))
    assert set(claims(proven.headers['DPoP'])) == {'htm', 'htu', 'iat', 'jti'}


def bound(token: AccessToken) -> Flow[Response]:
    """The flow for a page, when the page is requested with a token that is bound."""
    flow = token.flow(PAGE)
    next(flow)
    flow.throw(rejection(400, 'invalid_dpop_proof'))
    assert shows(flow.send(granted('first', 'DPoP'))) == 'DPoP first'
    return flow


def test_each_attempt_has_a_proof_and_an_assertion_of_its_own(signed_token: AccessToken) -> None:
    """Okta accepts neither twice."""
    flow = signed_token.flow(PAGE)
    next(flow)
    first = flow.throw(rejection(400, 'invalid_dpop_proof'))
    second = flow.throw(DROPPED)
    third = flow.send(granted('first', 'DPoP'))
    fourth = flow.throw(DROPPED)
    assert shows(third) == shows(fourth) == 'DPoP first'
    proofs = {claims(request.headers['DPoP'])['jti'] for request in (first, second, third, fourth)}
    assert len(proofs) == 4
    assertions = {claims((request.form or {})['client_assertion'])['jti'] for request in (first, second)}
    assert len(assertions) == 2


def test_a_connection_that_is_dropped_again_after_a_challenge_is_tried_again(secret_token: AccessToken) -> None:
    flow = bound(secret_token)
    assert shows(flow.throw(DROPPED)) == 'DPoP first'
    assert shows(flow.throw(rejection(401, 'use_dpop_nonce', nonce='nonce-1'))) == 'DPoP first'
    assert shows(flow.throw(DROPPED)) == 'DPoP first'
    with pytest.raises(TransientError):
        flow.throw(DROPPED)


def test_each_challenge_of_the_token_endpoint_is_answered_once(secret_token: AccessToken) -> None:
    flow = secret_token.flow(PAGE)
    next(flow)
    assert flow.throw(rejection(400, 'use_dpop_nonce')).url == TOKEN_URL
    assert flow.throw(rejection(400, 'invalid_dpop_proof')).url == TOKEN_URL
    with pytest.raises(OktaError, match='Rejected'):
        flow.throw(rejection(400, 'use_dpop_nonce'))


def test_a_rejected_proof_is_followed_by_a_new_proof_then_by_another_token_and_then_by_nothing(
    secret_token: AccessToken,
) -> None:
    flow = bound(secret_token)
    error = rejection(401, 'invalid_dpop_proof', nonce='nonce-2')
    again = flow.throw(error)
    assert (shows(again), claims(again.headers['DPoP'])['nonce']) == ('DPoP first', 'nonce-2')
    assert flow.throw(error).url == TOKEN_URL
    assert shows(flow.send(granted('second', 'DPoP'))) == 'DPoP second'
    with pytest.raises(OktaError):
        flow.throw(error)
    assert next(secret_token.flow(PAGE)).url == TOKEN_URL, 'the next run begins with another token'


def test_the_token_endpoint_may_challenge_again_when_it_is_asked_for_another_token(secret_token: AccessToken) -> None:
    flow = bound(secret_token)
    assert flow.throw(rejection(401, 'invalid_token')).url == TOKEN_URL
    renewed = flow.throw(rejection(400, 'use_dpop_nonce', nonce='nonce-3'))
    assert (renewed.url, claims(renewed.headers['DPoP'])['nonce']) == (TOKEN_URL, 'nonce-3')
    assert shows(flow.send(granted('second', 'DPoP'))) == 'DPoP second'


@pytest.mark.parametrize(
    ('status', 'code'),
    [
        pytest.param(401, 'invalid_token', id='revoked'),
        pytest.param(400, 'invalid_request', id='not-bound'),
        pytest.param(400, 'invalid_dpop_proof', id='proof-for-a-bearer-token'),
    ],
)
def test_a_rejected_token_is_replaced_once(status: int, code: str, secret_token: AccessToken) -> None:
    flow = secret_token.flow(PAGE)
    next(flow)
    flow.send(granted('first'))
    assert flow.throw(rejection(status, code)).url == TOKEN_URL
    assert shows(flow.send(granted('second'))) == 'Bearer second'
    with pytest.raises(OktaError):
        flow.throw(rejection(status, code))
    assert next(secret_token.flow(PAGE)).url == TOKEN_URL, 'the next run begins with another token'


@pytest.mark.parametrize(
    'error',
    [
        pytest.param(rejection(401, '', is_from_okta=False), id='gateway'),
        pytest.param(rejection(403, 'insufficient_scope'), id='scope'),
        pytest.param(rejection(500, 'E0000009'), id='500'),
        pytest.param(OktaError('No more', 'Wait', status=429, is_from_okta=True), id='429'),
    ],
)
def test_what_no_other_token_can_end_keeps_the_token(error: OktaError, secret_token: AccessToken) -> None:
    flow = secret_token.flow(PAGE)
    next(flow)
    flow.send(granted('first'))
    with pytest.raises(OktaError) as passed:
        flow.throw(error)
    assert passed.value is error
    assert shows(next(secret_token.flow(PAGE))) == 'Bearer first'


def test_a_rejection_of_the_client_is_none_of_the_token(secret_token: AccessToken) -> None:
    flow = secret_token.flow(PAGE)
    next(flow)
    with pytest.raises(OktaError, match='Rejected'):
        flow.throw(rejection(401, 'invalid_client'))


def test_an_assertion_is_signed_again_once_the_clock_was_corrected(
    okta_clock: OktaClock, signed_token: AccessToken
) -> None:
    flow = signed_token.flow(PAGE)
    wrong = claims((next(flow).form or {})['client_assertion'])
    okta_clock.ahead_seconds = 2 * HOUR_SECONDS
    right = claims((flow.throw(rejection(401, 'invalid_client')).form or {})['client_assertion'])
    assert right['exp'] - wrong['exp'] == 2 * HOUR_SECONDS
    okta_clock.ahead_seconds = 0.0
    with pytest.raises(OktaError, match='Rejected'):
        flow.throw(rejection(401, 'invalid_client'))


def test_a_client_secret_is_not_sent_again_when_the_clock_was_corrected(
    okta_clock: OktaClock, secret_token: AccessToken
) -> None:
    flow = secret_token.flow(PAGE)
    assert next(flow).url == TOKEN_URL
    okta_clock.ahead_seconds = 2 * HOUR_SECONDS
    with pytest.raises(OktaError, match='Rejected'):
        flow.throw(rejection(401, 'invalid_client'))


@pytest.mark.parametrize(
    ('ahead_seconds', 'code'),
    [
        pytest.param(30.0, 'invalid_client', id='clock-was-right'),
        pytest.param(HOUR_SECONDS, 'invalid_scope', id='another-error'),
    ],
)
def test_an_assertion_is_not_signed_again_without_reason(
    ahead_seconds: float, code: str, okta_clock: OktaClock, signed_token: AccessToken
) -> None:
    flow = signed_token.flow(PAGE)
    next(flow)
    okta_clock.ahead_seconds = ahead_seconds
    with pytest.raises(OktaError, match='Rejected'):
        flow.throw(rejection(401, code))


def test_a_token_that_cannot_be_bound_is_not_called_bound(secret_token: AccessToken) -> None:
    """There is no key before Okta asks for a proof."""
    flow = secret_token.describe()
    next(flow)
    assert result_of(flow, granted('first', 'DPoP')) == 'Okta gave an access token for the client'
    assert shows(next(secret_token.flow(PAGE))) == 'Bearer first'
