# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Bodies are decoded in pieces, and nobody can tell from the events."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from datadog_checks.okta_workflows.okta.decoding import PIECE_BYTES, decode_events, is_list_of_events

SEPARATOR = '},{"actor":'


@pytest.fixture
def tiny_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece ends wherever it can."""
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.decoding.PIECE_BYTES', 0)


def decoded(body: bytes | str) -> list[Any]:
    body = body.encode() if isinstance(body, str) else body
    return [event for events in decode_events(body) for event in events]


def event(rng: random.Random, depth: int = 0) -> dict[str, Any]:
    """Full of what looks like the end of one event and the beginning of the next."""
    texts = [SEPARATOR, '}', '},', '[', '\\', '"', f'\\"{SEPARATOR}', '\\\\', '', 'Zo\u00eb', '\U0001f680']
    values: list[Any] = [rng.choice(texts) * rng.randint(0, 3), rng.choice([None, True, -1.5, 10**12, [], {}])]
    if depth < 3:
        values.append([event(rng, depth + 1) for _ in range(rng.randint(0, 3))])
        values.append(event(rng, depth + 1))
    keys = rng.sample(['actor', 'uuid', 'target', SEPARATOR, 'a:b', '"'], k=rng.randint(0, min(len(values), 4)))
    if keys and rng.random() < 0.7:
        keys = ['actor', *(key for key in keys if key != 'actor')]
    return {key: rng.choice(values) for key in keys}


@pytest.mark.parametrize('seed', range(50))
@pytest.mark.usefixtures('tiny_pieces')
def test_events_are_the_same_whatever_they_hold(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(20):
        events = [event(rng) for _ in range(rng.randint(0, 5))]
        for separators in ((',', ':'), (', ', ': '), (' ,', ' : ')):
            for ensure_ascii in (True, False):
                body = json.dumps(events, separators=separators, ensure_ascii=ensure_ascii)
                assert decoded(body) == events
                assert decoded(f' \n{body}\r\t ') == events


@pytest.mark.parametrize('seed', range(20))
@pytest.mark.usefixtures('tiny_pieces')
def test_a_body_that_is_cut_off_anywhere_is_refused(seed: int) -> None:
    rng = random.Random(seed)
    body = json.dumps([event(rng) for _ in range(4)], separators=(',', ':'))
    for end in range(len(body)):
        with pytest.raises(ValueError):
            decoded(body[:end])


@pytest.mark.parametrize(
    'body',
    [
        pytest.param('[{"actor":1},{"actor":2}}]', id='one bracket too many'),
        pytest.param('[{"actor":1},{"actor":2}]]', id='one list too many'),
        pytest.param('[{"actor":1},{"actor":2}],{"actor":3}]', id='something behind the end'),
        pytest.param('[{"actor":1},{"actor":2},]', id='a comma too many'),
        pytest.param('[{"actor":1},{"actor":[2},{"actor":3}]]', id='brackets that cross'),
        pytest.param('[{"actor":1},{"actor":2},3]', id='a number among them'),
        pytest.param('[{"actor":1},{"actor":2},[{"actor":3}]]', id='a list among them'),
        pytest.param('[{"actor":1},{"actor":NaN}]', id='no JSON'),
        pytest.param('{"actor":1},{"actor":2}', id='no list'),
        pytest.param('{}', id='an object'),
        pytest.param('', id='nothing'),
    ],
)
@pytest.mark.usefixtures('tiny_pieces')
def test_what_is_no_list_of_events_is_refused(body: str) -> None:
    with pytest.raises(ValueError):
        decoded(body)


@pytest.mark.usefixtures('tiny_pieces')
def test_events_before_the_one_that_cannot_be_read_are_there() -> None:
    events = decode_events(b'[{"actor":1},{"actor":2},{"actor":')
    assert next(events) == [{'actor': 1}]
    assert next(events) == [{'actor': 2}]
    with pytest.raises(ValueError):
        next(events)


@pytest.mark.usefixtures('tiny_pieces')
def test_half_a_character_spoils_nothing_else() -> None:
    assert decoded(r'[{"actor":1},{"actor":"\ud83d"},{"actor":"Zo\u00eb"}]') == [
        {'actor': 1},
        {'actor': '?'},
        {'actor': 'Zo\u00eb'},
    ]


def test_pieces_are_small() -> None:
    """What is held in memory at a time."""
    body = json.dumps([{'uuid': str(number), 'text': 'x' * 1400} for number in range(1000)]).encode()
    body = body.replace(b'}, {', b'},{').replace(b'": ', b'":')
    most_bytes = max(len(json.dumps(events, ensure_ascii=False).encode()) for events in decode_events(body))
    assert len(body) > 10 * PIECE_BYTES
    assert most_bytes < 1.2 * PIECE_BYTES


@pytest.mark.parametrize(
    'body, is_list',
    [
        pytest.param(b'[]', True, id='empty'),
        pytest.param(b' [ ] ', True, id='spaced'),
        pytest.param(b'\r\n[\n  {"uuid"', True, id='the beginning of an event'),
        pytest.param(b'{}', False, id='an object'),
        pytest.param(b'[1]', False, id='numbers'),
        pytest.param(b'[[]]', False, id='lists'),
        pytest.param(b'<html>[{', False, id='a page of another kind'),
        pytest.param(b'', False, id='nothing'),
    ],
)
def test_a_list_of_events_is_known_by_its_beginning(body: bytes, is_list: bool) -> None:
    assert is_list_of_events(body) is is_list


def test_what_is_nested_too_deep_to_be_read_is_refused() -> None:
    with pytest.raises(ValueError):
        decoded('[{"actor":"\\ud83d","deep":' + '[' * 100_000 + ']' * 100_000 + '}]')
