# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Preprocessing reads the official fields and the attributes of a line."""

from __future__ import annotations

from typing import Any

import pytest

from datadog_logs_local.pipeline import preprocess
from datadog_logs_local.search import Log

RECEIVED_MS = 1_700_000_000_000


def received(line: str | dict[str, Any], **envelope: Any) -> Log:
    return preprocess(line, source='src', received_ms=RECEIVED_MS, **envelope)


@pytest.mark.parametrize('text', ['plain {text', '{"no": JSON', '["array"]', ''])
def test_text_is_the_message_of_a_log_without_attributes(text: str) -> None:
    log = received(text, service='svc', tags=('a:b',), host='box')
    assert log == Log(text, {}, ('a:b',), RECEIVED_MS, 'info', 'svc', 'src', 'box')


@pytest.mark.parametrize('line', ['{"message": "hello", "a": 1}', {'message': 'hello', 'a': 1}], ids=['text', 'object'])
def test_the_message_of_json_leaves_the_attributes(line: str | dict[str, Any]) -> None:
    log = received(line)
    assert (log.message, log.attributes) == ('hello', {'a': 1})


def test_json_without_message_is_itself_the_message() -> None:
    assert received('{"a":  1}').message == '{"a":  1}'


@pytest.mark.parametrize('message', ['{"message": "{\\"b\\": 2}", "a": 1}', '{"message": {"b": 2}, "a": 1}'])
def test_a_message_of_json_gives_its_attributes_and_the_line_stays_the_message(message: str) -> None:
    log = received(message)
    assert (log.message, log.attributes) == (message, {'a': 1, 'b': 2})


def test_the_attributes_of_a_message_of_json_replace_those_beside_it() -> None:
    log = received({'message': '{"status": "ok", "evt": {"name": "x"}}', 'status': 'error', 'evt': {'name': 'y'}})
    assert (log.status, log.attributes) == ('ok', {'status': 'ok', 'evt': {'name': 'x'}})


def test_nulls_and_what_is_empty_without_them_are_no_attributes() -> None:
    assert received({'a': None, 'b': {'c': None}, 'd': {}, 'e': '', 'f': []}).attributes == {'e': '', 'f': []}


@pytest.mark.parametrize(
    ('line', 'field', 'value'),
    [
        pytest.param({'@timestamp': 5, 'timestamp': 6}, 'timestamp', 5, id='first date of the list'),
        pytest.param({'timestamp': '2023-11-14T00:00:00.5Z'}, 'timestamp', 1_699_920_000_500, id='ISO 8601'),
        pytest.param({'eventTime': '2023-11-14T01:00:00+01:00'}, 'timestamp', 1_699_920_000_000, id='offset'),
        pytest.param({'date': 'Nov 14 00:00:00'}, 'timestamp', 1_699_920_000_000, id='RFC 3164'),
        pytest.param({'syslog': {'timestamp': 7}}, 'timestamp', 7, id='dotted date'),
        pytest.param({'timestamp': 'soon'}, 'timestamp', RECEIVED_MS, id='no date'),
        pytest.param({'log': {'published': '2023-11-14T00:00:00Z'}}, 'timestamp', RECEIVED_MS, id='date elsewhere'),
        pytest.param({'level': 'i', 'status': 'ERROR'}, 'status', 'error', id='first status of the list'),
        pytest.param({'severity': 0}, 'status', 'emergency', id='syslog severity'),
        pytest.param({'log': {'severity': 'ERROR'}}, 'status', 'info', id='status elsewhere'),
        pytest.param({'service': 'mine'}, 'service', 'mine', id='service of the line'),
        pytest.param({'syslog': {'appname': 'mine'}}, 'service', 'mine', id='dotted service'),
        pytest.param({}, 'service', 'agent', id='service of the Agent'),
        pytest.param({'hostname': 'b', 'host': 'a'}, 'host', 'a', id='first host of the list'),
        pytest.param({'ddsource': 'mine'}, 'source', 'mine', id='source of the line'),
        pytest.param({}, 'source', 'src', id='source of the Agent'),
        pytest.param({'ddtags': 'c:d, e'}, 'tags', ('a:b', 'c:d', 'e'), id='tags of both'),
    ],
)
def test_the_first_attribute_that_is_there_becomes_official(line: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(received(line, service='agent', tags=('a:b',)), field) == value


def test_source_and_tags_of_the_intake_are_no_attributes_and_the_others_stay() -> None:
    line = {'ddsource': 'x', 'ddtags': 'a:b', 'service': 's', 'status': 'warn', 'timestamp': 5, 'host': 'h'}
    assert received(line).attributes == {'service': 's', 'status': 'warn', 'timestamp': 5, 'host': 'h'}
