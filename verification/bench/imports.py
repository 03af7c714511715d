# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the import of the check adds to a process."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

BASE = ('datadog_checks.base',)
# What the base package itself needs for a check with an HTTP client and generated configuration models.
HTTP_CHECK = (
    'datadog_checks.base.checks.base',
    'datadog_checks.base.utils.http',
    'datadog_checks.base.utils.models.validation',
    'pydantic',
    'pydantic.main',
)
CHECK = 'datadog_checks.okta_workflows'
CRYPTOGRAPHY = ('cryptography', 'jwt')


def measure(bases: Sequence[str]) -> dict[str, object]:
    """CPU milliseconds of the import of `bases`, and of the check after them; the modules that the check added.

    Only for a process that has not imported any of it.
    """
    base_seconds = _import(*bases)
    present = set(sys.modules)
    check_seconds = _import(CHECK)
    return {
        'base ms': base_seconds * 1000,
        'check ms': check_seconds * 1000,
        'modules': sorted(set(sys.modules) - present),
    }


def modules_of_a_run(instance: dict[str, object]) -> list[str]:
    """All modules of a process in which the check has collected an event."""
    from .agent import QuickAgent
    from .okta import ReplayedOrg

    with TemporaryDirectory(prefix='bench-') as folder:
        agent = QuickAgent(Path(folder))
        with agent.lent(), ReplayedOrg([b'[{"uuid": "1"}]']).reached():
            agent.run(agent.load(importlib.import_module(CHECK).OktaWorkflowsCheck, instance))
    if agent.lines != 1:
        raise RuntimeError(f'{agent.lines} lines of one event')
    return sorted(sys.modules)


def cryptographic(modules: Sequence[str]) -> list[str]:
    """Those of `modules` that sign or check signatures.

    The base package leaves an empty `jwt` in a process, which is filled when it is used.
    """
    return [name for name in modules if name.startswith(tuple(f'{package}.' for package in CRYPTOGRAPHY))]


def _import(*names: str) -> float:
    started = time.process_time()
    for name in names:
        importlib.import_module(name)
    return time.process_time() - started
