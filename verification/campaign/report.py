# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The figures as a table, on the screen and in the docs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from rich.console import Console
from rich.table import Table

from verification.world.figures import Figures

REPEATS_OF_A_BAR = 20

COLUMNS: dict[str, Callable[[Figures], str]] = {
    'virtual time': lambda figures: _time(figures.seconds),
    'faults': lambda figures: f'{figures.faults:,}',
    'crashes': lambda figures: f'{figures.crashes:,}',
    'requests': lambda figures: f'{figures.requests:,}',
    'events': lambda figures: f'{figures.events:,}',
    'delivered': lambda figures: f'{figures.delivered:,}',
    'lost': lambda figures: f'{figures.lost:,}',
    'lost by the Agent': lambda figures: f'{figures.lost_by_agent.total():,}',
    'repeated': lambda figures: f'{figures.repeated:,}',
    'most per crash': lambda figures: f'{figures.most_repeats_of_a_crash:,}',
}


def show(rows: Mapping[str, Figures], console: Console) -> None:
    """Print the table, and below it what there is to explain or to complain about."""
    table = Table('campaign', box=None, pad_edge=False, header_style='bold')
    for name in COLUMNS:
        table.add_column(name, justify='right')
    for row, figures in rows.items():
        table.add_row(row, *(cell(figures) for cell in COLUMNS.values()), style='red' if figures.complaints else '')
    console.print(table)
    for line in (*_causes(rows), *_distribution(rows)):
        console.print(line, highlight=False)
    for row, figures in rows.items():
        for complaint in figures.complaints:
            console.print(f'{row}: {complaint}', style='red', highlight=False)


def markdown(rows: Mapping[str, Figures], command: str) -> str:
    """The page of the docs."""
    names = ['campaign', *COLUMNS]
    lines = [
        '| ' + ' | '.join(names) + ' |',
        '|---' + '|---:' * len(COLUMNS) + '|',
        *(
            '| ' + ' | '.join([row, *(cell(figures) for cell in COLUMNS.values())]) + ' |'
            for row, figures in rows.items()
        ),
    ]
    return PAGE.format(
        command=command,
        table='\n'.join(lines),
        causes='\n'.join(f'- {line}' for line in _causes(rows)) or '- None.',
        distribution='\n'.join(f'    {line}' for line in _distribution(rows)),
    )


def _time(seconds: float) -> str:
    return f'{seconds / 86_400:,.1f} d' if seconds else '-'


def _causes(rows: Mapping[str, Figures]) -> Iterator[str]:
    for row, figures in rows.items():
        for cause, count in sorted(figures.lost_by_agent.items()):
            yield f'{row}: {count:,} {cause}'


def _distribution(rows: Mapping[str, Figures]) -> Iterator[str]:
    if 'kill' not in rows:
        return
    repeats = sorted(rows['kill'].repeats_of_crashes.items())
    for group, counts in groupby(repeats, key=lambda pair: -(-pair[0] // REPEATS_OF_A_BAR)):
        first, last = (group - 1) * REPEATS_OF_A_BAR + 1, group * REPEATS_OF_A_BAR
        crashes = sum(count for _, count in counts)
        yield f'{crashes:6,} kills repeated {f"{first} to {last} events" if group else "no event"}'
    for cause, count in rows['kill'].repeats_by_cause.most_common():
        if count:
            yield f'{count:6,} events: {cause}'


PAGE = """# Fault campaigns

The campaigns run the check between a simulated Okta org and a stand-in for the Agent, and inject faults at random. At
the end, the events that the org stored are compared with those that Datadog's intake received. This command fails if a
promise is not kept:

    {command}

`make test` runs a smaller share, and proves that a campaign fails if any protection of the check is removed.

{table}

## Campaigns

- **kill**: the Agent receives SIGKILL at random moments.
- **outage**: the intake rejects, fails, limits, or hangs for five minutes to three days while Agents restart. Log
  files of 1, 10, or 100 MiB rotate as on Unix or Windows.
- **okta**: rate limits, error statuses, timeouts, cut bodies, rejected cursors, missing or foreign links, wrong clocks,
  and late events.
- **change**: rotated credentials, edits, restarts, crashes during a write, a missing `logs` section, full disks, and
  missing permissions.
- **registry**: a damaged, outdated, or lost registry, rules that drop lines, evicted log files, and long downtimes.
- **mixed**: all of these faults.

After the faults end, events must arrive at least every 15 minutes until none is left.

## Columns

- **lost**: stored events that the intake did not receive, except those in the next column. The promise is 0.
- **lost by the Agent**: events that no check can save.
- **repeated**: additional copies, sent by the Agent or the check.
- **most per crash**: the most events that the check sent again after one crash without a warning. The promise is 100.
- **requests**: at most one for each run and each full page, two for each failed response, and none before the rate
  limit resets.

## Lost by the Agent

{causes}

Older Agents record acknowledgements in the order of arrival, so a line can be marked as delivered before it is sent. If
the Agent then ends or rotates the file, the line is lost. A processing rule drops lines on purpose.

## Repeated after a kill

The check skips events that it finds in the log file. The exceptions, by cause:

{distribution}
"""
