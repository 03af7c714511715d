# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The wheel and the source distribution hold everything that an installation and a contributor need."""

from __future__ import annotations

import ast
import subprocess
import sys
import tarfile
import tomllib
from email import message_from_string
from email.message import Message
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = Path(__file__).parents[1]
NAME = 'datadog_logs_local'
METADATA = f'{NAME}-0.1.0.dist-info'


@pytest.fixture(scope='module')
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('dist')
    subprocess.run([sys.executable, '-m', 'hatchling', 'build', '-d', str(folder)], cwd=PACKAGE, check=True)
    return folder


@pytest.fixture(scope='module')
def wheel(built: Path) -> ZipFile:
    return ZipFile(next(built.glob('*.whl')))


@pytest.fixture(scope='module')
def metadata(wheel: ZipFile) -> Message:
    return message_from_string(wheel.read(f'{METADATA}/METADATA').decode('utf-8'))


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: ZipFile) -> None:
    files = {
        path.relative_to(PACKAGE).as_posix()
        for path in (PACKAGE / NAME).rglob('*')
        if path.is_file() and path.suffix != '.pyc'
    }
    assert {f'{NAME}/py.typed', f'{NAME}/search/grammar.lark', f'{NAME}/analytics/monitor.lark'} < files
    assert {name for name in wheel.namelist() if not name.startswith(METADATA)} == files


def test_the_wheel_holds_the_license_and_the_readme(wheel: ZipFile, metadata: Message) -> None:
    assert wheel.read(f'{METADATA}/licenses/LICENSE').decode('utf-8') == (PACKAGE / 'LICENSE').read_text('utf-8')
    assert metadata['License-Expression'] == 'BSD-3-Clause'
    assert metadata['License-File'] == 'LICENSE'
    assert metadata.get_payload() == (PACKAGE / 'README.md').read_text('utf-8')


def test_the_dependencies_are_what_the_package_imports(metadata: Message) -> None:
    imported: set[str] = set()
    for path in (PACKAGE / NAME).rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text('utf-8'))):
            if isinstance(node, ast.Import):
                imported.update(alias.name.partition('.')[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.partition('.')[0])
    distributions = packages_distributions()
    needed = {canonicalize_name(distributions[module][0]) for module in imported - {*sys.stdlib_module_names, NAME}}
    required = [Requirement(text) for text in metadata.get_all('Requires-Dist', [])]
    installed = {canonicalize_name(each.name) for each in required if 'extra' not in str(each.marker)}
    # Not imported: the expressions of ua-parser, and the time zones of zoneinfo, which Windows does not have
    assert installed == needed | {'ua-parser-builtins', 'tzdata'}


def test_the_package_runs_from_the_wheel_alone(wheel: ZipFile, tmp_path: Path) -> None:
    """Grammars are read on import, so an import of every module shows that the wheel has them."""
    wheel.extractall(tmp_path)
    program = (
        'import pkgutil, importlib, datadog_logs_local as package\n'
        'for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):\n'
        '    if not module.name.endswith("__main__"):\n'
        '        importlib.import_module(module.name)\n'
        'print(package.__file__)'
    )
    run = subprocess.run(
        [sys.executable, '-c', program], capture_output=True, text=True, check=False, cwd=tmp_path, env={}
    )
    assert run.stdout.strip() == str(tmp_path / NAME / '__init__.py'), run.stderr


def test_the_source_distribution_holds_the_tests_with_the_published_pipelines(built: Path) -> None:
    with tarfile.open(next(built.glob('*.tar.gz'))) as archive:
        names = {name.partition('/')[2] for name in archive.getnames()}
    published = {f'tests/published/{name}' for name in ('integrations-extras-logs.tar.xz', 'LICENSE', 'README.md')}
    assert published | {'CHANGELOG.md', 'LICENSE', 'README.md', 'tests/test_log_package.py'} <= names


def test_the_changelog_begins_with_the_version_of_the_package() -> None:
    version = tomllib.loads((PACKAGE / 'pyproject.toml').read_text('utf-8'))['project']['version']
    assert f'\n## {version} / ' in (PACKAGE / 'CHANGELOG.md').read_text('utf-8').partition('***')[0]
