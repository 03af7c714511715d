# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The operator's guide shows what the check says today."""

from __future__ import annotations

import pytest

from .transcript import BLOCK, PAGE, SITUATIONS, text

if not PAGE.exists():
    pytest.skip('The guide is that of a repository of its own', allow_module_level=True)


def test_the_guide_shows_each_situation_as_it_is() -> None:
    """`make transcript` writes it."""
    [shown] = BLOCK.findall(PAGE.read_text('utf-8'))
    assert shown == text()
    assert len(SITUATIONS) == 6
    assert shown.count('agent status:') == shown.count('agent.log:') == 6
