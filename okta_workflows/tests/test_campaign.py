# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The fault campaigns in a short form, and whether they can fail.

`make campaign` plays the long form.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from .campaign import change, kill, mixed, okta, registry
from .campaign.figures import MAX_REPEATS_OF_A_CRASH, Figures
from .campaign.ledger import Ledger
from .campaign.mutations import MUTATIONS, Mutation
from .campaign.rate_limit import requests_in_closed_windows
from .okta_simulator import OktaSimulator, VirtualClock
from .okta_simulator.faults import RateLimited
from .test_okta_simulator_system_log import get


@pytest.mark.parametrize(
    'play',
    [
        pytest.param(partial(okta.play, 11, count=20), id='okta'),
        pytest.param(partial(change.play, 11, count=6), id='change'),
        pytest.param(partial(registry.play, 11, count=4), id='registry'),
        pytest.param(partial(mixed.play, 11, days=0.1), id='mixed'),
    ],
)
def test_whatever_fails_every_promise_is_kept(play: Callable[[], Figures]) -> None:
    figures = play()
    assert figures.complaints == []
    assert figures.delivered == figures.events - figures.lost_by_agent.total() > 0


def test_agents_killed_at_random_instants_lose_nothing_and_repeat_little() -> None:
    figures = kill.play(1, 40)
    assert figures.complaints == []
    assert figures.delivered == figures.events > 0
    assert 0 < figures.most_repeats_of_a_crash <= MAX_REPEATS_OF_A_CRASH


@pytest.mark.parametrize('mutation', [pytest.param(each, id=each.name) for each in MUTATIONS])
def test_a_check_without_one_of_its_protections_is_found_out(mutation: Mutation) -> None:
    """And in the same world, with the protection, every promise is kept."""
    assert mutation.play().complaints == []
    with mutation.remove():
        assert mutation.complaint in ' '.join(mutation.play().complaints)
