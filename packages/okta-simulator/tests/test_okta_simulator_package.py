# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What a stranger gets: the wheel, and the README, whose code is run here as somebody else's project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / 'README.md').read_text(encoding='utf-8')


def run(*arguments: str, cwd: Path, python_path: Path = PACKAGE) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, 'PYTHONPATH': str(python_path), 'PYTHONDONTWRITEBYTECODE': '1'}
    return subprocess.run(
        [sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120
    )


def readme_file(name: str) -> str:
    """The Python block of the README that starts with the name of its file."""
    (code,) = re.findall(rf'```python\n(# {re.escape(name)}\n.*?)```', README, re.DOTALL)
    return str(code)


@pytest.fixture
def their_project(tmp_path: Path) -> Path:
    for name in ('conftest.py', 'test_collector.py'):
        (tmp_path / name).write_text(readme_file(name), encoding='utf-8')
    return tmp_path


def their_tests(project: Path) -> subprocess.CompletedProcess[str]:
    return run('-m', 'pytest', '-q', '-c', os.devnull, '--rootdir', str(project), str(project), cwd=project)


class TestReadme:
    def test_its_example_tests_pass_in_another_project(self, their_project: Path) -> None:
        result = their_tests(their_project)
        assert result.returncode == 0, result.stdout
        assert '2 passed' in result.stdout

    def test_its_example_tests_fail_for_a_collector_that_loses_a_page(self, their_project: Path) -> None:
        example = their_project / 'test_collector.py'
        broken = example.read_text(encoding='utf-8').replace('events += page', 'events += page[1:]')
        example.write_text(broken, encoding='utf-8')
        assert '1 failed, 1 passed' in their_tests(their_project).stdout

    def test_it_points_at_no_file_that_the_reader_does_not_have(self) -> None:
        assert '/work/' not in README
        for name in re.findall(r'\]\(([^)]+)\)', README):
            assert (PACKAGE / name).exists(), name


@pytest.fixture(scope='module')
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip('hatchling', reason='the wheel is built with hatchling')
    target = tmp_path_factory.mktemp('dist')
    result = run('-m', 'hatchling', 'build', '-d', str(target), cwd=PACKAGE)
    assert result.returncode == 0, result.stderr
    return target


@pytest.fixture(scope='module')
def wheel(built: Path) -> zipfile.ZipFile:
    (path,) = built.glob('*.whl')
    return zipfile.ZipFile(path)


class TestWheel:
    @pytest.mark.parametrize(
        'name',
        [
            'okta_simulator/event_types.csv',
            'okta_simulator/py.typed',
            'okta_simulator/network/socks_proxy.py',
            'okta_simulator/conform/questions/access.py',
            'okta_simulator-0.1.0.dist-info/licenses/LICENSE',
        ],
    )
    def test_contains_what_the_package_needs(self, wheel: zipfile.ZipFile, name: str) -> None:
        assert name in wheel.namelist()

    def test_contains_every_file_of_the_package_and_no_test(self, wheel: zipfile.ZipFile) -> None:
        files = {
            path.relative_to(PACKAGE).as_posix()
            for path in (PACKAGE / 'okta_simulator').rglob('*')
            if path.is_file() and '__pycache__' not in path.parts
        }
        assert {name for name in wheel.namelist() if '.dist-info/' not in name} == files

    def test_its_metadata_has_readme_licence_and_dependencies(self, wheel: zipfile.ZipFile) -> None:
        metadata = wheel.read('okta_simulator-0.1.0.dist-info/METADATA').decode()
        assert README in metadata
        assert 'License-Expression: BSD-3-Clause' in metadata
        # What an extra adds stands behind a semicolon.
        assert set(re.findall(r'^Requires-Dist: ([a-z]+)[^;\n]*$', metadata, re.MULTILINE)) == {
            'aiohttp',
            'cryptography',
            'multidict',
            'pyjwt',
            'yarl',
        }

    def test_adds_a_command_and_no_pytest_plugin(self, wheel: zipfile.ZipFile) -> None:
        entry_points = wheel.read('okta_simulator-0.1.0.dist-info/entry_points.txt').decode()
        assert entry_points.strip() == '[console_scripts]\nokta-simulator = okta_simulator.__main__:main'

    def test_runs_without_the_repository(self, wheel: zipfile.ZipFile, tmp_path: Path) -> None:
        wheel.extractall(tmp_path)
        code = 'import okta_simulator; print(okta_simulator.__file__, len(okta_simulator.WORKFLOWS_EVENT_TYPES))'
        result = run('-c', code, cwd=tmp_path, python_path=tmp_path)
        assert result.stdout.split() == [str(tmp_path / 'okta_simulator' / '__init__.py'), '51']

    def test_the_changelog_has_its_version(self, wheel: zipfile.ZipFile) -> None:
        version = re.search(r'^Version: (.+)$', wheel.read('okta_simulator-0.1.0.dist-info/METADATA').decode(), re.M)
        assert version and f'\n## {version[1]}\n' in (PACKAGE / 'CHANGELOG.md').read_text()


def test_the_sdist_contains_tests_readme_and_changelog(built: Path) -> None:
    (path,) = built.glob('*.tar.gz')
    with tarfile.open(path) as sdist:
        names = {name.partition('/')[2] for name in sdist.getnames()}
    assert {'README.md', 'CHANGELOG.md', 'LICENSE', 'tests/test_okta_simulator_package.py'} <= names
