# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The filter expressions of the System Log, similar to SCIM: attribute, operator, value.

Source: Okta docs, docs/reference/core-okta-api (grammar, operators, precedence: parentheses, then `and`, then `or`;
attribute names are case-sensitive, operators are not) and docs/reference/system-log-query (rejected filters).
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable, Iterator
from typing import Any

from .errors import OktaError
from .log import Predicate

# `None` means a map with arbitrary keys (`debugData`, `detailEntry`, `detail`).
_GEOGRAPHY = {'city', 'state', 'country', 'postalCode', 'geolocation.lat', 'geolocation.lon'}
_ENTITY = {'id', 'type', 'alternateId', 'displayName'}
_ATTRIBUTES: dict[str, set[str]] = {
    'uuid': set(),
    'eventType': set(),
    'version': set(),
    'severity': set(),
    'legacyEventType': set(),
    'displayMessage': set(),
    'actor': _ENTITY,
    'target': _ENTITY,
    'client': {
        'id',
        'zone',
        'ipAddress',
        'device',
        'userAgent.rawUserAgent',
        'userAgent.os',
        'userAgent.browser',
        *(f'geographicalContext.{name}' for name in _GEOGRAPHY),
    },
    'device': {'id', 'name', 'os_platform', 'os_version', 'managed', 'registered'},
    'request': {'ipChain.ip', 'ipChain.version', 'ipChain.source'},
    'outcome': {'result', 'reason'},
    'transaction': {'id', 'type'},
    'debugContext': set(),
    'authenticationContext': {
        'authenticationProvider',
        'authenticationStep',
        'credentialProvider',
        'credentialType',
        'issuer.id',
        'issuer.type',
        'interface',
        'externalSessionId',
        'rootSessionId',
    },
    'securityContext': {'asNumber', 'asOrg', 'isp', 'domain', 'isProxy'},
}
_FREE_MAPS = {'actor.detailEntry', 'target.detailEntry', 'transaction.detail', 'debugContext.debugData'}
_NO_CONTAINS = {'debugContext.debugData.url', 'debugContext.debugData.requestUri'}

# Okta publishes `severity ge "INFO"` as an example, but not the order of the severities, so this order is assumed.
_SEVERITY_RANK = {'DEBUG': 0, 'INFO': 1, 'WARN': 2, 'ERROR': 3}

_TOKEN = re.compile(r'\s*(?:([()])|([A-Za-z_$][\w.$-]*))')
_JSON = json.JSONDecoder()
_TEXT_ONLY = {'co', 'sw', 'ew'}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    'eq': operator.eq,
    'ne': operator.ne,
    'co': lambda have, want: want in have,
    'sw': lambda have, want: have.startswith(want),
    'ew': lambda have, want: have.endswith(want),
    'gt': operator.gt,
    'ge': operator.ge,
    'lt': operator.lt,
    'le': operator.le,
}


def compile_filter(expression: str) -> Predicate:
    """Compile an expression to a predicate on LogEvents.

    Raises `OktaError` E0000053 if the expression cannot be parsed or has an unknown attribute, and E0000031 if an
    attribute cannot be used in filters, or not with that operator.
    """
    parser = _Parser(expression)
    predicate = parser.disjunction()
    parser.expect_end()
    return predicate


class _Parser:
    def __init__(self, expression: str) -> None:
        self._text = expression
        self._at = 0

    def disjunction(self) -> Predicate:
        return self._joined('or', self.conjunction, any)

    def conjunction(self) -> Predicate:
        return self._joined('and', self._factor, all)

    def expect_end(self) -> None:
        if self._text[self._at :].strip():
            raise self._error()

    def _joined(
        self, word: str, operand: Callable[[], Predicate], combine: Callable[[Iterator[bool]], bool]
    ) -> Predicate:
        operands = [operand()]
        while self._peek().lower() == word:
            self._next()
            operands.append(operand())
        if len(operands) == 1:
            return operands[0]
        return lambda event: combine(predicate(event) for predicate in operands)

    def _factor(self) -> Predicate:
        token = self._next()
        if token.lower() == 'not' and self._peek() == '(':
            negated = self._factor()
            return lambda event: not negated(event)
        if token == '(':
            inner = self.disjunction()
            if self._next() != ')':
                raise self._error()
            return inner
        if token in ('', ')'):
            raise self._error()
        return self._comparison(token)

    def _comparison(self, attribute: str) -> Predicate:
        _check_attribute(attribute)
        path = tuple(attribute.split('.'))
        name = self._next().lower()
        if name == 'pr':
            return lambda event: any(value is not None for value in _values(event, path))
        if name not in _COMPARE:
            raise self._error()
        wanted = self._value()
        if name == 'co' and attribute in _NO_CONTAINS:
            raise OktaError('E0000031')
        if name in _TEXT_ONLY and not isinstance(wanted, str):
            raise OktaError('E0000031')
        if name == 'ne':
            return lambda event: all(value != wanted for value in _values(event, path))
        return _matcher(path, _COMPARE[name], wanted)

    def _value(self) -> str | int | float | None:
        """Parse a JSON literal (core-okta-api: strings are valid JSON strings)."""
        while self._text[self._at : self._at + 1].isspace():
            self._at += 1
        try:
            value, self._at = _JSON.raw_decode(self._text, self._at)
        except json.JSONDecodeError:
            raise self._error() from None
        if value is None or isinstance(value, (str, int, float)):
            return value
        raise self._error()

    def _peek(self) -> str:
        found = _TOKEN.match(self._text, self._at)
        return found.group(found.lastindex or 0) if found else ''

    def _next(self) -> str:
        found = _TOKEN.match(self._text, self._at)
        if not found:
            if self._text[self._at :].strip():
                raise self._error()
            return ''
        self._at = found.end()
        return found.group(found.lastindex or 0)

    def _error(self) -> OktaError:
        return OktaError('E0000053', causes=[f'Cannot read the filter at character {self._at}: {self._text}'])


def _check_attribute(attribute: str) -> None:
    """Reject attributes that the docs forbid (E0000031) and attributes that a LogEvent does not have (E0000053)."""
    path = attribute.split('.')
    # Okta replaced "published" by since and until (system-log-query). The OpenAPI description rejects the others.
    if attribute == 'published' or {'changeDetails', 'from', 'to'} & set(path):
        raise OktaError('E0000031', causes=[f'{attribute} cannot be used in a filter'])
    head, _, tail = attribute.partition('.')
    if head in _ATTRIBUTES and (tail in _ATTRIBUTES[head] or not tail):
        return
    if '.'.join(path[:2]) in _FREE_MAPS:
        return
    raise OktaError('E0000053', causes=[f'Unknown attribute {attribute}'])


def _matcher(path: tuple[str, ...], compare: Callable[[Any, Any], bool], wanted: Any) -> Predicate:
    if path == ('severity',) and compare in (operator.gt, operator.ge, operator.lt, operator.le):
        rank = _SEVERITY_RANK.get(wanted)
        if rank is None:
            raise OktaError('E0000031')
        return lambda event: compare(_SEVERITY_RANK.get(event.get('severity', ''), -1), rank)
    same_kind = str if isinstance(wanted, str) else (int, float)
    if wanted is None or isinstance(wanted, bool):
        return lambda event: any(value is wanted for value in _values(event, path))
    return lambda event: any(isinstance(value, same_kind) and compare(value, wanted) for value in _values(event, path))


def _values(node: Any, path: tuple[str, ...]) -> list[Any]:
    """Return every value at `path`. The path continues in each element of an array (`target.type eq "Flow"`)."""
    nodes = [node]
    for name in path:
        nodes = [child for parent in nodes if isinstance(parent, dict) for child in _elements(parent.get(name))]
    return nodes


def _elements(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
