# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The figures as tables and plots, on the screen and in the docs."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from datadog_checks.okta_workflows.agent.outbox import MAX_EVENTS_PER_COMMIT
from verification.world.recording import REAL_EVENT_BYTES

from .figures import Figure
from .readers import HELR, Reading, left_out

CPU_INFO = Path('/proc/cpuinfo')
PACKAGES = ('datadog-checks-base', 'orjson', 'requests')
VERDICTS = {True: 'met', False: '**missed**', None: ''}


def show(figures: Mapping[str, Sequence[Figure]], readings: Sequence[Reading], console: Console) -> None:
    table = Table(box=None, pad_edge=False, header_style='bold')
    for title in ('figure', 'measured', 'goal', ''):
        table.add_column(title)
    for name, rows in figures.items():
        table.add_row(f'[bold]{name}')
        for row in rows:
            style = {True: 'green', False: 'red', None: ''}[row.is_met]
            table.add_row(row.what, row.value, row.goal, VERDICTS[row.is_met].strip('*'), style=style)
    console.print(table)
    if readings:
        console.print()
        console.print(_reader_table(readings))


def markdown(
    figures: Mapping[str, Sequence[Figure]],
    steps: Mapping[str, float],
    readings: Sequence[Reading],
    command: str,
    plots: Sequence[Path],
) -> str:
    """The page of the docs."""
    lines = ['| figure | measured | goal |', '|---|---:|---|']
    for rows in figures.values():
        lines += [f'| {row.what} | {row.value} | {_goal(row)} |' for row in rows]
    return PAGE.format(
        command=command,
        machine=_machine(),
        table='\n'.join(lines),
        steps='\n'.join(f'| {step} | {microseconds:.1f} |' for step, microseconds in steps.items()),
        readers='\n'.join(_reader_lines(readings)),
        plots='\n\n'.join(f'![{path.stem}]({path.name})' for path in plots),
        reader_events=f'{readings[0].events:,}',
        event_bytes=f'{REAL_EVENT_BYTES:,}',
        commit_events=MAX_EVENTS_PER_COMMIT,
        helr=HELR_ABSENT if HELR in left_out([reading.reader for reading in readings]) else HELR_MEASURED,
    )


def _goal(row: Figure) -> str:
    return ', '.join(filter(None, (row.goal, VERDICTS[row.is_met])))


def _reader_table(readings: Sequence[Reading]) -> Table:
    table = Table(box=None, pad_edge=False, header_style='bold')
    table.add_column('reader, as a whole process')
    for title in ('CPU', 'events per second', 'peak memory'):
        table.add_column(title, justify='right')
    table.add_column('')
    for cells in _reader_rows(readings):
        table.add_row(*(re.sub(r'[*`]', '', cell) for cell in cells))
    return table


def _reader_lines(readings: Sequence[Reading]) -> list[str]:
    rows = ['| reader | CPU | events per second | peak memory | work |', '|---|---:|---:|---:|---|']
    return rows + ['| ' + ' | '.join(cells) + ' |' for cells in _reader_rows(readings)]


def _reader_rows(readings: Sequence[Reading]) -> list[tuple[str, ...]]:
    floor_seconds = min(reading.cpu_seconds for reading in readings)
    return [
        (
            reading.reader.name,
            f'{reading.cpu_seconds / floor_seconds:.1f} ({reading.cpu_seconds:.1f} s)',
            f'{reading.events_per_second:,.0f}',
            f'{reading.peak_mib:.0f} MiB',
            reading.reader.does,
        )
        for reading in sorted(readings, key=lambda reading: reading.cpu_seconds)
    ]


def _machine() -> str:
    found = re.search(r'model name\s*: (.+)', CPU_INFO.read_text())
    processor = found[1] if found else platform.machine()
    packages = ', '.join(f'{name} {version(name)}' for name in PACKAGES)
    system = f'{platform.system()} {platform.release()}'
    return f'{os.cpu_count()} x {processor}, {system}, Python {platform.python_version()}, {packages}'


PAGE = """# Performance

The check shares a process with the rest of the Agent. This command measures the cost:

    {command}

`make test` checks the same ratios with wide margins. The figures are from this machine:
{machine}.

{table}

{plots}

## Method

- **CPU**: the least CPU time of many rounds over recorded pages. The floor only decodes pages and encodes lines, with
  the Agent's JSON library. Work of the Agent and the first run are excluded. "With requests and commits" includes the
  cursor files that the Agent rewrites: for each record of the crawler base class, and for the check after
  {commit_events} events.
- **Memory**: the highest resident memory beyond that after an idle first run.
- **Requests, rates, delay**: virtual time, with the default interval. The possible rate is 90% of the half of the org's
  rate limit that one token receives, with one request at a time.
- **Import**: CPU time in a new process. The base package loads most modules at their first use.

## CPU time by step

In microseconds per event of {event_bytes} bytes:

| step | |
|---|---:|
{steps}

## Comparison

Each reader is a whole process that reads {reader_events} events of {event_bytes} bytes over HTTP on one host. CPU time
is a multiple of the first line. The check, the crawler, and Helr also write lines and commits to files.

{readers}

### Helr

{helr}
"""

HELR_MEASURED = """[Helr](https://github.com/timescale/helr) is a Rust collector for the System Log. The last figures
of the first table compare it with the check. Both read the same pages in turns, and the lowest of several measurements
counts:

- `cargo install helr --locked` builds Helr. Its configuration follows its documentation for Okta, but with pages of
  1,000 events, no delay between pages, and a `max_pages` at which both make the same requests.
- The figures of the check include a stand-in for the Agent, in Python, which writes each line and each commit to a file
  and acknowledges everything at once."""

HELR_ABSENT = '`cargo`, which installs Helr, was not found on this machine, so Helr is left out.'
