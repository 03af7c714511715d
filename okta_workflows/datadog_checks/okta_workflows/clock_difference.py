# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Warns if the clock of this host differs from Okta's."""

from __future__ import annotations

from .errors import CollectionError
from .okta import OktaClient
from .timestamps import duration, rfc3339

# Okta rejects proofs of possession that are older than this, and a synchronized host differs by less.
MAX_CLOCK_DIFFERENCE_SECONDS = 300.0


def clock_difference(client: OktaClient) -> CollectionError | None:
    """Return the difference of the clocks as a warning, or `None` if it is small or Okta's time is unknown."""
    ahead_seconds = client.okta_clock.ahead_seconds
    if abs(ahead_seconds) < MAX_CLOCK_DIFFERENCE_SECONDS:
        return None
    okta_time = client.okta_time()
    return CollectionError(
        f'The clock of this host is {duration(abs(ahead_seconds))} {"behind" if ahead_seconds > 0 else "ahead of"} '
        f"Okta's (this host: {rfc3339(okta_time - ahead_seconds)}, Okta: {rfc3339(okta_time)}), so the check judges "
        "events by Okta's clock",
        'Synchronize the clock of this host, for example with NTP',
    )
