# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Parse queries, and match logs with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import NoReturn

from lark import Lark, Token, Tree, UnexpectedInput

from .errors import QueryError, syntax_error
from .fields import all_values, text_of, values_of
from .log import Log
from .terms import glob, in_networks, in_range, unescape, words

Predicate = Callable[[Log], bool]

_PARSER = Lark(Path(__file__).with_name('grammar.lark').read_text(encoding='utf-8'), parser='lalr')
_COMPARISON = re.compile(r'([<>]=?)\\?(.+)')
# These fields are reserved, but `Log` does not have them.
_NOT_MODELLED = {'trace_id'}


class Query:
    """A parsed query.

    `fields` are all fields in the query, with the `@` of attributes. `words` are the terms of its free text search.
    """

    def __init__(self, text: str, predicate: Predicate, fields: frozenset[str], words: frozenset[str]) -> None:
        self.text = text
        self.fields = fields
        self.words = words
        self._predicate = predicate

    def matches(self, log: Log) -> bool:
        return self._predicate(log)


@cache
def parse_query(text: str, *, full_text: bool = True) -> Query:
    """Parse a query. An empty query matches every log.

    `full_text=False` rejects `*:term`, which the filters of pipelines, indexes, and archives do not support. Raises
    QueryError if the syntax is not documented or not supported.
    """
    if not text.strip():
        return Query(text, _everything, frozenset(), frozenset())
    try:
        tree = _PARSER.parse(text)
    except UnexpectedInput as error:
        raise syntax_error(text, error) from None
    compiler = _Compiler(text, full_text)
    predicate = compiler.compile(tree)
    return Query(text, predicate, frozenset(compiler.fields), frozenset(compiler.words))


class _Compiler:
    def __init__(self, text: str, full_text: bool) -> None:
        self.fields: set[str] = set()
        self.words: set[str] = set()
        self._text = text
        self._full_text = full_text

    def compile(self, tree: Tree[Token], field: str = '') -> Predicate:
        """Return the predicate of a clause. `field` is the field in front of the group that contains the clause."""
        match tree.data, tree.children:
            case 'any_of', [Tree() as only]:
                return self.compile(only, field)
            case 'any_of', clauses if field and field != 'message' and (terms := _alternatives(clauses)):
                return _equals(field, terms)
            case 'any_of', clauses:
                return _any([self.compile(clause, field) for clause in clauses if isinstance(clause, Tree)])
            case 'all_of', [Tree() as only]:
                return self.compile(only, field)
            case 'all_of', clauses:
                return _all([self.compile(clause, field) for clause in clauses if isinstance(clause, Tree)])
            case 'negation', [Tree() as clause]:
                return _not(self.compile(clause, field))
            case 'in_field', [Token() as name, Tree() as clause]:
                return self.compile(clause, self._field(name))
            case 'everything', _:
                return _everything
            case 'word', [Token() as word]:
                if '@' in word and not word.startswith('"'):
                    self._refuse(word, 'an attribute needs a value, and free text must not contain an @')
                return self._word(word)
            case 'full_text', [Token() as word]:
                return self._anywhere(word)
            case 'cidr', [Token() as name, *blocks]:
                return self._cidr(name, [block for block in blocks if isinstance(block, Token)])
            case 'present', _:
                read = values_of(field)
                return lambda log: bool(read(log))
            case 'term' | 'phrase', [Token() as term]:
                return self._word(term) if field == 'message' else _equals(field, [term])
            case 'comparison', [Token() as comparison]:
                return self._comparison(field, comparison)
            case 'range', [Token() as start, Token() as low, Token() as high, Token() as end]:
                return self._numbers(field, _bound(low), start == '[', _bound(high), end == ']')
        raise AssertionError(tree)

    def _comparison(self, field: str, comparison: Token) -> Predicate:
        found = _COMPARISON.fullmatch(comparison)
        assert found is not None
        operator, number = found[1], float(found[2])
        if operator.startswith('>'):
            return self._numbers(field, number, operator == '>=', None, True)
        return self._numbers(field, None, True, number, operator == '<=')

    def _numbers(self, field: str, low: float | None, with_low: bool, high: float | None, with_high: bool) -> Predicate:
        read = values_of(field)
        # A filter has no facet whose type separates texts from numbers. The published pipeline tests treat both alike.
        inside = in_range(low, with_low, high, with_high, texts=not self._full_text)
        return lambda log: any(map(inside, read(log)))

    def _field(self, token: Token) -> str:
        name = unescape(token[:-1])
        if name in _NOT_MODELLED:
            self._refuse(token, f'{name} is not supported')
        self.fields.add(name)
        return name

    def _word(self, token: Token) -> Predicate:
        pattern = self._words(token)
        self.words.add(str(token))
        return lambda log: pattern.search(log.message) is not None

    def _anywhere(self, token: Token) -> Predicate:
        if not self._full_text:
            self._refuse(token, 'full-text search is not available in filters')
        pattern = self._words(token)
        self.words.add(str(token))

        def found(log: Log) -> bool:
            if pattern.search(log.message):
                return True
            return any(pattern.search(text_of(value)) for value in all_values(log))

        return found

    def _words(self, token: Token) -> re.Pattern[str]:
        pattern = words(token)
        if pattern is None:
            self._refuse(token, 'free text search does not find special characters')
        return pattern

    def _cidr(self, name: Token, blocks: Sequence[Token]) -> Predicate:
        networks: list[IPv4Network | IPv6Network] = []
        for block in blocks:
            try:
                networks.append(ip_network(block))
            except ValueError as error:
                self._refuse(block, str(error))
        field = unescape(name)
        self.fields.add(field)
        read = values_of(field)
        inside = in_networks(networks)
        return lambda log: any(map(inside, read(log)))

    def _refuse(self, token: Token, what: str) -> NoReturn:
        raise QueryError(self._text, token.start_pos or 0, what)


def _everything(log: Log) -> bool:
    return True


def _any(predicates: Sequence[Predicate]) -> Predicate:
    def any_of(log: Log) -> bool:
        for predicate in predicates:
            if predicate(log):
                return True
        return False

    return any_of


def _all(predicates: Sequence[Predicate]) -> Predicate:
    def all_of(log: Log) -> bool:
        for predicate in predicates:
            if not predicate(log):
                return False
        return True

    return all_of


def _not(predicate: Predicate) -> Predicate:
    return lambda log: not predicate(log)


def _alternatives(clauses: Sequence[Tree[Token] | Token]) -> list[Token] | None:
    """Return the terms of `(a OR b OR ...)`, or None if the clauses are more complex."""
    terms: list[Token] = []
    for clause in clauses:
        match clause:
            case Tree(data='all_of', children=[Tree(data='term' | 'phrase', children=[Token() as term])]):
                terms.append(term)
            case _:
                return None
    return terms


def _equals(field: str, terms: Sequence[Token]) -> Predicate:
    """Return the predicate that any value is one of the terms."""
    read = values_of(field)
    globs = [each for term in terms if (each := glob(term)) is not None]
    wanted = {unescape(term) for term in terms if glob(term) is None}
    if not globs:
        return lambda log: any(text_of(value) in wanted for value in read(log))
    pattern = re.compile('|'.join(globs), re.DOTALL)

    def found(log: Log) -> bool:
        for value in read(log):
            text = text_of(value)
            if text in wanted or pattern.fullmatch(text):
                return True
        return False

    return found


def _bound(token: Token) -> float | None:
    return None if token == '*' else float(unescape(token))
