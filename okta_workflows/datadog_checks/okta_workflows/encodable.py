# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Replaces the parts of a response that JSON allows but the Agent's JSON encoder cannot encode."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from datadog_checks.base.utils.format import json

from .trim import MARKER

try:
    from orjson import __version__ as encoder_version
except ImportError:
    # Without orjson, the base package encodes with the standard library.
    encoder_version = ''

# The encoder rejects more than 254 levels, and no event from Okta comes near this depth.
DEEPEST_EVENT_LEVELS = 235

# At exactly 254 levels these versions of the encoder abort the Agent's process.
ABORTING_ENCODERS = re.compile(r'3\.([0-9]|10|11)\.')
ENCODER_MAY_ABORT = ABORTING_ENCODERS.match(encoder_version) is not None

_BRACKETS = b'{}[]'
_AS_LISTS = bytes.maketrans(b'{}', b'[]')
_ALL_BUT_BRACKETS = bytes(byte for byte in range(256) if byte not in _BRACKETS)


def is_shallow(body: bytes, levels: int = DEEPEST_EVENT_LEVELS) -> bool:
    """Return whether nothing in the JSON text `body` is nested deeper than `levels`.

    This is much faster than a check of each value, but less exact. Because of brackets in texts, it may return false
    for a shallow body, and true for a deep body that was crafted to deceive it.
    """
    brackets = body.translate(_AS_LISTS, _ALL_BUT_BRACKETS)
    for _ in range(levels):
        if not brackets:
            return True
        size = len(brackets)
        # Each iteration removes the innermost pairs of brackets.
        brackets = brackets.replace(b'[]', b'')
        if len(brackets) == size:
            return False
    return not brackets


def encodable(event: Mapping[str, Any]) -> dict[str, Any]:
    """Replace each field of `event` that cannot be encoded, such as one nested hundreds of levels deep, by a marker."""
    return {
        key.encode('utf-8', 'replace').decode(): value if _is_encodable(value) else MARKER
        for key, value in event.items()
    }


def _is_encodable(value: Any) -> bool:
    if _is_too_deep(value):
        return False
    try:
        json.encode_bytes(value)
    except (TypeError, ValueError):
        return False
    return True


def _is_too_deep(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST_EVENT_LEVELS):
        level = [
            item
            for container in level
            for item in (container.values() if isinstance(container, dict) else container)
            if isinstance(item, dict | list)
        ]
    return bool(level)
