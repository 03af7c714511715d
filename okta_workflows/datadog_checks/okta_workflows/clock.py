# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The clock of this host. Okta's clock, which counts for events, is told by `okta.okta_clock`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

FIRST_PAUSE_SECONDS = 0.01
LONGEST_PAUSE_SECONDS = 0.2


class Clock(Protocol):
    """What the check knows of time on this host."""

    def now(self) -> float:
        """Tell the time in seconds since the epoch. The host's clock may be wrong, and may be set at any moment."""

    def monotonic(self) -> float:
        """Tell the seconds since some moment; for spans of time, which a clock that is set would distort."""

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""


class SystemClock:
    """The clock of the operating system."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(time.sleep)


def eventually[Found](clock: Clock, look: Callable[[], Found], deadline_seconds: float) -> Found:
    """Call `look()` until it finds something or the deadline is over, and return what it found at last."""
    deadline = clock.monotonic() + deadline_seconds
    pause_seconds = FIRST_PAUSE_SECONDS
    while not (found := look()) and clock.monotonic() < deadline:
        clock.sleep(pause_seconds)
        pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
    return found
