# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Show the check at work, from the okta_workflows directory: python -m demo"""

from __future__ import annotations

import argparse
import io
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from .agent_process import AgentDiedError
from .story import tell


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m demo',
        description=(
            'Two simulated Okta orgs, the installed check in a stand-in for the Datadog Agent, and what Datadog '
            'receives. Exits with 1 if an event was lost or repeated.'
        ),
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument('--seed', type=int, default=1, help='decides the events of the orgs')
    parser.add_argument('--seconds', type=float, default=20.0, help='about how long it takes; 13 at least')
    return parser


def _end(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    # Like Ctrl-C, these have to stop the Agent and remove the files on their way out.
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _end)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Names in any script must not end the demo where the output cannot show them.
        sys.stdout.reconfigure(errors='replace')
    try:
        return tell(options.seed, options.seconds)
    except AgentDiedError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == '__main__':
    sys.exit(main())
