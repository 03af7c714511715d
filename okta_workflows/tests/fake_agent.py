# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent's side of a check that sends logs, as small as a test of the check allows.

It keeps one log file for each check id and replaces it at its limit (datadog-agent
`pkg/logs/launchers/integration/launcher.go`), notes in a registry how far it has sent the file
(`comp/logs/auditor/impl/auditor.go`), and keeps the values of the persistent cache. Nothing of it runs by itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from datadog_checks.base.stubs import datadog_agent
from datadog_checks.okta_workflows import OktaWorkflowsCheck

MIB = 1024 * 1024
CHECK_ID = 'okta_workflows:1a2b'


class FakeAgent:
    """One Agent and one instance, in `folder`. A new check is a new process over the same files."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.run_path = folder / 'run'
        self.log_path = self.run_path / 'integrations' / 'okta_workflows_1a2b.log'
        self.log_path.parent.mkdir(parents=True)
        self.log_path.touch()
        self.registry_path = self.run_path / 'registry.json'
        self.cache: dict[str, str] = {}
        self.sent: list[str] = []
        """Every line that the check handed over."""
        self.read: list[str] = []
        """The lines of the files that were replaced."""
        self.on_line: Callable[[str], object] = self.write
        """What becomes of a line; a test may replace it."""
        self.settings: dict[str, Any] = {
            'logs_enabled': True,
            'logs_config.run_path': str(self.run_path),
            'logs_config.integrations_logs_files_max_size': 1,
            'logs_config.integrations_logs_total_usage': 100,
            'logs_config.integrations_logs_disk_ratio': 1.0,
            'logs_config.max_message_size_bytes': 900_000,
        }
        self._write_registry({})
        for name in ('send_log', 'read_persistent_cache', 'write_persistent_cache', 'get_config'):
            monkeypatch.setattr(datadog_agent, name, getattr(self, name))

    def start(self, instance: dict[str, Any], **init_config: Any) -> OktaWorkflowsCheck:
        """A check of a new process."""
        check = OktaWorkflowsCheck('okta_workflows', init_config, [instance])
        check.check_id = CHECK_ID
        return check

    def send_log(self, line: str, check_id: str) -> None:
        self.sent.append(line)
        self.on_line(line)

    def write(self, line: str) -> None:
        data = line.encode() + b'\n'
        if self.log_path.exists() and self.log_path.stat().st_size + len(data) > self.file_max_bytes:
            self.replace()
        with self.log_path.open('ab') as file:
            file.write(data)

    @property
    def file_max_bytes(self) -> int:
        return int(self.settings['logs_config.integrations_logs_files_max_size'] * MIB)

    def replace(self) -> None:
        """Begin a new log file."""
        self.read += self.log_path.read_text('utf-8').splitlines()
        # Another file in its place: a file that is emptied may be taken for one that has grown.
        self.log_path.rename(self.log_path.with_suffix('.old'))
        self.log_path.with_suffix('.new').touch()
        self.log_path.with_suffix('.new').rename(self.log_path)
        self.log_path.with_suffix('.old').unlink()

    def acknowledge(self, offset: int | None = None, **others: int) -> None:
        """Note that Datadog has what stands before `offset`, by default all; `others`: the offsets of other files."""
        offset = self.log_path.stat().st_size if offset is None else offset
        offsets = {
            str(self.log_path): offset,
            **{str(self.log_path.with_name(name)): at for name, at in others.items()},
        }
        self._write_registry(offsets)

    def _write_registry(self, offsets: Mapping[str, int]) -> None:
        entries = {
            f'file:{path}': {'Offset': str(at), 'LastUpdated': '2026-11-23T03:02:45Z', 'TailingMode': 'beginning'}
            for path, at in offsets.items()
        }
        self.registry_path.write_text(json.dumps({'Version': 2, 'Registry': entries}), 'utf-8')

    @property
    def lines(self) -> list[dict[str, Any]]:
        """All that the Agent wrote, line by line."""
        return [json.loads(line) for line in (*self.read, *self.log_path.read_text('utf-8').splitlines())]

    @property
    def uuids(self) -> list[str]:
        return [line['log']['uuid'] for line in self.lines]

    @property
    def cursor(self) -> dict[str, Any]:
        """The newest of what is stored of the cursor."""
        stored = [json.loads(value) for key, value in self.cache.items() if 'cursor' in key and value]
        newest: dict[str, Any] = max(stored, key=lambda each: int(each['number']))
        return newest

    def read_persistent_cache(self, key: str) -> str:
        return self.cache.get(key, '')

    def write_persistent_cache(self, key: str, value: str) -> None:
        self.cache[key] = value

    def get_config(self, key: str) -> Any:
        return self.settings.get(key)
