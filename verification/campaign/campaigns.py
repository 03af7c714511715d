# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The campaigns by name: which worlds each of them plays."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from verification.world.figures import Figures

from . import change, kill, mixed, okta, outage, registry

KILLS_OF_A_WORLD = 250


@dataclass(frozen=True)
class Part:
    """One world to be played, and the row of the report to which its figures are added."""

    row: str
    play: Callable[[], Figures]


Campaign = Callable[[int, float], Iterator[Part]]
"""Makes the parts for a seed; the other number is how many there are in relation to the long form."""


def _kill(seed: int, scale: float) -> Iterator[Part]:
    kills = round(1000 * scale)
    for number in range(0, kills, KILLS_OF_A_WORLD):
        world = seed + number // KILLS_OF_A_WORLD
        yield Part('kill', partial(kill.play, world, min(KILLS_OF_A_WORLD, kills - number)))


def _outage(seed: int, scale: float) -> Iterator[Part]:
    rng = random.Random(f'outages {seed}')
    outages = [*outage.all_outages(rng), *outage.outages_of_older_agents(rng)]
    for number, each in enumerate(rng.sample(outages, _share(len(outages), scale))):
        row = f'outage, files are {"emptied" if each.rotation == "truncate" else "replaced"}'
        if each.acknowledgements == 'overtaking':
            row = 'outage, older Agents'
        yield Part(row, partial(outage.play, 100 * seed + number, each))


def _share(count: int, scale: float) -> int:
    return min(max(round(count * scale), 1), count)


def _worlds(row: str, play: Callable[[int], Figures], count: int) -> Campaign:
    def parts(seed: int, scale: float) -> Iterator[Part]:
        for number in range(max(round(count * scale), 1)):
            yield Part(row, partial(play, 100 * seed + number))

    return parts


CAMPAIGNS: dict[str, Campaign] = {
    'kill': _kill,
    'outage': _outage,
    'okta': _worlds('okta', okta.play, 24),
    'change': _worlds('change', change.play, 40),
    'registry': _worlds('registry', registry.play, 24),
    'mixed': _worlds('mixed', mixed.play, 3),
}
