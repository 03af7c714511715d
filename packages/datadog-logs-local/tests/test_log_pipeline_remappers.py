# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The remappers of official fields, attributes, and tags."""

from __future__ import annotations

from typing import Any

import pytest

from datadog_logs_local.pipeline.minimal import minimal_pipeline, remapper, run
from datadog_logs_local.pipeline.record import Record
from datadog_logs_local.search import Log


@pytest.mark.parametrize(
    ('type_', 'value', 'field', 'official'),
    [
        pytest.param('date-remapper', 1_700_000_000_000, 'timestamp', 1_700_000_000_000, id='date'),
        pytest.param('status-remapper', 'WARN', 'status', 'warn', id='status'),
        pytest.param('service-remapper', 'shop', 'service', 'shop', id='service'),
    ],
)
def test_date_status_and_service_become_official_and_stay(type_: str, value: Any, field: str, official: Any) -> None:
    log = run({'a': value}, {'type': type_, 'sources': ['none', 'a']})
    assert getattr(log, field) == official
    assert log.attributes == {'a': value}


def test_the_message_remapper_removes_its_source() -> None:
    log = run({'log': {'text': 'hello', 'id': 1}}, {'type': 'message-remapper', 'sources': ['log.text']}, message='raw')
    assert (log.message, log.attributes) == ('hello', {'log': {'id': 1}})


def test_the_source_message_is_an_attribute_and_not_the_message_itself() -> None:
    remap = {'type': 'message-remapper', 'sources': ['message', 'text']}
    assert run({'text': 'hello'}, remap, message='raw').message == 'hello'
    assert run({'text': 'hello', 'message': 'made'}, remap, message='raw').message == 'made'


@pytest.mark.parametrize('name', ['trace_id', 'span_id'])
def test_the_remappers_of_tracing_remove_their_source(name: str) -> None:
    record = Record(Log('', {'a': 12, 'b': 1}))
    minimal_pipeline({'type': f'{name.replace("_", "-")}-remapper', 'sources': ['a']}).apply(record)
    assert (record.official, record.attributes) == ({name: '12'}, {'b': 1})


def test_only_the_first_source_that_exists_counts() -> None:
    log = run({'a': 'no date', 'b': 5}, {'type': 'date-remapper', 'sources': ['a', 'b']}, timestamp=1)
    assert log.timestamp == 1


@pytest.mark.parametrize('type_', ['date-remapper', 'status-remapper', 'service-remapper', 'message-remapper'])
def test_without_a_source_an_official_field_stays(type_: str) -> None:
    log = Log('text', {'b': 1}, timestamp=3, status='debug', service='s')
    assert minimal_pipeline({'type': type_, 'sources': ['a']}).process(log) == log


@pytest.mark.parametrize(
    ('value', 'date'),
    [
        pytest.param('2024-02-03T04:05:06.789Z', 1_706_933_106_789, id='Z'),
        pytest.param('2024-02-03T04:05:06.789123456Z', 1_706_933_106_789, id='nanoseconds'),
        pytest.param('2024-02-03T05:05:06+01:00', 1_706_933_106_000, id='offset'),
        pytest.param('2024-02-03T04:05:06', 1_706_933_106_000, id='no offset is UTC'),
        pytest.param('1706933106789', 1_706_933_106_789, id='text of milliseconds'),
        pytest.param('Feb  3 04:05:06', 1_706_933_106_000, id='RFC 3164 in the year of the log'),
        pytest.param('1706933106.789', 1_704_067_200_000, id='seconds with a fraction are no date'),
        pytest.param(True, 1_704_067_200_000, id='boolean'),
    ],
)
def test_dates_are_iso_8601_epoch_milliseconds_or_rfc_3164(value: Any, date: int) -> None:
    log = run({'a': value}, {'type': 'date-remapper', 'sources': ['a']}, timestamp=1_704_067_200_000)
    assert log.timestamp == date


@pytest.mark.parametrize(
    ('values', 'status'),
    [
        ((0, '0', 'EMERG', 'emergency', 'Fatal', 'f'), 'emergency'),
        ((1, 'alert', 'A'), 'alert'),
        ((2, 'crit', 'CRITICAL'), 'critical'),
        ((3, 'err', 'ERROR'), 'error'),
        ((4, 'warning', 'WARN', 'w'), 'warn'),
        ((5, 'Notice'), 'notice'),
        ((6, 'INFO', 'information', 'unknown', '8', 77, 'e', 'LOW', ''), 'info'),
        ((7, 'DEBUG', 'trace', 'verbose', 'TRC'), 'debug'),
        (('ok', 'OK', 'success', 's'), 'ok'),
    ],
)
def test_severities_become_statuses_by_their_beginning(values: tuple[Any, ...], status: str) -> None:
    remap = {'type': 'status-remapper', 'sources': ['a']}
    assert {value: run({'a': value}, remap).status for value in values} == dict.fromkeys(values, status)


@pytest.mark.parametrize(
    ('keys', 'expected'),
    [
        pytest.param({}, {'b': 2, 't': 1}, id='moved'),
        pytest.param({'preserveSource': True}, {'a': 1, 'b': 2, 't': 1}, id='copied'),
    ],
)
def test_the_first_source_that_exists_is_moved_or_copied_and_the_others_stay(keys: Any, expected: Any) -> None:
    assert run({'a': 1, 'b': 2}, remapper('t', 'none', 'a', 'b', **keys)).attributes == expected


@pytest.mark.parametrize(
    ('preserve', 'override', 'expected'),
    [
        (False, False, {'t': 'old'}),
        (False, True, {'t': 'new'}),
        (True, False, {'a': 'new', 't': 'old'}),
        (True, True, {'a': 'new', 't': 'new'}),
    ],
)
def test_a_target_that_is_taken_is_overridden_only_on_demand(preserve: bool, override: bool, expected: Any) -> None:
    remap = remapper('t', 'a', preserveSource=preserve, overrideOnConflict=override)
    assert run({'a': 'new', 't': 'old'}, remap).attributes == expected


def test_a_target_that_is_null_is_free() -> None:
    assert run({'a': 1, 't': None}, remapper('t', 'a')).attributes == {'t': 1}


def test_objects_and_arrays_move_as_they_are() -> None:
    log = run({'a': {'b': [1, {'c': 2}]}}, remapper('x.y', 'a'))
    assert log.attributes == {'x': {'y': {'b': [1, {'c': 2}]}}}


def test_a_copy_shares_nothing_with_its_source() -> None:
    log = run({'a': {'b': 1}}, remapper('t', 'a', preserveSource=True), remapper('t.c', 't.b'))
    assert log.attributes == {'a': {'b': 1}, 't': {'c': 1}}


@pytest.mark.parametrize(
    ('value', 'target_format', 'expected'),
    [
        pytest.param('12', 'integer', 12, id='digits'),
        pytest.param('-12', 'integer', -12, id='negative digits'),
        pytest.param(12.7, 'integer', 12, id='double to integer'),
        pytest.param('1.5', 'double', 1.5, id='decimal'),
        pytest.param('.5', 'double', 0.5, id='no digit before the point'),
        pytest.param('2e3', 'integer', 2000, id='exponent'),
        pytest.param('1,5', 'double', '1,5', id='comma is no decimal separator'),
        pytest.param('1_000', 'integer', '1_000', id='underscore'),
        pytest.param(' 1', 'integer', ' 1', id='blank'),
        pytest.param('1e999', 'double', '1e999', id='beyond a double'),
        pytest.param('many', 'integer', 'many', id='failed cast'),
        pytest.param('inf', 'double', 'inf', id='no number of JSON'),
        pytest.param(True, 'integer', True, id='boolean is no number'),
        pytest.param([1], 'integer', [1], id='array'),
        pytest.param(12, 'string', '12', id='integer to text'),
        pytest.param(12.0, 'string', '12.0', id='double to text'),
        pytest.param(15000000.0, 'string', '1.5E7', id='great double to text'),
        pytest.param(0.00012, 'string', '1.2E-4', id='small double to text'),
        pytest.param(True, 'string', 'true', id='boolean to text'),
        pytest.param('x', 'string', 'x', id='text stays text'),
        pytest.param({'a': 1}, 'string', {'a': 1}, id='object'),
        pytest.param('12', 'auto', '12', id='no cast'),
    ],
)
def test_a_value_is_cast_and_stays_where_that_fails(value: Any, target_format: str, expected: Any) -> None:
    result = run({'a': value}, remapper('t', 'a', targetFormat=target_format)).attributes['t']
    assert (result, type(result)) == (expected, type(expected))


def test_a_remapper_onto_its_own_source_casts_in_place() -> None:
    assert run({'a': '5'}, remapper('a', 'a', targetFormat='integer')).attributes == {'a': 5}


@pytest.mark.parametrize(
    ('attributes', 'tags', 'remap', 'expected'),
    [
        pytest.param({'v': 1}, ('x:y',), remapper('ver', 'v', targetType='tag'), ({}, ('x:y', 'ver:1')), id='to a tag'),
        pytest.param({'v': [1, 2]}, (), remapper('ver', 'v', targetType='tag'), ({}, ('ver:1', 'ver:2')), id='array'),
        pytest.param({'v': 1}, ('ver:0',), remapper('ver', 'v', targetType='tag'), ({}, ('ver:0',)), id='tag is taken'),
        pytest.param(
            {'v': 1},
            ('ver:0', 'verb:0'),
            remapper('ver', 'v', targetType='tag', overrideOnConflict=True),
            ({}, ('verb:0', 'ver:1')),
            id='tag is overridden',
        ),
        pytest.param({}, ('env:prod', 'x'), remapper('e', 'env', sourceType='tag'), ({'e': 'prod'}, ('x',)), id='from'),
        pytest.param(
            {},
            ('env:prod',),
            remapper('e', 'env', sourceType='tag', preserveSource=True),
            ({'e': 'prod'}, ('env:prod',)),
            id='from a tag that stays',
        ),
        pytest.param({}, ('x',), remapper('e', 'env', sourceType='tag'), ({}, ('x',)), id='no tag'),
    ],
)
def test_tags_are_sources_and_targets(attributes: Any, tags: tuple[str, ...], remap: Any, expected: Any) -> None:
    log = run(attributes, remap, tags=tags)
    assert (log.attributes, log.tags) == expected
