# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Copies the integration into a checkout of integrations-extras, or of a repository like it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

INTEGRATION = 'okta_workflows'
CODEOWNERS = Path('.github', 'CODEOWNERS')
ENTRY = re.compile(r'/(?P<folder>[\w.-]+)/\s')


class RefusedError(Exception):
    """The checkout is not one to copy into."""


def copy(repository: Path, checkout: Path) -> None:
    """Make the integration in `checkout` what git tracks of it in `repository`, and name its owners.

    Raises `RefusedError` if that could overwrite somebody's work.
    """
    require_clean(repository, checkout)
    files = set(_tracked(repository))
    for file in set(_tracked(checkout)) - files:
        (checkout / file).unlink()
    for file in files:
        (checkout / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / file, checkout / file)
    name_owners(repository / CODEOWNERS, checkout / CODEOWNERS)


def require_clean(repository: Path, checkout: Path) -> None:
    if not (checkout / '.git').exists():
        raise RefusedError(f'{checkout} is not the root of a git checkout')
    if checkout.resolve() == repository.resolve():
        raise RefusedError(f'{checkout} is where the integration is developed')
    changes = _git(checkout, 'status', '--porcelain', '--', INTEGRATION)
    if changes:
        raise RefusedError(f'commit or remove first what is changed in {checkout / INTEGRATION}:\n{changes.rstrip()}')


def _tracked(repository: Path) -> list[str]:
    files = _git(repository, 'ls-files', '-z', '--', INTEGRATION).split('\0')
    # What was deleted and not committed yet is still listed.
    return [file for file in files if file and (repository / file).exists()]


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(['git', *arguments], cwd=folder, check=True, stdout=subprocess.PIPE, encoding='utf-8').stdout


def name_owners(ours: Path, theirs: Path) -> None:
    """Add the entries of the integration, where the order of the others puts them."""
    ours_entries = [line for line in ours.read_text('utf-8').splitlines() if line.startswith(f'/{INTEGRATION}/')]
    lines = theirs.read_text('utf-8').splitlines() if theirs.exists() else []
    # Of an entry only the owners are theirs to choose.
    present = {line.split()[0] for line in lines if line.strip()}
    missing = [entry for entry in ours_entries if entry.split()[0] not in present]
    if not missing:
        return
    place = _place(lines)
    lines[place:place] = missing
    theirs.parent.mkdir(exist_ok=True)
    theirs.write_text('\n'.join(lines) + '\n', 'utf-8')


def _place(lines: list[str]) -> int:
    """Behind the last entry that sorts before ours, among the first entries that follow one another."""
    place = None
    for number, line in enumerate(lines):
        entry = ENTRY.match(line)
        if entry is None:
            if place is not None:
                break
        elif entry['folder'] <= INTEGRATION or place is None:
            place = number + (entry['folder'] <= INTEGRATION)
    return len(lines) if place is None else place
