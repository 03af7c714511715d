# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Two clocks that differ, and what happens by them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent_standin import AgentStandIn, CheckResult
from okta_simulator import OktaSimulator, VirtualClock
from okta_simulator.clock import ClientClock


@dataclass
class OktaClock:
    """Okta's own clock: that of this host, when it is `ahead_seconds` ahead of it."""

    host: VirtualClock
    ahead_seconds: float = 0.0

    def now(self) -> float:
        return self.host.now() + self.ahead_seconds


@contextmanager
def wrong(check_clock: ClientClock, ahead_seconds: float) -> Iterator[None]:
    """The clock of this host is so far ahead for a while."""
    check_clock.ahead_seconds = ahead_seconds
    yield
    check_clock.ahead_seconds = 0.0


def event_of(okta: OktaSimulator, age_seconds: float, uuid: str = 'a') -> dict[str, Any]:
    """An event that is persisted now, and was published a while ago."""
    published = datetime.fromtimestamp(okta.clock.now() - age_seconds, UTC).isoformat(timespec='milliseconds')
    event = {
        'uuid': uuid,
        'published': published.replace('+00:00', 'Z'),
        'eventType': 'workflows.user.flow.activate',
        'severity': 'INFO',
    }
    return okta.append(event)[0]


def run(agent: AgentStandIn) -> CheckResult:
    [result] = agent.run_checks()
    return result


def uuids(agent: AgentStandIn) -> list[str]:
    return [line['log']['uuid'] for line in agent.log_lines()]


def progress(agent: AgentStandIn) -> dict[str, Any]:
    """What is stored of the cursor."""
    files = [content for path, content in agent.cache_files().items() if '_cursor_' in path]
    newest: dict[str, Any] = max(map(json.loads, files), key=lambda each: int(each['number']))
    return newest


def since(request: Any) -> float:
    return datetime.fromisoformat(request.query['since']).timestamp()


def happen(okta: OktaSimulator, *uuids: str) -> None:
    for uuid in uuids:
        event_of(okta, 0.0, uuid)
