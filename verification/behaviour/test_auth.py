# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The three ways in, against an org that takes nothing but what its documentation says.

DPoP: see test_dpop.py. What is sent in which order, without an org: see test_flow.py.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from requests import Response

from datadog_checks.base.utils.http import RequestsWrapper
from datadog_checks.okta_workflows.errors import OktaError
from datadog_checks.okta_workflows.okta.auth import AccessToken, ApiKey, ClientProof, SignedAssertion
from datadog_checks.okta_workflows.okta.client import OktaClient
from datadog_checks.okta_workflows.okta.flow import Flow, Request
from datadog_checks.okta_workflows.okta.origin import parse_origin
from datadog_checks.okta_workflows.okta.page import Page, fetch_page
from datadog_checks.okta_workflows.okta.private_key import load_private_key
from datadog_checks.okta_workflows.okta.remedies import CHECK_INTERMEDIARY
from okta_simulator import OktaSimulator, RecordedRequest, VirtualClock, faults
from okta_simulator.answer import Answer
from okta_simulator.clock import ClientClock
from verification.world.scenario import NOW, TIMEOUT_SECONDS, pkcs8

from .access import LOGS, TOKEN, client_secret, page_requests, signed_assertion, token_requests

HOUR_SECONDS = 3600.0
PAGE = Request('GET', f'https://acme.okta.com{LOGS}')

Show = Callable[[AccessToken], str]


@pytest.fixture
def secrets() -> list[str]:
    """What the credential has registered as secret."""
    return []


@pytest.fixture(params=['client_secret', 'private_key'])
def client_proof(
    request: pytest.FixtureRequest, okta: OktaSimulator, ec_key: ec.EllipticCurvePrivateKey
) -> ClientProof:
    return client_secret(okta) if request.param == 'client_secret' else signed_assertion(okta, ec_key)


@pytest.fixture
def token(client: OktaClient, client_proof: ClientProof, secrets: list[str]) -> AccessToken:
    """The token of either kind of client."""
    return AccessToken(client.origin, client.okta_clock, client_proof, secrets.append)


@pytest.fixture
def secret_token(client: OktaClient, okta: OktaSimulator, secrets: list[str]) -> AccessToken:
    return AccessToken(client.origin, client.okta_clock, client_secret(okta), secrets.append)


@pytest.fixture
def signed_token(
    client: OktaClient, okta: OktaSimulator, ec_key: ec.EllipticCurvePrivateKey, secrets: list[str]
) -> AccessToken:
    return AccessToken(client.origin, client.okta_clock, signed_assertion(okta, ec_key), secrets.append)


def fetch(client: OktaClient, authentication: ApiKey | AccessToken) -> Page:
    return fetch_page(client, authentication, f'{client.origin.url}{LOGS}')


def only(request: Request) -> Flow[Response]:
    return (yield request)


@pytest.fixture
def shown(client: OktaClient) -> Show:
    """The header that a request made now would have."""

    def show(token: AccessToken) -> str:
        flow = token.flow(PAGE)
        request = next(flow)
        while request.url != PAGE.url:
            request = flow.send(client.send(only(request)))
        return request.headers['Authorization']

    return show


def grant(okta: OktaSimulator, **changes: Any) -> None:
    """Let the next token answer have these members; `None` takes one away."""
    members = {'token_type': 'Bearer', 'access_token': 'a-token', 'expires_in': 3600, **changes}
    body = {name: value for name, value in members.items() if value is not None}
    okta.faults.add(faults.Body(json.dumps(body).encode()), path=TOKEN)


# The API token


def test_an_api_key_is_sent_as_ssws(client: OktaClient, okta: OktaSimulator) -> None:
    fetch(client, ApiKey(okta.api_key))
    (request,) = okta.requests
    assert request.path == LOGS
    assert request.headers['Authorization'] == f'SSWS {okta.api_key}'


def test_a_revoked_api_key_is_sent_once(client: OktaClient, okta: OktaSimulator) -> None:
    revoked = ApiKey(okta.api_key)
    okta.rotate_api_key()
    with pytest.raises(OktaError, match='E0000011.*Check the credential. An API token stops working') as refused:
        fetch(client, revoked)
    assert refused.value.status == 401
    assert len(okta.requests) == 1


# The client's proof


def test_a_secret_goes_as_basic_and_only_there(
    client: OktaClient, okta: OktaSimulator, secret_token: AccessToken, shown: Show
) -> None:
    for _ in range(3):
        fetch(client, secret_token)
    (request,) = token_requests(okta)
    basic = b64encode(f'{okta.client_id}:{okta.client_secret}'.encode()).decode()
    assert request.method == 'POST'
    assert request.headers['Authorization'] == f'Basic {basic}'
    assert parse_qs(request.body) == {'grant_type': ['client_credentials'], 'scope': ['okta.logs.read']}
    assert okta.client_secret not in request.body + request.query_string
    tokens = {request.headers['Authorization'] for request in page_requests(okta)}
    assert tokens == {shown(secret_token)}
    assert shown(secret_token).startswith('Bearer ')


def assertion_of(request: RecordedRequest) -> dict[str, Any]:
    """The claims of the assertion in a token request."""
    (assertion,) = parse_qs(request.body)['client_assertion']
    claims: dict[str, Any] = jwt.decode(assertion, options={'verify_signature': False})
    return claims


def test_a_private_key_signs_an_assertion_and_goes_nowhere(
    client: OktaClient, okta: OktaSimulator, signed_token: AccessToken, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    fetch(client, signed_token)
    (request,) = token_requests(okta)
    form = parse_qs(request.body)
    assertion = form.pop('client_assertion')[0]
    assert form == {
        'grant_type': ['client_credentials'],
        'scope': ['okta.logs.read'],
        'client_assertion_type': ['urn:ietf:params:oauth:client-assertion-type:jwt-bearer'],
    }
    assert 'Authorization' not in request.headers
    assert jwt.get_unverified_header(assertion)['kid'] == 'kid-1'
    claims = jwt.decode(
        assertion, ec_key.public_key(), ['ES256'], audience=okta.token_url, options={'verify_exp': False}
    )
    assert claims['iss'] == claims['sub'] == okta.service_app_id
    assert claims['exp'] == int(NOW) + 1200
    assert 'iat' not in claims


@pytest.mark.parametrize(
    'fault',
    [
        pytest.param(faults.DroppedConnection(), id='dropped-connection'),
        pytest.param(faults.Html(503), id='503'),
        pytest.param(faults.CutBody(), id='cut-body'),
    ],
)
def test_a_second_attempt_has_an_assertion_of_its_own(
    fault: faults.Fault, client: OktaClient, okta: OktaSimulator, signed_token: AccessToken
) -> None:
    """The org has seen the first one, and takes none twice."""
    okta.faults.add(fault, path=TOKEN)
    fetch(client, signed_token)
    first, second = token_requests(okta)
    assert second.status == 200
    assert assertion_of(first)['jti'] != assertion_of(second)['jti']


@pytest.mark.parametrize(
    ('skew_seconds', 'attempts'),
    [
        pytest.param(0, 1, id='right'),
        pytest.param(600, 1, id='10-minutes-slow'),
        pytest.param(-600, 1, id='10-minutes-fast'),
        pytest.param(900, 1, id='15-minutes-slow'),
        pytest.param(-900, 1, id='15-minutes-fast'),
        pytest.param(2 * HOUR_SECONDS, 2, id='2-hours-slow'),
        pytest.param(-2 * HOUR_SECONDS, 2, id='2-hours-fast'),
    ],
)
def test_a_host_clock_that_is_wrong_keeps_nobody_out(
    skew_seconds: float, attempts: int, client: OktaClient, okta: OktaSimulator, signed_token: AccessToken
) -> None:
    """Up to a quarter of an hour does not even cost a request: the assertion lives for longer, and for less than the
    hour that Okta takes."""
    okta.date_skew_seconds = skew_seconds
    fetch(client, signed_token)
    assert len(token_requests(okta)) == attempts


def test_a_clock_that_is_set_between_two_tokens_keeps_nobody_out(
    clock: VirtualClock, client: OktaClient, okta: OktaSimulator, signed_token: AccessToken
) -> None:
    fetch(client, signed_token)
    clock.advance(HOUR_SECONDS)
    okta.date_skew_seconds = -2 * HOUR_SECONDS
    fetch(client, signed_token)
    assert page_requests(okta)[-1].status == 200


def test_the_clock_excuses_one_refusal_only(client: OktaClient, okta: OktaSimulator, signed_token: AccessToken) -> None:
    okta.date_skew_seconds = 2 * HOUR_SECONDS
    okta.faults.add(faults.OAuthRefused(401, 'invalid_client', 'No.'), path=TOKEN, times=None)
    with pytest.raises(OktaError, match='invalid_client'):
        fetch(client, signed_token)
    assert len(okta.requests) == 2


def test_the_clock_excuses_no_refused_secret(
    client: OktaClient, okta: OktaSimulator, secret_token: AccessToken
) -> None:
    """A secret does not depend on the time: to send it again is one more failed sign-in in the org's log."""
    okta.date_skew_seconds = 2 * HOUR_SECONDS
    okta.rotate_client_secret()
    with pytest.raises(OktaError, match='invalid_client'):
        fetch(client, secret_token)
    assert len(okta.requests) == 1


def test_a_small_difference_of_clocks_excuses_nothing(
    client: OktaClient, okta: OktaSimulator, signed_token: AccessToken
) -> None:
    okta.date_skew_seconds = 30
    okta.faults.add(faults.OAuthRefused(401, 'invalid_client', 'No.'), path=TOKEN)
    with pytest.raises(OktaError, match='invalid_client'):
        fetch(client, signed_token)
    assert len(okta.requests) == 1


@pytest.mark.parametrize(
    ('change', 'said'),
    [
        pytest.param({'client_id': '0oaNobody'}, 'is not a valid client_id', id='client-id'),
        pytest.param({'key_id': 'kid-2'}, 'kid is invalid', id='key-id'),
        pytest.param({'key': ec.generate_private_key(ec.SECP256R1())}, 'signature is invalid', id='key'),
    ],
)
def test_an_assertion_that_does_not_fit_the_app_is_refused_with_the_options(
    change: dict[str, Any], said: str, client: OktaClient, okta: OktaSimulator, ec_key: ec.EllipticCurvePrivateKey
) -> None:
    signed_assertion(okta, ec_key)
    values = {'client_id': okta.service_app_id, 'key': ec_key, 'key_id': 'kid-1', **change}
    proof = SignedAssertion(values['client_id'], load_private_key(pkcs8(values['key']), None), values['key_id'])
    with pytest.raises(OktaError, match=f'invalid_client.*{said}.*the private key, and `private_key_id`'):
        fetch(client, AccessToken(client.origin, client.okta_clock, proof, lambda _: None))
    assert len(okta.requests) == 1


# The life of a token


def test_nothing_is_asked_before_a_token_is_needed(okta: OktaSimulator, token: AccessToken, shown: Show) -> None:
    assert okta.requests == []
    assert shown(token)
    assert okta.requests == token_requests(okta) != []


def test_the_token_is_asked_for_with_the_configured_headers(okta: OktaSimulator, check_clock: ClientClock) -> None:
    http = RequestsWrapper({'extra_headers': {'X-Route': 'blue'}}, {})
    client = OktaClient(http, parse_origin(okta.url), TIMEOUT_SECONDS, check_clock)
    client.send(AccessToken(client.origin, client.okta_clock, client_secret(okta), lambda _: None).describe())
    assert okta.requests[0].headers['X-Route'] == 'blue'


def test_a_token_is_renewed_two_minutes_before_it_expires(
    clock: VirtualClock, okta: OktaSimulator, token: AccessToken, shown: Show
) -> None:
    first = shown(token)
    clock.advance(3600 - 120 - 1)
    assert shown(token) == first
    clock.advance(1)
    assert shown(token) != first
    assert len(token_requests(okta)) == 2


def test_a_shorter_life_of_the_token_counts(
    clock: VirtualClock, okta: OktaSimulator, secret_token: AccessToken, shown: Show
) -> None:
    okta.token_lifetime_seconds = 300
    first = shown(secret_token)
    clock.advance(179)
    assert shown(secret_token) == first
    clock.advance(1)
    assert shown(secret_token) != first


@pytest.mark.parametrize(
    'expires_in',
    [
        pytest.param(None, id='missing'),
        pytest.param('3600', id='text'),
        pytest.param([3600], id='list'),
        pytest.param({}, id='object'),
    ],
)
def test_without_a_stated_life_a_token_counts_as_good_for_an_hour(
    expires_in: Any, clock: VirtualClock, okta: OktaSimulator, secret_token: AccessToken, shown: Show
) -> None:
    grant(okta, expires_in=expires_in)
    assert shown(secret_token) == 'Bearer a-token'
    clock.advance(3600 - 120 - 1)
    assert shown(secret_token) == 'Bearer a-token'
    clock.advance(1)
    assert shown(secret_token) != 'Bearer a-token'


@pytest.mark.parametrize('expires_in', [0, -1, 60, 119.5], ids=str)
def test_a_token_with_hardly_any_life_is_used_once(
    expires_in: float, okta: OktaSimulator, secret_token: AccessToken, shown: Show
) -> None:
    grant(okta, expires_in=expires_in)
    assert shown(secret_token) == 'Bearer a-token'
    assert shown(secret_token) != 'Bearer a-token'


@pytest.mark.parametrize('digits', ['9' * 30, '9' * 400], ids=['30', '400'])
def test_a_life_of_absurd_length_is_no_failure_of_another_kind(
    digits: str, client: OktaClient, okta: OktaSimulator, secret_token: AccessToken, shown: Show
) -> None:
    okta.faults.add(faults.Body(b'{"access_token": "a-token", "expires_in": %s}' % digits.encode()), path=TOKEN)
    try:
        assert shown(secret_token) == 'Bearer a-token'
    except OktaError as refused:
        assert 'holds no access token' in str(refused)


def test_a_revoked_token_is_renewed_once_and_the_same_page_asked_for_again(
    client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.generate(5)
    fetch(client, token)
    okta.revoke_tokens()
    assert len(list(fetch(client, token).events_after(''))) == 5
    assert [request.status for request in page_requests(okta)] == [200, 401, 200]
    assert len(token_requests(okta)) == 2


def test_a_refused_token_is_not_renewed_endlessly(client: OktaClient, okta: OktaSimulator, token: AccessToken) -> None:
    okta.faults.add(faults.BearerRefused(), times=None)
    with pytest.raises(OktaError, match='invalid_token "The token has expired."') as refused:
        fetch(client, token)
    assert refused.value.status == 401
    assert len(page_requests(okta)) == len(token_requests(okta)) == 2


def test_a_page_of_a_gateway_costs_no_token(client: OktaClient, okta: OktaSimulator, token: AccessToken) -> None:
    okta.faults.add(faults.Html(401))
    with pytest.raises(
        OktaError, match='A proxy, gateway, or firewall between the Agent and Okta responded'
    ) as refused:
        fetch(client, token)
    assert refused.value.status == 401
    assert len(page_requests(okta)) == len(token_requests(okta)) == 1


@dataclass(frozen=True)
class NeverTheSame(faults.Fault):
    """A refusal with another code each time, after which the connection is dropped for good."""

    status: int
    number: count[int]
    most: int = 30

    def apply(self, answer: Answer) -> Answer:
        number = next(self.number)
        if number >= self.most:
            return faults.Error('E0000009').apply(answer)
        return faults.OAuthRefused(self.status, f'excuse_{number}', 'Try again.').apply(answer)


@pytest.mark.parametrize('status', [400, 401, 403])
def test_a_server_that_always_finds_another_excuse_is_given_up(
    status: int, client: OktaClient, okta: OktaSimulator, secret_token: AccessToken
) -> None:
    """The number of requests must not be in the hands of who answers them."""
    okta.faults.add(NeverTheSame(status, count()), times=None)
    with pytest.raises(OktaError):
        fetch(client, secret_token)
    assert len(page_requests(okta)) <= 4


def test_a_token_endpoint_that_always_finds_another_excuse_is_given_up(
    client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.faults.add(NeverTheSame(400, count()), path=TOKEN, times=None)
    with pytest.raises(OktaError, match='excuse_0'):
        fetch(client, token)
    assert len(okta.requests) == 1


@pytest.mark.parametrize(
    ('fault', 'says'),
    [
        pytest.param(faults.BearerRefused(403, 'insufficient_scope', 'x'), 'okta.logs.read', id='403-scope'),
        pytest.param(faults.Error('E0000006'), 'administrator role', id='403-role'),
        pytest.param(faults.Error('E0000001'), 'event_filter', id='400'),
        pytest.param(faults.Error('E0000009'), 'No action needed: the next run retries', id='500'),
    ],
)
def test_a_new_token_does_not_help_against_other_refusals(
    fault: faults.Fault, says: str, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.faults.add(fault)
    with pytest.raises(OktaError, match=says):
        fetch(client, token)
    assert len(page_requests(okta)) == len(token_requests(okta)) == 1


def test_a_rotated_secret_does_not_matter_until_the_token_expires(
    clock: VirtualClock, client: OktaClient, okta: OktaSimulator, secret_token: AccessToken
) -> None:
    fetch(client, secret_token)
    okta.rotate_client_secret()
    fetch(client, secret_token)
    clock.advance(3600)
    with pytest.raises(OktaError, match='invalid_client.*Check `client_id` and `client_secret`'):
        fetch(client, secret_token)


def test_a_refused_client_secret_is_sent_once(
    client: OktaClient, okta: OktaSimulator, secret_token: AccessToken
) -> None:
    """Its 401 is not that of a stale token: to ask again at once is one more failed sign-in in the org's log."""
    okta.rotate_client_secret()
    with pytest.raises(OktaError, match='invalid_client'):
        fetch(client, secret_token)
    assert len(okta.requests) == 1


def test_a_scope_that_was_not_granted_is_named(client: OktaClient, okta: OktaSimulator, token: AccessToken) -> None:
    okta.granted_scopes = {'okta.users.read'}
    with pytest.raises(OktaError, match='invalid_scope.*Grant the scope `okta.logs.read`'):
        fetch(client, token)
    assert page_requests(okta) == []


def test_an_exhausted_token_endpoint_is_a_rate_limit(
    client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.faults.add(faults.RateLimited(), path=TOKEN)
    with pytest.raises(OktaError, match='status 429'):
        client.send(token.describe())


@pytest.mark.parametrize(
    'body',
    [
        pytest.param(b'{"token_type": "Bearer", "expires_in": 3600}', id='no-token'),
        pytest.param(b'{"access_token": ""}', id='empty-token'),
        pytest.param(b'{"access_token": null}', id='null-token'),
        pytest.param(b'{"access_token": 42}', id='number-for-token'),
        pytest.param(b'{"access_token": "first\\r\\nX-Second: line"}', id='token-with-a-line-break'),
        pytest.param(b'{"access_token": "first second"}', id='token-with-a-blank'),
        pytest.param('{"access_token": "töken–x"}'.encode(), id='token-outside-ascii'),
        pytest.param(b'["access_token"]', id='list'),
        pytest.param(b'null', id='null'),
        pytest.param(b'"access_token"', id='text'),
        pytest.param(b'<html>Please sign in</html>', id='html'),
        pytest.param(b'', id='nothing'),
        pytest.param(b'{"access_token": "cut', id='truncated'),
    ],
)
def test_an_answer_without_a_usable_token_is_an_error(
    body: bytes, client: OktaClient, okta: OktaSimulator, secret_token: AccessToken
) -> None:
    okta.faults.add(faults.Body(body), path=TOKEN)
    with pytest.raises(OktaError, match=rf'holds no access token \(POST {okta.url}{TOKEN}: status 200') as failed:
        fetch(client, secret_token)
    assert failed.value.status == 200
    assert failed.value.next_step == CHECK_INTERMEDIARY
    assert 'X-Second' not in str(failed.value)
    assert page_requests(okta) == []


def test_the_next_run_asks_again_after_a_failure(
    client: OktaClient, okta: OktaSimulator, token: AccessToken, shown: Show
) -> None:
    okta.faults.add(faults.Body(b'null'), path=TOKEN)
    with pytest.raises(OktaError):
        client.send(token.describe())
    assert shown(token).startswith('Bearer ')


def test_each_token_is_registered_as_a_secret(
    client: OktaClient, okta: OktaSimulator, token: AccessToken, secrets: list[str], shown: Show
) -> None:
    first = shown(token)
    okta.revoke_tokens()
    fetch(client, token)
    second = shown(token)
    assert first != second
    assert [f'Bearer {secret}' for secret in secrets] == [first, second]


def test_what_is_shown_to_okta_is_told_in_words(
    client: OktaClient, okta: OktaSimulator, token: AccessToken, secrets: list[str]
) -> None:
    assert client.send(ApiKey('00token').describe()) == 'The API token is tried with the System Log'
    assert client.send(token.describe()) == 'Okta gave an access token for the client'
    assert len(secrets) == len(okta.requests) == 1


@pytest.mark.parametrize(
    'fault',
    [
        pytest.param(faults.Error('E0000009'), id='500'),
        pytest.param(faults.DroppedConnection(), id='dropped-connection'),
        pytest.param(faults.Body(b'null'), id='no-token'),
        pytest.param(faults.Redirect('https://evil.example/'), id='redirect'),
        pytest.param(faults.BearerRefused(), id='401'),
    ],
)
@pytest.mark.parametrize('path', [TOKEN, LOGS])
def test_no_error_shows_a_secret(
    path: str,
    fault: faults.Fault,
    client: OktaClient,
    okta: OktaSimulator,
    secret_token: AccessToken,
    secrets: list[str],
) -> None:
    okta.faults.add(fault, path=path, times=None)
    with pytest.raises(OktaError) as failed:
        fetch(client, secret_token)
    basic = b64encode(f'{okta.client_id}:{okta.client_secret}'.encode()).decode()
    for secret in (okta.client_secret, basic, *secrets):
        assert secret not in str(failed.value)
