# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Delivery as a whole: whatever happens to the Agent, every event reaches Datadog's intake.

The Agent keeps 1 MiB of log lines, some 500 events, so that its limits are met soon. Time is virtual.
"""

from __future__ import annotations

import errno
import itertools
import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import pytest

from agent_standin import AgentKilled, AgentStandIn, CheckResult, Faults, Intake
from agent_standin.auditor import Entry
from agent_standin.faults import KillPoint, SendBlocked
from datadog_checks.okta_workflows.clock import SystemClock
from datadog_checks.okta_workflows.run_time import SHORT_RUN_SECONDS, RunTime
from okta_simulator import OktaSimulator, VirtualClock
from okta_simulator.clock import ClientClock
from verification.world.run_by_hand import run_by_hand
from verification.world.scenario import NOW

from .hand_made_agent import uuid_of

NAME = 'okta_workflows'
LOGS_SECTION = [
    {'type': 'integration', 'source': 'okta-workflows', 'service': 'workflows', 'start_position': 'beginning'}
]
MIB = 1024 * 1024
HOUR_SECONDS = 3600.0
INTERVAL_SECONDS = 30.0
ALLOWANCE_BYTES = MIB // 4
OTHER_SOURCE = 'file:/var/log/app.log'
SOME_SECONDS = 15.0

StartAgent = Callable[..., AgentStandIn]


@pytest.fixture
def intake() -> Iterator[Intake]:
    with Intake() as intake:
        yield intake


@pytest.fixture
def start_agent(
    tmp_path: Path,
    okta: OktaSimulator,
    intake: Intake,
    clock: VirtualClock,
    check_clock: ClientClock,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[StartAgent]:
    """Start an Agent over the same files, in place of the one before; `instance` and `settings` are additions."""
    running: list[AgentStandIn] = []

    def start(
        *, instance: dict[str, Any] | None = None, logs: Any = LOGS_SECTION, settings: Any = None, **options: Any
    ) -> AgentStandIn:
        for agent in running:
            agent.stop()
        agent = AgentStandIn(tmp_path, clock, intake=intake, **options)
        agent.set_config(**{'logs_config.integrations_logs_files_max_size': 1, **(settings or {})})
        # Rare enough that a check runs only when a test says so.
        whole = {'domain': okta.url, 'api_key': okta.api_key, 'min_collection_interval': 1_000_000, **(instance or {})}
        agent.configure(NAME, {'init_config': {}, 'instances': [whole], 'logs': logs})
        running.append(agent.start())
        # While the check waits, the rest of the Agent works.
        check_clock.sleep = agent.advance
        return agent

    yield start
    for agent in running:
        agent.stop()


def fill(okta: OktaSimulator, count: int) -> None:
    """A history of the last ten hours, which the first run looks back on."""
    okta.generate(count, since=NOW - 10 * HOUR_SECONDS, until=NOW - 1, noise_share=0.0)


def run(agent: AgentStandIn) -> CheckResult:
    [result] = agent.run_checks()
    return result


def runs(agent: AgentStandIn, seconds: float, every: float = INTERVAL_SECONDS) -> list[CheckResult]:
    results = []
    for _ in range(round(seconds / every)):
        results.append(run(agent))
        agent.advance(every)
    return results


def expected(okta: OktaSimulator) -> set[str]:
    return {event['uuid'] for event in okta.workflows_events}


def arrivals(intake: Intake) -> Counter[str]:
    """How often each event came to the intake as one that Datadog can read; `''` for lines that it cannot."""
    return Counter(log['message']['log']['uuid'] if isinstance(log['message'], dict) else '' for log in intake.logs)


def repeats(intake: Intake) -> int:
    return sum(count - 1 for uuid, count in arrivals(intake).items() if uuid)


def run_until_all_arrived(agent: AgentStandIn, okta: OktaSimulator, intake: Intake, most_runs: int = 60) -> None:
    for _ in range(most_runs):
        if not expected(okta) - set(arrivals(intake)):
            return
        runs(agent, INTERVAL_SECONDS)
    missing = expected(okta) - set(arrivals(intake))
    assert not missing, f'{len(missing)} of {len(expected(okta))} events are missing'


def file_size(agent: AgentStandIn) -> int:
    return agent.log_file().stat().st_size


def cursor_files(agent: AgentStandIn) -> dict[str, bytes]:
    return {path: content for path, content in agent.cache_files().items() if '_cursor_' in path}


def stored_uuid(agent: AgentStandIn) -> str:
    """The event behind which the stored cursor goes on; `''` for the beginning of a page."""
    progress = max((json.loads(content) for content in cursor_files(agent).values()), key=lambda each: each['number'])
    uuid: str = progress['written']['uuid']
    return uuid


def has_another_source(agent: AgentStandIn, place: str = '17') -> None:
    """The Agent reads something else too, and is that far with it."""
    agent.logs.auditor.entries[OTHER_SOURCE] = Entry(place, agent.clock.now())
    agent.logs.auditor.tailing_started(OTHER_SOURCE)


def disk(monkeypatch: pytest.MonkeyPatch, total: int, free: int) -> Faults:
    """What the machine's disk seems to have, to the check and to an Agent that starts with these faults."""
    usage = shutil.disk_usage('.')._replace(total=total, free=free)
    monkeypatch.setattr(shutil, 'disk_usage', lambda path: usage)
    return Faults(disk_total_and_free_bytes=(total, free))


# Where lines would go nowhere


def watch_lines(agent: AgentStandIn, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The events that are handed to the Agent from now on."""
    sent: list[str] = []
    send_log = agent.datadog_agent.send_log

    def watched_send_log(line: str, check_id: str) -> None:
        sent.append(uuid_of(line))
        send_log(line, check_id)

    monkeypatch.setattr(agent.datadog_agent, 'send_log', watched_send_log)
    return sent


SECTION = '`conf.yaml` has no `logs` section of type `integration`'
QUOTA = 'the quota of all log files leaves no room ('


@pytest.mark.parametrize(
    'logs',
    [
        pytest.param([], id='no logs section'),
        pytest.param([{'type': 'file', 'path': '/var/log/a.log', 'source': 'a', 'service': 'a'}], id='another type'),
    ],
)
def test_without_a_log_file_one_event_is_tried_and_nothing_is_committed(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch, logs: Any
) -> None:
    fill(okta, 50)
    agent = start_agent(logs=logs)
    sent = watch_lines(agent, monkeypatch)
    for number in range(1, 4):
        result = run(agent)
        assert result.status == 'ERROR'
        assert f'one of two: {SECTION}, or {QUOTA}100 MiB, ' in result.error
        assert 'Add the `logs` section' in result.error.partition('. Otherwise: ')[0]
        assert str(agent.log_file()) in result.error
        assert sent == [okta.workflows_events[0]['uuid']] * number
        assert len(okta.requests) == number
        assert stored_uuid(agent) == ''
        # The Agent may be about to create the file when it has just started, and at no other time.
        assert result.duration_seconds == pytest.approx(10.2 if number == 1 else 5.2, abs=0.3)
    run_until_all_arrived(start_agent(), okta, intake)


def test_without_a_log_file_for_want_of_disk_space_the_quota_is_named_first(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(okta, 50)
    agent = start_agent(faults=disk(monkeypatch, 1000 * MIB, 100 * MIB))
    result = run(agent)
    assert result.status == 'ERROR'
    assert (
        f'one of two: {QUOTA}0 MiB, after `logs_config.integrations_logs_total_usage` 100 MiB, '
        '`logs_config.integrations_logs_disk_ratio` 0.8, and 100 MiB free; the log files of other integrations take '
        f'0 MiB), or {SECTION}'
    ) in result.error
    assert 'Free disk space' in result.error.partition('. Otherwise: ')[0]
    agent = start_agent(faults=disk(monkeypatch, 1000 * MIB, 900 * MIB))
    run_until_all_arrived(agent, okta, intake)


def test_without_a_log_file_and_an_event_to_try_it_with_the_operator_is_warned(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    agent = start_agent(logs=[])
    result = run(agent)
    assert (result.status, result.error) == ('WARNING', '')
    assert 'keeps no log file for this instance' in result.warnings[0]
    assert 'no event came that could bring it into being' in result.warnings[0]
    assert SECTION in result.warnings[0]
    okta.emit(1, noise_share=0.0)
    assert run(agent).status == 'ERROR'
    run_until_all_arrived(start_agent(), okta, intake)


@pytest.mark.parametrize('profile', ['current', 'older'])
def test_an_agent_that_started_with_less_room_than_there_is_now_is_no_reason_to_go_back_for_ever(
    okta: OktaSimulator,
    intake: Intake,
    start_agent: StartAgent,
    monkeypatch: pytest.MonkeyPatch,
    profile: Literal['current', 'older'],
) -> None:
    """The Agent works its quota out when it starts: here 2 MiB, and the check finds 100 MiB later."""
    fill(okta, 5_000)
    faults = disk(monkeypatch, 1000 * MIB, 202 * MIB)
    settings = {'logs_config.integrations_logs_files_max_size': 10}
    agent = start_agent(profile=profile, faults=faults, settings=settings)
    disk(monkeypatch, 1000 * MIB, 900 * MIB)
    results = runs(agent, 6 * INTERVAL_SECONDS)
    assert expected(okta) == set(arrivals(intake))
    assert [result.error for result in results] == [''] * 6
    rotations = 4
    assert repeats(intake) <= rotations * 100


def restart_over_quota(agent: AgentStandIn, start_agent: StartAgent, **options: Any) -> AgentStandIn:
    """Another integration's file leaves no room, so the Agent deletes this one when it starts, and makes no other."""
    agent.logs.launcher.register('other:1')
    for _ in range(9):
        agent.advance(1)
        agent.logs.launcher.handle(b'x' * 100_000, 'other:1')
    options.setdefault('settings', {})['logs_config.integrations_logs_total_usage'] = 1
    agent = start_agent(**options)
    assert not agent.log_file().exists()
    return agent


@pytest.mark.parametrize('file_scan_period', [1, 10])
def test_a_log_file_that_the_agent_removed_when_it_started_comes_back(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, file_scan_period: int
) -> None:
    """All of it was sent: nothing is repeated, and the first event brings it back."""
    settings = {'logs_config.file_scan_period': file_scan_period}
    fill(okta, 100)
    agent = start_agent(settings=settings)
    run_until_all_arrived(agent, okta, intake)
    run(agent)
    agent = restart_over_quota(agent, start_agent, settings=settings)
    result = run(agent)
    assert (result.status, result.error) == ('WARNING', '')
    assert 'no event came that could bring it into being' in result.warnings[0]
    okta.emit(150, noise_share=0.0)
    result = run(agent)
    assert (result.status, result.warnings) == ('OK', [])
    assert len(agent.log_lines()) == 150, 'collection goes on in the same run'
    run_until_all_arrived(agent, okta, intake)
    assert arrivals(intake) == Counter(expected(okta))


def test_of_a_log_file_that_the_agent_removed_before_all_was_sent_the_rest_is_read_again(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    fill(okta, 100)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    run(agent)
    intake.refuse()
    okta.emit(50, noise_share=0.0)
    run(agent)
    agent = restart_over_quota(agent, start_agent)
    intake.accept()
    result = run(agent)
    assert (result.status, result.error) == ('WARNING', '')
    assert 'replaced its log file before it sent all of it' in result.warnings[0]
    run_until_all_arrived(agent, okta, intake)
    assert arrivals(intake) == Counter(expected(okta))


def test_a_log_file_that_is_removed_while_the_agent_runs_comes_back(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    fill(okta, 100)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    run(agent)
    for _ in range(3):
        agent.log_file().unlink()
        agent.advance(20)
        okta.emit(20, noise_share=0.0)
        assert run(agent).status == 'OK'
        run_until_all_arrived(agent, okta, intake)
        run(agent)
    assert arrivals(intake) == Counter(expected(okta))


@pytest.mark.parametrize('blocked_seconds', [0.0, 35.0])
@pytest.mark.parametrize('is_over_quota', [pytest.param(True, id='over-quota'), pytest.param(False, id='with-room')])
@pytest.mark.parametrize('is_down', [pytest.param(True, id='outage'), pytest.param(False, id='no-outage')])
def test_a_restart_of_the_logs_part_loses_nothing(
    okta: OktaSimulator,
    intake: Intake,
    start_agent: StartAgent,
    blocked_seconds: float,
    is_over_quota: bool,
    is_down: bool,
) -> None:
    """Inside a running Agent: the quota is computed again, log files are deleted, and no check is registered."""
    fill(okta, 100)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    run(agent)
    agent.logs.launcher.register('other:1')
    agent.advance(1)
    for _ in range(9):
        agent.logs.launcher.handle(b'x' * 100_000, 'other:1')
    if is_down:
        intake.refuse()
    okta.emit(30, noise_share=0.0)
    if is_down:
        run(agent)
    agent.advance(10)
    agent.logs.launcher.handle(b'x', 'other:1')
    agent.faults.disk_total_and_free_bytes = (1000 * MIB, (201 if is_over_quota else 900) * MIB)
    agent.restart_logs(blocked_seconds)
    intake.accept()
    agent.advance(40)
    assert agent.log_file().exists() is not is_over_quota
    okta.emit(30, noise_share=0.0)
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) == 0
    assert len(arrivals(intake)) == 160


def test_a_run_that_meets_the_restart_of_the_logs_part_goes_on(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`send_log` blocks meanwhile."""
    fill(okta, 150)
    agent = start_agent()
    send_log = agent.datadog_agent.send_log
    sent = itertools.count(1)

    def restart_at_the_70th(line: str, check_id: str) -> None:
        if next(sent) == 70:
            agent.restart_logs(35.0)
        send_log(line, check_id)

    monkeypatch.setattr(agent.datadog_agent, 'send_log', restart_at_the_70th)
    run(agent)
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) == 0
    assert len(arrivals(intake)) == 150


@pytest.mark.parametrize('profile', ['current', 'older'])
def test_with_the_sizes_of_an_agent_as_it_comes_nothing_is_lost_or_repeated(
    tmp_path: Path, okta: OktaSimulator, intake: Intake, start_agent: StartAgent, profile: Any
) -> None:
    fill(okta, 3000)
    # The file as large as it comes, and lines that are longer than older Agents take.
    for letter in 'x\u00fc':
        [event] = okta.generator.events(1, NOW - 60)
        event['debugContext'] = {'debugData': {'note': letter * 300_000}}
        okta.append(event)
    sizes = {'logs_config.integrations_logs_files_max_size': {'current': 100, 'older': 10}[profile]}
    agent = start_agent(profile=profile, settings=sizes)
    run_until_all_arrived(agent, okta, intake)
    assert arrivals(intake) == Counter(expected(okta))
    longest = max(len(line) for line in agent.log_file().read_bytes().splitlines())
    assert (longest > 300_000) is (profile == 'current')
    assert 0.9 < longest / (300_000 * 2 if profile == 'current' else 256_000) < 1.01


@pytest.mark.parametrize('point', ['before_write', 'between_writes', 'after_write', 'before_cache_write'])
def test_a_kill_at_the_event_that_brings_the_file_back_loses_nothing(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, point: KillPoint
) -> None:
    fill(okta, 100)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    run(agent)
    settings = {'logs_config.integrations_logs_total_usage': 1}
    agent = restart_over_quota(agent, start_agent)
    okta.emit(50, noise_share=0.0)
    agent.faults.kill_at(point)
    with pytest.raises(AgentKilled):
        run(agent)
    agent = start_agent(settings=settings)
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) <= 1


@pytest.mark.parametrize(
    'ratio, free, said',
    [
        pytest.param(0.8, 100 * MIB, ['`logs_config.integrations_logs_disk_ratio` (0.8)', 'restart'], id='ratio'),
        pytest.param(1.0, MIB - 1, ['The disk is full'], id='full'),
        pytest.param(1.0, MIB, ['If you ran `agent check` manually', '`agent.log`'], id='neither'),
    ],
)
def test_lines_that_are_not_written_are_an_error_that_names_the_cause(
    okta: OktaSimulator,
    start_agent: StartAgent,
    monkeypatch: pytest.MonkeyPatch,
    ratio: float,
    free: int,
    said: list[str],
) -> None:
    fill(okta, 50)
    agent = start_agent(settings={'logs_config.integrations_logs_disk_ratio': ratio})
    agent.faults.write_errno = errno.ENOSPC
    disk(monkeypatch, 1000 * MIB, free)
    result = run(agent)
    assert result.status == 'ERROR'
    assert 'did not write them' in result.error
    assert [text for text in said if text not in result.error] == []
    assert len(result.error.splitlines()) == 1


@pytest.mark.parametrize(
    'reason, short',
    [
        pytest.param(errno.EACCES, False, id='permission'),
        pytest.param(errno.ENOSPC, False, id='full disk'),
        pytest.param(errno.ENOSPC, True, id='full disk, half a line'),
    ],
)
def test_what_could_not_be_written_is_handed_over_again(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, reason: int, short: bool
) -> None:
    fill(okta, 120)
    agent = start_agent()
    agent.faults.write_errno, agent.faults.short_write = reason, short
    for result in runs(agent, 4 * INTERVAL_SECONDS):
        assert result.status == 'ERROR'
    assert stored_uuid(agent) == ''
    agent.faults.write_errno = None
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) == 0


def test_a_disk_that_takes_half_lines_for_long_is_not_filled_with_them(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    fill(okta, 300)
    agent = start_agent()
    agent.faults.write_errno, agent.faults.short_write = errno.ENOSPC, True
    run(agent)
    before = file_size(agent)
    runs(agent, 10 * INTERVAL_SECONDS)
    assert before < file_size(agent) < before + 10 * 4000
    agent.faults.write_errno, agent.faults.short_write = None, False
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) == 0


def test_an_agent_that_stopped_taking_lines_costs_nothing(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    fill(okta, 50)
    agent = start_agent()
    agent.logs.handover.stop()
    with pytest.raises(SendBlocked):
        run(agent)
    agent.logs.handover.resume()
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) == 0


def test_a_run_by_hand_says_so_and_moves_nothing(okta: OktaSimulator, intake: Intake, start_agent: StartAgent) -> None:
    fill(okta, 50)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    okta.emit(150, noise_share=0.0)
    before = agent.cache_files()
    assert 'If you ran `agent check` manually, this is expected' in run_by_hand(agent)
    assert agent.cache_files() == before
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) == 0


def test_a_run_by_hand_before_the_first_real_one_loses_nothing(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    fill(okta, 50)
    agent = start_agent()
    assert 'If you ran `agent check` manually' in run_by_hand(agent)
    run_until_all_arrived(agent, okta, intake)


def test_a_file_that_comes_a_moment_late_is_waited_for(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, check_clock: ClientClock
) -> None:
    """The Agent creates it while it schedules the check."""
    fill(okta, 50)
    agent = start_agent()
    path = agent.log_file()
    path.rename(path.with_suffix('.late'))
    created_at = agent.clock.now() + 4

    def sleep(seconds: float) -> None:
        agent.advance(seconds)
        if agent.clock.now() >= created_at and not path.exists():
            path.with_suffix('.late').rename(path)

    check_clock.sleep = sleep
    assert run(agent).status == 'OK'
    run_until_all_arrived(agent, okta, intake)


@pytest.mark.parametrize('delay_seconds', [0.05, 1.0, 4.5])
def test_a_slow_disk_is_waited_for(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, delay_seconds: float
) -> None:
    """`send_log` returns before the line is written."""
    fill(okta, 30)
    agent = start_agent(faults=Faults(write_delay_seconds=delay_seconds))
    assert run(agent).status == 'OK'
    agent.advance(60)
    assert arrivals(intake) == Counter(expected(okta))


def test_a_disk_slower_than_the_deadline_is_an_error_and_loses_nothing(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    fill(okta, 30)
    agent = start_agent(faults=Faults(write_delay_seconds=7))
    assert run(agent).status == 'ERROR'
    agent.faults.write_delay_seconds = 0
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) <= 30


def test_a_file_that_goes_away_during_the_run_is_an_error(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(okta, 150)
    agent = start_agent()
    send_log = agent.datadog_agent.send_log

    def send_and_remove(line: str, check_id: str) -> None:
        send_log(line, check_id)
        shutil.rmtree(agent.log_file().parent, ignore_errors=True)

    monkeypatch.setattr(agent.datadog_agent, 'send_log', send_and_remove)
    result = run(agent)
    assert result.status == 'ERROR'
    assert 'did not write them' in result.error
    monkeypatch.setattr(agent.datadog_agent, 'send_log', send_log)
    run_until_all_arrived(start_agent(), okta, intake)


# Rotation


@pytest.mark.parametrize(
    'options, scan_seconds',
    [
        pytest.param({'rotation': 'truncate'}, 10, id='truncate'),
        pytest.param({'rotation': 'recreate'}, 1, id='recreate'),
        pytest.param({'rotation': 'truncate', 'platform': 'windows'}, 10, id='truncate on Windows'),
        pytest.param({'rotation': 'recreate', 'platform': 'windows'}, 1, id='recreate on Windows'),
    ],
)
def test_rotation_loses_and_repeats_nothing(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, options: dict[str, Any], scan_seconds: int
) -> None:
    fill(okta, 700)
    agent = start_agent(settings={'logs_config.file_scan_period': scan_seconds}, **options)
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) == 0
    assert sum(len(json.dumps(log)) for log in intake.logs) > MIB
    assert agent.logs.file_launcher.missed_bytes == 0


def test_a_file_that_cannot_be_replaced_stops_collection_until_it_can(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    """As on Windows while another process holds it open: the Agent drops the line."""
    fill(okta, 750)
    agent = start_agent(rotation='remove fails')
    results = runs(agent, 600)
    assert results[-1].status == 'ERROR'
    assert 'did not write them' in results[-1].error
    assert 0 < len(arrivals(intake)) < 750
    run_until_all_arrived(start_agent(rotation='recreate'), okta, intake)
    assert repeats(intake) == 0


def test_the_file_rotates_only_when_it_is_drained(okta: OktaSimulator, intake: Intake, start_agent: StartAgent) -> None:
    """With an intake that gives up now and then, watched at every line."""
    fill(okta, 700)
    agent = start_agent(rotation='truncate')
    launcher, rotations, undrained = agent.logs.launcher, 0, []
    rotate = launcher._rotate

    def watch(file: Any) -> None:
        nonlocal rotations
        rotations += 1
        offset = agent.logs.auditor.offset(f'file:{file.path}')
        if offset != file.path.stat().st_size:
            undrained.append(offset)
        rotate(file)

    launcher._rotate = watch  # type: ignore[method-assign]
    for number in range(15):
        (intake.refuse if number % 5 == 1 else intake.accept)()
        runs(agent, 2 * INTERVAL_SECONDS)
    run_until_all_arrived(agent, okta, intake)
    assert rotations > 0 and undrained == []
    assert repeats(intake) == 0


def test_a_file_that_the_operator_empties_is_no_reason_to_stop(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    fill(okta, 100)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    os.truncate(agent.log_file(), 0)
    okta.emit(300, noise_share=0.0)
    run_until_all_arrived(agent, okta, intake)


# What the Agent loses before it is sent


def test_what_another_integration_pushed_out_is_read_again(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    """At the limit of all its log files the Agent removes the one that was quiet for the longest time."""
    fill(okta, 100)
    agent = start_agent(settings={'logs_config.integrations_logs_total_usage': 2})
    has_another_source(agent)
    run(agent)
    intake.refuse()
    agent.advance(60)
    okta.emit(50, noise_share=0.0)
    run(agent)
    agent.advance(60)
    for other in ('other:1', 'other:2'):
        agent.logs.launcher.register(other)
        for _ in range(10):
            agent.logs.launcher.handle(b'x' * 100_000, other)
            agent.advance(1)
    assert file_size(agent) == 0
    agent.advance(120)
    intake.accept()
    result = run(agent)
    assert result.status == 'WARNING'
    assert 'replaced its log file before it sent all of it' in result.warnings[0]
    run_until_all_arrived(agent, okta, intake)


@pytest.mark.parametrize('change', [pytest.param({'tags': ['a:b']}, id='edited'), pytest.param({}, id='not edited')])
@pytest.mark.parametrize('killed', [pytest.param(True, id='killed'), pytest.param(False, id='stopped')])
def test_a_restart_before_all_was_sent_loses_nothing(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, change: dict[str, Any], killed: bool
) -> None:
    """After an edit nobody reads the old log file any more."""
    fill(okta, 100)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    intake.refuse()
    okta.emit(50, noise_share=0.0)
    run(agent)
    if killed:
        agent.kill()
    agent = start_agent(instance=change)
    intake.accept()
    result = run(agent)
    assert ('replaced its log file before it sent all of it' in ''.join(result.warnings)) is bool(change)
    run_until_all_arrived(agent, okta, intake)


@pytest.mark.parametrize('change', [pytest.param({'tags': ['a:b']}, id='edited'), pytest.param({}, id='not edited')])
def test_a_restart_after_all_was_sent_repeats_nothing(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, change: dict[str, Any]
) -> None:
    fill(okta, 200)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    agent = start_agent(instance=change)
    okta.emit(50, noise_share=0.0)
    for result in runs(agent, 120):
        assert result.status == 'OK'
    assert arrivals(intake) == Counter(expected(okta))


@pytest.mark.parametrize('option', ['name', 'namespace'])
def test_an_instance_with_a_name_is_warned_about_and_loses_nothing(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, option: str
) -> None:
    """The Agent empties its log file at each start."""
    fill(okta, 100)
    agent = start_agent(instance={option: 'prod'})
    result = run(agent)
    assert result.status == 'WARNING'
    assert f'Remove `{option}`' in result.warnings[0]
    intake.refuse()
    agent.advance(60)
    okta.emit(50, noise_share=0.0)
    run(agent)
    agent.kill()
    intake.accept()
    run_until_all_arrived(start_agent(instance={option: 'prod'}), okta, intake)


def test_what_was_sent_of_a_lost_file_is_not_repeated_twice(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    """To go back once is enough."""
    fill(okta, 100)
    agent = start_agent()
    intake.refuse()
    run(agent)
    agent.kill()
    intake.accept()
    agent = start_agent(instance={'tags': ['a:b']})
    statuses = [result.status for result in runs(agent, 600)]
    assert statuses[0] == 'WARNING'
    assert set(statuses[1:]) == {'OK'}
    assert arrivals(intake) == Counter(expected(okta))


# Outages


@pytest.mark.parametrize(
    'rotation, answer',
    [
        pytest.param('truncate', None, id='refused connection, truncate'),
        pytest.param('recreate', None, id='refused connection, recreate'),
        pytest.param('recreate', 500, id='500'),
        pytest.param('truncate', 429, id='429'),
    ],
)
def test_an_outage_is_waited_out_and_ends_by_itself(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, rotation: str, answer: int | None
) -> None:
    """The file fills once; then the check sends no request to Okta and the cursor does not move, with a warning why."""
    fill(okta, 700)
    agent = start_agent(rotation=rotation)
    has_another_source(agent)
    okta.emit(10, noise_share=0.0)
    if answer is None:
        intake.refuse()
    else:
        intake.answer = answer
    runs(agent, 120)
    size, requests, cursors = file_size(agent), len(okta.requests), cursor_files(agent)
    assert MIB * 0.99 < size <= MIB
    for result in runs(agent, HOUR_SECONDS, every=600):
        assert result.status == 'WARNING'
        assert re.match('Collection is paused since [^ ]+: 1.0 MiB', result.warnings[0])
        assert '`agent status`' in result.warnings[0]
    assert (file_size(agent), len(okta.requests), cursor_files(agent)) == (size, requests, cursors)
    intake.answer = 202
    intake.accept()
    agent.advance(180)
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) == 0
    assert run(agent).status == 'OK'


def test_the_warning_tells_the_backlog(okta: OktaSimulator, intake: Intake, start_agent: StartAgent) -> None:
    fill(okta, 50)
    agent = start_agent()
    has_another_source(agent)
    run_until_all_arrived(agent, okta, intake)
    intake.refuse()
    okta.emit(800, noise_share=0.0)
    results = runs(agent, 120)
    assert results[-1].status == 'WARNING'
    assert "0.9 MiB in the Agent's log file wait for Datadog's intake" in results[-1].warnings[0]


def test_an_outage_in_which_nothing_else_tells_of_it_loses_nothing(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone on the host it might be a filter, so a little is tried every ten minutes.

    What is tried first makes the full file rotate. That is made good when it turns out that it was an outage.
    """
    fill(okta, 1000)
    agent = start_agent(rotation='truncate')
    intake.refuse()
    runs(agent, 120)
    requests, sent = len(okta.requests), watch_lines(agent, monkeypatch)
    runs(agent, HOUR_SECONDS, every=150)
    assert 30 < len(sent) < (ALLOWANCE_BYTES + 6 * 16_384) / 1000, 'a line has more than a thousand bytes'
    assert len(okta.requests) <= requests + 7
    intake.accept()
    agent.advance(180)
    run_until_all_arrived(agent, okta, intake)


@pytest.mark.parametrize('rotation', ['truncate', 'recreate'])
def test_what_a_rotation_takes_in_a_long_outage_is_read_again(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, rotation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Alone on the host, what is tried fills the file in the end: it is let rotate, and made good afterwards."""
    fill(okta, 800)
    agent = start_agent(rotation=rotation)
    intake.refuse()
    sizes = []
    for _ in range(8):
        runs(agent, 660, every=330)
        sizes.append(file_size(agent))
    assert sizes != sorted(sizes), 'no rotation'
    intake.accept()
    agent.advance(180)
    warnings = [text for result in runs(agent, 300) for text in result.warnings]
    assert len([text for text in warnings if 'replaced its log file before it sent all of it' in text]) == 1
    run_until_all_arrived(agent, okta, intake)
    assert run(agent).status == 'OK'


def test_events_that_okta_is_about_to_drop_do_not_wait(
    okta: OktaSimulator, clock: VirtualClock, intake: Intake, start_agent: StartAgent
) -> None:
    fill(okta, 50)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    okta.emit(600, noise_share=0.0)
    agent.stop()
    intake.refuse()
    cursors = {}
    for days in (84, 86):
        clock.advance((84 if days == 84 else 2) * 24 * HOUR_SECONDS)
        agent = start_agent()
        has_another_source(agent)
        runs(agent, 120)
        before = stored_uuid(agent)
        runs(agent, 900)
        cursors[days] = before, stored_uuid(agent)
    assert cursors[84][0] == cursors[84][1] != ''
    assert cursors[86][0] == cursors[84][1] != cursors[86][1]


@pytest.mark.parametrize('status', [400, 403])
def test_what_the_intake_refuses_for_good_does_not_stop_collection(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, status: int
) -> None:
    """As with a wrong API key: the Agent drops and acknowledges, so nothing can be seen of it from here."""
    fill(okta, 300)
    agent = start_agent()
    intake.answer = status
    for result in runs(agent, 180):
        assert result.error == ''
    refused = {log['message']['log']['uuid'] for request in intake.requests for log in request.logs}
    assert refused == expected(okta)


def test_lines_that_the_agent_filters_out_do_not_stop_collection(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    """A global processing rule drops all of them, and what is dropped is never acknowledged; but other logs move."""
    fill(okta, 600)
    seen: set[str] = set()

    def is_ours(body: bytes) -> bool:
        seen.add(json.loads(body)['log']['uuid'])
        return True

    agent = start_agent(faults=Faults(filtered=is_ours))
    for number in range(60):
        has_another_source(agent, str(number))
        runs(agent, 600, every=300)
        if seen == expected(okta):
            break
    assert seen == expected(okta)


def test_a_run_of_filtered_lines_does_not_stop_collection_alone_on_the_host(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    """As many as the file takes: nothing tells them from an outage, until one comes through."""
    fill(okta, 450)
    filtered = {event['uuid'] for event in okta.workflows_events[20:430]}
    agent = start_agent(faults=Faults(filtered=lambda body: json.loads(body)['log']['uuid'] in filtered))
    runs(agent, 120)
    assert arrivals(intake) == Counter(expected(okta) - filtered)


@pytest.mark.parametrize('state', ['empty', 'half', 'stalled'])
def test_a_registry_that_tells_nothing_slows_collection_and_does_not_stop_it(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, state: Any
) -> None:
    fill(okta, 200)
    agent = start_agent(faults=Faults(registry_flush=state))
    runs(agent, 120)
    assert file_size(agent) <= ALLOWANCE_BYTES
    assert 'does not report how much of it Datadog received' in run(agent).warnings[0]
    runs(agent, 900, every=300)
    assert len(agent.log_lines()) == 200
    agent.faults.registry_flush = 'whole'
    run_until_all_arrived(agent, okta, intake)


# The cursor's own disk


def test_a_cache_that_keeps_nothing_stops_collection_before_it_begins(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    fill(okta, 250)
    agent = start_agent(faults=Faults(cache_errno=errno.ENOSPC))
    for result in runs(agent, 120):
        assert result.status == 'ERROR'
        assert '`run_path`' in result.error
    assert okta.requests == []
    assert arrivals(intake) == Counter()
    agent.faults.cache_errno = None
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) == 0


def test_a_cache_that_fails_later_lets_one_batch_through(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    """So that a restart finds all that it has to skip."""
    fill(okta, 50)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    okta.emit(300, noise_share=0.0)
    agent.faults.cache_errno = errno.EROFS
    for result in runs(agent, 120):
        assert result.status == 'ERROR'
        assert '`run_path`' in result.error
    assert len(arrivals(intake)) == 150
    agent.kill()
    run_until_all_arrived(start_agent(), okta, intake)
    assert repeats(intake) == 0, 'they stand in the log file'


def test_a_cache_that_works_again_costs_nothing(okta: OktaSimulator, intake: Intake, start_agent: StartAgent) -> None:
    fill(okta, 50)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    okta.emit(300, noise_share=0.0)
    agent.faults.cache_errno = errno.EROFS
    assert '`run_path`' in run(agent).error
    agent.faults.cache_errno = None
    run_until_all_arrived(agent, okta, intake)
    assert arrivals(intake) == Counter(expected(okta))


# Kills


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


LAUNCHER_POINTS = ('before_write', 'between_writes', 'after_write')
CACHE_POINTS = ('before_cache_write', 'cache_truncated', 'cache_half_written', 'after_cache_write')
KILLS = [
    *(
        pytest.param(point, count, linger, id=f'{point} {count}{" linger" if linger else ""}')
        for point in LAUNCHER_POINTS
        for count, linger in ((1, False), (100, True), (101, False), (101, True), (150, False))
    ),
    *(pytest.param(point, 1, False, id=f'{point} 1') for point in CACHE_POINTS),
    *(pytest.param(point, 2, False, id=f'{point} 2') for point in CACHE_POINTS),
]


@pytest.mark.parametrize('point, count, linger', KILLS)
def test_a_kill_loses_nothing_and_repeats_at_most_one_batch(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, point: KillPoint, count: int, linger: bool
) -> None:
    """Killed at the `count`-th time of reaching a point, with 160 events to hand over.

    Of a kill between text and line break one unreadable line remains, which the Agent joins with the one that follows:
    that one is handed over twice for this reason.
    """
    agent = start_agent()
    run(agent)
    okta.append(*okta.generator.events(160, NOW))
    agent.faults.kill_at(point, count, linger=linger)
    with pytest.raises(AgentKilled):
        runs(agent, 60)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    # Counted where the check leaves them: what it had not recorded yet the Agent sends twice as well.
    written = [text for text in agent.log_file().read_text('utf-8').splitlines() if is_json(text)]
    assert 160 <= len(written) <= 260
    assert arrivals(intake)[''] <= 2 * (point == 'between_writes')


@pytest.mark.parametrize('point, count, linger', KILLS)
def test_a_kill_where_the_agent_knows_the_file_repeats_nothing(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, point: KillPoint, count: int, linger: bool
) -> None:
    """What was sent and not committed stands in the log file, for the next process to see."""
    fill(okta, 30)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    run(agent)
    okta.append(*okta.generator.events(160, NOW))
    agent.faults.kill_at(point, count, linger=linger)
    with pytest.raises(AgentKilled):
        runs(agent, 60)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    written = [text for text in agent.log_file().read_text('utf-8').splitlines() if is_json(text)]
    # Behind a torn line, one is sent twice.
    assert 190 <= len(written) <= 190 + (point == 'between_writes')
    assert {json.loads(text)['log']['uuid'] for text in written} == expected(okta)
    assert run(agent).status == 'OK'


def test_a_kill_right_after_going_back_loses_nothing(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    """There is no mark then, and lines that stand in the file do not count."""
    fill(okta, 100)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    run(agent)
    intake.refuse()
    okta.emit(50, noise_share=0.0)
    run(agent)
    agent.kill()
    agent = start_agent(instance={'tags': ['a:b']})
    agent.faults.kill_at('after_write', 20)
    with pytest.raises(AgentKilled):
        run(agent)
    intake.accept()
    agent = start_agent(instance={'tags': ['a:b']})
    run_until_all_arrived(agent, okta, intake)


def test_a_batch_that_is_written_too_late_is_not_sent_again(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    fill(okta, 30)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    run(agent)
    okta.emit(30, noise_share=0.0)
    agent.faults.write_delay_seconds = 7.0
    assert 'did not write them' in run(agent).error
    agent.faults.write_delay_seconds = 0.0
    agent.advance(60)
    assert run(agent).status == 'OK'
    run_until_all_arrived(agent, okta, intake)
    assert arrivals(intake) == Counter(expected(okta))


def test_a_run_by_hand_beside_uncommitted_lines_moves_nothing(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    fill(okta, 30)
    agent = start_agent()
    run_until_all_arrived(agent, okta, intake)
    run(agent)
    okta.emit(30, noise_share=0.0)
    agent.faults.cache_errno = errno.EROFS
    assert run(agent).status == 'ERROR'
    agent.faults.cache_errno = None
    before = agent.cache_files()
    assert run_by_hand(agent) == '', 'all of it stands in the file'
    assert agent.cache_files() == before
    agent.kill()
    run_until_all_arrived(start_agent(), okta, intake)
    assert arrivals(intake) == Counter(expected(okta))


@pytest.mark.parametrize('rotation', ['truncate', 'recreate'])
@pytest.mark.parametrize('point', CACHE_POINTS)
def test_a_kill_after_a_rotation_repeats_at_most_one_batch(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, point: KillPoint, rotation: str
) -> None:
    """All of the file that is gone was sent, but that is no more to be seen when the new one has sent something."""
    agent = start_agent(rotation=rotation)
    for _ in range(60):
        okta.emit(15, noise_share=0.0)
        runs(agent, 60)
        if file_size(agent) >= MIB - 40_000:
            break
    before = file_size(agent)
    assert before >= MIB - 40_000
    for count in [1, 2] * 10:
        okta.emit(15, noise_share=0.0)
        agent.faults.kill_at(point, count)
        with suppress(AgentKilled):
            run(agent)
        agent = start_agent(rotation=rotation)
        agent.advance(60)
        if file_size(agent) < before:
            break
    assert file_size(agent) < before
    for result in runs(agent, 60):
        assert (result.status, result.warnings) == ('OK', [])
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) <= 100


# Late and large events, end to end


def test_a_long_lookback_arrives_dated_so_that_datadog_takes_it(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    okta.generate(300, since=NOW - 240 * HOUR_SECONDS, until=NOW - 1, noise_share=0.0, late_share=0.0)
    agent = start_agent(instance={'initial_lookback_hours': 241})
    run_until_all_arrived(agent, okta, intake)
    published = {event['uuid']: event['published'] for event in okta.events}
    late = [log for log in intake.logs if 'late_event:true' in log['ddtags'].split(',')]
    assert 200 < len(late) < 300
    for log in intake.logs:
        line, uuid = log['message'], log['message']['log']['uuid']
        assert agent.clock.now() - line['timestamp'] / 1000 < 18 * HOUR_SECONDS
        assert line.get('late_event', line['log'])['published'] == published[uuid]
        assert ('late_event' in line) is (log in late)


def test_a_large_event_arrives_whole_behind_the_agents_limit(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    events = okta.generator.events(4, NOW - 60)
    for event, letter in zip(events, 'xü工\U0001f680', strict=True):
        event['debugContext'] = {'debugData': {'note': letter * 300_000}}
    okta.append(*events)
    agent = start_agent(settings={'logs_config.max_message_size_bytes': 256_000})
    run_until_all_arrived(agent, okta, intake)
    assert arrivals(intake) == Counter(expected(okta))
    assert not any('truncated' in log['ddtags'] for log in intake.logs)


# Trust instead of proof


def test_an_agent_that_does_not_tell_its_run_path_is_trusted(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(okta, 200)
    agent = start_agent()
    get_config = agent.datadog_agent.get_config
    monkeypatch.setattr(
        agent.datadog_agent, 'get_config', lambda key: None if key == 'logs_config.run_path' else get_config(key)
    )
    results = runs(agent, 120)
    assert [result.status for result in results] == ['WARNING', 'OK', 'OK', 'OK']
    assert '`logs_config.run_path`' in results[0].warnings[0]
    assert arrivals(intake) == Counter(expected(okta))


def test_verification_can_be_switched_off(okta: OktaSimulator, intake: Intake, start_agent: StartAgent) -> None:
    """For an Agent whose log files are elsewhere; then nothing stands between a wrong configuration and a loss."""
    fill(okta, 200)
    agent = start_agent(instance={'verify_delivery': False}, logs=[])
    for result in runs(agent, 120):
        assert result.status == 'OK'
    assert arrivals(intake) == Counter()
    assert cursor_files(agent)


# How long a run lasts


def test_a_history_larger_than_the_file_is_collected_in_one_run(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    """No page is asked for twice, and the file is replaced in the middle of the run, when all of it was sent."""
    fill(okta, 450)
    agent = start_agent(settings={'logs_config.file_scan_period': 1})
    run_until_all_arrived(agent, okta, intake)
    before = file_size(agent)
    assert MIB // 2 < before
    okta.emit(450, noise_share=0.0)
    requests = len(okta.requests)
    result = run(agent)
    assert file_size(agent) < before, 'no rotation'
    assert len(okta.requests) == requests + 1
    assert 10 < result.duration_seconds < 30
    run_until_all_arrived(agent, okta, intake)
    assert arrivals(intake) == Counter(expected(okta))


def test_the_first_run_of_a_process_delivers_as_much_as_the_file_takes(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    """That nothing of the file was acknowledged is known: there is nothing to wait for."""
    fill(okta, 2200)
    agent = start_agent(settings={'logs_config.integrations_logs_files_max_size': 20})
    # The registry is written for the first time after a second.
    agent.advance(2)
    result = run(agent)
    assert result.status == 'OK'
    assert len(agent.log_lines()) == 2200
    assert file_size(agent) > 2 * MIB
    assert result.duration_seconds < 1
    run_until_all_arrived(agent, okta, intake)
    assert arrivals(intake) == Counter(expected(okta))


@pytest.mark.parametrize('rotation', ['truncate', 'recreate'])
def test_a_kill_after_a_rotation_in_the_middle_of_a_run_repeats_at_most_one_batch(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent, rotation: str
) -> None:
    """What was acknowledged while the run waited is known to the Agent that comes after."""
    fill(okta, 300)
    agent = start_agent(rotation=rotation)
    run_until_all_arrived(agent, okta, intake)
    okta.emit(500, noise_share=0.0)
    rotate = agent.logs.launcher._rotate

    def rotate_and_die(file: Any) -> None:
        rotate(file)
        agent.faults.kill_at('before_cache_write')

    agent.logs.launcher._rotate = rotate_and_die  # type: ignore[method-assign]
    with pytest.raises(AgentKilled):
        run(agent)
    agent = start_agent(rotation=rotation)
    agent.advance(60)
    for result in runs(agent, 60):
        assert result.warnings == []
    run_until_all_arrived(agent, okta, intake)
    assert 0 < repeats(intake) <= 100


def test_a_run_that_begins_without_room_ends_at_once(
    okta: OktaSimulator, intake: Intake, start_agent: StartAgent
) -> None:
    """The run before waited for as long as a short run may last."""
    fill(okta, 700)
    agent = start_agent()
    agent.advance(2)
    intake.refuse()
    with RunTime(SystemClock()) as other:
        other.claim_seconds()
        lasted = run(agent).duration_seconds
    assert lasted == pytest.approx(SHORT_RUN_SECONDS, abs=0.5)
    requests = len(okta.requests)
    result = run(agent)
    assert result.status == 'WARNING'
    assert re.match('Collection is paused since [^ ]+: 1.0 MiB', result.warnings[0])
    assert result.duration_seconds < 0.5
    assert len(okta.requests) == requests
    intake.accept()
    run_until_all_arrived(agent, okta, intake)
    assert repeats(intake) == 0


def test_an_outage_holds_one_run_up_and_no_more(okta: OktaSimulator, intake: Intake, start_agent: StartAgent) -> None:
    fill(okta, 700)
    agent = start_agent()
    has_another_source(agent)
    agent.advance(2)
    intake.refuse()
    lasted = [result.duration_seconds for result in runs(agent, 300)]
    assert agent.log_lines(), 'as much as the file takes'
    assert 1 < lasted[0] <= 30
    assert max(lasted[1:]) < 1
