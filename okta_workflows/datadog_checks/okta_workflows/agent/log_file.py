# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The file to which the Agent appends the lines of this instance, as seen from outside the Agent.

According to datadog-agent `pkg/logs/launchers/integration/launcher.go`, the Agent keeps one file for each check id. It
creates the file when it registers the check, and only if the configuration of the check has a `logs` section of type
`integration`. It empties or replaces the file when the next line would exceed the size limit. If the files exceed its
quota when it starts, it deletes the least recently written ones, and creates each again only for the next line.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from datadog_checks.okta_workflows.clock import Clock, eventually

# The file is missing for a moment while the Agent replaces it (datadog-agent#45885).
REPLACEMENT_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class FileState:
    """The file at one moment: `inode` (0 if the system has none) and size in bytes."""

    inode: int
    size: int

    def continues(self, earlier: FileState) -> bool:
        """Return whether the file was neither replaced nor emptied since the `earlier` state. It may have grown."""
        return self.inode == earlier.inode and self.size >= earlier.size


# The state while there is no file. No other state continues it, and it continues no other state.
MISSING = FileState(-1, 0)


@dataclass(frozen=True, slots=True)
class FileMark:
    """A position in a log file: path and inode of the file, and the number of bytes before the position.

    `stale_offset` is the offset that the registry had for the path at that time, if it belonged to an earlier file.
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
        # The path is not resolved, because the registry uses exactly this spelling.
        self.path = os.path.join(self.folder, check_id.replace(':', '_') + '.log')

    def look(self) -> FileState:
        """Return the state of the file, or `MISSING` if it does not appear within a moment."""
        file = self.state()
        if file == MISSING and eventually(self._clock, self.exists, REPLACEMENT_SECONDS):
            file = self.state()
        return file

    def exists(self) -> bool:
        """Return whether the file exists at this moment."""
        return self.state() != MISSING

    def state(self) -> FileState:
        """Return the state of the file at this moment, or `MISSING` if it does not exist or cannot be accessed."""
        try:
            status = os.stat(self.path)
        except OSError:
            return MISSING
        return FileState(status.st_ino, status.st_size)

    def others_bytes(self) -> int:
        """Return the total size of all other files that share the quota with this one."""
        try:
            with os.scandir(self.folder) as entries:
                return sum(_size_bytes(entry) for entry in entries if entry.path != self.path)
        except OSError:
            return 0

    def ends_in_line(self) -> bool:
        """Return whether the last line is whole.

        The Agent writes text and line break separately, and may crash between the two.
        """
        return self.tail(1) in (b'', b'\n')

    def behind(self, place: int, most_bytes: int) -> bytes:
        """Read the file from the byte before `place`, and at most `most_bytes`. Empty if the file is unreadable.

        At the beginning of the file, a line break replaces the byte before it.
        """
        try:
            with open(self.path, 'rb', buffering=0) as file:
                file.seek(max(place - 1, 0))
                return (b'' if place else b'\n') + file.read(most_bytes)
        except OSError:
            return b''

    def tail(self, size_bytes: int) -> bytes:
        """Read the last `size_bytes` of the file, or fewer if it is shorter. Empty if the file is unreadable.

        The file is closed immediately, because on Windows the Agent cannot replace a file that is open.
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
        # The file was removed after it was listed.
        return 0
