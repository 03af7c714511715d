# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The validations of ddev, in a checkout of integrations-extras."""

from __future__ import annotations

import os
import subprocess
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .checkout import INTEGRATION

# Of a whole repository, not of one integration.
REPOSITORY_WIDE = {'codeowners', 'ci'}
# Commands of ddev that are not among its validations.
FURTHER = ('dashboards', 'service-checks')
JOBS = Path('.github', 'workflows', 'test-all.yml')
DEADLINE_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Outcome:
    command: str
    passed: bool
    output: str


Run = Callable[[Sequence[str], Path], Outcome]


def run_ddev(arguments: Sequence[str], checkout: Path) -> Outcome:
    """Run ddev with `checkout` as its integrations-extras, whatever the user's own settings are."""
    with TemporaryDirectory() as folder:
        settings = Path(folder, 'config.toml')
        settings.write_text(f"repo = 'extras'\nupgrade_check = false\n\n[repos]\nextras = '{checkout}'\n", 'utf-8')
        finished = subprocess.run(
            ['ddev', '--no-interactive', *arguments],
            cwd=checkout,
            env={**os.environ, 'DDEV_CONFIG': str(settings), 'NO_COLOR': '1'},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding='utf-8',
            timeout=DEADLINE_SECONDS,
        )
    return Outcome(f'ddev {" ".join(arguments)}', finished.returncode == 0, finished.stdout)


def validate(repository: Path, checkout: Path, run: Run) -> Iterator[Outcome]:
    """Everything that applies outside integrations-core, as `.ddev/config.toml` of `repository` has it."""
    settings = tomllib.loads((repository / '.ddev' / 'config.toml').read_text('utf-8'))
    if (checkout / JOBS).exists():
        # The jobs of the tests are generated, so that a new integration needs one.
        yield run(['validate', 'ci', '--sync'], checkout)
    for name in (*settings['validations'], *FURTHER):
        yield run(['validate', name, *([] if name in REPOSITORY_WIDE else [INTEGRATION])], checkout)
    yield run(['test', '--lint', INTEGRATION], checkout)
