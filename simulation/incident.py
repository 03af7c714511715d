# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What happens apart from routine, and what it leaves in the logs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from okta_simulator import rfc3339
from okta_simulator.log import Event

from .executions import ExecutionStream, Run
from .org import Org, Visit
from .weeks import to_ms


@dataclass(frozen=True)
class Incident:
    """A labelled incident, so that a test can say which one a monitor or a rule has to report.

    `start_ms` and `end_ms` (epoch) are those of the first and the last thing that belongs to it; `actor` is an e-mail
    address, empty if nobody did it; `flows` are names.
    """

    name: str
    summary: str
    is_harmless: bool
    """It resembles an incident and is none: a rule has to keep quiet, or to say so with its lowest severity."""
    domain: str
    start_ms: int
    end_ms: int
    actor: str
    flows: tuple[str, ...]
    uuids: tuple[str, ...]
    execution_ids: tuple[str, ...]

    def covers(self, moment_ms: int) -> bool:
        return self.start_ms <= moment_ms <= self.end_ms


@dataclass(frozen=True)
class Traces:
    """What an incident left behind. `period` is in epoch seconds, where there is nothing to take it from."""

    visits: Sequence[Visit] = ()
    events: Sequence[Event] = ()
    runs: Sequence[Run] = ()
    period: tuple[float, float] | None = None

    def label(self, name: str, summary: str, is_harmless: bool, org: Org) -> Incident:
        events = [*self.events, *(event for visit in self.visits for event in visit.events)]
        moments_ms = [rfc3339.parse_ms(event['published']) for event in events]
        for run in self.runs:
            moments_ms += [to_ms(run.started), to_ms(run.ended)]
        if self.period is not None:
            moments_ms += map(to_ms, self.period)
        people = [visit.person for visit in self.visits] or [run.user for run in self.runs]
        flows = [target['displayName'] for event in events for target in event['target'] if target['type'] == 'Flow']
        flows += [run.flow.name for run in self.runs]
        return Incident(
            name=name,
            summary=summary,
            is_harmless=is_harmless,
            domain=org.domain,
            start_ms=min(moments_ms),
            end_ms=max(moments_ms),
            actor=people[0].email if people else '',
            flows=tuple(dict.fromkeys(flows)),
            uuids=tuple(event['uuid'] for event in events),
            execution_ids=tuple(run.execution_id for run in self.runs),
        )


Tell = Callable[[Org, ExecutionStream], Traces]
