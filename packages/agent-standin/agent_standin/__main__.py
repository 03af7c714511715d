# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Runs the Agent stand-in manually: `python -m agent_standin --help`."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, get_args

from . import AgentStandIn, Faults, Intake, probe
from .faults import KillPoint

DESCRIPTION = """\
Test a check as the Datadog Agent runs it, without an Agent.
"""

RUN_DESCRIPTION = """\
Host checks as the Datadog Agent does, over a root folder:

  ROOT/etc/datadog.yaml              the Agent's settings (logs_enabled: true if the file is missing)
  ROOT/etc/conf.d/CHECK.d/conf.yaml  the checks to run
  ROOT/etc/checks.d/CHECK.py         checks that are not installed as a package
  ROOT/run/                          persistent cache, log files and registry.json, kept over restarts
  ROOT/log/agent.log                 what the Agent and its checks log

With --etc, the three files of etc/ are read from another folder, such as that of your project.
Logs go to logs_config.logs_dd_url of datadog.yaml. If it is not set, they go to an intake of the stand-in.
SIGTERM and Ctrl-C stop the Agent cleanly and print the status page. SIGKILL ends it without notice.
"""


PROBE_DESCRIPTION = """\
Write a check that asks the Agent which runs it whether the rules of the stand-in hold:

  DIR/checks.d/agent_standin_probe.py
  DIR/conf.d/agent_standin_probe.d/conf.yaml

DIR is the Agent's configuration folder, on Linux /etc/datadog-agent. Then restart the Agent. After a few runs,
agent_standin_probe.jsonl in the Agent's run path has one line for each rule.
"""


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog='python -m agent_standin', description=DESCRIPTION)
    commands = parser.add_subparsers(required=True, metavar='COMMAND')
    run = commands.add_parser(
        'run',
        help='run checks by their intervals',
        description=RUN_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    run.add_argument('--root', type=Path, required=True, metavar='DIR', help='the folder described above')
    run.add_argument('--etc', type=Path, metavar='DIR', help='read the configuration and checks.d from this folder')
    run.add_argument('--for', dest='seconds', type=float, default=float('inf'), metavar='SECONDS', help='then stop')
    run.add_argument('--show-logs', action='store_true', help="print every log that reaches the stand-in's intake")
    run.add_argument(
        '--kill-at',
        metavar='POINT[:COUNT]',
        help=f'die without notice when this point is reached for the COUNT-th time: {", ".join(get_args(KillPoint))}',
    )
    run.add_argument('--linger', action='store_true', help='with --kill-at: the check goes on until its next line')
    run.set_defaults(command=_run)
    probe_command = commands.add_parser(
        'probe',
        help='ask a real Agent whether the rules of the stand-in hold',
        description=PROBE_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    probe_command.add_argument(
        '--write', type=Path, required=True, metavar='DIR', help='the folder that holds checks.d and conf.d'
    )
    probe_command.add_argument('--replace', action='store_true', help='replace files of the probe that differ')
    probe_command.set_defaults(command=_write_probe)
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
    agent = AgentStandIn(options.root, etc=options.etc, intake=intake, faults=faults, own_process=True)

    def leave(signum: int, frame: FrameType | None) -> None:
        agent.leave()

    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    agent.start()
    print(f'Agent stand-in started, process {os.getpid()}: {", ".join(agent.check_ids) or "no checks"}', flush=True)
    for check_id, error in agent.loading_errors.items():
        print(f'Not loaded: {check_id}: {error}', file=sys.stderr, flush=True)
    agent.run_for(options.seconds)
    status = agent.status()
    agent.stop()
    _show(status)
    # A run that ignores `cancel()` ends with the process, as in the Agent, and does not delay its end.
    sys.stderr.flush()
    os._exit(0)


def _write_probe(options: argparse.Namespace) -> int:
    try:
        written = probe.write(options.write, replace=options.replace)
    except probe.ProbeExistsError as error:
        print(f'{error} exists and differs from the file of the probe. To replace it, add --replace.', file=sys.stderr)
        return 1
    except OSError as error:
        print(f'Cannot write the probe: {error}', file=sys.stderr)
        return 1
    for path in written:
        print(path)
    return 0


_PRINTING = threading.Lock()


def _print_log(log: dict[str, Any]) -> None:
    _show(json.dumps(log, ensure_ascii=False))


def _show(text: str) -> None:
    # If the reader has closed the pipe, as after `| head`, the Agent must still acknowledge logs and stop cleanly.
    with _PRINTING, suppress(BrokenPipeError):
        print(text, flush=True)


if __name__ == '__main__':
    sys.exit(main())
