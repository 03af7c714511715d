# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Sends lines to the Agent, and sees that they are in its log file.

`send_log` returns normally although nothing is written: without a `logs` section, with a full disk, in an
`agent check` run by hand. It returns when the Agent has taken the line, not when it has written it (datadog-agent
`comp/logs/integrations/impl/integrations.go`). So lines count as written only when they are seen in the log file.
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
    """Writes lines of one instance to `log_file`, through `send_log`."""

    def __init__(self, send_log: SendLog, log_file: LogFile, settings: AgentSettings, clock: Clock) -> None:
        self._send_log = send_log
        self._log_file = log_file
        self._settings = settings
        self._clock = clock
        self._whole: FileState | None = None

    def is_torn(self, file: FileState) -> bool:
        """Whether `file` ends within a line, with which the Agent joins the next one."""
        return file != self._whole and not self._log_file.ends_in_line()

    def write(self, lines: Sequence[LogLine], file: FileState) -> FileState:
        """Send `lines`, which go behind `file`, and tell what the file is with them, or with the last of them if the
        Agent replaced it for one in their midst.

        Raises `CollectionError` if they are not seen there: none of them counts as written then.
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
        """The file, if it has grown by all of `lines` and ends in the last, or is another one with the last alone."""
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
        # Where something else came as well, its bytes may stand in for those of a line that is torn or missing.
        has_lines = is_exact or tail.count(b'\n') >= len(lines)
        return file if has_lines and tail.endswith(b'\n') and lines[-1].uuid.encode() in tail else None


def _is_rest(size_bytes: int, lines: Sequence[LogLine]) -> bool:
    """Whether `size_bytes` may be what the last of `lines` take. A line that is sent twice tells nothing."""
    return lines[0] is not lines[-1] and size_bytes in accumulate(line.size_bytes for line in reversed(lines))
