# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The generic base class for collectors of logs, between the same files as this check."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from verification.bench.agent import QuickAgent
from verification.bench.crawler import OktaCrawler

from .outcome import LIMIT_EVENTS, SINCE, tell


def read(url: str, _: int) -> int:
    with TemporaryDirectory(prefix='bench-') as folder:
        agent = QuickAgent(Path(folder), lines='at once', commits='in files')
        with agent.lent():
            instance = {'first_link': f'{url}/api/v1/logs?since={SINCE}&limit={LIMIT_EVENTS}'}
            agent.run(agent.load(OktaCrawler, instance))
    return agent.lines


if __name__ == '__main__':
    tell(read)
