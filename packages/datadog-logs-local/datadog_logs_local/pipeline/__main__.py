# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Hold the interpreter against published pipelines: `python -m datadog_logs_local.pipeline PATH [PATH...]`.

A PATH is a checkout of DataDog/integrations-extras, or any folder with the same layout. Exit code 1 if a test differs
for a reason that is not known.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from .conformance import KNOWN_CAUSES, Outcome, outcomes


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog='python -m datadog_logs_local.pipeline', description=__doc__)
    parser.add_argument('paths', nargs='+', type=Path, metavar='PATH', help='a folder of integrations')
    found = {outcome.test: outcome for path in parser.parse_args(arguments).paths for outcome in outcomes(path)}
    if not found:
        parser.error('no pipeline with tests below the folders')
    passed = {test for test, outcome in found.items() if not outcome.differences}
    known = {test for tests in KNOWN_CAUSES.values() for test in tests}
    print(f'{len(passed)} of {len(found)} tests pass')
    for cause, tests in KNOWN_CAUSES.items():
        _print_group(f'Known: {cause}', [found[test] for test in tests if test in found.keys() - passed])
    _print_group('No known cause', [outcome for test, outcome in found.items() if test not in passed | known])
    for test in sorted(passed & known):
        print(f'\n{test} passes: its entry among the known causes is out of date')
    return 0 if found.keys() - passed <= known and not passed & known else 1


def _print_group(title: str, group: Sequence[Outcome]) -> None:
    if group:
        print(f'\n{title}')
    for outcome in group:
        print(f'  {outcome.test}')
        for difference in outcome.differences:
            print(f'    {difference}')


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
