# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Keeps the position of collection in the System Log, and moves it for other reasons than delivery.

These are the first start, a start by a wrong clock, a link that Okta rejects, Okta's retention, and `collect_from`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from .agent import Cursor, CursorStore, Progress, UnreadableCursorError
from .constants import OKTA_RETENTION_SECONDS, SECONDS_PER_HOUR
from .errors import CollectionError, OktaError
from .line import AGAIN_TAG
from .okta import Authentication, OktaClient, Page, RefusedLink, fetch_page, first_link, is_continued, since_of
from .possible_gap import PossibleGap, with_gap
from .timestamps import rfc3339

# A restart begins this long before the last known time, because clocks differ.
RESTART_OVERLAP_SECONDS = 900.0

# `Date` is in whole seconds, and a response takes time.
DATE_RESOLUTION_SECONDS = 2.0


@dataclass(slots=True)
class Position:
    """The cursor of one org and one filter, as far as Okta determines it.

    `lookback_seconds`: how far back the very first run reads. `collect_from`, in seconds since the epoch, is where it
    reads from instead, and where a later run goes back to, once for each value. `warn(message, *args)` shows a warning
    to the operator while collection continues.
    """

    client: OktaClient
    authentication: Authentication
    event_filter: str
    lookback_seconds: float
    cursors: CursorStore
    warn: Callable[..., None]
    collect_from: float | None = None
    _refused_link: RefusedLink = field(default_factory=RefusedLink, init=False)
    _started: float | None = field(default=None, init=False)
    _is_reviewed: bool = field(default=False, init=False)

    def load(self) -> Progress:
        """Load the stored progress, or store the start of the first run.

        Raises `CollectionError` where the Agent cannot store the cursor.
        """
        now = self.client.clock.now()
        # A machine without a battery for its clock may start at the beginning of its time.
        since = max(self._start_of_run(now), 0.0)
        try:
            return self.cursors.load() or self._start(since, now)
        except UnreadableCursorError as error:
            self.warn(
                'Cannot use the stored cursor (%s). Collection restarts %s: newer events are delivered again, older '
                'uncollected events are skipped.',
                error,
                f'{self.lookback_seconds / SECONDS_PER_HOUR:g} hours in the past'
                if self.collect_from is None
                else f'at {rfc3339(since)}',
            )
            cause = f'The stored cursor could not be used: {error}'
            return self._start(since, now, PossibleGap(cause, None, since, noticed_at=now))

    def pages(self) -> Iterator[Page]:
        """Fetch the pages from the cursor on, one at a time, until Okta's rate limit requires a pause.

        The iterator does not keep a page. Raises `OktaError`.
        """
        return iter(self._next_page, None)

    def _next_page(self) -> Page | None:
        while self.client.pause is None:
            page = self._page_at_cursor()
            if page is not None:
                return page
        return None

    def _page_at_cursor(self) -> Page | None:
        """Fetch the page at the cursor. Returns `None` if the cursor moved instead, so that another page is next."""
        cursor = self.cursors.current.written
        try:
            page = fetch_page(self.client, self.authentication, cursor.link)
        except OktaError as error:
            # Okta may reject a start by a wrong clock, and the rejection contains Okta's time.
            if self.client.pause is None and self._review(has_page=False):
                return None
            okta_now = self.client.okta_time()
            is_stored_link = is_continued(cursor.link) or cursor.time < okta_now - OKTA_RETENTION_SECONDS
            if not is_stored_link or not self._refused_link.is_worth_a_query(error, okta_now):
                raise
            refusal = error
        else:
            self._refused_link.works()
            return None if self._review(has_page=True) else page
        return self._replace_link(cursor, refusal)

    def note_gap(self, cause: str, since: float | None, until: float) -> None:
        """Record that events of a span may be missing. The next commit stores it."""
        current = self.cursors.current
        gaps = with_gap(current.possible_gaps, PossibleGap(cause, since, until, self.client.okta_time()))
        self.cursors.move(replace(current, possible_gaps=gaps))

    def note_lost_lines(self, since: float, until: float) -> None:
        """Warn that the Agent lost lines of events between `since` and `until`, so that collection goes back."""
        self.warn(
            'The Agent replaced its log file before it sent all of it. Collection goes back to %s; events after that '
            'time may be delivered twice.',
            rfc3339(since),
        )
        self.note_gap('The Agent replaced its log file before it sent all of it', since, until)

    def _start(self, since: float, now: float, *gaps: PossibleGap) -> Progress:
        # Store the start at once: if the first request fails, the next run must start at this time, not at a later one.
        self._started = self.client.clock.monotonic()
        cursor = self._cursor_since(since)
        progress = Progress(
            cursor,
            cursor,
            started_at=now,
            possible_gaps=gaps,
            collect_from=self.collect_from,
            collected_since=since,
        )
        self.cursors.commit(progress)
        return self.cursors.current

    def _review(self, *, has_page: bool) -> bool:
        """Check whether collection started where it was to start. True if the cursor moved.

        A start that went by the clock of this host is converted as soon as Okta's is known. One in the future, from
        which no event would come, is taken back. Events that Okta does not keep any more are noted as missing.
        """
        progress, okta_now = self.cursors.current, self.client.okta_time()
        link, kept_since = progress.written.link, okta_now - OKTA_RETENTION_SECONDS
        started = self._started_by_okta(progress.started_at)
        start = max(self._start_of_run(started), kept_since)
        is_first = progress.started_at is not None and not is_continued(link) and not progress.written.uuid
        if is_first and has_page:
            # A later run is not the first, even if no event comes before it.
            self.cursors.commit_soon()
        is_judged = has_page or self.client.okta_clock.is_known
        if is_judged and self.collect_from is not None and (is_first or self.collect_from != progress.collect_from):
            self._check_collect_from(self.collect_from, okta_now)
            if not is_first:
                self._collect_again(start)
                return True
        if self.client.okta_clock.is_known and is_first:
            if started < kept_since:
                self._miss(started, kept_since)
            return self._restart_at(start)
        # Check this at each page, because the first `Date` may have been wrong. Without a response of Okta, only the
        # clock of this host is known, which may be far behind until the network is available.
        if is_judged and (since_of(link) or 0.0) > okta_now + DATE_RESOLUTION_SECONDS:
            self.warn("Collection started in the future of Okta's clock. It restarts at %s.", rfc3339(start))
            self.note_gap("Collection started in the future of Okta's clock", None, start)
            return self._restart_at(start)
        if not self.client.okta_clock.is_known or self._is_reviewed:
            return False
        self._is_reviewed = True
        if (is_continued(link) or progress.written.uuid) and progress.written.time < kept_since:
            self._miss(progress.written.time, kept_since)
            # So that a restart does not notice the same again.
            self.cursors.commit_soon()
        return False

    def _start_of_run(self, began: float) -> float:
        """Return where the first run reads from if it `began` at this time."""
        return began - self.lookback_seconds if self.collect_from is None else self.collect_from

    def _started_by_okta(self, started_at: float | None) -> float:
        """Tell when the first run began by Okta's clock, rather too early than too late.

        `started_at`: when it was by the clock of this host, which may have been set since.
        """
        okta_now = self.client.okta_time()
        if self._started is not None:
            return okta_now - (self.client.clock.monotonic() - self._started)
        if started_at is None:
            return okta_now
        return min(started_at + self.client.okta_clock.ahead_seconds, started_at, okta_now)

    def _restart_at(self, since: float) -> bool:
        """Start at `since` by Okta's clock, unless that is where collection started. True if the cursor moved."""
        current = self.cursors.current
        has_moved = abs(since - current.written.time) > DATE_RESOLUTION_SECONDS
        cursor = self._cursor_since(since) if has_moved else current.written
        gaps = tuple(
            replace(gap, until=since, noticed_at=self.client.okta_time())
            if gap.noticed_at == current.started_at
            else gap
            for gap in current.possible_gaps
        )
        progress = replace(
            current.restarted_at(cursor),
            possible_gaps=gaps,
            collect_from=self._noted_collect_from,
            collected_since=cursor.time,
        )
        # The next commit stores that the start is no longer provisional.
        (self.cursors.commit if has_moved else self.cursors.move)(progress)
        return has_moved

    @property
    def _noted_collect_from(self) -> float | None:
        # A removed option stays applied, so that it has no effect if it is set to the same value again.
        return self.cursors.current.collect_from if self.collect_from is None else self.collect_from

    def _check_collect_from(self, collect_from: float, okta_now: float) -> None:
        if collect_from > okta_now + DATE_RESOLUTION_SECONDS:
            raise CollectionError(
                f"`collect_from` ({rfc3339(collect_from)}) is in the future of Okta's clock ({rfc3339(okta_now)})",
                'Set the option to a time in the past or remove it, and restart the Agent',
            )
        kept_since = okta_now - OKTA_RETENTION_SECONDS
        if collect_from < kept_since:
            self.warn(
                '`collect_from` is %s, but Okta keeps events for 90 days. Collection starts at %s.',
                rfc3339(collect_from),
                rfc3339(kept_since),
            )

    def _collect_again(self, start: float) -> None:
        """Go back to `start`, or to the acknowledged cursor if that is earlier."""
        current = self.cursors.current
        cursor = current.acknowledged
        # The time of the cursor may be ahead of Okta's clock, if it is by the clock of this host.
        until = self._cursor_before(cursor, self.client.okta_time()).time
        if start < cursor.time:
            # The link of the acknowledged cursor may lead to events from before the time of that cursor.
            cursor = self._cursor_since(min(start, until))
        # Datadog may lack lines that it is not known to have received, and Okta may have stored some of the newest
        # events after the last request for them. They must not look as if they had been delivered before.
        again_since, again_until = current.again_since, current.again_until
        if again_until is None or again_until <= until:
            again_since, again_until = current.collected_since, until
        since = max(cursor.time, again_since or 0.0)
        span = f'{rfc3339(since)} to {rfc3339(again_until)}'
        again = f'Events from {span} are delivered again, with the tag `{AGAIN_TAG}`'
        self.warn(
            'Collection goes back to %s, because `collect_from` is new. %s.',
            rfc3339(cursor.time),
            again if since < again_until else 'No event counts as delivered again',
        )
        collected_since = current.collected_since
        if collected_since is not None:
            collected_since = min(collected_since, cursor.time)
        self.cursors.move(
            replace(
                current.restarted_at(cursor),
                collect_from=self._noted_collect_from,
                again_until=again_until,
                collected_since=collected_since,
                again_since=again_since,
            )
        )
        # The next page commits this. A manual run shares the stored cursor, and must not move the Agent's.
        self.cursors.commit_soon()

    def _replace_link(self, cursor: Cursor, refusal: OktaError) -> Page:
        """Fetch a page from somewhat before the last known time on, and go on from there if Okta returns one."""
        okta_now = self.client.okta_time()
        fresh = self._cursor_before(cursor, okta_now)
        try:
            page = fetch_page(self.client, self.authentication, fresh.link)
        except OktaError as error:
            self._refused_link.tried(refusal, error, okta_now)
            raise
        self._refused_link.tried(refusal, None, okta_now)
        self.warn(
            'Okta rejected the stored cursor. Collection restarts at %s; events after that time may be delivered '
            "twice. Okta's response: %s.",
            rfc3339(fresh.time),
            refusal.what,
        )
        kept_since = okta_now - OKTA_RETENTION_SECONDS
        if cursor.time < kept_since:
            self._miss(cursor.time, kept_since)
        self.note_gap('Okta rejected the stored cursor', fresh.time, okta_now)
        current = self.cursors.current
        # The acknowledged link is older than the rejected one, so Okta may reject it as well.
        acknowledged = fresh
        if current.acknowledged != cursor:
            acknowledged = self._cursor_before(current.acknowledged, okta_now)
        self.cursors.commit(replace(current, written=fresh, acknowledged=acknowledged, started_at=None))
        return page

    def _miss(self, since: float, until: float) -> None:
        """Warn once that Okta no longer keeps the events of a span."""
        cause = 'Okta keeps events for 90 days'
        if not any((gap.cause, gap.since) == (cause, since) for gap in self.cursors.current.possible_gaps):
            self.warn('Events from %s to %s may be missing: %s.', rfc3339(since), rfc3339(until), cause)
            self.note_gap(cause, since, until)

    def _cursor_before(self, cursor: Cursor, okta_now: float) -> Cursor:
        # While Okta's clock was unknown, the time of the cursor was by the clock of this host, which may be ahead.
        since = min(cursor.time, okta_now) - RESTART_OVERLAP_SECONDS
        return self._cursor_since(max(since, okta_now - OKTA_RETENTION_SECONDS))

    def _cursor_since(self, since: float) -> Cursor:
        return Cursor(first_link(self.client.origin, self.event_filter, since), since)
