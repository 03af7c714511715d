# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The memory that collection takes, beyond what the imported and idle check has."""

from __future__ import annotations

import gc
import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from datadog_checks.okta_workflows import OktaWorkflowsCheck

from .agent import QuickAgent

STATUS = Path('/proc/self/status')
CLEAR_REFS = Path('/proc/self/clear_refs')
RESET_PEAK = '5'


def measure(port: int, events: int) -> dict[str, float]:
    """Collect all events of the server at `port`; resident KiB before and at the highest point, and CPU seconds."""
    instance = {'domain': f'http://127.0.0.1:{port}', 'api_key': 'k'}
    with TemporaryDirectory(prefix='bench-') as folder:
        agent = QuickAgent(Path(folder), lines='at once')
        with agent.lent():
            check = agent.load(OktaWorkflowsCheck, instance)
            # The first page is empty.
            agent.run(check)
            gc.collect()
            idle_kib = _status_kib('VmRSS')
            CLEAR_REFS.write_text(RESET_PEAK)
            started = time.process_time()
            while agent.lines < events:
                agent.acknowledge()
                agent.run(check)
            seconds = time.process_time() - started
    return {'idle kib': idle_kib, 'peak kib': _status_kib('VmHWM'), 'seconds': seconds}


def _status_kib(field: str) -> int:
    found = re.search(rf'{field}:\s+(\d+) kB', STATUS.read_text())
    assert found is not None
    return int(found[1])
