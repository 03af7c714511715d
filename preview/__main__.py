# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Look at the dashboards without an account, from the okta_workflows directory: python -m preview"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from .chromium import NAMES, find_chromium, headless_chromium
from .screenshots import take_screenshot
from .simulation import preview_of_the_history


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m preview',
        description=(
            'A web page of the dashboards in assets/, drawn from their JSON over a simulated history. '
            'Served to this machine alone, until interrupted with Ctrl-C.'
        ),
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument('--port', type=int, default=0, help='port to listen on; 0 takes a free one')
    parser.add_argument(
        '--screenshots',
        type=Path,
        metavar='DIR',
        help='do not serve, but write a picture of each dashboard there; needs an installed Chromium',
    )
    return parser


def _end(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    chromium = find_chromium()
    if options.screenshots is not None and chromium is None:
        print(f'No Chromium found; looked for {", ".join(NAMES)}.', file=sys.stderr)
        return 1
    # What the check has to say of its simulated Agent would hide what is said here.
    logging.getLogger('datadog_checks').setLevel(logging.ERROR)
    print('Let the simulated history happen, collect it and process it ...', flush=True)
    with preview_of_the_history(0 if options.screenshots else options.port) as preview, suppress(KeyboardInterrupt):
        if options.screenshots is not None and chromium is not None:
            options.screenshots.mkdir(parents=True, exist_ok=True)
            with headless_chromium(chromium) as browser, browser.new_page() as page:
                for name in preview.dashboards:
                    print(take_screenshot(page, preview.url, name, options.screenshots))
            return 0
        print(f'The dashboards are at {preview.url} (end with Ctrl-C)', flush=True)
        threading.Event().wait()
    return 0


if __name__ == '__main__':
    sys.exit(main())
