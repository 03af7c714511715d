# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""An Agent over a root folder that runs each instance once and ends.

`python -m verification.installation.agent_run ROOT` starts it.

It waits until what was collected has reached the intake, and prints as JSON where the check was imported from, what
the runs told, and the status page.
"""

from __future__ import annotations

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

from agent_standin import AgentStandIn

DEADLINE_SECONDS = 30.0
STEP_SECONDS = 0.1


def main(root: str) -> None:
    agent = AgentStandIn(Path(root), own_process=True).start()
    deadline = time.monotonic() + DEADLINE_SECONDS
    with ThreadPoolExecutor(1) as runner:
        runs = runner.submit(agent.run_checks)
        # Unlike a run_for of the whole time, this ends as soon as nothing is left to do.
        while not runs.done() or any(source.backlog_bytes for source in agent.logs.statuses()):
            if time.monotonic() > deadline:
                break
            agent.run_for(STEP_SECONDS)
    module = sys.modules.get('datadog_checks.okta_workflows')
    report = {
        'imported_from': getattr(module, '__file__', None),
        'runs': [asdict(run) for run in runs.result()],
        'status_page': agent.status(),
    }
    agent.stop()
    print(json.dumps(report))


if __name__ == '__main__':
    main(sys.argv[1])
