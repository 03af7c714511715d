# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""One org, one Agent and one intake on one virtual clock, and the books of all that passes between them."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, Self
from unittest import mock

from agent_standin import AgentKilled, AgentStandIn, CheckResult, Faults, Intake, SendBlocked
from agent_standin.agent_log import AgentLog
from agent_standin.checks import CheckInstance
from agent_standin.clock import Clock
from datadog_checks.okta_workflows import OktaWorkflowsCheck
from okta_simulator import OktaSimulator, VirtualClock
from okta_simulator.clock import ClientClock

from .figures import MAX_REPEATS_OF_A_CRASH, Figures
from .ledger import Ledger

NAME = 'okta_workflows'
CHECK = f'datadog_checks.{NAME}'
# 2026-11-23T03:02:45Z
START = 1_795_402_965.0
# How a warning announces repeats.
REPEATS = re.compile('delivered (twice|again)|restarts')
LOGS_SECTION = (
    {'type': 'integration', 'source': 'okta-workflows', 'service': 'workflows', 'start_position': 'beginning'},
)

# A standstill is left after ten minutes; the Agent's longest wait for an intake that is back is two, and a batch, a
# scan of the files and the next run take their time.
MAX_STALL_SECONDS = 600.0 + 120.0 + 180.0
STEP_SECONDS = 10.0


@dataclass(frozen=True)
class ClockBehind:
    """Shows less than another clock; more, with negative seconds."""

    clock: Clock
    seconds: float

    def now(self) -> float:
        return self.clock.now() - self.seconds


class World:
    """The check between a simulated Okta org and a stand-in for the Agent, for one seed.

    Args:
        agent: which Agent it is, as `AgentStandIn` takes it.
        settings: of `datadog.yaml`, by dotted keys.
        instance: options of the instance, beyond domain and API key.
        page_limit_events: how many events the check asks for at a time.
        page_events: how many of them at most are in a page that is not too large.
        okta_behind_seconds: how much later it is here than in the org.
    """

    def __init__(
        self,
        seed: int,
        *,
        agent: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        instance: Mapping[str, Any] | None = None,
        okta_behind_seconds: float = 0.0,
        page_limit_events: int = 1000,
        page_events: int | None = None,
    ) -> None:
        self.random = random.Random(seed)
        self.clock = VirtualClock(START)
        self._page_limit_events = page_limit_events
        self._page_events = page_events or page_limit_events
        self.okta = OktaSimulator(clock=ClockBehind(self.clock, okta_behind_seconds), seed=seed)
        self.intake = Intake(on_log=self._receive)
        self.faults = Faults()
        self.ledger = Ledger()
        self.variant = dict(agent or {})
        self.settings: dict[str, Any] = {'logs_enabled': True, **(settings or {})}
        self.instance = dict(instance or {})
        self.other_instances: list[dict[str, Any]] = []
        self.logs_section: tuple[dict[str, Any], ...] = LOGS_SECTION
        self.figures = Figures(worlds=1)
        self.lost_by_agent: dict[str, str] = {}
        """The cause, by uuid, of what the Agent loses whatever a check does."""
        self.allowed_requests = 0
        """How many requests more than one a run and one a page the faults so far account for."""
        self._stack = ExitStack()

    # Life

    def __enter__(self) -> Self:
        self._root = Path(self._stack.enter_context(TemporaryDirectory(prefix='campaign-')))
        for name, stand_in in {
            'okta.page.PAGE_LIMIT_EVENTS': self._page_limit_events,
            'agent.settings.shutil': SimpleNamespace(disk_usage=self._disk_usage),
        }.items():
            self._stack.enter_context(mock.patch(f'{CHECK}.{name}', stand_in))
        check_clock = ClientClock(self.clock)
        check_clock.sleep = self._sleep
        self._stack.enter_context(mock.patch.object(OktaWorkflowsCheck, 'clock', check_clock))
        self._stack.enter_context(self.okta)
        self._stack.enter_context(self.intake)
        self.instance.update(domain=self.okta.url, api_key=self.okta.api_key)
        self._start()
        self._stack.callback(lambda: self.agent.kill())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start(self) -> None:
        self.ledger.interrupt()
        # Faults outlast an Agent, its death does not.
        self.faults = replace(self.faults)
        self.agent = AgentStandIn(self._root, self.clock, intake=self.intake, faults=self.faults, **self.variant)
        self.agent.set_config(**self.settings)
        instances = [{'min_collection_interval': 30, 'initial_lookback_hours': 1, **self.instance}]
        instances += [{**instances[0], **other} for other in self.other_instances]
        self.agent.configure(NAME, {'init_config': {}, 'instances': instances, 'logs': list(self.logs_section)})
        self.agent.start()
        send_log = self.agent.datadog_agent.send_log

        def noted_send_log(line: str, check_id: str) -> None:
            self.ledger.hand_over(check_id, json.loads(line)['log']['uuid'])
            send_log(line, check_id)

        mock.patch.object(self.agent.datadog_agent, 'send_log', noted_send_log).start()
        for instance in self.agent.checks:
            self._watch(instance)

    def stop_and_start(self) -> None:
        """A clean restart."""
        self._end(self.agent.stop)
        self.figures.restarts += 1
        self._start()

    def kill_and_start(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """The Agent dies between two runs."""
        self._end(self.agent.kill)
        meanwhile()
        self._crashed()

    def _end(self, end: Callable[[], None]) -> None:
        end()
        self._ended()

    def _ended(self) -> None:
        self.figures.runs += len(self.agent.runs)
        if self.variant.get('acknowledgements') == 'overtaking' and self.settings['logs_enabled']:
            self._blame_overtaking()

    def _blame_overtaking(self) -> None:
        """The registry of older Agents moves past what is under way still, and so says that it was delivered."""
        for message in self.agent.logs.pipeline.overtaken:
            # Of a line that the Agent began to read in its middle, no event is left to be lost.
            with suppress(ValueError):
                self.lost_by_agent[json.loads(message.body)['log']['uuid']] = 'overtaken by a later acknowledgement'

    def _crashed(self) -> None:
        self.figures.crashes += 1
        self._start()

    def _watch(self, instance: CheckInstance) -> None:
        check, run = instance.check, instance.run

        def noted_run(clock: Clock, log: AgentLog) -> CheckResult | None:
            try:
                result = run(clock, log)
            except (AgentKilled, SendBlocked):
                self._end_run(instance.check_id, check.warnings, '')
                raise
            if result is not None:
                self._end_run(instance.check_id, result.warnings, result.error)
            return result

        mock.patch.object(instance, 'run', noted_run).start()

    def _end_run(self, check_id: str, warnings: Iterable[str], error: str) -> None:
        self.ledger.end_run(check_id, announced=any(REPEATS.search(warning) for warning in warnings))
        if 'did not write them' in error:
            self.ledger.interrupt()

    def _sleep(self, seconds: float) -> None:
        # While the check waits, the rest of the Agent works.
        self.agent.advance(seconds)

    def _disk_usage(self, _: str) -> SimpleNamespace:
        total, free = self.faults.disk_total_and_free_bytes or (0, 0)
        return SimpleNamespace(total=total, used=total - free, free=free)

    @property
    def registry_path(self) -> Path:
        return self._root / 'run' / 'registry.json'

    # What happens in it

    def happen(self, count: int, *, padding_bytes: int = 0, late_seconds: float = 0.0) -> None:
        """Events are persisted now, that were published `late_seconds` ago, all of them at one moment."""
        events = self.okta.generator.events(count, self.okta.clock.now() - late_seconds, noise_share=0.1)
        for event in events:
            if padding_bytes:
                event['debugContext']['debugData']['note'] = 'x' * padding_bytes
        self.okta.append(*events)
        self.persist(events)

    def happen_soon(self, count: int, *, seconds: float) -> None:
        """Events of actions at random moments from now on, with cascades, late ones and oddities among them."""
        now = self.okta.clock.now()
        self.persist(self.okta.generate(count, since=now + 1, until=now + seconds, late_share=0.2))

    def expect_faults(self, count: int) -> None:
        """So many answers of Okta's will be faulty: each is worth another attempt, and another start or token."""
        self.figures.faults += count
        self.allowed_requests += 2 * count

    def persist(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Enter into the books those events that the check is to collect."""
        scope = ('workflows.', 'user.') if self.other_instances else ('workflows.',)
        self.ledger.persist(event['uuid'] for event in events if event['eventType'].startswith(scope))

    def advance(self, seconds: float) -> None:
        """Let time pass, over deaths of the Agent too. A check that hangs is ended with its Agent."""
        end = self.clock.now() + seconds
        while (left := end - self.clock.now()) > 0:
            try:
                self.agent.advance(left)
            except AgentKilled:
                self._ended()
                self._crashed()
            except SendBlocked:
                self.kill_and_start()
            self.intake.logs.clear()
            self.intake.requests.clear()

    def _receive(self, log: dict[str, Any]) -> None:
        message = log['message']
        # Two lines that a crash has glued together are none.
        if isinstance(message, dict):
            self.ledger.receive(message['log']['uuid'])

    # The end

    def heal(self) -> None:
        """Nothing fails any more, whatever failed so far."""
        self.okta.faults.clear()
        self.okta.stop()
        self.okta.start()
        self.intake.accept()
        self.intake.answer = 202
        self.faults = Faults()
        self.instance['api_key'] = self.okta.api_key
        self.logs_section = LOGS_SECTION
        self.settings['logs_enabled'] = True
        self.kill_and_start()

    def settle(self, deadline_seconds: float) -> None:
        """Let the world, which is healthy again, work until everything has arrived."""
        last_arrival = self.clock.now()
        end = last_arrival + deadline_seconds
        while self.ledger.missing - set(self.lost_by_agent) and self.clock.now() < end:
            before = self.ledger.received.total()
            self.advance(STEP_SECONDS)
            if self.ledger.received.total() != before:
                last_arrival = self.clock.now()
            stall = self.clock.now() - last_arrival
            self.figures.longest_stall_seconds = max(self.figures.longest_stall_seconds, stall)
            # What is broken already need not be waited for.
            if stall > MAX_STALL_SECONDS or max(self.ledger.repeats_of_interruptions) > MAX_REPEATS_OF_A_CRASH:
                break

    def close_books(self) -> Figures:
        """The figures, with a complaint for each promise that was not kept."""
        figures, ledger = self.figures, self.ledger
        self._ended()
        figures.seconds = self.clock.now() - START
        figures.events = len(ledger.persisted)
        figures.delivered = ledger.delivered
        figures.lost_by_agent.update(self.lost_by_agent[uuid] for uuid in ledger.missing if uuid in self.lost_by_agent)
        lost = sorted(ledger.missing - set(self.lost_by_agent))
        figures.lost = len(lost)
        figures.repeated = ledger.repeated
        figures.announced_repeats = ledger.announced_repeats
        figures.repeats_of_crashes.update(ledger.repeats_of_interruptions)
        figures.requests = len(self.okta.requests)
        if lost:
            figures.complaints.append(f'lost {len(lost)} events, {lost[0]} among them')
        if figures.most_repeats_of_a_crash > MAX_REPEATS_OF_A_CRASH:
            figures.complaints.append(f'repeated {figures.most_repeats_of_a_crash} events after one crash')
        pages = math.ceil(ledger.handed_over.total() / self._page_events)
        # Before a part of a page that is too large, all of it was asked for.
        attempts = 1 if self._page_events == self._page_limit_events else 2
        allowed = attempts * (figures.runs + figures.crashes + pages) + self.allowed_requests
        if figures.requests > allowed:
            figures.complaints.append(f'made {figures.requests} requests where {allowed} are enough')
        if figures.longest_stall_seconds > MAX_STALL_SECONDS:
            figures.complaints.append(f'stopped for {figures.longest_stall_seconds:.0f} seconds in a healthy world')
        return figures
