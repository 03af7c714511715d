# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Convert values to text and to numbers as the processors do."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from math import isfinite
from typing import Any

_INTEGER = re.compile(r'[+-]?[0-9]+')
_NUMBER = re.compile(r'[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?')


def to_text(value: Any) -> str:
    """Return the text of a value, such as `true`, `5`, `1.5`, or `1.5E7`, or the JSON of an object or an array."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return _double_text(value)
    return json.dumps(value, ensure_ascii=False, separators=(',', ':'))


def to_number(value: Any) -> int | float | None:
    """Return a number, or the number that a text contains, or None for any other value."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = int(value) if _INTEGER.fullmatch(value) else float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return value


def cast(value: Any, target_format: str) -> Any:
    """Return a value in the format of a remapper (auto, string, integer, double), or unchanged if this fails."""
    if target_format == 'auto':
        return value
    if target_format == 'string':
        return to_text(value) if isinstance(value, bool | int | float) else value
    number = to_number(value)
    if number is None:
        return value
    return int(number) if target_format == 'integer' else float(number)


def _double_text(value: float) -> str:
    # The published pipeline tests show the notation of Java's Double.toString: 0.001, 12.5, 1.5E7.
    if value == 0 or 1e-3 <= abs(value) < 1e7 or not isfinite(value):
        return repr(value)
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    first, rest = digits[0], ''.join(map(str, digits[1:])) or '0'
    return f'{"-" if sign else ""}{first}.{rest}E{int(exponent) + len(digits) - 1}'
