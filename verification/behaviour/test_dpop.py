# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Proof of possession, against an org that demands it and checks every claim.

What is demanded: Okta docs, docs/guides/dpop, and RFC 9449.
"""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from datadog_checks.base.utils.http import RequestsWrapper
from datadog_checks.okta_workflows.errors import OktaError
from datadog_checks.okta_workflows.okta.auth import AccessToken, ClientProof
from datadog_checks.okta_workflows.okta.client import OktaClient
from datadog_checks.okta_workflows.okta.dpop import ProofOfPossession
from datadog_checks.okta_workflows.okta.origin import parse_origin
from datadog_checks.okta_workflows.okta.page import fetch_page, first_link
from okta_simulator import OktaSimulator, RecordedRequest, VirtualClock, faults
from okta_simulator.answer import Answer
from okta_simulator.clock import ClientClock
from okta_simulator.dpop import thumbprint
from verification.world.scenario import NOW, TIMEOUT_SECONDS

from .access import client_secret, page_requests, signed_assertion, token_requests

LOGS = '/api/v1/logs'
TOKEN = '/oauth2/v1/token'
HOUR_SECONDS = 3600.0
DAY_SECONDS = 24 * HOUR_SECONDS


@pytest.fixture(params=['client_secret', 'private_key'])
def client_proof(
    request: pytest.FixtureRequest, okta: OktaSimulator, ec_key: ec.EllipticCurvePrivateKey
) -> ClientProof:
    return client_secret(okta) if request.param == 'client_secret' else signed_assertion(okta, ec_key)


@pytest.fixture
def token(client: OktaClient, okta: OktaSimulator, client_proof: ClientProof) -> AccessToken:
    """The token of either kind of client, at an org that demands proof of possession."""
    okta.dpop_required = True
    return AccessToken(client.origin, client.okta_clock, client_proof, lambda _: None)


@pytest.fixture
def signed_token(client: OktaClient, okta: OktaSimulator, ec_key: ec.EllipticCurvePrivateKey) -> AccessToken:
    okta.dpop_required = True
    return AccessToken(client.origin, client.okta_clock, signed_assertion(okta, ec_key), lambda _: None)


def fetch(client: OktaClient, token: AccessToken) -> None:
    fetch_page(client, token, f'{client.origin.url}{LOGS}')


def answers(requests: list[RecordedRequest]) -> list[int]:
    return [request.status for request in requests]


def proofs(okta: OktaSimulator) -> list[dict[str, Any]]:
    """The claims of every proof that was sent, refused ones included."""
    sent = [request.headers['DPoP'] for request in okta.requests if 'DPoP' in request.headers]
    return [jwt.decode(proof, options={'verify_signature': False}) for proof in sent]


def keys(okta: OktaSimulator) -> set[str]:
    sent = [request.headers['DPoP'] for request in okta.requests if 'DPoP' in request.headers]
    return {json.dumps(jwt.get_unverified_header(proof)['jwk'], sort_keys=True) for proof in sent}


# A proof


@pytest.fixture
def possession() -> ProofOfPossession:
    return ProofOfPossession(lambda: NOW + 0.9)


def opened(proof: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, after its own key has verified it."""
    header = jwt.get_unverified_header(proof)
    claims: dict[str, Any] = jwt.decode(
        proof, jwt.PyJWK(header['jwk'], 'ES256'), ['ES256'], options={'verify_iat': False}
    )
    return header, claims


def test_a_proof_names_the_request_the_time_and_a_public_key(possession: ProofOfPossession) -> None:
    header, claims = opened(possession.proof('post', 'https://acme.okta.com/oauth2/v1/token'))
    assert (header['typ'], header['alg']) == ('dpop+jwt', 'ES256')
    assert set(header['jwk']) == {'kty', 'crv', 'x', 'y'}
    assert header['jwk']['crv'] == 'P-256'
    del claims['jti']
    assert claims == {'htm': 'POST', 'htu': 'https://acme.okta.com/oauth2/v1/token', 'iat': int(NOW)}


def test_a_proof_leaves_the_query_out(possession: ProofOfPossession) -> None:
    """With it every page but the first would be refused (okta-sdk-golang#468)."""
    _, claims = opened(possession.proof('GET', f'https://acme.okta.com{LOGS}?after=1?2&limit=3'))
    assert claims['htu'] == f'https://acme.okta.com{LOGS}'


def test_a_proof_holds_the_hash_of_the_token(possession: ProofOfPossession) -> None:
    _, claims = opened(possession.proof('GET', f'https://acme.okta.com{LOGS}', 'a-token'))
    expected = urlsafe_b64encode(hashlib.sha256(b'a-token').digest()).decode()
    assert expected.endswith('=')
    assert claims['ath'] == expected.rstrip('=')


def test_a_proof_holds_the_nonce_that_okta_gave(possession: ProofOfPossession) -> None:
    assert 'nonce' not in opened(possession.proof('GET', 'https://acme.okta.com/'))[1]
    possession.nonce = 'nonce-1'
    assert opened(possession.proof('GET', 'https://acme.okta.com/'))[1]['nonce'] == 'nonce-1'


def test_no_two_proofs_are_alike(possession: ProofOfPossession) -> None:
    made = [opened(possession.proof('GET', 'https://acme.okta.com/'))[1]['jti'] for _ in range(10)]
    assert len(set(made)) == 10


def test_no_two_instances_share_a_key() -> None:
    first, second = (ProofOfPossession(lambda: NOW).proof('GET', 'https://acme.okta.com/') for _ in range(2))
    assert opened(first)[0]['jwk'] != opened(second)[0]['jwk']


# Finding out


def test_what_an_org_demands_is_found_out(client: OktaClient, okta: OktaSimulator, token: AccessToken) -> None:
    """400 without a proof, 400 without a nonce, then the token."""
    okta.generate(5)
    fetch(client, token)
    assert answers(token_requests(okta)) == [400, 400, 200]
    assert answers(page_requests(okta)) == [200]
    assert page_requests(okta)[0].headers['Authorization'].startswith('DPoP ')
    assert len(keys(okta)) == 1
    assert client.send(token.describe()) == (
        'Okta gave an access token for the client, bound to a key by proof of possession (DPoP)'
    )


def test_where_nothing_is_demanded_nothing_is_proven(
    client: OktaClient, okta: OktaSimulator, client_proof: ClientProof
) -> None:
    fetch(client, AccessToken(client.origin, client.okta_clock, client_proof, lambda _: None))
    assert answers(okta.requests) == [200, 200]
    assert proofs(okta) == []


def test_each_attempt_signs_the_assertion_anew(
    client: OktaClient, okta: OktaSimulator, signed_token: AccessToken
) -> None:
    """One that came with a refused proof is used up."""
    fetch(client, signed_token)
    assertions = [parse_qs(request.body)['client_assertion'][0] for request in token_requests(okta)]
    claims = [jwt.decode(assertion, options={'verify_signature': False})['jti'] for assertion in assertions]
    assert len(set(claims)) == 3


def test_a_later_token_needs_one_request(
    clock: VirtualClock, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    fetch(client, token)
    okta.requests.clear()
    clock.advance(HOUR_SECONDS)
    fetch(client, token)
    assert answers(okta.requests) == [200, 200]


def test_a_demand_that_is_dropped_leaves_bearer_tokens(
    clock: VirtualClock, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    fetch(client, token)
    okta.dpop_required = False
    clock.advance(HOUR_SECONDS)
    fetch(client, token)
    assert okta.requests[-1].headers['Authorization'].startswith('Bearer ')
    assert 'DPoP' not in okta.requests[-1].headers
    assert okta.requests[-1].status == 200


def test_a_demand_that_is_made_later_is_found_out_too(
    clock: VirtualClock, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.dpop_required = False
    fetch(client, token)
    okta.dpop_required = True
    clock.advance(HOUR_SECONDS)
    fetch(client, token)
    assert okta.requests[-1].headers['Authorization'].startswith('DPoP ')


@dataclass(frozen=True)
class SaysBearer(faults.Fault):
    """A token that is bound to a key, given out as one that is not."""

    def apply(self, answer: Answer) -> Answer:
        return answer.with_body(answer.body.replace(b'"DPoP"', b'"Bearer"'))


def test_a_bound_token_that_was_shown_without_proof_is_replaced(
    client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.faults.add(SaysBearer(), path=TOKEN, after=2)
    fetch(client, token)
    assert answers(page_requests(okta)) == [400, 200]
    authorizations = [request.headers['Authorization'].split()[0] for request in page_requests(okta)]
    assert authorizations == ['Bearer', 'DPoP']


@dataclass(frozen=True)
class SaysDpop(faults.Fault):
    def apply(self, answer: Answer) -> Answer:
        return answer.with_body(answer.body.replace(b'"Bearer"', b'"DPoP"'))


def test_a_token_that_is_called_bound_before_there_is_a_key_is_shown_as_bearer(
    client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.dpop_required = False
    okta.faults.add(SaysDpop(), path=TOKEN)
    fetch(client, token)
    assert answers(okta.requests) == [200, 200]


@pytest.mark.parametrize('spelling', ['DPoP', 'dpop', 'DPOP'])
def test_the_type_of_a_token_is_read_without_case(
    spelling: str, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    """RFC 6749, section 7.1."""
    fetch(client, token)
    okta.revoke_tokens()
    body = {'token_type': spelling, 'access_token': 'a-token', 'expires_in': 3600}
    okta.faults.add(faults.Body(json.dumps(body).encode()), path=TOKEN)
    with pytest.raises(OktaError):
        fetch(client, token)
    assert page_requests(okta)[-1].headers['Authorization'] == 'DPoP a-token'


# Nonces


@pytest.mark.parametrize('expire_old', [False, True], ids=['renewed', 'expired'])
def test_a_new_nonce_is_taken_up_with_the_next_token(
    expire_old: bool, clock: VirtualClock, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    fetch(client, token)
    okta.renew_dpop_nonce(expire_old=expire_old)
    okta.requests.clear()
    clock.advance(HOUR_SECONDS)
    fetch(client, token)
    # An old nonce stays good for three days.
    assert answers(token_requests(okta)) == ([400, 200] if expire_old else [200])


def test_a_nonce_that_grew_old_is_replaced(
    clock: VirtualClock, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    fetch(client, token)
    first = proofs(okta)[-1]['nonce']
    clock.advance(4 * DAY_SECONDS)
    fetch(client, token)
    assert proofs(okta)[-1]['nonce'] != first
    assert okta.requests[-1].status == 200


def test_a_nonce_may_be_demanded_at_the_system_log_too(
    client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.dpop_nonce_on_api = True
    fetch(client, token)
    okta.renew_dpop_nonce(expire_old=True)
    fetch(client, token)
    assert answers(page_requests(okta)) == [200, 400, 200]


@pytest.mark.parametrize('status', [400, 401])
def test_a_nonce_demanded_at_the_system_log_is_taken_up_whatever_the_status(
    status: int, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    """RFC 9449, section 9, has 401; Okta's token endpoint says 400, and its Python SDK takes either."""
    fetch(client, token)
    okta.faults.add(Challenge(status, 'use_dpop_nonce', LOGS))
    okta.requests.clear()
    fetch(client, token)
    assert okta.requests[-1].status == 200
    assert proofs(okta)[-1]['nonce'] == 'nonce-1'


@dataclass(frozen=True)
class Nonce(faults.Fault):
    """Another `dpop-nonce` header."""

    value: str

    def apply(self, answer: Answer) -> Answer:
        return answer.without_headers('dpop-nonce').with_headers(('dpop-nonce', self.value))


@pytest.mark.parametrize(
    'nonce', ['', 'two words', 'two\twords', 'n\u00f6nce'], ids=['empty', 'blank', 'tab', 'other-letters']
)
def test_a_nonce_that_no_header_should_hold_is_not_taken_up(
    nonce: str, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.faults.add(Nonce(nonce), path=TOKEN, times=None)
    with pytest.raises(OktaError, match='use_dpop_nonce'):
        fetch(client, token)
    assert all('nonce' not in proof for proof in proofs(okta))


# Every request


def test_every_page_of_a_long_history_is_proven(client: OktaClient, okta: OktaSimulator, token: AccessToken) -> None:
    okta.generate(2500, noise_share=0.0)
    link = first_link(client.origin, 'eventType sw "workflows."', NOW - 8 * DAY_SECONDS)
    received: list[Any] = []
    for _ in range(3):
        page = fetch_page(client, token, link)
        received += page.events_after('')
        link = page.next_link
    assert received == okta.workflows_events
    assert answers(page_requests(okta)) == [200, 200, 200]
    assert 'after=' in page_requests(okta)[-1].query_string
    paged = [proof for proof in proofs(okta) if proof['htm'] == 'GET']
    assert {proof['htu'] for proof in paged} == {f'{okta.url}{LOGS}'}
    assert len({proof['jti'] for proof in proofs(okta)}) == len(proofs(okta))


def test_a_proof_goes_with_the_token_and_not_with_the_request_for_one(
    client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    fetch(client, token)
    assert ['ath' in proof for proof in proofs(okta)] == [False, False, True]


@pytest.mark.parametrize(
    'fault',
    [
        pytest.param(faults.DroppedConnection(), id='dropped-connection'),
        pytest.param(faults.Html(503), id='503'),
        pytest.param(faults.CutBody(), id='cut-body'),
    ],
)
@pytest.mark.parametrize('path', [TOKEN, LOGS])
def test_a_second_attempt_has_a_proof_of_its_own(
    path: str, fault: faults.Fault, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    """The org has seen the first one, and takes none twice (okta-sdk-golang#562)."""
    # The third request for a token is the one that has everything.
    okta.faults.add(fault, path=path, after=2 if path == TOKEN else 0)
    fetch(client, token)
    assert okta.requests[-1].status == 200
    assert len(okta.requests) == 5
    assert len({proof['jti'] for proof in proofs(okta)}) == len(proofs(okta))


def test_a_revoked_bound_token_is_renewed_with_the_same_key(
    client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    fetch(client, token)
    okta.revoke_tokens()
    fetch(client, token)
    assert answers(page_requests(okta)) == [200, 401, 200]
    assert len(keys(okta)) == 1


def test_the_key_stays_in_the_check(client: OktaClient, okta: OktaSimulator, token: AccessToken) -> None:
    fetch(client, token)
    (key,) = keys(okta)
    assert 'd' not in json.loads(key)
    assert thumbprint(json.loads(key))


def shown_token(okta: OktaSimulator) -> str:
    return page_requests(okta)[-1].headers['Authorization'].split()[1]


def test_a_bound_token_that_okta_forgot_is_replaced_after_a_new_proof_did_not_help(
    client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    fetch(client, token)
    forgotten = shown_token(okta)
    okta.faults.add(faults.ForgottenToken(forgotten), times=None)
    okta.requests.clear()
    fetch(client, token)
    assert answers(page_requests(okta)) == [401, 401, 200]
    assert answers(token_requests(okta)) == [200]
    assert shown_token(okta) != forgotten


def test_after_a_proof_that_stays_refused_the_next_run_begins_with_another_token(
    client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.faults.add(faults.BearerRefused(401, 'invalid_dpop_proof', 'No.'), times=None)
    with pytest.raises(OktaError, match='invalid_dpop_proof'):
        fetch(client, token)
    refused = shown_token(okta)
    okta.faults.clear()
    okta.requests.clear()
    fetch(client, token)
    assert [request.path for request in okta.requests] == [TOKEN, LOGS]
    assert shown_token(okta) != refused


def test_a_demand_for_a_proof_at_the_system_log_leads_to_a_bound_token(
    client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.dpop_required = False
    fetch(client, token)
    okta.dpop_required = True
    okta.faults.add(Challenge(400, 'invalid_dpop_proof', LOGS))
    okta.requests.clear()
    fetch(client, token)
    assert answers(page_requests(okta)) == [400, 200]
    assert page_requests(okta)[-1].headers['Authorization'].startswith('DPoP ')


# Clocks


@pytest.mark.parametrize('minutes', [-120, -15, -10, 10, 15, 120])
def test_a_host_clock_that_is_wrong_keeps_nobody_out(
    minutes: int, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    """Okta's time is taken from its answers, and the first one comes before the first proof."""
    okta.date_skew_seconds = 60.0 * minutes
    fetch(client, token)
    assert page_requests(okta)[-1].status == 200
    assert all(proof['iat'] == int(NOW + 60 * minutes) for proof in proofs(okta))


@pytest.mark.parametrize('minutes', [-120, -10, 10, 120])
def test_a_clock_that_is_set_while_a_token_lives_costs_one_request(
    minutes: int, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.token_lifetime_seconds = 10 * 3600
    fetch(client, token)
    okta.requests.clear()
    okta.date_skew_seconds = 60.0 * minutes
    fetch(client, token)
    assert answers(okta.requests) == [400, 200]


# What never ends


@dataclass(frozen=True)
class Challenge(faults.Fault):
    """The same challenge, whatever is sent."""

    status: int
    error: str
    path: str

    def apply(self, answer: Answer) -> Answer:
        refusal = faults.OAuthRefused if self.path == TOKEN else faults.BearerRefused
        return refusal(self.status, self.error, 'No.').apply(answer).with_headers(('dpop-nonce', 'nonce-1'))


@pytest.mark.parametrize(
    ('path', 'status', 'error', 'requests'),
    [
        pytest.param(TOKEN, 400, 'use_dpop_nonce', 2, id='token-nonce'),
        pytest.param(TOKEN, 400, 'invalid_dpop_proof', 2, id='token-proof'),
        pytest.param(TOKEN, 401, 'invalid_client', 1, id='token-401'),
        pytest.param(LOGS, 400, 'use_dpop_nonce', 2, id='log-nonce'),
        # Also with another token.
        pytest.param(LOGS, 400, 'invalid_dpop_proof', 3, id='log-proof'),
        pytest.param(LOGS, 401, 'invalid_dpop_proof', 3, id='log-proof-401'),
        pytest.param(LOGS, 400, 'invalid_request', 2, id='log-binding'),
        pytest.param(LOGS, 401, 'invalid_token', 2, id='log-401'),
    ],
)
def test_a_challenge_without_end_ends(
    path: str, status: int, error: str, requests: int, client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.faults.add(Challenge(status, error, path), path=path, times=None)
    with pytest.raises(OktaError, match=error) as refused:
        fetch(client, token)
    assert refused.value.code == error
    assert len([request for request in okta.requests if request.path == path]) == requests


@pytest.mark.parametrize('path', [TOKEN, LOGS])
def test_challenges_in_turns_end_too(path: str, client: OktaClient, okta: OktaSimulator, token: AccessToken) -> None:
    """Each way out is tried once: a proof, a nonce, at the System Log also a new token. Then that is all."""
    for _ in range(10):
        for error in ('invalid_dpop_proof', 'use_dpop_nonce', 'invalid_request'):
            okta.faults.add(Challenge(400, error, path), path=path)
    with pytest.raises(OktaError):
        fetch(client, token)
    assert len([request for request in okta.requests if request.path == path]) <= 4


def test_a_proof_that_stays_refused_names_the_clock(
    client: OktaClient, okta: OktaSimulator, token: AccessToken
) -> None:
    okta.faults.add(Challenge(400, 'invalid_dpop_proof', LOGS), times=None)
    with pytest.raises(OktaError, match='invalid_dpop_proof "No.".*Check that the clock of this host is synchronized'):
        fetch(client, token)


def test_an_org_behind_another_name_is_proven_to_by_that_name(
    okta: OktaSimulator, client_proof: ClientProof, check_clock: ClientClock
) -> None:
    """Audiences and proofs go by the host that was asked."""
    okta.dpop_required = True
    okta.custom_domain = okta.url.removeprefix('http://').replace('127.0.0.1', 'localhost')
    client = OktaClient(
        RequestsWrapper({}, {}), parse_origin(f'http://{okta.custom_domain}'), TIMEOUT_SECONDS, check_clock
    )
    fetch(client, AccessToken(client.origin, client.okta_clock, client_proof, lambda _: None))
    assert page_requests(okta)[-1].status == 200
    assert proofs(okta)[-1]['htu'] == f'http://{okta.custom_domain}{LOGS}'
