# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Okta's clock, according to the `Date` header of Okta's responses."""

from __future__ import annotations

from requests import Response

from datadog_checks.okta_workflows.clock import Clock
from datadog_checks.okta_workflows.timestamps import answer_time


class OktaClock:
    """Computes Okta's time from the clock of this `host`, which may be wrong, and the difference between the two.

    Everything that concerns events and signatures uses Okta's time.
    """

    def __init__(self, host: Clock) -> None:
        self.host = host
        self.ahead_seconds = 0.0
        """How far Okta's clock is ahead of the clock of this host, according to the last `Date` from Okta."""
        self.is_known = False
        """Whether a response from Okta had a usable `Date`."""
        self._arrived_at = 0.0

    def now(self) -> float:
        """Return Okta's time in seconds since the epoch, or this host's time while Okta's is unknown."""
        return self.host.now() + self.ahead_seconds

    def note_arrival(self) -> None:
        """Record that the headers of a response arrived now. `Date` refers to this time; the body may take minutes."""
        self._arrived_at = self.host.now()

    def learn(self, response: Response) -> None:
        """Learn the time from the `Date` of the last `response`, if usable. `response` must have come from Okta."""
        answered_at = answer_time(response.headers)
        if answered_at is not None:
            self.ahead_seconds, self.is_known = answered_at - self._arrived_at, True
