# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The rules of grok: lines of a name and a pattern with blocks `%{matcher:path:filter}`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datadog_logs_local.pipeline.paths import Path, merge

from .filters import FILTERS, Filter
from .matchers import MATCHERS, Convert

_ARGUMENTS = r'\((?:[^"()]|"(?:[^"\\]|\\.)*")*\)'
_BLOCK = re.compile(
    rf'%\{{(?P<matcher>[\w.]+)(?P<arguments>{_ARGUMENTS})?'
    rf'(?::(?P<path>[^:{{}}]*)(?::(?P<filter>\w+)(?P<filter_arguments>{_ARGUMENTS})?)?)?\}}'
)
_ARGUMENT = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^",()]+))\s*(?:,|$)')
_NAME = re.compile(r'\w[\w.]*')


class GrokError(ValueError):
    """A rule is invalid, or uses something that this package does not support."""


@dataclass(frozen=True)
class _Capture:
    group: str
    path: Path | None
    convert: Convert | None
    filter: Filter | None


class Rule:
    """A compiled rule."""

    def __init__(self, name: str, pattern: re.Pattern[str], captures: Sequence[_Capture]) -> None:
        self.name = name
        self._pattern = pattern
        self._captures = captures

    def parse(self, text: str, *, received_ms: int) -> dict[str, Any] | None:
        """Return what the rule extracts from a text, or None if it does not match the whole text.

        A date without a year gets the year of `received_ms`.
        """
        found = self._pattern.fullmatch(text)
        if found is None:
            return None
        extracted: dict[str, Any] = {}
        for capture in self._captures:
            matched = found[capture.group]
            if not matched:
                continue
            value: Any = matched if capture.convert is None else capture.convert(matched, received_ms)
            if capture.filter is not None and value is not None:
                value = capture.filter(value)
            if value is None:
                continue
            if capture.path is not None:
                capture.path.set(extracted, value)
            elif isinstance(value, dict):
                merge(extracted, value)
        return extracted


def compile_rules(match_rules: str, support_rules: str = '') -> Sequence[Rule]:
    """Compile rules. A rule can use the helper rules and the rules above it."""
    patterns = _patterns(support_rules)
    rules = []
    for name, pattern in _patterns(match_rules).items():
        expander = _Expander(name, patterns)
        expression = expander.expand(pattern)
        try:
            # Datadog's `.` matches line breaks as well.
            compiled = re.compile(expression, re.DOTALL)
        except re.error as error:
            raise GrokError(f'rule {name}: {error}') from error
        rules.append(Rule(name, compiled, expander.captures))
        patterns[name] = pattern
    if not rules:
        raise GrokError('there is no rule')
    return rules


def _patterns(text: str) -> dict[str, str]:
    patterns: dict[str, str] = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        name, _, pattern = line.lstrip().partition(' ')
        if not _NAME.fullmatch(name) or not pattern:
            raise GrokError(f'a rule needs a name and a pattern: {line!r}')
        if name in patterns:
            raise GrokError(f'two rules have the name {name}')
        patterns[name] = pattern
    return patterns


class _Expander:
    """Translate one rule into a regular expression and a list of captures."""

    def __init__(self, name: str, patterns: Mapping[str, str]) -> None:
        self.captures: list[_Capture] = []
        self._rule = name
        self._patterns = patterns
        self._open: list[str] = []

    def expand(self, pattern: str) -> str:
        expanded = _BLOCK.sub(self._block, pattern)
        if '%{' in _BLOCK.sub('', pattern):
            raise GrokError(f'rule {self._rule}: invalid block in {pattern!r}')
        return expanded

    def _block(self, block: re.Match[str]) -> str:
        expression, convert = self._expression(block['matcher'], block['arguments'])
        filter_name = block['filter']
        path = Path(block['path']) if block['path'] else None
        if filter_name is not None and filter_name not in FILTERS:
            raise GrokError(f'rule {self._rule}: the filter {filter_name} is not supported')
        if path is None and filter_name is None:
            return f'(?:{expression})'
        group = f'_capture_{len(self.captures)}'
        try:
            chosen = FILTERS[filter_name](*_arguments(block['filter_arguments'])) if filter_name else None
        except (TypeError, ValueError) as error:
            raise GrokError(f'rule {self._rule}: {block[0]}: {error}') from error
        self.captures.append(_Capture(group, path, convert, chosen))
        return f'(?P<{group}>{expression})'

    def _expression(self, name: str, arguments: str | None) -> tuple[str, Convert | None]:
        if name in self._patterns and arguments is None:
            if name in self._open:
                raise GrokError(f'rule {self._rule}: {name} refers to itself')
            self._open.append(name)
            expression = self.expand(self._patterns[name])
            self._open.pop()
            return expression, None
        if name not in MATCHERS:
            raise GrokError(f'rule {self._rule}: the matcher {name} is not supported')
        try:
            return MATCHERS[name](*_arguments(arguments))
        except (TypeError, ValueError) as error:
            raise GrokError(f'rule {self._rule}: {name}: {error}') from error


def _arguments(text: str | None) -> list[str]:
    arguments = []
    rest = (text or '()')[1:-1]
    position = 0
    while position < len(rest):
        found = _ARGUMENT.match(rest, position)
        if found is None:
            raise ValueError(f'invalid arguments {rest!r}')
        quoted, bare = found[1], found[2]
        arguments.append(bare.strip() if quoted is None else re.sub(r'\\(["\\])', r'\1', quoted))
        position = found.end()
    return arguments
