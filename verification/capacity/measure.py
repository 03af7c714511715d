# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The figures, in virtual time: what binds are the limits of Okta, of the Agent and of the check, not this machine.

Requests and writes take no time here. An org that answers slowly allows fewer pages in a minute.
"""

from __future__ import annotations

import json
import math
import time
import uuid
from dataclasses import dataclass
from itertools import islice
from typing import Any

from datadog_checks.okta_workflows.constants import MIB
from datadog_checks.okta_workflows.okta.page import PAGE_LIMIT_EVENTS
from okta_simulator import WORKFLOWS_EVENT_TYPES
from verification.world.recording import REAL_EVENT_BYTES
from verification.world.world import World

SEED = 1
EVENT_TYPE = 'workflows.user.flow.create'
MINUTE_SECONDS = 60.0
WARM_UP_MINUTES = 2
LEAST_SENDING_SECONDS = 14.0
NO_LIMIT = 1_000_000


@dataclass(frozen=True)
class Limits:
    """What binds one instance.

    `file_mib` and `total_mib`: the Agent's `integrations_logs_files_max_size` and `integrations_logs_total_usage`;
    `org_requests`: Okta's limit for the whole org, of which a token has half; `interval_seconds`: the instance's
    `min_collection_interval`.
    """

    file_mib: int = 100
    total_mib: int = 100
    org_requests: int = 120
    interval_seconds: int = 30


@dataclass(frozen=True)
class Crowd:
    """What became of a backlog of each of many instances on one Agent."""

    instances: int
    events: int
    log_mib: float
    """What the lines of all events take."""
    minutes: float
    """Until Datadog had everything."""
    lost: int
    repeated: int
    idle_run_milliseconds: float
    """CPU time of a run that finds nothing."""


def events_per_minute(limits: Limits, minutes: int) -> float:
    """What reaches Datadog in a catch-up that outlasts the measurement, on average over so many minutes."""
    world = _world(limits)
    with world:
        _lay_down(world, EVENT_TYPE, _most_events(limits, WARM_UP_MINUTES + minutes + 1))
        world.advance(WARM_UP_MINUTES * MINUTE_SECONDS)
        before = world.ledger.delivered
        world.advance(minutes * MINUTE_SECONDS)
        if not world.ledger.missing:
            raise RuntimeError('the catch-up ended before the measurement')
        return (world.ledger.delivered - before) / minutes


def crowd(instances: int, events_each: int, limits: Limits, most_minutes: int) -> Crowd:
    """As many instances, each with a backlog of its own, on one Agent.

    For want of as many orgs each collects another type of events of one org whose rate limit is no hindrance.
    """
    types = list(islice(WORKFLOWS_EVENT_TYPES, instances))
    filters = [f'eventType eq "{name}"' for name in types]
    world = _world(limits, event_filter=filters[0])
    world.other_instances = [{'event_filter': each} for each in filters[1:]]
    with world:
        world.okta.org_rate_limit = NO_LIMIT
        for name in types:
            _lay_down(world, name, events_each)
        started = world.clock.now()
        while world.ledger.missing and world.clock.now() - started < most_minutes * MINUTE_SECONDS:
            world.advance(limits.interval_seconds)
        return Crowd(
            instances=instances,
            events=instances * events_each,
            log_mib=instances * events_each * REAL_EVENT_BYTES / MIB,
            minutes=(world.clock.now() - started) / MINUTE_SECONDS,
            lost=len(world.ledger.missing),
            repeated=world.ledger.repeated,
            idle_run_milliseconds=_idle_run_milliseconds(world),
        )


def _most_events(limits: Limits, minutes: int) -> int:
    """More than can be collected in so many minutes."""
    # The Agent takes longer to send the log file. The token has half of the requests.
    by_log_file = minutes * MINUTE_SECONDS / LEAST_SENDING_SECONDS * limits.file_mib * MIB / REAL_EVENT_BYTES
    by_requests = minutes * limits.org_requests / 2 * PAGE_LIMIT_EVENTS
    return math.ceil(min(by_log_file, by_requests))


def _world(limits: Limits, **instance: Any) -> World:
    world = World(
        SEED,
        settings={
            'logs_config.integrations_logs_files_max_size': limits.file_mib,
            'logs_config.integrations_logs_total_usage': limits.total_mib,
        },
        instance={'min_collection_interval': limits.interval_seconds, **instance},
    )
    world.okta.org_rate_limit = limits.org_requests
    return world


def _lay_down(world: World, event_type: str, count: int) -> None:
    """Events of the size of real ones; they share what they hold, so that many have room in memory."""
    event = world.okta.generator.event(event_type, world.okta.clock.now())
    missing_bytes = REAL_EVENT_BYTES - len(json.dumps(event, separators=(',', ':')))
    event['debugContext']['debugData']['note'] = 'x' * max(missing_bytes, 0)
    events = [{**event, 'uuid': str(uuid.uuid4())} for _ in range(count)]
    world.okta.append(*events)
    world.persist(events)


def _idle_run_milliseconds(world: World) -> float:
    # In virtual time nothing else works in this thread meanwhile.
    started = time.thread_time()
    runs = world.agent.run_checks()
    return (time.thread_time() - started) / len(runs) * 1000
