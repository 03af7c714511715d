# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from datadog_checks.base.utils.http import RequestsWrapper
from datadog_checks.okta_workflows.client import OktaClient
from datadog_checks.okta_workflows.origin import parse_origin

from .okta_simulator import OktaSimulator, VirtualClock

NOW = datetime(2026, 11, 23, 3, 2, 45, tzinfo=UTC).timestamp()
TIMEOUT_SECONDS = (5.0, 5.0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> VirtualClock:
    """One clock for the org and for the check."""
    clock = VirtualClock(NOW)
    monkeypatch.setattr('datadog_checks.okta_workflows.check.get_timestamp', clock.now)
    monkeypatch.setattr('datadog_checks.okta_workflows.client.monotonic', clock.now)
    monkeypatch.setattr('datadog_checks.okta_workflows.auth.monotonic', clock.now)
    monkeypatch.setattr('datadog_checks.okta_workflows.delivery.monotonic', clock.now)
    monkeypatch.setattr('datadog_checks.okta_workflows.delivery.sleep', clock.advance)
    monkeypatch.setattr('datadog_checks.okta_workflows.registry.sleep', clock.advance)
    return clock


@pytest.fixture
def host_far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
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
def client(okta: OktaSimulator) -> OktaClient:
    return OktaClient(RequestsWrapper({}, {}), parse_origin(okta.url), TIMEOUT_SECONDS)
