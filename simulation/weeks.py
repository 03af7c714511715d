# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The four weeks of the history, in epoch seconds: they end at a fixed moment, a Friday afternoon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

MINUTE_SECONDS = 60.0
HOUR_SECONDS = 3600.0
DAY_SECONDS = 86_400.0
DAYS = 28
SATURDAY = 5


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> float:
    """Epoch seconds of a moment of the year of the history."""
    return datetime(2026, month, day, hour, minute, tzinfo=UTC).timestamp()


def to_ms(moment: float) -> int:
    return round(moment * 1000)


NOW = utc(11, 20, 17)
START = NOW - DAYS * DAY_SECONDS
FIRST_INCIDENT = utc(11, 9)
"""Before it nothing happens that anybody should be told of; what rules learn, they can learn until then."""

NOW_MS = to_ms(NOW)
START_MS = to_ms(START)
QUIET_UNTIL_MS = to_ms(FIRST_INCIDENT)


def midnights() -> Iterator[float]:
    """The beginnings of the days in UTC that the history touches."""
    first = START - START % DAY_SECONDS
    return (first + number * DAY_SECONDS for number in range(DAYS + 1))


def is_working_day(moment: float) -> bool:
    """Monday to Friday. `moment` is in UTC, or local time when the offset was added to it."""
    return datetime.fromtimestamp(moment, UTC).weekday() < SATURDAY
