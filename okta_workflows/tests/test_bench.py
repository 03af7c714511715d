# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A gate on what the check costs: the goals of `make bench`, with a margin where the machine has a say."""

from __future__ import annotations

import math
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from .bench import readers
from .bench.cost import CHECK, CRAWLER, Collector, collect
from .bench.figures import MAX_COST, MAX_EXTRA_REQUESTS, MAX_GROWTH_MIB, MIN_RATE, grow
from .bench.fresh import call
from .bench.imports import cryptographic
from .bench.recording import PAGE_EVENTS, pages, record
from .bench.virtual import INTERVAL_SECONDS, latencies, log_file_rate, request_rate, requests_of
from .conftest import NOW, pkcs8

MARGIN = 1.25
COST_MARGIN = 1.6
"""Of the cost of an event: the goal is for a quiet machine, and the tests run beside each other."""
ROUNDS = 6
MINUTES = 2
FEW_EVENTS = 200


def test_an_event_costs_little_more_than_to_decode_and_encode_it() -> None:
    found = call('cost', 'measure', ['floor', 'request', 'check'], ROUNDS)
    assert (found['check'] - found['request']) / found['floor'] <= COST_MARGIN * MAX_COST


@pytest.mark.parametrize(
    ('collector', 'events_per_commit'),
    [
        pytest.param(CHECK, 100, id='check'),
        # What it is compared with, and so what it is that makes the difference.
        pytest.param(CRAWLER, 1, id='crawler base class'),
    ],
)
def test_a_commit_is_shared_by_many_events(collector: Collector, events_per_commit: int) -> None:
    bodies = list(pages(record(PAGE_EVENTS, NOW)))
    # Besides, the check stores where it starts and the link after the page.
    assert collect(collector, bodies).commits == pytest.approx(PAGE_EVENTS / events_per_commit, abs=2)


@pytest.mark.skipif(sys.platform != 'linux', reason='reads /proc')
def test_collection_takes_little_memory() -> None:
    assert grow(5 * PAGE_EVENTS).mib <= MARGIN * MAX_GROWTH_MIB


@pytest.mark.parametrize('events', [1, 999, 1000, 1001])
def test_a_catch_up_takes_no_more_requests_than_there_are_pages(events: int) -> None:
    requests = requests_of(events)
    assert requests['catch-up'] <= math.ceil(events / PAGE_EVENTS) + MAX_EXTRA_REQUESTS
    assert requests['idle run'] == 1


@pytest.mark.parametrize('round_trip_seconds', [0.3, 1.5])
def test_a_catch_up_makes_the_requests_that_okta_allows(round_trip_seconds: float) -> None:
    rate = request_rate(120, round_trip_seconds, MINUTES)
    assert MIN_RATE * rate['allowed'] <= rate['made'] <= rate['allowed']


def test_a_catch_up_fills_the_log_file_as_fast_as_the_agent_empties_it() -> None:
    """A small one, which is replaced all the time."""
    rate = log_file_rate(1, MINUTES)
    assert rate['made'] >= rate['allowed'] / MARGIN


def test_an_event_is_written_at_the_latest_by_the_next_run() -> None:
    assert latencies(200)['most'] <= INTERVAL_SECONDS


@pytest.mark.parametrize(
    'credential',
    [
        pytest.param({'api_key': 'k'}, id='API token'),
        pytest.param({'client_id': '0oa', 'client_secret': 's'}, id='client secret'),
    ],
)
def test_nothing_that_signs_is_imported_without_a_private_key(credential: dict[str, str]) -> None:
    assert cryptographic(call('imports', 'modules_of_a_run', {'domain': 'acme.okta.com', **credential})) == []


def test_what_signs_is_imported_with_a_private_key(rsa_key: rsa.RSAPrivateKey) -> None:
    """Or the test before would find nothing whatever is imported."""
    credential = {'client_id': '0oa', 'private_key': pkcs8(rsa_key), 'private_key_id': 'kid'}
    assert cryptographic(call('imports', 'modules_of_a_run', {'domain': 'acme.okta.com', **credential}))


@pytest.mark.skipif(sys.platform != 'linux', reason='reads /proc')
def test_the_readers_that_are_compared_read_everything() -> None:
    readings = readers.read(readers.OWN, events=FEW_EVENTS, repeats=1)
    assert [reading.events for reading in readings] == [FEW_EVENTS] * 3
