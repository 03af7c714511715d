# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The logs agent: everything from `send_log` to the intake."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .agent_log import AgentLog
from .auditor import EXPIRY_PERIOD_SECONDS, FLUSH_PERIOD_SECONDS, Acknowledgements, Auditor
from .bridge import hostname
from .clock import SteppedClock, Timetable
from .configuration import AgentSettings, CheckConfig
from .faults import Faults
from .file_launcher import FileLauncher, OffsetBeyondEnd, Tailed
from .launcher import (
    Handover,
    LogFileLauncher,
    Rotation,
    SteppedHandover,
    ThreadedHandover,
    file_name,
    integrations_folder,
)
from .message import LogSource
from .pipeline import Pipeline
from .status import SourceStatus
from .tailer import Platform

STOP_GRACE_SECONDS = 30.0
"""The default of `logs_config.stop_grace_period`."""
FORCED_STOP_SECONDS = 5.0
LONGEST_RESTART_SECONDS = STOP_GRACE_SECONDS + FORCED_STOP_SECONDS
"""The longest time that a restart waits for the old parts to stop, during which `send_log` blocks."""


class LogsAgent:
    """The parts that survive a restart (channel of `send_log`, sources, auditor), and those built for each start."""

    def __init__(
        self,
        settings: AgentSettings,
        timetable: Timetable,
        log: AgentLog,
        faults: Faults,
        *,
        intake_url: str,
        intake_is_hanging: Callable[[], bool],
        rotation: Rotation,
        platform: Platform,
        offset_beyond_end: OffsetBeyondEnd,
        acknowledgements: Acknowledgements,
        send_concurrency: int,
    ) -> None:
        self._settings = settings
        self._timetable = timetable
        self._log = log
        self._faults = faults
        self._intake_url = intake_url
        self._intake_is_hanging = intake_is_hanging
        self._rotation: Rotation = rotation
        self._platform: Platform = platform
        self._offset_beyond_end: OffsetBeyondEnd = offset_beyond_end
        self._send_concurrency = send_concurrency
        self._sources: list[LogSource] = []
        self._unregistered: list[tuple[str, CheckConfig]] = []
        self._running = False
        clock = timetable.clock
        self.handover: Handover
        if isinstance(clock, SteppedClock):
            self.handover = SteppedHandover(clock, faults, after=timetable.after, sleep=timetable.advance)
        else:
            self.handover = ThreadedHandover(faults)
        self.auditor = Auditor(
            integrations_folder(settings).parent,
            clock=clock,
            log=log,
            faults=faults,
            atomic=settings.get('logs_config.atomic_registry_write'),
            ttl_hours=settings.get('logs_config.auditor_ttl'),
            acknowledgements=acknowledgements,
        )
        timetable.every(FLUSH_PERIOD_SECONDS, self.auditor.flush)
        timetable.every(EXPIRY_PERIOD_SECONDS, self.auditor.expire)
        if faults.logs_start_delay_seconds > 0:
            self.handover.stop(faults.logs_start_delay_seconds)
            timetable.after(faults.logs_start_delay_seconds, self._start)
        else:
            self._start()

    def _start(self) -> None:
        """Build and start the parts that a restart replaces, from the intake to `send_log`."""
        self._parts = self._timetable.part()
        self.launcher = LogFileLauncher(self._settings, self._timetable.clock, self._log, self._faults, self._rotation)
        self.auditor.pipeline_started()
        self.pipeline = Pipeline(
            self._settings,
            self._parts,
            self._log,
            self._faults,
            self.auditor,
            url=self._intake_url,
            is_hanging=self._intake_is_hanging,
            hostname=hostname(self._settings),
            concurrency=self._send_concurrency,
        )
        self.file_launcher = FileLauncher(
            self._settings,
            self._parts,
            self._log,
            self._faults,
            self.auditor,
            deliver=self.pipeline.accept,
            platform=self._platform,
            offset_beyond_end=self._offset_beyond_end,
        )
        self._running = True
        for source in self._sources:
            self.file_launcher.add(source)
        self.handover.launcher = self.launcher
        self.handover.resume()
        while self._unregistered:
            self.register(*self._unregistered.pop(0))

    def restart(self, blocked_seconds: float) -> None:
        """Stop the parts between `send_log` and the intake, and start new ones after `blocked_seconds`.

        Follows `restart` in datadog-agent comp/logs/agent/impl/agent_restart.go (#43287, #43500), with which an Agent
        that could reach the intake only through TCP changes to HTTP:

        - Launchers, pipeline, and destinations stop, then the auditor writes the registry. Nothing reads the channel of
          `send_log` until new ones are started. The stop may take `logs_config.stop_grace_period` plus five seconds.
          The launcher finishes the line that it has received, because the same loop receives lines and the stop signal
          (pkg/logs/launchers/integration/launcher.go).
        - A new integration launcher scans the folder and computes its quota as at a start. Checks are not registered
          again: a check whose id the scan cannot derive from a file name has no file, and its lines are dropped.
        - The sources stay, and a new file launcher receives all of them (`SubscribeForType` in
          pkg/logs/sources/sources.go). It therefore tails them as at a start: from the offset in the registry, without
          an offset from the end, and a file that appears later from its beginning. The drain of a rotated file is lost.
        """
        self._log.info('Attempting to restart logs-agent pipeline')
        self.handover.stop(blocked_seconds)
        self._stop_parts()
        self.auditor.flush()
        self._timetable.after(blocked_seconds, self._restarted)

    def _restarted(self) -> None:
        self._start()
        self._log.info('Successfully restarted pipeline')

    def _stop_parts(self) -> None:
        self._running = False
        self.file_launcher.stop()
        self.pipeline.stop()
        self._parts.clear()

    @staticmethod
    def file_for(settings: AgentSettings, check_id: str) -> Path:
        return integrations_folder(settings) / file_name(check_id)

    def register(self, check_id: str, config: CheckConfig) -> None:
        """Open a log file for a check whose configuration has a `logs:` entry of type integration, and tail it.

        If there are several entries, the file has several tailers.
        """
        if not self._running:
            self._unregistered.append((check_id, config))
            return
        for entry in config.integration_sources():
            path = self.launcher.register(check_id)
            if path is not None:
                source = LogSource.of(config.name, path, entry, config.init_config)
                self._sources.append(source)
                self.file_launcher.add(source)

    def stop(self) -> None:
        """Stop launcher, tailers, pipeline, and auditor in this order (datadog-agent comp/logs/agent/impl/agent.go)."""
        self.handover.stop()
        if self._running:
            self._stop_parts()
        self.auditor.flush()
        self.handover.abandon()

    def abandon(self) -> None:
        self.handover.abandon()
        if self._running:
            self.pipeline.abandon()
            self.file_launcher.close()

    def statuses(self) -> list[SourceStatus]:
        """Return the status of each source, and an empty list while the parts are stopped."""
        return [self._status(each) for each in self.file_launcher.tailed] if self._running else []

    def _status(self, tailed: Tailed) -> SourceStatus:
        source, tailer = tailed.source, tailed.tailer
        size = source.path.stat().st_size if source.path.exists() else 0
        acknowledged = self.auditor.offset(source.identifier)
        return SourceStatus(
            check_name=source.check_name,
            service=source.service,
            source=source.source,
            path=source.path,
            status='OK' if tailer is not None else 'Pending',
            read_bytes=tailer.read_offset - tailer.started_at_offset if tailer is not None else 0,
            acknowledged_bytes=acknowledged,
            backlog_bytes=max(0, size - (acknowledged or 0)),
        )
