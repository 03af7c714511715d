# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""One run: from the cursor over pages and lines to the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Event

from .agent import SEE_LOGS_AGENT, CursorStore, LogLine, Outbox
from .behind_page import BehindPage
from .clock_difference import SYNCHRONIZE_CLOCK, describe_clock_difference
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


class Collector:
    """Collects the events of one org that match one filter.

    `warn(message, *args)` is for what the operator should see although collection goes on.
    """

    def __init__(
        self,
        *,
        client: OktaClient,
        position: Position,
        cursors: CursorStore,
        outbox: Outbox,
        line_format: LogLineFormat,
        warn: Callable[..., None],
    ) -> None:
        self._client = client
        self._position = position
        self._cursors = cursors
        self._outbox = outbox
        self._line_format = line_format
        self._warn = warn
        self._cancelled = Event()

    def cancel(self) -> None:
        """End the run that is going on after its page. May be called from any thread."""
        self._cancelled.set()
        self._outbox.cancel()

    def run(self) -> Outcome:
        """Deliver what there is to collect, as far as Okta's rate limit and the Agent have room for it.

        Raises `OktaError` and `CollectionError`; whatever was not delivered by then is read again by the next run.
        """
        cursor = self._position.load().written
        with RunTime(self._client.clock) as run_time:
            urgent = self._client.okta_time() - cursor.time > OLDEST_WAITING_SECONDS
            has_room = self._outbox.open(run_time.claim_seconds, urgent=urgent)
            pause = self._client.pause
            if pause is not None:
                self._warn('%s. %s.', pause, pause.next_step)
                return Paused()
            backlog = self._outbox.backlog
            if backlog:
                self._warn(
                    'Collection waits: %s. Nothing is lost, for Okta keeps its events for 90 days. %s, if this lasts.',
                    backlog,
                    SEE_LOGS_AGENT,
                )
            if has_room:
                try:
                    self._collect(run_time)
                finally:
                    self._warn_of_clock_difference()
            if backlog:
                return Waiting(f'Collection waits: {backlog}', SEE_LOGS_AGENT)
            missing = self._outbox.missing_file
            if missing is None:
                return Collected()
            self._warn('%s', missing)
            return Waiting(missing.what, missing.next_step)

    def recent_gaps(self) -> list[PossibleGap]:
        """List the possible gaps that were noticed within a day, the newest last."""
        progress = self._cursors.last
        return recent(progress.possible_gaps, self._client.okta_time()) if progress is not None else []

    def _warn_of_clock_difference(self) -> None:
        difference = describe_clock_difference(self._client)
        if difference:
            self._warn('%s. %s.', difference, SYNCHRONIZE_CLOCK)

    def _collect(self, run_time: RunTime) -> None:
        for page in self._position.pages():
            behind = BehindPage(page, self._cursors.current.written)
            if not self._outbox.deliver(self._lines(page, behind.start.uuid), behind.cursor):
                return
            self._outbox.move_to(behind.next_cursor())
            if behind.is_last() or self._cancelled.is_set():
                return
            # The next page may take as long as this one.
            if run_time.claim_seconds() < run_time.end_lap():
                return

    def _lines(self, page: Page, uuid: str) -> Iterator[LogLine]:
        return (self._line_format.to_line(event, page.answered_at) for event in page.events_after(uuid))
