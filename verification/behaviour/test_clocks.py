# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Whatever concerns events goes by Okta's clock, whatever the clock of this host says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from requests import Response
from requests.adapters import HTTPAdapter

from agent_standin import AgentStandIn
from okta_simulator import OktaSimulator, VirtualClock, faults
from okta_simulator.answer import Answer
from okta_simulator.clock import ClientClock
from okta_simulator.faults import Fault
from verification.world.scenario import NOW, StartAgent

from .clocks import OktaClock, event_of, happen, progress, run, since, uuids, wrong

HOUR_SECONDS = 3600.0
DAY_SECONDS = 86_400.0
# Datadog accepts logs that are dated 18 hours back and 2 hours ahead
# (https://docs.datadoghq.com/api/latest/logs/#send-logs).
OLDEST_SECONDS, NEWEST_SECONDS = -18 * HOUR_SECONDS, 2 * HOUR_SECONDS


@pytest.fixture
def okta_clock(clock: VirtualClock) -> OktaClock:
    return OktaClock(clock)


@pytest.fixture
def okta(okta_clock: OktaClock) -> Iterator[OktaSimulator]:
    with OktaSimulator(clock=okta_clock) as okta:
        yield okta


@pytest.fixture
def instance(okta: OktaSimulator) -> dict[str, Any]:
    return {'domain': okta.url, 'api_key': okta.api_key, 'initial_lookback_hours': 48}


# The age of events


@pytest.mark.parametrize('ahead_hours', [-19, -10, -1, 0, 1, 10, 19, 48])
@pytest.mark.parametrize('age_hours', [0, 1, 17, 18, 20, 40])
def test_a_line_is_dated_so_that_datadog_accepts_it(
    okta: OktaSimulator,
    okta_clock: OktaClock,
    instance: dict[str, Any],
    start_agent: StartAgent,
    ahead_hours: int,
    age_hours: int,
) -> None:
    """`late_event` marks what is too old by Okta's clock, and nothing else."""
    okta_clock.ahead_seconds = -ahead_hours * HOUR_SECONDS
    instance['initial_lookback_hours'] = 100
    event = event_of(okta, age_hours * HOUR_SECONDS)
    agent = start_agent(instance)
    run(agent)
    [line] = agent.log_lines()
    okta_now = okta.clock.now()
    assert OLDEST_SECONDS < line['timestamp'] / 1000 - okta_now < NEWEST_SECONDS
    is_late = age_hours >= 18
    assert ('late_event' in line) is is_late
    assert line['late_event' if is_late else 'log']['published'] == event['published']
    if is_late:
        assert line['late_event']['age_hours'] == age_hours


def test_without_a_date_of_oktas_the_clock_of_this_host_serves(
    okta: OktaSimulator, instance: dict[str, Any], start_agent: StartAgent
) -> None:
    okta.faults.add(faults.NoDate(), times=None)
    event_of(okta, 20 * HOUR_SECONDS)
    agent = start_agent(instance)
    assert run(agent).status == 'OK'
    [line] = agent.log_lines()
    assert line['timestamp'] == NOW * 1000
    assert line['late_event']['age_hours'] == 20


def test_a_response_without_a_date_goes_by_the_ones_before(
    okta: OktaSimulator, okta_clock: OktaClock, instance: dict[str, Any], start_agent: StartAgent
) -> None:
    okta_clock.ahead_seconds = 10 * HOUR_SECONDS
    agent = start_agent(instance)
    run(agent)
    okta.faults.add(faults.NoDate())
    event_of(okta, 20 * HOUR_SECONDS)
    run(agent)
    [line] = agent.log_lines()
    assert line['late_event']['age_hours'] == 20


@dataclass(frozen=True)
class Gateway(Fault):
    """A page of a gateway, whose clock is wrong by so much, in place of the response."""

    ahead_seconds: float
    fault: Fault

    def apply(self, answer: Answer) -> Answer:
        moment = datetime.fromtimestamp(NOW + self.ahead_seconds, UTC)
        date = moment.strftime('%a, %d %b %Y %H:%M:%S GMT')
        return self.fault.apply(answer).without_headers('Date').with_headers(('Date', date))


@pytest.mark.parametrize('status', [200, 302, 403, 503])
def test_the_date_of_a_gateway_changes_nothing(
    okta: OktaSimulator, instance: dict[str, Any], start_agent: StartAgent, status: int
) -> None:
    agent = start_agent(instance)
    run(agent)
    okta.faults.add(Gateway(-5 * DAY_SECONDS, faults.Html(status)), times=2)
    result = run(agent)
    assert (result.status, result.warnings) == ('ERROR', [])
    okta.faults.clear()
    # This one has none of its own.
    okta.faults.add(faults.NoDate())
    event_of(okta, 20 * HOUR_SECONDS)
    run(agent)
    [line] = agent.log_lines()
    assert line['late_event']['age_hours'] == 20


def test_the_date_is_that_of_the_head_of_the_response(
    okta: OktaSimulator,
    clock: VirtualClock,
    instance: dict[str, Any],
    start_agent: StartAgent,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A body may take minutes, which are no difference of clocks."""
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.client.MAX_BODY_SECONDS', HOUR_SECONDS)
    send = HTTPAdapter.send

    def send_for_a_long_body(*arguments: Any, **named: Any) -> Response:
        response = send(*arguments, **named)
        read1 = response.raw.read1

        def long_read1(*arguments: Any, **named: Any) -> bytes:
            clock.advance(400.0)
            piece: bytes = read1(*arguments, **named)
            return piece

        monkeypatch.setattr(response.raw, 'read1', long_read1)
        return response

    monkeypatch.setattr(HTTPAdapter, 'send', send_for_a_long_body)
    event_of(okta, 60.0)
    agent = start_agent(instance)
    assert run(agent).status == 'OK'
    assert uuids(agent) == ['a']
    assert clock.now() >= NOW + 400


# What the operator learns


@pytest.mark.parametrize(
    ('ahead_seconds', 'said'),
    [
        pytest.param(299.0, '', id='a-little-behind'),
        pytest.param(-299.0, '', id='a-little-ahead'),
        pytest.param(
            300.0,
            "5 minutes behind Okta's (this host: 2026-11-23T03:02:45.000Z, Okta: 2026-11-23T03:07:45.000Z)",
            id='behind',
        ),
        pytest.param(
            -300.0,
            "5 minutes ahead of Okta's (this host: 2026-11-23T03:02:45.000Z, Okta: 2026-11-23T02:57:45.000Z)",
            id='ahead',
        ),
        pytest.param(-19 * HOUR_SECONDS, "19.0 hours ahead of Okta's", id='far-ahead'),
    ],
)
def test_a_difference_of_five_minutes_is_a_warning_with_figures(
    okta: OktaSimulator,
    okta_clock: OktaClock,
    instance: dict[str, Any],
    start_agent: StartAgent,
    ahead_seconds: float,
    said: str,
) -> None:
    okta_clock.ahead_seconds = ahead_seconds
    agent = start_agent(instance)
    result = run(agent)
    assert result.status == ('WARNING' if said else 'OK')
    assert [said in text and 'Synchronize the clock of this host' in text for text in result.warnings] == [
        True for _ in filter(None, [said])
    ]
    assert run(agent).warnings == result.warnings, 'it is said as long as it is so'
    [step] = [each for each in json.loads(agent.checks[0].check.get_diagnoses()) if each['name'] == 'Clock']
    if said:
        assert said in step['diagnosis']
        assert step['remediation'] == 'Synchronize the clock of this host, for example with NTP'
    else:
        assert step['diagnosis'] == "The clock of this host differs from Okta's by 299 seconds"


def test_a_run_that_fails_tells_of_the_clock_as_well(
    okta: OktaSimulator, okta_clock: OktaClock, instance: dict[str, Any], start_agent: StartAgent
) -> None:
    """It may be the reason."""
    okta_clock.ahead_seconds = HOUR_SECONDS
    okta.rotate_api_key()
    result = run(start_agent(instance))
    assert result.status == 'ERROR'
    assert 'E0000011' in result.error
    assert "60 minutes behind Okta's" in result.warnings[0]


def test_where_okta_does_not_tell_its_time_the_diagnosis_says_so(
    okta: OktaSimulator, instance: dict[str, Any], start_agent: StartAgent
) -> None:
    okta.faults.add(faults.NoDate(), path='/.well-known/okta-organization', times=None)
    agent = start_agent(instance)
    [step] = [each for each in json.loads(agent.checks[0].check.get_diagnoses()) if each['name'] == 'Clock']
    assert step['diagnosis'] == 'Okta did not return its time, so the check uses the clock of this host'


# The time of the cursor


@pytest.mark.parametrize('ahead_hours', [-40, 0, 40])
def test_the_time_of_the_cursor_is_oktas(
    okta: OktaSimulator,
    clock: VirtualClock,
    okta_clock: OktaClock,
    instance: dict[str, Any],
    start_agent: StartAgent,
    ahead_hours: int,
) -> None:
    okta_clock.ahead_seconds = ahead_hours * HOUR_SECONDS
    event_of(okta, 60.0)
    agent = start_agent(instance)
    run(agent)
    assert progress(agent)['written']['time'] == okta_clock.now()
    clock.advance(2 * HOUR_SECONDS)
    run(agent)
    assert progress(agent)['written']['time'] == okta_clock.now(), 'the cursor of an idle org is stored once an hour'
    [step] = [each for each in json.loads(agent.checks[0].check.get_diagnoses()) if each['name'] == 'Cursor']
    assert step['diagnosis'].endswith('was delivered, 0 minutes ago')


# Where collection starts


@pytest.mark.parametrize('ahead_seconds', [-19 * HOUR_SECONDS, -60.0, 60.0, 10 * HOUR_SECONDS])
@pytest.mark.parametrize('lookback_hours', [0, 12])
def test_the_first_run_looks_back_by_oktas_clock(
    okta: OktaSimulator,
    okta_clock: OktaClock,
    instance: dict[str, Any],
    start_agent: StartAgent,
    ahead_seconds: float,
    lookback_hours: int,
) -> None:
    okta_clock.ahead_seconds = ahead_seconds
    event_of(okta, 0.0, 'before')
    okta_clock.ahead_seconds += 10.0
    instance['initial_lookback_hours'] = lookback_hours
    agent = start_agent(instance)
    run(agent)
    happen(okta, 'after')
    run(agent)
    assert uuids(agent) == (['before', 'after'] if lookback_hours else ['after'])
    assert since(okta.requests[-1]) == okta_clock.now() - lookback_hours * HOUR_SECONDS
    assert progress(agent)['started_at'] is None


def test_a_clock_that_agrees_costs_no_request(
    okta: OktaSimulator, clock: VirtualClock, instance: dict[str, Any], start_agent: StartAgent
) -> None:
    clock.advance(0.7)
    happen(okta, 'a')
    agent = start_agent(instance)
    run(agent)
    assert uuids(agent) == ['a']
    assert len(okta.requests) == 1
    assert progress(agent)['started_at'] is None


@pytest.mark.parametrize('ahead_hours', [0, 1, 19, 48])
@pytest.mark.parametrize('lookback_hours', [0, 12])
@pytest.mark.parametrize('restarted', [pytest.param(True, id='restarted'), pytest.param(False, id='same-process')])
def test_a_clock_that_is_ahead_at_the_first_run_and_put_right_later_misses_no_event(
    okta: OktaSimulator,
    clock: VirtualClock,
    okta_clock: OktaClock,
    instance: dict[str, Any],
    start_agent: StartAgent,
    check_clock: ClientClock,
    ahead_hours: int,
    lookback_hours: int,
    restarted: bool,
) -> None:
    """As on a machine that boots without a network."""
    instance['initial_lookback_hours'] = lookback_hours
    okta.stop()
    with wrong(check_clock, ahead_hours * HOUR_SECONDS):
        agent = start_agent(instance)
        assert run(agent).status == 'ERROR'
    started_at = okta_clock.now()
    clock.advance(600.0)
    happen(okta, 'meanwhile')
    clock.advance(5.0)
    if restarted:
        agent = start_agent(instance)
    okta.start()
    run(agent)
    happen(okta, *map(str, range(40)))
    run(agent)
    # What came while Okta was out of reach is known only to the process that was there, unless the clock was right.
    knows = not restarted or lookback_hours or not ahead_hours
    assert uuids(agent) == ['meanwhile'] * bool(knows) + [str(number) for number in range(40)]
    assert since(okta.requests[-1]) >= started_at - lookback_hours * HOUR_SECONDS - 1


@pytest.mark.parametrize('behind_hours', [0, 5])
def test_the_time_without_okta_is_not_skipped_after_a_restart(
    okta: OktaSimulator,
    clock: VirtualClock,
    instance: dict[str, Any],
    start_agent: StartAgent,
    check_clock: ClientClock,
    behind_hours: int,
) -> None:
    """Neither with a clock that was set back in between."""
    instance['initial_lookback_hours'] = 0
    okta.stop()
    run(start_agent(instance))
    clock.advance(600.0)
    happen(okta, 'meanwhile')
    okta.start()
    with wrong(check_clock, -behind_hours * HOUR_SECONDS):
        agent = start_agent(instance)
        run(agent)
        assert uuids(agent) == ['meanwhile']


def store(agent: AgentStandIn, tmp_path: Path, **changes: Any) -> None:
    """Change what is stored, as an earlier version may have left it."""
    for path, content in agent.cache_files().items():
        if '_cursor_' in path and content:
            fields = {**json.loads(content), **changes}
            for name in ('started_at', 'possible_gaps'):
                fields.pop(name, None)
            (tmp_path / 'run' / path).write_text(json.dumps(fields))


@pytest.mark.parametrize('after', ['', '&after=1795471365000_0'], ids=['first-link', 'with-after'])
@pytest.mark.parametrize('lookback_hours', [0, 12])
def test_a_stored_start_in_oktas_future_is_taken_back(
    okta: OktaSimulator,
    clock: VirtualClock,
    instance: dict[str, Any],
    start_agent: StartAgent,
    tmp_path: Path,
    after: str,
    lookback_hours: int,
) -> None:
    """Left by version 0.1.0 on a host whose clock was 19 hours ahead."""
    instance['initial_lookback_hours'] = lookback_hours
    agent = start_agent(instance)
    run(agent)
    link = f'{okta.url}/api/v1/logs?since=2026-11-23T22%3A02%3A45.000Z&sortOrder=ASCENDING&limit=1000{after}'
    cursor = {'link': link, 'time': NOW + 19 * HOUR_SECONDS, 'uuid': ''}
    agent.stop()
    store(agent, tmp_path, written=cursor, acknowledged=cursor)
    clock.advance(60.0)
    agent = start_agent(instance)
    happen(okta, 'before')
    clock.advance(5.0)
    result = run(agent)
    assert "Collection started in the future of Okta's clock. It restarts at 2026-11-2" in result.warnings[0]
    happen(okta, *map(str, range(40)))
    run(agent)
    assert uuids(agent) == ['before'] * bool(lookback_hours) + [str(number) for number in range(40)]
    [gap] = progress(agent)['possible_gaps']
    assert gap['cause'] == "Collection started in the future of Okta's clock"


def test_a_cursor_that_went_by_a_clock_that_is_ahead_restarts_by_oktas(
    okta: OktaSimulator, okta_clock: OktaClock, instance: dict[str, Any], start_agent: StartAgent
) -> None:
    """As long as no response tells Okta's time, the clock of this host serves."""
    okta_clock.ahead_seconds = -19 * HOUR_SECONDS
    okta.faults.add(faults.NoDate(), times=2)
    happen(okta, 'a')
    agent = start_agent(instance)
    for _ in range(2):
        run(agent)
    okta.faults.add(faults.CursorRefused())
    happen(okta, 'b')
    run(agent)
    assert since(okta.requests[-1]) == okta_clock.now() - 900
    assert uuids(agent) == ['a', 'a', 'b']


def test_a_cursor_of_an_earlier_version_keeps_its_place(
    okta: OktaSimulator, instance: dict[str, Any], start_agent: StartAgent, tmp_path: Path
) -> None:
    happen(okta, 'a')
    agent = start_agent(instance)
    run(agent)
    agent.advance(60.0)
    agent.stop()
    store(agent, tmp_path)
    agent = start_agent(instance)
    happen(okta, 'b')
    assert run(agent).status == 'OK'
    assert uuids(agent) == ['a', 'b']


# Pages that are shorter than they could be


def test_short_pages_of_old_events_do_not_end_a_run(
    okta: OktaSimulator, instance: dict[str, Any], start_agent: StartAgent
) -> None:
    """Okta does not promise that a page is full while there is more."""
    okta.generate(300, since=NOW - 40 * HOUR_SECONDS, until=NOW - HOUR_SECONDS, noise_share=0.0, late_share=0.0)
    okta.max_page_events = 37
    agent = start_agent(instance)
    run(agent)
    assert uuids(agent) == [event['uuid'] for event in okta.workflows_events]
    # The last, which is as old, is followed by an empty one.
    assert len(okta.requests) == 300 // 37 + 2


def test_a_page_that_leads_to_itself_ends_a_run(
    okta: OktaSimulator, instance: dict[str, Any], start_agent: StartAgent
) -> None:
    """Whatever it holds: to follow it would repeat its events as long as the run lasts."""
    event_of(okta, 5 * HOUR_SECONDS)
    okta.faults.add(faults.LinkHeader('<{scheme}://{netloc}/api/v1/logs?after=1_1>; rel="next"'), times=2)
    agent = start_agent(instance)
    run(agent)
    assert uuids(agent) == ['a', 'a']
    assert len(okta.requests) == 2


@pytest.mark.parametrize(('age_seconds', 'requests'), [(0.0, 1), (600.0, 1), (601.0, 2)])
def test_a_short_page_ends_a_run_if_its_last_event_is_recent(
    okta: OktaSimulator, instance: dict[str, Any], start_agent: StartAgent, age_seconds: float, requests: int
) -> None:
    event_of(okta, age_seconds)
    agent = start_agent(instance)
    run(agent)
    assert uuids(agent) == ['a']
    assert len(okta.requests) == requests


def test_after_a_page_that_is_not_recent_the_time_of_the_cursor_is_that_of_its_last_event(
    okta: OktaSimulator, instance: dict[str, Any], start_agent: StartAgent
) -> None:
    """The time of the response would be a false one: more may be there."""
    event_of(okta, 5 * HOUR_SECONDS)
    okta.faults.add(faults.Error('E0000009'), after=1)
    agent = start_agent(instance)
    assert run(agent).status == 'ERROR'
    assert uuids(agent) == ['a']
    assert progress(agent)['written']['time'] == NOW - 5 * HOUR_SECONDS


@pytest.mark.parametrize(('ahead_seconds', 'is_believed'), [(50.0, True), (DAY_SECONDS, False)])
def test_an_event_of_the_future_tells_nothing_of_the_time(
    okta: OktaSimulator, instance: dict[str, Any], start_agent: StartAgent, ahead_seconds: float, is_believed: bool
) -> None:
    """Its `published` is wrong. A minute is within what clocks of servers differ."""
    event_of(okta, 5 * HOUR_SECONDS, 'a')
    event_of(okta, -ahead_seconds, 'b')
    okta.faults.add(faults.Error('E0000009'), after=1)
    agent = start_agent(instance)
    assert run(agent).status == ('OK' if is_believed else 'ERROR')
    assert uuids(agent) == ['a', 'b']
    assert progress(agent)['written']['time'] == (NOW if is_believed else NOW - 5 * HOUR_SECONDS)
