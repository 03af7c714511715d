# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A YAML file with the line of everything in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

try:
    # The Agent's parser is a port of this one, so that both stumble at the same places.
    from yaml import CSafeLoader as SafeLoader
except ImportError:
    from yaml import SafeLoader  # type: ignore[assignment]


class Document:
    """Raises `YAMLError` or `ValueError` for a text that is not valid YAML."""

    def __init__(self, text: str) -> None:
        self._root: yaml.Node | None = yaml.compose(text, Loader=SafeLoader)
        self.content: Any = yaml.load(text, Loader=SafeLoader)

    def line(self, *path: object) -> int | None:
        """Where the entry at `path` stands, or else the last of its parents that is there."""
        node, line = self._root, None
        for step in path:
            entries = [(number, value) for name, number, value in _entries(node) if name == step]
            if not entries:
                break
            # Of one that is given twice the last one counts.
            line, node = entries[-1]
        return line

    def repeated(self) -> Iterator[tuple[str, int, int]]:
        """Each option that is given again in the same mapping: its name, and both lines."""
        waiting = [self._root]
        while waiting:
            node = waiting.pop()
            first: dict[object, int] = {}
            for name, line, value in _entries(node):
                waiting.append(value)
                if isinstance(node, yaml.MappingNode) and name in first:
                    yield str(name), line, first[name]
                first.setdefault(name, line)


def _entries(node: yaml.Node | None) -> Iterator[tuple[object, int, yaml.Node]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.value, key.start_mark.line + 1, value
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            yield number, item.start_mark.line + 1, item
