# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The clock of the simulated org: the machine's, or one that moves only when a test moves it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        ...


def milliseconds(seconds: float) -> int:
    """Rounded, not cut: `start + 0.1` is often a hair less than the tenth that was meant."""
    return round(seconds * 1000)


class SystemClock:
    def now(self) -> float:
        return time.time()


class VirtualClock:
    """Stands still until `advance`; safe to move from another thread than the server's."""

    def __init__(self, start: float) -> None:
        """`start`: seconds since the epoch, UTC."""
        self._now = float(start)
        self._lock = threading.Lock()

    def now(self) -> float:
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError('time does not run backwards')
        with self._lock:
            self._now += seconds


@dataclass
class ClientClock:
    """The clock of a client's host, for a client that takes its clock as an argument: it shows what `clock` shows.

    While the client waits, `sleep` lets the time pass; a test may put something in its place that works meanwhile.
    `ahead_seconds` is how far the host is ahead of the org; monotonic time does not know of it.
    """

    clock: VirtualClock
    sleep: Callable[[float], None] = field(init=False)
    ahead_seconds: float = 0.0

    def __post_init__(self) -> None:
        self.sleep = self.clock.advance

    def now(self) -> float:
        return self.clock.now() + self.ahead_seconds

    def monotonic(self) -> float:
        return self.clock.now()
