# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Run the Agent stand-in by hand: `python -m agent_standin --help`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any, get_args

from . import AgentStandIn, Faults, Intake
from .faults import KillPoint

DESCRIPTION = """\
Hosts installed checks as the Datadog Agent does, over a root folder:

  ROOT/etc/datadog.yaml              the Agent's settings (logs_enabled: true where the file is missing)
  ROOT/etc/conf.d/CHECK.d/conf.yaml  the checks to run
  ROOT/run/                          persistent cache, log files and registry.json, kept over restarts
  ROOT/log/agent.log                 what the Agent and its checks log

Logs go to logs_config.logs_dd_url of datadog.yaml, or to an intake of its own.
SIGTERM is a clean stop, after which the status page is printed; SIGKILL is what it is in life.
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog='python -m agent_standin',
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    run = commands.add_parser('run', help='run the checks by their intervals')
    run.add_argument('--root', type=Path, required=True, metavar='DIR', help='the folder described above')
    run.add_argument('--for', dest='seconds', type=float, default=float('inf'), metavar='SECONDS', help='then stop')
    run.add_argument('--show-logs', action='store_true', help='print every log that reaches the intake of its own')
    run.add_argument(
        '--kill-at',
        metavar='POINT[:COUNT]',
        help=f'die without notice at the COUNT-th time that this is reached: {", ".join(get_args(KillPoint))}',
    )
    run.add_argument('--linger', action='store_true', help='with --kill-at: the check goes on until its next line')
    run.set_defaults(command=_run)
    options = parser.parse_args(arguments)
    return int(options.command(options))


def _run(options: argparse.Namespace) -> int:
    faults = Faults(kill_process=True)
    if options.kill_at:
        point, _, count = options.kill_at.partition(':')
        if point not in get_args(KillPoint):
            raise SystemExit(f'unknown point {point!r}')
        faults.kill_at(point, int(count or 1), linger=options.linger)
    intake = Intake(on_log=_print_log if options.show_logs else None)
    agent = AgentStandIn(options.root, intake=intake, faults=faults, own_process=True)

    def leave(signum: int, frame: FrameType | None) -> None:
        agent.leave()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    agent.start()
    print(f'Agent stand-in started, process {os.getpid()}: {", ".join(agent.check_ids) or "no checks"}', flush=True)
    agent.run_for(options.seconds)
    status = agent.status()
    agent.stop()
    print(status, flush=True)
    # A run that does not heed cancel() ends with the process, as in the Agent, instead of holding it up.
    sys.stderr.flush()
    os._exit(0)


_PRINTING = threading.Lock()


def _print_log(log: dict[str, Any]) -> None:
    with _PRINTING:
        print(json.dumps(log, ensure_ascii=False), flush=True)


if __name__ == '__main__':
    sys.exit(main())
