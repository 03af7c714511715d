# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The check in a real Agent: `ddev env test --dev okta_workflows all`, on Linux with Docker.

Written without Docker and an Agent at hand, after the documentation and the source of ddev: its authors have never run
it. What could be run is run by verification/docker/test_docker_environment.py: the services by their own commands, with
a stand-in in place of the Agent. Without `ddev env` the fixture `dd_agent_check` skips everything here.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from datadog_checks.base.stubs.aggregator import AggregatorStub
from datadog_checks.dev.conditions import WaitFor

from .docker import environment
from .docker.environment import COMPOSE_FILE, COMPOSE_PROJECT, OKTA_DOMAIN, TAG

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).parents[2]
DELIVERY_ATTEMPTS = 60
PAUSE_SECONDS = 2


@pytest.fixture(autouse=True)
def ddev_finds_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    """`dd_agent_check` calls ddev in the folder of the integration, and `.ddev.toml` goes by `PWD`."""
    monkeypatch.setenv('PWD', str(REPOSITORY))


def received_logs() -> list[dict[str, Any]]:
    compose = ['docker', 'compose', '--project-name', COMPOSE_PROJECT, '--file', str(COMPOSE_FILE)]
    command = [*compose, 'logs', '--no-color', '--no-log-prefix', 'intake']
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding='utf-8').stdout
    return environment.received_logs(printed.splitlines())


def test_the_agent_delivers_every_event_once_and_a_run_by_hand_finds_nothing_left(
    dd_agent_check: Callable[..., AggregatorStub],
) -> None:
    [instance] = environment.configuration()['instances']
    expected = environment.persisted_uuids(OKTA_DOMAIN, instance['api_key'])
    assert expected

    # The Agent has been collecting since `ddev env` started it. Raises an error after the last attempt.
    WaitFor(lambda: len(received_logs()) >= len(expected), attempts=DELIVERY_ATTEMPTS, wait=PAUSE_SECONDS)()

    logs = received_logs()
    assert Counter(log['message']['log']['uuid'] for log in logs) == Counter(expected)
    assert {(log['ddsource'], log['service']) for log in logs} == {('okta-workflows', 'workflows')}
    domain = OKTA_DOMAIN.removeprefix('http://')
    assert all({TAG, f'okta_domain:{domain}'} <= set(log['ddtags'].split(',')) for log in logs)

    # `agent check` goes on from the Agent's own cursor. It raises an error if the run ends with one, as it would if
    # there were an event that it had to hand over, for nobody writes what is collected by hand.
    dd_agent_check()
