# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Okta's rate limit as its response headers state it, and the pauses that a response asks for.

Every response states the ceiling, the requests left and the time of the reset (Okta docs, Rate limits: monitoring). The
allowance is shared with every other consumer of the org, and using it up alerts the org's administrators.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from datadog_checks.okta_workflows.timestamps import answer_time, http_date

# Exhausting the allowance is a violation that Okta reports to the org's administrators, so this share of it is left.
RATE_LIMIT_RESERVED_SHARE = 0.1

RATE_LIMIT_DEFAULT_WAIT_SECONDS = 60.0
RATE_LIMIT_MAX_WAIT_SECONDS = 600.0

RATE_LIMIT_RESET_MARGIN_SECONDS = 1.0

# A server that returns `Retry-After: 0` is not asked again at once either.
RETRY_AFTER_MIN_SECONDS = 1.0

# More digits are no number that Okta means.
DIGITS = re.compile(r'[0-9]{1,12}')


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which no request may be made. `reason` and `next_step` are sentences without their full stops."""

    seconds: float
    reason: str
    next_step: str

    def __str__(self) -> str:
        return f'Pausing for {self.seconds:.0f} seconds: {self.reason}'


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What is left of the allowance: requests per window, requests left, seconds until the window ends."""

    limit: int
    remaining: int
    seconds_to_reset: float

    @property
    def reserve_reached(self) -> bool:
        """Whether one more request would eat into the share of the allowance that is left to others."""
        return self.remaining - 1 < self.limit * RATE_LIMIT_RESERVED_SHARE


def read_rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Read the rate limit of a response, or `None` where the headers are absent or make no sense.

    A header may come more than once (okta-sdk-java#259); the least favourable value counts. Without a usable reset it
    is a whole window away.
    """
    limits = _integers(headers.get('X-Rate-Limit-Limit'))
    remaining = _integers(headers.get('X-Rate-Limit-Remaining'))
    if not limits or not remaining:
        return None
    return RateLimit(max(limits), min(remaining), _seconds_to_reset(headers) or RATE_LIMIT_DEFAULT_WAIT_SECONDS)


def seconds_to_retry(headers: Mapping[str, str]) -> float:
    """How long to wait after a 429: until the reset, or for as long as `Retry-After` says, whichever is longer."""
    stated_seconds = max(_seconds_to_reset(headers) or 0.0, retry_after_seconds(headers) or 0.0)
    return stated_seconds or RATE_LIMIT_DEFAULT_WAIT_SECONDS


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """How long a response asks to wait in `Retry-After` (RFC 9110, section 10.2.3), `None` if it does not.

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
    """How long it is until the window of a response ends; `None` without a usable pair of headers.

    The reset is compared with the server's own `Date`, so this host's clock does not matter. Okta's SDKs do the same
    and add a second, the resolution of the reset (okta-sdk-golang `Get429BackoffTime`).
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
