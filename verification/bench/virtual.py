# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Requests, rates and latencies: the check between a simulated org and a stand-in for the Agent, in virtual time."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter

from verification.world.world import START, World

SEED = 1
INTERVAL_SECONDS = 30.0
MINUTE_SECONDS = 60.0
HISTORY_SECONDS = 3000.0
ARRIVAL_SECONDS = 3600.0

# So many times the events that can be collected are there.
AMPLE = 1.2

LOG_FILE_EVENTS_PER_MINUTE = 14_000
"""What is to be collected into a log file of 10 MiB."""
TIMES_THE_GOAL = 2
"""So many times that are there, because a catch-up may be faster than it has to be."""

RESERVED_PART = 10
"""The check leaves one part in so many of what its token may ask for to others."""


def requests_of(events: int) -> dict[str, int]:
    """How many requests it takes to collect a history, and how many the run after that makes."""
    world = World(SEED)
    _lay_down(world, events)
    with world, _handed_over(world) as lines:
        requests = 0
        while len(lines) < events:
            world.agent.advance(INTERVAL_SECONDS)
            requests = len(world.okta.requests)
        world.agent.advance(INTERVAL_SECONDS)
        return {'catch-up': requests, 'idle run': len(world.okta.requests) - requests}


def idle_requests_per_minute(minutes: int) -> float:
    """Requests at the default interval while nothing happens."""
    with World(SEED) as world:
        world.agent.advance(minutes * MINUTE_SECONDS)
        return len(world.okta.requests) / minutes


def request_rate(org_limit: int, round_trip_seconds: float, minutes: int) -> dict[str, float]:
    """Requests a minute of a catch-up that outlasts the measurement, and what Okta and the round trip allow."""
    token_limit = org_limit // 2
    allowed = min(token_limit - math.ceil(token_limit / RESERVED_PART), MINUTE_SECONDS / round_trip_seconds)
    # Small pages, for a long catch-up of few events: what binds counts requests, and not what they bring.
    page_events = 20
    world = World(SEED, page_limit_events=page_events)
    world.okta.org_rate_limit = org_limit
    _lay_down(world, page_events * math.ceil(AMPLE * allowed * (minutes + 1)))
    with world, _far_away(world, round_trip_seconds):
        # The first minute has the first run in it, which is not at its beginning.
        world.agent.advance(MINUTE_SECONDS)
        before = len(world.okta.requests)
        world.agent.advance(minutes * MINUTE_SECONDS)
        return {'made': (len(world.okta.requests) - before) / minutes, 'allowed': allowed}


def log_file_rate(file_max_mib: int, minutes: int) -> dict[str, float]:
    """Events a minute that reach the Agent's log file in a catch-up, and how many are to be."""
    world = World(SEED, settings={'logs_config.integrations_logs_files_max_size': file_max_mib})
    events = LOG_FILE_EVENTS_PER_MINUTE * TIMES_THE_GOAL * (minutes + 1)
    _lay_down(world, events)
    with world, _handed_over(world) as lines:
        world.agent.advance(MINUTE_SECONDS)
        before = len(lines)
        world.agent.advance(minutes * MINUTE_SECONDS)
    if len(lines) >= events:
        raise RuntimeError('The catch-up ended before the measurement')
    return {'made': (len(lines) - before) / minutes, 'allowed': LOG_FILE_EVENTS_PER_MINUTE}


def latencies(events: int) -> dict[str, float]:
    """Seconds from the persistence of an event to its line in the log file: least, median and most."""
    with World(SEED) as world, _handed_over(world) as lines:
        # The first run notes where collection begins.
        world.agent.advance(INTERVAL_SECONDS)
        now = world.clock.now()
        world.okta.generate(events, since=now, until=now + ARRIVAL_SECONDS, noise_share=0.0, oddity_share=0.0)
        persisted = {entry.event['uuid']: entry.persisted_ms / 1000 for entry in world.okta.log.entries}
        world.agent.advance(ARRIVAL_SECONDS + INTERVAL_SECONDS)
        seconds = [moment - persisted[json.loads(line)['log']['uuid']] for moment, line in lines]
    if len(seconds) != events:
        raise RuntimeError(f'{len(seconds)} lines of {events} events')
    return {'least': min(seconds), 'median': statistics.median(seconds), 'most': max(seconds)}


def _lay_down(world: World, events: int) -> None:
    world.okta.generate(events, since=START - HISTORY_SECONDS, until=START - 1, noise_share=0.0, oddity_share=0.0)


@contextmanager
def _handed_over(world: World) -> Iterator[list[tuple[float, bytes]]]:
    """The lines that the Agent takes meanwhile, and when."""
    lines: list[tuple[float, bytes]] = []
    handover = world.agent.logs.handover
    send = handover.send

    def noted_send(line: bytes, check_id: str) -> None:
        lines.append((world.clock.now(), line))
        send(line, check_id)

    with mock.patch.object(handover, 'send', noted_send):
        yield lines


@contextmanager
def _far_away(world: World, round_trip_seconds: float) -> Iterator[None]:
    """An org whose answers take their time, in which the rest of the Agent works."""
    send = HTTPAdapter.send

    def late_send(adapter: HTTPAdapter, request: PreparedRequest, *options: Any, **named: Any) -> Response:
        world.agent.advance(round_trip_seconds)
        return send(adapter, request, *options, **named)

    with mock.patch.object(HTTPAdapter, 'send', late_send):
        yield
