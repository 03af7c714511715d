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
    'worlds': lambda figures: f'{figures.worlds:,}',
    'virtual time': lambda figures: _time(figures.seconds),
    'faults': lambda figures: f'{figures.faults:,}',
    'crashes': lambda figures: f'{figures.crashes:,}',
    'runs': lambda figures: f'{figures.runs:,}' if figures.runs else '-',
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
        causes='\n'.join(f'- {line}' for line in _causes(rows)) or '- Nothing was.',
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
        yield f'{crashes:6,} kills made the check repeat {f"{first} to {last} events" if group else "nothing"}'
    for cause, count in rows['kill'].repeats_by_cause.most_common():
        if count:
            yield f'{count:6,} events were repeated where {cause}'


PAGE = """# Fault campaigns

What is promised is counted here: the check runs between a simulated Okta org and a stand-in for the Agent while both,
the network, the disk and the operators fail in every way that is known. In the end the events that the org persisted
are compared, one by one, with those that Datadog's intake received. The figures are those of

    {command}

which ends with an error if a promise is not kept. `make test` plays a smaller share of the same campaigns, and each of
the check's protections is removed there in turn to see that a campaign notices.

{table}

## How to read it

- **kill**: the Agent's process gets SIGKILL at random instants, in real time, and the next one takes over.
- **outage**: Datadog's intake refuses, fails, limits or hangs, for five minutes to three days, while events go on
  arriving and Agents are restarted. Log files have 1, 10 or 100 MiB and are emptied in place or replaced when full,
  are looked after every second or every ten, by the rules of Unix or Windows, by tailers of any speed; payloads
  complete in any order. The older Agents take acknowledgements as they come.
- **okta**: rate limits, concurrency limits, 4xx and 5xx, silence, dropped connections, cut bodies, stored links
  rejected with any status, missing and doubled headers, foreign links, clocks up to two days apart, late events,
  bursts in one millisecond.
- **change**: rotated credentials, edits, restarts, deaths in the middle of a line or of a commit, a missing `logs`
  section, `logs_enabled: false`, no disk quota, full disks, files that cannot be written or made, a stopped logs Agent,
  a cache that keeps nothing; often while the intake is away.
- **registry**: the Agent's registry torn, stale, empty, lost or of another version, lines that a global rule drops,
  files evicted by other integrations, an Agent that is down for longer than its registry remembers.
- **mixed**: all of it at once, for days.

- **lost**: persisted, and neither received nor the Agent's doing. The promise is 0.
- **lost by the Agent**: what no check can prevent or notice, see below.
- **repeated**: copies beyond the first that the intake received. An Agent that is killed reads some lines again; the
  check hands events over again after a crash, and more only with a warning on the status page.
- **most per crash**: the most events that the check handed over again after one crash without such a warning. The
  promise is 100.
- **requests**: promised are no more than one for each run and each full page, and two for each answer that failed, and
  none before the reset that a 429 or a used up allowance names, where a tenth of the allowance counts as used up.
- In a world that is healthy again something arrives at least every 15 minutes until nothing is left.

## Lost by the Agent

{causes}

"Overtaken by a later acknowledgement": older Agents note acknowledgements in the order in which they come. When several
payloads are under way, the registry can say that a line was delivered while its payload still waits; if that Agent ends
or its file rotates, the line is gone, and nothing that a check can see tells so. "Filtered by a rule of the user" is no
loss but what the rule is for.

## Repeats of the killed Agents

Here the check repeats nothing that stands in the log file, except for these causes: the Agent had sent nothing of the
file yet, so it may not read it from the beginning; the batch that was sent last had made the file rotate; the Agent was
not known to have taken up the new file; the kill tore a line.

{distribution}
"""
