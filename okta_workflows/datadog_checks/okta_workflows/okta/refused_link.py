# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Decides when to try a query with `since` because the stored link does not work.

Okta does not document how long it accepts a link, or how it rejects one.
"""

from __future__ import annotations

from datadog_checks.okta_workflows.constants import NEVER
from datadog_checks.okta_workflows.errors import OktaError

from .refusal import OAUTH_ERRORS

# These statuses concern the client, the proxy, or the current load, and not the requested link.
UNRELATED_STATUSES = frozenset({401, 403, 407, 408, 429})

# Okta ends a query after 30 seconds with a 500 (https://developer.okta.com/docs/reference/system-log-query/). If this
# lasts longer than an hour, the link itself may be the cause.
PATIENCE_SECONDS = 3600.0

# If an org rejected every link, each run would otherwise deliver the overlap again.
RETRY_INTERVAL_SECONDS = 3600.0


def concerns_link(error: OktaError) -> bool:
    """Return whether Okta itself rejected the link, and not the client that requested it."""
    status = error.status or 0
    is_unrelated = status in UNRELATED_STATUSES or error.code in OAUTH_ERRORS
    return error.is_from_okta and 400 <= status < 500 and not is_unrelated


class RefusedLink:
    """Tracks the outcome of requests for the stored link. Times are in seconds since the epoch, by Okta's clock."""

    def __init__(self) -> None:
        self._failing_since = NEVER
        self._tried_at = NEVER

    def works(self) -> None:
        """Record that Okta returned a page for the stored link."""
        self._failing_since = NEVER

    def is_worth_a_query(self, error: OktaError, okta_now: float) -> bool:
        """Return whether to try a query with `since` after `error`: at most once an hour."""
        if okta_now - self._tried_at < RETRY_INTERVAL_SECONDS:
            return False
        if not (error.is_from_okta and (error.status or 0) >= 500):
            return concerns_link(error)
        if self._failing_since == NEVER:
            self._failing_since = okta_now
        return okta_now - self._failing_since >= PATIENCE_SECONDS

    def tried(self, refusal: OktaError, outcome: OktaError | None, okta_now: float) -> None:
        """Record that after `refusal` the query with `since` returned a page, or failed with `outcome`."""
        # If the query failed for a temporary reason, nothing is known about the link, so the next run may try again.
        if outcome is None or concerns_link(outcome) or not concerns_link(refusal):
            self._tried_at = okta_now
