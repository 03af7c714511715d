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
    lines = ['| figure | measured | goal | |', '|---|---:|---:|---|']
    for rows in figures.values():
        lines += [f'| {row.what} | {row.value} | {row.goal} | {VERDICTS[row.is_met]} |' for row in rows]
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


def _reader_table(readings: Sequence[Reading]) -> Table:
    table = Table(box=None, pad_edge=False, header_style='bold')
    table.add_column('reader, as a whole process')
    for title in ('CPU', 'events a second', 'peak memory'):
        table.add_column(title, justify='right')
    table.add_column('')
    for cells in _reader_rows(readings):
        table.add_row(*(re.sub(r'[*`]', '', cell) for cell in cells))
    return table


def _reader_lines(readings: Sequence[Reading]) -> list[str]:
    rows = ['| reader | CPU | events a second | peak memory | and then |', '|---|---:|---:|---:|---|']
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

The check lives in a process that it shares with the rest of the Agent, on somebody's production host. What it costs
there is measured by

    {command}

`make test` holds the same ratios against the goals, with wide margins. The machine:
{machine}.

{table}

{plots}

## How it is measured

- **CPU**: in a process of its own, floor, check and crawler take turns over the same recorded pages; what counts is the
  least CPU time of many rounds. The floor decodes each page and encodes each line that the check sends, with the
  Agent's JSON library, and does nothing else. What the Agent does with lines is not counted, nor is what a check does
  once, at its first run. "Commits written to files" counts how the Agent keeps a cursor: it rewrites a file each time,
  here on the disk that holds temporary files. The crawler base class keeps one for each record, this check one for
  each {commit_events} events.
- **Memory**: resident memory at its highest, beyond what the process had after a first run that found nothing. Events
  come over HTTP, compressed, from another process, each with a uuid of its own; lines are written to a file.
- **Requests, rates, latency**: between the simulated org and the stand-in for the Agent, in virtual time, in which only
  requests, intervals and the Agent take any. The org lets one token make half of the requests, and the check leaves a
  tenth of these to others; a page can only be asked for when the one before is there. A log file that is full is
  replaced when all of it was sent, which takes the Agent some seconds each time.
- **Start-up**: CPU time of the imports, in a process of its own. The base package loads most of itself when it is first
  used, so the first line has in it what any check uses.

## Where the time goes

Microseconds of CPU time for each event of {event_bytes} bytes, each step without the others:

| step | |
|---|---:|
{steps}

Decoding, encoding and freeing are the floor, and cheaper here: a page is decoded some twenty events at a time, which
are still in the processor's cache when they are encoded and freed. That pays much of what the floor does without: the
dictionaries and strings of a line, its time and its flow. All that proves the delivery and moves the cursor is shared
by {commit_events} events. Memory is that of the text of one page and of those twenty events.

## What a catch-up costs others

- **Check runners.** The Agent runs few checks at a time. While it catches up, one instance occupies a runner for up to
  29 of 30 seconds; any other instance only for 3, and whatever waits for an outage to end, not at all.
- **Requests.** A run that ends within a page, because the Agent has enough to send, asks for that page again in the
  next run: one request more for each half minute in which not Okta but the log file sets the pace.

## Beside others

A whole process, from its start, reads {reader_events} events of {event_bytes} bytes over HTTP on one host. Its CPU
time is a multiple of that of the first line, which gets the pages, decodes them and does nothing else. Only this check,
the crawler and Helr make lines of the events and write lines and commits to files: the check and the crawler as the
Agent does, Helr in its own way.

{readers}

### Helr

{helr}
"""

HELR_MEASURED = """[Helr](https://github.com/timescale/helr) is a collector in Rust. It reads the System Log with an API
token, follows the same links, and writes one line for each event. The last figures of the first table compare it with
this check:

- Both read more and smaller events than above, in turns, each as a whole process from start to end. The least CPU time
  and the least time of several repeats count. All files of both are on the disk that holds temporary files.
- Helr is built by `cargo install helr --locked`, and configured as its documentation shows for Okta, but with pages of
  1,000 events and without a delay between pages. It writes its lines to a file, with fewer system calls than to
  standard output, and saves the next link in SQLite after each page, which is its default.
- Only `max_pages` ends a run of Helr, because it does not look for an empty page and a polling request always has a
  next link. The limit is the page in which the check finds the end, so both make the same requests.
- What the Agent does counts for the check: its stand-in, in Python, appends to the log file, with one system call for
  each line, and rewrites a file for each commit. It acknowledges everything at once, so that no time is spent on
  waiting for Datadog's intake."""

HELR_ABSENT = '`cargo`, which installs Helr, was not found on this machine, so Helr is left out.'
