# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Contribute to integrations-extras, from the okta_workflows directory: python -m verification.contribution --help"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import datadog_checks.okta_workflows
from verification.world.imports import imported_distributions, with_requirements

from .bill_of_materials import licences, sbom
from .checkout import INTEGRATION, RefusedError, copy
from .validations import Outcome, Run, run_ddev, validate

REPOSITORY = Path(__file__).parents[2]


def contribute(repository: Path, checkout: Path, run: Run) -> int:
    """Copy, validate, report. The number of validations that found something."""
    copy(repository, checkout)
    print(f'Copied {INTEGRATION} to {checkout}')
    failed: list[Outcome] = []
    for outcome in validate(repository, checkout, run):
        print(f'{"ok    " if outcome.passed else "FAILED"}  {outcome.command}', flush=True)
        if not outcome.passed:
            failed.append(outcome)
    for outcome in failed:
        print(f'\n{outcome.command}\n{outcome.output.rstrip()}')
    print(f'\n{len(failed)} of the validations found something' if failed else 'Nothing was found')
    return len(failed)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog='python -m verification.contribution', description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        'checkout',
        nargs='?',
        type=Path,
        metavar='CHECKOUT',
        help='copy the integration into this checkout of integrations-extras and run the validations of ddev there',
    )
    what.add_argument('--sbom', action='store_true', help='print what the check imports, as CycloneDX 1.6 in JSON')
    what.add_argument('--licences', action='store_true', help='print what the check imports, with its licences')
    options = parser.parse_args(arguments)
    if options.checkout is None:
        imported = imported_distributions(Path(datadog_checks.okta_workflows.__file__).parent)
        requirements = with_requirements(imported)
        print(json.dumps(sbom(imported, requirements), indent=2) if options.sbom else licences([*requirements]))
        return 0
    if shutil.which('ddev') is None:
        print('ddev is not on PATH', file=sys.stderr)
        return 1
    try:
        return 1 if contribute(REPOSITORY, options.checkout.resolve(), run_ddev) else 0
    except RefusedError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == '__main__':
    sys.exit(main())
