# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Spans of time whose events may be missing in Datadog. They are stored with the cursor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .constants import OKTA_RETENTION_SECONDS
from .timestamps import rfc3339

# Operators need the newest ones, and each commit writes all of them.
MAX_KEPT_GAPS = 5

# An operator who looks once a day sees each of them.
SHOWN_SECONDS = 86_400.0

COMPARE_WITH_OKTA = 'Compare the events of that time with the System Log in the Okta Admin Console'


@dataclass(frozen=True, slots=True)
class PossibleGap:
    """A span whose events may be missing or delivered twice.

    `cause`: a sentence without its full stop. The times are Okta's, in seconds since the epoch; `since` is `None` where
    the beginning of the span is not known.
    """

    cause: str
    since: float | None
    until: float
    noticed_at: float

    def __str__(self) -> str:
        span = (
            f'before {rfc3339(self.until)}' if self.since is None else f'{rfc3339(self.since)} to {rfc3339(self.until)}'
        )
        return f'{span} (noticed at {rfc3339(self.noticed_at)}: {self.cause})'


def with_gap(gaps: tuple[PossibleGap, ...], gap: PossibleGap) -> tuple[PossibleGap, ...]:
    """Add `gap` to `gaps`, and leave out those that lie beyond Okta's retention and those that are too many."""
    oldest = gap.noticed_at - OKTA_RETENTION_SECONDS
    return (*(each for each in gaps if each.noticed_at >= oldest), gap)[-MAX_KEPT_GAPS:]


def recent(gaps: Iterable[PossibleGap], okta_now: float) -> list[PossibleGap]:
    """List those of `gaps` that were noticed within a day."""
    return [gap for gap in gaps if gap.noticed_at >= okta_now - SHOWN_SECONDS]
