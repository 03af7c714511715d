# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Limits how much the check writes, so that no line is lost that the Agent has not delivered yet.

The Agent's log file is a buffer of limited size without back-pressure. At its limit the Agent empties or replaces it.
This can lose lines that were not read yet, and lines that were read but wait for an intake that does not respond
(datadog-agent `pkg/logs/tailers/file`, #45885, #51505). The check therefore lets the file rotate only if there is no
backlog, which means that all of the file was acknowledged. Waiting is safe, because Okta keeps its events for 90 days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from datadog_checks.okta_workflows.constants import MIB

from .acknowledgement import Acknowledgement
from .log_file import FileState
from .registry import Registry

# The allowance is the amount that may be sent while the backlog is unknown, because the registry cannot be read or
# shows an earlier file, or because lines were lost with an earlier file. If the log file is small, the allowance is a
# share of it, so that repeated allowances do not fill the file soon.
UNKNOWN_ALLOWANCE_BYTES = 2 * MIB
UNKNOWN_ALLOWANCE_SHARE = 0.25

# An offset may stand still forever without a problem, because lines that the Agent filters out are never acknowledged.
STANDSTILL_SECONDS = 600.0
PROBE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Standstill:
    """The time since which the acknowledged offset has not moved, and the positions of the other sources then."""

    offset: int | None
    since: float
    others: Mapping[str, str]


@dataclass(slots=True)
class Throttle:
    """Limits what is written to one log file, which the Agent replaces at `limit_bytes`."""

    limit_bytes: int
    next_bytes: int = field(default=1, init=False)
    """The size of the next line, if there was too little room for it."""
    backlog_bytes: int | None = field(default=None, init=False)
    """The bytes that the Agent has not delivered yet; `None` if unknown."""
    acknowledgement: Acknowledgement = field(default_factory=Acknowledgement, init=False)
    _left_bytes: int = field(default=0, init=False)
    _spent_bytes: int = field(default=0, init=False)
    _standstill: Standstill | None = field(default=None, init=False)

    @property
    def is_acknowledged(self) -> bool:
        """Whether the Agent is known to have sent a part of the current file."""
        return self.acknowledgement.offset is not None

    @property
    def is_drained(self) -> bool:
        """Whether the Agent is known to have sent all of the current file."""
        return self.is_acknowledged and self.backlog_bytes == 0

    @property
    def allowance_bytes(self) -> int:
        """The bytes that may be written while the backlog is unknown."""
        return min(int(self.limit_bytes * UNKNOWN_ALLOWANCE_SHARE), UNKNOWN_ALLOWANCE_BYTES)

    @property
    def room_bytes(self) -> int:
        """The bytes that may be written, according to the last state of file and registry.

        Until the file is drained, this is at most the space left in the file, so that the file does not rotate.
        """
        if self.backlog_bytes is None:
            return min(self.allowance_bytes - self._spent_bytes, self._left_bytes)
        return max(self.limit_bytes, self.next_bytes) if self.is_drained else self._left_bytes

    def describe_backlog(self) -> str:
        """Describe what the Agent has not sent yet, as a sentence without its full stop."""
        if self.backlog_bytes is None:
            return (
                f'the Agent accepted {self.allowance_bytes / MIB:.1f} MiB, and does not report how much of it Datadog '
                'received'
            )
        return f"{self.backlog_bytes / MIB:.1f} MiB in the Agent's log file wait for Datadog's intake"

    def follow(self, file: FileState, registry: Registry | None, *, has_gap: bool = False) -> None:
        """Update the backlog from the current state of file and registry.

        `has_gap`: lines were lost with an earlier file, and it is unknown whether the Agent sends lines at all.
        """
        if file.size == 0 and not has_gap and self.acknowledgement.was_all_sent(registry):
            # Somebody else emptied it: nothing waits, and only a new line can show that.
            self._spent_bytes = 0
        self.acknowledgement.follow(file, registry)
        self._left_bytes = self.limit_bytes - file.size
        offset = self.acknowledgement.offset
        if offset is None and (has_gap or registry is None or registry.offset is not None):
            self.backlog_bytes = None
            return
        # If the registry has no entry for the file, no part of the file was acknowledged.
        self.backlog_bytes = file.size - (offset or 0)
        self._spent_bytes = 0
        if self.is_drained:
            self._standstill = None

    def written(self, size_bytes: int, file: FileState) -> None:
        """Record that lines of `size_bytes` were written, and that `file` is the state of the file after them."""
        self._spent_bytes += size_bytes
        self.acknowledgement.written(file)

    def probe(self, registry: Registry | None, now: float, *, urgent: bool) -> int:
        """Return how many bytes may be written at `now`, in monotonic seconds, although there is no room.

        Without a probe, a harmless standstill would stop collection forever. An `urgent` probe does not wait for the
        end of an outage. The file may rotate because of a probe although it was not drained. If the standstill was not
        harmless, the lost lines are collected again.
        """
        offset = self.acknowledgement.offset
        others = registry.others if registry is not None else {}
        if self._standstill is None or self._standstill.offset != offset:
            self._standstill = Standstill(offset, now, others)
        if now - self._standstill.since < STANDSTILL_SECONDS:
            return 0
        if others and others == self._standstill.others and not urgent:
            # No log source of the Agent makes progress, so this is an outage. Okta keeps the events until it is over.
            return 0
        self._standstill = Standstill(offset, now, others)
        # Without other log sources, an outage cannot be distinguished from lines that are filtered out, so the probe is
        # small.
        is_alone = registry is not None and not others
        return max(PROBE_BYTES if is_alone else self.allowance_bytes, self.next_bytes)
