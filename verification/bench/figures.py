# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What is measured, and what it is held against."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from verification.world.recording import PAGE_EVENTS, REAL_EVENT_BYTES

from . import imports
from .cost import SUBJECTS, Subject
from .fresh import call
from .readers import CHECK, HELR, PEERS_IN_PYTHON, Reader, Reading
from .server import Served, serving

MAX_COST = 1.1
"""CPU time of an event, times that of decoding and encoding it."""
MIN_CRAWLER_COST = 10.0
"""CPU time of an event in the crawler base class, times that in the check."""
MAX_GROWTH_MIB = 8.0
MAX_GROWTH_SPREAD_MIB = 2.0
"""By how much more memory may grow with the longest history than with the shortest."""
MAX_EXTRA_REQUESTS = 1
MIN_RATE = 0.95
LOG_FILE_MAX_MIB = 10
OLD_HOURS = 24.0
MAX_HELR_CPU = 0.75
"""CPU time of the check, as a whole process, times that of Helr."""
MAX_HELR_WALL = 1.0
MIN_PYTHON_RATE = 1.5
"""Events a second of the check, as a whole process, times those of the next best reader in Python."""

KIB_PER_MIB = 1024


@dataclass(frozen=True)
class Figure:
    """One line of the table; `is_met` is `None` where there is no goal."""

    what: str
    value: str
    goal: str = ''
    is_met: bool | None = None


@dataclass(frozen=True)
class Growth:
    """What a history of so many `events` took."""

    events: int
    mib: float
    event_microseconds: float


@dataclass(frozen=True)
class Extent:
    """How much is measured."""

    processes: int
    rounds: int
    imports: int
    histories: tuple[int, ...]
    catch_ups: tuple[int, ...]
    minutes: int


QUICK = Extent(1, 20, 3, (10_000, 100_000), (1, 1000, 10_000), 5)
FULL = Extent(3, 60, 9, (10_000, 100_000, 1_000_000), (1, 999, 1000, 10_000, 30_000), 20)


def cost(extent: Extent) -> Iterator[Figure]:
    for event_bytes, of_what in ((0, 'generated events'), (REAL_EVENT_BYTES, 'events of real size')):
        found = least_cost(extent, event_bytes)
        floor, check = found['floor'], found['check'] - found['request']
        size = f'{found["event bytes"]:,.0f} B'
        yield Figure(
            f'CPU for {of_what} ({size}), times the floor',
            f'{check / floor:.2f} ({check:.1f} of {floor:.1f} µs)',
            f'≤ {MAX_COST}',
            check <= MAX_COST * floor,
        )
        check_in_files, crawler_in_files = found['check, commits in files'], found['crawler, commits in files']
        yield Figure('... with requests and commits', f'{check_in_files / floor:.2f}')
        yield Figure(
            'CPU of the crawler base class, times this check',
            f'{crawler_in_files / check_in_files:.1f}',
            f'≥ {MIN_CRAWLER_COST:g}',
            crawler_in_files >= MIN_CRAWLER_COST * check_in_files,
        )
        yield Figure('... without the cost of cache writes', f'{found["crawler"] / found["check"]:.1f}')
    found = least_cost(extent, REAL_EVENT_BYTES, OLD_HOURS, ('floor', 'request', 'check'))
    yield Figure(
        'CPU for events a day old, times the floor',
        f'{(found["check"] - found["request"]) / found["floor"]:.2f}',
    )


def least_cost(
    extent: Extent, event_bytes: int, age_hours: float = 0.0, subjects: Sequence[Subject] = SUBJECTS
) -> dict[str, float]:
    """Microseconds of CPU time for each event, by subject."""
    arguments = (subjects, extent.rounds, event_bytes, age_hours)
    found: list[dict[str, float]] = [call('cost', 'measure', *arguments) for _ in range(extent.processes)]
    return {subject: min(each[subject] for each in found) for subject in found[0]}


def memory(growths: Sequence[Growth]) -> Iterator[Figure]:
    """`growths`: with histories of growing size."""
    yield Figure(
        f'Memory growth while collecting {_listed(growth.events for growth in growths)} events',
        f'{"; ".join(f"{growth.mib:.1f}" for growth in growths)} MiB',
        f'≤ {MAX_GROWTH_MIB:g} MiB',
        all(growth.mib <= MAX_GROWTH_MIB for growth in growths),
    )
    first, last = growths[0], growths[-1]
    spread = last.mib - first.mib
    yield Figure(
        '... last minus first',
        f'{spread:.1f} MiB',
        f'≤ {MAX_GROWTH_SPREAD_MIB:g} MiB',
        spread <= MAX_GROWTH_SPREAD_MIB,
    )


def grow(events: int) -> Growth:
    """What the collection of so many events takes."""
    served = Served(events=events, event_bytes=REAL_EVENT_BYTES, begins_empty=True, compresses=True)
    with serving(served) as port:
        found: dict[str, float] = call('memory', 'measure', port, events)
    mib = (found['peak kib'] - found['idle kib']) / KIB_PER_MIB
    return Growth(events, mib, found['seconds'] / events * 1e6)


def requests(extent: Extent) -> Iterator[Figure]:
    found: list[dict[str, int]] = [call('virtual', 'requests_of', events) for events in extent.catch_ups]
    made = [each['catch-up'] for each in found]
    allowed = [math.ceil(events / PAGE_EVENTS) + MAX_EXTRA_REQUESTS for events in extent.catch_ups]
    yield Figure(
        f'Requests to collect {_listed(extent.catch_ups)} events',
        _listed(made),
        f'≤ {_listed(allowed)}',
        all(few <= most for few, most in zip(made, allowed, strict=True)),
    )
    idle = max(each['idle run'] for each in found)
    yield Figure('Requests of an idle run', f'{idle}', '1', idle == 1)
    per_minute: float = call('virtual', 'idle_requests_per_minute', extent.minutes)
    limits = (20, 50, 120)
    yield Figure(
        f'Share used of a rate limit of {_listed(limits)} requests per minute',
        '; '.join(f'{per_minute / limit:.1%}' for limit in limits),
    )


def rate(extent: Extent) -> Iterator[Figure]:
    settings = ((120, 0.3), (120, 1.5), (50, 0.3), (20, 0.3))
    rates: list[dict[str, float]] = [call('virtual', 'request_rate', *each, extent.minutes) for each in settings]
    shares = [each['made'] / each['allowed'] for each in rates]
    described = '; '.join(f'{org_limit}/{seconds:g}' for org_limit, seconds in settings)
    yield Figure(
        f'Share of the possible rate, at {described} requests per minute/seconds per page',
        '; '.join(f'{share:.0%}' for share in shares),
        f'≥ {MIN_RATE:.0%}',
        min(shares) >= MIN_RATE,
    )
    found: dict[str, float] = call('virtual', 'log_file_rate', LOG_FILE_MAX_MIB, extent.minutes // 5)
    yield Figure(
        f'Rate with a log file of {LOG_FILE_MAX_MIB} MiB',
        f'{found["made"]:,.0f} events per minute',
        f'≥ {found["allowed"]:,}',
        found['made'] >= found['allowed'],
    )


def latency(extent: Extent) -> Iterator[Figure]:
    found: dict[str, float] = call('virtual', 'latencies', 100 * extent.minutes)
    yield Figure(
        'Delivery delay: minimum, median, maximum',
        f'{found["least"]:.1f}; {found["median"]:.1f}; {found["most"]:.1f} s',
    )


def start_up(extent: Extent) -> Iterator[Figure]:
    for bases, of_what in (
        (imports.BASE, '`datadog_checks.base`'),
        (imports.HTTP_CHECK, 'any HTTP check'),
    ):
        found = [call('imports', 'measure', bases) for _ in range(extent.imports)]
        milliseconds = min(each['check ms'] for each in found)
        base_milliseconds = min(each['base ms'] for each in found)
        yield Figure(
            f'Import, beyond {of_what}',
            f'{milliseconds:.0f} ms beyond {base_milliseconds:.0f} ms, {len(found[0]["modules"])} modules',
        )
    used = imports.cryptographic(call('imports', 'modules_of_a_run', {'domain': 'acme.okta.com', 'api_key': 'k'}))
    yield Figure('Cryptographic modules without a private key', f'{len(used)}', '0', not used)


def beside_others(readings: Sequence[Reading]) -> Iterator[Figure]:
    """`readings`: of this check and of the readers in Python, as whole processes that read the same."""
    check = _reading(CHECK, readings)
    others = [reading for reading in readings if reading.reader in PEERS_IN_PYTHON]
    if check is None or not others:
        return
    best = max(others, key=lambda reading: reading.events_per_second)
    ratio = check.events_per_second / best.events_per_second
    yield Figure(
        f'Rate, times the next best Python reader ({best.reader.name})',
        f'{ratio:.2f} ({check.events_per_second:,.0f} of {best.events_per_second:,.0f})',
        f'≥ {MIN_PYTHON_RATE:g}',
        ratio >= MIN_PYTHON_RATE,
    )


def beside_helr(readings: Sequence[Reading]) -> Iterator[Figure]:
    """`readings`: of this check and of Helr, as whole processes that read the same."""
    check, helr = _reading(CHECK, readings), _reading(HELR, readings)
    if check is None or helr is None:
        return
    for of_what, own, other, unit, goal in (
        ('CPU', check.cpu_microseconds, helr.cpu_microseconds, 'µs per event', MAX_HELR_CPU),
        ('Duration', check.wall_seconds, helr.wall_seconds, 's', MAX_HELR_WALL),
    ):
        yield Figure(
            f'{of_what} for {check.events:,} events of {check.event_bytes:,} B, times {HELR.name}',
            f'{own / other:.2f} ({own:.1f} of {other:.1f} {unit})',
            f'≤ {goal:g}',
            own <= goal * other,
        )


def _listed(numbers: Iterable[int]) -> str:
    return '; '.join(f'{number:,}' for number in numbers)


def _reading(reader: Reader, readings: Sequence[Reading]) -> Reading | None:
    return next((reading for reading in readings if reading.reader == reader), None)
