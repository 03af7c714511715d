# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""How long a run may last.

It occupies one of the few check runners that all checks of an Agent share (`check_runners`, 4 by default). So only one
instance at a time may take its time, however many have much to catch up; the others end soon, and carry on in their
next run.
"""

from __future__ import annotations

from threading import Lock
from typing import Self

from .clock import Clock

# Just less than the default interval, at which a catch-up therefore has no pauses.
LONG_RUN_SECONDS = 29.0

# With 20 instances that catch up at once, a quarter of the time of all runners is left to the other checks.
SHORT_RUN_SECONDS = 3.0

_long_run = Lock()


class RunTime:
    """The time of a run, from the moment when it is entered."""

    def __init__(self, clock: Clock) -> None:
        self._monotonic = clock.monotonic
        self._began = self._lap_began = self._monotonic()
        self._is_long = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_long:
            _long_run.release()

    def end_lap(self) -> float:
        """Tell how many seconds it is since the last lap ended, or since the beginning."""
        before, self._lap_began = self._lap_began, self._monotonic()
        return self._lap_began - before

    def claim_seconds(self) -> float:
        """Make the run a long one, if no other is, and tell how many seconds it may go on."""
        self._is_long = self._is_long or _long_run.acquire(blocking=False)
        return (LONG_RUN_SECONDS if self._is_long else SHORT_RUN_SECONDS) - (self._monotonic() - self._began)
