# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Limits how long a run may last.

A run occupies one of the few check runners that all checks of an Agent share (`check_runners`, 4 by default). Only one
instance at a time may therefore have a long run, even if several have a backlog. The others end their runs soon, and
continue in their next runs.
"""

from __future__ import annotations

from threading import Lock
from typing import Self

from .clock import Clock

# This is just less than the default interval, so that an instance with a backlog collects almost without pauses.
LONG_RUN_SECONDS = 29.0

# If 20 instances have a backlog at the same time, a quarter of the time of all runners remains for other checks.
SHORT_RUN_SECONDS = 3.0

_long_run = Lock()


class RunTime:
    """The time of a run, measured from the creation of this object."""

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
        """End a lap, and return its duration in seconds. The first lap begins with the run."""
        before, self._lap_began = self._lap_began, self._monotonic()
        return self._lap_began - before

    def claim_seconds(self) -> float:
        """Make this run the long one, if there is none, and return how many more seconds it may last."""
        self._is_long = self._is_long or _long_run.acquire(blocking=False)
        return (LONG_RUN_SECONDS if self._is_long else SHORT_RUN_SECONDS) - (self._monotonic() - self._began)
