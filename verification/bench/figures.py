# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What is measured, and what it is held against."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
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
    for event_bytes, of_what in ((0, 'of generated events'), (REAL_EVENT_BYTES, "of a real event's size")):
        found = least_cost(extent, event_bytes)
        floor, check = found['floor'], found['check'] - found['request']
        size = f'{found["event bytes"]:,.0f} B'
        yield Figure(
            f'CPU from page body to `send_log`, {of_what} ({size}), times decoding and encoding alone',
            f'{check / floor:.2f} ({check:.1f} of {floor:.1f} µs)',
            f'≤ {MAX_COST}',
            check <= MAX_COST * floor,
        )
        yield Figure('... with the request', f'{found["check"] / floor:.2f}')
        check_in_files, crawler_in_files = found['check, commits in files'], found['crawler, commits in files']
        yield Figure('... with the request, and commits written to files', f'{check_in_files / floor:.2f}')
        yield Figure('The same through the crawler base class, times that floor', f'{crawler_in_files / floor:.1f}')
        yield Figure(
            '... times this check',
            f'{crawler_in_files / check_in_files:.1f}',
            f'≥ {MIN_CRAWLER_COST:g}',
            crawler_in_files >= MIN_CRAWLER_COST * check_in_files,
        )
        yield Figure('... if the Agent wrote its cache at no cost', f'{found["crawler"] / found["check"]:.1f}')
    found = least_cost(extent, REAL_EVENT_BYTES, OLD_HOURS, ('floor', 'request', 'check'))
    yield Figure(
        'CPU from page body to `send_log`, of events a day old, which are dated anew, times the same',
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
    for growth in growths:
        yield Figure(
            f'Memory while collecting {growth.events:,} events, beyond the idle check',
            f'{growth.mib:.1f} MiB',
            f'≤ {MAX_GROWTH_MIB:g} MiB',
            growth.mib <= MAX_GROWTH_MIB,
        )
    first, last = growths[0], growths[-1]
    spread = last.mib - first.mib
    yield Figure(
        f'... for {last.events:,} events beyond that for {first.events:,}',
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
    idle = 0
    for events in extent.catch_ups:
        made: dict[str, int] = call('virtual', 'requests_of', events)
        allowed = math.ceil(events / PAGE_EVENTS) + MAX_EXTRA_REQUESTS
        idle = max(idle, made['idle run'])
        yield Figure(
            f'Requests to catch up with {events:,} events',
            f'{made["catch-up"]}',
            f'≤ {allowed}',
            made['catch-up'] <= allowed,
        )
    yield Figure('Requests of an idle run', f'{idle}', '1', idle == 1)
    per_minute: float = call('virtual', 'idle_requests_per_minute', extent.minutes)
    limits = (20, 50, 120)
    yield Figure(
        f'Share of an org\'s {", ".join(map(str, limits))} requests a minute that is used at the default interval',
        ', '.join(f'{per_minute / limit:.1%}' for limit in limits),
    )


def rate(extent: Extent) -> Iterator[Figure]:
    for org_limit, round_trip_seconds in ((120, 0.3), (120, 1.5), (50, 0.3), (20, 0.3)):
        found: dict[str, float] = call('virtual', 'request_rate', org_limit, round_trip_seconds, extent.minutes)
        yield _share(
            f'Catch-up at {org_limit} requests a minute for the org and {round_trip_seconds * 1000:,.0f} ms a page, '
            'of what both allow',
            found,
            'requests a minute',
        )
    found = call('virtual', 'log_file_rate', LOG_FILE_MAX_MIB, extent.minutes // 5)
    yield Figure(
        f'Catch-up into a log file of {LOG_FILE_MAX_MIB} MiB',
        f'{found["made"]:,.0f} events a minute',
        f'≥ {found["allowed"]:,}',
        found['made'] >= found['allowed'],
    )


def _share(what: str, found: dict[str, float], unit: str) -> Figure:
    share = found['made'] / found['allowed']
    value = f'{share:.0%} ({found["made"]:.1f} of {found["allowed"]:.1f} {unit})'
    return Figure(what, value, f'≥ {MIN_RATE:.0%}', share >= MIN_RATE)


def latency(extent: Extent) -> Iterator[Figure]:
    found: dict[str, float] = call('virtual', 'latencies', 100 * extent.minutes)
    yield Figure(
        'From the persistence of an event to its line, at the default interval: least, median, most',
        f'{found["least"]:.1f}, {found["median"]:.1f}, {found["most"]:.1f} s',
    )


def start_up(extent: Extent) -> Iterator[Figure]:
    for bases, of_what in (
        (imports.BASE, '`datadog_checks.base`'),
        (imports.HTTP_CHECK, 'what any check with an HTTP client and configuration models imports'),
    ):
        found = [call('imports', 'measure', bases) for _ in range(extent.imports)]
        milliseconds = min(each['check ms'] for each in found)
        base_milliseconds = min(each['base ms'] for each in found)
        yield Figure(
            f'Import of the check, beyond {of_what}',
            f'{milliseconds:.0f} ms and {len(found[0]["modules"])} modules beyond {base_milliseconds:.0f} ms',
        )
    used = imports.cryptographic(call('imports', 'modules_of_a_run', {'domain': 'acme.okta.com', 'api_key': 'k'}))
    yield Figure('Modules for signatures that are imported without a private key', f'{len(used)}', '0', not used)


def beside_others(readings: Sequence[Reading]) -> Iterator[Figure]:
    """`readings`: of this check and of the readers in Python, as whole processes that read the same."""
    check = _reading(CHECK, readings)
    others = [reading for reading in readings if reading.reader in PEERS_IN_PYTHON]
    if check is None or not others:
        return
    best = max(others, key=lambda reading: reading.events_per_second)
    ratio = check.events_per_second / best.events_per_second
    yield Figure(
        f'Events a second of a whole process that reads {_amount(check)}, times those of the next best reader in '
        f'Python ({best.reader.name})',
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
        ('CPU', check.cpu_microseconds, helr.cpu_microseconds, 'µs an event', MAX_HELR_CPU),
        ('Time from start to end', check.wall_seconds, helr.wall_seconds, 's', MAX_HELR_WALL),
    ):
        yield Figure(
            f'{of_what} of a whole process that reads {_amount(check)}, times that of {HELR.name}',
            f'{own / other:.2f} ({own:.1f} of {other:.1f} {unit})',
            f'≤ {goal:g}',
            own <= goal * other,
        )


def _amount(reading: Reading) -> str:
    return f'{reading.events:,} events of {reading.event_bytes:,} B'


def _reading(reader: Reader, readings: Sequence[Reading]) -> Reading | None:
    return next((reading for reading in readings if reading.reader == reader), None)
