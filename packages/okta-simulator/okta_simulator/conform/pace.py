# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Pauses before the rate limit of the org is exhausted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from .reply import Reply

LONGEST_WAIT_SECONDS = 65.0
# This wait applies if the two headers are missing. Windows last 60 s (Okta docs, docs/reference/rate-limits).
DEFAULT_WAIT_SECONDS = 61.0


class Pace:
    """Uses at most half of the rate limit, so that other clients are not affected and the org's log gets no warning.

    The wait is based on the org's clock: `X-Rate-Limit-Reset` minus `Date` plus one second, as in Okta's SDKs
    (okta-sdk-golang, `Get429BackoffTime`).
    """

    def __init__(self, wait: Callable[[float], Awaitable[None]], tell: Callable[[str], None]) -> None:
        self._wait = wait
        self._tell = tell
        self._due: dict[str, float] = {}

    async def before(self, path: str) -> None:
        """Wait if the last response to a request with this path requires it."""
        seconds = self._due.pop(path, 0.0)
        if seconds:
            self._tell(f'Waiting {seconds:.0f} s for the rate limit of the org.')
            await self._wait(seconds)

    def after(self, path: str, reply: Reply) -> None:
        limit, remaining = reply.number('X-Rate-Limit-Limit'), reply.number('X-Rate-Limit-Remaining')
        if reply.status == 429 or (limit is not None and remaining is not None and remaining * 2 < limit):
            self._due[path] = _seconds_to_reset(reply)


def _seconds_to_reset(reply: Reply) -> float:
    reset, date = reply.number('X-Rate-Limit-Reset'), reply.date
    if reset is None or date is None:
        return DEFAULT_WAIT_SECONDS
    return min(max(reset - date + 1, 1.0), LONGEST_WAIT_SECONDS)
