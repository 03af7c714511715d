# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What an operator sees in six situations: the status page and `agent.log`, as docs/operating.md shows them.

`make transcript` plays the situations in virtual time, against the simulator and the stand-in, and writes the page. The
addresses and paths of this machine are replaced by those of an org and of a host, and random ids by fixed ones.
Tracebacks and line numbers are left out, because they change with every edit of the code.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

from agent_standin import AgentStandIn, Intake
from datadog_checks.okta_workflows import OktaWorkflowsCheck
from okta_simulator import OktaSimulator, VirtualClock
from okta_simulator.clock import ClientClock
from verification.world.run_by_hand import run_by_hand
from verification.world.scenario import LOGS_SECTION, NAME, NOW

PAGE = Path(__file__).parents[2] / 'docs' / 'operating.md'
BLOCK = re.compile(r'(?<=<!-- make transcript -->\n).*?(?=<!-- end -->)', re.DOTALL)

INTERVAL_SECONDS = 30.0
# From the line to the acknowledgement, in an Agent that nothing disturbs.
DELIVERY_SECONDS = 10.0
DAY_SECONDS = 86_400.0
CHECK_ID = re.compile(r'(okta_workflows[:_])[0-9a-f]{8,}')
TRACEBACK = re.compile(r'\n +Traceback .*?\n +datadog_checks\.[^\n]*|,"traceback":"Traceback.*?"(?=}])', re.DOTALL)
REQUEST_ID = re.compile(r'(?<=request id )[0-9a-f]{32}')
LINE_NUMBER = re.compile(r'(?<=\.py):\d+\)')


@dataclass
class Host:
    """A host with an Agent, an org, and an intake, in one virtual time."""

    root: Path
    clock: VirtualClock
    okta: OktaSimulator
    intake: Intake
    agent: AgentStandIn = field(init=False)
    _read: int = 0

    def start(self) -> None:
        self.agent = AgentStandIn(self.root, self.clock, intake=self.intake)
        self.agent.set_config(**{'logs_config.integrations_logs_files_max_size': 10})
        # So rare that the check runs only when a situation says so.
        instance = {'domain': self.okta.url, 'api_key': self.okta.api_key, 'min_collection_interval': 10**9}
        self.agent.configure(NAME, {'init_config': {}, 'instances': [instance], 'logs': LOGS_SECTION})
        self.agent.start()
        # The first run of a check comes a moment after the Agent reports its progress.
        self.agent.advance(2)

    def run(self, count: int = 1) -> None:
        for _ in range(count):
            self.agent.run_checks()
            self.agent.advance(INTERVAL_SECONDS)

    def shown(self) -> str:
        """The lines of the check on the status page, and what the check logged since the last call."""
        page = self.agent.status()
        status = page[page.index('Instance ID') : page.index('==========\nLogs Agent')].rstrip()
        log, self._read = self.agent.agent_log[self._read :], len(self.agent.agent_log)
        lines = [line for line in log.splitlines() if NAME in line] or ['(nothing)']
        return self._of_a_host('\n'.join(['agent status:', '', f'  {status}', '', 'agent.log:', '', *lines]))

    def _of_a_host(self, text: str) -> str:
        for here, there in (
            (self.okta.url, 'acme.okta.com'),
            (str(self.root / 'run'), '/opt/datadog-agent/run'),
            (str(self.root / 'etc'), '/etc/datadog-agent'),
        ):
            text = text.replace(here, there)
        text = TRACEBACK.sub('', text)
        text = LINE_NUMBER.sub(')', text)
        text = REQUEST_ID.sub('6572252c1f8f09932207d195a7bf4afc', text)
        return CHECK_ID.sub(r'\g<1>3fa9d2c17b5e8046', text)

    def by_hand(self) -> str:
        return self._of_a_host(f'Error: {run_by_hand(self.agent)}')


def first_run(host: Host) -> None:
    host.okta.emit(312, noise_share=0.0)
    host.run()


def idle(host: Host) -> None:
    host.run()


def catch_up(host: Host) -> None:
    host.agent.stop()
    for _ in range(24):
        host.clock.advance(DAY_SECONDS / 24)
        host.okta.emit(400, noise_share=0.0)
    host.okta.org_rate_limit = 10
    host.start()
    host.run()


def outage(host: Host) -> None:
    host.okta.org_rate_limit = 120
    host.run(20)
    host.shown()
    host.intake.refuse()
    host.okta.emit(8000, noise_share=0.0)
    host.run(3)


def rejected_credential(host: Host) -> None:
    host.intake.accept()
    host.agent.advance(300)
    host.run(10)
    host.shown()
    host.okta.rotate_api_key()
    host.run()


def possible_gap(host: Host) -> None:
    host.agent.stop()
    host.clock.advance(DAY_SECONDS)
    for file in (host.root / 'run' / NAME).iterdir():
        file.write_text('{')
    host.start()
    host.run()


BY_HAND = (
    'If new events exist, `agent check okta_workflows` shows that the check read them and that the Agent did not write '
    'them. The cursor does not advance, and the running Agent delivers them.'
)

SITUATIONS: dict[str, tuple[str, Callable[[Host], None]]] = {
    'First run': ('The org had 312 Workflows events in the last 12 hours.', first_run),
    'Idle': ('30 seconds later, nothing new is in the System Log.', idle),
    'Catch-up': (
        'The Agent was stopped for a day, and the org allows the token few requests. The run ends before it has '
        'everything.',
        catch_up,
    ),
    'Outage of the intake': ('Datadog is unreachable, and the log file of 10 MiB fills up.', outage),
    'Rejected credential': ('Somebody revoked the API token.', rejected_credential),
    'Possible gap': ('The host was down for a day, and the cursor in the cache of the Agent is torn.', possible_gap),
}


@contextmanager
def host() -> Iterator[Host]:
    clock = VirtualClock(NOW)
    with (
        TemporaryDirectory() as root,
        OktaSimulator(clock=clock, seed=1) as okta,
        Intake() as intake,
        mock.patch.object(OktaWorkflowsCheck, 'clock', ClientClock(clock)),
    ):
        host = Host(Path(root), clock, okta, intake)
        host.start()
        try:
            yield host
        finally:
            host.agent.stop()


def text() -> str:
    """The block of the page."""
    parts = []
    with host() as played:
        for title, (what, play) in SITUATIONS.items():
            play(played)
            parts.append(f'### {title}\n\n{what}\n\n```text\n{played.shown()}\n```\n')
    with host() as played:
        played.run()
        played.okta.emit(7, noise_share=0.0)
        parts.append(f'### Manual run\n\n{BY_HAND}\n\n```text\n{played.by_hand()}\n```\n')
    return '\n' + '\n'.join(parts) + '\n'


if __name__ == '__main__':
    written = text()
    if '--write-docs' in sys.argv:
        PAGE.write_text(BLOCK.sub(lambda _: written, PAGE.read_text('utf-8')), 'utf-8')
    print(written)
