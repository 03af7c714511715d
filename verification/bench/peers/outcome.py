# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""How a program here is called and what it tells: arguments are the org's URL and its events, the answer is JSON."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LIMIT_EVENTS = 1000
SINCE = '2026-01-01T00:00:00Z'
UNTIL = '2036-01-01T00:00:00Z'


@dataclass(frozen=True)
class Started:
    """What a process took that a program here started, and how many events it read."""

    events: int
    wall_seconds: float
    cpu_seconds: float
    peak_kib: int


def tell(read: Callable[[str, int], int]) -> None:
    """Call `read(url, events)`, which returns how many events it read, and print the outcome."""
    started = time.perf_counter()
    events = read(*_arguments())
    seconds = time.perf_counter() - started
    print(json.dumps({'events': events, 'seconds': seconds, 'peak kib': _peak_kib()}))


def tell_of_another(read: Callable[[str, int], Started]) -> None:
    """Call `read(url, events)`, which starts a process that reads, and print what that process took."""
    outcome = read(*_arguments())
    print(
        json.dumps(
            {
                'events': outcome.events,
                'peak kib': outcome.peak_kib,
                'wall seconds': outcome.wall_seconds,
                'cpu seconds': outcome.cpu_seconds,
            }
        )
    )


def start(command: Sequence[str], environment: Mapping[str, str], count: Callable[[], int]) -> Started:
    """Run a command with `environment` over this process's, and then `count` the events that it read.

    Raises `subprocess.CalledProcessError` if it fails.
    """
    started = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    wall_seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    # Linux counts what this process had when it started the other one, so its own memory is the least it tells.
    return Started(count(), wall_seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def _arguments() -> tuple[str, int]:
    url, events = sys.argv[1:]
    return url, int(events)


def _peak_kib() -> int:
    found = re.search(r'VmHWM:\s+(\d+) kB', Path('/proc/self/status').read_text())
    assert found is not None
    return int(found[1])
