# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Diagnoses, for `datadog-agent diagnose`, each step of an event from Okta to the log file.

A step that fails has the same text and the same advice as the error of a run with the same fault.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from datadog_checks.base import ConfigurationError

from .agent import CursorStore, Outbox, Progress, UnreadableCursorError
from .clock_difference import clock_difference
from .errors import CollectionError, OperatorError
from .okta import Authentication, OktaClient, fetch_page, find_organization, first_link
from .possible_gap import COMPARE_WITH_OKTA, recent
from .timestamps import rfc3339

CATEGORY = 'okta_workflows'


@dataclass(frozen=True, slots=True)
class Step:
    """A step. `look` returns what it found or raises `OperatorError`. If a `needed` step fails, the diagnosis ends."""

    name: str
    description: str
    look: Callable[[], str]
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one step, with the `remedy` if the step failed."""

    step: Step
    says: str
    remedy: str | None = None


def walk(steps: Iterable[Step]) -> Iterator[Finding]:
    """Run the steps in order, up to the first needed one that fails."""
    for step in steps:
        try:
            yield Finding(step, step.look())
        except OperatorError as error:
            yield Finding(step, error.what, error.next_step)
            if step.needed:
                return
        except ConfigurationError as error:
            yield Finding(step, str(error), 'Correct `conf.yaml` and restart the Agent')
            return


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The steps of one instance. Each reads the current state and changes nothing."""

    client: OktaClient
    authentication: Authentication
    event_filter: str
    cursors: CursorStore
    outbox: Outbox

    def steps(self) -> list[Step]:
        """List the steps in the order in which an event passes them, after the log file, which costs no request."""
        return [
            Step('Log file', 'Whether the Agent writes and sends logs', self._log_file),
            Step('Okta org', 'Whether an Okta org answers', lambda: find_organization(self.client), needed=True),
            Step('Clock', "Whether this host's clock agrees with Okta's", self._clock),
            Step('Credential', 'Whether Okta accepts it', self._credential, needed=True),
            Step('System Log', 'Whether it may be read', self._system_log),
            Step('Cursor', 'How far collection has come', self._cursor),
            Step('Possible gaps', 'Whether events may be missing', self._possible_gaps),
        ]

    def _log_file(self) -> str:
        try:
            progress = self._progress()
        except UnreadableCursorError:
            progress = None
        return self.outbox.examine(progress)

    def _clock(self) -> str:
        if not self.client.okta_clock.is_known:
            return 'Okta did not return its time, so the check uses the clock of this host'
        difference = clock_difference(self.client)
        if difference is not None:
            raise difference
        return f"The clock of this host differs from Okta's by {abs(self.client.okta_clock.ahead_seconds):.0f} seconds"

    def _credential(self) -> str:
        return self.client.send(self.authentication.describe())

    def _system_log(self) -> str:
        pause = self.client.pause
        if pause is not None:
            raise CollectionError(str(pause), pause.next_step)
        link = first_link(self.client.origin, self.event_filter, self.client.okta_time())
        page = fetch_page(self.client, self.authentication, link)
        # Read the body, because this shows whether it is a list of events.
        deque(page.events_after(''), maxlen=0)
        rate_limit = self.client.rate_limit
        left = f'; {rate_limit.remaining} of {rate_limit.limit} requests of this minute are left' if rate_limit else ''
        return f'The System Log can be read with this filter{left}'

    def _cursor(self) -> str:
        try:
            progress = self.cursors.load()
        except UnreadableCursorError as error:
            raise CollectionError(
                f'Cannot use the stored cursor ({error})', 'No action needed: the next run restarts collection'
            ) from error
        if progress is None:
            return 'No run has begun yet'
        minutes = (self.client.okta_time() - progress.written.time) / 60
        return f'Everything up to {rfc3339(progress.written.time)} was delivered, {minutes:.0f} minutes ago'

    def _possible_gaps(self) -> str:
        gaps = self.cursors.last.possible_gaps if self.cursors.last is not None else ()
        if not gaps:
            return 'No span is known of which events may be missing'
        what = f'Some events may be missing or delivered twice: {"; ".join(map(str, gaps))}'
        if recent(gaps, self.client.okta_time()):
            raise CollectionError(what, COMPARE_WITH_OKTA)
        return what

    def _progress(self) -> Progress | None:
        # The progress of this process may not be stored yet.
        return self.cursors.last or self.cursors.load()
