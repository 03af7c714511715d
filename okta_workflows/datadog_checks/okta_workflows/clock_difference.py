# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""How far the clock of this host is from Okta's, for the operator."""

from __future__ import annotations

from .errors import CollectionError
from .okta import OktaClient
from .timestamps import duration, rfc3339

# Okta rejects proofs of possession that are older, and a host that is synchronized differs by less.
MAX_CLOCK_DIFFERENCE_SECONDS = 300.0


def clock_difference(client: OktaClient) -> CollectionError | None:
    """Tell by how much the clock of this host is off; `None` if it is not, or if Okta's time is not known."""
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
