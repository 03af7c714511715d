# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Datadog's intake is out of reach, for minutes or days, while things go on happening in the org."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

from agent_standin.intake import Answer
from verification.world.figures import Figures
from verification.world.world import World

MINUTE_SECONDS = 60.0
HOUR_SECONDS = 3600.0
DAY_SECONDS = 24 * HOUR_SECONDS

WAYS_TO_BE_DOWN: tuple[Answer | Literal['refuse'], ...] = ('refuse', 500, 503, 429, 408, 'hang')
# So that a few hundred events fill a file of the size in MiB.
PADDING_BYTES = {1: 2_000, 10: 30_000, 100: 130_000}
# With that much of it a page of 1,000 is larger than any that is read.
PAGE_EVENTS = {1: 1000, 10: 400, 100: 100}
# A page that becomes too large while it is resumed in its middle is delivered again from its beginning.
PAGE_LIMIT_EVENTS = {1: 1000, 10: 400, 100: 1000}


@dataclass(frozen=True)
class Outage:
    """One world: how long the intake is away, and what Agent meets it."""

    seconds: float
    rotation: str
    platform: str
    scan_seconds: float
    file_mib: int = 1
    acknowledgements: str = 'in order'


def all_outages(rng: random.Random) -> Iterator[Outage]:
    """Every kind of Agent, each with an outage of another length; the longest for the smallest files."""
    lengths = (5 * MINUTE_SECONDS, HOUR_SECONDS, 8 * HOUR_SECONDS, DAY_SECONDS)
    for rotation, platform, scan_seconds, file_mib in product(
        ('truncate', 'recreate'), ('unix', 'windows'), (1.0, 10.0), PADDING_BYTES
    ):
        is_longest = file_mib == 1 and scan_seconds == 10.0
        seconds = 3 * DAY_SECONDS if is_longest else rng.choice(lengths)
        yield Outage(seconds, rotation, platform, scan_seconds, file_mib)


def outages_of_older_agents(rng: random.Random) -> Iterator[Outage]:
    """Their registry moves past what a later payload has overtaken."""
    for rotation, platform in product(('truncate', 'recreate'), ('unix', 'windows')):
        yield Outage(8 * HOUR_SECONDS, rotation, platform, 10.0, acknowledgements='overtaking')


def play(seed: int, outage: Outage) -> Figures:
    """Traffic, an outage, and the catching up."""
    rng = random.Random(f'outage {seed}')
    agent = {
        'rotation': outage.rotation,
        'platform': outage.platform,
        'offset_beyond_end': rng.choice(('start at 0', 'seek past the end')),
        'acknowledgements': outage.acknowledgements,
        'send_concurrency': rng.choice((1, 4)),
    }
    settings = {
        'logs_config.file_scan_period': outage.scan_seconds,
        'logs_config.integrations_logs_files_max_size': outage.file_mib,
    }
    way = rng.choice(WAYS_TO_BE_DOWN)
    page_events = PAGE_EVENTS[outage.file_mib]
    limit = PAGE_LIMIT_EVENTS[outage.file_mib]
    with World(seed, agent=agent, settings=settings, page_limit_events=limit, page_events=page_events) as world:
        world.faults.tailer_bytes_per_poll = rng.choice((None, 50_000 * outage.file_mib))
        _bustle(world, rng, outage, 20 * MINUTE_SECONDS, 300)
        _go_down(world, rng, way)
        _bustle(world, rng, outage, outage.seconds, 900)
        world.intake.accept()
        world.intake.answer = 202
        _bustle(world, rng, outage, 10 * MINUTE_SECONDS, 100)
        world.settle(12 * HOUR_SECONDS)
        return world.close_books()


def _go_down(world: World, rng: random.Random, way: Answer | Literal['refuse']) -> None:
    world.figures.faults += 1
    if way == 'refuse':
        world.intake.refuse()
    elif world.variant['send_concurrency'] > 1:
        # Some payloads get through now and then, and overtake those that do not.
        world.intake.answer = lambda logs: 202 if rng.random() < 0.02 else way
    else:
        world.intake.answer = way


def _bustle(world: World, rng: random.Random, outage: Outage, seconds: float, events: int) -> None:
    """Things happen at random moments, and the Agent is restarted or dies now and then."""
    end = world.clock.now() + seconds
    pauses = 40
    for _ in range(pauses):
        world.happen(rng.randint(0, 2 * events // pauses), padding_bytes=PADDING_BYTES[outage.file_mib])
        if rng.random() < 0.05:
            world.figures.faults += 1
            rng.choice((world.stop_and_start, world.kill_and_start))()
        world.advance(min(rng.expovariate(pauses / seconds), max(end - world.clock.now(), 0.0)))
    world.advance(max(end - world.clock.now(), 0.0))
