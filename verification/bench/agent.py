# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent's side at next to no cost."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from unittest import mock

from datadog_checks.base.stubs import datadog_agent

if TYPE_CHECKING:
    from datadog_checks.base import AgentCheck

CHECK_ID = 'okta_workflows:bench'
MIB = 1024 * 1024
FILE_MAX_MIB = 100


class _WorkingClock:
    """The clock of the machine, but that a wait is taken for work."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)

    def __init__(self, work: Callable[[float], object]) -> None:
        self.sleep = work


class QuickAgent:
    """Stands in for the functions of `datadog_agent` that the collection of logs uses.

    Args:
        lines: when they reach the log file. While a check waits for them, many at a time, is cheapest; a check that
            never waits leaves them in memory. At once, each takes one system call.
        commits: whether the cache is kept in files, which the Agent rewrites at each write.
    """

    def __init__(
        self,
        folder: Path,
        *,
        lines: Literal['while it waits', 'at once'] = 'while it waits',
        commits: Literal['in memory', 'in files'] = 'in memory',
    ) -> None:
        self.lines = 0
        """How many were handed over."""
        self.commits = 0
        self.writing_seconds = 0.0
        """What the writing of lines took so far while the check waited, in CPU time of this process."""
        self._pending: list[str] = []
        self._at_once = lines == 'at once'
        self._run_path = folder / 'run'
        self._log_path = self._run_path / 'integrations' / (CHECK_ID.replace(':', '_') + '.log')
        self._log_path.parent.mkdir(parents=True)
        self._log_path.touch()
        self._log: FileIO | None = None
        self._log_bytes = 0
        self._cache: dict[str, str] = {}
        self._cache_folder = folder / 'cache' if commits == 'in files' else None
        if self._cache_folder is not None:
            self._cache_folder.mkdir()
        self._settings = {
            'logs_enabled': True,
            'logs_config.run_path': str(self._run_path),
            'logs_config.integrations_logs_files_max_size': FILE_MAX_MIB,
            'logs_config.integrations_logs_total_usage': 2 * FILE_MAX_MIB,
            'logs_config.integrations_logs_disk_ratio': 1.0,
        }

    def load(self, check_class: type[AgentCheck], instance: dict[str, Any]) -> AgentCheck:
        check = check_class('okta_workflows', {}, [instance])
        check.check_id = CHECK_ID
        if hasattr(check, 'clock'):
            # What the Agent does while the check waits.
            check.clock = _WorkingClock(self._work)
        return check

    def run(self, check: AgentCheck) -> None:
        complaint = check.run()
        if complaint:
            raise RuntimeError(complaint)

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Stand in for the stub of the base package."""
        with ExitStack() as stack:
            for name in ('send_log', 'read_persistent_cache', 'write_persistent_cache', 'get_config'):
                stack.enter_context(mock.patch.object(datadog_agent, name, getattr(self, name)))
            stack.callback(self._close_log)
            yield

    def send_log(self, line: str, check_id: str) -> None:
        self.lines += 1
        if self._at_once:
            self._append(line.encode() + b'\n')
        else:
            self._pending.append(line)

    def read_persistent_cache(self, key: str) -> str:
        return self._cache.get(key, '')

    def write_persistent_cache(self, key: str, value: str) -> None:
        self.commits += 1
        self._cache[key] = value
        if self._cache_folder is not None:
            _rewrite(self._cache_folder / key.rpartition(':')[2], value)

    def get_config(self, key: str) -> Any:
        return self._settings.get(key)

    def acknowledge(self) -> None:
        """Everything that was written has reached Datadog."""
        entry = {'Offset': str(self._log_bytes), 'LastUpdated': '2026-01-01T00:00:00Z', 'TailingMode': 'beginning'}
        registry = {'Version': 2, 'Registry': {f'file:{self._log_path}': entry}}
        (self._run_path / 'registry.json').write_text(json.dumps(registry))

    def _work(self, _: float) -> None:
        started = time.process_time()
        if self._pending:
            self._write()
        else:
            # What it waits for now is that the Agent sends what it wrote.
            self.acknowledge()
        self.writing_seconds += time.process_time() - started

    def _close_log(self) -> None:
        if self._log is not None:
            self._log.close()
            self._log = None

    def _write(self) -> None:
        data = ''.join(f'{line}\n' for line in self._pending).encode()
        self._pending.clear()
        self._append(data)

    def _append(self, data: bytes) -> None:
        if self._log_bytes + len(data) > FILE_MAX_MIB * MIB:
            self._close_log()
            self._log_path.unlink()
            self._log_bytes = 0
        if self._log is None:
            # Not opened for each line, as the Agent does it: what that takes is not the check's.
            self._log = self._log_path.open('ab', buffering=0)
        self._log_bytes += self._log.write(data)


def _rewrite(path: Path, value: str) -> None:
    """As the Agent does: truncate, write, close."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, value.encode())
    finally:
        os.close(descriptor)
