# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The processors that build, classify, parse, and count."""

from __future__ import annotations

from typing import Any

import pytest

from datadog_logs_local.pipeline.minimal import minimal_pipeline, run
from datadog_logs_local.search import Log


def built(template: str, attributes: dict[str, Any], replace_missing: bool = False) -> Any:
    processor = {'type': 'string-builder-processor', 'template': template, 'target': 'built'}
    return run(attributes, processor | {'replaceMissing': replace_missing}).attributes.get('built')


@pytest.mark.parametrize(
    ('template', 'expected'),
    [
        ('constant', 'constant'),
        ('%{a.b}', 'x'),
        ('<%{a.b}> is %{n} or %{f} or %{t}', '<x> is 5 or 1.5 or true'),
        ('%{list}', '1,2,3'),
        ('%{users.name}', 'John,Jack'),
    ],
)
def test_a_template_writes_scalars_and_arrays_of_scalars(template: str, expected: str) -> None:
    users = [{'name': 'John'}, {'name': 'Jack'}]
    attributes = {'a': {'b': 'x'}, 'n': 5, 'f': 1.5, 't': True, 'list': [1, 2, 3], 'users': users}
    assert built(template, attributes) == expected


@pytest.mark.parametrize('path', ['none', 'object', 'users'])
def test_a_block_without_a_value_is_empty_or_skips_the_processor(path: str) -> None:
    attributes = {'object': {'a': 1}, 'users': [{'name': 'John'}], 'built': 'before'}
    assert built(f'a %{{{path}}} b', attributes, replace_missing=True) == 'a  b'
    assert built(f'a %{{{path}}} b', attributes) == 'before'


def test_a_template_overwrites_its_target_with_256_characters_at_most() -> None:
    assert built('%{a}', {'a': 'x' * 300, 'built': 'before'}) == 'x' * 256


@pytest.mark.parametrize(
    ('expression', 'expected'),
    [
        pytest.param('one + three * two', 7, id='precedence'),
        pytest.param('(one + three) * two', 8, id='parentheses'),
        pytest.param('three / two', 1.5, id='division'),
        pytest.param('start-time - one', 9, id='dash in a name'),
        pytest.param('three*two', 6, id='no blanks'),
        pytest.param('text * 2', 10, id='text of a number'),
        pytest.param('-three + 5', 2, id='negation'),
        pytest.param('one / three', 0.333333333, id='nine decimals'),
        pytest.param('one / zero', 'before', id='division by zero'),
        pytest.param('huge * huge', 'before', id='too great a number'),
        pytest.param('one + none', 'before', id='missing'),
        pytest.param('one + word', 'before', id='no number'),
    ],
)
def test_a_formula_over_attributes(expression: str, expected: Any) -> None:
    attributes = {'zero': 0, 'one': 1, 'two': 2, 'three': 3, 'text': '5', 'word': 'x', 'start-time': 10}
    processor = {'type': 'arithmetic-processor', 'expression': expression, 'target': 't'}
    assert run(attributes | {'huge': 1e300, 't': 'before'}, processor).attributes['t'] == expected


def test_a_missing_number_counts_zero_on_demand() -> None:
    processor = {'type': 'arithmetic-processor', 'expression': 'a + b', 'target': 't', 'replaceMissing': True}
    result = run({'a': 5}, processor).attributes['t']
    assert (result, type(result)) == (5, float)


def categories(*rules: tuple[str, str]) -> dict[str, Any]:
    listed = [{'filter': {'query': query}, 'name': name} for query, name in rules]
    return {'type': 'category-processor', 'categories': listed, 'target': 'kind'}


@pytest.mark.parametrize(
    ('attributes', 'expected'),
    [
        pytest.param({'n': 5}, 'small', id='first match'),
        pytest.param({'n': 50}, 'number', id='later match'),
        pytest.param({'n': 5, 'kind': 'before'}, 'small', id='overwritten'),
        pytest.param({'kind': 'before'}, 'before', id='no match'),
    ],
)
def test_the_first_category_that_matches_overwrites_the_target(attributes: Any, expected: str) -> None:
    processor = categories(('@n:<10', 'small'), ('@n:*', 'number'))
    assert run(attributes, processor).attributes['kind'] == expected


@pytest.mark.parametrize(
    ('value', 'default', 'expected'),
    [
        pytest.param('a', None, 'first', id='hit'),
        pytest.param(5, None, 'number, with comma', id='number by its text'),
        pytest.param('A', None, None, id='case counts'),
        pytest.param('z', 'none', 'none', id='default'),
        pytest.param(None, 'none', None, id='no source'),
    ],
)
def test_a_lookup_finds_the_exact_text_or_its_default(value: Any, default: str | None, expected: Any) -> None:
    processor = {'type': 'lookup-processor', 'source': 's', 'target': 't', 'defaultLookup': default}
    table = {'lookupTable': 'a,first\n5, number, with comma\n\na,second'}
    assert run({'s': value}, processor | table).attributes.get('t') == expected


def array(operation: str, **keys: Any) -> dict[str, Any]:
    return {'type': 'array-processor', 'operation': {'type': operation, 'source': 's', 'target': 't'} | keys}


TARGETS = [{'type': 'App', 'id': 1}, {'type': 'Flow', 'id': {'n': 2}}, {'type': 'Flow', 'id': 3}, 'text']


@pytest.mark.parametrize(
    ('condition', 'extract', 'expected'),
    [
        ('type:Flow', 'id', {'n': 2}),
        ('type:Flow', 'id.n', 2),
        ('type:(Table OR App)', 'id', 1),
        ('type:Table', 'id', None),
        ('type:App', 'name', None),
    ],
)
def test_select_reads_a_value_of_the_first_element_that_matches(condition: str, extract: str, expected: Any) -> None:
    log = run({'s': TARGETS}, array('select', filter=condition, valueToExtract=extract))
    assert log.attributes.get('t') == expected
    assert log.attributes['s'] == TARGETS


def test_select_reads_arrays_only() -> None:
    log = run({'s': {'type': 'Flow', 'id': 1}}, array('select', filter='type:Flow', valueToExtract='id'))
    assert 't' not in log.attributes


def test_length_counts_the_elements_of_an_array_only() -> None:
    assert run({'s': [1, 2, 3]}, array('length')).attributes['t'] == 3
    assert run({'s': []}, array('length')).attributes['t'] == 0
    assert 't' not in run({'s': 'abc'}, array('length')).attributes


@pytest.mark.parametrize(
    ('attributes', 'keys', 'expected'),
    [
        pytest.param({'s': 1, 't': [0]}, {}, {'t': [0, 1]}, id='moved to the end'),
        pytest.param({'s': 1, 't': [0]}, {'preserveSource': True}, {'s': 1, 't': [0, 1]}, id='copied'),
        pytest.param({'s': 1}, {}, {'t': [1]}, id='array is made'),
        pytest.param({'s': 1, 't': 0}, {}, {'s': 1, 't': 0}, id='target is no array'),
        pytest.param({'t': [0]}, {}, {'t': [0]}, id='no source'),
    ],
)
def test_append_adds_a_value_to_an_array(attributes: Any, keys: Any, expected: Any) -> None:
    assert run(attributes, array('append', **keys)).attributes == expected


@pytest.mark.parametrize(
    ('url', 'expected'),
    [
        (
            'https://user@Shop.example:8443/a/b?x=1&y=a%20b#part',
            {
                'scheme': 'https',
                'host': 'Shop.example',
                'port': 8443,
                'path': '/a/b',
                'queryString': {'x': '1', 'y': 'a b'},
            },
        ),
        ('HTTP://shop.example', {'scheme': 'HTTP', 'host': 'shop.example', 'path': ''}),
        ('/only/path', {'path': '/only/path'}),
        ('http://shop.example:port/', None),
    ],
)
def test_a_url_is_parsed_into_its_parts(url: str, expected: Any) -> None:
    log = run({'u': url}, {'type': 'url-parser', 'sources': ['u'], 'target': 'details'})
    assert log.attributes == {'u': url} | ({} if expected is None else {'details': expected})


CHROME = (
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) '
    'Chrome/118.0.5993.90 Safari/537.36'
)
IPHONE = (
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) '
    'Version/17.0 Mobile/15E148 Safari/604.1'
)


def user_agent(text: Any, **keys: Any) -> Any:
    parser = {'type': 'user-agent-parser', 'sources': ['ua'], 'target': 'details'} | keys
    return run({'ua': text}, parser).attributes.get('details')


@pytest.mark.parametrize(('text', 'keys'), [(CHROME, {}), (CHROME.replace(' ', '%20'), {'encoded': True})])
def test_a_user_agent_is_parsed_as_in_the_documentation(text: str, keys: Any) -> None:
    assert user_agent(text, **keys) == {
        'browser': {'family': 'Chrome', 'major': '118', 'minor': '0', 'patch': '5993', 'patch_minor': '90'},
        'os': {'family': 'Mac OS X', 'major': '10', 'minor': '15', 'patch': '7'},
        'device': {'family': 'Mac', 'brand': 'Apple', 'model': 'Mac', 'category': 'Desktop'},
    }


@pytest.mark.parametrize(
    ('text', 'category'),
    [
        (IPHONE, 'Mobile'),
        (IPHONE.replace('iPhone;', 'iPad;'), 'Tablet'),
        ('Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', 'Bot'),
        ('acme-client', 'Other'),
    ],
)
def test_the_category_of_a_device(text: str, category: str) -> None:
    assert user_agent(text)['device']['category'] == category


def test_an_unknown_user_agent_is_of_the_family_other() -> None:
    assert user_agent('x') == {
        'browser': {'family': 'Other'},
        'os': {'family': 'Other'},
        'device': {'family': 'Other', 'category': 'Other'},
    }
    assert user_agent(5) is None


GEO = {'type': 'geo-ip-parser', 'sources': ['ip'], 'target': 'geo'}


@pytest.mark.parametrize(
    ('address', 'expected'),
    [
        ('203.0.113.9', {}),
        ('2001:db8::1', {}),
        ('null', {'invalidAddress': 'null'}),
        (['203.0.113.9'], {'invalidAddress': '[203.0.113.9]'}),
    ],
)
def test_without_a_database_an_address_has_no_place(address: Any, expected: Any) -> None:
    assert run({'ip': address}, GEO).attributes['geo'] == expected


def test_a_database_gives_the_place_of_an_address() -> None:
    places = {'203.0.113.9': {'country': {'iso_code': 'NZ'}}}
    pipeline = minimal_pipeline(GEO, geo_ip=lambda address: places.get(address, {}))
    assert pipeline.process(Log('', {'ip': '203.0.113.9'})).attributes['geo'] == {'country': {'iso_code': 'NZ'}}
    assert pipeline.process(Log('', {'ip': '203.0.113.8'})).attributes['geo'] == {}
    assert pipeline.process(Log('', {})).attributes == {}


@pytest.mark.parametrize(
    ('encoding', 'representation', 'text', 'expected'),
    [
        ('base64', 'utf_8', 'aGVsbG8=', 'hello'),
        ('base64', 'utf_8', 'aGVsbG8', 'hello'),
        ('base64', 'utf_8', 'aGVsbG8gd', 'hello '),
        ('base16', 'utf_8', '68656c6C6f6', 'hello'),
        ('base16', 'integer', '01ff', 511),
        ('base64', 'utf_8', '!!!!', None),
        ('base64', 'utf_8', '/////w==', None),
        ('base16', 'utf_8', 'xyz', None),
        ('base16', 'utf_8', 5, None),
    ],
)
def test_binary_text_is_decoded_or_left_alone(encoding: str, representation: str, text: Any, expected: Any) -> None:
    keys = {'binaryToTextEncoding': encoding, 'inputRepresentation': representation}
    log = run({'s': text}, {'type': 'decoder-processor', 'source': 's', 'target': 't'} | keys)
    assert log.attributes.get('t') == expected
