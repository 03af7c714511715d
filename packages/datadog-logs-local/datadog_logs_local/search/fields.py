# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Read the values of a field of a query from a log.

Source: Datadog docs, logs/explorer/search_syntax. `@path` is an attribute, some names are reserved, and any other name
is the key of a tag. A path leads through arrays of objects.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from .log import Log

Scalar = str | int | float | bool
Values = Callable[[Log], Sequence[Scalar]]

_RESERVED: dict[str, Values] = {
    'host': lambda log: () if log.host is None else (log.host,),
    'source': lambda log: () if log.source is None else (log.source,),
    'status': lambda log: () if log.status is None else (log.status,),
    'service': lambda log: () if log.service is None else (log.service,),
    'message': lambda log: (log.message,),
    'timestamp': lambda log: (log.timestamp,),
    'tags': lambda log: log.tags,
}


def values(log: Log, field: str) -> list[Any]:
    """Return the scalars of a field of a log in order. Nulls and objects are left out."""
    return list(values_of(field)(log))


@cache
def values_of(field: str) -> Values:
    """Return a function that reads the values of one field from many logs."""
    if field.startswith('@'):
        return _attribute(field[1:])
    if field in _RESERVED:
        return _RESERVED[field]
    prefix = f'{field}:'
    return lambda log: tuple(tag[len(prefix) :] for tag in log.tags if tag.startswith(prefix))


def all_values(log: Log) -> list[Scalar]:
    """Return the scalars of all attributes of a log."""
    found: list[Scalar] = []
    rest: list[Any] = [log.attributes]
    while rest:
        node = rest.pop()
        if isinstance(node, dict):
            rest.extend(node.values())
        elif isinstance(node, list):
            rest.extend(node)
        elif node is not None:
            found.append(node)
    return found


def text_of(value: Scalar) -> str:
    """Return the text that a value is compared by, such as `true`, `1.5`, or `5` for the numbers 5 and 5.0."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _attribute(path: str) -> Values:
    keys = path.split('.')
    # A key can contain dots itself. For each place of the path, these are the keys that can follow and the next place.
    steps = [
        [('.'.join(keys[start:end]), end) for end in range(start + 1, len(keys) + 1)] for start in range(len(keys))
    ]

    def collect(node: Any, place: int, found: list[Scalar]) -> None:
        if isinstance(node, list):
            for element in node:
                collect(element, place, found)
        elif place == len(keys):
            if node is not None and not isinstance(node, dict):
                found.append(node)
        elif isinstance(node, dict):
            for key, behind in steps[place]:
                if key in node:
                    collect(node[key], behind, found)

    def read(log: Log) -> Sequence[Scalar]:
        node: Any = log.attributes
        for key in keys:
            if type(node) is not dict or key not in node:
                break
            node = node[key]
        else:
            if isinstance(node, str | int | float):
                return (node,)
        found: list[Scalar] = []
        collect(log.attributes, 0, found)
        return found

    return read
