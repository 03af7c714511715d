# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from datadog_checks.base.stubs import datadog_agent
from datadog_checks.dev.docker import docker_run
from datadog_checks.okta_workflows import OktaWorkflowsCheck

from .docker import environment
from .fake_agent import FakeAgent
from .fake_clock import FakeClock
from .fake_okta import FakeOkta
from .hand_made_agent import HandMadeAgent


@pytest.fixture(scope='session')
def dd_environment() -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """What `ddev env start` starts: an org and an intake in containers, and an Agent that knows both."""
    with docker_run(
        str(environment.COMPOSE_FILE), build=True, env_vars={'COMPOSE_PROJECT_NAME': environment.COMPOSE_PROJECT}
    ):
        yield environment.configuration(), {'env_vars': environment.AGENT_SETTINGS}


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stub of the base package keeps its cache, and the next org may get the port of one before."""
    monkeypatch.setattr(datadog_agent, '_cache', {})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeClock:
    """The clock of each check that is made, and of the org."""
    clock = FakeClock()
    monkeypatch.setattr(OktaWorkflowsCheck, 'clock', clock)
    return clock


@pytest.fixture
def okta(clock: FakeClock) -> Iterator[FakeOkta]:
    with FakeOkta(lambda: clock.seconds) as okta:
        yield okta


@pytest.fixture
def agent(tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> FakeAgent:
    return FakeAgent(tmp_path, monkeypatch)


@pytest.fixture
def instance(okta: FakeOkta) -> dict[str, Any]:
    return {'domain': okta.url, 'api_key': okta.api_key}


@pytest.fixture
def by_hand(tmp_path: Path, clock: FakeClock) -> HandMadeAgent:
    return HandMadeAgent(tmp_path, clock)


@pytest.fixture
def host_far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if not hasattr(time, 'tzset'):
        pytest.skip('The time zone of a process cannot be set here')
    monkeypatch.setenv('TZ', 'Asia/Kolkata')
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope='session')
def rsa_key() -> rsa.RSAPrivateKey:
    """Of the shortest kind that Okta takes. Keys are made once, for they cost time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope='session')
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())
