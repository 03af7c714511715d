# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Run log pipelines with their published tests: `python -m datadog_logs_local.pipeline PATH [PATH...]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from .conformance import KNOWN_CAUSES, Outcome, not_run, outcomes, pipeline_files

_DESCRIPTION = """\
Run log pipelines with their published tests, without Datadog.

A pipeline is a file `assets/logs/<source>.yaml` of an integration. Its tests are in `<source>_tests.yaml` beside it."""

_EPILOG = """\
The exit code is 0 if every test passes or is a known difference, 1 if a test fails for another reason or if a known
difference passes, and 2 if there is nothing to run."""

_Causes = Mapping[str, Sequence[str]]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        prog='python -m datadog_logs_local.pipeline',
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        'paths',
        nargs='+',
        type=Path,
        metavar='PATH',
        help='a pipeline file, the folder of an integration, or a folder of integrations, such as a checkout of '
        'DataDog/integrations-extras',
    )
    parser.add_argument(
        '--known',
        type=Path,
        metavar='FILE',
        help='a YAML file of your known differences: a mapping from each cause to a list of test names. The known '
        'differences of DataDog/integrations-extras are built in',
    )
    options = parser.parse_args(arguments)
    try:
        causes = {**KNOWN_CAUSES, **(_read_causes(options.known) if options.known else {})}
    except (OSError, yaml.YAMLError, ValidationError) as error:
        parser.error(f'cannot read the known differences in {options.known}: {error}')
    files = list(dict.fromkeys(file for path in options.paths for file in pipeline_files(path)))
    found = [outcome for file in files for outcome in outcomes(file)]
    if not found:
        parser.error(f'no pipeline with tests in {", ".join(map(str, options.paths))}')
    return _report(len(files), found, causes, [line for file in files for line in not_run(file)])


def _read_causes(path: Path) -> _Causes:
    return TypeAdapter(dict[str, list[str]]).validate_python(yaml.safe_load(path.read_text(encoding='utf-8')))


def _report(pipeline_count: int, found: Sequence[Outcome], causes: _Causes, skipped: Sequence[str]) -> int:
    known = {test for tests in causes.values() for test in tests}
    different = [outcome for outcome in found if outcome.differences]
    unexpected = [outcome for outcome in different if outcome.test not in known]
    out_of_date = [outcome.test for outcome in found if outcome.test in known and not outcome.differences]
    print(
        f'Pipelines: {pipeline_count}, tests: {len(found)}, passed: {len(found) - len(different)}, '
        f'known differences: {len(different) - len(unexpected)}, failed: {len(unexpected)}'
    )
    for cause, tests in causes.items():
        _print_outcomes(f'Known difference: {cause}', [outcome for outcome in different if outcome.test in tests])
    _print_outcomes('Failed', unexpected)
    if skipped:
        print('\nNot run')
    for line in skipped:
        print(f'  {line}')
    for test in out_of_date:
        print(f'\n{test} passes: remove it from the known differences')
    return 1 if unexpected or out_of_date else 0


def _print_outcomes(title: str, group: Sequence[Outcome]) -> None:
    if group:
        print(f'\n{title}')
    for outcome in group:
        print(f'  {outcome.test}')
        for difference in outcome.differences:
            print(f'    {difference}')


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
