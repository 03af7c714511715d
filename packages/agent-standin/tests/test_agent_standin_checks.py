# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent stand-in: configuration, builtins, cache and the life of a check."""

from __future__ import annotations

import importlib
import logging
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from agent_standin import AgentKilled, AgentStandIn, Faults, VirtualClock
from agent_standin.configuration import AgentSettings
from agent_standin.loader import find_check_class
from agent_standin.persistent_cache import PersistentCache
from agent_standin.throwaway_check import LOGS, NAME, installed
from datadog_checks.base import AgentCheck
from datadog_checks.base import agent as base_agent


@pytest.fixture
def probe(tmp_path: Path) -> Iterator[ModuleType]:
    with installed(tmp_path / 'site') as module:
        yield module


@pytest.fixture
def agent(tmp_path: Path, probe: ModuleType) -> Iterator[AgentStandIn]:
    agent = AgentStandIn(tmp_path / 'agent', VirtualClock())
    yield agent
    agent.kill()


def conf(*instances: dict[str, Any], **sections: Any) -> dict[str, Any]:
    return {'init_config': {}, 'instances': list(instances), 'logs': LOGS} | sections


def test_a_run_without_error_is_ok_and_its_lines_are_in_the_log_file(agent: AgentStandIn) -> None:
    agent.configure(NAME, conf({'count': 2, 'tags': ['env:test']}))
    with agent:
        [result] = agent.run_checks()
        assert (result.status, result.error, result.warnings) == ('OK', '', [])
        assert agent.log_lines() == [
            {'message': 'line', 'number': '1', 'ddtags': 'env:test'},
            {'message': 'line', 'number': '2', 'ddtags': 'env:test'},
        ]


@pytest.mark.parametrize(
    'instance, status, error, warnings',
    [
        pytest.param({'warn': 'look here'}, 'WARNING', '', ['look here'], id='warning'),
        pytest.param({'fail': 'no way', 'warn': 'w'}, 'ERROR', 'no way', ['w'], id='error'),
    ],
)
def test_a_run_is_reported_with_its_warnings_error_and_traceback(
    agent: AgentStandIn, instance: dict[str, Any], status: str, error: str, warnings: list[str]
) -> None:
    agent.configure(NAME, conf(instance))
    with agent:
        [result] = agent.run_checks()
    assert (result.status, result.error, result.warnings) == (status, error, warnings)
    assert ('RuntimeError: no way' in result.traceback) == bool(error)
    assert ('RuntimeError: no way' in agent.agent_log) == bool(error)


def test_log_lines_end_at_newlines_only(agent: AgentStandIn, probe: ModuleType) -> None:
    agent.configure(NAME, conf({}))
    probe.ProbeCheck.behaviour = lambda check: check.send_log({'message': 'a\u2028b\x85c'})
    with agent:
        agent.run_checks()
        assert agent.log_lines() == [{'message': 'a\u2028b\x85c'}]


def test_every_instance_gets_one_object_with_id_and_provider(agent: AgentStandIn) -> None:
    agent.configure(NAME, conf({'count': 1}, {'count': 2, 'name': 'second'}))
    with agent:
        first, second = agent.checks
        assert first.check.check_id == first.check_id == f'{NAME}:{first.check_id.split(":")[-1]}'
        assert second.check_id.startswith(f'{NAME}:second:')
        assert first.check.provider == 'file'
        assert first.check.instance == {'count': 1}
        assert len({id(first.check), id(second.check)}) == 2


def test_ids_survive_a_restart_and_change_with_any_edit(agent: AgentStandIn, tmp_path: Path) -> None:
    def ids(content: dict[str, Any]) -> list[str]:
        agent.configure(NAME, content)
        with AgentStandIn(tmp_path / 'agent', VirtualClock()) as restarted:
            return restarted.check_ids

    before = ids(conf({'count': 1}, {'count': 2}))
    assert ids(conf({'count': 1}, {'count': 2})) == before
    for edited in (
        conf({'count': 1}, {'count': 3}),
        conf({'count': 1}, {'count': 2}, init_config={'service': 'x'}),
        conf({'count': 1}, {'count': 2}, logs=[]),
    ):
        assert not set(ids(edited)) & set(before)


def test_a_check_that_refuses_its_configuration_is_a_loading_error(agent: AgentStandIn) -> None:
    agent.configure(NAME, conf({'refuse': True}, {'count': 0}))
    with agent:
        assert [instance.instance for instance in agent.checks] == [{'count': 0}]
        [error] = agent.loading_errors.values()
    assert 'refused to be configured' in error


def test_a_class_that_was_derived_from_is_not_the_check() -> None:
    shared = type('Shared', (AgentCheck,), {})
    actual = type('Actual', (shared,), {})
    module = ModuleType('datadog_checks.two_classes')
    vars(module).update(AgentCheck=AgentCheck, A_Shared=shared, Z_Actual=actual)
    assert find_check_class(module) is actual


CUSTOM = """
from datadog_checks.base import AgentCheck

class Custom(AgentCheck):
    def check(self, _):
        self.send_log({'message': MESSAGE})
"""


def write_custom_check(folder: Path, name: str, message: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f'{name}.py').write_text(f'MESSAGE = {message!r}\n{CUSTOM}')


def test_a_check_is_loaded_from_checks_d_and_forgotten_with_its_agent(tmp_path: Path) -> None:
    for root in ('one', 'two'):
        agent = AgentStandIn(tmp_path / root, VirtualClock())
        write_custom_check(agent.root / 'etc' / 'checks.d', 'standin_custom', f'from {root}')
        agent.configure('standin_custom', conf({}))
        with agent:
            agent.run_checks()
            assert [line['message'] for line in agent.log_lines()] == [f'from {root}']
    assert 'standin_custom' not in sys.modules


def test_an_installed_package_comes_before_a_file_in_checks_d(agent: AgentStandIn) -> None:
    write_custom_check(agent.root / 'etc' / 'checks.d', NAME, 'from checks.d')
    agent.configure(NAME, conf({'count': 1}))
    with agent:
        agent.run_checks()
        assert [line['message'] for line in agent.log_lines()] == ['line']


def test_a_package_without_a_check_leaves_the_file_in_checks_d(agent: AgentStandIn, probe: ModuleType) -> None:
    del probe.ProbeCheck
    write_custom_check(agent.root / 'etc' / 'checks.d', NAME, 'from checks.d')
    agent.configure(NAME, conf({}))
    with agent:
        agent.run_checks()
        assert [line['message'] for line in agent.log_lines()] == ['from checks.d']


def test_a_broken_package_is_a_loading_error_that_names_its_own_fault(agent: AgentStandIn, probe: ModuleType) -> None:
    file = probe.__file__
    assert file is not None
    Path(file).write_text('import not_installed')
    del sys.modules[probe.__name__]
    agent.configure(NAME, conf({}))
    with agent:
        assert "No module named 'not_installed'" in agent.status()
    sys.modules[probe.__name__] = probe


def test_a_broken_file_in_checks_d_is_a_loading_error_that_says_what_is_wrong(agent: AgentStandIn) -> None:
    folder = agent.root / 'etc' / 'checks.d'
    folder.mkdir()
    (folder / 'standin_broken.py').write_text('1 / 0')
    agent.configure('standin_broken', conf({}))
    with agent:
        assert 'division by zero' in agent.status()


def test_a_module_without_a_check_cannot_be_loaded(agent: AgentStandIn, probe: ModuleType) -> None:
    agent.configure(NAME, conf({}))
    del probe.ProbeCheck
    with agent:
        assert agent.run_checks() == []
        assert 'cannot find a subclass of AgentCheck' in agent.status()


def test_checks_are_cancelled_at_a_clean_stop_and_not_when_killed(agent: AgentStandIn, probe: ModuleType) -> None:
    agent.configure(NAME, conf({}))
    agent.start().kill()
    assert probe.ProbeCheck.cancelled == 0
    with AgentStandIn(agent.root, VirtualClock()):
        pass
    assert probe.ProbeCheck.cancelled == 1


def test_the_stubs_are_lent_out_while_the_agent_runs(agent: AgentStandIn) -> None:
    base_module: Any = importlib.import_module('datadog_checks.base.checks.base')
    stub: Any = importlib.import_module('datadog_checks.base.stubs').datadog_agent

    with agent:
        assert base_module.datadog_agent is base_agent.datadog_agent is agent.datadog_agent
        with pytest.raises(RuntimeError, match='Another stand-in'):
            AgentStandIn(agent.root, VirtualClock()).start()
        assert base_module.datadog_agent is agent.datadog_agent
    assert base_module.datadog_agent is base_agent.datadog_agent is stub


def test_a_start_that_fails_leaves_the_stubs_in_place(agent: AgentStandIn) -> None:
    stub: Any = importlib.import_module('datadog_checks.base.stubs').datadog_agent
    agent.configure(NAME, 'instances: [')
    with pytest.raises(Exception, match='parsing'):
        agent.start()
    bound: Any = base_agent.datadog_agent
    assert bound is stub and not agent.started


def test_modules_imported_while_the_agent_runs_get_the_stubs_back(agent: AgentStandIn, probe: ModuleType) -> None:
    stub: Any = importlib.import_module('datadog_checks.base.stubs').datadog_agent
    with agent:
        exec('from datadog_checks.base.agent import datadog_agent', vars(probe))
        assert probe.datadog_agent is agent.datadog_agent
    assert probe.datadog_agent is stub


def test_checks_run_by_their_interval_on_the_clock(agent: AgentStandIn) -> None:
    agent.configure(NAME, conf({'count': 1, 'min_collection_interval': 20}, {'count': 1}))
    with agent:
        agent.advance(61)
        assert [len(instance.runs) for instance in agent.checks] == [3, 4]
        assert [result.started_at for result in agent.checks[0].runs] == [1_800_000_000.0 + n for n in (20, 40, 60)]


def test_a_check_never_overlaps_itself(agent: AgentStandIn, probe: ModuleType) -> None:
    agent.configure(NAME, conf({}))
    probe.ProbeCheck.behaviour = lambda check: agent.advance(40)
    with agent:
        agent.run_checks()
        [instance] = agent.checks
        assert (len(instance.runs), instance.skipped_runs) == (1, 2)
        assert instance.runs[0].duration_seconds == 40


def test_metrics_and_service_checks_are_recorded(agent: AgentStandIn, probe: ModuleType) -> None:
    agent.configure(NAME, conf({}))
    probe.ProbeCheck.behaviour = lambda check: (check.gauge('a', 1), check.service_check('b', 0))
    with agent:
        agent.run_checks()
        assert [submission.kind for submission in agent.aggregator.submissions] == ['metric', 'service_check']


def test_check_logs_reach_agent_log_with_the_check_id_and_by_level(agent: AgentStandIn, probe: ModuleType) -> None:
    agent.configure(NAME, conf({}))
    probe.ProbeCheck.behaviour = lambda check: (check.log.info('told'), check.log.debug('untold'))
    with agent:
        agent.run_checks()
        [check_id] = agent.check_ids
    assert f'| INFO | {check_id} | (' in agent.agent_log
    assert 'told' in agent.agent_log and 'untold' not in agent.agent_log
    agent.set_config(log_level='debug')
    with agent:
        agent.run_checks()
    assert 'untold' in agent.agent_log


def test_logging_is_restored_after_the_agent(agent: AgentStandIn) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    with agent:
        pass
    assert (root.level, root.handlers) == before


@pytest.mark.parametrize('line', [pytest.param('a\0b', id='NUL'), pytest.param('\ud800', id='lone surrogate')])
def test_send_log_refuses_strings_that_c_cannot_take(agent: AgentStandIn, line: str) -> None:
    with agent, pytest.raises(ValueError):
        agent.datadog_agent.send_log(line, 'x:1')


# get_config


def test_get_config_answers_defaults_for_known_keys_and_none_for_unknown_ones(tmp_path: Path) -> None:
    settings = AgentSettings(tmp_path, {})
    assert settings.get('logs_config.integrations_logs_files_max_size') == 100
    assert settings.get('LOGS_CONFIG.Integrations_Logs_Disk_Ratio') == 0.8
    assert settings.get('logs_enabled') is False
    assert settings.get('no.such.key') is None
    assert settings.get('logs_config')['close_timeout'] == 60


def test_get_config_gives_a_value_the_type_of_its_default(tmp_path: Path) -> None:
    settings = AgentSettings(
        tmp_path, {'logs_enabled': 'true', 'logs_config': {'close_timeout': '5', 'batch_wait': 2}, 'mine': [1]}
    )
    assert settings.get('logs_enabled') is True
    assert settings.get('logs_config.close_timeout') == 5
    assert settings.get('mine') == [1]
    batch_wait = settings.get('logs_config.batch_wait')
    assert batch_wait == 2 and isinstance(batch_wait, int)


def test_the_two_run_paths_are_independent(agent: AgentStandIn, tmp_path: Path) -> None:
    agent.set_config(**{'run_path': str(tmp_path / 'elsewhere')})
    agent.configure(NAME, conf({'count': 1}))
    with agent:
        agent.run_checks()
        assert agent.log_file().parent == tmp_path / 'agent' / 'run' / 'integrations'
        assert len(agent.cache_files()) == 1
        assert list((tmp_path / 'elsewhere').iterdir()) == [tmp_path / 'elsewhere' / NAME]


@pytest.mark.parametrize(
    'spelling', [pytest.param('{}/run/', id='trailing separator'), pytest.param('{}/./run', id='dot')]
)
def test_the_registry_key_is_the_cleaned_path(agent: AgentStandIn, tmp_path: Path, spelling: str) -> None:
    agent.set_config(**{'logs_config.run_path': spelling.format(tmp_path)})
    agent.configure(NAME, conf({'count': 1}))
    with agent:
        agent.run_checks()
        agent.advance(8)
        assert list(agent.logs.auditor.entries) == [f'file:{tmp_path}/run/integrations/{agent.log_file().name}']


def test_the_registry_key_does_not_resolve_a_symbolic_link(agent: AgentStandIn, tmp_path: Path) -> None:
    (tmp_path / 'real').mkdir()
    (tmp_path / 'link').symlink_to(tmp_path / 'real')
    agent.set_config(**{'logs_config.run_path': str(tmp_path / 'link')})
    agent.configure(NAME, conf({'count': 1}))
    with agent:
        agent.run_checks()
        agent.advance(8)
        assert [key.startswith(f'file:{tmp_path}/link/') for key in agent.logs.auditor.entries] == [True]
    assert (tmp_path / 'real' / 'registry.json').exists()


def test_a_relative_run_path_stays_relative(
    agent: AgentStandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    agent.set_config(**{'logs_config.run_path': 'relative'})
    agent.configure(NAME, conf({'count': 1}))
    with agent:
        agent.run_checks()
        agent.advance(8)
        assert [key.startswith('file:relative/integrations/') for key in agent.logs.auditor.entries] == [True]
    assert (tmp_path / 'relative' / 'registry.json').exists()


# Persistent cache


@pytest.mark.parametrize(
    'key, file',
    [
        pytest.param('okta:1a2b_log_cursor_default', 'okta/1a2b_log_cursor_default', id='plain'),
        pytest.param('okta:name:1a2b_x', 'okta/name1a2b_x', id='split at the first colon only'),
        pytest.param('okta:https://a.b/c?d', 'okta/httpsabcd', id='other characters are dropped'),
        pytest.param('alone', 'alone', id='no colon'),
    ],
)
def test_cache_keys_become_file_names(tmp_path: Path, key: str, file: str) -> None:
    cache = PersistentCache(tmp_path, Faults())
    assert cache.file_for(key) == tmp_path / file
    cache.write(key, 'value')
    assert cache.read(key) == 'value'


def test_cache_files_are_private(tmp_path: Path) -> None:
    cache = PersistentCache(tmp_path, Faults())
    cache.write('a:b', 'c')
    assert stat.S_IMODE((tmp_path / 'a').stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / 'a' / 'b').stat().st_mode) == 0o600


def test_a_missing_cache_file_reads_as_empty_and_an_unreadable_one_raises(tmp_path: Path) -> None:
    cache = PersistentCache(tmp_path, Faults())
    assert cache.read('a:b') == ''
    (tmp_path / 'a' / 'b').mkdir(parents=True)
    with pytest.raises(RuntimeError, match='failed to read data'):
        cache.read('a:b')


def test_errors_of_cache_writes_are_swallowed(tmp_path: Path) -> None:
    cache = PersistentCache(tmp_path, Faults(cache_errno=28))
    cache.write('a:b', 'c')
    assert cache.read('a:b') == ''


@pytest.mark.parametrize(
    'point, left',
    [
        pytest.param('before_cache_write', 'old value', id='before'),
        pytest.param('cache_truncated', '', id='truncated'),
        pytest.param('cache_half_written', 'new ', id='half'),
        pytest.param('after_cache_write', 'new value', id='after'),
    ],
)
def test_a_kill_may_leave_a_torn_cache_file(tmp_path: Path, point: Any, left: str) -> None:
    faults = Faults()
    cache = PersistentCache(tmp_path, faults)
    cache.write('a:b', 'old value')
    faults.kill_at(point)
    with pytest.raises(AgentKilled):
        cache.write('a:b', 'new value')
    assert cache.read('a:b') == left


def test_a_killed_agent_does_nothing_more(agent: AgentStandIn, probe: ModuleType) -> None:
    """Not even what the check has in its `finally`."""

    def behaviour(check: Any) -> None:
        try:
            check.send_log({'message': 'a'})
        finally:
            check.write_persistent_cache('too', 'late')

    agent.configure(NAME, conf({}))
    probe.ProbeCheck.behaviour = behaviour
    agent.start()
    agent.faults.kill_at('after_write')
    with pytest.raises(AgentKilled):
        agent.run_checks()
    assert not agent.started
    assert agent.cache_files() == {}
    assert [line['message'] for line in agent.log_lines()] == ['a']


def test_the_status_page_shows_the_metadata_of_each_instance(agent: AgentStandIn) -> None:
    agent.configure(NAME, conf({'count': 1}))
    with agent:
        [check_id] = agent.check_ids
        for name, value in (('progress', 'half'), ('mode', 'slow')):
            agent.datadog_agent.set_check_metadata(check_id, name, value)
        agent.datadog_agent.set_check_metadata('another', 'mode', 'fast')
        assert agent.status().count('metadata:') == 1
        assert '      metadata:\n        mode: slow\n        progress: half\n' in agent.status()


def test_the_status_page_shows_each_instance(agent: AgentStandIn) -> None:
    agent.configure(NAME, conf({'count': 1}, {'warn': 'look here'}, {'fail': 'no way'}, {'refuse': True}))
    with agent:
        assert '[PENDING]' in agent.status()
        agent.run_checks()
        status = agent.status()
        assert f'{NAME} (1.2.3)' in status
        for check_id, mark in zip(agent.check_ids, ('OK', 'WARNING', 'ERROR'), strict=True):
            assert f'Instance ID: {check_id} [{mark}]' in status
    assert f'Configuration Source: file:{agent.root}/etc/conf.d/{NAME}.d/conf.yaml' in status
    assert 'Warning: look here' in status
    assert 'Error: no way' in status and 'RuntimeError: no way' in status
    assert 'Loading Errors' in status and 'refused to be configured' in status
