# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent's registry: up to where it has delivered each file.

`registry.json` is rewritten every second whatever happens, so its age tells whether the logs part of the Agent works.
The offset of a file is the position after the last line that Datadog's intake acknowledged (datadog-agent
`comp/logs/auditor/impl/auditor.go`, `api_v2.go`). It is no supported interface: anything unexpected reads as unknown.
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

# Some Agents rewrite the file in place, so a reader may meet half of it.
READ_ATTEMPTS = 3
READ_PAUSE_SECONDS = 0.05

# More digits are no size of a file.
DIGITS = re.compile(r'[0-9]{1,18}')


@dataclass(frozen=True, slots=True)
class Registry:
    """How far the Agent has come with one file, and with everything else it reads.

    `offset`: bytes of the file that were acknowledged, `None` before the first acknowledgement. `others`: the place in
    each other source, in whatever way the Agent writes it.
    """

    offset: int | None
    others: Mapping[str, str]


def read_registry(path: str, log_path: str, clock: Clock) -> Registry | None:
    """Read in the registry at `path` how far the file at `log_path` was delivered.

    `None` if the registry is missing, torn, of another version, or was not written for half a minute.
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
    # On Windows the settings and the registry may spell one path with other cases and separators.
    return key.casefold().replace('\\', '/')
