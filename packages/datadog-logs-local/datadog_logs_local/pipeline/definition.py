# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Read the entries of an asset file key by key, so that every unknown key is found."""

from __future__ import annotations

from collections.abc import Collection, Sequence

_REQUIRED = object()


class PipelineError(ValueError):
    """An asset file is invalid, or uses something that this package does not support."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(f'{place}: {what}')
        self.place = place
        self.what = what


class Entry:
    """A mapping in an asset file. `close` rejects the keys that were not read, here and in the entries below."""

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, dict):
            raise PipelineError(place, 'is not a mapping')
        self.place = place
        self._values = value
        self._read: set[str] = set()
        self._children: list[Entry] = []

    def text(self, key: str, default: str | None = None) -> str:
        value = self._get(key, _REQUIRED if default is None else default)
        if not isinstance(value, str):
            raise PipelineError(self.place, f'{key} is not a text: {value!r}')
        return value

    def optional_text(self, key: str) -> str | None:
        """Return the text, or None if the key is absent or empty."""
        return None if self._get(key, None) is None else self.text(key)

    def choice(self, key: str, options: Collection[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in options:
            raise PipelineError(self.place, f'{key} is {value!r}, not one of {", ".join(sorted(options))}')
        return value

    def flag(self, key: str, default: bool | None = None) -> bool:
        value = self._get(key, _REQUIRED if default is None else default)
        if not isinstance(value, bool):
            raise PipelineError(self.place, f'{key} is neither true nor false: {value!r}')
        return value

    def integer(self, key: str) -> int:
        value = self._get(key)
        if not isinstance(value, int) or isinstance(value, bool):
            raise PipelineError(self.place, f'{key} is not an integer: {value!r}')
        return value

    def texts(self, key: str) -> Sequence[str]:
        """Return a list of at least one text."""
        value = self.items(key)
        if not value or not all(isinstance(text, str) for text in value):
            raise PipelineError(self.place, f'{key} is not a list of texts: {value!r}')
        return [str(text) for text in value]

    def items(self, key: str) -> Sequence[object]:
        value = self._get(key)
        if not isinstance(value, list):
            raise PipelineError(self.place, f'{key} is not a list: {value!r}')
        return value

    def optional_items(self, key: str) -> Sequence[object]:
        """Return the list, or an empty list if the key is absent or empty."""
        return [] if self._get(key, None) is None else self.items(key)

    def entry(self, key: str) -> Entry:
        return self._child(self._get(key), f'{self.place}, {key}')

    def optional_entry(self, key: str) -> Entry | None:
        return None if self._get(key, None) is None else self.entry(key)

    def entries(self, key: str) -> Sequence[Entry]:
        """Return a list of mappings. The place of each mapping contains its name, if it has one."""
        return [
            self._child(item, _numbered(self.place, key, number, item)) for number, item in enumerate(self.items(key))
        ]

    def mapping(self, key: str) -> dict[str, object]:
        """Return a mapping whose keys are data."""
        value = self._get(key)
        if not isinstance(value, dict) or not all(isinstance(name, str) for name in value):
            raise PipelineError(self.place, f'{key} is not a mapping: {value!r}')
        return dict(value)

    def close(self) -> None:
        unknown = sorted(str(key) for key in self._values if key not in self._read)
        if unknown:
            raise PipelineError(self.place, f'unknown key {", ".join(unknown)}')
        for child in self._children:
            child.close()

    def _get(self, key: str, default: object = _REQUIRED) -> object:
        self._read.add(key)
        value = self._values.get(key, default)
        if value is _REQUIRED:
            raise PipelineError(self.place, f'{key} is missing')
        return value

    def _child(self, value: object, place: str) -> Entry:
        child = Entry(value, place)
        self._children.append(child)
        return child


def _numbered(place: str, key: str, number: int, item: object) -> str:
    name = item.get('name') if isinstance(item, dict) else None
    return f'{place}, {key}[{number}]' + (f' {name!r}' if name else '')
