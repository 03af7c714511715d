# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Whether the collector kept to Okta's rate limit, judged by what it could know."""

from __future__ import annotations

import math
from collections.abc import Iterable
from email.utils import parsedate_to_datetime

from okta_simulator import RecordedRequest

RESERVED_SHARE = 0.1
WINDOW_SECONDS = 60.0
LONGEST_SECONDS = 600.0
OK, TOO_MANY_REQUESTS = 200, 429


def requests_in_closed_windows(requests: Iterable[RecordedRequest]) -> int:
    """How many requests were made between an answer that asked for a pause and the reset that it named.

    Such an answer is a 429, or one that leaves no more than the tenth that belongs to others. A header that comes twice
    counts with its least favourable value; a 429 that names no reset closes a whole window (Okta docs,
    docs/reference/rl-best-practices).
    """
    closed_until, found = -math.inf, 0
    for request in requests:
        if request.time < closed_until:
            found += 1
        closed_until = max(closed_until, request.time + _pause_seconds(request))
    return found


def _pause_seconds(request: RecordedRequest) -> float:
    limits, remaining, resets = (
        [int(value) for name, value in request.answer_headers if name == f'X-Rate-Limit-{kind}']
        for kind in ('Limit', 'Remaining', 'Reset')
    )
    is_reserve = bool(limits and remaining) and min(remaining) - 1 < math.ceil(max(limits) * RESERVED_SHARE)
    if request.status != TOO_MANY_REQUESTS and not (request.status == OK and is_reserve):
        return 0.0
    dates = [value for name, value in request.answer_headers if name == 'Date']
    if not resets or not dates:
        return WINDOW_SECONDS
    return min(max(resets) - parsedate_to_datetime(dates[0]).timestamp(), LONGEST_SECONDS)
