# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The time of a test, which passes only when somebody lets it."""

from __future__ import annotations

from collections.abc import Callable

NOW = 1_795_402_965.0
"""2026-11-23T03:02:45Z."""


class FakeClock:
    """Shows one time to the check and to the org. Who waits lets it pass; a test may do more in the meantime."""

    def __init__(self) -> None:
        self.seconds = NOW
        self.ahead_seconds = 0.0
        """How far the clock of this host is ahead of Okta's; monotonic time does not know of it."""
        self.sleep: Callable[[float], None] = self.advance

    def now(self) -> float:
        return self.seconds + self.ahead_seconds

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.seconds += seconds
