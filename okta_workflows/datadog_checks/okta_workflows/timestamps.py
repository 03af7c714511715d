# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Times as Okta writes them. Everywhere else they are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

# No server sends a `Date` before 2020 or after 2099 on purpose. All times that the check derives from one are then
# such that they can be written.
FIRST_DATE_SECONDS = 1_577_836_800.0
LAST_DATE_SECONDS = 4_102_444_800.0


def epoch_seconds(published: object) -> float | None:
    """Seconds since the epoch of an RFC 3339 time, or `None` if it is not one."""
    try:
        moment = datetime.fromisoformat(published)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@lru_cache(maxsize=1)
def rfc3339(moment: float) -> str:
    """`moment` (seconds since the epoch) as Okta writes times."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z')


def duration(seconds: float) -> str:
    """A span of time in the unit that a person would use."""
    return f'{seconds / 3600:.1f} hours' if seconds >= 7200 else f'{seconds / 60:.0f} minutes'


def answer_time(headers: Mapping[str, str]) -> float | None:
    """When the server answered, by its own clock, in seconds since the epoch; `None` without a usable `Date`."""
    return http_date(headers.get('Date') or '')


def http_date(date: str) -> float | None:
    """Seconds since the epoch of a date in a header, or `None` if it is not one."""
    try:
        moment = parsedate_to_datetime(date)
    except (OverflowError, ValueError):
        return None
    # A date without a zone would be taken for local time.
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return seconds if FIRST_DATE_SECONDS <= seconds < LAST_DATE_SECONDS else None
