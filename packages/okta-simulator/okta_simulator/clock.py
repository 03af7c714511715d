# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The clock of the simulated org: the clock of the machine, or one that only a test advances."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol


class Clock(Protocol):
    def now(self) -> float:
        """Return the seconds since the epoch, UTC."""
        ...


def milliseconds(seconds: float) -> int:
    """Convert to milliseconds. Rounds, because a sum such as `start + 0.1` is often slightly less than intended."""
    return round(seconds * 1000)


class SystemClock:
    def now(self) -> float:
        return time.time()


class VirtualClock:
    """A clock that moves only with `advance`, which is safe to call from another thread than the server's."""

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
    """The clock of a client's host, for a client that accepts its clock as an argument. It shows the time of `clock`.

    While the client waits, `sleep` advances the clock. A test may replace `sleep` to do something during the wait.
    `ahead_seconds` is how far the host is ahead of the org. It does not affect monotonic time.
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
