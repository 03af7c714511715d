# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Converts between the time formats of Okta and seconds since the epoch, which the check uses everywhere else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

# No server intentionally sends a `Date` before 2020 or after 2099. Within these limits, every time that the check
# derives from a `Date` can be formatted.
FIRST_DATE_SECONDS = 1_577_836_800.0
LAST_DATE_SECONDS = 4_102_444_800.0


def epoch_seconds(published: object) -> float | None:
    """Convert an RFC 3339 time to seconds since the epoch. Returns `None` if it is not valid."""
    try:
        moment = datetime.fromisoformat(published)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@lru_cache(maxsize=1)
def rfc3339(moment: float) -> str:
    """Format `moment` (seconds since the epoch) as Okta formats times."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec='milliseconds').replace('+00:00', 'Z')


def duration(seconds: float) -> str:
    """A span of time in the unit that a person would use."""
    return f'{seconds / 3600:.1f} hours' if seconds >= 7200 else f'{seconds / 60:.0f} minutes'


def answer_time(headers: Mapping[str, str]) -> float | None:
    """Return the time of a response by the server's clock, in epoch seconds, or `None` without a valid `Date`."""
    return http_date(headers.get('Date') or '')


def http_date(date: str) -> float | None:
    """Convert a date in a header to seconds since the epoch. Returns `None` if it is not valid."""
    try:
        moment = parsedate_to_datetime(date)
    except (OverflowError, ValueError):
        return None
    # A date without a time zone would otherwise count as local time.
    seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return seconds if FIRST_DATE_SECONDS <= seconds < LAST_DATE_SECONDS else None
