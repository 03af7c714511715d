# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Everything at once, for days: Okta, the intake, the Agent, its disk and its operators."""

from __future__ import annotations

import random

from verification.world.figures import Figures
from verification.world.world import World

from . import change, okta, registry

MINUTE_SECONDS = 60.0
STEPS_OF_A_DAY = 100
# Those that make the log go on without a limit of the repeats they are worth, or that lose what the user wants lost.
TROUBLES = change.TROUBLES + tuple(each for each in registry.TROUBLES if each is not registry.filtered_lines)
REPAIR_SHARE = 0.15


def play(seed: int, days: float = 2.0) -> Figures:
    """Troubles overlap: each lasts until its turn to be repaired comes."""
    rng = random.Random(f'mixed {seed}')
    agent = {
        'rotation': rng.choice(('truncate', 'recreate')),
        'platform': rng.choice(('unix', 'windows')),
        'offset_beyond_end': rng.choice(('start at 0', 'seek past the end')),
        'send_concurrency': rng.choice((1, 4)),
    }
    settings = {
        'logs_config.integrations_logs_files_max_size': 1,
        'logs_config.integrations_logs_total_usage': rng.choice((3, 100)),
        'logs_config.file_scan_period': rng.choice((1.0, 10.0)),
    }
    instance = {'read_timeout': okta.READ_TIMEOUT_SECONDS}
    with World(seed, agent=agent, settings=settings, instance=instance) as world:
        repairs: list[change.Repair] = []
        for _ in range(round(STEPS_OF_A_DAY * days)):
            _trouble(world, rng, repairs)
            world.happen(rng.randint(0, 40))
            world.advance(rng.expovariate(1 / (24 * 60 / STEPS_OF_A_DAY)) * MINUTE_SECONDS)
        for repair in repairs:
            repair()
        world.heal()
        world.settle(24 * 3600.0)
        return world.close_books()


def _trouble(world: World, rng: random.Random, repairs: list[change.Repair]) -> None:
    draw = rng.random()
    if draw < 0.2:
        okta.strike(world, rng, rng.choice(okta.FAULTS))
    elif draw < 0.3:
        okta.change_weather(world, rng)
    elif draw < 0.35:
        world.figures.faults += 1
        world.intake.answer = rng.choice((202, 202, 429, 500, 503))
    elif draw < 0.45 and world.agent.started:
        world.figures.faults += 1
        repairs.append(rng.choice(TROUBLES)(world, rng))
    while repairs and rng.random() < REPAIR_SHARE:
        repairs.pop(0)()
