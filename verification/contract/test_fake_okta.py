# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the fake org of the integration's tests does, the simulated org does too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from datadog_checks.base.utils.http import RequestsWrapper
from datadog_checks.okta_workflows.okta.auth import AccessToken, ApiKey, ClientSecret, SignedAssertion
from datadog_checks.okta_workflows.okta.client import OktaClient
from datadog_checks.okta_workflows.okta.origin import parse_origin
from datadog_checks.okta_workflows.okta.page import fetch_page, first_link
from datadog_checks.okta_workflows.okta.private_key import load_private_key
from okta_simulator import OktaSimulator
from okta_simulator.clock import ClientClock
from tests.fake_okta import FakeOkta
from verification.world.scenario import NOW, TIMEOUT_SECONDS

Org = FakeOkta | OktaSimulator

EVENTS = 250
LOGS = '/api/v1/logs'
QUERY = 'since=2026-11-22T00:00:00.000Z&sortOrder=ASCENDING&limit=100&filter=eventType+sw+%22workflows.%22'


@pytest.fixture(params=['fake', 'simulated'])
def org(request: pytest.FixtureRequest, check_clock: ClientClock) -> Iterator[Org]:
    """An org with some Workflows events."""
    if request.param == 'fake':
        with FakeOkta(check_clock.now) as fake:
            fake.add(EVENTS)
            yield fake
    else:
        with OktaSimulator(clock=check_clock.clock) as simulated:
            simulated.generate(EVENTS, since=NOW - 3600, until=NOW - 60, noise_share=0.0, late_share=0.0)
            yield simulated


def get(org: Org, link: str = '', **headers: str) -> requests.Response:
    own = {'Authorization': f'SSWS {org.api_key}', **{name.replace('_', '-'): value for name, value in headers.items()}}
    return requests.get(link or f'{org.url}{LOGS}?{QUERY}', headers=own, timeout=TIMEOUT_SECONDS)


def test_a_page_has_its_headers_and_its_links(org: Org) -> None:
    page = get(org)
    assert (page.status_code, len(page.json())) == (200, 100)
    assert page.headers['Content-Type'].startswith('application/json')
    for header in ('X-Rate-Limit-Limit', 'X-Rate-Limit-Remaining', 'X-Rate-Limit-Reset'):
        assert page.headers[header].isdigit()
    assert page.headers['X-Okta-Request-Id']
    assert page.headers['Date'] == 'Mon, 23 Nov 2026 03:02:45 GMT'
    assert set(page.links) == {'self', 'next'}
    assert page.links['next']['url'].startswith(f'{org.url}{LOGS}?')
    assert 'after=' in page.links['next']['url']


def test_the_links_lead_over_all_events_in_order_and_to_an_empty_page_with_a_link(org: Org) -> None:
    pages: list[requests.Response] = []
    link = ''
    while not pages or pages[-1].json():
        pages.append(get(org, link))
        link = pages[-1].links['next']['url']
    assert [len(page.json()) for page in pages] == [100, 100, 50, 0]
    assert [event['uuid'] for page in pages for event in page.json()] == [event['uuid'] for event in org.events]
    assert get(org, pages[0].links['next']['url']).json() == pages[1].json()


def test_an_event_has_what_a_line_is_made_of(org: Org) -> None:
    for event in get(org).json():
        assert {'uuid', 'published', 'eventType', 'displayMessage', 'severity'} <= event.keys()
        assert event['published'].endswith('Z')


def test_a_wrong_key_is_rejected_by_its_code(org: Org) -> None:
    rejection = get(org, Authorization='SSWS wrong')
    assert rejection.status_code == 401
    assert rejection.json().keys() >= {'errorCode', 'errorSummary', 'errorId', 'errorCauses'}
    assert rejection.json()['errorCode'] == 'E0000011'
    assert rejection.headers['X-Okta-Request-Id']


def test_an_org_tells_its_id_and_domains(org: Org) -> None:
    told = requests.get(f'{org.url}/.well-known/okta-organization', timeout=TIMEOUT_SECONDS).json()
    assert isinstance(told['id'], str)
    assert all(link['href'].startswith('http') for link in told['_links'].values())


@pytest.mark.parametrize('dpop_required', [False, True])
@pytest.mark.parametrize('way', ['secret', 'key'])
def test_a_token_is_given_to_a_client_and_reads_a_page(
    way: str, dpop_required: bool, org: Org, check_clock: ClientClock
) -> None:
    org.dpop_required = dpop_required
    client = OktaClient(RequestsWrapper({}, {}), parse_origin(org.url), TIMEOUT_SECONDS, check_clock)
    proof: ClientSecret | SignedAssertion = ClientSecret(org.client_id, org.client_secret)
    if way == 'key':
        proof = SignedAssertion(org.service_app_id, load_private_key(org.private_key_pem, None), org.key_id)
    token = AccessToken(client.origin, client.okta_clock, proof, lambda _: None)
    link = first_link(client.origin, 'eventType sw "workflows."', NOW - 7200)
    assert len([*fetch_page(client, token, link).events_after('')]) == EVENTS
    asked = [(request.path, request.status) for request in org.requests]
    challenge = [('/oauth2/v1/token', 400), ('/oauth2/v1/token', 400)] if dpop_required else []
    assert asked == [*challenge, ('/oauth2/v1/token', 200), (LOGS, 200)]


def test_a_wrong_secret_is_rejected_by_its_code(org: Org) -> None:
    form = {'grant_type': 'client_credentials', 'scope': 'okta.logs.read'}
    url = f'{org.url}/oauth2/v1/token'
    rejection = requests.post(url, data=form, auth=(org.client_id, 'wrong'), timeout=TIMEOUT_SECONDS)
    assert (rejection.status_code, rejection.json()['error']) == (401, 'invalid_client')


def test_a_revoked_key_reads_nothing(org: Org, check_clock: ClientClock) -> None:
    client = OktaClient(RequestsWrapper({}, {}), parse_origin(org.url), TIMEOUT_SECONDS, check_clock)
    link = first_link(client.origin, 'eventType sw "workflows."', NOW - 7200)
    assert fetch_page(client, ApiKey(org.api_key), link).answered_at == NOW
