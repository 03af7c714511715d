# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The history on its way through the check and the Agent, to what Datadog's intake receives.

The orgs serve it over HTTPS under their own names, which lead to this machine. Virtual time goes in steps of hours: at
each the check runs in the stand-in for the Agent, once with the host down for a day, and twice with a crash after lines
were written and before the cursor was.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self
from unittest import mock
from urllib.parse import urlsplit

from urllib3.util import connection

from agent_standin import AgentKilled, AgentStandIn, Intake
from datadog_checks.okta_workflows import OktaWorkflowsCheck
from okta_simulator import OktaSimulator, ServerTls, VirtualClock
from okta_simulator.clock import ClientClock
from okta_simulator.network import CertificateAuthority

from .history import SEED, history
from .org import Org
from .weeks import HOUR_SECONDS, NOW, START, to_ms, utc

NAME = 'okta_workflows'
HOST = 'agent-1.acme.example'
LOGS_SECTION = [
    {'type': 'integration', 'source': 'okta-workflows', 'service': 'workflows', 'start_position': 'beginning'}
]
STEP_SECONDS = 4 * HOUR_SECONDS
# A batch is sent after five seconds, and the file is looked for every second.
DELIVERY_SECONDS = 12.0
# The Agent tells every second that it works, and is not believed half a minute later.
WORKING_SECONDS = 2.0
HTTPS_PORT = 443

OUTAGE = (utc(11, 3, 14), utc(11, 4, 15))
"""When the host of the Agent is down, in epoch seconds: what happens meanwhile is collected late."""
CRASHES = (utc(10, 29, 13), utc(11, 10, 17))
"""In the first run after them the Agent dies. The next one starts a minute later, and delivers again what had not been
committed, because its first run comes before its registry tells how much of the log file was sent."""
RESTART_SECONDS = 60.0


def moments() -> Iterator[float]:
    """When the check runs, in epoch seconds."""
    for number in range(round((NOW - START) / STEP_SECONDS) + 1):
        at = START + number * STEP_SECONDS
        if not OUTAGE[0] <= at < OUTAGE[1]:
            yield at


@cache
def collect(seed: int = SEED) -> tuple[dict[str, Any], ...]:
    """The logs that the intake received, in their order, each with the Agent's envelope.

    No other stand-in for the Agent may be running meanwhile.
    """
    clock = VirtualClock(START)
    authority = CertificateAuthority.root()
    with ExitStack() as life:
        root = Path(life.enter_context(TemporaryDirectory(prefix='okta-workflows-history-')))
        intake = life.enter_context(Intake())
        orgs = {org.domain: life.enter_context(_serve(org, clock, authority, root)) for org in history(seed).orgs}
        instances = [
            {'domain': domain, 'api_key': okta.api_key, 'tls_ca_cert': str(authority.write(root))}
            for domain, okta in orgs.items()
        ]
        host = life.enter_context(_Host(root, clock, intake, instances))
        life.enter_context(_on_this_machine(orgs))
        for at in moments():
            clock.advance(max(at - clock.now() - WORKING_SECONDS, 0.0))
            host.collect(at)
        return tuple(intake.logs)


def _serve(org: Org, clock: VirtualClock, authority: CertificateAuthority, folder: Path) -> OktaSimulator:
    """The org under its own name, with all that it is ever going to log."""
    tls = ServerTls(*authority.server(org.domain).write(folder, org.domain))
    okta = OktaSimulator(clock=clock, tls=tls)
    okta.custom_domain = org.domain
    for entry in org.entries:
        okta.log.append(entry.event, to_ms(entry.persisted))
    return okta


@contextmanager
def _on_this_machine(orgs: Mapping[str, OktaSimulator]) -> Iterator[None]:
    """Names lead where a resolver would lead, if it knew of the simulated orgs."""
    ports = {domain: urlsplit(okta.url).port or HTTPS_PORT for domain, okta in orgs.items()}
    connect = connection.create_connection

    def create_connection(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        host, _ = address
        return connect(('127.0.0.1', ports[host]) if host in ports else address, *args, **kwargs)

    with mock.patch.object(connection, 'create_connection', create_connection):
        yield


class _Host:
    """The host with the Agent, whose life goes from crash to crash."""

    def __init__(self, root: Path, clock: VirtualClock, intake: Intake, instances: Sequence[Mapping[str, Any]]) -> None:
        self._root = root
        self._clock = clock
        self._intake = intake
        # Rare enough that the check runs only when it is told to.
        self._instances = [{**instance, 'min_collection_interval': 1_000_000_000} for instance in instances]
        self._crashes = list(CRASHES)
        self._patches = ExitStack()

    def __enter__(self) -> Self:
        check_clock = ClientClock(self._clock)
        check_clock.sleep = self._sleep
        self._patches.enter_context(mock.patch.object(OktaWorkflowsCheck, 'clock', check_clock))
        self._start_agent()
        return self

    def __exit__(self, *_: object) -> None:
        self._agent.stop()
        self._patches.close()

    def collect(self, at: float) -> None:
        """Run the check, and let the Agent send what it has. What a crash interrupts is done by the next Agent."""
        self._agent.advance(at - self._clock.now())
        if self._crashes and self._clock.now() >= self._crashes[0]:
            del self._crashes[0]
            self._agent.faults.kill_at('before_cache_write')
        try:
            self._agent.run_checks()
        except AgentKilled:
            self._clock.advance(RESTART_SECONDS)
            self._start_agent()
            self._agent.run_checks()
        self._agent.advance(DELIVERY_SECONDS)

    def _start_agent(self) -> None:
        self._agent = AgentStandIn(self._root, self._clock, intake=self._intake)
        self._agent.set_config(hostname=HOST)
        conf = {'init_config': {}, 'instances': self._instances, 'logs': LOGS_SECTION}
        self._agent.configure(NAME, conf)
        self._agent.start()

    def _sleep(self, seconds: float) -> None:
        # While the check waits, the rest of the Agent works.
        self._agent.advance(seconds)
