# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Where the Agents come from that are killed: one process that has everything imported, and forks.

It takes lives one by one from its standard input, each a line of JSON, and answers with an empty line when one is over.
It has no threads, so that a fork is safe.
"""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import datadog_checks.okta_workflows
from agent_standin import AgentStandIn, Faults, file_launcher, logs_agent
from okta_simulator import VirtualClock

NAME = datadog_checks.okta_workflows.OktaWorkflowsCheck.__NAMESPACE__

NOWHERE = 'http://127.0.0.1:1'

# A second of the Agent's takes so long here.
SECOND = 0.05
LIVES_ON = 0.0


def main() -> None:
    """Serve until the input ends."""
    _rehearse()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _live(**order)
        if order['seconds'] != LIVES_ON:
            time.sleep(order['seconds'])
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print(flush=True)


def _rehearse() -> None:
    """One run against nothing, for the sake of all that is imported late; in virtual time, so without threads."""
    with TemporaryDirectory(prefix='campaign-') as root:
        agent = AgentStandIn(root, VirtualClock(0.0))
        agent.set_config(**{'logs_config.logs_dd_url': NOWHERE})
        instance = {'domain': NOWHERE, 'api_key': 'none'}
        agent.configure(NAME, {'init_config': {}, 'instances': [instance], 'logs': [{'type': 'integration'}]})
        with agent:
            agent.run_checks()


def _live(root: str, journal: str, seconds: float, write_delay_seconds: float, rotation: Any) -> None:
    """One Agent, until it is killed, or asked to stop by a file `stop` in its root."""
    gc.disable()
    random.seed()
    for module, period in ((file_launcher, 'POLL_PERIOD_SECONDS'), (logs_agent, 'FLUSH_PERIOD_SECONDS')):
        setattr(module, period, SECOND)
    faults = Faults(write_delay_seconds=write_delay_seconds)
    agent = AgentStandIn(root, rotation=rotation, faults=faults).start()
    descriptor = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    send_log = agent.datadog_agent.send_log

    def noted_send_log(line: str, check_id: str) -> None:
        # Written down first, so that what is counted as handed over is never too little.
        os.write(descriptor, json.loads(line)['log']['uuid'].encode() + b'\n')
        send_log(line, check_id)

    agent.datadog_agent.send_log = noted_send_log  # type: ignore[method-assign]
    stop = Path(root, 'stop')
    while not stop.exists():
        agent.run_for(SECOND)
    agent.stop()
    os._exit(0)


if __name__ == '__main__':
    main()
