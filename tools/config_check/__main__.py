# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Explain what is wrong with a conf.yaml, from the okta_workflows directory: python -m tools.config_check FILE"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from .examination import examine


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog='python -m tools.config_check',
        description=(
            'Explains in plain words what is wrong with a conf.yaml, without asking anything of Okta. Files that it '
            'names are looked for on this machine. Exits with 1 if there is a mistake.'
        ),
    )
    parser.add_argument('file', type=Path, metavar='FILE', help='the conf.yaml')
    file: Path = parser.parse_args(arguments).file
    try:
        text = file.read_text('utf-8-sig')
    except OSError as error:
        print(f'{file}: it cannot be read ({error.strerror})')
        return 1
    except UnicodeDecodeError:
        print(f'{file}: it is not in UTF-8: save it in that encoding')
        return 1
    findings = examine(text)
    for finding in findings:
        place = str(file) if finding.line is None else f'{file}:{finding.line}'
        print(f'{place}: {finding.text}')
    if any(finding.is_mistake for finding in findings):
        return 1
    print('OK')
    return 0


if __name__ == '__main__':
    # The base package logs on its own what it takes for a typing error.
    logging.disable()
    sys.exit(main())
