# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Wait for the rate limit of the org before it is used up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from .reply import Reply

LONGEST_WAIT_SECONDS = 65.0
# Without the two headers nobody knows when the window ends; windows are 60 s (Okta docs, docs/reference/rate-limits).
DEFAULT_WAIT_SECONDS = 61.0


class Pace:
    """Half of what the org allows stays unused, so that other clients go on and no warning reaches the org's log.

    The wait goes by the org's clock: `X-Rate-Limit-Reset` minus `Date` plus one second, as in Okta's SDKs
    (okta-sdk-golang, `Get429BackoffTime`).
    """

    def __init__(self, wait: Callable[[float], Awaitable[None]], tell: Callable[[str], None]) -> None:
        self._wait = wait
        self._tell = tell
        self._due: dict[str, float] = {}

    async def before(self, path: str) -> None:
        """Wait if the last response to a request with this path asked for it."""
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
