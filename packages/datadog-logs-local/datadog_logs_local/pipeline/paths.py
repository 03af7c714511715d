# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Attribute paths: keys that are separated by dots and lead through nested objects.

An attribute that is null does not exist. A path also finds a key that itself contains dots. A number reads an element
of an array.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Attributes = dict[str, Any]
# The objects from the outermost one to the one that contains the attribute, each with the key to the next.
_Steps = list[tuple[Attributes, str]]


class Path:
    """The path of an attribute."""

    __slots__ = ('_dotted', '_holders', '_last', 'keys', 'text')

    def __init__(self, text: str) -> None:
        self.text = text
        self.keys = text.split('.')
        self._holders, self._last = self.keys[:-1], self.keys[-1]
        # For each key, these are the keys with dots that the same object can have instead.
        self._dotted = [
            ['.'.join(self.keys[start:end]) for end in range(start + 2, len(self.keys) + 1)]
            for start in range(len(self.keys))
        ]

    def get(self, attributes: Attributes) -> Any:
        """Return the value, or None if there is none."""
        node: Any = attributes
        for key in self.keys:
            if type(node) is not dict or key not in node:
                break
            node = node[key]
        else:
            return node
        return _read(attributes, self.keys) if self._is_special(attributes) else None

    def set(self, attributes: Attributes, value: Any) -> None:
        """Set the value and create missing objects. If another value blocks the path, change nothing."""
        if self._is_special(attributes) and (steps := _find(attributes, self.keys)):
            holder, key = steps[-1]
            holder[key] = value
            return
        node = attributes
        for key in self._holders:
            below = node.get(key)
            if below is None:
                below = node[key] = {}
            if type(below) is not dict:
                return
            node = below
        node[self._last] = value

    def remove(self, attributes: Attributes) -> None:
        """Remove the attribute and the objects that become empty."""
        for holder, key in reversed(_find(attributes, self.keys) or []):
            del holder[key]
            if holder:
                return

    def _is_special(self, attributes: Attributes) -> bool:
        """Return whether the path contains a key with dots or an array, which need the slower search."""
        node: Any = attributes
        for key, dotted_keys in zip(self.keys, self._dotted, strict=True):
            if type(node) is not dict:
                return type(node) is list
            for dotted in dotted_keys:
                if dotted in node:
                    return True
            node = node.get(key)
        return False


def read_first(paths: Sequence[Path], attributes: Attributes) -> Any:
    """Return the value of the first path that has one."""
    for path in paths:
        value = path.get(attributes)
        if value is not None:
            return value
    return None


def merge(attributes: Attributes, found: Attributes) -> None:
    """Merge the result of a parser into attributes, object by object. The result replaces existing values."""
    for key, value in found.items():
        present = attributes.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            merge(present, value)
        else:
            attributes[key] = value


def copy(value: Any) -> Any:
    """Return a copy of a JSON value that shares no object and no array with it."""
    if type(value) is dict:
        return {key: copy(item) for key, item in value.items()}
    if type(value) is list:
        return [copy(item) for item in value]
    return value


def _read(node: Any, keys: Sequence[str]) -> Any:
    if not keys:
        return node
    if type(node) is list and keys[0].isdecimal() and int(keys[0]) < len(node):
        return _read(node[int(keys[0])], keys[1:])
    if type(node) is dict:
        for end in range(1, len(keys) + 1):
            key = '.'.join(keys[:end])
            if key in node and (found := _read(node[key], keys[end:])) is not None:
                return found
    return None


def _find(node: Any, keys: Sequence[str]) -> _Steps | None:
    if type(node) is not dict:
        return None
    for end in range(1, len(keys) + 1):
        key = keys[0] if end == 1 else '.'.join(keys[:end])
        if key not in node:
            continue
        if end == len(keys):
            return [(node, key)]
        if below := _find(node[key], keys[end:]):
            return [(node, key), *below]
    return None
