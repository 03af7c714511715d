# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What became of the lines that were written: whether the Agent lost them, and which of them no commit covers.

A log file is lost when the configuration is edited and the Agent restarted, when the Agent makes room for another
integration's logs, and for an instance with a `name` at each start. A process that ends between sending and committing
leaves lines without a commit, and so does a disk that is slower than the proof.
"""

from __future__ import annotations

from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows.clock import Clock
from datadog_checks.okta_workflows.constants import MIB

from .acknowledgement import Acknowledgement
from .log_file import FileMark, FileState, LogFile
from .registry import read_registry

# More than a batch of ordinary events, which is all that a crash leaves without a commit.
MAX_LEFTOVER_BYTES = 8 * MIB


class Aftermath:
    """Looks at the log file and the registry. Changes nothing."""

    def __init__(self, log_file: LogFile, acknowledgement: Acknowledgement, clock: Clock) -> None:
        self._log_file = log_file
        self._acknowledgement = acknowledgement
        self._clock = clock

    def has_lost(self, mark: FileMark) -> bool:
        """Whether the Agent can no longer send all that was written up to `mark`, and is not known to have sent it."""
        file = self._log_file.look()
        is_same_path = mark.path == self._log_file.path
        if is_same_path and file.continues(FileState(mark.inode, mark.size)):
            return self._acknowledgement.has_missed_rotation
        registry = read_registry(self._log_file.registry_path, mark.path, self._clock)
        if registry is None or registry.offset is None or registry.offset < mark.size:
            return True
        # While the registry shows an earlier file, its offset may still rise. Only one that fell is of the marked file.
        if mark.stale_offset is not None and registry.offset >= mark.stale_offset:
            return True
        # A file of the same name is another one now: only an offset beyond its end must be that of the lost one.
        return is_same_path and registry.offset <= file.size

    def leftover(self, mark: FileMark | None) -> dict[str, int]:
        """Find the whole lines behind `mark` that the Agent reads: for each `uuid` in their order where its line ends.

        None counts where the Agent may not read it as it stands there: a stale offset may let the Agent begin in the
        middle of the file, and without one it begins at its end.
        """
        file = self._log_file.look()
        if mark is None or mark.path != self._log_file.path or mark.stale_offset is not None:
            return {}
        if not file.continues(FileState(mark.inode, mark.size)) or file.size == mark.size:
            return {}
        registry = read_registry(self._log_file.registry_path, mark.path, self._clock)
        if registry is None or registry.offset is None or self._acknowledgement.has_missed_rotation:
            return {}
        return _whole_lines(self._log_file.behind(mark.size, MAX_LEFTOVER_BYTES), mark.size)


def _whole_lines(text: bytes, place: int) -> dict[str, int]:
    before, *lines = text.split(b'\n')
    # Behind a torn line the next one looks whole, and the Agent joins the two.
    if before or not lines:
        return {}
    found: dict[str, int] = {}
    # What stands behind the last line break is not whole.
    for line in lines[:-1]:
        place += len(line) + 1
        uuid = _uuid_of(line)
        if uuid:
            found.setdefault(uuid, place)
    return found


def _uuid_of(line: bytes) -> str:
    """The `uuid` of the event in a line of the log file; empty if it has none, or is no line of ours."""
    try:
        uuid = json.decode(line)['log']['uuid']
    except (KeyError, TypeError, ValueError):
        return ''
    return uuid if isinstance(uuid, str) else ''
