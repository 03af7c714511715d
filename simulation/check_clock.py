# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The clock of the check in virtual time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from okta_simulator import VirtualClock


@dataclass
class CheckClock:
    """Shows what `clock` shows. Who waits lets `sleep` pass the time, so that others work meanwhile.

    `ahead_seconds`: how far the clock of the host is ahead; monotonic time does not know of it.
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
