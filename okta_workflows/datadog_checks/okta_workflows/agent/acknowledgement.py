# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""How much of the log file that is there now has reached Datadog.

The registry knows files by their path. After a rotation it goes on showing the offset of the old file until a line of
the new one is acknowledged, for as long as the intake is out of reach, and the new file may well grow past that number
(datadog-agent `comp/logs/auditor/impl/auditor.go`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .log_file import FileMark, FileState
from .registry import Registry


@dataclass(slots=True)
class Acknowledgement:
    """Follows the offset of one log file over its generations."""

    offset: int | None = field(default=None, init=False)
    """Up to where the Agent has sent the file; `None`: nothing is known of this generation."""
    stale_offset: int | None = field(default=None, init=False)
    """What the registry says, if that is of an earlier generation."""
    has_missed_rotation: bool = field(default=False, init=False)
    """Whether, since lines were last written, the Agent was seen to have taken a new file for the old one, so that it
    did not read its beginning."""
    _file: FileState | None = field(default=None, init=False)
    _stale_offsets: tuple[float, float] | None = field(default=None, init=False)

    def resume(self, mark: FileMark) -> None:
        """Go on, in a new process, from what is known of the file as it was at `mark`."""
        if self._file is None:
            self._file = FileState(mark.inode, mark.size)
            if mark.stale_offset is not None:
                self._stale_offsets = (mark.stale_offset, mark.stale_offset)

    def follow(self, file: FileState, registry: Registry | None) -> None:
        """Take note of what file and registry show."""
        if self._file is not None and not file.continues(self._file):
            self._stale_offsets = self._offsets_of_earlier(self._file, registry)
        self._file = file
        self.offset = self._trusted_offset(file, registry)

    def was_all_sent(self, registry: Registry | None) -> bool:
        """Whether the Agent has sent all of the file, as it was when it was last followed or written to."""
        return registry is not None and self._file is not None and registry.offset == self._file.size

    def written(self, file: FileState) -> None:
        """Note that lines were written, after which the file is as in `file`."""
        self.has_missed_rotation = False
        if self._file is None or file.continues(self._file):
            self._file = file
        elif self.offset is not None:
            # Until a line of the new file is acknowledged, the registry shows the offset of the old one.
            self.stale_offset = self.offset

    def _offsets_of_earlier(self, earlier: FileState, registry: Registry | None) -> tuple[float, float]:
        """Tell from where to where an offset is one of the `earlier` file."""
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
            # It is of an earlier file, also when this one has grown past it.
            self._stale_offsets = self._stale_offsets or (offset, offset)
            return None
        if self._stale_offsets is not None:
            lowest, highest = self._stale_offsets
            # Fallen or caught up, it is the new file's. Risen past the old file's end, it is of both.
            self.has_missed_rotation |= offset > highest
            if not (offset < lowest or offset == file.size or offset > highest):
                return None
            self._stale_offsets = None
        self.stale_offset = None
        return offset
