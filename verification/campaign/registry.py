# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The Agent's own files are torn, lost or strange, and other checks claim the disk."""

from __future__ import annotations

import json
import random
from typing import Literal

from agent_standin.auditor import Entry
from verification.world.figures import Figures
from verification.world.world import World

from .change import Repair, Trouble, restart

MINUTE_SECONDS = 60.0
OTHER_CHECK_IDS = ('other:0123456789abcdef', 'another:0123456789abcdef')
OTHER_SOURCE = 'journald:systemd'
FOREIGN_LINE = b'z' * 8000
LONG_STOP_SECONDS = 25 * 3600.0
# So that some hundred events fill a file.
PADDING_BYTES = 4_000


def torn_registry(world: World, rng: random.Random) -> Repair:
    """It is written in place, as on ECS Fargate, and met half written or empty; the Agent may die with it."""
    return _flush(world, rng, 'half' if rng.random() < 0.5 else 'empty')


def stale_registry(world: World, rng: random.Random) -> Repair:
    return _flush(world, rng, 'stalled')


def _flush(world: World, rng: random.Random, way: Literal['empty', 'half', 'stalled']) -> Repair:
    world.faults.registry_flush = way
    if rng.random() < 0.5:
        world.advance(rng.uniform(0.1, 5) * MINUTE_SECONDS)
        world.kill_and_start()

    def repair() -> None:
        world.faults.registry_flush = 'whole'

    return repair


def lost_registry(world: World, rng: random.Random) -> Repair:
    """An Agent dies and finds its registry gone, empty, of a version of the future, or without an entry of ours."""
    path = world.registry_path

    def damage() -> None:
        match rng.choice(('missing', 'empty', 'version', 'others')):
            case 'missing':
                path.unlink(missing_ok=True)
            case 'empty':
                path.write_bytes(b'')
            case 'version':
                path.write_text(json.dumps({'Version': 99, 'Registry': {}}))
            case 'others':
                entry = Entry('s=1f', world.clock.now()).to_json()
                path.write_text(json.dumps({'Version': 2, 'Registry': {OTHER_SOURCE: entry}}))

    world.kill_and_start(meanwhile=damage)
    return lambda: None


def filtered_lines(world: World, rng: random.Random) -> Repair:
    """A global rule drops some lines or all of them, and no acknowledgement ever comes for those."""
    share = rng.choice((0.3, 1.0))
    filtered = random.Random(rng.random())

    def rule(body: bytes) -> bool:
        is_filtered = filtered.random() < share
        if is_filtered:
            world.lost_by_agent[json.loads(body)['log']['uuid']] = 'filtered by a rule of the user'
        return is_filtered

    world.faults.filtered = rule

    def repair() -> None:
        world.faults.filtered = None

    return repair


def busy_neighbour(world: World, rng: random.Random) -> Repair:
    """Another integration writes so much that files are evicted, the oldest first, whoever's it is."""
    for _ in range(rng.randint(1, 4)):
        launcher = world.agent.logs.launcher
        for check_id in OTHER_CHECK_IDS:
            launcher.register(check_id)
            for _ in range(rng.randint(0, 150)):
                launcher.handle(FOREIGN_LINE, check_id)
        world.happen(rng.randint(0, 60))
        world.advance(rng.uniform(0, 2) * MINUTE_SECONDS)
    return lambda: None


def other_source(world: World, rng: random.Random) -> Repair:
    """The Agent reads something else too, which may be idle."""
    entries = world.agent.logs.auditor.entries
    entries[OTHER_SOURCE] = Entry(f's={rng.random()}', world.clock.now())
    return lambda: None


def long_stop(world: World, rng: random.Random) -> Repair:
    """The Agent is down for so long that its registry forgets the file."""
    world.kill_and_start(meanwhile=lambda: world.clock.advance(LONG_STOP_SECONDS))
    return lambda: None


TROUBLES: tuple[Trouble, ...] = (
    torn_registry,
    stale_registry,
    lost_registry,
    filtered_lines,
    busy_neighbour,
    other_source,
    long_stop,
    restart,
)


def play(seed: int, troubles: tuple[Trouble, ...] = TROUBLES, count: int = 12) -> Figures:
    """So many troubles one after the other, each repaired after a while."""
    rng = random.Random(f'registry {seed}')
    agent = {
        'rotation': rng.choice(('truncate', 'recreate')),
        'platform': rng.choice(('unix', 'windows')),
        'offset_beyond_end': rng.choice(('start at 0', 'seek past the end')),
    }
    settings = {
        'logs_config.integrations_logs_files_max_size': 1,
        'logs_config.integrations_logs_total_usage': rng.choice((2, 3)),
        'logs_config.file_scan_period': rng.choice((1.0, 10.0)),
        'logs_config.atomic_registry_write': rng.random() < 0.5,
    }
    with World(seed, agent=agent, settings=settings) as world:
        _bustle(world, rng)
        for _ in range(count):
            world.figures.faults += 1
            world.intake.answer = 503 if rng.random() < 0.4 else 202
            repair = rng.choice(troubles)(world, rng)
            _bustle(world, rng)
            repair()
            _bustle(world, rng)
        world.intake.answer = 202
        world.settle(24 * 3600.0)
        return world.close_books()


def _bustle(world: World, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 4)):
        world.happen(rng.randint(0, 60), padding_bytes=PADDING_BYTES)
        world.advance(rng.uniform(0.5, 5) * MINUTE_SECONDS)
