# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Evaluate the conditions of the cases of a detection rule.

Source: Datadog docs, security/cloud_siem/detect_and_monitor/custom_detection_rules. Queries are joined on the
values that they group by. If a query has no log of a group, every comparison with it is false.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from pathlib import Path

from lark import Lark, Token, Tree, UnexpectedInput

from datadog_logs_local.search import QueryError
from datadog_logs_local.search.errors import syntax_error

# The values of the queries by name, for one group.
Values = Mapping[str, float]
Test = Callable[[Values], bool]

_PARSER = Lark(Path(__file__).with_name('condition.lark').read_text(encoding='utf-8'), parser='lalr')
_COMPARATORS: dict[str, Callable[[float, float], bool]] = {
    '>': operator.gt,
    '>=': operator.ge,
    '<': operator.lt,
    '<=': operator.le,
    '==': operator.eq,
}


class Condition:
    """A parsed condition. Its `steps` must be true one after the other; without `THEN` there is one step."""

    def __init__(self, text: str) -> None:
        """Parse a condition. Raises QueryError if it is invalid."""
        try:
            tree = _PARSER.parse(text)
        except UnexpectedInput as error:
            raise syntax_error(text, error) from None
        self.text = text
        self.names: dict[str, int] = {}
        """The positions of the names of queries in the text."""
        steps = tree.children if tree.data == 'then' else [tree]
        self.steps = [self._compile(step) for step in steps]

    def check_names(self, known: set[str]) -> None:
        for name, position in self.names.items():
            if name not in known:
                raise QueryError(self.text, position, f'no query has the name {name}')

    def _compile(self, tree: Tree[Token] | Token) -> Test:
        assert isinstance(tree, Tree)
        if tree.data == 'comparison':
            name, sign, digits = (child for child in tree.children if isinstance(child, Token))
            self.names.setdefault(str(name), name.start_pos or 0)
            return _comparison(str(name), _COMPARATORS[sign], float(digits))
        tests = [self._compile(child) for child in tree.children]
        combine = any if tree.data == 'any_of' else all
        return lambda values: combine(test(values) for test in tests)


def _comparison(name: str, compare: Callable[[float, float], bool], number: float) -> Test:
    return lambda values: name in values and compare(values[name], number)
