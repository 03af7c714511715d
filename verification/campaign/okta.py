# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Okta and the network between fail in every known way, at random, while things go on happening in the org."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from okta_simulator import faults
from okta_simulator.faults import Fault
from verification.world.figures import Figures
from verification.world.world import World

from .rate_limit import requests_in_closed_windows

MINUTE_SECONDS = 60.0
MOST_SKEW_SECONDS = 600.0
# The host's clock may be set to anything; what Okta's servers show differs from Okta's by less.
MOST_CLOCK_DIFFERENCE_SECONDS = 2 * 86_400.0
MOST_BEHIND_SECONDS = (MOST_SKEW_SECONDS, MOST_CLOCK_DIFFERENCE_SECONDS)
REFUSED_STATUSES = (400, 404, 405, 409, 410, 414, 422)
DAYS_LATE_SECONDS = 3 * 86_400.0

# Half of it is for the collector: few enough for its bursts to come near the end of it.
ORG_RATE_LIMIT = 10

# What an honest answer never takes, even on a busy machine; a silent one costs so much real time.
READ_TIMEOUT_SECONDS = 0.5
# Twenty times the borders between pages that there are with pages of a thousand.
PAGE_LIMIT_EVENTS = 50

FAULTS: tuple[Callable[[random.Random], Fault], ...] = (
    lambda rng: faults.RateLimited(),
    lambda rng: faults.RateLimited(reset_in_seconds=rng.randint(1, 300)),
    lambda rng: faults.ConcurrencyLimited(reset_in_seconds=rng.randint(1, 120)),
    lambda rng: faults.Error(rng.choice(('E0000009', 'E0000011', 'E0000006', 'E0000007'))),
    lambda rng: faults.Error('E0000053', status=500),
    lambda rng: faults.Html(rng.choice((200, 502, 503, 504))),
    lambda rng: faults.EmptyBody(rng.choice((200, 500))),
    lambda rng: faults.Silence(),
    lambda rng: faults.DroppedConnection(),
    lambda rng: faults.CutBody(rng.random(), chunked=rng.random() < 0.5),
    lambda rng: faults.TruncatedJson(rng.random()),
    lambda rng: faults.NoLinks(),
    lambda rng: faults.OnlySelfLink(),
    lambda rng: faults.JoinedLinks(),
    lambda rng: faults.NextLink(host='evil.example'),
    lambda rng: faults.Redirect('https://evil.example/'),
    lambda rng: faults.DoubledRateLimit(limit=60, remaining=rng.choice((0, 6, 40)), reset=rng.randint(0, 2**31)),
    lambda rng: faults.NoRateLimitHeaders(),
    lambda rng: faults.NoDate(),
    lambda rng: faults.CursorRefused(rng.choice(REFUSED_STATUSES)),
)


def play(seed: int, kinds: Iterable[Callable[[random.Random], Fault]] = FAULTS, count: int = 60) -> Figures:
    """So many faults one after the other, often several at a time."""
    rng = random.Random(f'okta {seed}')
    kinds = tuple(kinds)
    instance = {'read_timeout': READ_TIMEOUT_SECONDS, 'initial_lookback_hours': 0}
    with World(
        seed,
        instance=instance,
        page_limit_events=PAGE_LIMIT_EVENTS,
        okta_behind_seconds=rng.choice((0.0, *(rng.uniform(-most, most) for most in MOST_BEHIND_SECONDS))),
    ) as world:
        world.okta.org_rate_limit = ORG_RATE_LIMIT
        # The org is away at first: what happens after the first attempt is wanted all the same.
        world.okta.stop()
        world.advance(MINUTE_SECONDS + MOST_SKEW_SECONDS)
        world.happen(20)
        world.stop_and_start()
        for _ in range(count):
            strike(world, rng, rng.choice(kinds))
            change_weather(world, rng)
            _bustle(world, rng)
        world.okta.faults.clear()
        world.okta.stop()
        world.okta.start()
        world.settle(12 * 3600.0)
        figures = world.close_books()
        closed = requests_in_closed_windows(world.okta.requests)
        if closed:
            figures.complaints.append(f'{closed} requests while the rate limit allowed none')
        return figures


def strike(world: World, rng: random.Random, kind: Callable[[random.Random], Fault]) -> None:
    """A fault that strikes one or a few of the requests to come."""
    times = rng.choice((1, 1, 2, 5))
    world.okta.faults.add(kind(rng), times=times, after=rng.randint(0, 2))
    world.expect_faults(times)


def change_weather(world: World, rng: random.Random) -> None:
    """What is no fault of a single answer."""
    okta = world.okta
    if rng.random() < 0.2:
        okta.date_skew_seconds = rng.uniform(-MOST_SKEW_SECONDS, MOST_SKEW_SECONDS)
    if rng.random() < 0.2:
        okta.next_equals_self_when_idle = not okta.next_equals_self_when_idle
    if rng.random() < 0.1:
        okta.rate_limit_headers = not okta.rate_limit_headers
    # An org that is away altogether.
    okta.stop()
    if rng.random() < 0.1:
        world.figures.faults += 1
    else:
        okta.start()


def _bustle(world: World, rng: random.Random) -> None:
    draw = rng.random()
    if draw < 0.2:
        world.happen_soon(rng.randint(1, 120), seconds=2 * MINUTE_SECONDS)
    elif draw < 0.4:
        world.happen(rng.randint(1, 300))
    elif draw < 0.7:
        world.happen(rng.randint(1, 20), late_seconds=rng.choice((60.0, 3600.0, DAYS_LATE_SECONDS)))
    world.advance(rng.uniform(0.5, 4) * MINUTE_SECONDS)
