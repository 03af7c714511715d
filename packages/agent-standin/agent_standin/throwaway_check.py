# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A throw-away check for the tests of this package, which is written to a folder and imported like an installed one."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

NAMESPACE = 'datadog_checks'
NAME = 'standin_probe'
LOGS: list[dict[str, Any]] = [{'type': 'integration', 'source': 'probe', 'service': 'svc'}]


_SOURCE = '''
from datadog_checks.base import AgentCheck

__version__ = '1.2.3'


class ProbeCheck(AgentCheck):
    """Sends `count` numbered lines per run, and does what the test puts into `behaviour`."""

    behaviour = None
    cancelled = 0

    def __init__(self, name, init_config, instances):
        super().__init__(name, init_config, instances)
        if self.instance.get('refuse'):
            raise ValueError('refused to be configured')

    def check(self, _):
        for _ in range(self.instance.get('count', 0)):
            number = int(self.read_persistent_cache('number') or 0) + 1
            self.send_log({'message': 'line', 'number': str(number)})
            self.write_persistent_cache('number', str(number))
        if 'warn' in self.instance:
            self.warning(self.instance['warn'])
        if 'fail' in self.instance:
            raise RuntimeError(self.instance['fail'])
        if type(self).behaviour is not None:
            type(self).behaviour(self)

    def cancel(self):
        type(self).cancelled += 1
'''


def write_package(folder: Path) -> Path:
    """Write the package, and return the folder for `PYTHONPATH`."""
    package = folder / NAMESPACE / NAME
    package.mkdir(parents=True)
    (package / '__init__.py').write_text(_SOURCE, 'utf-8')
    return folder


@contextmanager
def installed(folder: Path) -> Iterator[ModuleType]:
    """Make the check importable in this process."""
    namespace = importlib.import_module(NAMESPACE)
    portion = str(write_package(folder) / NAMESPACE)
    namespace.__path__.append(portion)
    package = f'{NAMESPACE}.{NAME}'
    try:
        yield importlib.import_module(package)
    finally:
        namespace.__path__.remove(portion)
        del sys.modules[package]
