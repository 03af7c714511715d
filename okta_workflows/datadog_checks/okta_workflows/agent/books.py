# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The books of an outbox: up to which cursor events were written, and up to which Datadog acknowledged them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .cursor import Cursor, CursorStore, Progress
from .log_file import FileMark


class Books:
    """Moves the two cursors of `cursors`.

    Where lines between the two were lost, `on_loss(since, until)` is told the times of both.
    """

    def __init__(self, cursors: CursorStore, on_loss: Callable[[float, float], None]) -> None:
        self._cursors = cursors
        self._on_loss = on_loss

    @property
    def progress(self) -> Progress:
        """How far collection has come."""
        return self._cursors.current

    @property
    def is_acknowledged(self) -> bool:
        """Whether everything that was written has reached Datadog."""
        return self.progress.written == self.progress.acknowledged

    def commit(self, cursor: Cursor, mark: FileMark | None) -> None:
        """Store that the events before `cursor` were written, up to `mark`."""
        self._cursors.commit(replace(self.progress, written=cursor, mark=mark))
        # The link of the next page is worth a commit too, or a restart would ask for this page again.
        self._cursors.commit_soon()

    def commit_noted(self) -> None:
        """Store what was noted, if that is not stored."""
        if self._cursors.has_moved:
            self._cursors.commit(self.progress)

    def note_gap(self) -> None:
        """Note that some of what was written was lost with a file that was not drained. The next commit stores it."""
        if not self.is_acknowledged:
            self._cursors.move(replace(self.progress, has_gap=True))

    def acknowledge(self) -> None:
        """Note that everything that was written has reached Datadog. The next commit stores it."""
        if not self.is_acknowledged:
            self._cursors.move(replace(self.progress, acknowledged=self.progress.written))

    def skip_to(self, cursor: Cursor, mark: FileMark) -> None:
        """Note that the events before `cursor` were found in the log file, up to `mark`. The next commit stores it.

        It is not stored at once, because a run by hand shares what is stored, and must not move it.
        """
        self._cursors.move(replace(self.progress, written=cursor, mark=mark))

    def move_to(self, cursor: Cursor) -> None:
        """Go on from `cursor`, before which everything was written. Without any event, it is stored once an hour."""
        progress = replace(self.progress, written=cursor)
        (self._cursors.commit if self._cursors.is_commit_due() else self._cursors.move)(progress)

    def go_back(self) -> None:
        """Collect again what was not acknowledged."""
        self._on_loss(self.progress.acknowledged.time, self.progress.written.time)
        self._cursors.commit(self.progress.restarted_at(self.progress.acknowledged))
