# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""How much may be written now, so that nothing is lost of what the Agent has not delivered yet.

The Agent's log file is a buffer of bounded size that gives no back-pressure. At its limit it is emptied or replaced,
and with it can go what was not read, and what was read but waits for an intake that does not answer (datadog-agent
`pkg/logs/tailers/file`, #45885, #51505). So the file is let rotate only when there is no backlog, that is when all of
it was acknowledged. Okta keeps its events for 90 days; the Agent's file does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from datadog_checks.okta_workflows.constants import MIB

from .acknowledgement import Acknowledgement
from .log_file import FileState
from .registry import Registry

# What may be sent while the backlog is not known, because the registry cannot be read or shows an earlier file, or
# lines went with one. Of a small log file it is a part, so that what is sent then, again and again, does not fill it
# soon.
UNKNOWN_ALLOWANCE_BYTES = 2 * MIB
UNKNOWN_ALLOWANCE_SHARE = 0.25

# An offset may stand still for ever although all is well: lines that the Agent filters out are never acknowledged.
STANDSTILL_SECONDS = 600.0
PROBE_BYTES = 16 * 1024


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
    next_bytes: int = field(default=1, init=False)
    """What the next line takes, if there was too little room for it."""
    backlog_bytes: int | None = field(default=None, init=False)
    """What the Agent has not delivered yet; `None`: not known."""
    acknowledgement: Acknowledgement = field(default_factory=Acknowledgement, init=False)
    _left_bytes: int = field(default=0, init=False)
    _spent_bytes: int = field(default=0, init=False)
    _standstill: Standstill | None = field(default=None, init=False)

    @property
    def is_acknowledged(self) -> bool:
        """Whether the Agent is known to have sent something of the file that is there now."""
        return self.acknowledgement.offset is not None

    @property
    def is_drained(self) -> bool:
        """Whether the Agent is known to have sent all of the file."""
        return self.is_acknowledged and self.backlog_bytes == 0

    @property
    def allowance_bytes(self) -> int:
        """How much may be written without knowing the backlog."""
        return min(int(self.limit_bytes * UNKNOWN_ALLOWANCE_SHARE), UNKNOWN_ALLOWANCE_BYTES)

    @property
    def room_bytes(self) -> int:
        """How much may be written, as file and registry were when they were last followed.

        Before the file is drained that is no more than the file takes, so that it does not rotate.
        """
        if self.backlog_bytes is None:
            return min(self.allowance_bytes - self._spent_bytes, self._left_bytes)
        return max(self.limit_bytes, self.next_bytes) if self.is_drained else self._left_bytes

    def describe_backlog(self) -> str:
        """Tell what the Agent has yet to send, as a sentence without its full stop."""
        if self.backlog_bytes is None:
            return (
                f'{self.allowance_bytes / MIB:.1f} MiB were handed to the Agent, which does not tell how much of it '
                'reached Datadog'
            )
        return f"{self.backlog_bytes / MIB:.1f} MiB in the Agent's log file wait for Datadog's intake"

    def follow(self, file: FileState, registry: Registry | None, *, has_gap: bool = False) -> None:
        """Take note of how far the Agent has come with the file.

        `has_gap`: lines went with an earlier file, and it is not known whether the Agent sends lines at all.
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
        # Of a file without an entry in the registry nothing was acknowledged.
        self.backlog_bytes = file.size - (offset or 0)
        self._spent_bytes = 0
        if self.is_drained:
            self._standstill = None

    def written(self, size_bytes: int, file: FileState) -> None:
        """Note that lines of `size_bytes` were written, after which the file is as in `file`."""
        self._spent_bytes += size_bytes
        self.acknowledgement.written(file)

    def probe(self, registry: Registry | None, now: float, *, urgent: bool) -> int:
        """Tell how many bytes may be written at `now`, in monotonic seconds, although there is no room.

        Else an innocent standstill would stop collection for ever. What is `urgent` does not wait for an outage to end.
        The file may rotate for it though it was not drained; if it turns out that it was no innocent standstill, what
        was lost has to be read again.
        """
        offset = self.acknowledgement.offset
        others = registry.others if registry is not None else {}
        if self._standstill is None or self._standstill.offset != offset:
            self._standstill = Standstill(offset, now, others)
        if now - self._standstill.since < STANDSTILL_SECONDS:
            return 0
        if others and others == self._standstill.others and not urgent:
            # Nothing of what the Agent reads gets through: an outage, which Okta outlasts.
            return 0
        self._standstill = Standstill(offset, now, others)
        # Alone on its host, an instance cannot tell an outage from lines that are filtered out, so it goes slowly.
        is_alone = registry is not None and not others
        return max(PROBE_BYTES if is_alone else self.allowance_bytes, self.next_bytes)
