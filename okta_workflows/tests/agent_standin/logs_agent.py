# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The logs part of the Agent: from `send_log` to the intake."""

from __future__ import annotations

from pathlib import Path

from tests.agent_standin.agent_log import AgentLog
from tests.agent_standin.auditor import EXPIRY_PERIOD_SECONDS, FLUSH_PERIOD_SECONDS, Acknowledgements, Auditor
from tests.agent_standin.bridge import hostname
from tests.agent_standin.clock import SteppedClock, Timetable
from tests.agent_standin.configuration import AgentSettings, CheckConfig
from tests.agent_standin.faults import Faults
from tests.agent_standin.file_launcher import FileLauncher, OffsetBeyondEnd, Tailed
from tests.agent_standin.launcher import (
    Handover,
    LogFileLauncher,
    Rotation,
    SteppedHandover,
    ThreadedHandover,
    file_name,
    integrations_folder,
)
from tests.agent_standin.message import LogSource
from tests.agent_standin.pipeline import Pipeline
from tests.agent_standin.status import SourceStatus
from tests.agent_standin.tailer import Platform


class LogsAgent:
    def __init__(
        self,
        settings: AgentSettings,
        timetable: Timetable,
        log: AgentLog,
        faults: Faults,
        *,
        intake_url: str,
        rotation: Rotation,
        platform: Platform,
        offset_beyond_end: OffsetBeyondEnd,
        acknowledgements: Acknowledgements,
        send_concurrency: int,
    ) -> None:
        clock = timetable.clock
        self.launcher = LogFileLauncher(settings, clock, log, faults, rotation)
        self.handover: Handover
        if isinstance(clock, SteppedClock):
            self.handover = SteppedHandover(
                self.launcher, clock, faults, after=timetable.after, sleep=timetable.advance
            )
        else:
            self.handover = ThreadedHandover(self.launcher, faults)
        self.auditor = Auditor(
            integrations_folder(settings).parent,
            clock=clock,
            log=log,
            faults=faults,
            atomic=settings.get('logs_config.atomic_registry_write'),
            ttl_hours=settings.get('logs_config.auditor_ttl'),
            acknowledgements=acknowledgements,
        )
        self.pipeline = Pipeline(
            settings,
            timetable,
            log,
            faults,
            self.auditor,
            url=intake_url,
            hostname=hostname(settings),
            concurrency=send_concurrency,
        )
        self.file_launcher = FileLauncher(
            settings,
            timetable,
            log,
            faults,
            self.auditor,
            deliver=self.pipeline.accept,
            platform=platform,
            offset_beyond_end=offset_beyond_end,
        )
        timetable.every(FLUSH_PERIOD_SECONDS, self.auditor.flush)
        timetable.every(EXPIRY_PERIOD_SECONDS, self.auditor.expire)

    @staticmethod
    def file_for(settings: AgentSettings, check_id: str) -> Path:
        return integrations_folder(settings) / file_name(check_id)

    def register(self, check_id: str, config: CheckConfig) -> None:
        """Open a log file for a check whose configuration has a `logs:` entry of type integration, and tail it.

        Several entries give one file with several tailers on it.
        """
        for entry in config.integration_sources():
            path = self.launcher.register(check_id)
            if path is not None:
                self.file_launcher.add(LogSource.of(config.name, path, entry, config.init_config))

    def stop(self) -> None:
        """Front to back: launcher, tailers, pipeline, auditor (datadog-agent comp/logs/agent/impl/agent.go)."""
        self.handover.stop()
        self.file_launcher.stop()
        self.pipeline.stop()
        self.auditor.flush()
        self.handover.abandon()

    def abandon(self) -> None:
        self.handover.abandon()
        self.pipeline.abandon()
        self.file_launcher.close()

    def statuses(self) -> list[SourceStatus]:
        return [self._status(each) for each in self.file_launcher.tailed]

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
