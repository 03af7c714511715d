# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The marker that the tool writes into each object at creation, and by which it finds the object again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

MANAGED_BY = 'managed_by:okta_workflows'
ASSET = 'okta_workflows_asset:'
CONTENT = 'okta_workflows_content:'
LINE = re.compile(rf'{MANAGED_BY} {ASSET}(?P<asset>[a-z0-9_-]+) {CONTENT}(?P<content>[0-9a-f]+)')


@dataclass(frozen=True, slots=True)
class Marker:
    asset: str
    """The name of the asset's file, without its ending."""
    content: str
    """The digest of the content that was pushed last. Datadog may store that content in another form."""

    @property
    def tags(self) -> list[str]:
        return [MANAGED_BY, f'{ASSET}{self.asset}', f'{CONTENT}{self.content}']

    @property
    def line(self) -> str:
        return ' '.join(self.tags)

    @classmethod
    def in_tags(cls, tags: Iterable[str]) -> Self | None:
        tags = [tag for tag in tags if isinstance(tag, str)]
        assets = [tag.removeprefix(ASSET) for tag in tags if tag.startswith(ASSET)]
        contents = [tag.removeprefix(CONTENT) for tag in tags if tag.startswith(CONTENT)]
        if MANAGED_BY not in tags or len(assets) != 1:
            return None
        return cls(assets[0], contents[0] if len(contents) == 1 else '')

    @classmethod
    def in_text(cls, text: str) -> Self | None:
        found = LINE.search(text)
        return None if found is None else cls(found['asset'], found['content'])


def is_marker(tag: str) -> bool:
    return tag == MANAGED_BY or tag.startswith((ASSET, CONTENT))


def digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]
