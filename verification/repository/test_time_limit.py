# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""No test can hang the suite."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SETTINGS = Path(__file__).parents[2] / 'pyproject.toml'
LEAST_SECONDS, MOST_SECONDS = 300.0, 1200.0
"""Enough for the slowest test on a busy machine, and no more than a job of CI waits for."""

HANGS = '''
import threading

def test_before():
    assert True

def test_that_hangs():
    threading.Event().wait()
'''


def test_this_run_of_the_suite_has_the_time_limit(request: pytest.FixtureRequest) -> None:
    assert LEAST_SECONDS <= float(request.config.getini('faulthandler_timeout')) <= MOST_SECONDS
    assert request.config.getini('faulthandler_exit_on_timeout') is True


@pytest.mark.parametrize(
    'workers, told',
    [pytest.param('0', 'Timeout', id='one process'), pytest.param('2', 'crashed while running', id='workers')],
)
def test_a_test_that_hangs_fails_and_ends_the_suite(tmp_path: Path, workers: str, told: str) -> None:
    hanging = tmp_path / 'test_hanging.py'
    hanging.write_text(HANGS, 'utf-8')
    command = [sys.executable, '-m', 'pytest', '-c', str(SETTINGS), '-p', 'no:cacheprovider', '--numprocesses', workers]
    command += ['-o', 'faulthandler_timeout=1', '--rootdir', str(tmp_path), str(hanging)]
    ended = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, 'PYTEST_ADDOPTS': ''},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LEAST_SECONDS / 2,
    )
    output = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert told in output and 'test_that_hangs' in output
