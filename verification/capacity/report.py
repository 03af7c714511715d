# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The figures as Markdown, and their place in the docs."""

from __future__ import annotations

from collections.abc import Iterable

from .measure import Crowd, Limits

BEGIN = '<!-- Measured: python -m verification.capacity --write-docs -->\n'
END = '<!-- End of what is measured -->\n'


def rate_table(rates: Iterable[tuple[Limits, float]]) -> str:
    lines = [
        '| Log file (MiB) | `min_collection_interval` (s) | Org limit (requests per minute) | Events per minute |',
        '|---:|---:|---:|---:|',
    ]
    for limits, rate in rates:
        lines.append(f'| {limits.file_mib} | {limits.interval_seconds} | {limits.org_requests} | {_rounded(rate):,} |')
    return '\n'.join(lines) + '\n'


def crowd_table(crowds: Iterable[Crowd]) -> str:
    lines = [
        '| Instances | Events | Log lines (MiB) | Delivery (minutes) | Lost | Repeated | Idle run (CPU ms) |',
        '|---:|---:|---:|---:|---:|---:|---:|',
    ]
    for crowd in crowds:
        lines.append(
            f'| {crowd.instances} | {crowd.events:,} | {crowd.log_mib:.0f} | {crowd.minutes:.1f} '
            f'| {crowd.lost:,} | {crowd.repeated:,} | {crowd.idle_run_milliseconds:.1f} |'
        )
    return '\n'.join(lines) + '\n'


def with_figures(page: str, figures: str) -> str:
    """`page` with these figures in place of the old ones. ValueError where it has no place for any."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f'the page lacks the line {BEGIN!r} or {END!r}')
    return f'{before}{BEGIN}\n{figures}\n{END}{after}'


def _rounded(rate: float) -> int:
    """To two digits: what the figures are good for."""
    return int(float(f'{rate:.2g}'))
