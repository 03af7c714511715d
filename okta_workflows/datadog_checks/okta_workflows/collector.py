# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""One run: from the committed cursor over pages and lines to the next commit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from threading import Event

from .agent import (
    SEE_LOGS_AGENT,
    Cursor,
    CursorStore,
    Delivery,
    LogLine,
    Progress,
    UnreadableCursorError,
)
from .constants import (
    IDLE_COMMIT_INTERVAL_SECONDS,
    MAX_EVENTS_PER_COMMIT,
    OKTA_RETENTION_SECONDS,
    OLDEST_WAITING_SECONDS,
    RESTART_OVERLAP_SECONDS,
    SECONDS_PER_HOUR,
)
from .diagnosis import SYNCHRONIZE_CLOCK, describe_clock_difference, find_clock
from .errors import CollectionError, OktaError
from .line import LogLineFormat
from .okta import (
    Authentication,
    OktaClient,
    Page,
    RefusedLink,
    fetch_page,
    find_organization,
    first_link,
    is_continued,
    since_of,
)
from .possible_gap import COMPARE_WITH_OKTA, PossibleGap, with_gap
from .run_time import RunTime
from .timestamps import rfc3339

NEVER = float('-inf')

# Below the overlap of a restart, which therefore covers what a page may leave out.
RECENT_EVENT_SECONDS = 600.0

# `Date` has a resolution of a second, and the clocks of Okta's servers differ.
DATE_TOLERANCE_SECONDS = 60.0
DATE_RESOLUTION_SECONDS = 2.0

# An operator who looks at the status page once a day is told of each possible gap.
SHOWN_GAP_SECONDS = 86_400.0


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

    `lookback_seconds`: how far back the very first run reads. `warn(message, *args)` is for what the operator should
    see although collection goes on. Times are in seconds since the epoch.
    """

    def __init__(
        self,
        *,
        client: OktaClient,
        authentication: Authentication,
        event_filter: str,
        lookback_seconds: float,
        cursors: CursorStore,
        delivery: Delivery,
        line_format: LogLineFormat,
        warn: Callable[..., None],
    ) -> None:
        self._client = client
        self._authentication = authentication
        self._event_filter = event_filter
        self._lookback_seconds = lookback_seconds
        self._cursors = cursors
        self._delivery = delivery
        self._line_format = line_format
        self._warn = warn
        self._clock = client.clock
        self._cancelled = Event()
        self._stored_at = NEVER
        self._refused_link = RefusedLink()
        self._started: float | None = None
        self._is_start_reviewed = False

    def cancel(self) -> None:
        """End the run that is going on after its page. May be called from any thread."""
        self._cancelled.set()
        self._delivery.cancel()

    def run(self, now: float) -> Outcome:
        """Deliver what there is to collect at `now`, as far as Okta's rate limit and the Agent have room for it.

        Raises `OktaError` and `CollectionError`; whatever was not delivered by then is read again by the next run.
        """
        progress = self._load(now)
        with RunTime(self._clock) as run_time:
            self._delivery.begin(now, progress.mark)
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

    # What a diagnosis looks at; nothing here moves the cursor

    def find_log_file(self, now: float) -> str:
        """Tell what the Agent does with lines. Raises `CollectionError` if they would go nowhere, or wait."""
        try:
            progress = self._cursors.last or self._cursors.load()
        except UnreadableCursorError:
            progress = None
        return self._delivery.examine(now, progress.mark if progress is not None else None)

    def find_org(self) -> str:
        """Tell which org answers. Raises `OktaError` if none does."""
        return find_organization(self._client)

    def find_clock(self) -> str:
        """Tell how far the clock of this host is off. Raises `CollectionError` if that is too far."""
        return find_clock(self._client)

    def try_credential(self) -> str:
        """Tell whether the credential is good for a token. Raises `OktaError` if it is not."""
        self._authentication.prepare()
        return self._authentication.describe()

    def try_system_log(self) -> str:
        """Ask for the events from now on.

        Raises `OktaError` if that is refused, and `CollectionError` while Okta's rate limit leaves no request.
        """
        pause = self._rate_limit_pause()
        if pause:
            raise CollectionError(pause, self._client.pause_remedy)
        link = first_link(self._client.origin, self._event_filter, self._client.okta_time())
        page = fetch_page(self._client, self._authentication, link)
        # Whether it is one shows while it is read.
        deque(page.events_after(''), maxlen=0)
        rate_limit = self._client.rate_limit
        left = f'; {rate_limit.remaining} of {rate_limit.limit} requests of this minute are left' if rate_limit else ''
        return f'The System Log can be read with this filter{left}'

    def find_position(self) -> str:
        """Tell up to when events were delivered. Raises `CollectionError` if that is not known."""
        try:
            progress = self._cursors.load()
        except UnreadableCursorError as error:
            raise CollectionError(
                f'Cannot use the stored cursor ({error})', 'No action needed: the next run restarts collection'
            ) from error
        if progress is None:
            return 'No run has begun yet'
        minutes = (self._client.okta_time() - progress.written.time) / 60
        return f'Everything up to {rfc3339(progress.written.time)} was delivered, {minutes:.0f} minutes ago'

    def find_possible_gaps(self) -> str:
        """Tell of which time events may be missing. Raises `CollectionError` if that was noticed within a day."""
        gaps = self._cursors.last.possible_gaps if self._cursors.last is not None else ()
        if not gaps:
            return 'No span is known of which events may be missing'
        what = f'Some events may be missing or delivered twice: {"; ".join(map(str, gaps))}'
        if self.recent_gaps():
            raise CollectionError(what, COMPARE_WITH_OKTA)
        return what

    def recent_gaps(self) -> list[PossibleGap]:
        """List the possible gaps that were noticed within a day, the newest last."""
        progress, oldest = self._cursors.last, self._client.okta_time() - SHOWN_GAP_SECONDS
        return [gap for gap in progress.possible_gaps if gap.noticed_at >= oldest] if progress is not None else []

    # Where to go on

    def _load(self, now: float) -> Progress:
        if self._stored_at == NEVER:
            self._stored_at = self._clock.monotonic()
        # The clock of a machine that has none of its own may be at its beginning.
        since = max(now - self._lookback_seconds, 0.0)
        try:
            return self._cursors.load() or self._start(since, now)
        except UnreadableCursorError as error:
            self._warn(
                'Cannot use the stored cursor (%s). Collection restarts %g hours in the past: newer events are '
                'delivered again, older uncollected events are skipped.',
                error,
                self._lookback_seconds / SECONDS_PER_HOUR,
            )
            cause = f'The stored cursor could not be used: {error}'
            return self._start(since, now, PossibleGap(cause, None, since, noticed_at=now))

    def _start(self, since: float, now: float, *gaps: PossibleGap) -> Progress:
        # Stored at once: if the first request fails, the next run must ask from this moment and not from a later one.
        self._started = self._clock.monotonic()
        cursor = self._cursor_since(since)
        return self._store(Progress(cursor, cursor, started_at=now, possible_gaps=gaps))

    def _review_start(self) -> bool:
        """Check whether collection started where it was to start. True if the cursor moved.

        A start that went by the clock of this host is converted as soon as Okta's is known. One in the future, from
        which no event would come, is taken back. Events that Okta does not keep any more are noted as missing.
        """
        progress, okta_now = self._cursors.current, self._client.okta_time()
        link, kept_since = progress.written.link, okta_now - OKTA_RETENTION_SECONDS
        started = self._started_by_okta(progress.started_at)
        start = max(started - self._lookback_seconds, kept_since)
        is_unread = not is_continued(link) and not progress.written.uuid
        if self._client.is_clock_known and progress.started_at is not None and is_unread:
            if started < kept_since:
                self._miss(started, kept_since)
            return self._restart_at(start)
        # Looked for again and again, because the first `Date` may have been wrong.
        if (since_of(link) or 0.0) > okta_now + DATE_RESOLUTION_SECONDS:
            self._warn("Collection started in the future of Okta's clock. It restarts at %s.", rfc3339(start))
            self._note_gap("Collection started in the future of Okta's clock", None, start)
            return self._restart_at(start)
        if not self._client.is_clock_known or self._is_start_reviewed:
            return False
        if is_continued(link) and progress.written.time < kept_since:
            self._miss(progress.written.time, kept_since)
            # The next page is committed even if it is empty, so that a restart does not notice the same again.
            self._stored_at = NEVER
        self._is_start_reviewed = True
        return False

    def _started_by_okta(self, started_at: float | None) -> float:
        """Tell when the first run began by Okta's clock, rather too early than too late.

        `started_at`: when it was by the clock of this host, which may have been set since.
        """
        okta_now = self._client.okta_time()
        if self._started is not None:
            return okta_now - (self._clock.monotonic() - self._started)
        if started_at is None:
            return okta_now
        return min(started_at + self._client.clock_ahead_seconds, started_at, okta_now)

    def _restart_at(self, since: float) -> bool:
        current = self._cursors.current
        has_moved = abs(since - current.written.time) > DATE_RESOLUTION_SECONDS
        cursor = self._cursor_since(since) if has_moved else current.written
        gaps = tuple(
            replace(gap, until=since, noticed_at=self._client.okta_time())
            if gap.noticed_at == current.started_at
            else gap
            for gap in current.possible_gaps
        )
        self._store(Progress(cursor, cursor, possible_gaps=gaps))
        return has_moved

    def _gap(self, cause: str, since: float | None, until: float) -> PossibleGap:
        return PossibleGap(cause, since, until, self._client.okta_time())

    def _note_gap(self, cause: str, since: float | None, until: float) -> None:
        """Remember that events may be missing. The next commit stores it."""
        current = self._cursors.current
        gaps = with_gap(current.possible_gaps, self._gap(cause, since, until))
        self._cursors.move(replace(current, possible_gaps=gaps))

    def _miss(self, since: float, until: float) -> None:
        """Tell that Okta no longer keeps the events of a span, unless that was told."""
        cause = 'Okta keeps events for 90 days'
        if not any((gap.cause, gap.since) == (cause, since) for gap in self._cursors.current.possible_gaps):
            self._warn('Events from %s to %s may be missing: %s.', rfc3339(since), rfc3339(until), cause)
            self._note_gap(cause, since, until)

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
            self._note_gap(
                'The Agent replaced its log file before it sent all of it',
                progress.acknowledged.time,
                progress.written.time,
            )
            gaps = self._cursors.current.possible_gaps
            self._store(Progress(progress.acknowledged, progress.acknowledged, possible_gaps=gaps))
            return False
        if self._delivery.is_drained():
            self._cursors.move(replace(progress, acknowledged=progress.written))
        return True

    def _must_wait_for_okta(self) -> bool:
        pause = self._rate_limit_pause()
        if pause:
            self._warn('%s. %s.', pause, self._client.pause_remedy)
        return bool(pause)

    def _rate_limit_pause(self) -> str:
        wait_seconds = self._client.pause_seconds
        if wait_seconds <= 0:
            return ''
        return f'Pausing for {wait_seconds:.0f} seconds: {self._client.pause_reason}'

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
        page = self._fetch()
        goes_on = page is None or self._review_start() or self._deliver(page, run_time)
        return goes_on and not self._cancelled.is_set() and self._client.pause_seconds <= 0

    def _fetch(self) -> Page | None:
        """Fetch the page that comes next; `None` if the cursor moved instead."""
        cursor = self._cursors.current.written
        try:
            page = fetch_page(self._client, self._authentication, cursor.link)
        except OktaError as error:
            # A start that goes by a wrong clock may be why Okta rejects it, and the rejection tells Okta's time.
            if self._client.pause_seconds <= 0 and self._review_start():
                return None
            okta_now = self._client.okta_time()
            is_stored_link = is_continued(cursor.link) or cursor.time < okta_now - OKTA_RETENTION_SECONDS
            if not is_stored_link or not self._refused_link.is_worth_a_query(error, okta_now):
                raise
            refusal = error
        else:
            self._refused_link.works()
            return page
        return self._replace_link(cursor, refusal)

    def _replace_link(self, cursor: Cursor, refusal: OktaError) -> Page:
        """Fetch a page from somewhat before the last known time on, and go on from there if Okta returns one."""
        okta_now = self._client.okta_time()
        kept_since = okta_now - OKTA_RETENTION_SECONDS
        # While Okta's clock was not known, the time of the cursor went by this host's, which may be ahead.
        since = max(min(cursor.time, okta_now) - RESTART_OVERLAP_SECONDS, kept_since)
        fresh = self._cursor_since(since)
        try:
            page = fetch_page(self._client, self._authentication, fresh.link)
        except OktaError as error:
            self._refused_link.tried(refusal, error, okta_now)
            raise
        self._refused_link.tried(refusal, None, okta_now)
        self._warn(
            'Okta rejected the stored cursor. Collection restarts at %s; events after that time may be delivered '
            "twice. Okta's response: %s.",
            rfc3339(since),
            refusal.what,
        )
        if cursor.time < kept_since:
            self._miss(cursor.time, kept_since)
        self._note_gap('Okta rejected the stored cursor', since, okta_now)
        current = self._cursors.current
        acknowledged = fresh
        if current.acknowledged != cursor:
            # The link to go back to is older than the rejected one.
            time = min(current.acknowledged.time, okta_now)
            acknowledged = self._cursor_since(max(time - RESTART_OVERLAP_SECONDS, kept_since))
        self._store(replace(current, written=fresh, acknowledged=acknowledged, started_at=None))
        return page

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
                self._store(self._cursors.current)
            count = self._delivery.hand_over(batch)
            if not count:
                if self._delivery.has_lost_unsent():
                    # The file was replaced unexpectedly, and the offset of the next one must not count for it.
                    self._store(replace(self._cursors.current, has_gap=True))
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
        if has_events or self._clock.monotonic() - self._stored_at >= IDLE_COMMIT_INTERVAL_SECONDS:
            self._advance(following, has_events=has_events)
        else:
            self._cursors.move(replace(self._cursors.current, written=following))
        return not is_last

    def _advance(self, cursor: Cursor, *, has_events: bool) -> None:
        current = self._cursors.current
        has_gap = current.has_gap or self._delivery.has_lost_unsent()
        # Only lines make a new mark: while Okta was asked, the file may have been replaced.
        mark = self._delivery.mark() if has_events else current.mark
        self._store(replace(current, written=cursor, mark=mark, has_gap=has_gap))

    def _store(self, progress: Progress) -> Progress:
        self._stored_at = self._clock.monotonic()
        self._cursors.commit(progress)
        return progress

    def _cursor_since(self, since: float) -> Cursor:
        return Cursor(first_link(self._client.origin, self._event_filter, since), since)


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
