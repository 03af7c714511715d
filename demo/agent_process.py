# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent of the demo: the stand-in in a process of its own, so that its stops and starts are real ones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).parents[1]
STOP_TIMEOUT_SECONDS = 10.0


class AgentDiedError(Exception):
    """The Agent ended by itself, or not when it was asked to."""


class AgentProcess:
    """One life of an Agent over `root`. What it complains of goes to the standard error of the demo."""

    def __init__(self, root: Path) -> None:
        self.status_page = ''
        """What it says in the end; empty until then."""
        self._output = TemporaryFile('w+', encoding='utf-8')
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'agent_standin', 'run', '--root', str(root)],
            cwd=ROOT,
            # The status page holds names in any script, whatever the locale.
            env={**os.environ, 'PYTHONIOENCODING': 'utf-8'},
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            # Ctrl-C is for the demo alone, which then stops the Agent.
            start_new_session=True,
        )

    def require_running(self) -> None:
        """Raises `AgentDiedError` if it is not."""
        status = self._process.poll()
        if status is not None:
            raise AgentDiedError(f'The Agent ended with status {status}')

    def stop(self) -> None:
        """A clean stop. Raises `AgentDiedError` if it does not end well."""
        self._process.terminate()
        try:
            status = self._process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            raise AgentDiedError(f'The Agent did not stop within {STOP_TIMEOUT_SECONDS:g} seconds') from None
        if status != 0:
            raise AgentDiedError(f'The Agent ended with status {status}')
        self._output.seek(0)
        _started, *page = self._output.read().splitlines(keepends=True)
        self.status_page = ''.join(page)

    def end(self) -> None:
        """Make certain that it is gone."""
        self._process.kill()
        self._process.wait()
        self._output.close()


@contextmanager
def agent_over(root: Path) -> Iterator[AgentProcess]:
    """An Agent that is stopped in the end, and does not outlive the demo whatever happens."""
    agent = AgentProcess(root)
    try:
        yield agent
        agent.stop()
    finally:
        agent.end()
