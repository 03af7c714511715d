# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Runs the collection: from the cursor through pages and lines to the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event

from .agent import SEE_LOGS_AGENT, Cursor, CursorStore, LogLine, Outbox
from .behind_page import BehindPage
from .clock_difference import clock_difference
from .line import LogLineFormat
from .okta import OktaClient, Page
from .position import Position
from .possible_gap import PossibleGap, recent
from .run_report import RunReport
from .run_time import RunTime

# If events wait for the Agent for nearly as long as Okta keeps them, deliver them without waiting any longer.
OLDEST_WAITING_SECONDS = 85 * 86_400.0

# The reasons why a run ends before it has delivered everything, as clauses.
PAUSE = 'no request may be made during the pause'
NO_ROOM = "the Agent's log file has no room for more events"
NO_TIME = 'a run must leave time for the other checks of the Agent'


@dataclass(frozen=True, slots=True)
class Collected:
    """The run delivered everything, or as much as fits into one run."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The run delivered little or nothing, because of `what` on the side of the Agent."""

    what: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The run sent no request, because of a pause. Whether there are new events is unknown."""


Outcome = Collected | Waiting | Paused


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Collects the events of one org that match one filter.

    `warn(message, *args)` shows a warning to the operator while collection continues.
    """

    client: OktaClient
    position: Position
    cursors: CursorStore
    outbox: Outbox
    line_format: LogLineFormat
    report: RunReport
    warn: Callable[..., None]
    _cancelled: Event = field(default_factory=Event, init=False)

    def cancel(self) -> None:
        """End the current run after its page. You can call this from any thread."""
        self._cancelled.set()
        self.outbox.cancel()

    def run(self) -> Outcome:
        """Collect and deliver events, as far as Okta's rate limit and the Agent have room for them.

        Raises `OktaError` and `CollectionError`. The next run reads again what was not delivered by then.
        """
        cursor = self.position.load().written
        with RunTime(self.client.clock) as run_time:
            urgent = self.client.okta_time() - cursor.time > OLDEST_WAITING_SECONDS
            has_room = self.outbox.open(run_time.claim_seconds, urgent=urgent)
            self.report.begin(has_room=has_room)
            try:
                return self._run(run_time, has_room=has_room)
            finally:
                self.report.end()

    def _run(self, run_time: RunTime, *, has_room: bool) -> Outcome:
        pause = self.client.pause
        if pause is not None:
            self.warn('%s. %s.', pause, pause.next_step)
            self.report.delay(PAUSE)
            return Paused()
        backlog = self.outbox.backlog
        self.report.waiting(backlog, SEE_LOGS_AGENT)
        if has_room:
            try:
                reason = self._collect(run_time)
            finally:
                difference = clock_difference(self.client)
                if difference is not None:
                    self.warn('%s', difference)
            if reason and not backlog:
                self.report.delay(reason)
        if backlog:
            return Waiting(f'Collection is paused: {backlog}', SEE_LOGS_AGENT)
        missing = self.outbox.missing_file
        if missing is None:
            return Collected()
        self.warn('%s', missing)
        return Waiting(missing.what, missing.next_step)

    def recent_gaps(self) -> list[PossibleGap]:
        """List the possible gaps that were noticed within a day, the newest last."""
        progress = self.cursors.last
        return recent(progress.possible_gaps, self.client.okta_time()) if progress is not None else []

    def _collect(self, run_time: RunTime) -> str:
        """Deliver page after page. Returns why the run ended before it had everything; empty if it did not."""
        for page in self.position.pages():
            reason = self._deliver(page, run_time)
            # Release the page before the next one is fetched, because a page is large.
            del page
            if reason is not None:
                return reason
        pause = self.client.pause
        return pause.reason if pause is not None else PAUSE

    def _deliver(self, page: Page, run_time: RunTime) -> str | None:
        """Deliver what `page` has. Returns `None` if there is room and time for another page, or why the run ends."""
        self.report.page(page.link)
        behind = BehindPage(page, self.cursors.current.written)

        def cursor_behind(lines: Sequence[LogLine]) -> Cursor:
            self.report.batch(len(lines))
            return behind.cursor(lines)

        if not self.outbox.deliver(self._lines(page, behind.start), cursor_behind):
            return NO_ROOM
        self.outbox.move_to(behind.next_cursor())
        if behind.is_last() or self._cancelled.is_set():
            return ''
        # The next page may take as long as this one.
        return None if run_time.claim_seconds() >= run_time.end_lap() else NO_TIME

    def _lines(self, page: Page, start: Cursor) -> Iterator[LogLine]:
        progress = self.cursors.current
        again = None
        # From the end of the span on, a late event was not delivered before, even if it was published earlier.
        if progress.again_until is not None and start.time < progress.again_until:
            again = progress.again_since or 0.0, progress.again_until
        to_line, now = self.line_format.to_line, page.answered_at
        return (to_line(event, now, again) for event in page.events_after(start.uuid))
