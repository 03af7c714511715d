# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""One rate limit bucket of the org.

Source: Okta docs, docs/reference/rl2-token-oauth (a token or app may use half of a bucket by default),
docs/reference/rate-limits (windows of 60 s that do not start with the wall-clock minute) and
docs/reference/rl2-monitor (the three headers on every response; no Retry-After).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

WINDOW_SECONDS = 60


@dataclass(frozen=True)
class Allowance:
    limit: int
    remaining: int
    reset: int
    """The end of the window, in epoch seconds by the org's clock."""
    exceeded: bool


class RateLimit:
    def __init__(self) -> None:
        self._window = 0
        self._used: Counter[str] = Counter()

    def take(
        self, principal: str, now: float, *, org_limit: int, share_percent: int, window_offset_seconds: int
    ) -> Allowance:
        """Count one request of `principal` (a token or an app), and return what remains.

        The windows start `window_offset_seconds` after the full minute.

        The docs call X-Rate-Limit-Limit "applicable for the current request", but do not state whether this is the
        limit of the org or of the token. Here it is the limit with fewer remaining requests.
        """
        window = math.floor((now - window_offset_seconds) / WINDOW_SECONDS)
        if window != self._window:
            self._window = window
            self._used.clear()
        reset = (window + 1) * WINDOW_SECONDS + window_offset_seconds
        share = org_limit * share_percent // 100
        org_left = org_limit - self._used.total()
        share_left = share - self._used[principal]
        limit, left = (share, share_left) if share_left <= org_left else (org_limit, org_left)
        if left <= 0:
            return Allowance(limit, 0, reset, exceeded=True)
        self._used[principal] += 1
        return Allowance(limit, left - 1, reset, exceeded=False)
