# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Runs checks, and keeps the same state of each instance as the Agent's collector."""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .agent_log import AgentLog
from .clock import Clock
from .configuration import CheckConfig

if TYPE_CHECKING:
    from datadog_checks.base import AgentCheck

DEFAULT_INTERVAL_SECONDS = 15.0

Status = Literal['OK', 'WARNING', 'ERROR']


@dataclass(frozen=True)
class CheckResult:
    """One run of one instance, as the status page reports it."""

    check_id: str
    started_at: float
    """The start of the run, in seconds since the epoch."""
    duration_seconds: float
    warnings: list[str]
    error: str = ''
    traceback: str = ''

    @property
    def status(self) -> Status:
        if self.error or self.traceback:
            return 'ERROR'
        return 'WARNING' if self.warnings else 'OK'


@dataclass
class CheckInstance:
    """A scheduled check object."""

    check: AgentCheck
    check_id: str
    config: CheckConfig
    instance: dict[str, Any]
    version: str
    runs: list[CheckResult] = field(default_factory=list)
    skipped_runs: int = 0
    """The number of runs that were due during an earlier run. They are skipped, because runs never overlap."""
    _running: threading.Lock = field(default_factory=threading.Lock)

    @property
    def interval_seconds(self) -> float:
        key = 'min_collection_interval'
        return float(self.instance.get(key) or self.config.init_config.get(key) or DEFAULT_INTERVAL_SECONDS)

    @property
    def last_result(self) -> CheckResult | None:
        return self.runs[-1] if self.runs else None

    def run(self, clock: Clock, log: AgentLog) -> CheckResult | None:
        """Run the check now. Returns `None` if an earlier run has not ended."""
        if not self._running.acquire(blocking=False):
            self.skipped_runs += 1
            log.write(logging.DEBUG, 'Check %s is already running, skipping execution...', self.check_id)
            return None
        try:
            started_at = clock.now()
            answer = self.check.run()
            error: dict[str, str] = json.loads(answer)[0] if answer else {}
            result = CheckResult(
                check_id=self.check_id,
                started_at=started_at,
                duration_seconds=clock.now() - started_at,
                warnings=self.check.get_warnings(),
                error=error.get('message', ''),
                traceback=error.get('traceback', ''),
            )
            if answer:
                log.error('Error running check %s: %s', self.check_id, answer)
            self.runs.append(result)
            return result
        finally:
            self._running.release()

    def stop(self, grace_seconds: float) -> None:
        """Wait a moment for the current run, then call `cancel` of the check, even if the run has not ended.

        This follows datadog-agent pkg/collector, where both take at most 500 ms.
        """
        if self._running.acquire(timeout=grace_seconds):
            self._running.release()
        self.check.cancel()
