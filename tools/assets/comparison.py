# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Where an object in the org differs from what an asset contains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def differences(wanted: Any, found: Any) -> list[str]:
    """List the paths at which `found` lacks or changes something of `wanted`. Additions are not differences.

    Datadog adds defaults and IDs of its own, and returns tags in any order.
    """
    return list(_differences(wanted, found, ''))


def _differences(wanted: Any, found: Any, path: str) -> Iterator[str]:
    if isinstance(wanted, dict) and isinstance(found, dict):
        for key, value in wanted.items():
            inner = f'{path}.{key}' if path else key
            if key == 'tags' and isinstance(value, list) and isinstance(found.get(key), list):
                if not {*map(str, value)} <= {*map(str, found[key])}:
                    yield inner
            # The org gives each widget an ID.
            elif not (key == 'id' and 'definition' in wanted):
                yield from _differences(value, found.get(key), inner)
    elif isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            yield path
            return
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from _differences(one, other, f'{path}[{index}]')
    elif isinstance(wanted, str) and isinstance(found, str):
        if wanted.strip() != found.strip():
            yield path
    elif wanted != found and not (_is_nothing(wanted) and _is_nothing(found)):
        yield path


def _is_nothing(value: Any) -> bool:
    return value is None or value is False or value in ('', [], {})
