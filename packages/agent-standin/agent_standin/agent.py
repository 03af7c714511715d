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
"""What stands for a `datadog.yaml` that is missing: logs are what this Agent is for."""
CHECK_RUNNERS = 4
"""The default of `check_runners`."""


class AgentStandIn:
    """One life of an Agent over a root folder; another one over the same root is the Agent restarted.

    With a clock that has `advance` the Agent runs in virtual time: nothing happens but in `run_checks` and `advance`,
    in the calling thread. With any other clock it runs in real time, in `run_for` and `run_forever`.

    Args:
        root: holds `etc/`, `run/` and `log/`, and survives the Agent.
        etc: the folder with `datadog.yaml`, `conf.d` and `checks.d`, in place of `root/etc`. Without a `datadog.yaml`
            the Agent runs with `logs_enabled: true`.
        clock: seconds since the epoch; the machine's by default.
        intake: where the logs go, by default one of its own; started and stopped with the Agent if it is not started
            yet. A `logs_config.logs_dd_url` in `datadog.yaml` goes before it.
        profile: the Agent that is stood in for, see `profile.py`.
        rotation, offset_beyond_end: in place of those of the profile.
        platform, acknowledgements: what differs between systems and between stored versions of the Agent.
        send_concurrency: payloads under way at a time.
        faults: what shall go wrong.
        own_process: the process is nothing but this Agent, and `datadog_checks.base` is not imported yet.
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

    # Configuration

    def configure(self, check_name: str, conf: Mapping[str, Any] | str) -> Path:
        """Write the `conf.yaml` of a check; takes effect at the next start."""
        path = self._confd / f'{check_name}.d' / 'conf.yaml'
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(conf, str):
            path.write_text(conf, 'utf-8')
        else:
            _write_yaml(path, dict(conf))
        return path

    def set_config(self, **values: Any) -> None:
        """Change `datadog.yaml`, by dotted keys; takes effect at the next start."""
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

    # Life

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
                self.settings, self._timetable, self.log, self.faults, intake_url=self._intake_url(), **self._variants
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
        """The Agent spreads the first runs over the interval; here the first one comes at its end.

        Runs fall due at the pace of a ticker, whatever became of the one before (datadog-agent
        `pkg/collector/scheduler/job.go`).
        """
        runners = self._runners
        if runners is None:
            self._timetable.tick(instance.interval_seconds, lambda: self._run(instance))
        else:
            self._timetable.tick(instance.interval_seconds, lambda: runners.submit(self._run, instance))

    def stop(self) -> None:
        """A clean stop."""
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
        """The end without notice, as by SIGKILL: nothing is flushed, nothing is told."""
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

    # Running

    def run_checks(self) -> list[CheckResult]:
        """Run every instance once, now, in the calling thread.

        Raises:
            AgentKilled: a fault killed the Agent meanwhile.
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
        """Let virtual time pass: tailers, registry and scheduler do what falls due."""
        self._timetable.advance(seconds)

    def run_for(self, seconds: float) -> None:
        """Serve in real time for so long, or until `leave`, `stop` or `kill` is called elsewhere.

        Raises:
            AgentKilled: a fault killed the Agent meanwhile.
        """
        with self._serving:
            self._timetable.serve(self._stopped, until=self.clock.now() + seconds)
        if self.faults.dead:
            raise AgentKilled

    def restart_logs(self, blocked_seconds: float) -> None:
        """Stop the logs part, and start it again while the checks go on, as at a change of the transport.

        In virtual time the stop comes at once and the start when the time is there, also while a check waits in
        `send_log`; in real time both come while the Agent serves.

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
        """Make `run_for` and `run_forever` return; for signal handlers and other threads."""
        self._stopped.set()

    def _send_log(self, line: bytes, check_id: str) -> None:
        """With the logs agent disabled a silent no-op, as in the newest Agents."""
        if self._logs is not None:
            self._logs.handover.send(line, check_id)

    # What can be seen of it

    @property
    def logs(self) -> LogsAgent:
        """The logs part, to look into and to meddle with."""
        if self._logs is None:
            raise RuntimeError('The logs agent is not running')
        return self._logs

    @property
    def check_ids(self) -> list[str]:
        return [instance.check_id for instance in self.checks]

    def log_file(self, check_id: str | None = None) -> Path:
        """Where the lines of a check (by default of the only instance) are written, whether or not the file exists."""
        if check_id is None:
            [check_id] = self.check_ids
        return LogsAgent.file_for(self.settings, check_id)

    def log_lines(self, check_id: str | None = None) -> list[dict[str, Any]]:
        """The parsed lines of one check's log file, or of those of all instances."""
        if self.started and self._logs is not None and not isinstance(self.clock, SteppedClock):
            self._logs.handover.settle()
        files = [self.log_file(each) for each in ([check_id] if check_id else self.check_ids)]
        return [json.loads(line) for file in files if file.exists() for line in file.read_bytes().splitlines()]

    def cache_files(self) -> dict[str, bytes]:
        return self.cache.files()

    def status(self) -> str:
        """The text of `agent status`."""
        return render(self.checks, self.loading_errors, self._logs.statuses() if self._logs is not None else None)

    @property
    def agent_log(self) -> str:
        """All that was ever logged over this root."""
        return self._log_path.read_text('utf-8') if self._log_path.exists() else ''


@contextmanager
def _check_logs(log: AgentLog) -> Iterator[None]:
    """Send what checks log to `agent.log`, as `init_logging` of the base package arranges by itself in an Agent."""
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
