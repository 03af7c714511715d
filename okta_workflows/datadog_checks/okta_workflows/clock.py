# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The clock of this host. Okta's clock, which counts for events, is told by `okta.okta_clock`."""

from __future__ import annotations

import time
from typing import Protocol


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
