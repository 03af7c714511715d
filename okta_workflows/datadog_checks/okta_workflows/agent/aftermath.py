# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Finds out what happened to written lines: whether the Agent lost them, and which of them are not committed.

A log file is lost when the configuration is changed and the Agent restarted, when the Agent makes room for the logs of
another integration, and at every start if the instance has a `name`. Lines stay without a commit if the process ends
between sending and committing, or if the disk is so slow that the Agent writes them only after the deadline.
"""

from __future__ import annotations

from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows.clock import Clock
from datadog_checks.okta_workflows.constants import MIB

from .acknowledgement import Acknowledgement
from .log_file import FileMark, FileState, LogFile
from .registry import read_registry

# This is more than a batch of ordinary events, and a crash leaves at most one batch without a commit.
MAX_LEFTOVER_BYTES = 8 * MIB


class Aftermath:
    """Reads the log file and the registry. Changes nothing."""

    def __init__(self, log_file: LogFile, acknowledgement: Acknowledgement, clock: Clock) -> None:
        self._log_file = log_file
        self._acknowledgement = acknowledgement
        self._clock = clock

    def has_lost(self, mark: FileMark) -> bool:
        """Return whether lines before `mark` are lost: the Agent can no longer send them, and may not have done so."""
        file = self._log_file.look()
        is_same_path = mark.path == self._log_file.path
        if is_same_path and file.continues(FileState(mark.inode, mark.size)):
            return self._acknowledgement.has_missed_rotation
        registry = read_registry(self._log_file.registry_path, mark.path, self._clock)
        if registry is None or registry.offset is None or registry.offset < mark.size:
            return True
        # While the registry shows an earlier file, its offset may still rise. Only an offset that fell belongs to the
        # marked file.
        if mark.stale_offset is not None and registry.offset >= mark.stale_offset:
            return True
        # The path now has another file. Only an offset beyond its end is certain to belong to the lost file.
        return is_same_path and registry.offset <= file.size

    def leftover(self, mark: FileMark | None) -> dict[str, int]:
        """Find the whole lines after `mark` that the Agent will read. Maps each `uuid`, in order, to its line's end.

        Returns nothing if the Agent may not read the lines as they are: with a stale offset it may start in the middle
        of the file, and without an offset it starts at the end.
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
    # The line after a torn line looks whole, but the Agent joins the two.
    if before or not lines:
        return {}
    found: dict[str, int] = {}
    # The text after the last line break is not a whole line.
    for line in lines[:-1]:
        place += len(line) + 1
        uuid = _uuid_of(line)
        if uuid:
            found.setdefault(uuid, place)
    return found


def _uuid_of(line: bytes) -> str:
    """Read the `uuid` of the event in a line of the log file; empty if it has none, or is not a line of the check."""
    try:
        uuid = json.decode(line)['log']['uuid']
    except (KeyError, TypeError, ValueError):
        return ''
    return uuid if isinstance(uuid, str) else ''
