# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Agents are killed by SIGKILL at random instants, in real time, and others take over what they left."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

from agent_standin import AgentStandIn, Intake
from okta_simulator import OktaSimulator
from verification.world.figures import MAX_REPEATS_OF_A_CRASH, Figures
from verification.world.ledger import Ledger
from verification.world.world import LOGS_SECTION, REPEATS

from .causes import Cause, why_repeated
from .nursery import LIVES_ON, NAME, SECOND

ROOT = Path(__file__).parents[2]
LONGEST_LIFE_SECONDS = 0.3
MOST_EVENTS_OF_A_LIFE = 120
MOST_OUTSTANDING_EVENTS = 400
END_DEADLINE_SECONDS = 120.0


class Nursery:
    """The process of `nursery.py`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'verification.campaign.nursery'],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def begin(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + '\n')
        self._process.stdin.flush()

    def await_end(self) -> None:
        assert self._process.stdout is not None
        if not self._process.stdout.readline():
            raise RuntimeError(f'The nursery ended with status {self._process.wait()}')

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()


class Appended:
    """A file that grows, read piece by piece."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_bytes = 0

    def read(self) -> str:
        """What has come since the last time."""
        if not self.path.exists():
            return ''
        with self.path.open('rb') as file:
            file.seek(self._read_bytes)
            text = file.read().decode('utf-8', 'replace')
            self._read_bytes = file.tell()
        return text


def play(seed: int, kills: int) -> Figures:
    """So many Agents, one after the other over one root, each for an instant."""
    rng = random.Random(f'kill {seed}')
    ledger = Ledger()

    def receive(log: dict[str, Any]) -> None:
        message = log['message']
        # Two lines that a crash has glued together are none.
        if isinstance(message, dict):
            ledger.receive(message['log']['uuid'])

    with (
        TemporaryDirectory(prefix='campaign-') as root,
        OktaSimulator(seed=seed, org_rate_limit=1_000_000) as okta,
        Intake(on_log=receive) as intake,
        Nursery() as nursery,
    ):
        _configure(root, okta, intake)
        journal, agent_log = Appended(Path(root, 'journal')), Appended(Path(root, 'log', 'agent.log'))
        causes: list[Cause] = []
        last_sent: deque[str] = deque(maxlen=2 * MAX_REPEATS_OF_A_CRASH)
        for life in range(kills + 1):
            if len(ledger.missing) < MOST_OUTSTANDING_EVENTS:
                _happen(okta, ledger, rng.randint(0, MOST_EVENTS_OF_A_LIFE))
            is_last = life == kills
            nursery.begin(
                root=root,
                journal=str(journal.path),
                seconds=LIVES_ON if is_last else rng.uniform(0, LONGEST_LIFE_SECONDS),
                write_delay_seconds=rng.choice((0.0, 0.001)),
                rotation='truncate' if seed % 2 else 'recreate',
            )
            if is_last:
                _await_all(ledger)
                Path(root, 'stop').touch()
            nursery.await_end()
            intake.requests.clear()
            intake.logs.clear()
            sent = journal.read().split()
            _note_life(ledger, sent, agent_log.read())
            # Some Agents are killed before they send anything, and leave what the one before them left.
            last_sent.extend(sent)
            causes.append(why_repeated(Path(root, 'run'), last_sent))
        return _figures(ledger, causes, kills, len(okta.requests))


def _configure(root: str, okta: OktaSimulator, intake: Intake) -> None:
    agent = AgentStandIn(root)
    agent.set_config(
        logs_enabled=True,
        **{
            'logs_config.logs_dd_url': intake.url,
            'logs_config.integrations_logs_files_max_size': 1,
            'logs_config.batch_wait': SECOND,
            'logs_config.file_scan_period': SECOND,
        },
    )
    instance = {'domain': okta.url, 'api_key': okta.api_key, 'min_collection_interval': SECOND / 2}
    agent.configure(NAME, {'init_config': {}, 'instances': [instance], 'logs': list(LOGS_SECTION)})


def _happen(okta: OktaSimulator, ledger: Ledger, count: int) -> None:
    events = okta.emit(count, noise_share=0.0)
    ledger.persist(event['uuid'] for event in events)


def _await_all(ledger: Ledger) -> None:
    deadline = time.monotonic() + END_DEADLINE_SECONDS
    while ledger.missing and time.monotonic() < deadline:
        time.sleep(SECOND)


def _note_life(ledger: Ledger, sent: Sequence[str], agent_log: str) -> None:
    """What one Agent handed over, and what it said about that."""
    for uuid in sent:
        ledger.hand_over(NAME, uuid)
    ledger.end_run(NAME, announced=REPEATS.search(agent_log) is not None)
    ledger.interrupt()


def _figures(ledger: Ledger, causes: Sequence[Cause], kills: int, requests: int) -> Figures:
    figures = Figures(
        worlds=1,
        crashes=kills,
        events=len(ledger.persisted),
        delivered=ledger.delivered,
        lost=len(ledger.missing),
        repeated=ledger.repeated,
        requests=requests,
        faults=kills,
        announced_repeats=ledger.announced_repeats,
    )
    # The first life follows no crash.
    repeats = ledger.repeats_of_interruptions[1:-1]
    figures.repeats_of_crashes.update(repeats)
    for cause, count in zip(causes, repeats, strict=False):
        figures.repeats_by_cause.update(cause.share(count))
    if figures.lost:
        figures.complaints.append(f'lost {figures.lost} events')
    if figures.most_repeats_of_a_crash > MAX_REPEATS_OF_A_CRASH:
        figures.complaints.append(f'repeated {figures.most_repeats_of_a_crash} events after one crash')
    return figures
