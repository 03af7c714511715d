# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent's registry: the offset up to which the Agent has delivered each file.

The Agent rewrites `registry.json` every second even if nothing changes, so its age shows whether the logs Agent works.
The offset of a file is the position after the last line that Datadog's intake acknowledged (datadog-agent
`comp/logs/auditor/impl/auditor.go`, `api_v2.go`). The registry is not a supported interface, so unexpected content
counts as unknown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datadog_checks.base.utils.format import json
from datadog_checks.okta_workflows.clock import Clock

VERSION = 2
MAX_AGE_SECONDS = 30.0

# Some Agent versions rewrite the file in place, so it may be incomplete when it is read.
READ_ATTEMPTS = 3
READ_PAUSE_SECONDS = 0.05

# No file has a size with more digits.
DIGITS = re.compile(r'[0-9]{1,18}')


@dataclass(frozen=True, slots=True)
class Registry:
    """The progress of the Agent in one file and in all other log sources.

    `offset` is the number of acknowledged bytes of the file, or `None` before the first acknowledgement. `others` maps
    each other source to its position, in the format in which the Agent writes it.
    """

    offset: int | None
    others: Mapping[str, str]


def read_registry(path: str, log_path: str, clock: Clock) -> Registry | None:
    """Read from the registry at `path` how far the file at `log_path` was delivered.

    Returns `None` if the registry is missing, torn, of another version, or was not written for half a minute.
    """
    for attempt in range(READ_ATTEMPTS):
        if attempt:
            clock.sleep(READ_PAUSE_SECONDS)
        try:
            with open(path, 'rb') as file:
                age_seconds = clock.now() - os.fstat(file.fileno()).st_mtime
                content = json.decode(file.read())
        except OSError:
            return None
        except ValueError:
            continue
        return _parse(content, log_path) if age_seconds <= MAX_AGE_SECONDS else None
    return None


def _parse(content: Any, log_path: str) -> Registry | None:
    if not isinstance(content, Mapping) or content.get('Version') != VERSION:
        return None
    entries = content.get('Registry')
    if not isinstance(entries, Mapping):
        return None
    own = _fold(f'file:{log_path}')
    offset, others = None, {}
    for key, entry in entries.items():
        place = str(entry.get('Offset')) if isinstance(entry, Mapping) else ''
        if _fold(key) != own:
            others[key] = place
        elif DIGITS.fullmatch(place):
            offset = int(place)
        else:
            return None
    return Registry(offset, others)


def _fold(key: str) -> str:
    # On Windows the settings and the registry may spell the same path with different cases and separators.
    return key.casefold().replace('\\', '/')
