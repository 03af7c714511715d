# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The check has two wings, `okta` and `agent`, and what stands between them: which module may import which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECK = Path(__file__).parents[1] / 'datadog_checks' / 'okta_workflows'
PACKAGE = 'datadog_checks.okta_workflows'
WINGS = ('okta', 'agent')

# What both wings stand on. Everything else of the check stands on them.
FOUNDATION = {'clock', 'constants', 'encodable', 'errors', 'possible_gap', 'redaction', 'timestamps', 'trim'}


def imports(path: Path) -> Iterator[str]:
    """The modules of the check that a module imports, such as `okta.client` or `errors`."""
    package = [PACKAGE, *path.relative_to(CHECK).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text('utf-8'))):
        if not isinstance(node, ast.ImportFrom) or node.module is None and not node.level:
            continue
        base = '.'.join(package[: len(package) - node.level + 1]) if node.level else ''
        name = '.'.join(filter(None, (base, node.module or '')))
        if name.startswith(f'{PACKAGE}.'):
            yield name.removeprefix(f'{PACKAGE}.')


def modules(folder: Path) -> list[Path]:
    found = sorted(folder.glob('*.py'))
    assert found, folder
    return found


@pytest.mark.parametrize('wing', WINGS)
def test_a_wing_imports_itself_and_the_foundation(wing: str) -> None:
    """So that nothing of Okta is known where the Agent is, nor the other way round."""
    imported = {name for path in modules(CHECK / wing) for name in imports(path)}
    own = {name for name in imported if name.partition('.')[0] == wing}
    assert own
    assert imported - own <= FOUNDATION


def test_the_foundation_imports_nothing_else_of_the_check() -> None:
    imported = {name for module in FOUNDATION for name in imports(CHECK / f'{module}.py')}
    assert imported
    assert imported <= FOUNDATION


def test_a_wing_is_entered_by_its_face() -> None:
    """What `okta` and `agent` export is all that the rest of the check knows of them."""
    entered = {
        name for path in modules(CHECK) for name in imports(path) if name.partition('.')[0] in WINGS and '.' in name
    }
    used = {name for path in modules(CHECK) for name in imports(path)}
    assert used >= set(WINGS)
    assert entered == set()
