# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Several faults at a time: a wrong clock and a restart, a rotation and a lost file, a rejected link and an outage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from agent_standin import AgentStandIn
from datadog_checks.okta_workflows import position
from datadog_checks.okta_workflows.agent.acknowledgement import Acknowledgement
from datadog_checks.okta_workflows.agent.aftermath import Aftermath
from datadog_checks.okta_workflows.agent.log_file import FileMark, FileState
from datadog_checks.okta_workflows.agent.writer import Writer
from datadog_checks.okta_workflows.okta import page
from okta_simulator import OktaSimulator, VirtualClock, faults
from okta_simulator.answer import Answer
from okta_simulator.clock import ClientClock
from okta_simulator.errors import OktaError
from okta_simulator.faults import Fault
from verification.world.run_by_hand import run_by_hand
from verification.world.scenario import NOW, StartAgent

from .clocks import OktaClock, event_of, happen, progress, run, since, uuids, wrong
from .hand_made_agent import HandMadeAgent, uuid_of

MIB = 1024 * 1024
HOUR_SECONDS = 3600.0
DAY_SECONDS = 86_400.0
MINUTE_SECONDS = 60.0

Instance = dict[str, Any]


@pytest.fixture
def okta_clock(clock: VirtualClock) -> OktaClock:
    return OktaClock(clock)


@pytest.fixture
def okta(okta_clock: OktaClock) -> Iterator[OktaSimulator]:
    with OktaSimulator(clock=okta_clock) as okta:
        yield okta


@pytest.fixture
def instance(okta: OktaSimulator) -> Instance:
    return {'domain': okta.url, 'api_key': okta.api_key, 'initial_lookback_hours': 12}


def arrived(agent: AgentStandIn) -> list[str]:
    return [log['message']['log']['uuid'] for log in agent.intake.logs]


def gap_step(agent: AgentStandIn) -> dict[str, Any]:
    found = json.loads(agent.checks[0].check.get_diagnoses())
    [step] = [each for each in found if each['name'] == 'Possible gaps']
    return dict(step)


@dataclass(frozen=True)
class WrongDate(Fault):
    """A `Date` that is so far from the time of Okta."""

    clock: OktaClock
    ahead_seconds: float

    def apply(self, answer: Answer) -> Answer:
        date = formatdate(self.clock.now() + self.ahead_seconds, usegmt=True)
        return answer.without_headers('Date').with_headers(('Date', date))


@dataclass(frozen=True)
class NoRequestId(Fault):
    """A proxy that removes the header."""

    def apply(self, answer: Answer) -> Answer:
        return answer.without_headers('X-Okta-Request-Id')


@dataclass(frozen=True)
class OldLinksRejected(Fault):
    """410 for each link that was issued before a moment."""

    until: float

    def strikes(self, query_string: str) -> bool:
        after = parse_qs(query_string).get('after')
        return after is not None and float(after[0].partition('_')[0]) < self.until * 1000

    def apply(self, answer: Answer) -> Answer:
        return faults._replaced(answer, OktaError('E0000001', 'after', status=410, causes=['after: expired']).answer())


# Lines that were never sent count as sent


@pytest.mark.parametrize('is_edited', [pytest.param(True, id='edited'), pytest.param(False, id='removed')])
def test_an_offset_of_the_file_before_that_rises_later_proves_nothing(by_hand: HandMadeAgent, is_edited: bool) -> None:
    name = 'edited' if is_edited else '1a2b'
    path = str(by_hand.path.with_name(f'okta_workflows_{name}.log'))
    # The file was removed when the registry showed 5,000 of it; an event brought the next one into being.
    mark = FileMark(path, inode=17, size=1000, stale_offset=5000)
    by_hand.path.unlink()
    aftermath = Aftermath(by_hand.log_file, Acknowledgement(), by_hand.clock)
    for offset in (5000, 6000):
        by_hand.acknowledge(**{f'of_{name}': offset})
        assert aftermath.has_lost(mark)


def test_the_mark_of_the_batch_that_makes_the_file_rotate_tells_the_stale_offset(by_hand: HandMadeAgent) -> None:
    by_hand.fill(10)
    by_hand.acknowledge(of_1a2b=MIB - 10)
    by_hand.open()

    def rotate(text: str) -> None:
        by_hand.path.unlink()
        by_hand.on_line = by_hand.write
        by_hand.write(text)

    by_hand.on_line = rotate
    assert by_hand.deliver('a', 'b')
    mark = by_hand.progress.mark
    assert mark is not None
    assert mark.size == by_hand.path.stat().st_size
    assert mark.stale_offset == MIB - 10


def test_what_stands_behind_a_rotation_survives_a_kill_and_an_edited_configuration(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    settings = {'logs_config.integrations_logs_files_max_size': 1}
    agent, size = start_agent(instance, **settings), 0
    while agent.log_file().stat().st_size >= size:
        size = agent.log_file().stat().st_size
        agent.advance(MINUTE_SECONDS)
        okta.emit(30, noise_share=0.0)
        run(agent)
    unsent = uuids(agent)
    assert unsent == [event['uuid'] for event in okta.workflows_events][-len(unsent) :]
    agent.kill()
    agent = start_agent({**instance, 'tags': ['team:a']}, **settings)
    result = run(agent)
    assert 'replaced its log file before it sent all' in ''.join(result.warnings)
    assert uuids(agent)[-len(unsent) :] == unsent


def test_a_file_that_goes_away_while_an_idle_page_is_fetched_is_read_again(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    okta.generate(150, since=NOW - 10 * HOUR_SECONDS, until=NOW - 1, noise_share=0.0, late_share=0.0)
    agent = start_agent(instance)
    for _ in range(2):
        run(agent)
        agent.advance(MINUTE_SECONDS)
    agent.intake.refuse()
    happen(okta, 'b', 'c')
    run(agent)
    agent.logs.launcher.register('other:1')
    for _ in range(9):
        agent.advance(HOUR_SECONDS / 9)
        agent.logs.launcher.handle(b'x' * 100_000, 'other:1')
    fetch_page = page.fetch_page

    def fetch_meanwhile(*arguments: Any) -> Any:
        # The logs part of the Agent restarts, and its quota is smaller than it was.
        agent.faults.disk_total_and_free_bytes = (1000 * MIB, 201 * MIB)
        agent.restart_logs(0.0)
        agent.advance(1.0)
        assert not agent.log_file().exists()
        return fetch_page(*arguments)

    with monkeypatch.context() as while_restarting:
        while_restarting.setattr(position, 'fetch_page', fetch_meanwhile)
        run(agent)
    agent.intake.accept()
    for _ in range(5):
        agent.advance(MINUTE_SECONDS)
        run(agent)
    happen(okta, 'd')
    for _ in range(5):
        run(agent)
        agent.advance(MINUTE_SECONDS)
    assert 'd' in arrived(agent)
    assert {'b', 'c'} <= set(arrived(agent))


@pytest.mark.parametrize('is_edited', [pytest.param(True, id='edited'), pytest.param(False, id='not-edited')])
def test_a_file_that_is_removed_within_a_batch_loses_nothing(
    okta: OktaSimulator,
    instance: Instance,
    start_agent: StartAgent,
    monkeypatch: pytest.MonkeyPatch,
    is_edited: bool,
) -> None:
    """What waited in it is gone, and the offset of the file that follows must not count for it."""
    happen(okta, *'abc')
    agent = start_agent(instance)
    for _ in range(2):
        run(agent)
        agent.advance(MINUTE_SECONDS)
    agent.intake.refuse()
    happen(okta, 'd')
    run(agent)
    happen(okta, *map(str, range(10)))
    send_log = agent.datadog_agent.send_log
    sent: list[str] = []

    def remove_at_the_first_line(line: str, check_id: str) -> None:
        if not sent:
            agent.log_file().unlink()
        sent.append(line)
        send_log(line, check_id)

    monkeypatch.setattr(agent.datadog_agent, 'send_log', remove_at_the_first_line)
    run(agent)
    assert len(sent) == 10
    agent.kill()
    agent = start_agent({**instance, 'tags': ['a:b']} if is_edited else instance)
    for _ in range(5):
        run(agent)
        agent.advance(MINUTE_SECONDS)
    assert {'d', *map(str, range(10))} <= set(arrived(agent))


# The time of the cursor lies in Okta's future


def collects_after_a_rejection(okta: OktaSimulator, agent: AgentStandIn) -> None:
    agent.advance(MINUTE_SECONDS)
    happen(okta, 'b', 'c')
    okta.faults.add(faults.CursorRefused())
    assert 'Okta rejected the stored cursor' in run(agent).warnings[0]
    assert since(okta.requests[-1]) <= okta.clock.now()
    agent.advance(MINUTE_SECONDS)
    happen(okta, 'd')
    run(agent)
    assert set(uuids(agent)) == {'a', 'b', 'c', 'd'}


def test_a_rejected_link_after_one_wrong_date_skips_nothing(
    okta: OktaSimulator, okta_clock: OktaClock, instance: Instance, start_agent: StartAgent
) -> None:
    happen(okta, 'a')
    agent = start_agent(instance)
    run(agent)
    okta.faults.add(WrongDate(okta_clock, DAY_SECONDS))
    for _ in range(3):
        agent.advance(MINUTE_SECONDS)
        run(agent)
    collects_after_a_rejection(okta, agent)


def test_a_rejected_link_of_an_earlier_version_on_a_host_that_is_ahead_skips_nothing(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent, tmp_path: Path
) -> None:
    """11 hours ahead with a look-back of 12: `since` was in the past, and `_review_start` sees nothing."""
    happen(okta, 'a')
    agent = start_agent(instance)
    run(agent)
    agent.advance(MINUTE_SECONDS)
    run(agent)
    agent.stop()
    for path, content in agent.cache_files().items():
        if '_cursor_' in path and content:
            fields = json.loads(content)
            for name in ('written', 'acknowledged'):
                fields[name]['time'] += 11 * HOUR_SECONDS
            del fields['started_at'], fields['possible_gaps']
            (tmp_path / 'run' / path).write_text(json.dumps(fields))
    agent = start_agent(instance)
    run(agent)
    collects_after_a_rejection(okta, agent)


# The first start


@pytest.mark.parametrize('behind_days', [30, 120, 400])
def test_a_clock_that_is_behind_at_the_first_run_and_put_right_later_does_not_lengthen_the_look_back(
    okta: OktaSimulator,
    clock: VirtualClock,
    instance: Instance,
    start_agent: StartAgent,
    check_clock: ClientClock,
    behind_days: int,
) -> None:
    """As on a machine that boots without a clock of its own and without a network."""
    event_of(okta, 0.0, 'of-half-an-hour-ago')
    okta.stop()
    with wrong(check_clock, -behind_days * DAY_SECONDS):
        agent = start_agent(instance)
        assert run(agent).status == 'ERROR'
    clock.advance(30.0)
    okta.start()
    result = run(agent)
    assert uuids(agent) == ['of-half-an-hour-ago']
    assert (result.status, result.warnings) == ('OK', [])
    assert since(okta.requests[-1]) > NOW - DAY_SECONDS


def test_a_first_start_on_a_host_that_is_far_behind_looks_back_as_configured(
    okta: OktaSimulator, okta_clock: OktaClock, instance: Instance, start_agent: StartAgent
) -> None:
    happen(okta, 'a')
    okta_clock.ahead_seconds = 400 * DAY_SECONDS
    happen(okta, 'b')
    agent = start_agent(instance)
    result = run(agent)
    assert uuids(agent) == ['b']
    assert ["ahead of" in text or 'behind' in text for text in result.warnings] == [True]
    assert since(okta.requests[-1]) == okta_clock.now() - 12 * HOUR_SECONDS


def test_a_first_page_without_a_date_is_not_delivered_twice(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    okta.generate(700, since=NOW - 10 * HOUR_SECONDS, until=NOW - 1, noise_share=0.0, late_share=0.0)
    agent = start_agent(instance, **{'logs_config.integrations_logs_files_max_size': 1})
    okta.faults.add(faults.NoDate())
    agent.intake.refuse()
    run(agent)
    assert 0 < len(uuids(agent)) < 700
    agent.intake.accept()
    for _ in range(3):
        agent.advance(MINUTE_SECONDS)
        run(agent)
    assert sorted(arrived(agent)) == sorted(event['uuid'] for event in okta.workflows_events)


def test_a_wrong_date_of_the_first_response_does_not_stop_collection(
    okta: OktaSimulator, okta_clock: OktaClock, instance: Instance, start_agent: StartAgent
) -> None:
    agent = start_agent(instance)
    okta.faults.add(WrongDate(okta_clock, DAY_SECONDS))
    run(agent)
    for number in range(3):
        agent.advance(MINUTE_SECONDS)
        happen(okta, str(number))
        run(agent)
    assert uuids(agent) == ['0', '1', '2']


def test_a_provisional_start_of_a_host_whose_clock_is_at_its_beginning_can_be_read_again(
    okta: OktaSimulator,
    clock: VirtualClock,
    instance: Instance,
    start_agent: StartAgent,
    check_clock: ClientClock,
) -> None:
    okta.stop()
    with wrong(check_clock, 100.0 - NOW):
        run(start_agent(instance))
        clock.advance(10.0)
        agent = start_agent(instance)
        result = run(agent)
    assert result.status == 'ERROR'
    assert [text for text in result.warnings if 'Cannot use the stored cursor' in text] == []
    assert progress(agent)['started_at'] == pytest.approx(100.0)


def test_a_start_that_is_converted_heeds_the_rate_limit(
    okta: OktaSimulator, okta_clock: OktaClock, instance: Instance, start_agent: StartAgent
) -> None:
    okta_clock.ahead_seconds = HOUR_SECONDS
    # Half of it is for one token: 12 requests, of which 2 are left to others.
    okta.org_rate_limit = 24
    for _ in range(9):
        requests.get(f'{okta.url}/api/v1/logs', headers={'Authorization': f'SSWS {okta.api_key}'}, timeout=5)
    okta.requests.clear()
    agent = start_agent(instance)
    run(agent)
    assert len(okta.requests) == 1
    assert 'Pausing for' in run(agent).warnings[0]


# A proxy that removes `X-Okta-Request-Id`


@pytest.mark.parametrize('fault', [NoRequestId(), faults.NoDate()], ids=['no-request-id', 'no-date'])
def test_a_start_in_the_future_is_taken_back_where_okta_does_not_tell_its_time(
    okta: OktaSimulator,
    clock: VirtualClock,
    instance: Instance,
    start_agent: StartAgent,
    check_clock: ClientClock,
    fault: Fault,
) -> None:
    okta.faults.add(fault, times=None)
    with wrong(check_clock, 19 * HOUR_SECONDS):
        agent = start_agent(instance)
        run(agent)
    for number in range(3):
        agent.advance(MINUTE_SECONDS)
        happen(okta, str(number))
        run(agent)
    assert uuids(agent) == ['0', '1', '2']


# Possible gaps that were noticed before Okta's clock was known


def with_damaged_cursor(
    okta: OktaSimulator,
    check_clock: ClientClock,
    instance: Instance,
    start_agent: StartAgent,
    tmp_path: Path,
    ahead_seconds: float,
) -> AgentStandIn:
    happen(okta, 'a')
    agent = start_agent(instance)
    run(agent)
    agent.stop()
    for path in agent.cache_files():
        (tmp_path / 'run' / path).write_bytes(b'{"ver')
    with wrong(check_clock, ahead_seconds):
        agent = start_agent(instance)
        assert 'Cannot use the stored cursor' in run(agent).warnings[0]
        run(agent)
    return agent


def test_a_damaged_cursor_on_a_host_that_is_behind_is_told_for_a_day(
    okta: OktaSimulator,
    clock: VirtualClock,
    instance: Instance,
    start_agent: StartAgent,
    tmp_path: Path,
    check_clock: ClientClock,
) -> None:
    agent = with_damaged_cursor(okta, check_clock, instance, start_agent, tmp_path, -2 * DAY_SECONDS)
    step = gap_step(agent)
    assert 'it is torn' in step['diagnosis']
    assert step['result'] == 1
    assert 'before 2026-11-22T15:02:45.000Z' in step['diagnosis']


def test_a_damaged_cursor_on_a_host_that_is_ahead_is_told_for_a_day_and_no_longer(
    okta: OktaSimulator,
    clock: VirtualClock,
    instance: Instance,
    start_agent: StartAgent,
    tmp_path: Path,
    check_clock: ClientClock,
) -> None:
    agent = with_damaged_cursor(okta, check_clock, instance, start_agent, tmp_path, 30 * DAY_SECONDS)
    clock.advance(2 * DAY_SECONDS)
    run(agent)
    step = gap_step(agent)
    assert 'it is torn' in step['diagnosis']
    assert step['result'] == 0


# Runs that do not end, wait for long, or write too much


def test_a_file_that_goes_away_right_after_a_rotation_ends_the_run(
    by_hand: HandMadeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand.fill(10)
    by_hand.acknowledge(of_1a2b=MIB - 10)
    by_hand.open()

    def rotate(text: str) -> None:
        by_hand.path.unlink()
        by_hand.write(text)

    by_hand.on_line = rotate
    write = Writer.write

    def write_and_lose(*arguments: Any) -> FileState:
        after = write(*arguments)
        by_hand.path.unlink()
        return after

    monkeypatch.setattr(Writer, 'write', write_and_lose)
    assert by_hand.deliver('a')
    assert not by_hand.deliver('b')
    assert [uuid_of(text) for text in by_hand.sent] == ['a']
    assert by_hand.clock.now() - NOW < 1


def test_a_lost_log_file_after_a_rejected_link_does_not_stop_collection_for_an_hour(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    happen(okta, 'a')
    agent = start_agent(instance)
    for _ in range(3):
        run(agent)
        agent.advance(MINUTE_SECONDS)
    agent.intake.refuse()
    happen(okta, 'b')
    run(agent)
    agent.advance(MINUTE_SECONDS)
    okta.faults.add(OldLinksRejected(clock.now()), times=None)
    assert 'Okta rejected the stored cursor' in run(agent).warnings[0]
    agent.log_file().unlink()
    agent.advance(MINUTE_SECONDS)
    result = run(agent)
    assert 'replaced its log file' in result.warnings[0]
    assert result.error == ''
    agent.intake.accept()
    agent.advance(MINUTE_SECONDS)
    assert run(agent).status == 'OK'
    assert 'b' in uuids(agent)


def test_without_a_log_file_the_cursor_is_not_written_by_each_run(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    happen(okta, 'a')
    agent = start_agent(instance, logs=[])
    numbers = []
    for _ in range(5):
        assert 'keeps no log file' in run(agent).error
        numbers.append(progress(agent)['number'])
    assert numbers[1:] == [numbers[1]] * 4


def test_the_cursor_of_an_idle_org_is_stored_once_an_hour_after_the_clock_was_set_back(
    okta: OktaSimulator,
    clock: VirtualClock,
    instance: Instance,
    start_agent: StartAgent,
    check_clock: ClientClock,
) -> None:
    with wrong(check_clock, 2 * DAY_SECONDS):
        agent = start_agent(instance)
        run(agent)
    for _ in range(3):
        agent.advance(HOUR_SECONDS)
        run(agent)
    assert progress(agent)['written']['time'] == okta.clock.now()


# Messages


def test_a_run_by_hand_without_a_log_file_says_so(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    happen(okta, 'a')
    agent = start_agent(instance)
    agent.log_file().unlink()
    text = run_by_hand(agent)
    assert 'keeps no log file' in text
    assert 'If you ran `agent check` manually' in text
