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

from datadog_checks.okta_workflows.event import LogLine, LogLineFormat, encoded_bytes
from datadog_checks.okta_workflows.trim import MARKER, encodable

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
    assert MARKER in json.dumps(line.data)
    assert {key: line.data['log'][key] for key in WELL_KNOWN} == WELL_KNOWN
    assert line.data['ddtags'] == 'env:prod,okta_domain:acme.okta.com'
    assert (line.data['message'], line.data['status']) == ('Flow activated', 'warn')
    assert line.data['timestamp'] == 1795399200.318
    assert line.uuid == KEPT['uuid']


@pytest.mark.parametrize('large', LARGE)
def test_the_size_that_is_told_is_that_of_the_trimmed_line(large: dict[str, Any]) -> None:
    line = to_line({**WELL_KNOWN, **large})
    assert line.size_bytes == encoded_bytes(line.data)


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
    assert MARKER in json.dumps(line.data)
    assert {key: line.data['log'][key] for key in KEPT} == KEPT


@pytest.mark.parametrize('over, trimmed', [pytest.param(-1, False, id='one less'), (0, False), (1, True)])
@pytest.mark.parametrize('letter', ['x', 'ü', '工', '\n'])
def test_a_line_is_trimmed_if_it_is_longer_than_the_limit(over: int, trimmed: bool, letter: str) -> None:
    event = {**WELL_KNOWN, 'debugContext': {'debugData': {'note': letter * 5000}}}
    size_bytes = to_line(event).size_bytes
    line = to_line(event, size_bytes - over)
    assert (MARKER in json.dumps(line.data)) is trimmed
    assert line.size_bytes <= size_bytes - over


def test_no_more_is_cut_than_has_to_be() -> None:
    """All but the one text is whole, and of that what fits is left, within the length of the marker."""
    note = 'n' * 10_000
    event = {**WELL_KNOWN, 'debugContext': {'debugData': {'note': note, 'other': 'o' * 9_000}}}
    size_bytes = to_line(event).size_bytes
    data = to_line(event, size_bytes - 100).data['log']['debugContext']['debugData']
    assert data['other'] == 'o' * 9_000
    assert data['note'].endswith(MARKER)
    assert data['note'].removesuffix(MARKER) == note[: 10_000 - 100 - len(MARKER)]


def test_the_largest_gives_way_first() -> None:
    event = {**WELL_KNOWN, 'small': [[n] for n in range(100)], 'large': [[n] for n in range(9000)]}
    log = to_line(event, 10_000).data['log']
    assert log['large'] == MARKER
    assert log['small'] == event['small']


def test_fields_give_way_until_it_is_enough() -> None:
    """The marker takes room too, so the largest field alone is just not enough."""
    event = {**WELL_KNOWN, 'large': [[n] for n in range(2000)], 'small': [[n] for n in range(1000)]}
    without_large = to_line({**event, 'large': MARKER}).size_bytes
    log = to_line(event, without_large - 1).data['log']
    assert (log['large'], log['small']) == (MARKER, MARKER)
    assert to_line(event, without_large).data['log']['small'] == event['small']


def test_neither_id_nor_tags_are_cut_however_long() -> None:
    """A cut id finds nothing, and a cut tag is another one."""
    event = {**WELL_KNOWN, 'uuid': 'u' * 1000, 'note': 'n' * 20_000}
    line = LogLineFormat(['t' * 1000], 'acme.okta.com', 10_000).to_line(event, NOW)
    assert line.data['log']['uuid'] == line.uuid == 'u' * 1000
    assert line.data['ddtags'] == 't' * 1000 + ',okta_domain:acme.okta.com'
    line = LogLineFormat(['t' * 1000], 'acme.okta.com', 100).to_line(event, NOW)
    assert line.data['log']['uuid'] == 'u' * 1000
    assert line.data['ddtags'] == 't' * 1000 + ',okta_domain:acme.okta.com'


def test_short_texts_are_never_cut() -> None:
    """Up to 256 characters nothing is free text: ids, addresses, names."""
    event = {**WELL_KNOWN, 'note': 'n' * 256, 'longer': 'l' * 257, 'list': [[n] for n in range(9000)]}
    log = to_line(event, 10_000).data['log']
    assert log['note'] == 'n' * 256
    assert log['longer'] == 'l' * 128 + MARKER


def test_a_late_event_is_trimmed_like_any_other() -> None:
    event = {**WELL_KNOWN, 'published': '2026-11-20T00:00:00.000Z', 'note': 'n' * 300_000}
    line = to_line(event)
    assert line.size_bytes <= LIMIT
    assert line.data['late_event'] == {'published': '2026-11-20T00:00:00.000Z', 'age_hours': 75.0}
    assert line.data['timestamp'] == NOW


@pytest.mark.parametrize('depth', [*range(245, 260), 900])
def test_a_field_that_is_nested_too_deep_to_be_written_gives_way(depth: int) -> None:
    """JSON of that depth can be read and not be written, so that the event would stop collection for ever."""
    event = {**WELL_KNOWN, 'debugContext': nested(depth, 'leaf')}
    line = to_line(event)
    assert line.data['log']['debugContext'] in (event['debugContext'], MARKER)
    assert {key: line.data['log'][key] for key in WELL_KNOWN} == WELL_KNOWN
    assert line.size_bytes == encoded_bytes(line.data)


def test_only_the_field_that_cannot_be_written_gives_way() -> None:
    event = {**WELL_KNOWN, 'deeper': nested(300, 'leaf'), 'deep': nested(200, 'leaf')}
    assert to_line(event).data['log'] == {**event, 'deeper': MARKER}


def test_a_flow_whose_name_is_nested_too_deep_gives_way() -> None:
    event = {**WELL_KNOWN, 'target': [{'type': 'Flow', 'id': '1', 'displayName': nested(300, 'leaf')}]}
    line = to_line(event)
    assert {key: line.data['log'][key] for key in WELL_KNOWN} == WELL_KNOWN
    assert line.size_bytes == encoded_bytes(line.data)


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
        assert {key: line.data['log'][key] for key in KEPT} == KEPT
        trimmed += MARKER in json.dumps(line.data)
    assert 100 < trimmed < 300


def test_a_number_that_the_encoder_does_not_take_gives_way() -> None:
    assert encodable({'uuid': 'a', 'count': 2**70}) == {'uuid': 'a', 'count': MARKER}
