# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The grok parser extracts what the documentation says, and what Vector extracts with the same dialect."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from vector_vrl import execute_vrl

from datadog_logs_local.pipeline.grok import compile_rules
from datadog_logs_local.pipeline.minimal import grok, run

RECEIVED_MS = 1_700_000_000_000


def parsed(text: str, *rules: str, helpers: tuple[str, ...] = ()) -> Any:
    for rule in compile_rules('\n'.join(rules), '\n'.join(helpers)):
        found = rule.parse(text, received_ms=RECEIVED_MS)
        if found is not None:
            return found
    return None


def test_the_first_rule_that_matches_the_whole_text_decides() -> None:
    rules = ('one %{integer:n}', '', '  two %{word:w}', 'three %{notSpace:s}')
    assert parsed('12', *rules) == {'n': 12}
    assert parsed('12a', *rules) == {'w': '12a'}
    assert parsed('12-a', *rules) == {'s': '12-a'}
    assert parsed('12 a', *rules) is None


def test_helpers_and_rules_above_are_named_by_rules() -> None:
    helpers = ('user %{word:user.name} id:%{integer:user.id}', 'where on %{notSpace:host}')
    found = parsed('john id:12345 logged in on box', 'in logged in', 'all %{user} %{in} %{where}', helpers=helpers)
    assert found == {'user': {'name': 'john', 'id': 12345}, 'host': 'box'}


def test_a_named_helper_with_a_path_is_extracted_as_a_whole() -> None:
    assert parsed('a=b', 'all %{pair:whole}', helpers=('pair %{word}=%{word:value}',)) == {'whole': 'a=b', 'value': 'b'}


def test_a_value_without_a_path_is_extracted_if_it_is_an_object_only() -> None:
    assert parsed('5 {"a": 1}', 'all %{data::nullIf("-")} %{data::json}') == {'a': 1}


def test_alternatives_and_optional_parts_extract_what_is_there() -> None:
    rule = 'all (%{integer:id}|%{word:name})( on %{word:day})?'
    assert parsed('12', rule) == {'id': 12}
    assert parsed('john on friday', rule) == {'name': 'john', 'day': 'friday'}


def test_what_is_extracted_replaces_attributes_and_joins_objects() -> None:
    log = run({'a': {'b': 1, 'c': 2}, 'd': 3}, grok('rule %{word:a.b} %{word:d}'), message='x y')
    assert log.attributes == {'a': {'b': 'x', 'c': 2}, 'd': 'y'}


@pytest.mark.parametrize(
    ('value', 'expected'), [('12', 12), (12, 12), ('x', 'x'), (None, None), ({'n': '12'}, {'n': '12'})]
)
def test_a_source_is_an_attribute_of_any_scalar_type(value: Any, expected: Any) -> None:
    assert run({'a': value}, grok('rule %{integer:a}', source='a')).attributes == {'a': expected}


@pytest.mark.parametrize(
    ('pattern', 'text', 'expected'),
    [
        pytest.param("yyyy-MM-dd'T'HH:mm:ss.SSSZ", '2016-11-29T16:21:36.431+0000', 1_480_436_496_431, id='offset'),
        pytest.param("yyyy-MM-dd'T'HH:mm:ss.SSSZZ", '2016-11-29T16:21:36.431+00:00', 1_480_436_496_431, id='colon'),
        pytest.param("yyyy-MM-dd'T'HH:mm:ss.SSSZ", '2016-11-29T16:21:36.431Z', 1_480_436_496_431, id='Z'),
        pytest.param('dd/MMM/yyyy:HH:mm:ss Z', '06/Mar/2013:01:36:30 +0900', 1_362_501_390_000, id='far east'),
        pytest.param('EEE MMM dd HH:mm:ss yyyy', 'Thu Jun 16 08:29:03 2016', 1_466_065_743_000, id='names'),
        pytest.param('dd/MMM/yyyy:HH:mm:ss.SSS', '06/Feb/2009:12:14:14.655', 1_233_922_454_655, id='fraction'),
        pytest.param('HH:mm:ss', '14:20:15', 51_615_000, id='time alone'),
        pytest.param('hh:mm:ss a', '02:20:15 PM', 51_615_000, id='afternoon'),
        pytest.param('hh a', '12 AM', 0, id='midnight'),
        pytest.param("yyyy 'o''clock'", "2016 o'clock", 1_451_606_400_000, id='quote'),
    ],
)
def test_dates_become_milliseconds(pattern: str, text: str, expected: int) -> None:
    assert parsed(text, f'rule %{{date("{pattern}"):d}}') == {'d': expected}


@pytest.mark.parametrize(
    ('zone', 'expected'),
    [('Europe/Paris', 1_466_058_543_000), ('UTC+5', 1_466_047_743_000), ('+3', 1_466_054_943_000)],
)
def test_a_date_without_offset_is_of_the_given_zone(zone: str, expected: int) -> None:
    rule = f'rule %{{date("EEE MMM dd HH:mm:ss yyyy","{zone}"):d}}'
    assert parsed('Thu Jun 16 08:29:03 2016', rule) == {'d': expected}


def test_a_date_without_year_is_of_the_year_of_receipt() -> None:
    year = datetime.fromtimestamp(RECEIVED_MS / 1000, UTC).year
    found = parsed('Mar 13 17:42:44', 'rule %{date("MMM dd HH:mm:ss"):d}')
    assert datetime.fromtimestamp(found['d'] / 1000, UTC) == datetime(year, 3, 13, 17, 42, 44, tzinfo=UTC)


def test_a_date_that_does_not_exist_is_not_extracted() -> None:
    assert parsed('2023-02-30', 'rule %{date("yyyy-MM-dd"):d}') == {}


@pytest.mark.parametrize(
    ('block', 'text', 'expected'),
    [
        ('boolean', 'TRUE', True),
        ('boolean', 'false', False),
        ('boolean("yes","no")', 'No', False),
        ('number', '-1.5', -1.5),
        ('numberStr', '1.50', '1.50'),
        ('numberExt', '1e3', 1000.0),
        ('integer', '+7', 7),
        ('integerExt', '2e3', 2000),
        ('integerStr', '007', '007'),
        ('doubleQuotedString', r'"a \" b"', r'"a \" b"'),
        ('quotedString', "'a'", "'a'"),
        ('uuid', '123e4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-426614174000'),
        ('mac', '00:1a:2B:3c:4d:5e', '00:1a:2B:3c:4d:5e'),
        ('ipv4', '192.0.2.255', '192.0.2.255'),
        ('ip', '2001:db8::1', '2001:db8::1'),
        ('ipOrHost', 'shop.example', 'shop.example'),
        ('hostname', 'box-1.example', 'box-1.example'),
        ('port', '8443', '8443'),
        (r'regex("[^\\]]*\"x")', r'a"x', 'a"x'),
        ('data', 'a\nb', 'a\nb'),
    ],
)
def test_a_matcher_matches_what_it_is_for(block: str, text: str, expected: Any) -> None:
    found = parsed(text, f'rule %{{{block}:x}}')
    assert found == {'x': expected}
    assert type(found['x']) is type(expected)


@pytest.mark.parametrize(
    ('block', 'text'),
    [('ipv4', '192.0.2.256'), ('word', 'a b'), ('notSpace', 'a b'), ('integer', '1.5'), ('uuid', '123e4567')],
)
def test_a_matcher_does_not_match_anything_else(block: str, text: str) -> None:
    assert parsed(text, f'rule %{{{block}:x}}') is None


@pytest.mark.parametrize(
    ('filter_', 'text', 'expected'),
    [
        pytest.param('nullIf("-")', '-', {}, id='null'),
        pytest.param('nullIf("-")', 'a', {'x': 'a'}, id='not null'),
        pytest.param('integer', '12.7', {}, id='no integer'),
        pytest.param('number', '1e3', {'x': 1000.0}, id='number'),
        pytest.param('boolean', 'True', {'x': True}, id='boolean'),
        pytest.param('scale(1000)', '1.5', {'x': 1500.0}, id='scale'),
        pytest.param('uppercase', 'ab', {'x': 'AB'}, id='upper case'),
        pytest.param('json', '{"a": 1}', {'x': {'a': 1}}, id='JSON'),
        pytest.param('json', '{"a": ', {}, id='no JSON'),
        pytest.param('array("[]",",")', '[John, Oliver]', {'x': ['John', 'Oliver']}, id='array'),
        pytest.param('array("{}","-")', '{John-Oliver}', {'x': ['John', 'Oliver']}, id='other brackets'),
        pytest.param('array("[]","|")', 'John|Oliver', {'x': ['John', 'Oliver']}, id='no brackets'),
        pytest.param(
            'rubyhash', '{name => "John", :n => [1, nil], "x" => :y}', {'x': {'name': 'John', 'n': [1, None], 'x': 'y'}}
        ),
    ],
)
def test_filters_make_values_of_texts(filter_: str, text: str, expected: Any) -> None:
    assert parsed(text, f'rule %{{data:x:{filter_}}}') == expected


@pytest.mark.parametrize(
    ('arguments', 'text', 'expected'),
    [
        ('', 'user=john connect_date=11/08/2017 id=123 action=click', {'user': 'john', 'id': 123, 'action': 'click'}),
        ('(": ")', 'user: john id: 123 action: click', {'user': 'john', 'id': 123, 'action': 'click'}),
        ('', 'key=<valueStr>', {'key': 'valueStr'}),
        ('', '"key"="valueStr"', {'key': 'valueStr'}),
        ('(":")', 'key:valueStr', {'key': 'valueStr'}),
        ('(":", "/")', '/key:/valueStr', {'/key': '/valueStr'}),
        ('(":=", "", "{}")', 'key:={valueStr}', {'key': 'valueStr'}),
        ('("=", "", "", "|")', 'key1=value1|key2=value2', {'key1': 'value1', 'key2': 'value2'}),
        ('("=", "", "", "|")', 'key1="value1"|key2="value2"', {'key1': 'value1', 'key2': 'value2'}),
        (
            '(":=","","<>")',
            'key1:=valueStr key2:=</valueStr2> key3:="valueStr3"',
            {'key1': 'valueStr', 'key2': '/valueStr2'},
        ),
        ('', 'a= b=null c=true d=1.5', {'c': True, 'd': 1.5}),
        ('("=")', 'key:=valueStr', {}),
        ('("=", "/:")', 'url=https://app.datadoghq.com/event/stream user=john', None),
    ],
)
def test_key_values_are_found_as_in_the_documentation(arguments: str, text: str, expected: Any) -> None:
    if expected is None:
        expected = {'url': 'https://app.datadoghq.com/event/stream', 'user': 'john'}
    assert parsed(text, f'rule %{{data::keyvalue{arguments}}}') == expected


def vector(text: str, pattern: str) -> Any:
    """Return what Vector's `parse_groks` extracts, or None if no rule matches."""
    program = f'.out = encode_json(parse_groks!(.message, patterns: [{json.dumps(pattern)}]))'
    (event,) = execute_vrl(program, [json.dumps({'message': text})])
    return json.loads(event['out']) if 'out' in event else None


@pytest.mark.parametrize(
    ('pattern', 'text'),
    [
        ('%{word:a} %{notSpace:b} %{data:c}', 'one t-w-o and all the rest'),
        ('%{data:a} %{data:b}', 'a b c'),
        ('%{greedyData:a} %{data:b}', 'a b c'),
        ('%{integer:a}/%{number:b}/%{numberExt:c}', '-5/2.50/1e5'),
        ('%{ipv4:a}:%{port:b} %{ip:c}', '192.0.2.1:80 2001:db8::1'),
        ('(%{integer:id}|%{word:name})( on %{word:day})?', 'john on friday'),
        ('%{regex("[^:]*"):a}: \\[%{word}\\] %{data:b}', 'x y: [skipped] z'),
        ('%{date("yyyy-MM-dd HH:mm:ss,SSS"):d} %{word:level}', '2020-09-08 13:17:14,127 INFO'),
        ("%{date(\"yyyy-MM-dd'T'HH:mm:ss.SSSZ\"):d}", '2025-05-01T12:15:39.043Z'),
        ("%{date(\"yyyy-MM-dd'T'HH:mm:ss.SSSZ\"):d}", '2025-05-01T12:15:39.04312Z'),
        ("%{date(\"yyyy-MM-dd'T'HH:mm:ss.SZ\"):d}", '2025-05-01T12:15:39.4Z'),
        ("%{date(\"yyyy-MM-dd'T'HH:mm:ss.SZ\"):d}", '2025-05-01T12:15:39.43Z'),
        ("%{date(\"yyyy-MM-dd'T'HH:mm:ss.SSSSSSSSSZ\"):d}", '2025-05-01T12:15:39.043474332Z'),
        ('%{date("EEE MMM dd HH:mm:ss yyyy"):d}', 'Wed Jul 31 12:05:39 2024'),
        ('%{data::keyvalue}', 'VP(id=19, x=1) y=EV) a=b/c d=e "q"=2 <z>=3 f=-3 g=007 h=1e5 k.x=1'),
        ('%{data::keyvalue}', 'a=b=c'),
        ('%{data::keyvalue(":")}', 'a: b c:d'),
        ('%{data:r:json}', '{"a": 1, "b": [true]}'),
        ('%{data:r:rubyhash}', '{name => "John", "job" => {"company" => "Big", :n => [1, true]}}'),
        ('%{data:r:array("[]",",")}', '[John,Oliver]'),
        ('%{data:r:nullIf("-")}', '-'),
        ('%{number:r:scale(0.5)}', '3'),
        ('%{notSpace:r:lowercase}', 'ABC'),
        ('%{integer:r}', 'abc'),
    ],
)
def test_another_implementation_of_the_dialect_extracts_the_same(pattern: str, text: str) -> None:
    assert parsed(text, f'rule {pattern}') == vector(text, pattern)
