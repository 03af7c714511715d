# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The environment of the end-to-end test, without Docker: what the containers run is run here."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Thread

import pytest
import yaml

from agent_standin import AgentStandIn
from datadog_checks.dev.conditions import WaitFor
from okta_simulator.port import Port
from tests.docker.environment import (
    AGENT_SETTINGS,
    COMPOSE_FILE,
    INTAKE_ADDRESS,
    OKTA_DOMAIN,
    TAG,
    configuration,
    persisted_uuids,
    received_logs,
)

ROOT = Path(__file__).parents[2]
TESTS = ROOT / 'okta_workflows' / 'tests'
SERVICES = yaml.safe_load(COMPOSE_FILE.read_text('utf-8'))['services']
ATTEMPTS = 300
PAUSE_SECONDS = 0.1
DELIVERY_DEADLINE_SECONDS = 30.0


@contextmanager
def service(name: str, port: str, free: str) -> Iterator[list[str]]:
    """Run the command of a service, with another port than in the container; yields the lines that it prints."""
    program, *arguments = shlex.split(SERVICES[name]['command'])
    assert program == 'python' and port in arguments
    command = [sys.executable, '-u', *(free if each == port else each for each in arguments)]
    with subprocess.Popen(command, cwd=TESTS.parent, stdout=subprocess.PIPE, text=True) as process:
        lines: list[str] = []
        assert process.stdout is not None
        reader = Thread(target=lines.extend, args=(process.stdout,))
        reader.start()
        try:
            yield lines
        finally:
            process.terminate()
            reader.join()


def is_healthy(name: str, port: str, free: str) -> bool:
    """Whether the health check of a service succeeds."""
    kind, program, *arguments = SERVICES[name]['healthcheck']['test']
    assert (kind, program) == ('CMD', 'python')
    command = [sys.executable, *(each.replace(port, free) for each in arguments)]
    return subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0


def wait_for(is_so: Callable[[], bool]) -> None:
    """Raises an error after the last attempt."""
    WaitFor(is_so, ATTEMPTS, PAUSE_SECONDS)()  # type: ignore[arg-type]


def test_an_agent_with_the_settings_of_the_environment_delivers_what_the_org_has(tmp_path: Path) -> None:
    """By the same claims as the end-to-end test."""
    ports = {'okta': OKTA_DOMAIN.rpartition(':')[2], 'intake': INTAKE_ADDRESS.rpartition(':')[2]}
    # Held here until the services of the other processes no longer need them.
    held = {name: Port() for name in ports}
    free = {name: str(port.hold()) for name, port in held.items()}
    with ExitStack() as stack:
        printed = {name: stack.enter_context(service(name, ports[name], free[name])) for name in ports}
        for name in ports:
            wait_for(partial(is_healthy, name, ports[name], free[name]))
        domain = OKTA_DOMAIN.replace(ports['okta'], free['okta'])
        conf = configuration()
        [instance] = conf['instances']
        instance |= {'domain': domain, 'min_collection_interval': 1}
        expected = persisted_uuids(domain, instance['api_key'])

        agent = AgentStandIn(tmp_path)
        settings = {name.removeprefix('DD_').lower(): value for name, value in AGENT_SETTINGS.items()}
        agent.set_config(**{re.sub('^logs_config_', 'logs_config.', name): value for name, value in settings.items()})
        # In place of the host and port with `logs_no_ssl`.
        agent.set_config(**{'logs_config.logs_dd_url': f'http://127.0.0.1:{free["intake"]}'})
        agent.configure('okta_workflows', conf)
        with agent:
            Thread(target=agent.run_for, args=(DELIVERY_DEADLINE_SECONDS,)).start()
            wait_for(lambda: len(received_logs(printed['intake'])) >= len(expected))

    logs = received_logs(printed['intake'])
    assert len(expected) > 1000
    assert Counter(log['message']['log']['uuid'] for log in logs) == Counter(expected)
    assert {(log['ddsource'], log['service']) for log in logs} == {('okta-workflows', 'workflows')}
    tags = {TAG, f'okta_domain:127.0.0.1:{free["okta"]}'}
    assert all(tags <= set(log['ddtags'].split(',')) for log in logs)


def test_the_image_has_the_versions_of_the_lock() -> None:
    locked = (ROOT / '.ci' / 'requirements' / 'newest.txt').read_text('utf-8').splitlines()
    dockerfile = COMPOSE_FILE.with_name('Dockerfile').read_text('utf-8')
    installed = re.findall(r'\S+==\S+', dockerfile)
    assert installed and set(installed) <= set(locked)


@pytest.mark.parametrize('name', SERVICES)
def test_a_service_is_built_of_what_is_there_and_shares_the_network_of_the_agent(name: str) -> None:
    build = SERVICES[name]['build']
    context = (COMPOSE_FILE.parent / build['context']).resolve()
    assert context == TESTS
    assert (context / build['dockerfile']).is_file()
    assert SERVICES[name]['network_mode'] == 'host'
