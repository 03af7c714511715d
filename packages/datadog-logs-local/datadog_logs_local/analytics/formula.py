# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Formulas of widgets and monitors.

Source: Datadog docs, dashboards/querying (arithmetic between queries) and dashboards/functions/timeshift (a month is 28
days there). A division by zero, and arithmetic with a missing value, have no value.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import reduce
from itertools import batched
from pathlib import Path

from lark import Lark, Token, Tree, UnexpectedInput

from datadog_logs_local.search.errors import QueryError, syntax_error

Number = float | None
# The name of a query, and the number of milliseconds by which its window is shifted into the past.
Taken = tuple[str, int]
_Values = Mapping[Taken, Number]
_Node = Callable[[_Values], Number]

_PARSER = Lark(Path(__file__).with_name('formula.lark').read_text(encoding='utf-8'), parser='lalr')
_HOUR_MS = 3_600_000
_SHIFTS_MS = {
    'hour_before': _HOUR_MS,
    'day_before': 24 * _HOUR_MS,
    'week_before': 7 * 24 * _HOUR_MS,
    'month_before': 28 * 24 * _HOUR_MS,
}


class Formula:
    """A parsed formula. `taken` are the values that it needs."""

    def __init__(self, text: str) -> None:
        """Parse a formula. Raises QueryError if it is invalid or not supported."""
        try:
            tree = _PARSER.parse(text)
        except UnexpectedInput as error:
            raise syntax_error(text, error) from None
        self.text = text
        self.taken: set[Taken] = set()
        self._node = self._compile(tree, 0)

    def evaluate(self, values: Mapping[Taken, Number]) -> Number:
        return self._node(values)

    def _compile(self, tree: Tree[Token], shift_ms: int) -> _Node:
        match tree.data, tree.children:
            case 'number', [Token() as digits]:
                number = float(digits)
                return lambda _: number
            case 'query', [Token() as token]:
                taken = str(token), shift_ms
                self.taken.add(taken)
                return lambda values: values[taken]
            case 'negative', [Tree() as inner]:
                return _calculate('-', lambda _: 0, self._compile(inner, shift_ms))
            case 'function', [Token() as name, Tree() as inner]:
                return self._function(name, inner, shift_ms)
            case _, [Tree() as first, *rest]:
                return reduce(
                    lambda left, right: _calculate(str(right[0]), left, self._operand(right[1], shift_ms)),
                    batched(rest, 2, strict=True),
                    self._compile(first, shift_ms),
                )
        raise AssertionError(tree)

    def _operand(self, tree: Tree[Token] | Token, shift_ms: int) -> _Node:
        assert isinstance(tree, Tree)
        return self._compile(tree, shift_ms)

    def _function(self, name: Token, inner: Tree[Token], shift_ms: int) -> _Node:
        if name in _SHIFTS_MS:
            return self._compile(inner, shift_ms + _SHIFTS_MS[name])
        if name == 'default_zero':
            node = self._compile(inner, shift_ms)
            return lambda values: node(values) or 0
        raise QueryError(self.text, name.start_pos or 0, f'the function {name} is not supported')


_OPERATIONS: dict[str, Callable[[float, float], float]] = {
    '+': operator.add,
    '-': operator.sub,
    '*': operator.mul,
    '/': operator.truediv,
}


def _calculate(sign: str, left: _Node, right: _Node) -> _Node:
    operation = _OPERATIONS[sign]

    def calculate(values: _Values) -> Number:
        a, b = left(values), right(values)
        if a is None or b is None or (sign == '/' and b == 0):
            return None
        return operation(a, b)

    return calculate
