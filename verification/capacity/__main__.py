# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Measure capacity: `python -m verification.capacity --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .measure import Limits, crowd, events_per_minute
from .report import crowd_table, rate_table, with_figures

PAGE = Path(__file__).parents[2] / 'docs' / 'deployments.md'

# A file is filled in a minute or two and then replaced; so many minutes have several such rounds in them.
MINUTES = 6
RATES = (
    Limits(file_mib=10),
    Limits(file_mib=10, interval_seconds=120),
    Limits(org_requests=20),
    Limits(org_requests=50),
    Limits(),
    Limits(interval_seconds=120),
)
# Instances, and the events that wait for each. The last is three times what all log files together may hold.
CROWDS = ((10, 1000), (50, 200), (50, 1000), (50, 3000))
MOST_MINUTES = 120


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog='python -m verification.capacity', description='Measures capacity.')
    parser.add_argument('--write-docs', action='store_true', help=f'write the tables to {PAGE.name} too')
    options = parser.parse_args(arguments)
    rates = rate_table((limits, events_per_minute(limits, MINUTES)) for limits in RATES)
    print(rates, flush=True)
    crowds = crowd_table(crowd(instances, each, Limits(), MOST_MINUTES) for instances, each in CROWDS)
    print(crowds)
    if options.write_docs:
        PAGE.write_text(with_figures(PAGE.read_text('utf-8'), f'{rates}\n{crowds}'), 'utf-8')
    return 0


if __name__ == '__main__':
    sys.exit(main())
