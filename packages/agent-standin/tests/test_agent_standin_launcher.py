# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent stand-in: from `send_log` to the log file."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from agent_standin import AgentKilled, AgentStandIn, Faults, SendBlocked, VirtualClock
from agent_standin.clock import WallClock
from agent_standin.configuration import MIB
from agent_standin.launcher import check_id_of
from agent_standin.throwaway_check import LOGS, NAME, installed

HALF_MIB = 'x' * (MIB // 2)


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[ModuleType]:
    with installed(tmp_path / 'site') as module:
        yield module


AgentMaker = Callable[..., AgentStandIn]


@pytest.fixture
def make_agent(tmp_path: Path, probe: ModuleType) -> Iterator[AgentMaker]:
    agents: list[AgentStandIn] = []

    def make(*, instance: dict[str, Any] | None = None, logs: Any = LOGS, **options: Any) -> AgentStandIn:
        agent = AgentStandIn(tmp_path / 'agent', options.pop('clock', None) or VirtualClock(), **options)
        agent.configure(NAME, {'init_config': {}, 'instances': [instance or {}], 'logs': logs})
        agents.append(agent)
        return agent

    yield make
    for agent in agents:
        agent.kill()


def send(agent: AgentStandIn, *lines: str) -> None:
    for line in lines:
        agent.datadog_agent.send_log(line, agent.check_ids[0])


def content(agent: AgentStandIn) -> bytes:
    return agent.log_file().read_bytes()


def test_the_file_exists_from_registration_on_empty_and_world_readable(make_agent: AgentMaker) -> None:
    with make_agent() as agent:
        file = agent.log_file()
        assert file == agent.root / 'run' / 'integrations' / (agent.check_ids[0].replace(':', '_') + '.log')
        assert content(agent) == b''
        assert stat.S_IMODE(file.stat().st_mode) == 0o644
        assert stat.S_IMODE(file.parent.stat().st_mode) == 0o755


def test_lines_are_appended_in_the_order_of_the_calls_over_restarts(make_agent: AgentMaker) -> None:
    with make_agent() as agent:
        send(agent, 'a', 'b')
    with make_agent() as agent:
        send(agent, 'ü')
        assert content(agent) == 'a\nb\nü\n'.encode()


@pytest.mark.parametrize(
    'logs', [pytest.param([], id='no logs section'), pytest.param([{'type': 'file', 'path': '/x'}], id='other type')]
)
def test_without_an_integration_entry_there_is_no_file_and_lines_are_dropped_with_a_warning(
    make_agent: AgentMaker, logs: Any
) -> None:
    with make_agent(logs=logs) as agent:
        send(agent, 'a')
        assert not agent.log_file().exists()
        assert f'no file is known for integration {agent.check_ids[0]}' in agent.agent_log


def test_with_logs_disabled_send_log_does_silently_nothing(make_agent: AgentMaker) -> None:
    agent = make_agent()
    agent.set_config(logs_enabled=False)
    with agent:
        before = agent.agent_log
        send(agent, 'a')
        assert not agent.log_file().parent.exists()
        assert agent.agent_log == before


def test_a_file_that_cannot_be_created_is_a_warning_and_lines_are_dropped(make_agent: AgentMaker) -> None:
    with make_agent(faults=Faults(create_errno=errno.EACCES)) as agent:
        send(agent, 'a')
        assert not agent.log_file().exists()
        assert 'Failed to create integration log file' in agent.agent_log


@pytest.mark.parametrize(
    'name, check_id',
    [
        pytest.param('okta_workflows_1a2b.log', 'okta_workflows:1a2b', id='plain'),
        pytest.param('okta_workflows_prod_1a2b.log', 'okta_workflows_prod:1a2b', id='named instance: wrong'),
    ],
)
def test_the_start_up_scan_makes_the_last_underscore_a_colon(name: str, check_id: str) -> None:
    assert check_id_of(Path(name)) == check_id


def test_a_named_instance_loses_its_file_at_every_restart(make_agent: AgentMaker) -> None:
    with make_agent(instance={'name': 'prod'}) as agent:
        send(agent, 'unread')
        assert content(agent) == b'unread\n'
    with make_agent(instance={'name': 'prod'}) as agent:
        assert content(agent) == b''


def test_the_ghost_of_a_named_instance_takes_the_live_file_along(make_agent: AgentMaker) -> None:
    """The scan's entry has another id and the same path, so to evict it is to empty the file in use."""
    with make_agent(instance={'name': 'prod'}) as agent:
        send(agent, HALF_MIB)
    agent = make_agent(instance={'name': 'prod'})
    agent.set_config(**{'logs_config.integrations_logs_total_usage': 1})
    with agent:
        agent.advance(1)
        send(agent, 'unread', HALF_MIB)
        assert content(agent) == HALF_MIB.encode() + b'\n'


# Limits


@pytest.mark.parametrize(
    'rotation, same_inode', [pytest.param('truncate', True, id='old'), pytest.param('recreate', False, id='new')]
)
def test_the_line_that_does_not_fit_is_the_first_of_the_new_file(
    make_agent: AgentMaker, rotation: str, same_inode: bool
) -> None:
    agent = make_agent(rotation=rotation)
    agent.set_config(**{'logs_config.integrations_logs_files_max_size': 1})
    with agent:
        send(agent, HALF_MIB)
        with agent.log_file().open('rb') as held:
            inode = os.fstat(held.fileno()).st_ino
            send(agent, HALF_MIB[:-2])
            assert agent.log_file().stat().st_size == MIB
            send(agent, 'next')
            assert content(agent) == b'next\n'
            assert (agent.log_file().stat().st_ino == inode) == same_inode


def test_a_full_file_that_cannot_be_removed_drops_the_line_and_stays(make_agent: AgentMaker) -> None:
    agent = make_agent(rotation='remove fails')
    agent.set_config(**{'logs_config.integrations_logs_files_max_size': 1})
    with agent:
        send(agent, HALF_MIB, HALF_MIB)
        assert content(agent) == HALF_MIB.encode() + b'\n'
        assert '| ERROR | Failed to delete and remake' in agent.agent_log


def test_a_line_over_the_limit_is_dropped_and_printed_in_the_agent_log(make_agent: AgentMaker) -> None:
    agent = make_agent()
    agent.set_config(**{'logs_config.integrations_logs_files_max_size': 1})
    with agent:
        send(agent, HALF_MIB + HALF_MIB)
        assert content(agent) == b''
        assert HALF_MIB in agent.agent_log


def test_the_size_counter_does_not_see_what_others_do_to_the_file(make_agent: AgentMaker) -> None:
    agent = make_agent(rotation='truncate')
    agent.set_config(**{'logs_config.integrations_logs_files_max_size': 1})
    with agent:
        send(agent, HALF_MIB)
        agent.log_file().write_bytes(b'')
        send(agent, 'small', HALF_MIB)
        assert content(agent) == HALF_MIB.encode() + b'\n'


def test_over_the_total_the_file_modified_longest_ago_is_emptied_whoever_owns_it(make_agent: AgentMaker) -> None:
    agent = make_agent()
    agent.set_config(**{'logs_config.integrations_logs_total_usage': 1})
    other = agent.root / 'run' / 'integrations' / 'other_1a2b.log'
    other.parent.mkdir(parents=True)
    other.write_bytes(HALF_MIB.encode())
    os.utime(other, (1, 1))
    with agent:
        inode = other.stat().st_ino
        with other.open('rb'):
            send(agent, 'small', HALF_MIB)
            assert other.read_bytes() == b''
            assert other.stat().st_ino != inode
        assert len(content(agent)) == MIB // 2 + 7


def test_when_the_oldest_file_is_gone_every_line_over_the_total_is_dropped(make_agent: AgentMaker) -> None:
    agent = make_agent()
    agent.set_config(**{'logs_config.integrations_logs_total_usage': 1})
    other = agent.root / 'run' / 'integrations' / 'other_1a2b.log'
    other.parent.mkdir(parents=True)
    other.write_bytes(HALF_MIB.encode())
    os.utime(other, (1, 1))
    with agent:
        other.unlink()
        send(agent, HALF_MIB, HALF_MIB)
        assert content(agent) == b''
        assert agent.agent_log.count('Failed to delete and remake') == 2


def test_over_quota_the_start_up_scan_deletes_the_oldest_without_creating_it_again(make_agent: AgentMaker) -> None:
    agent = make_agent()
    agent.set_config(**{'logs_config.integrations_logs_total_usage': 1})
    folder = agent.root / 'run' / 'integrations'
    folder.mkdir(parents=True)
    for modified, name in enumerate(('b_2.log', 'a_1.log', 'c_3.log')):
        (folder / name).write_bytes(HALF_MIB.encode())
        os.utime(folder / name, (modified, modified))
    with agent:
        assert sorted(path.name for path in folder.iterdir() if path.stat().st_size) == ['a_1.log', 'c_3.log']
        assert not (folder / 'b_2.log').exists()


def over_quota_at_start(make_agent: AgentMaker, *, others_size: int = MIB) -> AgentStandIn:
    """An Agent, not started, whose start-up scan finds the file of the check and a newer one, together too large."""
    with make_agent() as agent:
        send(agent, HALF_MIB)
        file = agent.log_file()
    os.utime(file, (1, 1))
    (file.parent / 'other_1a2b.log').write_bytes(b'x' * others_size)
    agent = make_agent()
    agent.set_config(**{'logs_config.integrations_logs_total_usage': 1})
    return agent


def test_registration_does_not_create_a_file_that_the_start_up_scan_deleted_and_the_next_line_does(
    make_agent: AgentMaker,
) -> None:
    """The entry of the file stays, so registration finds it; a line is written with O_CREATE."""
    with over_quota_at_start(make_agent, others_size=MIB - 100) as agent:
        assert not agent.log_file().exists()
        send(agent, 'a')
        assert content(agent) == b'a\n'
        assert agent.log_file().with_name('other_1a2b.log').stat().st_size == MIB - 100
        assert 'no file is known' not in agent.agent_log


def test_the_start_up_scan_deletes_an_older_empty_file_too(make_agent: AgentMaker) -> None:
    with make_agent() as agent:
        file = agent.log_file()
    os.utime(file, (1, 1))
    for modified in (2, 3):
        other = file.with_name(f'other_{modified}.log')
        other.write_bytes(HALF_MIB.encode() + b'x')
        os.utime(other, (modified, modified))
    agent = make_agent()
    agent.set_config(**{'logs_config.integrations_logs_total_usage': 1})
    with agent:
        assert [path.name for path in file.parent.iterdir()] == ['other_3.log']


def test_a_file_that_the_scan_deleted_is_the_last_to_be_evicted(make_agent: AgentMaker) -> None:
    """A deleted file counts as empty and as modified just now, so the other one is evicted."""
    with over_quota_at_start(make_agent) as agent:
        agent.advance(1)
        assert not agent.log_file().exists()
        send(agent, 'a')
        assert content(agent) == b'a\n'
        assert agent.log_file().with_name('other_1a2b.log').read_bytes() == b''


def test_when_the_file_that_the_scan_deleted_is_the_oldest_every_line_over_the_total_is_dropped(
    make_agent: AgentMaker,
) -> None:
    with over_quota_at_start(make_agent) as agent:
        agent.advance(1)
        other = agent.log_file().with_name('other_1a2b.log')
        # Another check writes to it, so that the deleted file is the one to evict.
        agent.logs.launcher.handle(b'x' * (MIB // 2), 'other:1a2b')
        assert other.stat().st_size == MIB // 2 + 1
        agent.advance(1)
        agent.logs.launcher.handle(b'x' * (MIB // 2), 'other:1a2b')
        send(agent, HALF_MIB)
        assert not agent.log_file().exists()
        assert other.stat().st_size == MIB // 2 + 1
        assert agent.agent_log.count('Failed to delete and remake') == 2


def test_a_full_file_that_is_missing_is_created_again_where_it_would_be_truncated(make_agent: AgentMaker) -> None:
    agent = make_agent(rotation='truncate')
    agent.set_config(**{'logs_config.integrations_logs_files_max_size': 1})
    with agent:
        send(agent, HALF_MIB)
        agent.log_file().unlink()
        send(agent, HALF_MIB)
        assert content(agent) == HALF_MIB.encode() + b'\n'


@pytest.mark.parametrize(
    'total, free, expected',
    [
        pytest.param(1000 * MIB, 900 * MIB, 100 * MIB, id='the setting is smaller'),
        pytest.param(1000 * MIB, 250 * MIB, 50 * MIB, id='free space less a fifth of the disk is smaller'),
        pytest.param(1000 * MIB, 100 * MIB, 0, id='the disk is too full'),
    ],
)
def test_the_total_is_limited_by_the_disk(make_agent: AgentMaker, total: int, free: int, expected: int) -> None:
    with make_agent(faults=Faults(disk_total_and_free_bytes=(total, free))) as agent:
        assert agent.logs.launcher.total_max_bytes == pytest.approx(expected, abs=1)


def test_the_total_is_frozen_at_start(make_agent: AgentMaker) -> None:
    with make_agent() as agent:
        agent.faults.disk_total_and_free_bytes = (1000, 0)
        send(agent, 'a')
        assert content(agent) == b'a\n'


@pytest.mark.parametrize(
    'ratio, unreadable',
    [pytest.param(1.5, False, id='a ratio that is none'), pytest.param(0.8, True, id='the disk cannot be measured')],
)
def test_without_a_usable_disk_ratio_the_setting_counts(make_agent: AgentMaker, ratio: float, unreadable: bool) -> None:
    agent = make_agent(faults=Faults(disk_total_and_free_bytes=(1000, 0), disk_unreadable=unreadable))
    agent.set_config(**{'logs_config.integrations_logs_disk_ratio': ratio})
    with agent:
        assert agent.logs.launcher.total_max_bytes == 100 * MIB


def test_without_quota_everything_is_dropped_and_deleted_at_start(make_agent: AgentMaker) -> None:
    with make_agent() as agent:
        send(agent, 'a')
        file = agent.log_file()
    with make_agent(faults=Faults(disk_total_and_free_bytes=(1000, 0))) as agent:
        send(agent, 'b')
        assert not file.exists()
        assert agent.agent_log.count('no disk space may be used') == 1


# The hand-over


def test_send_returns_when_the_line_is_taken_and_the_next_send_waits_for_the_write(make_agent: AgentMaker) -> None:
    with make_agent(faults=Faults(write_delay_seconds=2)) as agent:
        send(agent, 'a')
        assert content(agent) == b''
        assert agent.clock.now() == 1_800_000_000
        send(agent, 'b')
        assert content(agent) == b'a\n'
        assert agent.clock.now() == 1_800_000_002
        agent.advance(2)
        assert content(agent) == b'a\nb\n'


def test_a_clean_stop_finishes_the_line_in_hand(make_agent: AgentMaker) -> None:
    with make_agent(faults=Faults(write_delay_seconds=2)) as agent:
        send(agent, 'a')
        file = agent.log_file()
    assert file.read_bytes() == b'a\n'


def test_a_kill_loses_the_line_in_hand(make_agent: AgentMaker) -> None:
    agent = make_agent(faults=Faults(write_delay_seconds=2)).start()
    send(agent, 'a')
    agent.kill()
    assert content(agent) == b''


def test_a_stopped_launcher_takes_no_line_until_it_is_there_again(make_agent: AgentMaker) -> None:
    with make_agent() as agent:
        agent.logs.handover.stop()
        with pytest.raises(SendBlocked):
            send(agent, 'a')
        agent.logs.handover.resume()
        send(agent, 'a')
        assert content(agent) == b'a\n'


@pytest.mark.parametrize(
    'point, left',
    [
        pytest.param('before_write', b'a\n', id='before'),
        pytest.param('between_writes', b'a\nb', id='between text and newline'),
        pytest.param('after_write', b'a\nb\n', id='after'),
    ],
)
@pytest.mark.parametrize('linger', [False, True])
def test_a_kill_at_the_write_leaves_what_was_written(
    make_agent: AgentMaker, point: Any, left: bytes, linger: bool
) -> None:
    agent = make_agent().start()
    agent.faults.kill_at(point, 2, linger=linger)
    send(agent, 'a')
    if linger:
        send(agent, 'b')
        agent.datadog_agent.write_persistent_cache('probe:cursor', 'written after the line was lost')
    with pytest.raises(AgentKilled):
        send(agent, 'c' if linger else 'b')
    assert content(agent) == left
    assert bool(agent.cache_files()) == linger


def test_the_next_agent_appends_to_a_line_without_end(make_agent: AgentMaker) -> None:
    agent = make_agent().start()
    agent.faults.kill_at('between_writes')
    with pytest.raises(AgentKilled):
        send(agent, 'a')
    agent.kill()
    with make_agent() as agent:
        send(agent, 'b')
        assert content(agent) == b'ab\n'


@pytest.mark.parametrize(
    'fault, left',
    [
        pytest.param({'write_errno': errno.ENOSPC}, b'', id='disk full'),
        pytest.param({'write_errno': errno.ENOSPC, 'short_write': True}, b'lost', id='disk full in mid-line'),
        pytest.param({'write_errno': errno.EACCES}, b'', id='no permission'),
    ],
)
def test_a_failing_write_drops_the_line_with_a_warning(
    make_agent: AgentMaker, fault: dict[str, Any], left: bytes
) -> None:
    with make_agent(faults=Faults(**fault)) as agent:
        send(agent, 'lostline')
        assert content(agent) == left
        assert 'Error writing log to file' in agent.agent_log


# Real time


class RealClock:
    def now(self) -> float:
        return 1_800_000_000.0


def test_in_real_time_the_worker_is_a_thread_with_the_same_hand_over(make_agent: AgentMaker) -> None:
    """The second `send` returns only after the first line is in the file; all lines arrive in order."""
    with make_agent(clock=RealClock(), faults=Faults(write_delay_seconds=0.02)) as agent:
        for number in range(5):
            send(agent, f'{{"n": {number}}}')
            assert content(agent).count(b'\n') >= number
        assert [line['n'] for line in agent.log_lines()] == list(range(5))


def test_in_real_time_a_send_to_a_stopped_launcher_blocks_until_it_is_there_again(make_agent: AgentMaker) -> None:
    with make_agent(clock=RealClock()) as agent:
        agent.logs.handover.stop()
        sender = threading.Thread(target=send, args=(agent, '{"n": 1}'))
        sender.start()
        sender.join(0.05)
        assert sender.is_alive() and content(agent) == b''
        agent.logs.handover.resume()
        sender.join(5)
        assert agent.log_lines() == [{'n': 1}]


def test_in_real_time_a_send_blocks_while_the_logs_part_is_exchanged(make_agent: AgentMaker) -> None:
    with make_agent(clock=WallClock()) as agent:
        send(agent, '{"n": 1}')
        launcher = agent.logs.launcher
        agent.restart_logs(0.05)
        agent.run_for(0)
        sender = threading.Thread(target=send, args=(agent, '{"n": 2}'))
        sender.start()
        sender.join(0.1)
        assert sender.is_alive() and agent.log_lines() == [{'n': 1}]
        agent.run_for(0.2)
        sender.join(5)
        assert agent.log_lines() == [{'n': 1}, {'n': 2}]
        assert agent.logs.launcher is not launcher
