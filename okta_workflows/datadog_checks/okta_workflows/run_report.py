# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the operator learns of runs that do not fail: lines in `agent.log`, metadata of the check, and delays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .agent import CursorStore, Outbox
from .okta import Authentication, OktaClient
from .redacting_log import RedactingLog
from .timestamps import duration, rfc3339

# Okta stores most events within seconds, and a run comes every 30 seconds: more is worth a look.
LATE_SECONDS = 900.0


@dataclass(slots=True, kw_only=True)
class RunReport:
    """Reports each run of one instance.

    `warn(message, *args)` shows a warning on the status page, `set_metadata(name, value)` a figure. `warn` and `log`
    hide secrets.
    """

    client: OktaClient
    authentication: Authentication
    event_filter: str
    cursors: CursorStore
    outbox: Outbox
    log: RedactingLog
    warn: Callable[..., None]
    set_metadata: Callable[[str, str], None]
    _is_started: bool = field(default=False, init=False)
    _delivered_events: int = field(default=0, init=False)
    _run_events: int = field(default=0, init=False)
    _run_pages: int = field(default=0, init=False)
    _began: float = field(default=0.0, init=False)
    _page_began: float = field(default=0.0, init=False)
    _waiting_since: float | None = field(default=None, init=False)

    def begin(self, *, has_room: bool) -> None:
        """Report where collection continues, once for each process. The outbox must be open."""
        self._began = self._page_began = self.client.clock.monotonic()
        self._run_events = self._run_pages = 0
        if not self._is_started:
            self._is_started = True
            self.log.info(
                'Collecting the events of %s that match `%s`, authenticated by %s. Delivery is %s. Collection '
                'continues at %s',
                self.client.origin,
                self.event_filter,
                self.authentication.name,
                self.outbox.description,
                rfc3339(self.cursors.current.written.time),
            )
            self.set_metadata('delivery', self.outbox.description)
        if self.outbox.backlog:
            probe = (
                'The run sends a few events to see whether the Agent sends them'
                if has_room
                else 'The run sends nothing'
            )
            self.log.debug('%s, because there is a backlog: %s', probe, self.outbox.backlog)
        if self.client.pause is not None:
            self.log.debug('The run sends no request: %s', self.client.pause)

    def batch(self, events: int) -> None:
        """Report that `events` more were delivered, and that the cursor moves behind them."""
        self._run_events += events
        self.log.debug('Delivered a batch of %s. The cursor moves behind it', _count(events, 'event'))

    def page(self, link: str) -> None:
        """Report that the page at `link` was fetched."""
        self._run_pages += 1
        now = self.client.clock.monotonic()
        self.log.debug('Fetched the page at %s, %.1f seconds after the page before', link, now - self._page_began)
        self._page_began = now

    def delay(self, reason: str) -> None:
        """Warn if collection is late at the end of a run that `reason`, a clause, ended before it had everything."""
        self.log.debug('The run ends before it delivered everything, because %s', reason)
        cursor = self.cursors.current.written
        late_seconds = self.client.okta_time() - cursor.time
        if late_seconds > LATE_SECONDS:
            self.warn(
                'Collection is %s behind: the cursor is at %s. The run ended because %s. The next run continues.',
                duration(late_seconds),
                rfc3339(cursor.time),
                reason,
            )

    def waiting(self, backlog: str, next_step: str) -> None:
        """Warn that collection waits for the Agent, which has `backlog`; empty if it does not wait any more."""
        if not backlog:
            self._waiting_since = None
            return
        if self._waiting_since is None:
            self._waiting_since = self.client.okta_time()
        self.warn(
            'Collection is paused since %s: %s. No events are lost, because Okta keeps them for 90 days. Datadog has '
            'received every event up to %s. If this lasts, %s.',
            rfc3339(self._waiting_since),
            backlog,
            rfc3339(self.cursors.current.acknowledged.time),
            next_step[0].lower() + next_step[1:],
        )

    def end(self) -> None:
        """Report what the run delivered, and how far collection has come."""
        progress, client = self.cursors.current, self.client
        self._delivered_events += self._run_events
        if self._run_events:
            self.log.info(
                'Delivered %s from %s (%s, %.1f seconds). The cursor is at %s',
                _count(self._run_events, 'event'),
                client.origin,
                _count(self._run_pages, 'page'),
                client.clock.monotonic() - self._began,
                rfc3339(progress.written.time),
            )
        self.set_metadata('collected_up_to', rfc3339(progress.written.time))
        self.set_metadata('delivered_up_to', self._delivered_up_to())
        self.set_metadata('delivered_events', str(self._delivered_events))
        limit = client.rate_limit
        if limit is not None:
            self.set_metadata('rate_limit', f'{limit.remaining} of {limit.limit} requests left')

    def _delivered_up_to(self) -> str:
        return rfc3339(self.cursors.current.acknowledged.time) if self.outbox.is_verified else 'unknown'


def _count(number: int, noun: str) -> str:
    return f'{number} {noun}' if number == 1 else f'{number} {noun}s'
