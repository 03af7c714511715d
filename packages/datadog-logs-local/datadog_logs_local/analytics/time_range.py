# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TimeRange:
    """A range in milliseconds since the epoch. The end is not part of it."""

    start_ms: int
    end_ms: int

    def __contains__(self, moment_ms: int) -> bool:
        return self.start_ms <= moment_ms < self.end_ms

    def earlier(self, shift_ms: int) -> TimeRange:
        return TimeRange(self.start_ms - shift_ms, self.end_ms - shift_ms)
