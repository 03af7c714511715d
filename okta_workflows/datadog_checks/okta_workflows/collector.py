# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""One run: from the committed cursor over pages and lines to the next commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from threading import Event

from .agent import SEE_LOGS_AGENT, Cursor, CursorStore, Delivery, LogLine, Progress
from .clock_difference import SYNCHRONIZE_CLOCK, describe_clock_difference
from .constants import MAX_EVENTS_PER_COMMIT, OLDEST_WAITING_SECONDS
from .line import LogLineFormat
from .okta import OktaClient, Page
from .position import Position
from .possible_gap import PossibleGap, recent
from .run_time import RunTime
from .timestamps import rfc3339

NEVER = float('-inf')

# Below the overlap of a restart, which therefore covers what a page may leave out.
RECENT_EVENT_SECONDS = 600.0

# `Date` has a resolution of a second, and the clocks of Okta's servers differ.
DATE_TOLERANCE_SECONDS = 60.0


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
        delivery: Delivery,
        line_format: LogLineFormat,
        warn: Callable[..., None],
    ) -> None:
        self._client = client
        self._position = position
        self._cursors = cursors
        self._delivery = delivery
        self._line_format = line_format
        self._warn = warn
        self._cancelled = Event()

    def cancel(self) -> None:
        """End the run that is going on after its page. May be called from any thread."""
        self._cancelled.set()
        self._delivery.cancel()

    def run(self) -> Outcome:
        """Deliver what there is to collect, as far as Okta's rate limit and the Agent have room for it.

        Raises `OktaError` and `CollectionError`; whatever was not delivered by then is read again by the next run.
        """
        progress = self._position.load()
        with RunTime(self._client.clock) as run_time:
            self._delivery.begin(self._client.clock.now(), progress.mark)
            if not self._delivery.has_room() and not self._delivery.await_room(run_time.seconds_left()):
                self._delivery.escape(urgent=self._client.okta_time() - progress.written.time > OLDEST_WAITING_SECONDS)
            self._follow_up()
            if self._must_wait_for_okta():
                return Paused()
            backlog = self._delivery.waiting_backlog()
            if backlog:
                self._warn(
                    'Collection waits: %s. Nothing is lost, for Okta keeps its events for 90 days. %s, if this lasts.',
                    backlog,
                    SEE_LOGS_AGENT,
                )
            if self._delivery.has_room():
                try:
                    self._collect_pages(run_time)
                finally:
                    self._warn_of_clock_difference()
            if backlog:
                return Waiting(f'Collection waits: {backlog}', SEE_LOGS_AGENT)
            obstacle = self._delivery.missing_file()
            if obstacle is None:
                return Collected()
            self._warn('%s', obstacle)
            return Waiting(obstacle.what, obstacle.next_step)

    def recent_gaps(self) -> list[PossibleGap]:
        """List the possible gaps that were noticed within a day, the newest last."""
        progress = self._cursors.last
        return recent(progress.possible_gaps, self._client.okta_time()) if progress is not None else []

    def _follow_up(self) -> bool:
        """See what became of the lines that were written, and go back if the Agent lost some before it sent them.

        False if it did. That happens to a log file when the configuration is edited and the Agent restarted, when the
        Agent makes room for another integration's logs, and to an instance with a `name` at each start.
        """
        progress = self._cursors.current
        if progress.written == progress.acknowledged:
            return True
        # Whether what the file lost was to be sent at all shows when the Agent sends what comes after it.
        has_lost = self._delivery.is_sending() if progress.has_gap else not self._delivery.still_has(progress.mark)
        if has_lost:
            self._warn(
                'The Agent replaced its log file before it sent all of it. Collection goes back to %s; events after '
                'that time may be delivered twice.',
                rfc3339(progress.acknowledged.time),
            )
            self._position.note_gap(
                'The Agent replaced its log file before it sent all of it',
                progress.acknowledged.time,
                progress.written.time,
            )
            gaps = self._cursors.current.possible_gaps
            self._cursors.commit(Progress(progress.acknowledged, progress.acknowledged, possible_gaps=gaps))
            return False
        if self._delivery.is_drained():
            self._cursors.move(replace(progress, acknowledged=progress.written))
        return True

    def _must_wait_for_okta(self) -> bool:
        pause = self._client.describe_pause()
        if pause:
            self._warn('%s. %s.', pause, self._client.pause_remedy)
        return bool(pause)

    def _warn_of_clock_difference(self) -> None:
        difference = describe_clock_difference(self._client)
        if difference:
            self._warn('%s. %s.', difference, SYNCHRONIZE_CLOCK)

    # From page to commit

    def _collect_pages(self, run_time: RunTime) -> None:
        while self._collect_page(run_time):
            # The next page may take as long as this one.
            if run_time.seconds_left() < run_time.lap_seconds():
                break

    def _collect_page(self, run_time: RunTime) -> bool:
        """Collect the page that comes next. False if the run ends with it."""
        page = self._position.next_page()
        goes_on = page is None or self._deliver(page, run_time)
        return goes_on and not self._cancelled.is_set() and self._client.pause_seconds <= 0

    def _deliver(self, page: Page, run_time: RunTime) -> bool:
        """Deliver the events of a page that were not delivered yet.

        False if no page is worth fetching now: this is the last one, or the Agent has no room for all of it.
        """
        written = self._cursors.current.written
        # An earlier `Date`, or the clock of this host, may have been ahead.
        time = min(written.time, page.answered_at)
        latest, has_events = NEVER, False
        coming = (self._line_format.to_line(event, page.answered_at) for event in page.events_after(written.uuid))
        lines: list[LogLine] = []
        # One line more than is handed over tells whether there are more.
        while lines := [*lines, *islice(coming, MAX_EVENTS_PER_COMMIT + 1 - len(lines))]:
            batch = lines[:MAX_EVENTS_PER_COMMIT]
            if self._cursors.has_moved and self._delivery.replaces_file(batch):
                # That all of the file was sent must outlast a crash: of a file that is gone nothing can be seen.
                self._cursors.commit(self._cursors.current)
            count = self._delivery.hand_over(batch)
            if not count:
                if self._delivery.has_lost_unsent():
                    # The file was replaced unexpectedly, and the offset of the next one must not count for it.
                    self._cursors.commit(replace(self._cursors.current, has_gap=True))
                # What was acknowledged meanwhile must be known before the Agent replaces the file that held it.
                if self._delivery.await_room(run_time.seconds_left()) and self._follow_up():
                    continue
                return False
            latest, has_events = max(latest, _latest(batch[:count], page.answered_at)), True
            lines = lines[count:]
            if lines:
                self._advance(Cursor(page.link, max(time, latest), batch[count - 1].uuid), has_events=True)
        is_last = _is_last(page, latest)
        following = Cursor(page.next_link, page.answered_at if is_last else max(time, latest))
        if has_events or self._cursors.is_commit_due():
            self._advance(following, has_events=has_events)
        else:
            self._cursors.move(replace(self._cursors.current, written=following))
        return not is_last

    def _advance(self, cursor: Cursor, *, has_events: bool) -> None:
        current = self._cursors.current
        has_gap = current.has_gap or self._delivery.has_lost_unsent()
        # Only lines make a new mark: while Okta was asked, the file may have been replaced.
        mark = self._delivery.mark() if has_events else current.mark
        self._cursors.commit(replace(current, written=cursor, mark=mark, has_gap=has_gap))


def _is_last(page: Page, latest: float) -> bool:
    """Tell whether nothing more was there when Okta returned `page`, whose latest event is of the time `latest`.

    Okta does not say that a page that is not full is the last one.
    """
    if page.is_empty() or page.next_link == page.link:
        return True
    return not page.is_full() and page.answered_at - latest <= RECENT_EVENT_SECONDS


def _latest(lines: Sequence[LogLine], answered_at: float) -> float:
    """Find the latest `published` of `lines`.

    One that lies after the response that held it is wrong, and tells nothing.
    """
    times = (line.published for line in lines if line.published is not None)
    return max(
        (min(time, answered_at) for time in times if time <= answered_at + DATE_TOLERANCE_SECONDS), default=NEVER
    )
