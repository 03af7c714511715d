# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Tracks how much of the current log file has reached Datadog.

The registry identifies files by their path. After a rotation it keeps the offset of the old file until a line of the
new file is acknowledged. If the intake is not reachable for long, the new file may grow beyond that offset
(datadog-agent `comp/logs/auditor/impl/auditor.go`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .log_file import FileMark, FileState
from .registry import Registry


@dataclass(slots=True)
class Acknowledgement:
    """Tracks the offset of one log file across its rotations."""

    offset: int | None = field(default=None, init=False)
    """The offset up to which the Agent has sent the current file; `None` if unknown."""
    stale_offset: int | None = field(default=None, init=False)
    """The offset in the registry, if it belongs to an earlier file."""
    has_missed_rotation: bool = field(default=False, init=False)
    """Whether, since lines were last written, the Agent mistook a new file for the old one and so skipped its
    beginning."""
    _file: FileState | None = field(default=None, init=False)
    _stale_offsets: tuple[float, float] | None = field(default=None, init=False)
    _is_left: bool = field(default=False, init=False)
    """Whether the lowest of the stale offsets was in the registry before the new file had its size."""

    def resume(self, mark: FileMark) -> None:
        """Restore the known state of the file, as it was at `mark`, in a new process."""
        if self._file is None:
            self._file = FileState(mark.inode, mark.size)
            if mark.stale_offset is not None:
                self._stale_offsets = (mark.stale_offset, mark.stale_offset)
                self._is_left = True

    def follow(self, file: FileState, registry: Registry | None) -> None:
        """Update the offset from the current state of file and registry."""
        if self._file is not None and not file.continues(self._file):
            self._is_left = self.offset is not None or (self._is_left and self._stale_offsets is not None)
            self._stale_offsets = self._offsets_of_earlier(self._file, registry)
        self._file = file
        self.offset = self._trusted_offset(file, registry)

    def was_all_sent(self, registry: Registry | None) -> bool:
        """Whether the Agent has sent all of the file, as it was when it was last followed or written to."""
        return registry is not None and self._file is not None and registry.offset == self._file.size

    def written(self, file: FileState) -> None:
        """Record that lines were written, and that `file` is the state of the file after them."""
        self.has_missed_rotation = False
        if self._file is None or file.continues(self._file):
            self._file = file
        elif self.offset is not None:
            # Until a line of the new file is acknowledged, the registry shows the offset of the old one.
            self.stale_offset = self.offset

    def _offsets_of_earlier(self, earlier: FileState, registry: Registry | None) -> tuple[float, float]:
        """Return the lowest and the highest offset that may belong to the `earlier` file."""
        if self.offset is not None:
            return self.offset, earlier.size
        if self._stale_offsets is not None:
            return self._stale_offsets[0], max(earlier.size, self._stale_offsets[1])
        if registry is None:
            return -math.inf, earlier.size
        return math.inf if registry.offset is None else registry.offset, earlier.size

    def _trusted_offset(self, file: FileState, registry: Registry | None) -> int | None:
        offset = registry.offset if registry is not None else None
        self.stale_offset = offset
        if offset is None:
            return None
        if offset > file.size:
            # The offset belongs to an earlier file, and still does when this file has grown beyond it.
            self._stale_offsets = self._stale_offsets or (offset, offset)
            self._is_left = True
            return None
        if self._stale_offsets is not None:
            lowest, highest = self._stale_offsets
            # An offset that fell or equals the file size belongs to the new file. One beyond the end of the old file
            # means that the Agent read both files as one.
            self.has_missed_rotation |= offset > highest
            # If the new file has grown to the very offset that was left, that offset may still be the old one.
            is_whole = offset == file.size and not (self._is_left and offset == lowest)
            if not (offset < lowest or is_whole or offset > highest):
                return None
            self._stale_offsets = None
        self.stale_offset = None
        return offset
