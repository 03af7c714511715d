# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The file launcher: which files are tailed, from which offset, and what happens at a rotation.

Follows datadog-agent pkg/logs/launchers/file (launcher.go, position.go).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .agent_log import AgentLog
from .auditor import Auditor
from .clock import Timetable
from .configuration import AgentSettings
from .faults import Faults
from .message import LogSource, Message
from .tailer import FileTailer, Platform

POLL_PERIOD_SECONDS = 1.0

OffsetBeyondEnd = Literal['start at 0', 'seek past the end']
"""What a tailer does if its stored offset is beyond the end of its file: in the newest Agents, and in older Agents
(which recover at the next scan)."""


@dataclass
class Tailed:
    """A source and its current tailer. There is no tailer while there is no file to read."""

    source: LogSource
    tailer: FileTailer | None = None


class FileLauncher:
    def __init__(
        self,
        settings: AgentSettings,
        timetable: Timetable,
        log: AgentLog,
        faults: Faults,
        auditor: Auditor,
        *,
        deliver: Callable[[Message], bool],
        platform: Platform,
        offset_beyond_end: OffsetBeyondEnd,
    ) -> None:
        self._timetable = timetable
        self._log = log
        self._faults = faults
        self._auditor = auditor
        self._deliver = deliver
        self._platform = platform
        self._offset_beyond_end = offset_beyond_end
        self._close_timeout_seconds = float(settings.get('logs_config.close_timeout'))
        self._max_message_size_bytes: int = settings.get('logs_config.max_message_size_bytes')
        self._fingerprint_bytes = _fingerprint_bytes(settings)
        self.tailed: list[Tailed] = []
        self.draining: list[FileTailer] = []
        self.missed_bytes = 0
        """Bytes that were not read before a file was closed. As in the Agent, undelivered lines do not count."""
        timetable.every(POLL_PERIOD_SECONDS, self.poll)
        timetable.every(float(settings.get('logs_config.file_scan_period')), self.scan)

    def add(self, source: LogSource) -> None:
        tailed = Tailed(source)
        self.tailed.append(tailed)
        if self._faults.tailer_start_delay_seconds > 0:
            self._timetable.after(self._faults.tailer_start_delay_seconds, lambda: self._start(tailed, 'end'))
        else:
            self._start(tailed, 'end')

    def _start(self, tailed: Tailed, default_position: Literal['beginning', 'end']) -> None:
        if self._is_readable(tailed.source):
            self._tail(tailed, self._position(tailed.source, default_position))

    def _is_readable(self, source: LogSource) -> bool:
        """Return whether the file is long enough for a fingerprint. A shorter file is not tailed until it grows."""
        return source.path.exists() and source.path.stat().st_size >= self._fingerprint_bytes

    def _tail(self, tailed: Tailed, position: int) -> None:
        tailed.tailer = FileTailer(
            tailed.source,
            position,
            clock=self._timetable.clock,
            platform=self._platform,
            max_message_size_bytes=self._max_message_size_bytes,
            deliver=self._deliver,
        )
        self._auditor.tailing_started(tailed.source.identifier)

    def _position(self, source: LogSource, default: Literal['beginning', 'end']) -> int:
        """Return the stored offset, for any `start_position`. Without a stored offset: the end, or 0 with `beginning`.

        If `beginning` was removed from the configuration, the Agent starts at the end once.
        """
        end = source.path.stat().st_size
        mode = source.start_position or default
        entry = self._auditor.entries.get(source.identifier)
        if mode in ('forceBeginning', 'forceEnd') or entry is None:
            return 0 if mode in ('forceBeginning', 'beginning') else end
        if entry.tailing_mode == 'beginning' and source.start_position in ('', 'end'):
            return end
        offset = int(entry.offset)
        return 0 if offset > end and self._offset_beyond_end == 'start at 0' else offset

    def poll(self) -> None:
        for tailer in [*self.draining, *(each.tailer for each in self.tailed)]:
            if tailer is not None:
                tailer.poll(self._faults.tailer_bytes_per_poll)

    def scan(self) -> None:
        """Check for files that were rotated, removed, or created since the last scan."""
        for tailed in self.tailed:
            tailer = tailed.tailer
            if tailer is None:
                # A file that appears later is read from its beginning.
                self._start(tailed, 'beginning')
            elif not tailed.source.path.exists():
                self._stop(tailed)
            elif tailer.did_rotate():
                self._rotate(tailed, tailer)

    def _rotate(self, tailed: Tailed, old: FileTailer) -> None:
        self._log.info('Log rotation happened to %s', tailed.source.path)
        old.rotated()
        self.draining.append(old)
        self._timetable.after(self._close_timeout_seconds, lambda: self._cut_off(old))
        tailed.tailer = None
        if self._is_readable(tailed.source):
            self._tail(tailed, 0)

    def _cut_off(self, old: FileTailer) -> None:
        """Close the old tailer, even if a blocked pipeline kept it from delivering."""
        self.draining.remove(old)
        missed = old.unread_bytes()
        if missed:
            self.missed_bytes += missed
            self._log.warning('%s bytes of the rotated %s were missed', missed, old.source.path)
        old.close()

    def _stop(self, tailed: Tailed) -> None:
        if tailed.tailer is not None:
            tailed.tailer.close()
            tailed.tailer = None
            self._auditor.tailing_stopped(tailed.source.identifier)

    def stop(self) -> None:
        """Stop all tailers. A drain is lost, because nothing stores its position."""
        for tailed in self.tailed:
            self._stop(tailed)
        self.close()

    def close(self) -> None:
        for tailer in [*self.draining, *(each.tailer for each in self.tailed)]:
            if tailer is not None:
                tailer.close()
        self.draining.clear()


def _fingerprint_bytes(settings: AgentSettings) -> int:
    if settings.get('logs_config.fingerprint_config.fingerprint_strategy') != 'byte_checksum':
        return 0
    return int(settings.get('logs_config.fingerprint_config.count'))
