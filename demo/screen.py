# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the demo shows: coloured on a terminal, plain text elsewhere, and never wider than the line."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .reconciliation import Reconciliation

MAX_WIDTH = 110
SHOWN_OF_A_BURST = 8
SHOWN_UUIDS = 3

STYLE_OF_STATUS = {'debug': 'dim', 'info': 'green', 'warn': 'yellow', 'error': 'red'}
ORG_STYLES = ('cyan', 'magenta')

# The cells of one log line that fit a line of 80, and their share of what a wider terminal has to spare.
COLUMNS = {'time': (8, 0), 'status': (6, 0), 'org': (6, 0), 'event': (29, 12), 'workflow': (15, 10), 'user': (11, 8)}


class Screen:
    def __init__(self, orgs: Mapping[str, str], console: Console | None = None) -> None:
        """`orgs`: the name of each org by its domain, which the tag `okta_domain` of a log holds."""
        self._orgs = orgs
        self._console = console or Console(highlight=False)
        self._console.width = min(self._console.width, MAX_WIDTH)
        self._org_styles = dict(zip(orgs.values(), ORG_STYLES))
        spare = max(self._console.width - 80, 0)
        shares = sum(share for _, share in COLUMNS.values())
        self._widths = {name: width + spare * share // shares for name, (width, share) in COLUMNS.items()}

    def heading(self, text: str) -> None:
        self._console.print()
        self._console.rule(Text(text, 'bold'), align='left')

    def say(self, text: str) -> None:
        """A sentence of the story."""
        self._console.print(Text(textwrap.fill(text, self._console.width)))

    def quote(self, lines: Iterable[str]) -> None:
        """What a file or program says, set off from the story."""
        self._console.print()
        for line in lines:
            self._console.print(Text(textwrap.indent(line.rstrip(), '  '), 'dim', overflow='fold'))

    def column_names(self) -> None:
        self._console.print()
        self._print_row({name: Text(name, 'bold dim') for name in COLUMNS})

    def logs(self, logs: Sequence[Mapping[str, Any]]) -> None:
        """One line for each log; of a long burst the first and the last."""
        half = SHOWN_OF_A_BURST // 2
        left_out = len(logs) - 2 * half
        if left_out <= 1:
            half = left_out = len(logs)
        for log in logs[:half]:
            self._log(log)
        if half == len(logs):
            return
        self._console.print(Text(f'{"":8} … {left_out:,} more', 'dim'))
        for log in logs[-half:]:
            self._log(log)

    def reconciliation(self, reconciliations: Iterable[Reconciliation]) -> None:
        """The sums, and below them the first uuids of what does not agree."""
        table = Table('org', box=None, pad_edge=False, padding=(0, 2), header_style='bold')
        for name in ('generated', 'delivered', 'lost', 'repeated'):
            table.add_column(name, justify='right')
        complaints = []
        for each in reconciliations:
            table.add_row(
                Text(each.org, self._org_styles.get(each.org, '')),
                str(each.generated),
                str(each.delivered),
                _amiss(each.lost),
                _amiss(each.repeated),
            )
            for what in ('lost', 'repeated', 'unexpected'):
                uuids: tuple[str, ...] = getattr(each, what)
                if uuids:
                    complaints.append(f'{what} of {each.org}: {_first_of(uuids)}')
        self._console.print()
        self._console.print(table)
        for complaint in complaints:
            self._console.print(Text(complaint, 'red'))

    def verdict(self, text: str, *, good: bool) -> None:
        self._console.print()
        self._console.print(Text(text, 'bold green' if good else 'bold red'))

    def _log(self, log: Mapping[str, Any]) -> None:
        content = log['message']
        if not isinstance(content, Mapping):
            # Datadog finds no attributes in a line that is not JSON.
            self._console.print(Text(str(content), 'red', overflow='ellipsis', no_wrap=True))
            return
        status = str(content.get('status', ''))
        org = self._orgs.get(domain_of(log), '?')
        self._print_row(
            {
                'time': Text(_clock_time(content.get('timestamp')), 'dim'),
                'status': Text(status, STYLE_OF_STATUS.get(status, '')),
                'org': Text(org, self._org_styles.get(org, '')),
                'event': Text(_end_of(str(_at(content, 'log', 'eventType')), self._widths['event'])),
                'workflow': Text(str(_at(content, 'enrichment_details', 'workflow_name'))),
                'user': Text(str(_at(content, 'log', 'actor', 'displayName'))),
            }
        )

    def _print_row(self, cells: Mapping[str, Text]) -> None:
        row = Text()
        for name, text in cells.items():
            text.truncate(self._widths[name], overflow='ellipsis', pad=True)
            row.append_text(text).append(' ')
        row.rstrip()
        self._console.print(row, no_wrap=True, overflow='ellipsis')


def domain_of(log: Mapping[str, Any]) -> str:
    """The Okta domain that a log is tagged with; `''` without the tag."""
    tags = str(log.get('ddtags', '')).split(',')
    return next((tag.removeprefix('okta_domain:') for tag in tags if tag.startswith('okta_domain:')), '')


def _clock_time(timestamp_ms: object) -> str:
    """Local time of day."""
    if not isinstance(timestamp_ms, int | float):
        return '-'
    return datetime.fromtimestamp(timestamp_ms / 1000).strftime('%H:%M:%S')


def _at(content: object, *path: str) -> object:
    for key in path:
        content = content.get(key) if isinstance(content, Mapping) else None
    return '-' if content is None else content


def _end_of(text: str, width: int) -> str:
    """Event types differ at their end."""
    return text if cell_len(text) <= width else '…' + text[1 - width :]


def _amiss(uuids: Sequence[str]) -> Text:
    return Text(str(len(uuids)), 'bold red' if uuids else 'green')


def _first_of(uuids: Sequence[str]) -> str:
    more = len(uuids) - SHOWN_UUIDS
    return ', '.join(uuids[:SHOWN_UUIDS]) + (f' and {more} more' if more > 0 else '')
