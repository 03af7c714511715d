# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Two other parsers of the same family of languages agree on precedence, negation, groups, ranges and wildcards.

`vector-vrl` runs `match_datadog_query` of Vector, Datadog's own parser. By its documentation and its source it does not
search arrays, takes `?` as a plain character and consecutive words as one phrase, minds the case of free text, knows no
`CIDR()` and no `*:term`, compares texts with ranges as well and lets more pass (`=` in a value, blanks behind a colon,
operators as words): none of that is compared. `luqum` parses Lucene's language: `/`, `~`, `^`, `&&` and `||` mean
something else there, a blank between clauses is no AND, and none of them is compared either.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import product
from random import Random
from typing import Any

import pytest
import vector_vrl
from luqum.parser import parser as lucene  # type: ignore[import-untyped]
from luqum.tree import (  # type: ignore[import-untyped]
    AndOperation,
    FieldGroup,
    Group,
    Item,
    Not,
    OrOperation,
    Prohibit,
    SearchField,
)

from datadog_logs_local.search import Log, QueryError, parse_query

FIELDS = ('a', 'b', 'c')
VALUES = ('x', 'y')
# Every combination of the values, each also missing
LOGS = [
    Log('', {field: value for field, value in zip(FIELDS, combination) if value is not None})
    for combination in product((*VALUES, None), repeat=len(FIELDS))
]
QUERY_COUNT = 300
OPERATORS = (' AND ', ' OR ')


def test_random_queries_match_the_same_logs_in_vector() -> None:
    random = Random(20261123)
    queries = [random_query(random, (' ', *OPERATORS), depth=3) for _ in range(QUERY_COUNT)]
    mine = [[parse_query(query).matches(log) for query in queries] for log in LOGS]
    assert mine == by_vector(queries, [log.attributes for log in LOGS])
    assert 0.2 < sum(map(sum, mine)) / (len(LOGS) * QUERY_COUNT) < 0.8


def test_random_queries_match_the_same_logs_as_parsed_by_luqum() -> None:
    random = Random(20261124)
    queries = [random_query(random, OPERATORS, depth=3) for _ in range(QUERY_COUNT)]
    for query in queries:
        tree = lucene.parse(query)
        for log in LOGS:
            assert parse_query(query).matches(log) == by_luqum(tree, log.attributes), query


def random_query(random: Random, operators: Sequence[str], depth: int, field: str = '') -> str:
    """Return a query over FIELDS of one to three clauses. With `field`, it is a group of that field."""
    text = random_clause(random, operators, depth, field)
    for _ in range(random.randrange(3)):
        text += random.choice(operators) + random_clause(random, operators, depth, field)
    return text


def random_clause(random: Random, operators: Sequence[str], depth: int, field: str) -> str:
    sign = random.choice(['', '', '', '-', 'NOT '])
    if depth and random.random() < 0.4:
        if field or random.random() < 0.7:
            return f'{sign}({random_query(random, operators, depth - 1, field)})'
        inner = random.choice(FIELDS)
        return f'{sign}@{inner}:({random_query(random, operators, depth - 1, inner)})'
    value = random.choice([*VALUES, *VALUES, '*', '"x"'])
    return f'{sign}{value}' if field else f'{sign}@{random.choice(FIELDS)}:{value}'


def by_vector(queries: list[str], events: list[dict[str, Any]]) -> list[list[bool]]:
    """Return a row of results for each event."""
    answers = ','.join(f'match_datadog_query(., {json.dumps(query)})' for query in queries)
    rows = vector_vrl.execute_vrl(f'.answers = encode_json([{answers}])', [json.dumps(event) for event in events])
    return [json.loads(row['answers']) for row in rows]


def by_luqum(node: Item, event: Mapping[str, str], field: str = '') -> bool:
    children = node.children
    if isinstance(node, OrOperation):
        return any(by_luqum(child, event, field) for child in children)
    if isinstance(node, AndOperation):
        return all(by_luqum(child, event, field) for child in children)
    if isinstance(node, Not | Prohibit):
        return not by_luqum(children[0], event, field)
    if isinstance(node, Group | FieldGroup):
        return by_luqum(children[0], event, field)
    if isinstance(node, SearchField):
        return by_luqum(children[0], event, node.name.removeprefix('@'))
    wanted = str(node).strip().strip('"')
    return field in event and wanted in ('*', event[field])


@pytest.mark.parametrize(
    ('query', 'event'),
    [
        pytest.param('@n:[1 TO 5]', {'n': 5}, id='range with its bounds'),
        pytest.param('@n:{1 TO 5}', {'n': 5}, id='range without its bounds'),
        pytest.param('@n:[* TO 5]', {'n': -3}, id='range without lower bound'),
        pytest.param('@n:>=2.5', {'n': 2.5}, id='at least'),
        pytest.param('@n:>2.5', {'n': 2.5}, id='greater'),
        pytest.param('@n:<\\-1', {'n': -2}, id='negative'),
        pytest.param('@n:(>=200 <300)', {'n': 204}, id='comparisons in a group'),
        pytest.param('@n:5', {'n': 5}, id='number by its text'),
        pytest.param('@n:true', {'n': True}, id='boolean by its text'),
        pytest.param('@n:ab*', {'n': 'abc'}, id='prefix'),
        pytest.param('@n:*bc', {'n': 'abc'}, id='suffix'),
        pytest.param('@n:a*c', {'n': 'abc'}, id='glob'),
        pytest.param('@n:a*b', {'n': 'abc'}, id='glob of a part'),
        pytest.param('@n:AB*', {'n': 'abc'}, id='prefix in another case'),
        pytest.param('@n:ABC', {'n': 'abc'}, id='value in another case'),
        pytest.param('@n:a\\ b', {'n': 'a b'}, id='escaped blank'),
        pytest.param('@n:a\\:b', {'n': 'a:b'}, id='escaped colon'),
        pytest.param('@n:"a:b (c)"', {'n': 'a:b (c)'}, id='quotes'),
        pytest.param('@n:"a*"', {'n': 'abc'}, id='quoted star'),
        pytest.param('@n.m:x', {'n': {'m': 'x'}}, id='path'),
        pytest.param('@n:/a/b', {'n': '/a/b'}, id='slash'),
        pytest.param('@n:a@b.c', {'n': 'a@b.c'}, id='at'),
        pytest.param('@n:a-b', {'n': 'a-b'}, id='dash inside'),
        pytest.param('-@n:x', {'m': 'x'}, id='negation of what is missing'),
        pytest.param('-@n:*', {'n': 'x'}, id='absent'),
        pytest.param('env:prod', {'tags': ['env:prod']}, id='tag'),
        pytest.param('env:p*', {'tags': ['env:prod']}, id='prefix of a tag'),
        pytest.param('-env:test', {'tags': ['env:prod']}, id='other tag'),
        pytest.param('source:acme-door', {'source': 'acme-door'}, id='reserved'),
        pytest.param('hello', {'message': 'well hello there'}, id='word'),
        pytest.param('"hello there"', {'message': 'well hello there'}, id='phrase'),
        pytest.param('hell', {'message': 'well hello there'}, id='part of a word'),
        pytest.param('*ello*', {'message': 'well hello there'}, id='glob in the message'),
        pytest.param('*', {}, id='star'),
        pytest.param('*:*', {}, id='everything'),
        pytest.param('-*:*', {}, id='nothing'),
    ],
)
def test_values_match_as_in_vector(query: str, event: dict[str, Any]) -> None:
    attributes = {key: value for key, value in event.items() if key not in ('tags', 'source', 'message')}
    log = Log(event.get('message', ''), attributes, tuple(event.get('tags', ())), source=event.get('source'))
    assert [[parse_query(query).matches(log)]] == by_vector([query], [event])


@pytest.mark.parametrize(
    'query',
    [
        '@a:b)',
        '(@a:b',
        '()',
        '@a:()',
        '@a:',
        '@a:b:c',
        '@a:-5',
        '@a:[1 TO',
        '@a:b OR',
        '--@a:b',
        '"a',
        '!@a:b',
        '@a:b(@c:d)',
    ],
)
def test_vector_rejects_the_query_as_well(query: str) -> None:
    with pytest.raises(QueryError):
        parse_query(query)
    with pytest.raises(ValueError, match='VRL compilation failed'):
        by_vector([query], [{}])
