# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Sends lines to the Agent, and verifies that they are in its log file.

`send_log` returns normally even if nothing is written: without a `logs` section, if the disk is full, or in a manual
`agent check` run. It returns when the Agent has queued the line, not when it has written it (datadog-agent
`comp/logs/integrations/impl/integrations.go`). Lines therefore count as written only when they are in the log file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

from datadog_checks.okta_workflows.clock import Clock, eventually

from .log_file import MISSING, FileState, LogFile
from .log_line import LogLine
from .settings import AgentSettings
from .unwritten import EXPECTED_BY_HAND, no_log_file, not_written

WRITE_DEADLINE_SECONDS = 5.0

SendLog = Callable[[str], None]


class Writer:
    """Writes the lines of one instance to `log_file`, through `send_log`."""

    def __init__(self, send_log: SendLog, log_file: LogFile, settings: AgentSettings, clock: Clock) -> None:
        self._send_log = send_log
        self._log_file = log_file
        self._settings = settings
        self._clock = clock
        self._whole: FileState | None = None

    def is_torn(self, file: FileState) -> bool:
        """Return whether `file` ends within a line, which the Agent then joins with the next one."""
        return file != self._whole and not self._log_file.ends_in_line()

    def write(self, lines: Sequence[LogLine], file: FileState) -> FileState:
        """Send `lines`, wait until they are in the file, and return its state. `file` is the state before them.

        If the Agent replaced the file in the middle of `lines`, the returned file contains only the last of them.

        Raises `CollectionError` if they do not appear in the file. None of them counts as written then.
        """
        for line in lines:
            self._send_log(line.text)
        after = eventually(self._clock, lambda: self._seen(lines, file), WRITE_DEADLINE_SECONDS)
        if after is None:
            if file == self._log_file.look() == MISSING:
                evidence = 'an event that the check sent did not bring it into being'
                raise no_log_file(self._settings, self._log_file, evidence, f'. {EXPECTED_BY_HAND}')
            raise not_written(self._settings, self._log_file, len(lines))
        self._whole = after
        return after

    def _seen(self, lines: Sequence[LogLine], before: FileState) -> FileState | None:
        """Return the state of the file if it has grown by all of `lines`, or was replaced in the middle of them."""
        file = self._log_file.state()
        if file == MISSING:
            return None
        size_bytes = sum(line.size_bytes for line in lines)
        grown_bytes = file.size - (before.size if file.continues(before) else 0)
        is_exact = grown_bytes == size_bytes or (
            not file.continues(before) and before != MISSING and _is_rest(grown_bytes, lines)
        )
        if grown_bytes < size_bytes and not is_exact:
            return None
        tail = self._log_file.tail(lines[-1].size_bytes if is_exact else grown_bytes)
        # If other text was also written, its bytes may hide that a line is torn or missing, so count the line breaks.
        has_lines = is_exact or tail.count(b'\n') >= len(lines)
        return file if has_lines and tail.endswith(b'\n') and lines[-1].uuid.encode() in tail else None


def _is_rest(size_bytes: int, lines: Sequence[LogLine]) -> bool:
    """Tell whether the last of `lines` can take `size_bytes`. If the first line is sent twice, it is never so."""
    return lines[0] is not lines[-1] and size_bytes in accumulate(line.size_bytes for line in reversed(lines))
