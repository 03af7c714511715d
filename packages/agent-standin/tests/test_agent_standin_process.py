# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent stand-in in real time: in this process, and as a process of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent_standin import AgentKilled, AgentStandIn, Intake
from agent_standin.__main__ import main
from agent_standin.throwaway_check import LOGS, NAME, installed, write_package

DEADLINE_SECONDS = 20.0
PACKAGE = Path(__file__).parents[1]
INSTANCE = {'count': 2, 'min_collection_interval': 0.2}
FAST = {'logs_config.batch_wait': 0.2}


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, 'the condition did not come true in time'
        time.sleep(0.02)


@pytest.fixture
def intake() -> Iterator[Intake]:
    with Intake() as intake:
        yield intake


@pytest.fixture
def root(tmp_path: Path, intake: Intake) -> Path:
    """An Agent's folder with the probe configured."""
    agent = AgentStandIn(tmp_path / 'agent')
    agent.configure(
        NAME, {'init_config': {}, 'instances': [INSTANCE], 'logs': [LOGS[0] | {'start_position': 'beginning'}]}
    )
    agent.set_config(**FAST, **{'logs_config.logs_dd_url': intake.url})
    return tmp_path / 'agent'


def numbers(intake: Intake) -> list[int]:
    return [int(log['message']['number']) for log in list(intake.logs)]


def test_in_real_time_checks_run_and_logs_arrive(root: Path, intake: Intake, tmp_path: Path) -> None:
    with installed(tmp_path / 'site'), AgentStandIn(root) as agent:
        serving = threading.Thread(target=agent.run_forever)
        serving.start()
        eventually(lambda: len(intake.logs) >= 4)
        agent.leave()
        serving.join(DEADLINE_SECONDS)
        assert not serving.is_alive()
        assert numbers(intake)[:4] == [1, 2, 3, 4]
        assert all(result.status == 'OK' for result in agent.runs)


def test_in_real_time_a_hanging_intake_does_not_stop_the_registry(root: Path, intake: Intake, tmp_path: Path) -> None:
    intake.answer = 'hang'
    with installed(tmp_path / 'site'), AgentStandIn(root) as agent:
        registry = root / 'run' / 'registry.json'
        serving = threading.Thread(target=agent.run_forever)
        serving.start()
        eventually(lambda: len(intake.requests) == 1)
        before = time.time()
        eventually(lambda: registry.exists() and registry.stat().st_mtime > before)
        intake.refuse()
        agent.leave()
        serving.join(DEADLINE_SECONDS)


def test_in_real_time_a_kill_ends_the_serving(root: Path, intake: Intake, tmp_path: Path) -> None:
    with installed(tmp_path / 'site'), AgentStandIn(root) as agent:
        agent.faults.kill_at('after_cache_write', 2)
        with pytest.raises(AgentKilled):
            agent.run_for(DEADLINE_SECONDS)
        assert not agent.started
        # The second line was in the launcher's hands: it may or may not have been written.
        assert [line['number'] for line in agent.log_lines()][:1] == ['1']
        assert list(agent.cache_files().values()) == [b'2']


class AgentProcess:
    def __init__(self, root: Path, site: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'agent_standin', 'run', '--root', str(root), *options],
            cwd=PACKAGE,
            env=os.environ | {'PYTHONPATH': os.pathsep.join(map(str, (site, PACKAGE)))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def end(self, signal_number: int | None = None) -> tuple[int, str]:
        """Exit code and output."""
        if signal_number is not None:
            self.process.send_signal(signal_number)
        output, _ = self.process.communicate(timeout=DEADLINE_SECONDS)
        return self.process.returncode, output


@pytest.fixture
def run_agent(root: Path, tmp_path: Path) -> Iterator[Callable[..., AgentProcess]]:
    site = write_package(tmp_path / 'site')
    processes: list[AgentProcess] = []

    def run(*options: str) -> AgentProcess:
        processes.append(AgentProcess(root, site, *options))
        return processes[-1]

    yield run
    for each in processes:
        with each.process:
            each.process.kill()


def test_a_process_killed_and_started_again_delivers_every_line_of_the_file(
    run_agent: Callable[..., AgentProcess], intake: Intake, root: Path
) -> None:
    killed = run_agent()
    eventually(lambda: len(intake.logs) >= 2)
    assert killed.end(signal.SIGKILL)[0] == -signal.SIGKILL
    count = len(intake.logs)
    again = run_agent()
    eventually(lambda: len(intake.logs) > count + 2)
    code, output = again.end(signal.SIGTERM)
    assert code == 0, output
    assert f'Instance ID: {NAME}:' in output and '[OK]' in output
    [file] = (root / 'run' / 'integrations').iterdir()
    delivered = {json.dumps(log['message']) for log in intake.logs}
    written = [json.dumps(json.loads(line)) for line in file.read_text().splitlines()]
    assert delivered == set(written[: len(delivered)])


def test_a_check_that_heeds_nothing_does_not_hold_up_the_end(
    run_agent: Callable[..., AgentProcess], root: Path, tmp_path: Path
) -> None:
    package = tmp_path / 'site' / 'datadog_checks' / NAME / '__init__.py'
    behaviour = (
        'ProbeCheck.behaviour = lambda check: (check.log.info("asleep"), __import__("threading").Event().wait())'
    )
    package.write_text(f'{package.read_text()}\n{behaviour}\n')
    log = root / 'log' / 'agent.log'
    agent = run_agent()
    eventually(lambda: log.exists() and 'asleep' in log.read_text())
    code, output = agent.end(signal.SIGTERM)
    assert code == 0, output


def test_a_process_dies_where_it_is_told_to(run_agent: Callable[..., AgentProcess], root: Path) -> None:
    code, _ = run_agent('--kill-at', 'between_writes:3').end()
    assert code == 128 + 9
    [file] = (root / 'run' / 'integrations').iterdir()
    lines = file.read_bytes().split(b'\n')
    assert [json.loads(line)['number'] for line in lines] == ['1', '2', '3']


def test_a_process_of_its_own_is_an_agent_to_the_base_package(
    run_agent: Callable[..., AgentProcess], root: Path, tmp_path: Path
) -> None:
    package = tmp_path / 'site' / 'datadog_checks' / NAME / '__init__.py'
    package.write_text(
        package.read_text()
        + """
from datadog_checks.base.agent import AGENT_RUNNING

ProbeCheck.behaviour = lambda check: check.log.info(
    'in an Agent: %s, line %s', AGENT_RUNNING, check.read_persistent_cache('number')
)
"""
    )
    log = root / 'log' / 'agent.log'
    agent = run_agent()
    eventually(lambda: log.exists() and 'line 4' in log.read_text())
    code, output = agent.end(signal.SIGTERM)
    assert code == 0, output
    told = re.findall(rf'INFO \| {NAME}:\w+ \| .* \| in an Agent: (\w+), line (\d+)', log.read_text())
    assert {running for running, _ in told} == {'True'}
    lines = [line for _, line in told]
    assert len(lines) == len(set(lines)), 'logged more than once'


def test_a_reader_that_goes_away_keeps_the_agent_neither_from_acknowledging_nor_from_a_clean_stop(
    run_agent: Callable[..., AgentProcess], root: Path
) -> None:
    AgentStandIn(root).set_config(**{'logs_config.logs_dd_url': ''})
    agent = run_agent('--show-logs')
    stdout = agent.process.stdout
    assert stdout is not None
    stdout.readline()
    stdout.close()
    registry = root / 'run' / 'registry.json'
    eventually(lambda: registry.exists() and '"Offset"' in registry.read_text())
    agent.process.send_signal(signal.SIGTERM)
    assert agent.process.wait(DEADLINE_SECONDS) == 0


@pytest.mark.parametrize(
    'arguments, part',
    [
        pytest.param(['--help'], 'run checks by their intervals', id='all commands'),
        pytest.param(['run', '--help'], 'ROOT/etc/checks.d/CHECK.py', id='run'),
    ],
)
def test_help_says_how_to_run_it(arguments: list[str], part: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert part in capsys.readouterr().out


CUSTOM_CHECK = """
from datadog_checks.base import AgentCheck


class CustomCheck(AgentCheck):
    def check(self, _):
        self.send_log({'message': 'from checks.d'})
"""


def test_a_process_runs_the_checks_of_another_folder_and_writes_nothing_into_it(
    run_agent: Callable[..., AgentProcess], tmp_path: Path
) -> None:
    etc = tmp_path / 'project'
    files = {
        etc / 'checks.d' / 'custom.py': CUSTOM_CHECK,
        etc / 'conf.d' / 'custom.d' / 'conf.yaml': json.dumps(
            {'instances': [{'min_collection_interval': 0.1}], 'logs': [LOGS[0] | {'start_position': 'beginning'}]}
        ),
        etc / 'conf.d' / 'absent.d' / 'conf.yaml': json.dumps({'instances': [{}]}),
        etc / 'datadog.yaml': json.dumps({'logs_enabled': True, 'logs_config': {'batch_wait': 0.1}}),
    }
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    agent = run_agent('--etc', str(etc), '--show-logs')
    stdout = agent.process.stdout
    assert stdout is not None
    output = ''
    while 'from checks.d' not in output:
        line = stdout.readline()
        assert line, output
        output += line
    assert "unable to import module 'absent': No module named 'absent'" in output
    code, rest = agent.end(signal.SIGTERM)
    assert code == 0 and '[OK]' in rest
    found = {path for path in etc.rglob('*') if path.is_file() and '__pycache__' not in path.parts}
    assert found == set(files)
