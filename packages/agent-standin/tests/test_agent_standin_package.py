# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What a stranger gets: the wheel, the README, and the example."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import agent_standin
from agent_standin import AgentStandIn, VirtualClock

PACKAGE = Path(__file__).parents[1]
EXAMPLE = PACKAGE / 'examples' / 'hello_check'
DEADLINE_SECONDS = 120.0
BROUGHT_BY = {'datadog_checks': 'datadog-checks-base', 'urllib3': 'urllib3', 'yaml': 'pyyaml'}


def run_python(*arguments: str, cwd: Path, path: Path = PACKAGE) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env=os.environ | {'PYTHONPATH': str(path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DEADLINE_SECONDS,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


# The example and the README


def test_the_example_passes_in_a_project_of_its_own(tmp_path: Path) -> None:
    project = shutil.copytree(EXAMPLE, tmp_path / 'project', ignore=shutil.ignore_patterns('__pycache__'))
    output = run_python('-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--rootdir', str(project), cwd=project)
    assert re.search(r'\b2 passed', output)


def test_the_example_fails_when_its_check_loses_the_cursor(tmp_path: Path) -> None:
    project = shutil.copytree(EXAMPLE, tmp_path / 'project', ignore=shutil.ignore_patterns('__pycache__'))
    check = project / 'checks.d' / 'hello.py'
    check.write_text(check.read_text().replace(", cursor={'count': count}", ''))
    with pytest.raises(AssertionError, match='2 failed'):
        run_python('-m', 'pytest', '-q', '-p', 'no:cacheprovider', '--rootdir', str(project), cwd=project)


def test_the_first_run_of_the_readme_prints_the_logs_of_the_example(tmp_path: Path) -> None:
    [command] = re.findall(r'python (-m agent_standin run --etc .*)', readme())
    process = subprocess.Popen(
        [sys.executable, *command.replace('/tmp/agent', str(tmp_path)).split()],
        cwd=PACKAGE,
        env=os.environ | {'PYTHONPATH': str(PACKAGE)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        log = next(line for line in process.stdout if line.startswith('{'))
    finally:
        process.kill()
        process.communicate()
    [shown] = re.findall(r'^\{"message".*$', readme(), re.MULTILINE)
    assert mask(log) == mask(f'{shown}\n')


def mask(log: str) -> str:
    return re.sub(r'"timestamp": \d+', '"timestamp": 0', log)


def readme() -> str:
    return (PACKAGE / 'README.md').read_text('utf-8')


def test_every_block_of_python_in_the_readme_is_code_of_the_example() -> None:
    code = '\n'.join(path.read_text('utf-8') for path in EXAMPLE.rglob('*.py'))
    blocks = re.findall(r'```python\n(.*?)```', readme(), re.DOTALL)
    assert len(blocks) == 2
    assert [block for block in blocks if block.strip() not in code] == []


def test_every_attribute_of_the_agent_in_the_readme_exists(tmp_path: Path) -> None:
    chains = set(re.findall(r'`agent((?:\.\w+)+)', readme()))
    assert len(chains) > 15
    with AgentStandIn(tmp_path, VirtualClock()) as agent:
        for chain in chains:
            holder: object = agent
            for name in chain.removeprefix('.').split('.'):
                assert name in dir(holder), chain
                holder = getattr(holder, name)


def test_the_differences_from_the_agent_are_listed_in_one_place() -> None:
    sections = re.split(r'^## ', readme(), flags=re.MULTILINE)
    [differences] = [section for section in sections if section.startswith('What differs from the Agent')]
    assert '`Acknowledged` and `Backlog`' in differences
    assert 'README.md' in (agent_standin.__doc__ or '')


def test_the_changelog_has_the_version_of_the_package() -> None:
    version = tomllib.loads((PACKAGE / 'pyproject.toml').read_text('utf-8'))['project']['version']
    assert f'\n## {version} / ' in (PACKAGE / 'CHANGELOG.md').read_text('utf-8')


def test_every_package_that_is_imported_is_a_dependency_and_no_other() -> None:
    project = tomllib.loads((PACKAGE / 'pyproject.toml').read_text('utf-8'))['project']
    declared = {re.split(r'[\[><=]', dependency)[0] for dependency in project['dependencies']}
    imported = {
        name.partition('.')[0]
        for path in (PACKAGE / 'agent_standin').rglob('*.py')
        for node in ast.walk(ast.parse(path.read_bytes()))
        for name in imported_names(node)
    }
    foreign = imported - sys.stdlib_module_names - {'agent_standin', 'datadog_agent'}
    assert {BROUGHT_BY.get(name, name) for name in foreign} == declared


def imported_names(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=str(module), level=0):
            return [module]
        case _:
            return []


# The wheel


@pytest.fixture(scope='module')
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip('hatchling')
    folder = tmp_path_factory.mktemp('wheel')
    sources = shutil.copytree(PACKAGE, folder / 'sources', ignore=shutil.ignore_patterns('__pycache__', '.*'))
    run_python('-m', 'hatchling', 'build', '--target', 'wheel', '--directory', str(folder), cwd=sources)
    [wheel] = folder.glob('*.whl')
    return wheel


def test_the_wheel_has_every_file_of_the_package_and_its_licence_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    metadata = {name for name in names if '.dist-info/' in name}
    package = {
        path.relative_to(PACKAGE).as_posix()
        for path in (PACKAGE / 'agent_standin').rglob('*')
        if path.is_file() and '__pycache__' not in path.parts
    }
    assert names - metadata == package
    assert {
        'agent_standin/py.typed',
        'agent_standin/probe/agent_standin_probe.py',
        'agent_standin/probe/conf.yaml',
    } <= package
    assert {name.partition('/')[2] for name in metadata} == {'METADATA', 'WHEEL', 'RECORD', 'licenses/LICENSE'}


def test_the_wheel_shows_the_readme_and_the_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    [name] = [name for name in archive.namelist() if name.endswith('METADATA')]
    metadata = archive.read(name).decode()
    assert readme() in metadata
    assert 'License-Expression: BSD-3-Clause\n' in metadata
    assert 'Requires-Python: >=3.13\n' in metadata


def test_the_command_of_the_wheel_writes_the_probe(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / 'site'
    zipfile.ZipFile(wheel).extractall(site)
    run_python('-m', 'agent_standin', 'probe', '--write', str(tmp_path / 'etc'), cwd=tmp_path, path=site)
    source = PACKAGE / 'agent_standin' / 'probe' / 'agent_standin_probe.py'
    assert (tmp_path / 'etc' / 'checks.d' / source.name).read_bytes() == source.read_bytes()
