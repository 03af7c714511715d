# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What may mean missing events is told for longer than the one run that notices it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent_standin import AgentStandIn, CheckResult
from datadog_checks.okta_workflows.possible_gap import MAX_KEPT_GAPS, PossibleGap, with_gap
from okta_simulator import OktaSimulator, VirtualClock, faults
from verification.world.scenario import NOW, StartAgent

HOUR_SECONDS = 3600.0
DAY_SECONDS = 86_400.0

pytestmark = pytest.mark.usefixtures('base_that_reports_issues')

Instance = dict[str, Any]


@pytest.fixture
def instance(okta: OktaSimulator) -> Instance:
    return {'domain': okta.url, 'api_key': okta.api_key}


def run(agent: AgentStandIn) -> CheckResult:
    [result] = agent.run_checks()
    return result


def finding(agent: AgentStandIn) -> dict[str, Any]:
    found = json.loads(agent.checks[0].check.get_diagnoses())
    [step] = [each for each in found if each['name'] == 'Possible gaps']
    return dict(step)


def gap_issues(agent: AgentStandIn) -> list[dict[str, Any]]:
    return [issue for _, issue in agent.datadog_agent.issues if issue['id'].endswith(':possible_gap')]


def collecting_agent(okta: OktaSimulator, instance: Instance, start_agent: StartAgent) -> AgentStandIn:
    okta.generate(20, since=NOW - 2 * HOUR_SECONDS, until=NOW - 1, noise_share=0.0, late_share=0.0)
    agent = start_agent(instance)
    assert run(agent).status == 'OK'
    assert finding(agent)['diagnosis'] == 'No span is known of which events may be missing'
    return agent


def refused_link(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, tmp_path: Path, clock: VirtualClock
) -> AgentStandIn:
    agent = collecting_agent(okta, instance, start_agent)
    okta.faults.add(faults.CursorRefused())
    return agent


def damaged_cursor(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, tmp_path: Path, clock: VirtualClock
) -> AgentStandIn:
    agent = collecting_agent(okta, instance, start_agent)
    agent.stop()
    for path in agent.cache_files():
        (tmp_path / 'run' / path).write_bytes(b'{"ver')
    return start_agent(instance)


def lost_log_file(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, tmp_path: Path, clock: VirtualClock
) -> AgentStandIn:
    agent = collecting_agent(okta, instance, start_agent)
    agent.advance(60)
    run(agent)
    agent.intake.stop()
    okta.emit(5, noise_share=0.0)
    run(agent)
    agent.kill()
    return start_agent({**instance, 'tags': ['a:b']})


def expired_events(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, tmp_path: Path, clock: VirtualClock
) -> AgentStandIn:
    collecting_agent(okta, instance, start_agent)
    clock.advance(100 * DAY_SECONDS)
    return start_agent(instance)


@pytest.mark.parametrize(
    ('occasion', 'said'),
    [
        pytest.param(
            refused_link,
            '2026-11-23T02:47:45.000Z to 2026-11-23T03:02:45.000Z (noticed at 2026-11-23T03:02:45.000Z: '
            'Okta rejected the stored cursor)',
            id='refused-link',
        ),
        pytest.param(
            damaged_cursor,
            'before 2026-11-22T15:02:45.000Z (noticed at 2026-11-23T03:02:45.000Z: '
            'The stored cursor could not be used: it is torn)',
            id='damaged-cursor',
        ),
        pytest.param(lost_log_file, 'The Agent replaced its log file before it sent all of it)', id='lost-log-file'),
        pytest.param(
            expired_events,
            '2026-11-23T03:02:45.000Z to 2026-12-03T03:02:45.000Z (noticed at 2027-03-03T03:02:45.000Z: '
            'Okta keeps events for 90 days)',
            id='expired-events',
        ),
    ],
)
def test_a_possible_gap_is_told_for_a_day_and_kept_over_restarts(
    okta: OktaSimulator,
    clock: VirtualClock,
    instance: Instance,
    start_agent: StartAgent,
    tmp_path: Path,
    occasion: Any,
    said: str,
) -> None:
    agent = occasion(okta, instance, start_agent, tmp_path, clock)
    # Shows as long as the run that notices it is the last.
    assert run(agent).status == 'WARNING'
    for _ in range(2):
        assert run(agent).status == 'OK'
        step = finding(agent)
        assert (step['result'], said in step['diagnosis']) == (1, True), step['diagnosis']
        assert step['remediation'].startswith('Compare the events of that time')
        [issue] = gap_issues(agent)
        assert said in issue['description']
        agent = start_agent(agent.checks[0].instance)
        assert run(agent).status == 'OK'
    clock.advance(DAY_SECONDS + 1)
    assert run(agent).status == 'OK'
    assert [each for each in agent.datadog_agent.resolved_issues if each.endswith(':possible_gap')] == [issue['id']]
    step = finding(agent)
    assert (step['result'], said in step['diagnosis']) == (0, True), 'the diagnosis still knows of it'


def test_a_newer_gap_is_reported_as_well(okta: OktaSimulator, instance: Instance, start_agent: StartAgent) -> None:
    agent = collecting_agent(okta, instance, start_agent)
    for _ in range(2):
        okta.faults.add(faults.CursorRefused())
        run(agent)
        run(agent)
        agent.advance(2 * HOUR_SECONDS)
    first, second = gap_issues(agent)
    assert first['description'] in second['description']
    assert len(second['description']) > len(first['description'])


def gap(days: float) -> PossibleGap:
    moment = NOW + days * DAY_SECONDS
    return PossibleGap('It happened', moment - 60, moment, moment)


def test_the_newest_gaps_are_kept() -> None:
    gaps: tuple[PossibleGap, ...] = ()
    for day in range(10):
        gaps = with_gap(gaps, gap(day))
    assert gaps == tuple(gap(day) for day in range(10 - MAX_KEPT_GAPS, 10))
    assert with_gap(gaps, gap(98)) == (gap(8), gap(9), gap(98)), 'those of the last 90 days'
