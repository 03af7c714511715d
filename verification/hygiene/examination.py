# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Plays a session in a process of its own and searches everything it left: files, terminal, status pages, results."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .search import Figures, search

SESSION_SECONDS = 120


def examine(folder: Path, *, without: str = '') -> Figures:
    """Use the empty `folder` for a session, which a protection may be missing from."""
    root, secrets = folder / 'agent', folder / 'secrets.json'
    session = subprocess.run(
        [
            sys.executable,
            '-m',
            'verification.hygiene.session',
            root,
            secrets,
            *(['--without', without] if without else []),
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=SESSION_SECONDS,
    )
    if session.returncode:
        raise RuntimeError(session.stderr.decode())
    terminal = [('standard output', session.stdout), ('standard error', session.stderr)]
    return search(json.loads(secrets.read_text('utf-8')), [*terminal, *_files(root)])


def _files(root: Path) -> Iterator[tuple[str, bytes]]:
    """All but the configuration, which is where secrets belong."""
    for path in sorted(root.rglob('*')):
        name = path.relative_to(root)
        if path.is_file() and name.parts[0] != 'etc':
            yield str(name), path.read_bytes()
