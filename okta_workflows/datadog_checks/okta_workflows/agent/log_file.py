# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The file to which the Agent appends this instance's lines, as far as it can be seen from outside.

After datadog-agent `pkg/logs/launchers/integration/launcher.go`: one file for each check id, created when the check is
registered and only if its configuration has a `logs` section of type `integration`; emptied or replaced when the next
line would exceed the size limit. When the Agent starts with files that exceed its quota, it deletes those that were
written to the longest time ago, and creates one again only for the next line.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from datadog_checks.okta_workflows.clock import Clock, eventually

# While the Agent replaces the file, it is missing for a moment (datadog-agent#45885).
REPLACEMENT_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class FileState:
    """One look at the file: `inode` (0 where the system has none) and size in bytes."""

    inode: int
    size: int

    def continues(self, earlier: FileState) -> bool:
        """Whether this is still the file of the `earlier` look, only longer: neither replaced nor emptied."""
        return self.inode == earlier.inode and self.size >= earlier.size


# What a look shows while there is no file: no file continues it, nor does it continue one.
MISSING = FileState(-1, 0)


@dataclass(frozen=True, slots=True)
class FileMark:
    """A place in a log file: its path, its inode, and the bytes before the place.

    `stale_offset`: what the registry said of the path then, if that was of an earlier file.
    """

    path: str
    inode: int
    size: int
    stale_offset: int | None = None


class LogFile:
    """The log file of the instance with `check_id` below the Agent's `run_path`."""

    def __init__(self, run_path: str, check_id: str, clock: Clock) -> None:
        self._clock = clock
        self.folder = os.path.join(run_path, 'integrations')
        self.registry_path = os.path.join(run_path, 'registry.json')
        # Never resolved: the registry knows the file by exactly this spelling.
        self.path = os.path.join(self.folder, check_id.replace(':', '_') + '.log')

    def look(self) -> FileState:
        """The file as it is now; `MISSING` if it does not turn up in a moment."""
        file = self.state()
        if file == MISSING and eventually(self._clock, self.exists, REPLACEMENT_SECONDS):
            file = self.state()
        return file

    def exists(self) -> bool:
        """Whether the file is there at this moment."""
        return self.state() != MISSING

    def state(self) -> FileState:
        """The file as it is at this moment, `MISSING` if it is not there or not to be seen."""
        try:
            status = os.stat(self.path)
        except OSError:
            return MISSING
        return FileState(status.st_ino, status.st_size)

    def others_bytes(self) -> int:
        """The size of all other files that share the quota with this one."""
        try:
            with os.scandir(self.folder) as entries:
                return sum(_size_bytes(entry) for entry in entries if entry.path != self.path)
        except OSError:
            return 0

    def ends_in_line(self) -> bool:
        """Whether the last line is whole. The Agent writes text and line break separately, and may die in between."""
        return self.tail(1) in (b'', b'\n')

    def behind(self, place: int, most_bytes: int) -> bytes:
        """What the file holds from `place` on, with the byte before it, but at most `most_bytes`; none if unreadable.

        At the beginning of the file a line break stands for the byte before it.
        """
        try:
            with open(self.path, 'rb', buffering=0) as file:
                file.seek(max(place - 1, 0))
                return (b'' if place else b'\n') + file.read(most_bytes)
        except OSError:
            return b''

    def tail(self, size_bytes: int) -> bytes:
        """The last `size_bytes` of the file, or as many as there are; none if it cannot be read.

        The file is closed at once: on Windows the Agent cannot replace a file that anybody holds open.
        """
        try:
            with open(self.path, 'rb', buffering=0) as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(end - size_bytes, 0))
                return file.read(size_bytes)
        except OSError:
            return b''


def _size_bytes(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size if entry.is_file() else 0
    except OSError:
        # It was removed meanwhile.
        return 0
