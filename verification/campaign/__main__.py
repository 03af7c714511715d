# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Play fault campaigns: `python -m verification.campaign --help`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from verification.world.figures import Figures

from . import report
from .campaigns import CAMPAIGNS, Part

DOCS = Path(__file__).parents[2] / 'docs' / 'campaign.md'
DEFAULT_SEED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """0 if every promise was kept, else 1."""
    parser = argparse.ArgumentParser(prog='python -m verification.campaign', description='Plays fault campaigns.')
    parser.add_argument('names', nargs='*', metavar='NAME', help=f'of {", ".join(CAMPAIGNS)}; all by default')
    parser.add_argument('--seed', type=int, default=DEFAULT_SEED)
    parser.add_argument('--scale', type=float, default=1.0, help='how much of the long form, such as 0.1')
    parser.add_argument('--write-docs', action='store_true', help=f'write the table to {DOCS.name} too')
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(CAMPAIGNS))
    if unknown:
        parser.error(f'no campaign is called {unknown[0]!r}')
    names = options.names or list(CAMPAIGNS)
    rows = _play([part for name in names for part in CAMPAIGNS[name](options.seed, options.scale)])
    report.show(rows, Console(width=180))
    if options.write_docs:
        DOCS.parent.mkdir(exist_ok=True)
        DOCS.write_text(report.markdown(rows, _command(options.seed, options.scale)), 'utf-8')
    return 1 if any(figures.complaints for figures in rows.values()) else 0


def _play(parts: Sequence[Part]) -> dict[str, Figures]:
    rows: dict[str, Figures] = {part.row: Figures() for part in parts}
    # Each world replaces clocks in the modules of its process, so no two share one at a time.
    with (
        ProcessPoolExecutor(os.cpu_count(), mp_context=get_context('spawn')) as processes,
        Progress(console=Console(stderr=True), transient=True) as progress,
    ):
        task = progress.add_task('worlds', total=len(parts))
        # The longest worlds come last in the order of the rows, so they are begun first.
        pending = {processes.submit(part.play): part for part in reversed(parts)}
        for done in as_completed(pending):
            rows[pending[done].row] += done.result()
            progress.advance(task)
    return rows


def _command(seed: int, scale: float) -> str:
    """The command that gives the same figures, as far as real time allows."""
    if seed == DEFAULT_SEED and scale == 1:
        return 'make campaign'
    return f'python -m verification.campaign --seed {seed} --scale {scale:g}'


if __name__ == '__main__':
    sys.exit(main())
