# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""How much may be handed to the Agent now, so that nothing is lost of what it has not delivered yet.

The Agent's log file is a buffer of bounded size that gives no back-pressure. At its limit it is emptied or replaced,
and with it can go what was not read, and what was read but waits for an intake that does not answer (datadog-agent
`pkg/logs/tailers/file`, #45885, #51505). So the backlog, that is the part of the file that was not acknowledged, is
kept small, and the file is let rotate only when there is none. Okta keeps its events for 90 days; the Agent's file does
not.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from datadog_checks.okta_workflows.constants import MIB

from .log_file import FileMark, FileState
from .registry import Registry

# Of the smaller of the Agent's limits.
BUDGET_SHARE = 0.25

# What may be sent while the backlog is not known, because the registry cannot be read or shows an earlier file.
UNKNOWN_ALLOWANCE_BYTES = 2 * MIB

# An offset may stand still for ever although all is well: lines that the Agent filters out are never acknowledged.
STANDSTILL_SECONDS = 600.0
PROBE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Room:
    """How many bytes may be handed over, and whether the file may rotate for the first of them."""

    size_bytes: int
    may_rotate: bool = False


@dataclass(frozen=True, slots=True)
class Standstill:
    """Since when the acknowledged offset has not moved, and where the other sources were then."""

    offset: int | None
    since: float
    others: Mapping[str, str]


@dataclass(slots=True)
class Throttle:
    """Follows one log file, which the Agent replaces at `limit_bytes`."""

    limit_bytes: int
    backlog_bytes: int | None = field(default=None, init=False)
    """What the Agent has not delivered yet; `None`: not known."""
    has_missed_rotation: bool = field(default=False, init=False)
    """Whether, since lines were last handed over, the Agent was seen to have taken a new file for the old one, so that
    it did not read its beginning."""
    stale_offset: int | None = field(default=None, init=False)
    """What the registry says, if that is of an earlier file."""
    _offset: int | None = field(default=None, init=False)
    _file: FileState | None = field(default=None, init=False)
    _stale_offsets: tuple[float, float] | None = field(default=None, init=False)
    _spent_bytes: int = field(default=0, init=False)
    _standstill: Standstill | None = field(default=None, init=False)

    @property
    def is_acknowledged(self) -> bool:
        """Whether the Agent is known to have sent something of the file that is there now."""
        return self._offset is not None

    @property
    def budget_bytes(self) -> int:
        """How large the backlog may get."""
        return int(self.limit_bytes * BUDGET_SHARE)

    @property
    def allowance_bytes(self) -> int:
        """How much may be handed over without knowing the backlog."""
        return min(self.budget_bytes, UNKNOWN_ALLOWANCE_BYTES)

    def resume(self, mark: FileMark) -> None:
        """Go on, in a new process, from what is known of the file as it was at `mark`."""
        if self._file is None:
            self._file = FileState(mark.inode, mark.size)
            if mark.stale_offset is not None:
                self._stale_offsets = (mark.stale_offset, mark.stale_offset)

    def room(self, next_bytes: int, file: FileState, registry: Registry | None) -> Room:
        """What may be handed over, as file and registry stand, if the next line has `next_bytes`."""
        self._follow(file, registry)
        self._offset = self._trusted_offset(file, registry)
        if self._offset is None and (registry is None or registry.offset is not None):
            self.backlog_bytes = None
            return Room(self.allowance_bytes - self._spent_bytes)
        # Of a file without an entry in the registry nothing was acknowledged.
        self.backlog_bytes = file.size - (self._offset or 0)
        self._spent_bytes = 0
        if self.backlog_bytes or not self.is_acknowledged:
            return Room(self.budget_bytes - self.backlog_bytes)
        self._standstill = None
        return Room(max(self.budget_bytes, next_bytes), may_rotate=True)

    def probe(self, next_bytes: int, registry: Registry | None, now: float, *, urgent: bool) -> Room:
        """What may be handed over at `now` although `room` has too little for the next line, of `next_bytes`.

        Else an innocent standstill would stop collection for ever. What is `urgent` does not wait for an outage to end.
        The file may rotate for it though it was not drained; if it turns out that it was no innocent standstill, what
        was lost has to be read again.
        """
        nothing = Room(0)
        others = registry.others if registry is not None else {}
        if self._standstill is None or self._standstill.offset != self._offset:
            self._standstill = Standstill(self._offset, now, others)
        # A clock that was set back counts as time gone by.
        if 0 <= now - self._standstill.since < STANDSTILL_SECONDS:
            return nothing
        if others and others == self._standstill.others and not urgent:
            # Nothing of what the Agent reads gets through: an outage, which Okta outlasts.
            return nothing
        self._standstill = Standstill(self._offset, now, others)
        # Alone on its host, an instance cannot tell an outage from lines that are filtered out, so it goes slowly.
        is_alone = registry is not None and not others
        return Room(max(PROBE_BYTES if is_alone else self.allowance_bytes, next_bytes), may_rotate=True)

    def is_same_file(self, file: FileState) -> bool:
        """Whether the file is still the one that was last looked at."""
        return self._file is None or file.continues(self._file)

    def handed_over(self, size_bytes: int, file: FileState) -> None:
        """Note that lines of `size_bytes` were written, after which the file is as in `file`."""
        self.has_missed_rotation = False
        self._spent_bytes += size_bytes
        if self.is_same_file(file):
            self._file = file
        elif self._offset is not None:
            # Until a line of the new file is acknowledged, the registry shows the offset of the old one.
            self.stale_offset = self._offset

    def _follow(self, file: FileState, registry: Registry | None) -> None:
        """Take note of a new generation of the file.

        The registry goes on showing the offset of the old one until a line of the new one is acknowledged, for as long
        as the intake is out of reach, and the new file may well grow past that number.
        """
        if self._file is not None and not file.continues(self._file):
            highest: float = self._file.size
            if self._offset is not None:
                lowest: float = self._offset
            elif self._stale_offsets is not None:
                lowest, highest = self._stale_offsets[0], max(highest, self._stale_offsets[1])
            elif registry is not None:
                lowest = math.inf if registry.offset is None else registry.offset
            else:
                lowest = -math.inf
            self._stale_offsets = (lowest, highest)
        self._file = file

    def _trusted_offset(self, file: FileState, registry: Registry | None) -> int | None:
        offset = registry.offset if registry is not None else None
        self.stale_offset = offset
        if offset is not None and offset > file.size and self._stale_offsets is None:
            # It is of an earlier file, also when this one has grown past it.
            self._stale_offsets = (offset, offset)
        if offset is None or offset > file.size:
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
