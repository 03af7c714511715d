# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The story: two orgs, an Agent that is stopped and started again with other credentials, and the sums."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from agent_standin import AgentStandIn, Intake

from .agent_process import AgentProcess, agent_over
from .configuration import CHECK_NAME, fill_in, shipped_example, without_comments
from .orgs import HISTORY_SECONDS, Org, busy, running_orgs
from .reconciliation import exit_code, reconcile
from .screen import Screen, domain_of

COLLECTION_INTERVAL_SECONDS = 1
BATCH_WAIT_SECONDS = 1
LOOK_SECONDS = 0.1
SHOWN_OF_A_SECRET = 6
DELIVERY_TIMEOUT_SECONDS = 20.0
# Two starts of the Agent, and the waits until all is delivered.
OVERHEAD_SECONDS = 12.0
PHASES = 3
MIN_PHASE_SECONDS = 0.3


def tell(seed: int, seconds: float) -> int:
    """Run the demo, which takes about `seconds`, and return its exit code."""
    with TemporaryDirectory(prefix='okta-workflows-demo-') as folder, running_orgs(seed) as orgs, Intake() as intake:
        return _Demo(Path(folder), orgs, intake).tell(seconds)


class _Demo:
    def __init__(self, root: Path, orgs: Sequence[Org], intake: Intake) -> None:
        self._root = root
        self._orgs = orgs
        self._intake = intake
        self._agent_files = AgentStandIn(root)
        self._screen = Screen({org.domain: org.name for org in orgs})
        self._shown = 0

    def tell(self, seconds: float) -> int:
        phase_seconds = max((seconds - OVERHEAD_SECONDS) / PHASES, MIN_PHASE_SECONDS)
        self._introduce()
        self._first_life(phase_seconds)
        before = self._generated()
        with ExitStack() as activity:
            activity.enter_context(busy(self._orgs))
            self._interlude(before, phase_seconds)
            with agent_over(self._root) as agent:
                self._second_life(agent, phase_seconds)
                activity.close()
                self._show_until(agent, self._all_delivered, DELIVERY_TIMEOUT_SECONDS)
        self._show_new()
        self._screen.heading("The Agent's status page")
        self._screen.quote(agent.status_page.replace(str(self._root), '…').splitlines())
        return self._settle()

    def _introduce(self) -> None:
        screen = self._screen
        screen.heading('Two Okta orgs')
        for org in self._orgs:
            screen.say(
                f'{org.name} at {org.domain}: {len(org.okta.events):,} events in the last {HISTORY_SECONDS // 3600} '
                f'hours, {len(org.generated()):,} of them of Workflows. The check has an {org.way}.'
            )
        screen.heading('The configuration')
        screen.say('The shipped conf.yaml.example, filled in. What is not a comment in it:')
        self._agent_files.set_config(
            **{
                'logs_enabled': True,
                'logs_config.logs_dd_url': self._intake.url,
                'logs_config.batch_wait': BATCH_WAIT_SECONDS,
            }
        )
        conf = self._configure()
        for org in self._orgs:
            for secret in org.secrets():
                conf = conf.replace(secret, f'{secret[:SHOWN_OF_A_SECRET]}…')
        screen.quote(without_comments(conf))

    def _first_life(self, seconds: float) -> None:
        screen = self._screen
        screen.heading('The Agent starts')
        screen.say('Its first run looks back over the history; then new events appear.')
        screen.say('These are the logs as Datadog receives them:')
        screen.column_names()
        with agent_over(self._root) as agent:
            with busy(self._orgs):
                self._show_until(agent, lambda: bool(self._intake.logs), DELIVERY_TIMEOUT_SECONDS)
                self._show_for(agent, seconds)
            # The edit below gives the check a new id, and the Agent reads the log file of an old id no further.
            self._show_until(agent, self._all_delivered, DELIVERY_TIMEOUT_SECONDS)
        self._show_new()

    def _interlude(self, before: int, seconds: float) -> None:
        """The Agent is down, the orgs are not; `before` it was so many events had been generated."""
        screen = self._screen
        screen.heading('The Agent stops')
        time.sleep(seconds)
        screen.say(f'{self._generated() - before} Workflows events happen meanwhile.')
        for org in self._orgs:
            org.rotate_credentials()
            screen.say(f'{org.name}: the {org.way} is rotated; Okta refuses the old one from now on.')
        self._configure()
        screen.say('conf.yaml is edited to hold the new ones, which gives the check another id.')

    def _second_life(self, agent: AgentProcess, seconds: float) -> None:
        screen = self._screen
        screen.heading('The Agent starts again and resumes')
        screen.column_names()
        seen = len(self._intake.logs)
        self._show_until(agent, lambda: len(self._intake.logs) > seen, DELIVERY_TIMEOUT_SECONDS)
        self._show_for(agent, seconds)

    def _settle(self) -> int:
        received = self._received()
        sums = [reconcile(org.name, org.generated(), received.get(org.domain, [])) for org in self._orgs]
        self._screen.heading('Reconciliation')
        self._screen.reconciliation(sums)
        code = exit_code(sums)
        self._screen.verdict(
            'The sums do not agree.' if code else 'Every event arrived, and none twice.', good=not code
        )
        return code

    def _configure(self) -> str:
        """Write `conf.yaml` with the credentials of now, and return it."""
        conf = fill_in(
            shipped_example(),
            [
                {
                    'domain': org.okta.url,
                    **org.credentials(),
                    'min_collection_interval': COLLECTION_INTERVAL_SECONDS,
                }
                for org in self._orgs
            ],
        )
        self._agent_files.configure(CHECK_NAME, conf)
        return conf

    def _show_for(self, agent: AgentProcess, seconds: float) -> None:
        self._show_until(agent, lambda: False, seconds)

    def _show_until(self, agent: AgentProcess, reached: Callable[[], bool], seconds: float) -> None:
        """Show what arrives, until `reached` or for so many seconds."""
        deadline = time.monotonic() + seconds
        while not reached() and time.monotonic() < deadline:
            agent.require_running()
            time.sleep(LOOK_SECONDS)
            self._show_new()

    def _show_new(self) -> None:
        new = self._intake.logs[self._shown :]
        self._shown += len(new)
        self._screen.logs(new)

    def _generated(self) -> int:
        return sum(len(org.generated()) for org in self._orgs)

    def _received(self) -> dict[str, list[str]]:
        """The uuids that the intake has, by domain, in the order of their arrival."""
        received = defaultdict[str, list[str]](list)
        for log in self._intake.logs:
            content = log['message']
            if isinstance(content, Mapping):
                received[domain_of(log)].append(content['log']['uuid'])
        return received

    def _all_delivered(self) -> bool:
        received = self._received()
        return all(set(org.generated()) <= set(received.get(org.domain, [])) for org in self._orgs)
