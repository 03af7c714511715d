# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent stand-in: hosts installed checks as the Datadog Agent does."""

from __future__ import annotations

import json
import logging
import math
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from . import loader
from .agent_log import AgentLog
from .auditor import Acknowledgements
from .bridge import AggregatorModule, DatadogAgentModule, install, lent
from .checks import CheckInstance, CheckResult
from .clock import Clock, SteppedClock, Timetable, WallClock
from .configuration import AgentSettings, CheckConfig, find_check_configs
from .faults import AgentKilled, Faults
from .file_launcher import OffsetBeyondEnd
from .intake import Intake
from .launcher import Rotation
from .logs_agent import LogsAgent
from .persistent_cache import PersistentCache
from .profile import PROFILES, ProfileName
from .status import render
from .tailer import Platform

STOP_GRACE_SECONDS = 0.5
DEFAULT_SETTINGS = {'logs_enabled': True}
"""The settings if `datadog.yaml` is missing. The Agent's own default disables logs, so it is not used here."""
CHECK_RUNNERS = 4
"""The default of `check_runners`."""


class AgentStandIn:
    """Hosts checks in a root folder, from one start of the Agent to its end.

    To restart the Agent, create another `AgentStandIn` with the same root. With a clock that has `advance`, the Agent
    runs in virtual time: everything happens in `run_checks` and `advance`, in the calling thread. With any other clock,
    the Agent runs in real time, in `run_for` and `run_forever`.

    Args:
        root: the folder with `etc/`, `run/`, and `log/`. It survives the Agent.
        etc: the folder with `datadog.yaml`, `conf.d`, and `checks.d`, instead of `root/etc`. Without a `datadog.yaml`
            the Agent runs with `logs_enabled: true`.
        clock: the source of the time in seconds since the epoch. Default: the time of the machine.
        intake: the destination of the logs. Default: an intake of this Agent. An intake that is not started is started
            and stopped with the Agent. `logs_config.logs_dd_url` in `datadog.yaml` takes precedence.
        profile: the Agent whose behavior and sizes are used, see `profile.py`.
        rotation, offset_beyond_end: replace those of the profile.
        platform, acknowledgements: differences between systems, and between versions of the Agent.
        send_concurrency: the number of payloads that are sent at a time.
        faults: what fails.
        own_process: whether the process hosts only this Agent and has not imported `datadog_checks.base` yet.
    """

    def __init__(
        self,
        root: Path | str,
        clock: Clock | None = None,
        *,
        etc: Path | str | None = None,
        intake: Intake | None = None,
        profile: ProfileName = 'current',
        rotation: Rotation | None = None,
        platform: Platform = 'unix',
        offset_beyond_end: OffsetBeyondEnd | None = None,
        acknowledgements: Acknowledgements = 'in order',
        send_concurrency: int = 1,
        faults: Faults | None = None,
        own_process: bool = False,
    ) -> None:
        self.root = Path(root)
        self.clock = clock or WallClock()
        self.faults = faults or Faults()
        self.aggregator = AggregatorModule()
        self.checks: list[CheckInstance] = []
        self.loading_errors: dict[str, str] = {}
        self.runs: list[CheckResult] = []
        self.started = False
        self.intake = intake or Intake()
        self.intake.virtual = isinstance(self.clock, SteppedClock)
        self._profile = PROFILES[profile]
        self._variants: dict[str, Any] = {
            'rotation': rotation or self._profile.rotation,
            'platform': platform,
            'offset_beyond_end': offset_beyond_end or self._profile.offset_beyond_end,
            'acknowledgements': acknowledgements,
            'send_concurrency': send_concurrency,
        }
        self._own_process = own_process
        self._timetable = Timetable(self.clock)
        folder = self.root / 'etc' if etc is None else Path(etc)
        self._settings_file = folder / 'datadog.yaml'
        self._confd = folder / 'conf.d'
        self._checksd = folder / 'checks.d'
        self._log_path = self.root / 'log' / 'agent.log'
        self._logs: LogsAgent | None = None
        self._life = ExitStack()
        self._runners: ThreadPoolExecutor | None = None
        self._stopped = threading.Event()
        self._serving = threading.Lock()
        if etc is None and not self._settings_file.exists():
            _write_yaml(self._settings_file, DEFAULT_SETTINGS)

    def configure(self, check_name: str, conf: Mapping[str, Any] | str) -> Path:
        """Write the `conf.yaml` of a check. It takes effect at the next start."""
        path = self._confd / f'{check_name}.d' / 'conf.yaml'
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(conf, str):
            path.write_text(conf, 'utf-8')
        else:
            _write_yaml(path, dict(conf))
        return path

    def set_config(self, **values: Any) -> None:
        """Change settings of `datadog.yaml`, given as dotted keys. They take effect at the next start."""
        content = self._read_settings()
        for key, value in values.items():
            *parents, leaf = key.split('.')
            node = content
            for parent in parents:
                node = node.setdefault(parent, {})
            node[leaf] = value
        _write_yaml(self._settings_file, content)

    def _read_settings(self) -> dict[str, Any]:
        if not self._settings_file.exists():
            return dict(DEFAULT_SETTINGS)
        return yaml.safe_load(self._settings_file.read_text('utf-8')) or {}

    def start(self) -> Self:
        if self.started:
            raise RuntimeError('The Agent is started already')
        if self.faults.dead:
            raise RuntimeError('This Agent was killed: make another one over the same root')
        self.settings = AgentSettings(self.root, self._read_settings(), self._profile.defaults)
        self.log = AgentLog(self._log_path, self.clock, self.settings.get('log_level'))
        self.cache = PersistentCache(Path(self.settings.get('run_path')), self.faults)
        self.datadog_agent = DatadogAgentModule(
            self.settings, self.cache, self.log, self.faults, self._send_log, self.clock.now()
        )
        if self._own_process:
            install(self.datadog_agent, self.aggregator)
        self._life.enter_context(lent(self.datadog_agent, self.aggregator))
        try:
            self._life.enter_context(_check_logs(self.log))
            self._life.enter_context(loader.importable(self._checksd))
            self._start_parts()
        except BaseException:
            self._end()
            raise
        return self

    def _start_parts(self) -> None:
        self.started = True
        self._stopped.clear()
        self.checks, self.loading_errors, self._logs = [], {}, None
        virtual = isinstance(self.clock, SteppedClock)
        self._runners = None if virtual else ThreadPoolExecutor(CHECK_RUNNERS, 'check-runner')
        self.log.info('Starting Datadog Agent')
        if self.settings.get('logs_enabled'):
            self._logs = LogsAgent(
                self.settings,
                self._timetable,
                self.log,
                self.faults,
                intake_url=self._intake_url(),
                intake_is_hanging=lambda: self.intake.is_hanging,
                **self._variants,
            )
        for config in find_check_configs(self._confd):
            self._load(config)

    def _intake_url(self) -> str:
        configured: str = self.settings.get('logs_config.logs_dd_url')
        if configured:
            return configured
        if not self.intake.started:
            self._life.enter_context(self.intake)
        return self.intake.url

    def _load(self, config: CheckConfig) -> None:
        for instance in config.instances:
            check_id = config.check_id(instance)
            try:
                module, check_class = loader.load(config.name)
                check = loader.create_check(check_class, config.name, config.init_config, instance, check_id)
            except loader.LoadError as error:
                self.loading_errors[check_id] = str(error)
                self.log.error('Unable to load a check from instance of config %r: %s', config.name, error)
                continue
            scheduled = CheckInstance(check, check_id, config, instance, getattr(module, '__version__', 'unversioned'))
            if self._logs is not None:
                self._logs.register(check_id, config)
            self.checks.append(scheduled)
            self._schedule(scheduled)

    def _schedule(self, instance: CheckInstance) -> None:
        """Schedule the runs of an instance. The first run is due after one interval; the Agent spreads the first runs.

        Runs are due at a fixed pace, even if the run before has not ended or failed (datadog-agent
        `pkg/collector/scheduler/job.go`).
        """
        runners = self._runners
        if runners is None:
            self._timetable.tick(instance.interval_seconds, lambda: self._run(instance))
        else:
            self._timetable.tick(instance.interval_seconds, lambda: runners.submit(self._run, instance))

    def stop(self) -> None:
        """Stop the Agent cleanly: cancel the checks, send all lines that were read, and write the registry."""
        if not self.started:
            return
        self._stopped.set()
        with self._serving:
            self._stop_parts()

    def _stop_parts(self) -> None:
        for instance in self.checks:
            instance.stop(STOP_GRACE_SECONDS)
        if self._logs is not None:
            self._logs.stop()
        self.log.info('See ya!')
        self._end()

    def kill(self) -> None:
        """Kill the Agent, as SIGKILL does. It sends and writes nothing more."""
        if not self.started:
            return
        self.faults.dead = True
        if self._logs is not None:
            self._logs.abandon()
        self._end()

    def _end(self) -> None:
        self._stopped.set()
        if self._runners is not None:
            self._runners.shutdown(wait=False, cancel_futures=True)
        self._timetable.clear()
        self._life.close()
        self.started = False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def run_checks(self) -> list[CheckResult]:
        """Run every instance once, now, in the calling thread.

        Raises:
            AgentKilled: a fault killed the Agent.
        """
        results = [self._run(instance) for instance in self.checks]
        return [result for result in results if result is not None]

    def _run(self, instance: CheckInstance) -> CheckResult | None:
        try:
            result = instance.run(self.clock, self.log)
            if self._logs is not None and self._logs.handover.died:
                self.faults.die()
        except AgentKilled:
            self.kill()
            raise
        if result is not None:
            self.runs.append(result)
        return result

    def advance(self, seconds: float) -> None:
        """Advance virtual time. Scheduler, tailers, pipeline, and registry perform the actions that become due."""
        self._timetable.advance(seconds)

    def run_for(self, seconds: float) -> None:
        """Run in real time for this long, or until another thread calls `leave`, `stop`, or `kill`.

        Raises:
            AgentKilled: a fault killed the Agent.
        """
        with self._serving:
            self._timetable.serve(self._stopped, until=self.clock.now() + seconds)
        if self.faults.dead:
            raise AgentKilled

    def restart_logs(self, blocked_seconds: float) -> None:
        """Restart the logs agent while the checks continue, as the Agent does when it changes from TCP to HTTP.

        In virtual time, the logs agent stops immediately and starts when the time has passed, even while a check waits
        in `send_log`. In real time, both happen in `run_for` and `run_forever`.

        Args:
            blocked_seconds: from the stop to the start; see `logs_agent.LONGEST_RESTART_SECONDS`.
        """
        logs = self.logs
        if isinstance(self.clock, SteppedClock):
            logs.restart(blocked_seconds)
        else:
            self._timetable.after(0, lambda: logs.restart(blocked_seconds))

    def run_forever(self) -> None:
        self.run_for(math.inf)

    def leave(self) -> None:
        """Make `run_for` and `run_forever` return. Call this from signal handlers and other threads."""
        self._stopped.set()

    def _send_log(self, line: bytes, check_id: str) -> None:
        """Send a line to the logs agent. Does nothing if the logs agent is disabled, like the newest Agent versions."""
        if self._logs is not None:
            self._logs.handover.send(line, check_id)

    @property
    def logs(self) -> LogsAgent:
        """The logs agent, for tests that inspect or change it."""
        if self._logs is None:
            raise RuntimeError('The logs agent is not running')
        return self._logs

    @property
    def check_ids(self) -> list[str]:
        return [instance.check_id for instance in self.checks]

    def log_file(self, check_id: str | None = None) -> Path:
        """Return the path of a check's log file (default: of the only instance). The file may not exist."""
        if check_id is None:
            [check_id] = self.check_ids
        return LogsAgent.file_for(self.settings, check_id)

    def log_lines(self, check_id: str | None = None) -> list[dict[str, Any]]:
        """Return the parsed lines in the log file of one check, or of all checks."""
        if self.started and self._logs is not None and not isinstance(self.clock, SteppedClock):
            self._logs.handover.settle()
        files = [self.log_file(each) for each in ([check_id] if check_id else self.check_ids)]
        return [json.loads(line) for file in files if file.exists() for line in file.read_bytes().splitlines()]

    def cache_files(self) -> dict[str, bytes]:
        return self.cache.files()

    def status(self) -> str:
        """Return the text of `agent status`."""
        sources = self._logs.statuses() if self._logs is not None else None
        return render(self.checks, self.loading_errors, sources, self.datadog_agent.metadata)

    @property
    def agent_log(self) -> str:
        """Return everything that all Agents with this root have logged."""
        return self._log_path.read_text('utf-8') if self._log_path.exists() else ''


@contextmanager
def _check_logs(log: AgentLog) -> Iterator[None]:
    """Send the log messages of checks to `agent.log`, as `init_logging` of the base package does in an Agent."""
    from datadog_checks.base.agent import AGENT_RUNNING
    from datadog_checks.base.log import AgentLogHandler

    if AGENT_RUNNING:
        yield
        return
    root = logging.getLogger()
    level = root.level
    handler = AgentLogHandler()
    root.addHandler(handler)
    root.setLevel(log.level)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def _write_yaml(path: Path, content: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True), 'utf-8')
