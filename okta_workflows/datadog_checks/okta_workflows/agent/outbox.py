# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The narrow door to the Agent: it sends lines and moves the cursor behind them, and keeps the books of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from datadog_checks.okta_workflows.errors import CollectionError

from .cursor import Cursor, CursorStore, Progress
from .delivery import Delivery
from .log_line import LogLine

# A crash between sending and committing delivers at most so many twice, where they cannot be found in the log file.
MAX_EVENTS_PER_COMMIT = 100

CursorBehind = Callable[[Sequence[LogLine]], Cursor]
"""The cursor behind some lines that were delivered, of which there is at least one."""


class Outbox:
    """Delivers lines to the Agent, at least once.

    A cursor is committed when the lines before it are seen in the Agent's log file. Where the Agent loses that file
    before it sent all of it, the cursor goes back, and `on_loss(since, until)` is told the times of the cursors between
    which lines were lost.
    """

    def __init__(self, delivery: Delivery, cursors: CursorStore, on_loss: Callable[[float, float], None]) -> None:
        self._delivery = delivery
        self._cursors = cursors
        self._on_loss = on_loss
        self._seconds_left: Callable[[], float] = lambda: 0.0
        self._found: dict[str, int] = {}
        self._has_delivered = False

    def cancel(self) -> None:
        """End a wait for the Agent. May be called from any thread."""
        self._delivery.cancel()

    def open(self, now: float, seconds_left: Callable[[], float], *, urgent: bool) -> None:
        """Begin a run at `now`, which may wait for the Agent as long as `seconds_left` tells.

        The cursor is where to go on. It has gone back if the Agent lost lines, and lines that a crash left without a
        commit will be skipped. An `urgent` run does not wait for an outage to end.
        """
        self._seconds_left = seconds_left
        self._delivery.begin(now, self._cursors.current.mark)
        if not self._delivery.has_room() and not self._delivery.await_room(seconds_left()):
            self._delivery.probe(urgent=urgent)
        self._found = {}
        if self._has_lost_lines():
            self._go_back()
        else:
            self._note_acknowledged()
            if not self._cursors.current.has_gap:
                self._found = self._delivery.written_behind(self._cursors.current.mark)

    @property
    def has_room(self) -> bool:
        """Whether anything can be delivered now."""
        return self._delivery.has_room()

    @property
    def backlog(self) -> str:
        """What the Agent has yet to send before there is room again; empty if there is room."""
        return self._delivery.waiting_backlog()

    @property
    def missing_file(self) -> CollectionError | None:
        """Why there is no log file, if no line has brought it into being."""
        return self._delivery.missing_file()

    def deliver(self, lines: Iterable[LogLine], cursor_behind: CursorBehind) -> bool:
        """Deliver `lines` in their order, and commit the cursor behind each batch. False if there is no room for all.

        Raises `CollectionError` if the Agent did not write a batch: none of it counts as delivered then.
        """
        coming = self._unwritten(iter(lines), cursor_behind) if self._found else iter(lines)
        batch: list[LogLine] = []
        while batch := [*batch, *islice(coming, MAX_EVENTS_PER_COMMIT - len(batch))]:
            if self._cursors.has_moved and self._delivery.replaces_file(batch):
                # Once the old file is gone, that all of it was sent can no longer be seen.
                self._cursors.commit(self._cursors.current)
            count = self._delivery.hand_over(batch)
            if count:
                self._commit(cursor_behind(batch[:count]))
                batch = batch[count:]
            elif not self._makes_room():
                return False
        return True

    def move_to(self, cursor: Cursor) -> None:
        """Go on from `cursor`, before which all lines were delivered. Without any, it is stored once an hour."""
        progress = replace(self._cursors.current, written=cursor)
        if self._has_delivered or self._cursors.is_commit_due():
            self._has_delivered = False
            self._cursors.commit(progress)
        else:
            self._cursors.move(progress)

    def _commit(self, cursor: Cursor) -> None:
        current = self._cursors.current
        has_gap = current.has_gap or self._delivery.has_lost_unsent()
        self._cursors.commit(replace(current, written=cursor, mark=self._delivery.mark(), has_gap=has_gap))
        self._has_delivered = True

    def _makes_room(self) -> bool:
        """Wait until the Agent has made room, if it is worth waiting for."""
        current = self._cursors.current
        if self._delivery.has_lost_unsent() and not current.has_gap:
            # The file was replaced unexpectedly, and the offset of the next one must not count for it.
            self._cursors.commit(replace(current, has_gap=True))
        if not self._delivery.await_room(self._seconds_left()) or self._has_lost_lines():
            return False
        self._note_acknowledged()
        return True

    def _has_lost_lines(self) -> bool:
        """Whether the Agent lost lines before it sent them.

        That happens to a log file when the configuration is edited and the Agent restarted, when the Agent makes room
        for another integration's logs, and to an instance with a `name` at each start.
        """
        progress = self._cursors.current
        if progress.written == progress.acknowledged:
            return False
        # Whether what the file lost was to be sent at all shows when the Agent sends what comes after it.
        return self._delivery.is_sending() if progress.has_gap else not self._delivery.still_has(progress.mark)

    def _go_back(self) -> None:
        progress = self._cursors.current
        self._on_loss(progress.acknowledged.time, progress.written.time)
        gaps = self._cursors.current.possible_gaps
        self._cursors.commit(Progress(progress.acknowledged, progress.acknowledged, possible_gaps=gaps))

    def _note_acknowledged(self) -> None:
        current = self._cursors.current
        if current.acknowledged != current.written and self._delivery.is_drained():
            self._cursors.move(replace(current, acknowledged=current.written))

    def _unwritten(self, lines: Iterator[LogLine], cursor_behind: CursorBehind) -> Iterator[LogLine]:
        """Skip the first of `lines` that stand in the log file already.

        The cursor moves with them in memory alone: a run by hand shares what is stored, and must not move it.
        """
        for line in lines:
            place = self._found.pop(line.uuid, None)
            if place is None:
                # The Agent may have dropped a line in between, so nothing behind the first gap counts.
                self._found = {}
                yield line
                yield from lines
                return
            mark = self._delivery.mark_at(place)
            self._cursors.move(replace(self._cursors.current, written=cursor_behind([line]), mark=mark))
            # Nothing was sent in this run yet, so what is drained includes this line.
            self._note_acknowledged()
