# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Processes of their own, which have done nothing else before."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2]


@dataclass(frozen=True)
class Finished:
    """The last line that a process printed, as JSON, and what it took from its first moment to its last."""

    answer: Any
    wall_seconds: float
    cpu_seconds: float


def run(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Finished:
    """Run a command from the folder of the integration, with `environment` over this process's.

    What it says otherwise goes to standard error. Raises `subprocess.CalledProcessError` if it fails.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command, cwd=FOLDER, env={**os.environ, **(environment or {})}, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall_seconds = time.perf_counter() - started
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, printed)
    return Finished(json.loads(printed.splitlines()[-1]), wall_seconds, usage.ru_utime + usage.ru_stime)


def call(module: str, function: str, *arguments: Any) -> Any:
    """What `function(*arguments)` of a module of this package returns; both ways through JSON."""
    return run([sys.executable, '-m', __name__, module, function, json.dumps(arguments)]).answer


def _main(module: str, function: str, arguments: str) -> None:
    package = __spec__.parent if __spec__ is not None else None
    measure = getattr(importlib.import_module(f'.{module}', package), function)
    json.dump(measure(*json.loads(arguments)), sys.stdout)


if __name__ == '__main__':
    _main(*sys.argv[1:])
