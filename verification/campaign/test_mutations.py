# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The integration's own tests notice alone when a protection is missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from . import without_protection
from .mutations import MUTATIONS

ROOT = Path(__file__).parents[2]
# Some cases are made of what the check does when they are collected.
OPTIONS = ('-q', '--no-header', '--maxfail=2', '--continue-on-collection-errors')
# In this order, because most mutations end within the first.
TESTS = ('test_check.py', 'test_position.py', 'test_client.py', 'test_outbox.py', 'test_cursor.py', 'test_throttle.py')


@pytest.mark.parametrize('name', [mutation.name for mutation in MUTATIONS])
def test_a_check_without_a_protection_fails_a_test_of_its_own(name: str) -> None:
    files = [str(ROOT / 'okta_workflows' / 'tests' / file) for file in TESTS]
    finished = subprocess.run(
        [sys.executable, '-m', 'pytest', *OPTIONS, '-p', without_protection.__name__, *files],
        cwd=ROOT,
        env={**os.environ, without_protection.VARIABLE: name, 'PYTEST_ADDOPTS': '-p no:cacheprovider -p no:xdist'},
        capture_output=True,
        text=True,
    )
    assert finished.returncode == pytest.ExitCode.TESTS_FAILED, finished.stdout + finished.stderr
    assert re.search(r'^FAILED okta_workflows/tests/test_\w+\.py::', finished.stdout, re.MULTILINE)
