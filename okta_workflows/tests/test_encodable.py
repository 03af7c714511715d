# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""JSON can say what the Agent's encoder cannot write again: the field that does gives way, never the event."""

from __future__ import annotations

import json
import sys
from importlib import reload
from typing import Any

import pytest

from datadog_checks.okta_workflows import encodable as module
from datadog_checks.okta_workflows.encodable import DEEPEST_EVENT_LEVELS, encodable, is_shallow
from datadog_checks.okta_workflows.line import LogLineFormat
from datadog_checks.okta_workflows.trim import MARKER

from .fake_clock import NOW

DEEPEST = DEEPEST_EVENT_LEVELS
EVENT = {'uuid': 'a', 'eventType': 'workflows.user.flow.save', 'target': [{'type': 'Flow', 'displayName': 'Onboard'}]}


def nested(levels: int) -> Any:
    value: Any = 'leaf'
    for level in range(levels):
        value = {'of': value, 'beside': 1} if level % 2 else [0, value]
    return value


def line_of(event: dict[str, Any]) -> dict[str, Any]:
    line: dict[str, Any] = json.loads(LogLineFormat([], 'acme.okta.com', 256_000).to_line(event, NOW).text)
    return line


@pytest.mark.parametrize(
    'body, shallow',
    [
        pytest.param(b'[]', True, id='no event'),
        pytest.param(b'7', True, id='no brackets'),
        pytest.param(json.dumps([EVENT, EVENT]).encode(), True, id='events'),
        pytest.param(b'[' * DEEPEST + b']' * DEEPEST, True, id='as deep as may be'),
        pytest.param(b'[' * (DEEPEST + 1) + b']' * (DEEPEST + 1), False, id='one deeper'),
        pytest.param(json.dumps(nested(DEEPEST - 1)).encode(), True, id='mixed, as deep as may be'),
        pytest.param(json.dumps(nested(DEEPEST + 1)).encode(), False, id='mixed, deeper'),
        pytest.param(b'["a { in a text"]', False, id='a bracket in a text: better looked at'),
    ],
)
def test_a_body_that_is_not_nested_deep_is_known_at_a_glance(body: bytes, shallow: bool) -> None:
    assert is_shallow(body) is shallow


@pytest.mark.parametrize('levels', [1, 100, DEEPEST])
def test_what_can_be_encoded_stays(levels: int) -> None:
    event = {**EVENT, 'debugContext': nested(levels)}
    assert encodable(event) == event


@pytest.mark.parametrize(
    'value',
    [
        pytest.param(nested(DEEPEST + 1), id='nested too deep'),
        pytest.param(nested(900), id='nested much too deep'),
        pytest.param(2**70, id='a number of more than 64 bits'),
        pytest.param([{'name': '\ud83d'}], id='half a surrogate pair'),
    ],
)
def test_only_the_field_that_cannot_be_encoded_gives_way(value: Any) -> None:
    assert encodable({**EVENT, 'odd': value, 'even': nested(200)}) == {**EVENT, 'odd': MARKER, 'even': nested(200)}


def test_a_name_that_cannot_be_encoded_is_replaced() -> None:
    assert encodable({'\ud83d': 1}) == {'?': 1}


@pytest.mark.parametrize('levels', [*range(DEEPEST - 5, 270), 900])
def test_what_is_left_makes_a_line_whatever_the_depth(levels: int) -> None:
    event = {**EVENT, 'debugContext': nested(levels)}
    log = line_of(encodable(event))['log']
    assert log['debugContext'] == (event['debugContext'] if levels <= DEEPEST else MARKER)
    assert {key: log[key] for key in EVENT} == EVENT


@pytest.mark.parametrize(
    'value',
    [pytest.param(nested(300), id='depth'), pytest.param(2**70, id='number'), pytest.param('\ud83d', id='text')],
)
def test_a_line_that_cannot_be_encoded_at_first_is_made_of_what_can(value: Any) -> None:
    """Also where it goes into the line twice."""
    line = line_of({**EVENT, 'odd': value})
    assert line['log'] == {**EVENT, 'odd': MARKER}
    line = line_of({**EVENT, 'target': [{'type': 'Flow', 'displayName': value}]})
    assert line['log'] == {**EVENT, 'target': MARKER}
    assert 'enrichment_details' not in line


@pytest.mark.parametrize(
    'version, may_abort',
    [('3.9.15', True), ('3.11.7', True), ('3.12.0', False), ('3.110.0', False), ('4.0.1', False)],
)
def test_encoders_that_may_abort_are_known(version: str, may_abort: bool) -> None:
    assert bool(module.ABORTING_ENCODERS.match(version)) is may_abort


def test_without_that_encoder_nothing_aborts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, 'orjson', None)
    assert reload(module).ENCODER_MAY_ABORT is False
    monkeypatch.undo()
    reload(module)
