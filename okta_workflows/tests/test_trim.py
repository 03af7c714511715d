# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A line that the Agent would split is made to fit, keeps as much as fits, and stays recognizable."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from datadog_checks.okta_workflows.agent.log_line import LogLine
from datadog_checks.okta_workflows.line import LogLineFormat
from datadog_checks.okta_workflows.trim import MARKER

from .fake_clock import NOW

LIMIT = 256_000
FULL_LINE_BYTES = 0.9 * LIMIT
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
    assert MARKER in line.text or data(line)['trimmed']
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
    assert FULL_LINE_BYTES <= line.size_bytes <= LIMIT
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


CHARACTERS = [
    pytest.param('x', id='one byte'),
    pytest.param('ü', id='two bytes'),
    pytest.param('工', id='three bytes'),
    pytest.param('\U0001f680', id='four bytes'),
    pytest.param('"', id='quotation mark'),
    pytest.param('\\', id='backslash'),
    pytest.param('\n', id='line break'),
    pytest.param('\x01', id='control character'),
    pytest.param('\x7f', id='delete'),
    pytest.param('\u2028', id='line separator'),
    pytest.param('e\u0301', id='combining accent'),
    pytest.param('a"工\x00\U0001f680\\', id='all kinds'),
]
TEXTS = [
    pytest.param(lambda text: {'debugContext': {'debugData': {'note': text}}}, id='one text'),
    pytest.param(lambda text: {'a': text, 'b': {'c': text}, 'd': [text, text]}, id='several texts'),
    pytest.param(lambda text: {'displayMessage': text}, id='message'),
    pytest.param(lambda text: {'outcome': {'result': 'FAILURE', 'reason': text}}, id='reason'),
    pytest.param(lambda text: {'target': [{'type': 'Flow', 'id': '1', 'displayName': text}]}, id='name of a flow'),
    pytest.param(lambda text: {'a': text, 'target': [{'type': 'User', 'id': f'{n}'} for n in range(50)]}, id='beside'),
]


@pytest.mark.parametrize('fields', TEXTS)
@pytest.mark.parametrize('letter', CHARACTERS)
def test_a_line_is_full_whatever_the_characters(letter: str, fields: Callable[[str], dict[str, Any]]) -> None:
    line = to_line({**WELL_KNOWN, **fields(letter * (LIMIT // len(letter)))})
    assert FULL_LINE_BYTES <= line.size_bytes <= LIMIT
    assert MARKER in line.text
    assert 'trimmed' not in data(line)


@pytest.mark.parametrize('letter', CHARACTERS)
@pytest.mark.parametrize('over', range(1, 14))
def test_a_text_is_cut_between_characters(letter: str, over: int) -> None:
    note = letter * 5000
    event = {**WELL_KNOWN, 'note': note}
    cut = data(to_line(event, to_line(event).size_bytes - over))['log']['note']
    assert cut.endswith(MARKER)
    assert note.startswith(cut.removesuffix(MARKER))
    assert len(note) - 70 < len(cut.removesuffix(MARKER)) < len(note)


def test_a_message_is_cut_before_the_same_text_in_the_event() -> None:
    """The log pipeline takes the message from the event."""
    line = data(to_line({**WELL_KNOWN, 'displayMessage': '工' * 100_000}))
    assert line['message'] == '工' * 128 + MARKER
    assert len(line['log']['displayMessage']) > 80_000


TARGETS = [
    {'id': f'00u{n:017}', 'type': 'User', 'alternateId': f'user{n}@example.com', 'displayName': f'User {n} 工作'}
    for n in range(5000)
]


@pytest.mark.parametrize(
    ('fields', 'path', 'whole'),
    [
        pytest.param({'target': TARGETS}, ['target'], TARGETS, id='targets'),
        pytest.param({'target': TARGETS[:1] * 9000}, ['target'], TARGETS[:1] * 9000, id='the same target'),
        pytest.param({'request': {'ipChain': TARGETS}}, ['request', 'ipChain'], TARGETS, id='list in an object'),
        pytest.param({'numbers': list(range(90_000))}, ['numbers'], list(range(90_000)), id='numbers'),
        pytest.param(
            {'target': [{'id': '1', 'detail': {'of': TARGETS}}]},
            ['target', 0, 'detail', 'of'],
            TARGETS,
            id='list in a target',
        ),
        pytest.param({'outcome': TARGETS}, ['outcome'], TARGETS, id='a field that is kept longest'),
        pytest.param({'eventType': TARGETS}, ['eventType'], TARGETS, id='a type of another kind'),
    ],
)
def test_a_long_list_keeps_as_many_elements_as_fit_and_tells_how_many_there_were(
    fields: dict[str, Any], path: list[Any], whole: list[Any]
) -> None:
    line = to_line({**WELL_KNOWN, **fields})
    assert FULL_LINE_BYTES <= line.size_bytes <= LIMIT
    kept = data(line)['log']
    for step in path:
        kept = kept[step]
    assert kept == whole[: len(kept)]
    largest = max(len(json.dumps(element, ensure_ascii=False)) for element in whole)
    assert LIMIT - line.size_bytes < 2 * largest + 100
    assert data(line)['trimmed'] == {path[0]: len(whole)}
    assert MARKER not in line.text


def test_a_large_object_keeps_as_many_elements_as_fit_and_tells_how_many_there_were() -> None:
    debug = {f'key{n}': 'v' * 200 for n in range(2000)}
    line = to_line({**WELL_KNOWN, 'debugContext': {'debugData': debug}})
    kept = data(line)['log']['debugContext']['debugData']
    assert FULL_LINE_BYTES <= line.size_bytes <= LIMIT
    assert list(kept.items()) == list(debug.items())[: len(kept)]
    assert data(line)['trimmed'] == {'debugContext': 2000}


def test_the_flow_is_named_also_if_its_target_is_cut_off() -> None:
    line = data(
        to_line({**WELL_KNOWN, 'target': [*TARGETS, {'type': 'Flow', 'id': '10442', 'displayName': 'Onboard'}]})
    )
    assert line['enrichment_details'] == {'workflow_name': 'Onboard', 'workflow_id': '10442'}
    assert line['trimmed'] == {'target': 5001}


@pytest.mark.parametrize('elements', [1, 2, 100])
def test_a_list_loses_no_element_more_than_has_to_go(elements: int) -> None:
    """What tells the number takes room too: less than one of these elements."""
    event = {**WELL_KNOWN, 'target': TARGETS}
    excess_bytes = elements * len(json.dumps(TARGETS[-1], ensure_ascii=False, separators=(',', ':')).encode())
    log = data(to_line(event, to_line(event, 10_000_000).size_bytes - excess_bytes))['log']
    assert len(TARGETS) - elements - 1 <= len(log['target']) <= len(TARGETS) - elements


def test_the_largest_field_gives_way_first() -> None:
    event = {**WELL_KNOWN, 'small': [[n] for n in range(100)], 'large': [[n] for n in range(9000)]}
    line = data(to_line(event, 10_000))
    assert line['trimmed'] == {'large': 9000}
    assert line['log']['small'] == event['small']


def test_fields_give_way_until_it_is_enough() -> None:
    """Of the first not even one element fits, so a marker tells what was there."""
    event = {**WELL_KNOWN, 'large': [['x' * 200] * 50], 'small': [[n] for n in range(1000)]}
    without_large = to_line({**event, 'large': MARKER}).size_bytes
    line = data(to_line(event, without_large - 1))
    assert line['log']['large'] == MARKER
    assert line['trimmed'] == {'small': 1000}
    assert 950 < len(line['log']['small']) < 1000


def test_a_field_that_is_shorter_than_the_marker_is_not_replaced_with_it() -> None:
    event = {**WELL_KNOWN, 'n': 1, 'list': ['x' * 100]}
    log = data(to_line(event, to_line(event).size_bytes - 1))['log']
    assert log == {**WELL_KNOWN, 'n': 1, 'list': MARKER}


def test_of_too_many_fields_the_essential_and_the_first_that_fit_are_kept() -> None:
    event = {**{f'{n}': n for n in range(40_000)}, **WELL_KNOWN}
    line = to_line(event)
    log = data(line)['log']
    assert FULL_LINE_BYTES <= line.size_bytes <= LIMIT
    assert log == {**KEPT, **{f'{n}': n for n in range(len(log) - 3)}}
    assert data(line)['trimmed']['log'] == len(event)


def test_details_of_a_flow_that_are_no_texts_are_made_to_fit() -> None:
    line = to_line({**WELL_KNOWN, 'target': [{'type': 'Flow', 'id': list(range(90_000)), 'displayName': 'Onboard'}]})
    assert line.size_bytes <= LIMIT
    assert data(line)['enrichment_details']['workflow_name'] == 'Onboard'
    assert data(line)['log']['actor'] == WELL_KNOWN['actor']


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


LETTERS = ['', 'a', 'é', '工', '\U0001f680', '"', '\\', '\n', '\x01']


def _random_value(random: Random, depth: int) -> Any:
    kind = random.randrange(8 if depth else 5)
    match kind:
        case 0:
            return random.choice(LETTERS) * random.choice([1, 300, 2000, 20_000])
        case 1:
            return random.choice([0, -1, 2**53, 1.5e300, None, True])
        case 2 | 3 | 4:
            return 'text' * random.randrange(100)
        case 5:
            return [_random_value(random, depth - 1) for _ in range(random.randrange(20))]
        case _:
            return {f'k{n}': _random_value(random, depth - 1) for n in range(random.randrange(20))}


@pytest.mark.parametrize('seed', range(5))
def test_any_event_fits(seed: int) -> None:
    """Of events at random (seeded) none is too long, and none loses what it is found by."""
    random = Random(seed)
    trimmed = 0
    for _ in range(100):
        event = {**WELL_KNOWN, **{f'f{n}': _random_value(random, 3) for n in range(random.randrange(8))}}
        event |= {key: _random_value(random, 3) for key in ('displayMessage', 'target', 'actor', 'outcome')}
        line = to_line(event, 5_000)
        assert line.size_bytes == len(line.text.encode()) + 1 <= 5_000
        assert {key: data(line)['log'][key] for key in KEPT} == KEPT
        trimmed += MARKER in line.text or 'trimmed' in data(line)
    assert 30 < trimmed < 100


@pytest.mark.parametrize('seed', range(5))
def test_a_line_is_full_whatever_texts_make_it_too_long(seed: int) -> None:
    random = Random(seed)
    for _ in range(20):
        event: dict[str, Any] = {**WELL_KNOWN, 'request': {'ipChain': [{'ip': '203.0.113.24'}] * random.randrange(20)}}
        limit = random.choice([20_000, 60_000, 256_000])
        texts = random.randrange(1, 6)
        for n in range(texts):
            letters = random.choices(LETTERS[1:], k=random.randrange(1, 9))
            event[f'f{n}'] = {'text': ''.join(random.choices(letters, k=limit * 2 // texts))}
        line = to_line(event, limit)
        assert 0.9 * limit <= line.size_bytes <= limit
        assert MARKER in line.text
