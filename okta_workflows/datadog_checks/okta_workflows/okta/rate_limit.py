# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Okta's rate limit according to the response headers, and the pauses that a response asks for.

Every response states the limit, the remaining requests, and the time of the reset (Okta docs, Rate limits: monitoring).
All clients of the org share the limit, and exhausting it alerts the org's administrators.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from datadog_checks.okta_workflows.timestamps import answer_time, http_date

# Okta reports an exhausted rate limit to the org's administrators as a violation, so the check never uses this share.
RATE_LIMIT_RESERVED_SHARE = 0.1

RATE_LIMIT_DEFAULT_WAIT_SECONDS = 60.0
RATE_LIMIT_MAX_WAIT_SECONDS = 600.0

RATE_LIMIT_RESET_MARGIN_SECONDS = 1.0

# The check does not retry immediately even if a server returns `Retry-After: 0`.
RETRY_AFTER_MIN_SECONDS = 1.0

# Okta never sends a number with more digits.
DIGITS = re.compile(r'[0-9]{1,12}')


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which no request may be sent. `reason` and `next_step` are sentences without their full stops."""

    seconds: float
    reason: str
    next_step: str

    def __str__(self) -> str:
        return f'Pausing for {self.seconds:.0f} seconds: {self.reason}'


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The state of the rate limit: requests per window, remaining requests, and seconds until the window ends."""

    limit: int
    remaining: int
    seconds_to_reset: float

    @property
    def reserve_reached(self) -> bool:
        """Whether one more request would use the share of the rate limit that is reserved for other clients."""
        return self.remaining - 1 < self.limit * RATE_LIMIT_RESERVED_SHARE


def read_rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Read the rate limit of a response. Returns `None` if the headers are absent or invalid.

    A header may occur more than once (okta-sdk-java#259); the least favorable value counts. If there is no usable
    reset, a whole window is assumed.
    """
    limits = _integers(headers.get('X-Rate-Limit-Limit'))
    remaining = _integers(headers.get('X-Rate-Limit-Remaining'))
    if not limits or not remaining:
        return None
    return RateLimit(max(limits), min(remaining), _seconds_to_reset(headers) or RATE_LIMIT_DEFAULT_WAIT_SECONDS)


def seconds_to_retry(headers: Mapping[str, str]) -> float:
    """Return the seconds to wait after a 429: until the reset, or as stated in `Retry-After`, whichever is longer."""
    stated_seconds = max(_seconds_to_reset(headers) or 0.0, retry_after_seconds(headers) or 0.0)
    return stated_seconds or RATE_LIMIT_DEFAULT_WAIT_SECONDS


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks to wait (RFC 9110, section 10.2.3), or `None` without that header.

    Okta does not document this header; proxies and load balancers send it. A date is compared with the `Date` of the
    response. The wait is at least a second and at most as long as for a reset.
    """
    value = headers.get('Retry-After')
    if seconds := _integers(value):
        wait = float(max(seconds))
    else:
        until, answered_at = http_date(value or ''), answer_time(headers)
        if until is None or answered_at is None:
            return None
        wait = until - answered_at
    return min(max(wait, RETRY_AFTER_MIN_SECONDS), RATE_LIMIT_MAX_WAIT_SECONDS)


def _seconds_to_reset(headers: Mapping[str, str]) -> float | None:
    """Return the seconds until the rate limit window ends, or `None` without a usable reset and `Date`.

    The reset is compared with the server's own `Date`, so the clock of this host does not matter. Okta's SDKs do the
    same and add a second, the resolution of the reset (okta-sdk-golang `Get429BackoffTime`).
    """
    resets = _integers(headers.get('X-Rate-Limit-Reset'))
    answered_at = answer_time(headers)
    if not resets or answered_at is None:
        return None
    wait = max(resets) - answered_at
    return min(max(wait, 0.0) + RATE_LIMIT_RESET_MARGIN_SECONDS, RATE_LIMIT_MAX_WAIT_SECONDS)


def _integers(value: str | None) -> list[int]:
    parts = [part.strip() for part in (value or '').split(',')]
    return [int(part) for part in parts if DIGITS.fullmatch(part)]
