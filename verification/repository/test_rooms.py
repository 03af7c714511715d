# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Every file knows its room: imports go one way, and no test imports a test."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECK = 'datadog_checks.okta_workflows'
OKTA_SIMULATOR, AGENT_STANDIN, LOGS_LOCAL = 'okta_simulator', 'agent_standin', 'datadog_logs_local'
PACKAGES = (OKTA_SIMULATOR, AGENT_STANDIN, LOGS_LOCAL)
WORLD = 'verification.world'

ROOMS: Mapping[str, tuple[str, ...]] = {
    'okta_workflows/datadog_checks/okta_workflows': (CHECK,),
    'okta_workflows/tests': (CHECK,),
    'packages/okta-simulator': (OKTA_SIMULATOR,),
    'packages/agent-standin': (AGENT_STANDIN,),
    'packages/datadog-logs-local': (LOGS_LOCAL,),
    'simulation': ('simulation', *PACKAGES, CHECK),
    'demo': ('demo', 'simulation', *PACKAGES),
    'preview': ('preview', 'simulation', *PACKAGES),
    # A tool knows what the integration takes and says.
    'tools': ('tools', CHECK),
    'verification': ('verification', 'tools', 'demo', 'preview', 'simulation', 'tests', *PACKAGES, CHECK),
}
"""What of this repository a room may import."""

OURS = ('simulation', 'demo', 'preview', 'tools', 'verification', 'tests', *PACKAGES, CHECK)


def imported(path: Path) -> Iterator[str]:
    """The modules of this repository that a file imports, with the names that it takes from them."""
    package = '.'.join(path.relative_to(ROOT).parent.parts)
    for node in ast.walk(ast.parse(path.read_text('utf-8'))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = '.'.join(package.split('.')[: len(package.split('.')) - node.level + 1]) if node.level else ''
            module = '.'.join(part for part in (above, node.module) if part)
            yield from (f'{module}.{alias.name}' for alias in node.names)


def is_in(module: str, places: tuple[str, ...]) -> bool:
    return any(f'{module}.'.startswith(f'{place}.') for place in places)


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob('*.py'))


@pytest.mark.parametrize('room', ROOMS)
def test_a_room_imports_what_stands_below_it_alone(room: str) -> None:
    here = '.'.join(Path(room).parts)
    found = {(path.name, module) for path in files(room) for module in imported(path) if is_in(module, OURS)}
    assert {path.name for path in files(room)} > {'__init__.py'}
    assert [each for each in sorted(found) if not is_in(each[1], (here, *ROOMS[room]))] == []


def test_a_room_of_the_proofs_imports_no_other_but_the_world() -> None:
    foreign = []
    for path in files('verification'):
        room = path.relative_to(ROOT / 'verification').parts[0]
        own = ('verification.conftest', WORLD) if room == 'conftest.py' else (f'verification.{room}', WORLD)
        taken = [module for module in imported(path) if is_in(module, ('verification',))]
        foreign += [(path.name, module) for module in taken if not is_in(module, own)]
    assert foreign == [('conftest.py', 'verification.behaviour.hand_made_agent.HandMadeAgent')]


def test_no_test_imports_a_test() -> None:
    paths = [path for room in ROOMS for path in files(room) if path.name.startswith('test_')]
    assert len(paths) > 50
    tests = {path.stem for path in paths}
    assert [path.name for path in paths if any(tests & {*module.split('.')} for module in imported(path))] == []


def test_an_import_is_found_wherever_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f'{__name__}.ROOT', tmp_path)
    path = tmp_path / 'demo' / 'story.py'
    path.parent.mkdir()
    path.write_text('import preview\n\ndef f():\n    from .orgs import Org\n    from verification.world import x\n')
    assert [*imported(path)] == ['preview', 'demo.orgs.Org', 'verification.world.x']
    assert is_in('preview.server', ('preview',))
    assert not is_in('previews', ('preview',))
