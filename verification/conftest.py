# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from agent_standin import AgentStandIn
from datadog_checks.base import agent as base_agent
from datadog_checks.base.stubs import datadog_agent
from datadog_checks.base.utils.http import RequestsWrapper
from datadog_checks.okta_workflows import OktaWorkflowsCheck
from datadog_checks.okta_workflows.okta.client import OktaClient
from datadog_checks.okta_workflows.okta.origin import parse_origin
from okta_simulator import OktaSimulator, VirtualClock
from okta_simulator.clock import ClientClock

from .behaviour.hand_made_agent import HandMadeAgent
from .world.scenario import LOGS_SECTION, NAME, NOW, TIMEOUT_SECONDS, StartAgent

# Their tests take long, and share nothing that is costly to make.
SPLIT_FILES = frozenset(
    {'test_campaign.py', 'test_capacity.py', 'test_delivery.py', 'test_malformed.py', 'test_mutations.py'}
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let pytest-xdist give the tests of a file to one process, but for files of long ones."""
    for item in items:
        if item.path.name not in SPLIT_FILES:
            item.add_marker(pytest.mark.xdist_group(item.path.as_posix()))


@pytest.fixture(autouse=True)
def clean_stub() -> Iterator[None]:
    """The stub of the base package keeps its cache, and the next org may get the port of one before.

    It also keeps whatever function a test puts there for good, and so does each module that a stand-in was lent to.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datadog_agent, '_cache', {})
        yield
    assert not [name for name, value in vars(datadog_agent).items() if isinstance(value, FunctionType)]
    assert base_agent.datadog_agent is datadog_agent


@pytest.fixture
def check_clock(monkeypatch: pytest.MonkeyPatch) -> ClientClock:
    """The clock of each check that is made."""
    check_clock = ClientClock(VirtualClock(NOW))
    monkeypatch.setattr(OktaWorkflowsCheck, 'clock', check_clock)
    return check_clock


@pytest.fixture
def by_hand(tmp_path: Path, check_clock: ClientClock) -> HandMadeAgent:
    return HandMadeAgent(tmp_path, check_clock)


@pytest.fixture
def clock(check_clock: ClientClock) -> VirtualClock:
    """One clock for the org and for the check."""
    return check_clock.clock


@pytest.fixture
def host_far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, 'tzset'):
        pytest.skip('The time zone of a process cannot be set here')
    monkeypatch.setenv('TZ', 'Asia/Kolkata')
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def okta(clock: VirtualClock) -> Iterator[OktaSimulator]:
    with OktaSimulator(clock=clock) as okta:
        yield okta


@pytest.fixture
def client(okta: OktaSimulator, check_clock: ClientClock) -> OktaClient:
    return OktaClient(RequestsWrapper({}, {}), parse_origin(okta.url), TIMEOUT_SECONDS, check_clock)


@pytest.fixture
def start_agent(
    tmp_path: Path, clock: VirtualClock, check_clock: ClientClock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[StartAgent]:
    """Start an Agent with instances of the check; the Agent before is stopped first, as in a restart.

    `logs` is the section of that name in `conf.yaml`; settings are those of `datadog.yaml`.
    """
    running: list[AgentStandIn] = []

    def start(*instances: dict[str, Any], logs: Any = LOGS_SECTION, **settings: Any) -> AgentStandIn:
        for agent in running:
            agent.stop()
        agent = AgentStandIn(tmp_path, clock)
        agent.set_config(**settings)
        # Rare enough that the check runs only when a test says so.
        rare = [{'min_collection_interval': 1_000_000, **instance} for instance in instances]
        agent.configure(NAME, {'init_config': {}, 'instances': rare, 'logs': logs})
        running.append(agent.start())
        # While the check waits, the rest of the Agent works.
        check_clock.sleep = agent.advance
        return agent

    yield start
    for agent in running:
        agent.stop()


@pytest.fixture(scope='session')
def rsa_key() -> rsa.RSAPrivateKey:
    """Of the shortest kind that Okta takes. Keys are made once, for they cost time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope='session')
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())
