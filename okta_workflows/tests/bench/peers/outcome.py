# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""How a program here is called and what it tells: arguments are the org's URL and its events, the answer is JSON."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

LIMIT_EVENTS = 1000
SINCE = '2026-01-01T00:00:00Z'
UNTIL = '2036-01-01T00:00:00Z'


def tell(read: Callable[[str, int], int]) -> None:
    """Call `read(url, events)`, which returns how many events it read, and print the outcome."""
    started = time.perf_counter()
    events = read(sys.argv[1], int(sys.argv[2]))
    seconds = time.perf_counter() - started
    print(json.dumps({'events': events, 'seconds': seconds, 'peak kib': _peak_kib()}))


def _peak_kib() -> int:
    found = re.search(r'VmHWM:\s+(\d+) kB', Path('/proc/self/status').read_text())
    assert found is not None
    return int(found[1])
