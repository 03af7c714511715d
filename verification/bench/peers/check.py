# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""This check. Lines and commits are written to files in this process, as an Agent does beside the check."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from datadog_checks.okta_workflows import OktaWorkflowsCheck
from verification.bench.agent import QuickAgent

from .outcome import tell


def read(url: str, events: int) -> int:
    with TemporaryDirectory(prefix='bench-') as folder:
        agent = QuickAgent(Path(folder), lines='at once', commits='in files')
        with agent.lent():
            check = agent.load(OktaWorkflowsCheck, {'domain': url, 'api_key': 'k'})
            while agent.lines < events:
                agent.acknowledge()
                agent.run(check)
    return agent.lines


if __name__ == '__main__':
    tell(read)
