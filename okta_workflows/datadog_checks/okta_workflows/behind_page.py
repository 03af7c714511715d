# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Computes the cursor after some lines of a page, and after the whole page."""

from __future__ import annotations

from collections.abc import Sequence

from .agent import Cursor, LogLine
from .constants import NEVER
from .okta import Page

# This is shorter than the overlap of a restart, which therefore covers the events that a page may omit.
RECENT_EVENT_SECONDS = 600.0

# The tolerance is needed because the clocks of Okta's servers differ.
DATE_TOLERANCE_SECONDS = 60.0


class BehindPage:
    """The cursors after the lines of one page, which is read from `start` on."""

    def __init__(self, page: Page, start: Cursor) -> None:
        self.start = start
        self._page = page
        self._uuid = start.uuid
        # The time of `start` may be from a `Date`, or from the clock of this host, that was ahead.
        self._time = min(start.time, page.answered_at)
        self._latest = NEVER

    def cursor(self, lines: Sequence[LogLine]) -> Cursor:
        """Return the cursor after the next `lines` of the page."""
        self._latest = max(self._latest, _latest(lines, self._page.answered_at))
        self._uuid = next((line.uuid for line in reversed(lines) if line.uuid), self._uuid)
        return Cursor(self._page.link, max(self._time, self._latest), self._uuid)

    def next_cursor(self) -> Cursor:
        """Return the cursor after the whole page. Call this only after all lines of the page are delivered."""
        time = self._page.answered_at if self.is_last() else max(self._time, self._latest)
        # A link that leads to the page itself leads behind what was delivered of it.
        is_same = self._page.next_link == self._page.link
        return Cursor(self._page.next_link, time, self._uuid if is_same else '')

    def is_last(self) -> bool:
        """Return whether there were no more events when Okta returned the page.

        Call this only after all lines of the page are delivered. Okta does not document that a page that is not full is
        the last one.
        """
        if self._page.is_empty() or self._page.next_link == self._page.link:
            return True
        return not self._page.is_full() and self._page.answered_at - self._latest <= RECENT_EVENT_SECONDS


def _latest(lines: Sequence[LogLine], answered_at: float) -> float:
    """Find the latest `published` of `lines`.

    A time after the response that contained it is wrong, and is ignored.
    """
    most = answered_at + DATE_TOLERANCE_SECONDS
    times = [line.published for line in lines if line.published is not None and line.published <= most]
    return min(max(times, default=NEVER), answered_at)
