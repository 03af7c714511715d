# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Operators edit, rotate and misconfigure, disks fill up, Agents are restarted and die, at random moments."""

from __future__ import annotations

import errno
import random
from collections.abc import Callable
from typing import get_args

from agent_standin.faults import ROOMY_DISK, KillPoint
from verification.world.figures import Figures
from verification.world.world import World

FULL_DISK = (ROOMY_DISK[0], ROOMY_DISK[0] // 10)
MINUTE_SECONDS = 60.0

Repair = Callable[[], object]
Trouble = Callable[[World, random.Random], Repair]


def rotated_credential(world: World, rng: random.Random) -> Repair:
    """The old one is refused before the Agent has the new one."""
    world.instance['api_key'] = world.okta.rotate_api_key()
    return world.stop_and_start


def edited_tags(world: World, rng: random.Random) -> Repair:
    world.instance['tags'] = [f'edit:{rng.random()}']
    return _restart(world, rng)


def edited_interval(world: World, rng: random.Random) -> Repair:
    world.instance['min_collection_interval'] = rng.choice((15, 30, 60, 300))
    return _restart(world, rng)


def edited_other_instance(world: World, rng: random.Random) -> Repair:
    """It has the same org, another filter, and a share of the events; its edit changes the id of the first one too."""
    for other in world.other_instances:
        other['tags'] = [f'edit:{rng.random()}']
    return _restart(world, rng)


def restart(world: World, rng: random.Random) -> Repair:
    _restart(world, rng)()
    return lambda: None


def death(world: World, rng: random.Random) -> Repair:
    """At one of the points where it hurts: in the middle of a line, of a batch, of a commit."""
    point: KillPoint = rng.choice(get_args(KillPoint))
    count = rng.randint(1, 6) if 'cache' in point else rng.randint(1, 150)
    world.faults.kill_at(point, count, linger='cache' not in point and rng.random() < 0.5)
    return lambda: None


def torn_line(world: World, rng: random.Random) -> Repair:
    """The Agent dies between a line and its end, and the next one goes on behind it."""
    world.faults.kill_at('between_writes', rng.randint(1, 3))
    return lambda: None


def no_logs_section(world: World, rng: random.Random) -> Repair:
    before = world.logs_section
    world.logs_section = rng.choice(((), ({**before[0], 'type': 'file', 'path': '/var/log/okta.log'},)))
    world.stop_and_start()

    def repair() -> None:
        world.logs_section = before
        world.stop_and_start()

    return repair


def logs_disabled(world: World, rng: random.Random) -> Repair:
    world.settings['logs_enabled'] = False
    world.stop_and_start()

    def repair() -> None:
        world.settings['logs_enabled'] = True
        world.stop_and_start()

    return repair


def no_quota(world: World, rng: random.Random) -> Repair:
    """An Agent that starts with a disk that is too full for it deletes its log files and drops every line."""
    world.faults.disk_total_and_free_bytes = FULL_DISK
    _restart(world, rng)()

    def repair() -> None:
        world.faults.disk_total_and_free_bytes = ROOMY_DISK
        world.stop_and_start()

    return repair


def failing_writes(world: World, rng: random.Random) -> Repair:
    """A full disk, where half a line may land, or a file that may not be written."""
    world.faults.write_errno = rng.choice((errno.ENOSPC, errno.EACCES))
    world.faults.short_write = world.faults.write_errno == errno.ENOSPC and rng.random() < 0.5

    def repair() -> None:
        world.faults.write_errno, world.faults.short_write = None, False

    return repair


def failing_creation(world: World, rng: random.Random) -> Repair:
    """The new check id needs a new file, which cannot be created."""
    world.faults.create_errno = errno.EACCES
    world.instance['tags'] = [f'edit:{rng.random()}']
    world.stop_and_start()

    def repair() -> None:
        world.faults.create_errno = None
        world.stop_and_start()

    return repair


def stopped_logs_agent(world: World, rng: random.Random) -> Repair:
    """As while the transport changes: the hand-over hangs until the Agent is ended."""
    world.agent.logs.handover.stop()
    return lambda: None


def slow_disk(world: World, rng: random.Random) -> Repair:
    world.faults.write_delay_seconds = rng.uniform(0.001, 0.2)

    def repair() -> None:
        world.faults.write_delay_seconds = 0.0

    return repair


def failing_cache(world: World, rng: random.Random) -> Repair:
    """The cache keeps nothing and tells of nothing; the Agent may be restarted meanwhile."""
    world.faults.cache_errno = rng.choice((errno.ENOSPC, errno.EACCES))
    if rng.random() < 0.5:
        for _ in range(3):
            _bustle(world, rng)
        _restart(world, rng)()

    def repair() -> None:
        world.faults.cache_errno = None

    return repair


TROUBLES: tuple[Trouble, ...] = (
    rotated_credential,
    edited_tags,
    edited_interval,
    edited_other_instance,
    restart,
    death,
    torn_line,
    no_logs_section,
    logs_disabled,
    no_quota,
    failing_writes,
    failing_creation,
    stopped_logs_agent,
    slow_disk,
    failing_cache,
)


def play(seed: int, troubles: tuple[Trouble, ...] = TROUBLES, count: int = 12) -> Figures:
    """So many troubles one after the other, each repaired after a while."""
    rng = random.Random(f'change {seed}')
    agent = {
        'rotation': rng.choice(('truncate', 'recreate')),
        'platform': rng.choice(('unix', 'windows')),
        'offset_beyond_end': rng.choice(('start at 0', 'seek past the end')),
    }
    settings = {
        'logs_config.integrations_logs_files_max_size': 1,
        'logs_config.file_scan_period': rng.choice((1.0, 10.0)),
    }
    with World(seed, agent=agent, settings=settings) as world:
        if rng.random() < 0.3:
            world.other_instances.append({'event_filter': 'eventType sw "user."'})
            world.stop_and_start()
        _bustle(world, rng)
        for _ in range(count):
            world.figures.faults += 1
            # What is changed while lines wait in a file is what can lose them.
            world.intake.answer = 503 if rng.random() < 0.4 else 202
            _bustle(world, rng)
            repair = rng.choice(troubles)(world, rng)
            _bustle(world, rng)
            repair()
            _bustle(world, rng)
        world.intake.answer = 202
        world.settle(12 * 3600.0)
        return world.close_books()


def _bustle(world: World, rng: random.Random) -> None:
    for _ in range(rng.randint(1, 4)):
        world.happen(rng.randint(0, 60))
        world.advance(rng.uniform(0.5, 3) * MINUTE_SECONDS)


def _restart(world: World, rng: random.Random) -> Repair:
    return rng.choice((world.stop_and_start, world.kill_and_start))
