# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""One line of the report."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What there is to say about one place of the file. No value that may be a secret is ever in it."""

    line: int | None
    """Counted from 1; `None` if it is about the whole file."""
    text: str
    is_mistake: bool = True
    """Otherwise a remark that asks for nothing."""
