# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""When a query with `since` is worth a try, because the stored link does not work.

How long Okta accepts a link, and how it rejects one, is not documented.
"""

from __future__ import annotations

from datadog_checks.okta_workflows.constants import NEVER
from datadog_checks.okta_workflows.errors import OktaError

from .refusal import OAUTH_ERRORS

# They concern the client, the proxy or the moment, whatever link is asked for.
UNRELATED_STATUSES = frozenset({401, 403, 407, 408, 429})

# Okta gives up a query after 30 seconds with a 500 (https://developer.okta.com/docs/reference/system-log-query/). A
# query that it cannot answer for so long may be one of this link alone.
PATIENCE_SECONDS = 3600.0

# An org that rejects every link would otherwise have the overlap delivered again at each run.
RETRY_INTERVAL_SECONDS = 3600.0


def concerns_link(error: OktaError) -> bool:
    """Tell whether Okta, and nobody in its place, rejected the link, and not the client that asked."""
    status = error.status or 0
    is_unrelated = status in UNRELATED_STATUSES or error.code in OAUTH_ERRORS
    return error.is_from_okta and 400 <= status < 500 and not is_unrelated


class RefusedLink:
    """Follows what becomes of requests for the stored link. Times are in seconds since the epoch, by Okta's clock."""

    def __init__(self) -> None:
        self._failing_since = NEVER
        self._tried_at = NEVER

    def works(self) -> None:
        """Note that Okta returned a page for the stored link."""
        self._failing_since = NEVER

    def is_worth_a_query(self, error: OktaError, okta_now: float) -> bool:
        """Tell whether a query with `since` is worth a try after `error`; at most once an hour it is."""
        if okta_now - self._tried_at < RETRY_INTERVAL_SECONDS:
            return False
        if not (error.is_from_okta and (error.status or 0) >= 500):
            return concerns_link(error)
        if self._failing_since == NEVER:
            self._failing_since = okta_now
        return okta_now - self._failing_since >= PATIENCE_SECONDS

    def tried(self, refusal: OktaError, outcome: OktaError | None, okta_now: float) -> None:
        """Note that after `refusal` the query with `since` returned a page, or failed with `outcome`."""
        # A query that failed for a reason that passes says nothing of the link.
        if outcome is None or concerns_link(outcome) or not concerns_link(refusal):
            self._tried_at = okta_now
