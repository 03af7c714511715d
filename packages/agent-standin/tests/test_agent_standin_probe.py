# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The probe: what it reports of the stand-in, and of a stand-in in which one rule does not hold."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import time
from collections import namedtuple
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent_standin import AgentStandIn, Faults, Intake, VirtualClock, launcher, probe
from agent_standin.__main__ import main
from agent_standin.auditor import Auditor, Entry
from agent_standin.bridge import DatadogAgentModule
from agent_standin.configuration import MIB, AgentSettings, CheckConfig
from agent_standin.launcher import LogFile, LogFileLauncher, SteppedHandover
from agent_standin.message import LogSource, Message
from agent_standin.persistent_cache import PersistentCache

Record = dict[str, Any]
DiskUsage = namedtuple('DiskUsage', 'total used free')
MOST_RUNS = 40
DEADLINE_SECONDS = 60.0
PACKAGE = Path(__file__).parents[1]
SECOND_PHASE_SETTINGS = {
    'logs_config.integrations_logs_files_max_size': 2,
    'logs_config.integrations_logs_total_usage': 3,
}


@pytest.fixture
def intake() -> Iterator[Intake]:
    with Intake() as intake:
        yield intake


class Host:
    """A host whose Agent runs the probe. `start` is a start of this Agent."""

    def __init__(self, root: Path, intake: Intake) -> None:
        self.root = root
        self.report_path = root / 'run' / f'{probe.CHECK_NAME}.jsonl'
        self.agent: AgentStandIn | None = None
        self.clock = VirtualClock()
        self.faults = Faults()
        self.options: dict[str, Any] = {}
        self.settings: dict[str, Any] = {'logs_config.logs_dd_url': intake.url}
        probe.write(root / 'etc')

    def instances(self, *instances: dict[str, Any]) -> None:
        path = self.root / 'etc' / 'conf.d' / f'{probe.CHECK_NAME}.d' / 'conf.yaml'
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {'instances': list(instances)}))

    def run(self) -> list[Record]:
        """Start the Agent, let the probe come to its end, stop the Agent, and return the report."""
        self.agent = agent = AgentStandIn(self.root, self.clock, faults=self.faults, **self.options)
        agent.set_config(**self.settings)
        before = self.report()
        with agent:
            for each in agent.checks:
                check: Any = each.check
                check.now, check.sleep = self.clock.now, agent.advance
                check.disk_usage = lambda folder: DiskUsage(1000 * MIB, 0, 1000 * MIB)
            assert agent.checks, agent.loading_errors
            for _ in range(MOST_RUNS):
                agent.advance(15)
                assert [run.error for run in agent.runs if run.error] == []
                report = self.report()
                if report not in ([], before) and 'differ' in report[-1]:
                    return report
        raise AssertionError(f'no summary after {MOST_RUNS} runs')

    def report(self) -> list[Record]:
        if not self.report_path.exists():
            return []
        return [json.loads(line) for line in self.report_path.read_text().splitlines()]


@pytest.fixture
def host(tmp_path: Path, intake: Intake) -> Host:
    return Host(tmp_path / 'agent', intake)


def answers(report: list[Record]) -> dict[str, bool | None]:
    return {record['rule']: record['agrees'] for record in report if 'rule' in record}


def differing(report: list[Record]) -> set[str]:
    return {rule for rule, agrees in answers(report).items() if agrees is False}


def rules(name: str) -> set[str]:
    """The rules of one table of the probe, read without importing it."""
    [path] = [each for each in probe.contents() if each.startswith('checks.d/')]
    module: dict[str, Any] = {'__name__': 'read_for_its_tables'}
    exec(compile(probe.contents()[path], path, 'exec'), module)
    return set(module[name])


FIRST_PHASE = rules('RULES') - rules('SECOND_PHASE_RULES') - rules('RESTART_RULES')


def test_the_stand_in_agrees_with_every_rule_of_the_first_phase(host: Host) -> None:
    report = host.run()
    assert answers(report) == dict.fromkeys(FIRST_PHASE, True)
    assert report[-1] == {'agree': len(FIRST_PHASE), 'differ': [], 'not_asked': []}
    assert all(record['expectation'] and record['source'] for record in report if 'rule' in record)


@pytest.mark.parametrize('profile', ['current', 'older'])
def test_every_profile_agrees_with_the_first_phase(host: Host, profile: str) -> None:
    host.options['profile'] = profile
    report = host.run()
    assert answers(report) == dict.fromkeys(FIRST_PHASE, True)
    [size] = [record for record in report if record.get('rule', '').endswith('integrations_logs_files_max_size')]
    assert size['answer'] == {'type': 'int', 'default_of_agents': profile}


def test_the_report_is_in_the_agent_log_too(host: Host) -> None:
    report = host.run()
    assert host.agent is not None
    logged = re.findall(rf'INFO \| {probe.CHECK_NAME}:.*?\| (\{{.*\}})$', host.agent.agent_log, re.MULTILINE)
    assert [json.loads(line) for line in logged] == report


def test_the_report_has_no_setting_of_the_host_but_paths(host: Host) -> None:
    host.settings |= {'hostname': 'private-host', 'api_key': 'private-key', 'logs_config.close_timeout': 987_654_321}
    text = json.dumps(host.run())
    assert 'private' not in text and '987654321' not in text
    assert str(host.root / 'run') in text


def test_the_report_goes_where_the_configuration_says(host: Host, tmp_path: Path) -> None:
    unwanted = host.report_path
    host.report_path = tmp_path / 'elsewhere.jsonl'
    host.instances({'report': str(host.report_path)})
    assert host.run()[-1]['agree'] == len(FIRST_PHASE)
    assert not unwanted.exists()


def test_the_probe_leaves_no_file_of_its_own_in_the_cache(host: Host) -> None:
    host.run()
    assert host.agent is not None
    assert host.agent.cache_files() == {}


def test_without_an_acknowledgement_the_rules_of_the_entry_are_not_asked(host: Host, intake: Intake) -> None:
    intake.refuse()
    report = host.run()
    assert differing(report) == set()
    not_asked = {rule for rule, agrees in answers(report).items() if agrees is None}
    assert not_asked == {'registry.key', 'registry.fields', 'registry.offset'}


def test_with_logs_disabled_the_rules_of_the_log_file_are_not_asked(host: Host) -> None:
    host.settings['logs_enabled'] = False
    host.root.joinpath('run').mkdir()
    report = host.run()
    assert differing(report) == set()
    assert answers(report)['log_file.path'] is None and answers(report)['cache.file'] is True


def test_a_restarted_agent_gets_a_report_of_its_own(host: Host) -> None:
    first = host.run()
    second = host.run()
    assert len(second) == len(first)
    assert differing(second) == set()
    assert answers(second)['registry.absent_at_first'] is None


# A stand-in in which one rule does not hold

Change = Callable[[pytest.MonkeyPatch, Host], None]
CHANGES: dict[str, Change] = {}


def breaks(rule: str) -> Callable[[Change], Change]:
    def add(change: Change) -> Change:
        CHANGES[rule] = change
        return change

    return add


@breaks('check_id')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = CheckConfig.check_id
    patch.setattr(CheckConfig, 'check_id', lambda self, instance: original(self, instance) + 'xyz')


@breaks('log_file.path')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    patch.setattr(launcher, 'file_name', lambda check_id: check_id.replace(':', '-') + '.log')


@breaks('log_file.before_first_run')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    def register(self: LogFileLauncher, check_id: str) -> Path:
        path = self.folder / launcher.file_name(check_id)
        self._files[check_id] = LogFile(path, 0, self._clock.now())
        return path

    patch.setattr(LogFileLauncher, 'register', register)


@breaks('log_file.mode')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    patch.setattr(launcher, '_create', lambda path: os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)))


@breaks('send_log.written')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    host.faults.write_delay_seconds = 8


@breaks('send_log.one_at_a_time')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    def send(self: SteppedHandover, line: bytes, check_id: str) -> None:
        self._after(1, lambda: self.launcher.handle(line, check_id))

    patch.setattr(SteppedHandover, 'send', send)


@breaks('send_log.line')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = LogFileLauncher.handle
    patch.setattr(LogFileLauncher, 'handle', lambda self, line, check_id: original(self, line + b'\r', check_id))


@breaks('send_log.nul')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = DatadogAgentModule.send_log
    patch.setattr(
        DatadogAgentModule, 'send_log', lambda self, line, check_id: original(self, line.replace('\0', ''), check_id)
    )


@breaks('send_log.surrogate')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = DatadogAgentModule.send_log
    patch.setattr(
        DatadogAgentModule,
        'send_log',
        lambda self, line, check_id: original(self, line.replace('\ud800', '?'), check_id),
    )


@breaks('registry.path')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = Auditor.flush

    def flush(self: Auditor) -> None:
        self.path = host.root / 'run' / 'logs' / 'registry.json'
        self.path.parent.mkdir(exist_ok=True)
        original(self)

    patch.setattr(Auditor, 'flush', flush)


@breaks('registry.version')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    patch.setattr('agent_standin.auditor.REGISTRY_VERSION', 3)


@breaks('registry.heartbeat')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = Auditor.flush
    written: list[dict[str, str]] = []

    def flush(self: Auditor) -> None:
        offsets = {key: entry.offset for key, entry in self.entries.items()}
        if written[-1:] != [offsets]:
            written.append(offsets)
            original(self)

    patch.setattr(Auditor, 'flush', flush)


@breaks('registry.absent_at_first')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = Auditor.tailing_started

    def tailing_started(self: Auditor, identifier: str) -> None:
        self.entries.setdefault(identifier, Entry('0', self._clock.now()))
        original(self, identifier)

    patch.setattr(Auditor, 'tailing_started', tailing_started)


@breaks('registry.key')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    patch.setattr(LogSource, 'identifier', property(lambda self: f'integration:{self.path}'))


@breaks('registry.fields')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = Entry.to_json
    patch.setattr(Entry, 'to_json', lambda self: original(self) | {'Offset': int(self.offset)})


@breaks('registry.offset')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = Auditor._record

    def record(self: Auditor, messages: list[Message]) -> None:
        original(self, messages)
        for entry in self.entries.values():
            entry.offset = str(int(entry.offset) - 1)

    patch.setattr(Auditor, '_record', record)


@breaks('cache.read_back')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = PersistentCache.read
    patch.setattr(PersistentCache, 'read', lambda self, key: original(self, key).strip())


@breaks('cache.unknown_key')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = PersistentCache.read

    def read(self: PersistentCache, key: str) -> str:
        return original(self, key) if 'absent' not in key else 'None'

    patch.setattr(PersistentCache, 'read', read)


@breaks('cache.file')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    patch.setattr(
        PersistentCache, 'file_for', lambda self, key: self._run_path.joinpath(*re.sub('[ .~]', '-', key).split(':'))
    )


@breaks('cache.mode')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = PersistentCache.write

    def write(self: PersistentCache, key: str, value: str) -> None:
        original(self, key, value)
        self.file_for(key).chmod(0o644)

    patch.setattr(PersistentCache, 'write', write)


def _answer_otherwise(patch: pytest.MonkeyPatch, is_concerned: Callable[[str], bool], answer: Any) -> None:
    original = AgentSettings.get
    patch.setattr(AgentSettings, 'get', lambda self, key: answer if is_concerned(key) else original(self, key))


@breaks('get_config.unknown')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    _answer_otherwise(patch, lambda key: key.endswith('absent'), '')


@breaks('get_config.case')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    _answer_otherwise(patch, str.isupper, None)


@breaks('get_config.section')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    _answer_otherwise(patch, lambda key: key == 'logs_config', None)


@pytest.mark.parametrize('rule', sorted(FIRST_PHASE))
def test_where_one_rule_does_not_hold_exactly_this_one_differs(
    host: Host, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    if rule in CHANGES:
        CHANGES[rule](monkeypatch, host)
        assert differing(host.run()) == {rule}
        return
    # What is left are the types of settings. The Agent itself must not read the setting in the wrong type.
    key = rule.removeprefix('get_config.')
    original = DatadogAgentModule.get_config
    wrong: Any = 1.5 if original is None else ['wrong']
    monkeypatch.setattr(
        DatadogAgentModule, 'get_config', lambda self, asked: wrong if asked == key else original(self, asked)
    )
    assert differing(host.run()) == {rule}


# The second phase


def with_second_phase(host: Host) -> None:
    host.instances({'second_phase': True}, {'neighbour': True})
    host.settings |= SECOND_PHASE_SETTINGS


def test_the_stand_in_agrees_with_every_rule_of_the_second_phase_and_after_a_restart(host: Host) -> None:
    with_second_phase(host)
    report = host.run()
    assert answers(report) == dict.fromkeys(FIRST_PHASE | rules('SECOND_PHASE_RULES'), True)
    assert host.agent is not None
    assert 'Warning: Restart the Agent now' in host.agent.status()
    host.settings['logs_config.integrations_logs_total_usage'] = 1
    report = host.run()
    assert set(answers(report)) == rules('RULES')
    # These are about a file of which the Agent knows nothing, and were asked before the restart.
    new_file_only = {'log_file.before_first_run', 'registry.absent_at_first'}
    assert {rule for rule, agrees in answers(report).items() if not agrees} == new_file_only


def test_the_second_phase_is_done_once(host: Host) -> None:
    with_second_phase(host)
    for _ in range(2):
        host.run()
    report = host.run()
    assert {rule for rule, agrees in answers(report).items() if agrees is None} >= rules('SECOND_PHASE_RULES')


@pytest.mark.parametrize(
    'settings, reason',
    [
        pytest.param({'logs_config.logs_dd_url': ''}, 'not a loopback address', id="Datadog's intake"),
        pytest.param({'logs_config.logs_dd_url': 'http://10.1.2.3:80'}, 'not a loopback address', id='another host'),
        pytest.param(
            {'logs_config.logs_dd_url': 'http://127.0.0.1@example.com'}, 'not a loopback address', id='user name'
        ),
        pytest.param({'logs_config.logs_dd_url': 'http://[::1'}, 'not a loopback address', id='no URL'),
        pytest.param(
            {'logs_config.additional_endpoints': [{'url': 'http://127.0.0.1:1', 'is_reliable': False}]},
            'additional_endpoints is set',
            id='another endpoint',
        ),
        pytest.param({'proxy.http': 'http://127.0.0.1:1'}, 'proxy is set', id='proxy'),
        pytest.param({'vector.logs.enabled': True}, 'vector.logs.enabled is set', id='another pipeline'),
    ],
)
def test_the_second_phase_is_rejected_where_the_intake_is_not_on_this_host_alone(
    host: Host, intake: Intake, settings: dict[str, Any], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_second_phase(host)
    host.settings |= settings
    # The stand-in sends to its own intake all the same. No test sends anything to another host.
    monkeypatch.setattr(AgentStandIn, '_intake_url', lambda self: intake.url)
    report = host.run()
    not_asked = {rule for rule, agrees in answers(report).items() if agrees is None}
    assert not_asked == rules('SECOND_PHASE_RULES') | rules('RESTART_RULES')
    assert host.agent is not None
    assert 'Warning: The probe rejects `second_phase`: ' in host.agent.status() and reason in host.agent.status()
    assert host.agent.log_file(host.agent.check_ids[0]).stat().st_size < MIB


@pytest.mark.parametrize('url', ['http://127.0.0.1:{}', 'http://localhost:{}', '127.0.0.1:{}', 'localhost:{}'])
def test_the_second_phase_accepts_every_spelling_of_this_host(
    host: Host, intake: Intake, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_second_phase(host)
    host.settings['logs_config.logs_dd_url'] = url.format(intake.url.rpartition(':')[2])
    monkeypatch.setattr(AgentStandIn, '_intake_url', lambda self: intake.url)
    assert answers(host.run())['rotation.next_line'] is True


SECOND_CHANGES: dict[str, Change] = {}


def breaks_later(rule: str) -> Callable[[Change], Change]:
    def add(change: Change) -> Change:
        SECOND_CHANGES[rule] = change
        return change

    return add


@breaks_later('quota.evicts_oldest')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = LogFileLauncher._evict_oldest
    evicted: list[Path] = []

    def evict(self: LogFileLauncher) -> None:
        if evicted:
            original(self)
            return
        newest = max(self._files.values(), key=lambda file: file.last_modified)
        self._remove_and_create(newest)
        newest.size = 0
        evicted.append(newest.path)

    patch.setattr(LogFileLauncher, '_evict_oldest', evict)


@breaks_later('rotation.at_limit')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = LogFileLauncher.handle

    def handle(self: LogFileLauncher, line: bytes, check_id: str) -> None:
        file = self._files[check_id]
        if file.size + len(line) + 1 == self.file_max_bytes:
            self._rotate(file)
        original(self, line, check_id)

    patch.setattr(LogFileLauncher, 'handle', handle)


@breaks_later('rotation.next_line')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = LogFileLauncher._rotate

    def rotate(self: LogFileLauncher, file: LogFile) -> None:
        original(self, file)
        file.path.write_bytes(b'rotated\n')

    patch.setattr(LogFileLauncher, '_rotate', rotate)


@breaks_later('rotation.new_file')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    host.options['rotation'] = 'truncate'


@breaks_later('deleted.next_line')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = LogFileLauncher.handle

    def handle(self: LogFileLauncher, line: bytes, check_id: str) -> None:
        file = self._files[check_id]
        if not file.size or file.path.exists():
            original(self, line, check_id)

    patch.setattr(LogFileLauncher, 'handle', handle)


@breaks_later('restart.deleted_file')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = LogFileLauncher.register

    def register(self: LogFileLauncher, check_id: str) -> Path | None:
        is_restart = len(list((host.root / 'run' / probe.CHECK_NAME).glob('notes_*'))) > 0
        path = original(self, check_id)
        if is_restart and path is not None and path.exists() and path.stat().st_size == 0:
            path.unlink()
        return path

    patch.setattr(LogFileLauncher, 'register', register)


@breaks_later('restart.over_quota')
def _(patch: pytest.MonkeyPatch, host: Host) -> None:
    original = LogFileLauncher.register

    def register(self: LogFileLauncher, check_id: str) -> Path | None:
        path = original(self, check_id)
        if path is not None:
            path.touch()
        return path

    patch.setattr(LogFileLauncher, 'register', register)


@pytest.mark.parametrize('rule', sorted(rules('SECOND_PHASE_RULES') | rules('RESTART_RULES')))
def test_where_one_rule_of_the_second_phase_does_not_hold_exactly_this_one_differs(
    host: Host, monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    with_second_phase(host)
    SECOND_CHANGES[rule](monkeypatch, host)
    host.run()
    host.settings['logs_config.integrations_logs_total_usage'] = 1
    assert differing(host.run()) == {rule}


# The command


def test_the_command_writes_the_probe_and_keeps_what_the_operator_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ['probe', '--write', str(tmp_path)]
    assert main(command) == 0
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert [path.relative_to(tmp_path).as_posix() for path in written] == list(probe.contents())
    assert main(command) == 0
    written[1].write_text('changed')
    assert main(command) == 1
    assert f'{written[1]} exists' in capsys.readouterr().err
    assert written[1].read_text() == 'changed'
    assert main([*command, '--replace']) == 0
    assert written[1].read_bytes() == list(probe.contents().values())[1]


def test_the_command_says_why_it_cannot_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / 'checks.d').write_text('no folder')
    assert main(['probe', '--write', str(tmp_path)]) == 1
    assert 'Cannot write the probe: ' in capsys.readouterr().err


def test_the_options_in_the_configuration_need_only_the_comment_sign_removed() -> None:
    [text] = [content.decode() for name, content in probe.contents().items() if name.endswith('conf.yaml')]
    assert yaml.safe_load(text)['instances'] == [{'min_collection_interval': 15}]
    uncommented = re.sub(r'^( *)# (?=\S+: |- )', r'\1', text, flags=re.MULTILINE)
    first, second = yaml.safe_load(uncommented)['instances']
    assert first == {'min_collection_interval': 15, 'report': '/tmp/agent_standin_probe.jsonl', 'second_phase': True}
    assert second == {'neighbour': True}


def test_in_a_process_of_its_own_the_stand_in_agrees_with_its_probe(tmp_path: Path) -> None:
    """The check as an Agent loads it: no stub of the base package is anywhere near."""
    assert main(['probe', '--write', str(tmp_path / 'etc')]) == 0
    conf = tmp_path / 'etc' / 'conf.d' / f'{probe.CHECK_NAME}.d' / 'conf.yaml'
    conf.write_text(conf.read_text().replace('min_collection_interval: 15', 'min_collection_interval: 0.2'))
    (tmp_path / 'etc' / 'datadog.yaml').write_text('logs_enabled: true\nlogs_config: {batch_wait: 0.2}\n')
    report = tmp_path / 'run' / f'{probe.CHECK_NAME}.jsonl'
    process = subprocess.Popen(
        [sys.executable, '-m', 'agent_standin', 'run', '--root', str(tmp_path)],
        env=os.environ | {'PYTHONPATH': str(PACKAGE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while not report.exists() or '"differ"' not in report.read_text():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert '[OK]' in output, output
    found = answers([json.loads(line) for line in report.read_text().splitlines()])
    assert found == dict.fromkeys(FIRST_PHASE, True)


def test_the_check_imports_nothing_that_an_agent_does_not_ship() -> None:
    tree = ast.parse(next(iter(probe.contents().values())))
    imported = {
        name.partition('.')[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or '']
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported - sys.stdlib_module_names == {'datadog_agent', 'datadog_checks'}
