# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A line that the Agent would cut is made to fit, and stays recognizable."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from datadog_checks.okta_workflows.event import LogLine, LogLineFormat
from datadog_checks.okta_workflows.trim import MARKER

from .conftest import NOW

LIMIT = 256_000
KEPT = {
    'uuid': 'c2d1f7b0-1d55-11f1-9a3e-5b0c7d6e8f10',
    'published': '2026-11-23T02:00:00.318Z',
    'eventType': 'workflows.user.flow.activate',
}
WELL_KNOWN = {
    **KEPT,
    'severity': 'WARN',
    'version': '0',
    'displayMessage': 'Flow activated',
    'outcome': {'result': 'FAILURE', 'reason': 'No such table'},
    'actor': {'id': '00u7q2m4xk', 'type': 'User', 'displayName': 'Mara Lindqvist'},
}


def to_line(event: dict[str, Any], limit: int = LIMIT) -> LogLine:
    return LogLineFormat(['env:prod'], 'acme.okta.com', limit).to_line(event, NOW)


def data(line: LogLine) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(line.text)
    return content


def nested(depth: int, leaf: Any) -> Any:
    value: Any = leaf
    for level in range(depth):
        value = {f'level{level}': value} if level % 2 else [value, level]
    return value


LARGE = [
    pytest.param({'debugContext': {'debugData': {'requestUri': 'x' * 400_000}}}, id='one huge text'),
    pytest.param(
        {'debugContext': {'debugData': {'note': 'Übergabe 工作流 \U0001f680' * 30_000}}}, id='several bytes each'
    ),
    pytest.param({'debugContext': {'debugData': {'note': '\U0001f680' * 200_000}}}, id='four bytes each'),
    pytest.param({'debugContext': {'debugData': {'note': '"\\\n\t' * 100_000}}}, id='escapes'),
    pytest.param({'debugContext': {'debugData': {'note': '\x01' * 100_000}}}, id='control characters'),
    pytest.param({'debugContext': {'debugData': {f'k{n}': 'y' * 1000 for n in range(400)}}}, id='many medium texts'),
    pytest.param({'debugContext': {'debugData': {f'k{n}': 'y' * 200 for n in range(2000)}}}, id='many short texts'),
    pytest.param({'debugContext': {'debugData': nested(100, ['z' * 100] * 4000)}}, id='nested'),
    pytest.param({'target': [{'id': f'{n}', 'type': 'AppUser', 'detail': None} for n in range(9000)]}, id='targets'),
    pytest.param({'request': {'ipChain': list(range(90_000))}}, id='numbers'),
    pytest.param({'a': 'x' * 90_000, 'b': 'x' * 90_000, 'c': 'x' * 90_000, 'd': {'e': 'x' * 90_000}}, id='several'),
    pytest.param({'uuids': [{'uuid': 'u' * 300_000}]}, id='a huge id of another kind'),
    pytest.param({'target': [{'type': 'Flow', 'id': '1', 'displayName': 'n' * 200_000}]}, id='a huge name of a flow'),
]


@pytest.mark.parametrize('large', LARGE)
def test_a_large_event_is_made_to_fit(large: dict[str, Any]) -> None:
    line = to_line({**WELL_KNOWN, **large})
    assert line.size_bytes <= LIMIT
    assert MARKER in line.text
    assert {key: data(line)['log'][key] for key in WELL_KNOWN} == WELL_KNOWN
    assert data(line)['ddtags'] == 'env:prod,okta_domain:acme.okta.com'
    assert (data(line)['message'], data(line)['status']) == ('Flow activated', 'warn')
    assert data(line)['timestamp'] == 1795399200318
    assert line.uuid == KEPT['uuid']


@pytest.mark.parametrize('large', LARGE)
def test_the_size_that_is_told_is_that_of_the_trimmed_line(large: dict[str, Any]) -> None:
    line = to_line({**WELL_KNOWN, **large})
    assert line.size_bytes == len(line.text.encode()) + 1


@pytest.mark.parametrize('large', LARGE)
def test_the_event_itself_is_left_alone(large: dict[str, Any]) -> None:
    event = {**WELL_KNOWN, **large}
    before = deepcopy(event)
    to_line(event)
    assert event == before


@pytest.mark.parametrize(
    'large',
    [
        pytest.param({'actor': {f'k{n}': n for n in range(40_000)}}, id='actor'),
        pytest.param({'outcome': {'reason': 'r' * 300_000}}, id='outcome'),
        pytest.param({'outcome': [[n] for n in range(60_000)]}, id='outcome of another kind'),
        pytest.param({'displayMessage': 'm' * 300_000}, id='message'),
    ],
)
def test_whatever_is_large_the_event_keeps_what_it_is_found_by(large: dict[str, Any]) -> None:
    line = to_line({**WELL_KNOWN, **large})
    assert line.size_bytes <= LIMIT
    assert MARKER in line.text
    assert {key: data(line)['log'][key] for key in KEPT} == KEPT


@pytest.mark.parametrize('over, trimmed', [pytest.param(-1, False, id='one less'), (0, False), (1, True)])
@pytest.mark.parametrize('letter', ['x', 'ü', '工', '\n'])
def test_a_line_is_trimmed_if_it_is_longer_than_the_limit(over: int, trimmed: bool, letter: str) -> None:
    event = {**WELL_KNOWN, 'debugContext': {'debugData': {'note': letter * 5000}}}
    size_bytes = to_line(event).size_bytes
    line = to_line(event, size_bytes - over)
    assert (MARKER in line.text) is trimmed
    assert line.size_bytes <= size_bytes - over


def test_no_more_is_cut_than_has_to_be() -> None:
    """All but the one text is whole, and of that what fits is left, within the length of the marker."""
    note = 'n' * 10_000
    event = {**WELL_KNOWN, 'debugContext': {'debugData': {'note': note, 'other': 'o' * 9_000}}}
    size_bytes = to_line(event).size_bytes
    debug = data(to_line(event, size_bytes - 100))['log']['debugContext']['debugData']
    assert debug['other'] == 'o' * 9_000
    assert debug['note'].endswith(MARKER)
    assert debug['note'].removesuffix(MARKER) == note[: 10_000 - 100 - len(MARKER)]


def test_the_largest_gives_way_first() -> None:
    event = {**WELL_KNOWN, 'small': [[n] for n in range(100)], 'large': [[n] for n in range(9000)]}
    log = data(to_line(event, 10_000))['log']
    assert log['large'] == MARKER
    assert log['small'] == event['small']


def test_fields_give_way_until_it_is_enough() -> None:
    """The marker takes room too, so the largest field alone is just not enough."""
    event = {**WELL_KNOWN, 'large': [[n] for n in range(2000)], 'small': [[n] for n in range(1000)]}
    without_large = to_line({**event, 'large': MARKER}).size_bytes
    log = data(to_line(event, without_large - 1))['log']
    assert (log['large'], log['small']) == (MARKER, MARKER)
    assert data(to_line(event, without_large))['log']['small'] == event['small']


def test_neither_id_nor_tags_are_cut_however_long() -> None:
    """A cut id finds nothing, and a cut tag is another one."""
    event = {**WELL_KNOWN, 'uuid': 'u' * 1000, 'note': 'n' * 20_000}
    line = LogLineFormat(['t' * 1000], 'acme.okta.com', 10_000).to_line(event, NOW)
    assert data(line)['log']['uuid'] == line.uuid == 'u' * 1000
    assert data(line)['ddtags'] == 't' * 1000 + ',okta_domain:acme.okta.com'
    line = LogLineFormat(['t' * 1000], 'acme.okta.com', 100).to_line(event, NOW)
    assert data(line)['log']['uuid'] == 'u' * 1000
    assert data(line)['ddtags'] == 't' * 1000 + ',okta_domain:acme.okta.com'


def test_short_texts_are_never_cut() -> None:
    """Up to 256 characters nothing is free text: ids, addresses, names."""
    event = {**WELL_KNOWN, 'note': 'n' * 256, 'longer': 'l' * 257, 'list': [[n] for n in range(9000)]}
    log = data(to_line(event, 10_000))['log']
    assert log['note'] == 'n' * 256
    assert log['longer'] == 'l' * 128 + MARKER


def test_a_late_event_is_trimmed_like_any_other() -> None:
    event = {**WELL_KNOWN, 'published': '2026-11-20T00:00:00.000Z', 'note': 'n' * 300_000}
    line = to_line(event)
    assert line.size_bytes <= LIMIT
    assert data(line)['late_event'] == {'published': '2026-11-20T00:00:00.000Z', 'age_hours': 75.0}
    assert data(line)['timestamp'] == NOW * 1000


def _random_value(random: Random, depth: int) -> Any:
    kind = random.randrange(8 if depth else 5)
    match kind:
        case 0:
            return random.choice(['', 'a', 'é', '\U0001f680', '"', '\\', '\n']) * random.choice([1, 300, 2000, 20_000])
        case 1:
            return random.choice([0, -1, 2**53, 1.5e300, None, True])
        case 2 | 3 | 4:
            return 'text' * random.randrange(100)
        case 5:
            return [_random_value(random, depth - 1) for _ in range(random.randrange(20))]
        case _:
            return {f'k{n}': _random_value(random, depth - 1) for n in range(random.randrange(20))}


def test_any_event_fits() -> None:
    """Of events at random (seeded) none is too long, and none loses what it is found by."""
    random = Random(7)
    trimmed = 0
    for _ in range(300):
        event = {**WELL_KNOWN, **{f'f{n}': _random_value(random, 3) for n in range(random.randrange(8))}}
        line = to_line(event, 5_000)
        assert line.size_bytes <= 5_000
        assert {key: data(line)['log'][key] for key in KEPT} == KEPT
        trimmed += MARKER in line.text
    assert 100 < trimmed < 300
