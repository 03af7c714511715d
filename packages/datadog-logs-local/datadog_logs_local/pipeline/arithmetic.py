# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The arithmetic processor, which writes the result of a formula over attributes."""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import isfinite

from lark import Lark, Token, Transformer, UnexpectedInput, v_args

from .casts import to_number
from .definition import Entry, PipelineError
from .paths import Attributes, Path
from .record import Processor, Record

RESULT_DECIMALS = 9

# A dash inside a name is part of the name, so a subtraction needs spaces around the dash.
_GRAMMAR = r"""
?sum: product
    | sum "+" product -> add
    | sum "-" product -> subtract
?product: operand
    | product "*" operand -> multiply
    | product "/" operand -> divide
?operand: NUMBER -> number
    | NAME -> attribute
    | "-" operand -> negate
    | "(" sum ")"
NAME: /[A-Za-z_@$][\w.@$-]*/
%import common.NUMBER
%import common.WS
%ignore WS
"""


class _Missing(Exception):
    """An attribute of the formula is missing or is not a number."""


_Number = Callable[[Attributes, bool], float]


def arithmetic(entry: Entry) -> Processor:
    """Build an arithmetic processor.

    Source: Datadog docs, logs/log_configuration/processors/arithmetic_processor.
    """
    expression = entry.text('expression')
    try:
        formula: _Number = _FORMULAS.transform(_PARSER.parse(expression))
    except UnexpectedInput as error:
        raise PipelineError(entry.place, f'expression {expression!r}: {error}') from error
    target = Path(entry.text('target'))
    replace_missing = entry.flag('replaceMissing', False)

    def compute(record: Record) -> None:
        try:
            result = formula(record.attributes, replace_missing)
        except (_Missing, ZeroDivisionError):
            return
        if isfinite(result):
            target.set(record.attributes, round(float(result), RESULT_DECIMALS))

    return compute


@v_args(inline=True)
class _Formulas(Transformer[Token, _Number]):
    def number(self, token: Token) -> _Number:
        value = float(token)
        return lambda attributes, replace_missing: value

    def attribute(self, token: Token) -> _Number:
        path = Path(str(token))

        def read(attributes: Attributes, replace_missing: bool) -> float:
            value = to_number(path.get(attributes))
            if value is not None:
                return value
            if replace_missing:
                return 0
            raise _Missing

        return read

    def negate(self, operand: _Number) -> _Number:
        return lambda attributes, replace_missing: -operand(attributes, replace_missing)

    def add(self, left: _Number, right: _Number) -> _Number:
        return _applied(operator.add, left, right)

    def subtract(self, left: _Number, right: _Number) -> _Number:
        return _applied(operator.sub, left, right)

    def multiply(self, left: _Number, right: _Number) -> _Number:
        return _applied(operator.mul, left, right)

    def divide(self, left: _Number, right: _Number) -> _Number:
        return _applied(operator.truediv, left, right)


def _applied(operation: Callable[[float, float], float], left: _Number, right: _Number) -> _Number:
    return lambda attributes, replace_missing: operation(
        left(attributes, replace_missing), right(attributes, replace_missing)
    )


_PARSER = Lark(_GRAMMAR, parser='lalr', start='sum')
_FORMULAS = _Formulas()
