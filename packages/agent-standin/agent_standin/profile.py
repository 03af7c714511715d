# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The differences between current and older Agents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .file_launcher import OffsetBeyondEnd
from .launcher import Rotation

ProfileName = Literal['current', 'older']


@dataclass(frozen=True)
class Profile:
    rotation: Rotation
    offset_beyond_end: OffsetBeyondEnd
    defaults: Mapping[str, Any] = field(default_factory=dict)
    """The defaults of `datadog.yaml` that differ from `configuration.default_settings`."""


PROFILES: Mapping[ProfileName, Profile] = {
    # Current Agents have files of 100 MiB, lines of 900,000 bytes, and a scan every second (datadog-agent
    # pkg/config/setup/all_settings.go).
    'current': Profile(rotation='recreate', offset_beyond_end='start at 0'),
    # These are the smallest sizes and the slowest scan of a supported Agent: before datadog-agent#45885 (rotation),
    # #49896 (scan), #54149 (offset), and #40531 (lines), with files as #28079 introduced them.
    'older': Profile(
        rotation='truncate',
        offset_beyond_end='seek past the end',
        defaults={
            'logs_config.integrations_logs_files_max_size': 10,
            'logs_config.max_message_size_bytes': 256000,
            'logs_config.file_scan_period': 10.0,
        },
    ),
}
