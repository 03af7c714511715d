# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""One run: from the cursor over pages and lines to the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from threading import Event

from .agent import SEE_LOGS_AGENT, CursorStore, LogLine, Outbox
from .behind_page import BehindPage
from .clock_difference import clock_difference
from .line import LogLineFormat
from .okta import OktaClient, Page
from .position import Position
from .possible_gap import PossibleGap, recent
from .run_time import RunTime

# What waits for the Agent nearly as long as Okta keeps events is delivered without waiting.
OLDEST_WAITING_SECONDS = 85 * 86_400.0


@dataclass(frozen=True, slots=True)
class Collected:
    """A run delivered all there was, or as much as fits into one run."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run delivered little or nothing, because of `what` on the Agent's side."""

    what: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Paused:
    """A run made no request, because Okta's rate limit left none. Nothing is known of what there is."""


Outcome = Collected | Waiting | Paused


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Collects the events of one org that match one filter.

    `warn(message, *args)` is for what the operator should see although collection goes on.
    """

    client: OktaClient
    position: Position
    cursors: CursorStore
    outbox: Outbox
    line_format: LogLineFormat
    warn: Callable[..., None]
    _cancelled: Event = field(default_factory=Event, init=False)

    def cancel(self) -> None:
        """End the run that is going on after its page. May be called from any thread."""
        self._cancelled.set()
        self.outbox.cancel()

    def run(self) -> Outcome:
        """Deliver what there is to collect, as far as Okta's rate limit and the Agent have room for it.

        Raises `OktaError` and `CollectionError`; whatever was not delivered by then is read again by the next run.
        """
        cursor = self.position.load().written
        with RunTime(self.client.clock) as run_time:
            urgent = self.client.okta_time() - cursor.time > OLDEST_WAITING_SECONDS
            has_room = self.outbox.open(run_time.claim_seconds, urgent=urgent)
            pause = self.client.pause
            if pause is not None:
                self.warn('%s. %s.', pause, pause.next_step)
                return Paused()
            backlog = self.outbox.backlog
            if backlog:
                self.warn(
                    'Collection waits: %s. Nothing is lost, for Okta keeps its events for 90 days. %s, if this lasts.',
                    backlog,
                    SEE_LOGS_AGENT,
                )
            if has_room:
                try:
                    self._collect(run_time)
                finally:
                    difference = clock_difference(self.client)
                    if difference is not None:
                        self.warn('%s', difference)
            if backlog:
                return Waiting(f'Collection waits: {backlog}', SEE_LOGS_AGENT)
            missing = self.outbox.missing_file
            if missing is None:
                return Collected()
            self.warn('%s', missing)
            return Waiting(missing.what, missing.next_step)

    def recent_gaps(self) -> list[PossibleGap]:
        """List the possible gaps that were noticed within a day, the newest last."""
        progress = self.cursors.last
        return recent(progress.possible_gaps, self.client.okta_time()) if progress is not None else []

    def _collect(self, run_time: RunTime) -> None:
        for page in self.position.pages():
            goes_on = self._deliver(page, run_time)
            # The next one is fetched while the loop still has this one, and a page is large.
            del page
            if not goes_on:
                return

    def _deliver(self, page: Page, run_time: RunTime) -> bool:
        """Deliver what `page` has, and tell whether there is room and time for another page."""
        behind = BehindPage(page, self.cursors.current.written)
        if not self.outbox.deliver(self._lines(page, behind.start.uuid), behind.cursor):
            return False
        self.outbox.move_to(behind.next_cursor())
        if behind.is_last() or self._cancelled.is_set():
            return False
        # The next page may take as long as this one.
        return run_time.claim_seconds() >= run_time.end_lap()

    def _lines(self, page: Page, uuid: str) -> Iterator[LogLine]:
        return (self.line_format.to_line(event, page.answered_at) for event in page.events_after(uuid))
