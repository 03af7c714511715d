# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The wheel: what `datadog-agent integration install` gets."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

from agent_standin import AgentStandIn
from agent_standin.intake import Intake
from okta_simulator import OktaSimulator, SystemClock

INTEGRATION = Path(__file__).parents[2] / 'okta_workflows'
PROCESS_DEADLINE_SECONDS = 60


@pytest.fixture(scope='module')
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    folder = tmp_path_factory.mktemp('wheel')
    command = [sys.executable, '-m', 'hatchling', 'build', '-t', 'wheel', '-d', str(folder)]
    subprocess.run(command, cwd=INTEGRATION, check=True, capture_output=True, timeout=PROCESS_DEADLINE_SECONDS)
    [file] = folder.glob('*.whl')
    with ZipFile(file) as wheel:
        yield wheel


@pytest.fixture(scope='module')
def metadata(wheel: ZipFile) -> Message:
    [name] = [name for name in wheel.namelist() if name.endswith('.dist-info/METADATA')]
    return Parser().parsestr(wheel.read(name).decode())


def test_the_wheel_holds_the_check_and_nothing_else(wheel: ZipFile) -> None:
    content = [name for name in wheel.namelist() if '.dist-info/' not in name]
    assert [name for name in content if not name.startswith('datadog_checks/okta_workflows/')] == []
    assert 'datadog_checks/okta_workflows/data/conf.yaml.example' in content
    assert 'datadog_checks/okta_workflows/check.py' in content


def test_the_wheel_depends_on_the_base_package_alone(metadata: Message) -> None:
    """The Agent installs no dependency, and compares this line with the base package it ships."""
    required = [line for line in metadata.get_all('Requires-Dist', []) if 'extra ==' not in line]
    assert required == ['datadog-checks-base>=37.36.0']
    assert metadata['Name'] == 'datadog-okta-workflows'
    assert metadata['Requires-Python'] == '>=3.13'


def test_an_agent_runs_the_check_from_the_wheel(wheel: ZipFile, tmp_path: Path) -> None:
    """In a process of its own, as an Agent does, without the source tree."""
    installed = tmp_path / 'site-packages'
    wheel.extractall(installed)
    stand_in = INTEGRATION.parent / 'packages' / 'agent-standin'
    environment = {**os.environ, 'PYTHONPATH': os.pathsep.join(map(str, (installed, stand_in)))}

    def run(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        finished = subprocess.run(
            command, cwd=tmp_path, env=environment, check=True, capture_output=True, timeout=PROCESS_DEADLINE_SECONDS
        )
        return finished.stdout.decode()

    where = run('-c', 'from datadog_checks.okta_workflows import check; print(check.__file__)')
    assert Path(where.strip()).is_relative_to(installed)

    root = tmp_path / 'agent'
    with OktaSimulator(clock=SystemClock()) as okta, Intake() as intake:
        now = okta.clock.now()
        okta.generate(20, since=now - 3600, until=now - 60)
        agent = AgentStandIn(root)
        agent.set_config(**{'logs_config.logs_dd_url': intake.url, 'logs_config.batch_wait': 1})
        agent.configure(
            'okta_workflows',
            {
                'init_config': {},
                'instances': [{'domain': okta.url, 'api_key': okta.api_key, 'min_collection_interval': 1}],
                'logs': [{'type': 'integration', 'source': 'okta-workflows', 'service': 'workflows'}],
            },
        )
        status = run('-m', 'agent_standin', 'run', '--root', str(root), '--for', '5')
        expected = [event['uuid'] for event in okta.workflows_events]
    assert '[OK]' in status
    assert [log['message']['log']['uuid'] for log in intake.logs] == expected
    assert {(log['ddsource'], log['service']) for log in intake.logs} == {('okta-workflows', 'workflows')}
