# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The clock of this host. For Okta's clock, which counts for events, see `okta.okta_clock`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

FIRST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.2


class Clock(Protocol):
    """The interface to the time on this host."""

    def now(self) -> float:
        """Return the time in seconds since the epoch. The host's clock may be wrong, and may be changed at any time."""

    def monotonic(self) -> float:
        """Return the seconds since a fixed moment, for durations. Changes of the host's clock do not affect it."""

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""


class SystemClock:
    """The clock of the operating system."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


def eventually[Found](clock: Clock, look: Callable[[], Found], deadline_seconds: float) -> Found:
    """Call `look()` until it returns a true value or `deadline_seconds` are over, and return its last value."""
    deadline = clock.monotonic() + deadline_seconds
    pause_seconds = FIRST_PAUSE_SECONDS
    while not (found := look()) and clock.monotonic() < deadline:
        clock.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
    return found
