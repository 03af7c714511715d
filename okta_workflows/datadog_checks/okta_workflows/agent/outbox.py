# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The narrow door to the Agent: lines go out, and the cursor moves behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import batched
from typing import Protocol

from datadog_checks.okta_workflows.constants import MIB
from datadog_checks.okta_workflows.errors import CollectionError

from .books import Books
from .cursor import Cursor, Progress
from .log_line import LogLine
from .writer import SendLog

# A crash between sending and committing delivers at most so many twice, where they cannot be found in the log file.
MAX_EVENTS_PER_COMMIT = 100

# Half of the smallest log file that an Agent keeps by default.
UNVERIFIED_BYTES_PER_RUN = 5 * MIB

CursorBehind = Callable[[Sequence[LogLine]], Cursor]
"""The cursor behind some lines that were delivered, of which there is at least one."""


class Outbox(Protocol):
    """Delivers lines to the Agent, at least once."""

    is_verified: bool
    description: str
    """Whether and how delivery is verified, as an operator reads it behind "Delivery is"."""
    backlog: str
    """What the Agent has yet to send before there is room again, as it was when the run began; empty if there was."""

    def open(self, claim_seconds: Callable[[], float], *, urgent: bool) -> bool:
        """Begin a run, which may wait for the Agent as long as `claim_seconds()` tells. False if there is no room.

        The cursor is where to go on. It has gone back if the Agent lost lines, and lines that a crash left without a
        commit will be skipped. An `urgent` run does not wait for an outage to end.
        """

    def deliver(self, lines: Iterable[LogLine], cursor_behind: CursorBehind) -> bool:
        """Deliver `lines` in their order, and commit the cursor behind each batch. False if there is no room for all.

        Raises `CollectionError` if the Agent did not write a batch: none of it counts as delivered then.
        """

    def move_to(self, cursor: Cursor) -> None:
        """Go on from `cursor`, before which all lines were delivered."""

    @property
    def missing_file(self) -> CollectionError | None:
        """Why there is no log file, if no line has brought it into being."""

    def examine(self, progress: Progress | None) -> str:
        """Tell what becomes of lines that are sent now, if collection has come so far. Changes nothing.

        Raises `CollectionError` if they would go nowhere, or wait.
        """

    def cancel(self) -> None:
        """End a wait for the Agent. May be called from any thread."""


class UnverifiedOutbox:
    """Delivers to an Agent whose log file is not known: what was taken counts as delivered.

    The only guard against outrunning the Agent is a bound for each run.
    """

    is_verified = False
    backlog = ''
    missing_file = None

    def __init__(self, send_log: SendLog, books: Books, reason: str) -> None:
        self.description = f'not verified, because {reason}'
        self._send_log = send_log
        self._books = books
        self._room_bytes = 0

    def open(self, claim_seconds: Callable[[], float], *, urgent: bool) -> bool:
        self._room_bytes = UNVERIFIED_BYTES_PER_RUN
        if self._books.progress.has_gap and not self._books.is_acknowledged:
            self._books.go_back()
        self._books.acknowledge()
        return True

    def deliver(self, lines: Iterable[LogLine], cursor_behind: CursorBehind) -> bool:
        for batch in batched(lines, MAX_EVENTS_PER_COMMIT, strict=False):
            if self._room_bytes <= 0:
                return False
            for line in batch:
                self._send_log(line.text)
                self._room_bytes -= line.size_bytes
            self._books.commit(cursor_behind(batch), None)
        return True

    def move_to(self, cursor: Cursor) -> None:
        self._books.move_to(cursor)

    def examine(self, progress: Progress | None) -> str:
        return 'The check does not verify whether the Agent writes and sends logs'

    def cancel(self) -> None:
        pass
