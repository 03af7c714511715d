# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The log of the Agent and its checks, `<root>/log/agent.log`, which is kept across restarts."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .clock import Clock

TRACE_LEVEL = 7
LEVELS = {
    'trace': TRACE_LEVEL,
    'debug': logging.DEBUG,
    'info': logging.INFO,
    'warn': logging.WARNING,
    'warning': logging.WARNING,
    'error': logging.ERROR,
    'critical': logging.CRITICAL,
}
_NAMES = {TRACE_LEVEL: 'TRACE', logging.WARNING: 'WARN'}


class AgentLog:
    """Appends one line per message, filtered by the `log_level` of `datadog.yaml`."""

    def __init__(self, path: Path, clock: Clock, level: str = 'info') -> None:
        self.path = path
        self.level = LEVELS.get(level.lower(), logging.INFO)
        self._clock = clock
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, level: int, message: str, *args: Any) -> None:
        if level < self.level:
            return
        time = datetime.fromtimestamp(self._clock.now(), UTC).strftime('%Y-%m-%d %H:%M:%S UTC')
        name = _NAMES.get(level, logging.getLevelName(level))
        # A lone surrogate is escaped, so that the rest of the line is still readable.
        with self.path.open('a', encoding='utf-8', errors='backslashreplace') as file:
            file.write(f'{time} | CORE | {name} | {message % args if args else message}\n')

    def info(self, message: str, *args: Any) -> None:
        self.write(logging.INFO, message, *args)

    def warning(self, message: str, *args: Any) -> None:
        self.write(logging.WARNING, message, *args)

    def error(self, message: str, *args: Any) -> None:
        self.write(logging.ERROR, message, *args)

    def text(self) -> str:
        return self.path.read_text('utf-8') if self.path.exists() else ''
