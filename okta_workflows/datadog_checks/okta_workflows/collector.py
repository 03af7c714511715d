# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""One run: from the committed cursor over pages and lines to the next commit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from threading import Event

from .auth import Authentication
from .client import OktaClient
from .constants import (
    IDLE_COMMIT_INTERVAL_SECONDS,
    MAX_EVENTS_PER_COMMIT,
    OKTA_RETENTION_SECONDS,
    OLDEST_WAITING_SECONDS,
    RESTART_INTERVAL_SECONDS,
    RESTART_OVERLAP_SECONDS,
    SECONDS_PER_HOUR,
)
from .cursor import Cursor, CursorStore, Progress, UnreadableCursorError
from .delivery import Delivery
from .diagnosis import SYNCHRONIZE_CLOCK, describe_clock_difference, find_clock, find_organization
from .errors import CollectionError, OktaError
from .event import LogLine, LogLineFormat, rfc3339
from .page import Page, fetch_page, first_link, is_continued
from .run_time import RunTime

NEVER = float('-inf')

# Below the overlap of a restart, which therefore covers what a page may leave out.
RECENT_EVENT_SECONDS = 600.0

# `Date` has a resolution of a second, and the clocks of Okta's servers differ.
DATE_TOLERANCE_SECONDS = 60.0

LESSEN_REQUESTS = 'If this lasts, raise `min_collection_interval` or ask which other client of the org uses it up'
SEE_LOGS_AGENT = 'See whether the Agent can send logs, in `agent status` under Logs Agent'


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
        self._cancelled = Event()
        self._stored_at = NEVER
        self._restarted_at = NEVER

    def cancel(self) -> None:
        """End the run that is going on after its page. May be called from any thread."""
        self._cancelled.set()
        self._delivery.cancel()

    def run(self, now: float) -> str | None:
        """Deliver what there is to collect at `now`, as far as Okta's rate limit and the Agent have room for it.

        Returns what the Agent has yet to send before there is room again, empty if there is room; `None` if Okta's rate
        limit left no request, so that nothing is known. Raises `OktaError` and `CollectionError`; whatever was not
        delivered by then is read again by the next run.
        """
        self._delivery.require_file()
        progress = self._load(now) or self._start(now)
        with RunTime() as run_time:
            self._delivery.begin(now, progress.mark)
            if not self._delivery.has_room() and not self._delivery.await_room(run_time.seconds_left()):
                self._delivery.escape(urgent=self._client.okta_time() - progress.written.time > OLDEST_WAITING_SECONDS)
            self._follow_up(now)
            if self._must_wait_for_okta():
                return None
            backlog = self._delivery.waiting_backlog()
            if backlog:
                self._warn(
                    'Collection waits: %s. Nothing is lost, for Okta keeps its events for 90 days. %s, if this lasts.',
                    backlog,
                    SEE_LOGS_AGENT,
                )
            if self._delivery.has_room():
                try:
                    self._collect_pages(now, run_time)
                finally:
                    self._warn_of_clock_difference()
            return backlog

    # What a diagnosis looks at; nothing here moves the cursor

    def find_log_file(self) -> str:
        """Tell what the Agent does with lines. Raises `CollectionError` if they would go nowhere, or wait."""
        self._delivery.require_file()
        backlog = self._delivery.waiting_backlog()
        if backlog:
            raise CollectionError(f'Collection waits: {backlog}', SEE_LOGS_AGENT)
        return 'The Agent keeps a log file for this instance and has room in it'

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
            raise CollectionError(pause, LESSEN_REQUESTS)
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
                f'The stored cursor is of no use: {error}', 'Nothing to do: the next run starts anew and says so'
            ) from error
        if progress is None:
            return 'No run has begun yet'
        minutes = (self._client.okta_time() - progress.written.time) / 60
        return f'Everything up to {rfc3339(progress.written.time)} was delivered, {minutes:.0f} minutes ago'

    # Where to go on

    def _load(self, now: float) -> Progress | None:
        if self._stored_at == NEVER:
            self._stored_at = now
        try:
            return self._cursors.load()
        except UnreadableCursorError as error:
            self._warn(
                'The stored cursor is of no use: %s. Collection starts again %g hours back, so events of that time are '
                'repeated, and older ones that were not collected yet are missing.',
                error,
                self._lookback_seconds / SECONDS_PER_HOUR,
            )
            return None

    def _start(self, now: float) -> Progress:
        # Stored at once: if the first request fails, the next run must ask from this moment and not from a later one.
        return self._store(_progress_at(self._cursor_since(now - self._lookback_seconds)), now)

    def _follow_up(self, now: float) -> bool:
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
                "The Agent's log file was replaced before all of it was sent, so events from %s on are read again, and "
                'some may be repeated.',
                rfc3339(progress.acknowledged.time),
            )
            self._store(_progress_at(progress.acknowledged), now)
            return False
        if self._delivery.is_drained():
            self._cursors.move(replace(progress, acknowledged=progress.written))
        return True

    def _must_wait_for_okta(self) -> bool:
        pause = self._rate_limit_pause()
        if pause:
            self._warn('%s. %s.', pause, LESSEN_REQUESTS)
        return bool(pause)

    def _rate_limit_pause(self) -> str:
        wait_seconds = self._client.pause_seconds
        if wait_seconds <= 0:
            return ''
        return (
            f"No request for another {wait_seconds:.0f} seconds: {self._client.origin} has hardly any of Okta's rate "
            'limit left'
        )

    def _warn_of_clock_difference(self) -> None:
        difference = describe_clock_difference(self._client)
        if difference:
            self._warn('%s. %s.', difference, SYNCHRONIZE_CLOCK)

    # From page to commit

    def _collect_pages(self, now: float, run_time: RunTime) -> None:
        while self._collect_page(now, run_time):
            # The next page may take as long as this one.
            if run_time.seconds_left() < run_time.lap_seconds():
                break

    def _collect_page(self, now: float, run_time: RunTime) -> bool:
        """Collect the page that comes next. False if the run ends with it."""
        page = self._fetch(now)
        return self._deliver(page, now, run_time) and not self._cancelled.is_set() and self._client.pause_seconds <= 0

    def _fetch(self, now: float) -> Page:
        cursor = self._cursors.current.written
        try:
            return fetch_page(self._client, self._authentication, cursor.link)
        except OktaError as error:
            recently = self._client.okta_time() - self._restarted_at < RESTART_INTERVAL_SECONDS
            if error.status != 400 or not is_continued(cursor.link) or recently:
                raise
            refusal = error
        self._restart(cursor, now, refusal)
        return fetch_page(self._client, self._authentication, self._cursors.current.written.link)

    def _restart(self, cursor: Cursor, now: float, refusal: OktaError) -> None:
        """Begin anew somewhat before the last known time, since Okta takes the link of `cursor` no more."""
        self._restarted_at = self._client.okta_time()
        since = max(cursor.time - RESTART_OVERLAP_SECONDS, self._restarted_at - OKTA_RETENTION_SECONDS)
        self._warn(
            'Okta refused the stored cursor, so collection starts again at %s, and events since then may be repeated. '
            'The refusal: %s.',
            rfc3339(since),
            refusal.what,
        )
        self._store(replace(self._cursors.current, written=self._cursor_since(since)), now)

    def _deliver(self, page: Page, now: float, run_time: RunTime) -> bool:
        """Deliver the events of a page that were not delivered yet.

        False if no page is worth fetching now: this is the last one, or the Agent has no room for all of it.
        """
        written = self._cursors.current.written
        latest, has_events = NEVER, False
        coming = (self._line_format.to_line(event, page.answered_at) for event in page.events_after(written.uuid))
        lines: list[LogLine] = []
        # One line more than is handed over tells whether there are more.
        while lines := [*lines, *islice(coming, MAX_EVENTS_PER_COMMIT + 1 - len(lines))]:
            batch = lines[:MAX_EVENTS_PER_COMMIT]
            if self._delivery.replaces_file(batch):
                # That all of the file was sent must outlast a crash: of a file that is gone nothing can be seen.
                self._store(self._cursors.current, now)
            count = self._delivery.hand_over(batch)
            if not count:
                # What was acknowledged meanwhile must be known before the Agent replaces the file that held it.
                if self._delivery.await_room(run_time.seconds_left()) and self._follow_up(now):
                    continue
                return False
            latest, has_events = max(latest, _latest(batch[:count], page.answered_at)), True
            lines = lines[count:]
            if lines:
                self._advance(Cursor(page.link, max(written.time, latest), batch[count - 1].uuid), now)
        is_last = _is_last(page, latest)
        following = Cursor(page.next_link, max(written.time, page.answered_at if is_last else latest))
        if has_events or now - self._stored_at >= IDLE_COMMIT_INTERVAL_SECONDS:
            self._advance(following, now)
        else:
            self._cursors.move(replace(self._cursors.current, written=following))
        return not is_last

    def _advance(self, cursor: Cursor, now: float) -> None:
        current = self._cursors.current
        has_gap = current.has_gap or self._delivery.has_lost_unsent()
        self._store(Progress(cursor, current.acknowledged, self._delivery.mark(), has_gap), now)

    def _store(self, progress: Progress, now: float) -> Progress:
        self._stored_at = now
        self._cursors.commit(progress)
        return progress

    def _cursor_since(self, since: float) -> Cursor:
        return Cursor(first_link(self._client.origin, self._event_filter, since), since)


def _progress_at(cursor: Cursor) -> Progress:
    return Progress(cursor, cursor)


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
