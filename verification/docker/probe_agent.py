# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Ask an Agent in a container whether the rules of the stand-in hold there: `... probe_agent <image>`, with Docker.

It needs the intake of the integration's `compose.yaml`, which listens on this host, and the package `agent_standin`.
Written without Docker at hand, as the end-to-end test.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agent_standin import probe
from tests.docker.environment import AGENT_SETTINGS

CONTAINER = 'agent_standin_probe'
REPORT = f'/opt/datadog-agent/run/{probe.CHECK_NAME}.jsonl'
# The report takes a few runs, and the first run comes when the Agent has started.
LONGEST_WAIT_SECONDS = 240.0
PAUSE_SECONDS = 5.0


def start_command(image: str, etc: Path) -> list[str]:
    """The command that starts the Agent with the files below `etc`.

    At its start the container copies them from these two folders (https://docs.datadoghq.com/containers/docker/).
    """
    settings = {**AGENT_SETTINGS, 'DD_API_KEY': '0' * 32, 'DD_HOSTNAME': 'probed'}
    return [
        *('docker', 'run', '--detach', '--name', CONTAINER, '--network', 'host'),
        *(f'--env={name}={value}' for name, value in settings.items()),
        *(f'--volume={etc / folder}:/{folder}:ro' for folder in ('checks.d', 'conf.d')),
        image,
    ]


def verdict(report: str) -> dict[str, Any] | None:
    """The last line of `report`, which counts the rules; `None` while the report is not complete."""
    lines = [json.loads(line) for line in report.splitlines() if line.endswith('}')]
    return next((line for line in lines if 'agree' in line and 'differ' in line), None)


def main() -> int:
    with TemporaryDirectory() as folder:
        etc = Path(folder)
        # The Agent in the container is another user.
        etc.chmod(0o755)
        probe.write(etc)
        subprocess.run(start_command(sys.argv[1], etc), check=True)
        try:
            return _wait()
        finally:
            subprocess.run(['docker', 'rm', '--force', CONTAINER], check=True)


def _wait() -> int:
    deadline = time.monotonic() + LONGEST_WAIT_SECONDS
    while time.monotonic() < deadline:
        read = subprocess.run(['docker', 'exec', CONTAINER, 'cat', REPORT], capture_output=True, text=True)
        if counts := verdict(read.stdout):
            print(read.stdout, end='')
            return 1 if counts['differ'] else 0
        time.sleep(PAUSE_SECONDS)
    subprocess.run(['docker', 'logs', '--tail', '100', CONTAINER])
    print(f'The probe wrote no report within {LONGEST_WAIT_SECONDS:g} seconds', file=sys.stderr)
    return 1


if __name__ == '__main__':
    sys.exit(main())
