# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The protections of the check, each removed in turn, with the worlds that must notice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal
from unittest import mock

from datadog_checks.okta_workflows import position
from datadog_checks.okta_workflows.agent import cursor
from datadog_checks.okta_workflows.agent.aftermath import Aftermath
from datadog_checks.okta_workflows.agent.cursor import CursorStore, Progress
from datadog_checks.okta_workflows.agent.log_file import LogFile
from datadog_checks.okta_workflows.agent.log_line import LogLine
from datadog_checks.okta_workflows.agent.outbox import CursorBehind
from datadog_checks.okta_workflows.agent.throttle import Throttle
from datadog_checks.okta_workflows.agent.verified_outbox import VerifiedOutbox
from datadog_checks.okta_workflows.agent.writer import Writer
from datadog_checks.okta_workflows.okta.client import OktaClient
from datadog_checks.okta_workflows.okta.page import Page
from datadog_checks.okta_workflows.okta.rate_limit import RateLimit
from datadog_checks.okta_workflows.position import Position
from okta_simulator import faults
from verification.world.figures import Figures

from . import change, okta, outage, registry

Complaint = Literal['lost', 'repeated', 'requests', 'stopped']

AMPLE_BYTES = 100 * 1024 * 1024


@dataclass(frozen=True)
class Mutation:
    """A check without one of its protections.

    `play` makes a world that keeps every promise as long as the protection is there; `complaint` is the word for the
    promise that is broken without it.
    """

    name: str
    remove: Callable[[], Any]
    play: Callable[[], Figures]
    complaint: Complaint


def _patch(target: object, name: str, replacement: object) -> Callable[[], Any]:
    return lambda: mock.patch.object(target, name, replacement)


def _commit_first(original: Callable[..., bool]) -> Callable[..., bool]:
    def deliver(self: VerifiedOutbox, lines: Iterable[LogLine], cursor_behind: CursorBehind) -> bool:
        whole = list(lines)
        if whole:
            self._books.commit(cursor_behind(whole), self._mark(self._run.file.size))
        return original(self, whole, cursor_behind)

    return deliver


def _unstored_start(self: Position, since: float, now: float, *_: object) -> Progress:
    start = self._cursor_since(since)
    self.cursors.move(Progress(start, start))
    return self.cursors.current


@contextmanager
def _without_reading_back() -> Iterator[None]:
    keep = CursorStore._keep

    def trusting_keep(self: CursorStore, *arguments: Any) -> None:
        written: dict[str, str] = {}
        write = self._write

        def noted_write(key: str, value: str) -> None:
            written[key] = value
            write(key, value)

        with mock.patch.multiple(self, _write=noted_write, _read=written.__getitem__):
            keep(self, *arguments)

    # What is not stored stands in the log file as well, for the next process to see.
    with (
        mock.patch.object(CursorStore, '_keep', trusting_keep),
        mock.patch.object(Aftermath, 'leftover', lambda *_: {}),
    ):
        yield


def _never_pausing(client: OktaClient, *_: object) -> None:
    pass


def _and_nobody_looks_after(name: str, replacement: object) -> Callable[[], Any]:
    """What was written is followed up besides, so that one protection stands in for the other."""

    @contextmanager
    def remove() -> Iterator[None]:
        nobody_looks = mock.patch.object(VerifiedOutbox, '_has_lost_lines', lambda _: False)
        with mock.patch.object(Throttle, name, replacement), nobody_looks:
            yield

    return remove


# One object for all that use it: the tests play it with all protections only once.
GOING_DOWN = partial(outage.play, 1, outage.Outage(3600.0, 'truncate', 'windows', 10.0))

MUTATIONS = (
    Mutation(
        'what was taken counts as written',
        _patch(Writer, '_seen', lambda writer, *_: writer._log_file.look()),
        partial(change.play, 1, (change.failing_writes,), 3),
        'lost',
    ),
    Mutation(
        'the cursor is committed before the hand-over',
        _patch(VerifiedOutbox, 'deliver', _commit_first(VerifiedOutbox.deliver)),
        partial(change.play, 1, (change.death,), 3),
        'lost',
    ),
    Mutation(
        'the cursor has one generation',
        _patch(cursor, 'CACHE_KEYS', ('cursor', 'cursor')),
        partial(change.play, 2, (change.death,), 4),
        'repeated',
    ),
    Mutation(
        'the cursor is not read back',
        _without_reading_back,
        partial(change.play, 1, (change.failing_cache,), 3),
        'repeated',
    ),
    Mutation(
        'a page is read from its start again',
        _patch(Page, 'events_after', lambda page, uuid: page._events()),
        GOING_DOWN,
        'repeated',
    ),
    Mutation(
        'nobody looks after what was written',
        _patch(VerifiedOutbox, '_has_lost_lines', lambda _: False),
        partial(change.play, 3, (change.no_quota, change.edited_tags), 6),
        'lost',
    ),
    Mutation(
        'a line is glued to a torn one',
        _patch(LogFile, 'ends_in_line', lambda _: True),
        partial(change.play, 1, (change.torn_line,), 3),
        'lost',
    ),
    Mutation('the file has no limit', _patch(Throttle, 'room_bytes', AMPLE_BYTES), GOING_DOWN, 'lost'),
    Mutation(
        'the file may rotate at any time, and nobody looks after it',
        _and_nobody_looks_after('room_bytes', property(lambda throttle: throttle.limit_bytes)),
        GOING_DOWN,
        'lost',
    ),
    Mutation(
        'a standstill is left at once, and nobody looks after it',
        _and_nobody_looks_after('probe', lambda *_, **__: AMPLE_BYTES),
        GOING_DOWN,
        'lost',
    ),
    Mutation(
        'a standstill is never left',
        _patch(Throttle, 'probe', lambda *_, **__: 0),
        partial(registry.play, 1, (registry.filtered_lines,), 3),
        'stopped',
    ),
    Mutation(
        'a new start has no overlap',
        _patch(position, 'RESTART_OVERLAP_SECONDS', 0.0),
        partial(okta.play, 8, (lambda rng: faults.CursorRefused(),), 40),
        'lost',
    ),
    Mutation(
        'the start is not stored',
        _patch(Position, '_start', _unstored_start),
        partial(okta.play, 2, (lambda rng: faults.JoinedLinks(),), 2),
        'lost',
    ),
    Mutation(
        'the cursor is not stored',
        _patch(CursorStore, 'commit', CursorStore.move),
        partial(change.play, 1, (change.restart,), 3),
        'repeated',
    ),
    Mutation(
        'a pause is not kept',
        _patch(OktaClient, '_begin', _never_pausing),
        partial(okta.play, 1, (lambda rng: faults.RateLimited(),), 10),
        'requests',
    ),
    Mutation(
        'the reserve of the rate limit is used up',
        _patch(RateLimit, 'reserve_reached', False),
        partial(okta.play, 3, (lambda rng: faults.JoinedLinks(),), 20),
        'requests',
    ),
)
