# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Okta's clock, as the `Date` of Okta's responses tells it."""

from __future__ import annotations

from requests import Response

from datadog_checks.okta_workflows.clock import Clock
from datadog_checks.okta_workflows.timestamps import answer_time


class OktaClock:
    """Tells Okta's time by the clock of this `host`, which may be wrong, and by how much that is off.

    Whatever concerns events and signatures goes by Okta's time.
    """

    def __init__(self, host: Clock) -> None:
        self.host = host
        self.ahead_seconds = 0.0
        """By how much Okta's clock is ahead of this host's, as the last `Date` of Okta's tells."""
        self.is_known = False
        """Whether a response of Okta's had a usable `Date`."""
        self._arrived_at = 0.0

    def now(self) -> float:
        """Tell Okta's time in seconds since the epoch; this host's while Okta's is not known."""
        return self.host.now() + self.ahead_seconds

    def note_arrival(self) -> None:
        """Note that the head of a response, of which `Date` is the time, arrived now. The body may take minutes."""
        self._arrived_at = self.host.now()

    def learn(self, response: Response) -> None:
        """Learn the time from the last `response`, which is known to be Okta's, if it has a usable `Date`."""
        answered_at = answer_time(response.headers)
        if answered_at is not None:
            self.ahead_seconds, self.is_known = answered_at - self._arrived_at, True
