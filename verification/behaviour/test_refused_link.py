# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A stored link that Okta no longer answers is replaced, and nothing else is taken for one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import pytest

from agent_standin import AgentStandIn, CheckResult
from okta_simulator import OktaSimulator, VirtualClock, faults
from okta_simulator.answer import Answer
from okta_simulator.faults import Fault
from verification.world.scenario import NOW, StartAgent

HOUR_SECONDS = 3600.0
DAY_SECONDS = 86_400.0
MINUTE_SECONDS = 60.0

Instance = dict[str, Any]


@dataclass(frozen=True)
class OfStoredLinks(Fault):
    """A fault of requests with `after` alone."""

    fault: Fault

    def strikes(self, query_string: str) -> bool:
        return 'after' in parse_qs(query_string)

    def apply(self, answer: Answer) -> Answer:
        return self.fault.apply(answer)


@pytest.fixture
def instance(okta: OktaSimulator) -> Instance:
    return {'domain': okta.url, 'api_key': okta.api_key}


def run(agent: AgentStandIn) -> CheckResult:
    [result] = agent.run_checks()
    return result


def uuids(agent: AgentStandIn) -> list[str]:
    return [line['log']['uuid'] for line in agent.log_lines()]


def stored_link(agent: AgentStandIn) -> str:
    files = [json.loads(content) for path, content in agent.cache_files().items() if '_cursor_' in path]
    link: str = max(files, key=lambda each: int(each['number']))['written']['link']
    return link


@pytest.fixture
def agent(okta: OktaSimulator, instance: Instance, start_agent: StartAgent) -> AgentStandIn:
    """It has collected something, and something is to come."""
    okta.generate(20, since=NOW - 2 * HOUR_SECONDS, until=NOW - 1, noise_share=0.0, late_share=0.0)
    agent = start_agent(instance)
    assert run(agent).status == 'OK'
    agent.advance(MINUTE_SECONDS)
    okta.emit(5, noise_share=0.0)
    okta.requests.clear()
    return agent


def delivers_everything(agent: AgentStandIn, okta: OktaSimulator) -> bool:
    assert len(okta.workflows_events) == 25
    return {event['uuid'] for event in okta.workflows_events} == set(uuids(agent))


@pytest.mark.parametrize('status', [400, 404, 405, 409, 410, 414, 422])
def test_a_link_that_okta_rejects_is_replaced(okta: OktaSimulator, agent: AgentStandIn, status: int) -> None:
    okta.faults.add(OfStoredLinks(faults.Error('E0000007', status=status)), times=None)
    result = run(agent)
    assert (result.status, result.error) == ('WARNING', '')
    assert 'Okta rejected the stored cursor. Collection restarts at 2026-11-23T02:47:45.000Z' in result.warnings[0]
    assert f'status {status}' in result.warnings[0]
    assert delivers_everything(agent, okta)
    okta.faults.clear()
    assert run(agent).status == 'OK'


@pytest.mark.parametrize('status', [401, 403, 429])
def test_what_concerns_the_client_is_no_reason_to_replace_the_link(
    okta: OktaSimulator, agent: AgentStandIn, status: int
) -> None:
    before = stored_link(agent)
    okta.faults.add(OfStoredLinks(faults.Error('E0000047', status=status)), times=None)
    assert run(agent).status == 'ERROR'
    assert len(okta.requests) == 1
    assert stored_link(agent) == before
    okta.faults.clear()
    agent.advance(120)
    run(agent)
    assert delivers_everything(agent, okta)
    assert len(uuids(agent)) == 25, 'nothing is repeated'


@pytest.mark.parametrize('code', ['invalid_request', 'invalid_dpop_proof'])
def test_what_concerns_the_token_is_no_reason_to_replace_the_link(
    okta: OktaSimulator, agent: AgentStandIn, code: str
) -> None:
    before = stored_link(agent)
    okta.faults.add(OfStoredLinks(faults.BearerRefused(400, code, 'No.')), times=None)
    result = run(agent)
    assert (result.status, result.warnings) == ('ERROR', [])
    assert 'status 400' in result.error
    assert stored_link(agent) == before


@pytest.mark.parametrize('status', [400, 404, 405, 410, 414, 422, 500])
def test_an_answer_that_is_not_oktas_never_replaces_the_link(
    okta: OktaSimulator, agent: AgentStandIn, status: int
) -> None:
    before = stored_link(agent)
    okta.faults.add(OfStoredLinks(faults.Html(status)), times=None)
    for _ in range(4):
        result = run(agent)
        assert (result.status, result.warnings) == ('ERROR', [])
        agent.advance(HOUR_SECONDS)
    assert len(okta.requests) == 4
    assert stored_link(agent) == before
    okta.faults.clear()
    run(agent)
    assert delivers_everything(agent, okta)
    assert len(uuids(agent)) == 25, 'nothing is repeated'


def test_a_host_that_rejects_everything_keeps_the_link_and_gets_few_requests(
    okta: OktaSimulator, agent: AgentStandIn
) -> None:
    """It is no Okta org, or no longer this one."""
    before = stored_link(agent)
    okta.faults.add(faults.Error('E0000008'), times=None)
    for _ in range(30):
        result = run(agent)
        assert (result.status, result.warnings) == ('ERROR', [])
        assert '`domain`' in result.error
        agent.advance(MINUTE_SECONDS)
    assert len(okta.requests) == 31
    assert stored_link(agent) == before
    okta.faults.clear()
    run(agent)
    assert len(uuids(agent)) == 25


@pytest.mark.parametrize(
    'passing', [faults.Error('E0000009'), faults.Html(503), faults.DroppedConnection(), faults.RateLimited(30)]
)
def test_a_query_that_fails_for_a_reason_that_passes_is_repeated_by_the_next_run(
    okta: OktaSimulator, agent: AgentStandIn, passing: Fault
) -> None:
    before = stored_link(agent)
    okta.faults.add(OfStoredLinks(faults.Error('E0000007')), times=None)
    okta.faults.add(passing, times=2)
    assert run(agent).status == 'ERROR'
    assert stored_link(agent) == before, 'the link is replaced only when the query has returned a page'
    agent.advance(MINUTE_SECONDS)
    okta.faults.clear()
    okta.faults.add(OfStoredLinks(faults.Error('E0000007')), times=None)
    assert run(agent).status == 'WARNING'
    assert delivers_everything(agent, okta)


def test_a_link_that_fails_for_an_hour_is_replaced(okta: OktaSimulator, agent: AgentStandIn) -> None:
    """Okta gives a query up after 30 seconds: this one may never be answered."""
    okta.faults.add(OfStoredLinks(faults.Error('E0000009')), times=61)
    for _ in range(60):
        result = run(agent)
        assert (result.status, result.warnings) == ('ERROR', [])
        agent.advance(MINUTE_SECONDS)
    assert len(okta.requests) == 60
    # `Date` has whole seconds.
    agent.advance(1.0)
    assert run(agent).status == 'WARNING'
    assert delivers_everything(agent, okta)


def test_an_org_that_fails_for_hours_keeps_the_link(okta: OktaSimulator, agent: AgentStandIn) -> None:
    before = stored_link(agent)
    okta.faults.add(faults.Error('E0000009'), times=None)
    for _ in range(180):
        assert run(agent).status == 'ERROR'
        agent.advance(MINUTE_SECONDS)
    assert len(okta.requests) == 180 + 2, 'one more each hour'
    assert stored_link(agent) == before
    okta.faults.clear()
    run(agent)
    assert len(uuids(agent)) == 25


def test_an_hour_of_failures_ends_with_a_page(okta: OktaSimulator, agent: AgentStandIn) -> None:
    for _ in range(3):
        okta.faults.add(OfStoredLinks(faults.Error('E0000009')), times=40)
        for _ in range(40):
            assert run(agent).status == 'ERROR'
            agent.advance(MINUTE_SECONDS)
        assert run(agent).status == 'OK'
    assert len(uuids(agent)) == 25


def test_a_restart_reaches_no_further_back_than_okta_keeps_events(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent, agent: AgentStandIn
) -> None:
    """Okta rejects a `since` of more than 180 days ago."""
    clock.advance(200 * DAY_SECONDS)
    okta.emit(1, noise_share=0.0)
    agent = start_agent(instance)
    okta.faults.add(OfStoredLinks(faults.Error('E0000007')))
    result = run(agent)
    assert (result.status, result.error) == ('WARNING', '')
    assert okta.requests[1].query['since'] == '2027-03-13T03:03:45.000Z'
    missing, rejected = result.warnings
    assert 'Events from 2026-11-23T03:02:45.000Z to 2027-03-13T03:03:45.000Z may be missing' in missing
    assert 'Okta rejected the stored cursor' in rejected
    assert uuids(agent)[-1] == okta.events[-1]['uuid']


def test_a_start_that_has_become_too_old_is_replaced(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    """The first link was stored, and no request came through for half a year."""
    okta.stop()
    run(start_agent(instance))
    clock.advance(200 * DAY_SECONDS)
    okta.start()
    okta.emit(1, noise_share=0.0)
    agent = start_agent(instance)
    assert run(agent).status == 'WARNING'
    assert uuids(agent) == [event['uuid'] for event in okta.workflows_events]


def test_events_that_okta_no_longer_keeps_are_told_of_once(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent, agent: AgentStandIn
) -> None:
    """Okta accepts the link, and returns what is left."""
    clock.advance(100 * DAY_SECONDS)
    okta.emit(1, noise_share=0.0)
    agent = start_agent(instance)
    result = run(agent)
    assert result.status == 'WARNING'
    assert result.warnings[0] == (
        'Events from 2026-11-23T03:02:45.000Z to 2026-12-03T03:03:45.000Z may be missing: '
        'Okta keeps events for 90 days.'
    )
    assert uuids(agent)[-1] == okta.events[-1]['uuid']
    assert run(agent).status == 'OK'
