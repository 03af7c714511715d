# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The filters of grok, which change the value of a matcher.

Source: Datadog docs, logs/log_configuration/parsing, filters. A filter that fails returns None, so that nothing is
extracted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from datadog_logs_local.pipeline.casts import to_number
from datadog_logs_local.pipeline.paths import Path

Filter = Callable[[Any], Any]

_QUOTES = ('<>', '""', "''")
_RUBY = re.compile(r'"(?:[^"\\]|\\.)*"|(?P<symbol>:?\w+)\s*=>|:(?P<value>\w+)|=>|\bnil\b', re.DOTALL)


def _number() -> Filter:
    return lambda value: None if (number := to_number(value)) is None else float(number)


def _integer() -> Filter:
    return lambda value: int(value) if isinstance(to_number(value), int) else None


def _boolean() -> Filter:
    return lambda value: {'true': True, 'false': False}.get(str(value).lower())


def _null_if(null: str) -> Filter:
    return lambda value: None if value == null else value


def _lowercase() -> Filter:
    return lambda value: str(value).lower()


def _uppercase() -> Filter:
    return lambda value: str(value).upper()


def _scale(factor: str) -> Filter:
    times = float(factor)
    return lambda value: None if (number := to_number(value)) is None else number * times


def _json() -> Filter:
    def parse(value: Any) -> Any:
        try:
            return json.loads(value)
        except ValueError:
            return None

    return parse


def _ruby_hash() -> Filter:
    parse = _json()

    def as_json(token: re.Match[str]) -> str:
        if token['symbol'] is not None:
            return f'"{token["symbol"].removeprefix(":")}":'
        if token['value'] is not None:
            return f'"{token["value"]}"'
        return {'=>': ':', 'nil': 'null'}.get(token[0], token[0])

    return lambda value: parse(_RUBY.sub(as_json, value))


def _array(brackets: str = '[]', separator: str = ',') -> Filter:
    if len(brackets) not in (0, 2):
        raise ValueError(f'{brackets!r} is not a pair of brackets')

    def parse(value: Any) -> list[str]:
        text = str(value)
        if brackets and text.startswith(brackets[0]) and text.endswith(brackets[1]):
            text = text[1:-1]
        return [element.strip() for element in text.split(separator)]

    return parse


def _key_value(separator: str = '=', allowed: str = '', quotes: str = '', delimiter: str = '') -> Filter:
    if len(quotes) not in (0, 2):
        raise ValueError(f'{quotes!r} is not a pair of quotes')
    plain = rf'[\w.\-@{re.escape(allowed)}]+'
    quoted = '|'.join(rf'{re.escape(pair[0])}[^{re.escape(pair[1])}]*{re.escape(pair[1])}' for pair in _pairs(quotes))
    before, after = (re.escape(delimiter),) * 2 if delimiter else (r'[\s,;(\[{]', r'[\s,;)\]}]')
    pattern = re.compile(
        rf'(?:^|(?<={before}))(?:(?P<quoted_key>{quoted})|(?P<key>{plain})){re.escape(separator)}'
        rf'(?:(?P<quoted>{quoted})|(?P<plain>{plain}))(?={after}|$)'
    )

    def parse(value: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for match in pattern.finditer(str(value)):
            typed = _typed(match['plain']) if match['quoted'] is None else match['quoted'][1:-1]
            if typed not in (None, ''):
                Path(match['key'] or match['quoted_key'][1:-1]).set(found, typed)
        return found

    return parse


def _pairs(quotes: str) -> Sequence[str]:
    return [quotes] if quotes else _QUOTES


def _typed(text: str) -> Any:
    if text == 'null':
        return None
    if text in ('true', 'false'):
        return text == 'true'
    number = to_number(text)
    return text if number is None else number


FILTERS: Mapping[str, Callable[..., Filter]] = {
    'number': _number,
    'integer': _integer,
    'boolean': _boolean,
    'nullIf': _null_if,
    'lowercase': _lowercase,
    'uppercase': _uppercase,
    'scale': _scale,
    'json': _json,
    'rubyhash': _ruby_hash,
    'array': _array,
    'keyvalue': _key_value,
}
