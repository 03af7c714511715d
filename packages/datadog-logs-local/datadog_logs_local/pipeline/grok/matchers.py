# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The matchers of grok: the expression of a piece of text, and the conversion to its value.

Source: Datadog docs, logs/log_configuration/parsing, matchers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from .dates import date_matcher

# Converts a piece of text in a log. The integer is the time of receipt, in milliseconds since the epoch.
Convert = Callable[[str, int], Any]
_Matcher = Callable[..., tuple[str, Convert | None]]

_NUMBER = r'[+-]?(?:\d+(?:\.\d*)?|\.\d+)'
_INTEGER = r'[+-]?\d+'
_EXPONENT = r'(?:[eE][+-]?\d+)?'
_DOUBLE_QUOTED = r'"(?:[^"\\]|\\.)*"'
_SINGLE_QUOTED = r"'(?:[^'\\]|\\.)*'"
_IPV4 = r'(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d])'
_IPV6 = r'(?:[0-9A-Fa-f]{0,4}:){2,7}(?:[0-9A-Fa-f]{0,4}|(?:\d{1,3}\.){3}\d{1,3})(?:%\w+)?'
_HOSTNAME = r'[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?(?:\.[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?)*\.?'


def _text(expression: str) -> _Matcher:
    return lambda: (expression, None)


def _regex(pattern: str) -> tuple[str, Convert | None]:
    re.compile(pattern)
    return pattern, None


def _boolean(true_pattern: str = 'true', false_pattern: str = 'false') -> tuple[str, Convert | None]:
    true = re.compile(true_pattern, re.IGNORECASE)
    return f'(?i:{true_pattern}|{false_pattern})', lambda text, received_ms: true.fullmatch(text) is not None


def _number() -> tuple[str, Convert | None]:
    return _NUMBER, lambda text, received_ms: float(text)


def _number_with_exponent() -> tuple[str, Convert | None]:
    return _NUMBER + _EXPONENT, lambda text, received_ms: float(text)


def _integer() -> tuple[str, Convert | None]:
    return _INTEGER, lambda text, received_ms: int(text)


def _integer_with_exponent() -> tuple[str, Convert | None]:
    return _INTEGER + _EXPONENT, lambda text, received_ms: int(float(text))


MATCHERS: Mapping[str, _Matcher] = {
    'date': date_matcher,
    'regex': _regex,
    'boolean': _boolean,
    'number': _number,
    'numberStr': _text(_NUMBER),
    'numberExt': _number_with_exponent,
    'numberExtStr': _text(_NUMBER + _EXPONENT),
    'integer': _integer,
    'integerStr': _text(_INTEGER),
    'integerExt': _integer_with_exponent,
    'integerExtStr': _text(_INTEGER + _EXPONENT),
    'notSpace': _text(r'\S+'),
    'word': _text(r'\b\w+\b'),
    'data': _text(r'.*?'),
    # The docs do not name this matcher, but published pipelines use it.
    'greedyData': _text(r'.*'),
    'doubleQuotedString': _text(_DOUBLE_QUOTED),
    'singleQuotedString': _text(_SINGLE_QUOTED),
    'quotedString': _text(f'{_DOUBLE_QUOTED}|{_SINGLE_QUOTED}'),
    'uuid': _text(r'[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}'),
    'mac': _text(r'(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}'),
    'ipv4': _text(_IPV4),
    'ipv6': _text(_IPV6),
    'ip': _text(f'{_IPV6}|{_IPV4}'),
    'hostname': _text(_HOSTNAME),
    'ipOrHost': _text(f'{_IPV6}|{_IPV4}|{_HOSTNAME}'),
    'port': _text(r'\b\d{1,5}\b'),
}
