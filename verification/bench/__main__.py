# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Measure what the check costs: `python -m verification.bench --help`."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence

from rich.console import Console

from verification.world.recording import REAL_EVENT_BYTES, SMALL_EVENT_BYTES

from . import figures, plot, readers, report
from .figures import FULL, QUICK, Extent, Figure
from .fresh import FOLDER, call

DOCS = FOLDER.parent / 'docs'
PAGE = DOCS / 'performance.md'
READER_EVENTS, READER_REPEATS = 20_000, 3
HELR_EVENTS, HELR_REPEATS = 200_000, 5

MEMORY, READERS, BESIDE_HELR = 'memory', 'readers', 'beside-helr'
MEASUREMENTS: dict[str, Callable[[Extent], Iterator[Figure]]] = {
    'cost': figures.cost,
    'requests': figures.requests,
    'rate': figures.rate,
    'latency': figures.latency,
    'start-up': figures.start_up,
}


def main(arguments: Sequence[str] | None = None) -> None:
    names = [*MEASUREMENTS, MEMORY, READERS, BESIDE_HELR]
    parser = argparse.ArgumentParser(prog='python -m verification.bench', description='Measures what the check costs.')
    parser.add_argument('names', nargs='*', metavar='NAME', help=f'of {", ".join(names)}; all by default')
    parser.add_argument('--quick', action='store_true', help='measure less, and less exactly')
    parser.add_argument(
        '--peers', action='store_true', help='install and measure other readers too; needs Node.js, and cargo for Helr'
    )
    parser.add_argument('--write-docs', action='store_true', help=f'write all of it to {PAGE.name} too')
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(names))
    if unknown:
        parser.error(f'there is no measurement {unknown[0]!r}')
    if options.write_docs and (options.names or options.quick or not options.peers):
        parser.error('the docs have all of it: --peers --write-docs')
    wanted = options.names or names
    peers = readers.peers_at_hand() if options.peers else []
    extent = QUICK if options.quick else FULL
    console = Console(width=160)
    if options.peers:
        for peer in readers.left_out(peers):
            console.print(f'{peer.name} is left out: {peer.installer}, which installs it, was not found.')
    found: dict[str, list[Figure]] = {}
    growths: list[figures.Growth] = []
    readings: list[readers.Reading] = []
    with Console(stderr=True).status('') as status:
        for name, measure in MEASUREMENTS.items():
            if name in wanted:
                status.update(name)
                found[name] = list(measure(extent))
        if MEMORY in wanted:
            status.update(MEMORY)
            growths = [figures.grow(events) for events in extent.histories]
            found[MEMORY] = list(figures.memory(growths))
        if READERS in wanted:
            status.update(READERS)
            chosen = [*readers.OWN, *peers]
            repeats = 1 if options.quick else READER_REPEATS
            readings = list(readers.read(chosen, READER_EVENTS, repeats, REAL_EVENT_BYTES))
            if peers:
                found[READERS] = list(figures.beside_others(readings))
        if BESIDE_HELR in wanted and readers.HELR in peers:
            status.update(BESIDE_HELR)
            repeats = 1 if options.quick else HELR_REPEATS
            pair = list(readers.read((readers.CHECK, readers.HELR), HELR_EVENTS, repeats, SMALL_EVENT_BYTES))
            found[BESIDE_HELR] = list(figures.beside_helr(pair))
    report.show(found, readings, console)
    if options.write_docs:
        plots = plot.draw(growths, DOCS)
        PAGE.write_text(
            report.markdown(found, call('steps', 'steps', extent.rounds), readings, 'make bench', plots), 'utf-8'
        )


if __name__ == '__main__':
    main()
