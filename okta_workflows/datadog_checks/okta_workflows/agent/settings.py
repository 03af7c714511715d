# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent settings that determine what happens to a line after `send_log`."""

from __future__ import annotations

import math
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from datadog_checks.okta_workflows.constants import MIB

# Older Agent versions have smaller limits than newer ones. These defaults are safe with every version.
DEFAULT_FILE_MAX_MIB = 10
DEFAULT_TOTAL_MAX_MIB = 100
DEFAULT_DISK_RATIO = 0.8
DEFAULT_MESSAGE_MAX_BYTES = 256_000


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """The settings of the Agent's log files (datadog-agent `pkg/config/setup`).

    `run_path` has the Agent's spelling, because the Agent's registry names files with it; `None` if the Agent does not
    report it. `disk_ratio` is the share of the disk that may be in use. All other fields are in bytes.
    """

    run_path: str | None
    file_max_bytes: int
    total_max_bytes: int
    disk_ratio: float
    message_max_bytes: int

    @property
    def line_max_bytes(self) -> int:
        """The size of the longest line, including its line break, that the Agent neither drops nor splits."""
        return min(self.message_max_bytes, self.file_max_bytes, self.total_max_bytes)

    def free_bytes(self, folder: str) -> float:
        """Return the free space of the disk with `folder`, or infinity if it cannot be determined."""
        try:
            return shutil.disk_usage(folder).free
        except OSError:
            return math.inf

    def quota_bytes(self, folder: str) -> int:
        """Compute the total size allowed for all log files in `folder`, as the Agent does when it starts.

        Follows `pkg/logs/launchers/integration/launcher.go`. If the quota is 0, the Agent drops every line.
        """
        try:
            disk = shutil.disk_usage(folder)
        except OSError:
            return self.total_max_bytes
        if not 0 <= self.disk_ratio <= 1:
            return self.total_max_bytes
        return min(self.total_max_bytes, max(0, disk.free - math.ceil(disk.total * (1 - self.disk_ratio))))


def read_agent_settings(get_config: Callable[[str], Any]) -> AgentSettings:
    """Read the settings. Numbers that the Agent does not know, or that are not valid, get a safe default."""
    run_path = get_config('logs_config.run_path')
    ratio = _number(get_config, 'integrations_logs_disk_ratio')
    return AgentSettings(
        run_path=os.path.normpath(run_path) if isinstance(run_path, str) and run_path else None,
        file_max_bytes=_size(get_config, 'integrations_logs_files_max_size', DEFAULT_FILE_MAX_MIB * MIB, MIB),
        total_max_bytes=_size(get_config, 'integrations_logs_total_usage', DEFAULT_TOTAL_MAX_MIB * MIB, MIB),
        disk_ratio=DEFAULT_DISK_RATIO if ratio is None else ratio,
        message_max_bytes=_size(get_config, 'max_message_size_bytes', DEFAULT_MESSAGE_MAX_BYTES, 1),
    )


def _size(get_config: Callable[[str], Any], name: str, default_bytes: int, unit_bytes: int) -> int:
    value = _number(get_config, name)
    return default_bytes if value is None or value <= 0 else int(value * unit_bytes)


def _number(get_config: Callable[[str], Any], name: str) -> float | None:
    value = get_config(f'logs_config.{name}')
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
