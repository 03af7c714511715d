# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The two cursors of an outbox: up to where events were written, and up to where Datadog acknowledged them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .cursor import Cursor, CursorStore, Progress
from .log_file import FileMark


class Books:
    """Moves the two cursors in the store `cursors`.

    If lines between the two were lost, calls `on_loss(since, until)` with the times of the two cursors.
    """

    def __init__(self, cursors: CursorStore, on_loss: Callable[[float, float], None]) -> None:
        self._cursors = cursors
        self._on_loss = on_loss
        self._has_sent = False

    @property
    def progress(self) -> Progress:
        """The current progress of collection."""
        return self._cursors.current

    @property
    def is_acknowledged(self) -> bool:
        """Whether Datadog has acknowledged all written events."""
        return self.progress.written == self.progress.acknowledged

    def commit(self, cursor: Cursor, mark: FileMark | None) -> None:
        """Commit that the events before `cursor` were written, up to `mark`."""
        self._cursors.commit(replace(self.progress, written=cursor, mark=mark))
        self._has_sent = True
        # Commit the link of the next page soon as well, because a restart would otherwise request this page again.
        self._cursors.commit_soon()

    def commit_noted(self) -> None:
        """Commit what was recorded about written events, if it is not committed yet."""
        # Without a mark, no event was written, and a manual run must not store where collection goes back to.
        if self._cursors.has_moved and self.progress.mark is not None:
            self._cursors.commit(self.progress)

    def note_gap(self) -> None:
        """Record that written lines were lost with a file that was not drained. The next commit stores it."""
        if not self.is_acknowledged:
            self._cursors.move(replace(self.progress, has_gap=True))

    def acknowledge(self) -> None:
        """Record that Datadog has acknowledged all written events. The next commit stores it."""
        if not self.is_acknowledged:
            self._cursors.move(replace(self.progress, acknowledged=self.progress.written))
            if self._has_sent:
                # Without the log file, only the stored cursor tells that these events need not be collected again.
                self._cursors.commit_soon()
                self._has_sent = False

    def skip_to(self, cursor: Cursor, mark: FileMark) -> None:
        """Record that the events before `cursor` were found in the log file, up to `mark`. The next commit stores it.

        It is not stored immediately, because a manual run shares the stored cursor and must not move it.
        """
        self._cursors.move(replace(self.progress, written=cursor, mark=mark))

    def move_to(self, cursor: Cursor) -> None:
        """Move to `cursor`; all events before it were written. If no events arrive, it is stored once an hour."""
        # If Datadog has acknowledged all written events, it lacks none before `cursor` either.
        acknowledged = cursor if self.is_acknowledged else self.progress.acknowledged
        progress = replace(self.progress, written=cursor, acknowledged=acknowledged)
        (self._cursors.commit if self._cursors.is_commit_due() else self._cursors.move)(progress)

    def go_back(self) -> None:
        """Go back to the acknowledged cursor, so that the events after it are collected again."""
        self._on_loss(self.progress.acknowledged.time, self.progress.written.time)
        self._cursors.commit(self.progress.restarted_at(self.progress.acknowledged))
