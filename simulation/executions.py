# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The runs of an org's flows, as Okta's Execution Log Streaming posts them to Datadog's intake.

Fields and form are those of the published base schema (help.okta.com, Workflows, "Event metadata for Execution Log
Streaming"), the values are invented. Of the values of `event_type` only FLOW_START is published: the others are made up
after the states that the same documentation lists, and one stands for a state that it does not.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from .org import Org, Thing
from .people import Person
from .weeks import HOUR_SECONDS, NOW, START, is_working_day

SOURCE = 'okta-workflows'
SERVICE = 'workflows-execution'
FLOW_START = 'FLOW_START'

End = Literal['FLOW_COMPLETED', 'FLOW_FAILED', 'FLOW_CANCELED', 'FLOW_THROTTLED', 'FLOW_RATE_LIMITED', 'FLOW_PAUSED']
ENDS: tuple[End, ...] = ('FLOW_FAILED', 'FLOW_CANCELED', 'FLOW_THROTTLED', 'FLOW_RATE_LIMITED', 'FLOW_PAUSED')
"""Other than the usual one."""
# FLOW_RESUMED is the one that nobody has heard of.
AFTER: dict[str, tuple[str, ...]] = {
    'FLOW_PAUSED': ('FLOW_RESUMED', 'FLOW_COMPLETED'),
    'FLOW_RATE_LIMITED': ('FLOW_COMPLETED',),
}
ODD_SHARE = 0.03
LOST_END_SHARE = 0.005

SCHEDULE_HOURS = 2.0
RUNS_A_WORKING_DAY = 14
HELPER_EVERY = 3


@dataclass(frozen=True)
class Run:
    """One execution, with those it was started by, if any."""

    execution_id: str
    flow: Thing
    user: Person
    started: float
    """Epoch seconds."""
    ended: float
    parent: Run | None = None

    @property
    def root(self) -> Run:
        return self if self.parent is None else self.parent.root


@dataclass
class ExecutionStream:
    """What one org streams, as long as the streaming is on."""

    org: Org
    records: list[dict[str, Any]] = field(default_factory=list)
    interruptions: list[tuple[float, float]] = field(default_factory=list)
    """When nothing comes, in epoch seconds."""
    muted: dict[str, float] = field(default_factory=dict)
    """Since when nothing comes of a flow, by its id."""
    _user_ids: dict[str, str] = field(default_factory=dict)

    def run(
        self,
        flow: Thing,
        user: Person,
        at: float,
        *,
        end: End | None = 'FLOW_COMPLETED',
        parent: Run | None = None,
        seconds: float | None = None,
    ) -> Run:
        """`flow` starts at `at` (epoch seconds) and comes to its `end`; `None`: it is never heard of again."""
        random = self.org.random
        states = [FLOW_START] if end is None else [FLOW_START, end, *AFTER.get(end, ())]
        moments = [at]
        for _ in states[1:]:
            moments.append(moments[-1] + (random.uniform(0.3, 20) if seconds is None else seconds))
        execution_id = str(uuid.UUID(int=random.getrandbits(128), version=4))
        run = Run(execution_id, flow, user, at, moments[-1], parent)
        for state, moment in zip(states, moments):
            self._post(run, state, moment)
        return run

    def _post(self, run: Run, event_type: str, at: float) -> None:
        interrupted = any(since <= at < until for since, until in self.interruptions)
        if interrupted or at >= self.muted.get(run.flow.thing_id, NOW):
            return
        record = {
            'ddsource': SOURCE,
            'service': SERVICE,
            'ddtags': f'okta_domain:{self.org.domain}',
            'event_type': event_type,
            'execution_id': run.execution_id,
            'timestamp': datetime.fromtimestamp(at, UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z'),
            'flow_id': run.flow.thing_id,
            'flow_name': run.flow.name,
            'org_id': self.org.org_id,
            'org_name': self.org.domain.partition('.')[0],
            'org_hostname': self.org.domain,
            'user_id': self._user_ids.setdefault(run.user.okta_id, self.org.ulid()),
            'user_email': hashlib.sha256(run.user.email.encode()).hexdigest(),
        }
        for name, other in (('parent', run.parent), ('root', run.root)):
            if other not in (None, run):
                record[f'{name}_execution_id'] = other.execution_id
                record[f'{name}_flow_id'] = other.flow.thing_id
                record[f'{name}_flow_name'] = other.flow.name
        self.records.append(record)


def run_as_ever(stream: ExecutionStream, authors: Sequence[Person]) -> None:
    """Four weeks of runs: one flow on a schedule, others when something happens in office hours."""
    random = stream.org.random
    scheduled, helper, *others = stream.org.flows[:12]
    owner = authors[0]
    for number in range(int((NOW - START) / HOUR_SECONDS / SCHEDULE_HOURS)):
        at = START + number * SCHEDULE_HOURS * HOUR_SECONDS + 300
        run = stream.run(scheduled, owner, at, end=_some_end(stream), seconds=random.uniform(20, 40))
        if number % HELPER_EVERY == 0:
            stream.run(helper, owner, at + 2, parent=run)
        if is_working_day(at):
            for _ in range(round(RUNS_A_WORKING_DAY * SCHEDULE_HOURS / 24)):
                moment = at + random.uniform(0, SCHEDULE_HOURS) * HOUR_SECONDS
                if moment < NOW - 60:
                    stream.run(random.choice(others), random.choice(authors), moment, end=_some_end(stream))


def run_delegated(stream: ExecutionStream, people: Iterable[Person]) -> None:
    """A run for each delegated flow that was started: the audit event says who did, the records how it ended.

    Only of the flows that the org has had all along.
    """
    by_id = {person.okta_id: person for person in people}
    flows = {flow.thing_id: flow for flow in stream.org.flows}
    for entry in list(stream.org.entries):
        event = entry.event
        started = event['eventType'] == 'workflows.user.delegatedflow.run' and event['outcome']['result'] == 'SUCCESS'
        if not started or entry.published > NOW - 60:
            continue
        for target in event['target']:
            if target['id'] in flows:
                person = by_id[event['actor']['id']]
                stream.run(flows[target['id']], person, entry.published + 0.5, end=_some_end(stream))


def _some_end(stream: ExecutionStream) -> End | None:
    random = stream.org.random
    draw = random.random()
    if draw < LOST_END_SHARE:
        return None
    return random.choice(ENDS) if draw < ODD_SHARE else 'FLOW_COMPLETED'
