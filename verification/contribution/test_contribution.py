# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A contribution is the tracked files and their owners, validated where they are to be merged."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import datadog_checks.okta_workflows
from verification.world.imports import imported_distributions

from .__main__ import contribute, main
from .bill_of_materials import UNKNOWN
from .checkout import RefusedError, copy, name_owners
from .validations import Outcome, run_ddev

PACKAGE = Path(datadog_checks.okta_workflows.__file__).parent
OURS = """\
# Owners
/okta_workflows/ @us
/okta_workflows/assets/logs/ @us @logs
/docs/ @us
"""
THEIRS = """\
* @all

# Partners
/neo4j/ @neo
/rum-android/ @rum
/octoprint/ @octo
/zabbix/ @zab

# Documentation
/neo4j/README.md @neo @docs
"""
SETTINGS = 'validations = ["codeowners", "config"]\n'


def git(folder: Path, *arguments: str) -> str:
    identity = ['-c', 'user.name=Mara', '-c', 'user.email=mara@example.com']
    command = ['git', *identity, *arguments]
    # Whatever the user has configured.
    environment = {**os.environ, 'GIT_CONFIG_GLOBAL': os.devnull, 'GIT_CONFIG_NOSYSTEM': '1'}
    return subprocess.run(
        command, cwd=folder, env=environment, check=True, capture_output=True, encoding='utf-8'
    ).stdout


def committed(folder: Path, files: dict[str, str]) -> Path:
    """A git checkout that holds these files."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, 'utf-8')
    git(folder, 'init', '-q')
    git(folder, 'add', '.')
    git(folder, 'commit', '-q', '-m', 'all')
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Where the integration is developed."""
    repository = committed(
        tmp_path / 'ours',
        {
            '.ddev/config.toml': SETTINGS,
            '.github/CODEOWNERS': OURS,
            'Makefile': 'ours',
            'okta_workflows/pyproject.toml': 'ours',
            'okta_workflows/tests/run': 'ours',
        },
    )
    (repository / 'okta_workflows' / 'tests' / 'run').chmod(0o755)
    (repository / 'okta_workflows' / 'left_over.txt').write_text('ours', 'utf-8')
    return repository


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Of something like integrations-extras."""
    return committed(
        tmp_path / 'theirs',
        {
            '.github/CODEOWNERS': THEIRS,
            'Makefile': 'theirs',
            'neo4j/pyproject.toml': 'theirs',
            'okta_workflows/pyproject.toml': 'of an earlier version',
            'okta_workflows/retired.py': 'of an earlier version',
        },
    )


def files_of(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob('*') if path.is_file() and '.git' not in path.parts)
    return {str(file.relative_to(folder)): file.read_text('utf-8') for file in files}


def test_the_integration_becomes_what_is_tracked_of_it_and_nothing_else_changes(
    repository: Path, checkout: Path
) -> None:
    before = files_of(checkout)
    copy(repository, checkout)
    kept = {name: content for name, content in before.items() if not name.startswith(('okta_workflows', '.github'))}
    tracked = {'okta_workflows/pyproject.toml': 'ours', 'okta_workflows/tests/run': 'ours'}
    after = files_of(checkout)
    del after['.github/CODEOWNERS']
    assert after == {**kept, **tracked}
    assert os.access(checkout / 'okta_workflows' / 'tests' / 'run', os.X_OK)
    assert not os.access(checkout / 'okta_workflows' / 'pyproject.toml', os.X_OK)


@pytest.mark.parametrize(
    ('theirs', 'expected'),
    [
        pytest.param(
            THEIRS,
            THEIRS.replace('/zabbix/', '/okta_workflows/ @us\n/okta_workflows/assets/logs/ @us @logs\n/zabbix/'),
            id='in-order',
        ),
        pytest.param(
            '* @all\n/zabbix/ @zab\n',
            '* @all\n/okta_workflows/ @us\n/okta_workflows/assets/logs/ @us @logs\n/zabbix/ @zab\n',
            id='before-all-others',
        ),
        pytest.param(
            '* @all\n', '* @all\n/okta_workflows/ @us\n/okta_workflows/assets/logs/ @us @logs\n', id='no-others'
        ),
        pytest.param(None, '/okta_workflows/ @us\n/okta_workflows/assets/logs/ @us @logs\n', id='no-file'),
        pytest.param(
            '/okta_workflows/ @them\n',
            '/okta_workflows/ @them\n/okta_workflows/assets/logs/ @us @logs\n',
            id='one-is-there',
        ),
        pytest.param(
            '/okta_workflows/assets/logs/ @logs\n/okta_workflows/ @them\n',
            '/okta_workflows/assets/logs/ @logs\n/okta_workflows/ @them\n',
            id='all-are-there',
        ),
    ],
)
def test_missing_owners_are_named_in_the_order_of_the_others(theirs: str | None, expected: str, tmp_path: Path) -> None:
    ours, file = tmp_path / 'OURS', tmp_path / '.github' / 'CODEOWNERS'
    ours.write_text(OURS, 'utf-8')
    if theirs is not None:
        file.parent.mkdir()
        file.write_text(theirs, 'utf-8')
    name_owners(ours, file)
    assert file.read_text('utf-8') == expected


def change(checkout: Path) -> None:
    (checkout / 'okta_workflows' / 'pyproject.toml').write_text('changed', 'utf-8')


def stage(checkout: Path) -> None:
    change(checkout)
    git(checkout, 'add', '.')


def add(checkout: Path) -> None:
    (checkout / 'okta_workflows' / 'new.py').write_text('new', 'utf-8')


def remove(checkout: Path) -> None:
    (checkout / 'okta_workflows' / 'retired.py').unlink()


@pytest.mark.parametrize('spoil', [change, stage, add, remove])
def test_what_is_not_committed_is_not_overwritten(
    spoil: Callable[[Path], None], repository: Path, checkout: Path
) -> None:
    spoil(checkout)
    before = files_of(checkout)
    with pytest.raises(RefusedError, match='commit or remove first'):
        copy(repository, checkout)
    assert files_of(checkout) == before


def test_changes_elsewhere_do_not_matter(repository: Path, checkout: Path) -> None:
    (checkout / 'neo4j' / 'new.py').write_text('new', 'utf-8')
    copy(repository, checkout)
    assert (checkout / 'okta_workflows' / 'tests' / 'run').exists()


def test_only_the_root_of_another_checkout_is_copied_into(repository: Path, checkout: Path, tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match='not the root of a git checkout'):
        copy(repository, checkout / 'neo4j')
    with pytest.raises(RefusedError, match='where the integration is developed'):
        copy(repository, repository)
    assert (repository / 'okta_workflows' / 'left_over.txt').exists()


# Validations


def runner(failing: Sequence[str] = ()) -> tuple[list[str], Callable[[Sequence[str], Path], Outcome]]:
    """A stand-in for ddev and the commands that it was given."""
    commands: list[str] = []

    def run(arguments: Sequence[str], checkout: Path) -> Outcome:
        assert (checkout / 'okta_workflows' / 'tests' / 'run').exists()
        commands.append(' '.join(arguments))
        return Outcome(f'ddev {commands[-1]}', not set(failing) & set(arguments), f'the output of {arguments[1]}')

    return commands, run


def test_each_validation_runs_once_on_the_copy(
    repository: Path, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands, run = runner()
    assert contribute(repository, checkout, run) == 0
    assert commands == [
        'validate codeowners',
        'validate config okta_workflows',
        'validate dashboards okta_workflows',
        'validate service-checks okta_workflows',
        'test --lint okta_workflows',
    ]
    assert capsys.readouterr().out.endswith('\nNothing was found\n')


def test_a_checkout_with_generated_jobs_gets_one_for_the_integration(repository: Path, checkout: Path) -> None:
    jobs = checkout / '.github' / 'workflows' / 'test-all.yml'
    jobs.parent.mkdir()
    jobs.touch()
    commands, run = runner()
    contribute(repository, checkout, run)
    assert commands[0] == 'validate ci --sync'


def test_what_was_found_is_reported(repository: Path, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All of it: one that fails does not end the others."""
    commands, run = runner(failing=['config', '--lint'])
    assert contribute(repository, checkout, run) == 2
    assert len(commands) == 5
    report = capsys.readouterr().out
    assert 'FAILED  ddev validate config okta_workflows\nok      ddev validate dashboards' in report
    assert 'ddev validate config okta_workflows\nthe output of config\n' in report
    assert 'the output of codeowners' not in report
    assert '2 of the validations found something' in report


@pytest.mark.parametrize('status', [0, 1])
def test_ddev_is_told_where_the_checkout_is(
    status: int, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the user's own settings of ddev are."""
    ddev = tmp_path / 'bin' / 'ddev'
    ddev.parent.mkdir()
    ddev.write_text(f'#!/bin/sh\npwd\necho "$@"\ncat "$DDEV_CONFIG"\nexit {status}\n', 'utf-8')
    ddev.chmod(0o755)
    monkeypatch.setenv('PATH', f'{ddev.parent}{os.pathsep}{os.environ["PATH"]}')
    outcome = run_ddev(['validate', 'config'], checkout)
    assert outcome.passed is (status == 0)
    assert outcome.command == 'ddev validate config'
    where, arguments, *settings = outcome.output.splitlines()
    assert (where, arguments) == (str(checkout), '--no-interactive validate config')
    assert f"extras = '{checkout}'" in settings


def test_without_ddev_nothing_is_copied(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = files_of(checkout)
    monkeypatch.setenv('PATH', '')
    assert main([str(checkout)]) == 1
    assert 'ddev is not on PATH' in capsys.readouterr().err
    assert files_of(checkout) == before


# What is imported


def test_imports_in_functions_count_and_those_of_the_type_checker_do_not(tmp_path: Path) -> None:
    (tmp_path / 'nested').mkdir()
    (tmp_path / 'nested' / 'module.py').write_text(
        """\
import json
from typing import TYPE_CHECKING

from datadog_checks.base import AgentCheck
from datadog_checks.okta_workflows.okta.origin import Origin
from . import sibling

if TYPE_CHECKING:
    import aiohttp


def lazily() -> None:
    import yaml, requests.auth
""",
        'utf-8',
    )
    assert imported_distributions(tmp_path) == ['datadog-checks-base', 'pyyaml', 'requests']


def test_the_check_imports_these() -> None:
    assert imported_distributions(PACKAGE) == [
        'cryptography',
        'datadog-checks-base',
        'orjson',
        'pydantic',
        'pyjwt',
        'requests',
        'typing-extensions',
        'urllib3',
    ]


def test_the_bill_of_materials_is_cyclonedx_and_names_every_import(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['--sbom']) == 0
    printed = capsys.readouterr().out
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(printed) is None
    bill = json.loads(printed)
    assert bill['metadata']['component']['purl'].startswith('pkg:pypi/datadog-okta-workflows@')
    named = {each['purl'].removeprefix('pkg:pypi/') for each in bill['components']}
    # The last two are what an import requires in turn.
    imported = [*imported_distributions(PACKAGE), 'certifi', 'pydantic-core']
    assert {f'{name}@{version(name)}' for name in imported} < named
    references = {each['bom-ref'] for each in (bill['metadata']['component'], *bill['components'])}
    assert {each['ref'] for each in bill['dependencies']} == references
    assert {each for dependency in bill['dependencies'] for each in dependency['dependsOn']} < references


def test_every_licence_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['--licences']) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if line.split()[0] == 'requests'] == ['requests']
    assert not [line for line in lines if line.endswith(UNKNOWN)]
    assert all(len(line.split()) > 2 for line in lines)
