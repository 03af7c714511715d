# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A gate on what the check costs: the goals of `make bench`, with a margin where the machine has a say."""

from __future__ import annotations

import json
import math
import statistics
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from verification.world.recording import PAGE_EVENTS, REAL_EVENT_BYTES, SMALL_EVENT_BYTES, pages, record
from verification.world.scenario import NOW, pkcs8

from . import fresh, readers, report
from .cost import CHECK, CRAWLER, Collector, collect
from .figures import (
    MAX_COST,
    MAX_EXTRA_REQUESTS,
    MAX_GROWTH_MIB,
    MAX_HELR_CPU,
    MIN_PYTHON_RATE,
    MIN_RATE,
    beside_helr,
    beside_others,
    grow,
)
from .fresh import call
from .imports import cryptographic
from .readers import CHECK as THIS_CHECK
from .readers import DLT, FLOOR, HELR, OKTA_SDK_PYTHON, Reader, Reading
from .server import Served, serving
from .virtual import INTERVAL_SECONDS, latencies, log_file_rate, request_rate, requests_of

MARGIN = 1.25
COST_MARGIN = 1.5
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
    # Besides, the check stores where it starts, the first page that it reads, and the link after the page.
    assert collect(collector, bodies).commits == pytest.approx(PAGE_EVENTS / events_per_commit, abs=3)


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


def test_a_catch_up_fills_a_small_log_file_several_times_a_minute() -> None:
    """It may be replaced when the Agent has sent all of it, which takes some seconds each time."""
    rate = log_file_rate(1, MINUTES)
    # A tenth of the file that the goal is for, which takes a little longer to fill.
    assert rate['made'] >= rate['allowed'] / 10


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
    readings = readers.read(readers.OWN, FEW_EVENTS, repeats=1, event_bytes=0)
    assert [reading.events for reading in readings] == [FEW_EVENTS] * 3


@pytest.mark.parametrize('event_bytes', [SMALL_EVENT_BYTES, REAL_EVENT_BYTES])
def test_events_are_about_as_long_as_they_are_meant_to_be(event_bytes: int) -> None:
    events = record(FEW_EVENTS, NOW, event_bytes=event_bytes, oddity_share=0.0)
    assert statistics.mean(map(len, events)) == pytest.approx(event_bytes, rel=0.05)
    assert all(json.loads(event)['uuid'] for event in events)


@pytest.mark.parametrize(('check_seconds', 'is_met'), [(MAX_HELR_CPU, True), (MAX_HELR_CPU + 0.01, False)])
def test_the_check_is_held_against_helr(check_seconds: float, is_met: bool) -> None:
    cpu, wall = beside_helr([reading(THIS_CHECK, check_seconds, 2.0), reading(HELR, 1.0, 1.9)])
    assert (cpu.is_met, wall.is_met) == (is_met, False)


def test_the_check_is_held_against_the_fastest_of_the_other_readers_in_python() -> None:
    """Not against the floor, which only decodes, nor against Helr."""
    faster = [reading(reader, 0.1, 0.1) for reader in (FLOOR, HELR)]
    others = [reading(OKTA_SDK_PYTHON, 9.0, 9.0), reading(DLT, 1.0, MIN_PYTHON_RATE)]
    (figure,) = beside_others([reading(THIS_CHECK, 1.0, 1.0), *faster, *others])
    assert DLT.name in figure.what
    assert figure.is_met
    (figure,) = beside_others([reading(THIS_CHECK, 1.0, 1.01), *faster, *others])
    assert figure.is_met is False


def test_helr_is_left_out_where_cargo_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))
    assert HELR not in readers.peers_at_hand()
    (tmp_path / 'cargo').touch(0o755)
    assert HELR in readers.peers_at_hand()


@pytest.mark.skipif(sys.platform != 'linux', reason='reads /proc')
@pytest.mark.parametrize(
    ('read', 'told'),
    [
        pytest.param([THIS_CHECK], report.HELR_ABSENT, id='left out'),
        pytest.param([THIS_CHECK, HELR], report.HELR_MEASURED, id='measured'),
    ],
)
def test_the_page_tells_whether_helr_was_measured(read: list[Reader], told: str) -> None:
    page = report.markdown({}, {}, [reading(reader, 1.0, 1.0) for reader in read], 'make bench', [])
    assert page.endswith(f'{told}\n')


FAKE_HELR = """#!{python}
import json, sys, urllib.request
from pathlib import Path
_, _, _, _, config, _, output = sys.argv
(source,) = json.loads(Path(config).read_text())['sources'].values()
lines, url = [], source['url'] + '?limit=' + str(source['query_params']['limit'])
for _ in range(source['pagination']['max_pages']):
    with urllib.request.urlopen(url) as response:
        lines += json.load(response)
        url = response.headers.get_all('Link')[1].partition('>')[0].lstrip('<')
Path(output).write_text(''.join(json.dumps(line) + chr(10) for line in lines))
"""


@pytest.mark.skipif(sys.platform != 'linux', reason='reads /proc')
def test_helr_is_told_to_read_to_the_end_and_its_own_process_is_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With a stand-in that follows links as Helr does: never ending by itself."""
    helr = tmp_path / 'helr'
    helr.write_text(FAKE_HELR.format(python=sys.executable))
    helr.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path))
    events = PAGE_EVENTS + FEW_EVENTS
    with serving(Served(events, event_bytes=0)) as port:
        program = [sys.executable, '-m', f'{readers.__package__}.peers.helr']
        finished = fresh.run([*program, f'http://127.0.0.1:{port}', str(events)])
    assert finished.answer['events'] == events
    assert 0 < finished.answer['cpu seconds'] < finished.cpu_seconds
    assert 0 < finished.answer['wall seconds'] < finished.wall_seconds


def reading(reader: Reader, cpu_seconds: float, wall_seconds: float) -> Reading:
    return Reading(reader, FEW_EVENTS, SMALL_EVENT_BYTES, cpu_seconds, wall_seconds, peak_mib=1.0)
