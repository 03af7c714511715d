# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The outbox: sends lines to the Agent, and moves the cursor after they are delivered."""

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

# A crash between sending and committing delivers at most this many events twice, if the log file does not show them.
MAX_EVENTS_PER_COMMIT = 100

# This is half of the smallest default limit of a log file in any Agent version.
UNVERIFIED_BYTES_PER_RUN = 5 * MIB

CursorBehind = Callable[[Sequence[LogLine]], Cursor]
"""Returns the cursor after some delivered lines, at least one."""


class Outbox(Protocol):
    """Delivers lines to the Agent, at least once."""

    is_verified: bool
    description: str
    """Whether and how delivery is verified, as an operator reads it behind "Delivery is"."""
    backlog: str
    """What the Agent must send before there is room, as determined when the run began; empty if there was room."""

    def open(self, claim_seconds: Callable[[], float], *, urgent: bool) -> bool:
        """Begin a run, which may wait for the Agent for up to `claim_seconds()`. Returns whether there is room.

        Collection continues from the cursor. If the Agent lost lines, the cursor has moved back. Lines that a crash
        left without a commit will be skipped. An `urgent` run does not wait for an outage to end.
        """

    def deliver(self, lines: Iterable[LogLine], cursor_behind: CursorBehind) -> bool:
        """Deliver `lines` in order, and commit the cursor after each batch. Returns whether there was room for all.

        Raises `CollectionError` if the Agent did not write a batch. No line of that batch counts as delivered then.
        """

    def move_to(self, cursor: Cursor) -> None:
        """Move to `cursor`. All lines before it must have been delivered."""

    @property
    def missing_file(self) -> CollectionError | None:
        """The error that there is no log file, if it is missing and no line has created it."""

    def examine(self, progress: Progress | None) -> str:
        """Describe what would happen to lines that are sent now, with collection at `progress`. Changes nothing.

        Raises `CollectionError` if the lines would be lost or would have to wait.
        """

    def cancel(self) -> None:
        """End a wait for the Agent. May be called from any thread."""


class UnverifiedOutbox:
    """Delivers to an Agent whose log file is unknown. Every line that `send_log` accepts counts as delivered.

    Only a limit for each run keeps the check from sending faster than the Agent can process.
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
