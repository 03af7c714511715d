# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The clock of the stand-in, and the timetable of due actions."""

from __future__ import annotations

import os
import sched
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, runtime_checkable


class Clock(Protocol):
    """A source of the time."""

    def now(self) -> float:
        """Return the seconds since the Unix epoch."""


@runtime_checkable
class SteppedClock(Protocol):
    """A clock that moves only with `advance`. With such a clock the stand-in runs in virtual time."""

    def now(self) -> float:
        """Return the seconds since the Unix epoch."""

    def advance(self, seconds: float) -> object:
        """Move the time forward."""


class VirtualClock:
    """A clock that moves only with `advance`, so that a test controls how much time passes."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


class WallClock:
    """The time of the machine."""

    def now(self) -> float:
        return time.time()


def stamp(path: Path, clock: Clock) -> None:
    """Set the modification time of a file that is written in virtual time to the virtual time."""
    if isinstance(clock, SteppedClock):
        os.utime(path, (clock.now(), clock.now()))


class Timetable:
    """The actions, and the times at which they are due.

    `advance` moves a `SteppedClock` from one due action to the next. `serve` waits for the wall clock. Actions never
    overlap, with one exception: while an action calls `advance` (a check that sleeps), other actions run, as the
    Agent's other goroutines do.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._actions = sched.scheduler(clock.now, lambda seconds: None)
        self._changed = threading.Event()

    def part(self) -> Timetable:
        """Return a separate timetable for actions that may end earlier. Clearing it does not affect this one."""
        return _Part(self)

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        self._actions.enter(seconds, 0, action)
        self._changed.set()

    def every(self, period_seconds: float, action: Callable[[], object]) -> None:
        """Repeat an action, for the first time one period from now. The next period begins when the action ends."""

        def repeat() -> None:
            action()
            self.after(period_seconds, repeat)

        self.after(period_seconds, repeat)

    def tick(self, period_seconds: float, action: Callable[[], object]) -> None:
        """Repeat an action at a fixed pace, even if its previous run has not ended."""

        def repeat() -> None:
            self.after(period_seconds, repeat)
            action()

        self.after(period_seconds, repeat)

    def advance(self, seconds: float) -> None:
        clock = self.clock
        if not isinstance(clock, SteppedClock):
            raise TypeError('Only a clock that can be advanced has virtual time; use run_for() with this one')
        end = clock.now() + seconds
        while True:
            wait = self._actions.run(blocking=False)
            left = end - clock.now()
            if wait is None or wait > left:
                break
            clock.advance(wait)
        if left > 0:
            clock.advance(left)

    def run_due(self) -> None:
        self._actions.run(blocking=False)

    def serve(self, stopped: threading.Event, until: float | None = None) -> None:
        """Run the due actions in real time until `stopped` is set, or until the clock shows `until`."""
        longest_nap_seconds = 0.2
        while not stopped.is_set():
            self._changed.clear()
            wait = self._actions.run(blocking=False)
            if until is not None and self.clock.now() >= until:
                return
            self._changed.wait(longest_nap_seconds if wait is None else min(wait, longest_nap_seconds))

    def clear(self) -> None:
        for event in self._actions.queue:
            self._actions.cancel(event)


class _Part(Timetable):
    def __init__(self, whole: Timetable) -> None:
        super().__init__(whole.clock)
        self._whole = whole
        self._ended = False

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        self._whole.after(seconds, lambda: None if self._ended else action())

    def advance(self, seconds: float) -> None:
        self._whole.advance(seconds)

    def run_due(self) -> None:
        self._whole.run_due()

    def clear(self) -> None:
        self._ended = True
