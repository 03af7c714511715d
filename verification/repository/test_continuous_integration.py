# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The workflows of GitHub Actions, as far as can be told without running them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

INTEGRATION = Path(__file__).parents[2] / 'okta_workflows'
ROOT = INTEGRATION.parent
WORKFLOWS = ROOT / '.github' / 'workflows'
if not (WORKFLOWS / 'release.yml').is_file():
    pytest.skip('The workflows are those of a repository of its own', allow_module_level=True)

PINNED = re.compile(r'actions/[a-z-]+@v\d+')
README = INTEGRATION / 'README.md'
CI, RELEASE = 'ci.yml', 'release.yml'

every_workflow = pytest.mark.parametrize('name', [path.name for path in sorted(WORKFLOWS.iterdir())])


def jobs(name: str) -> dict[str, dict[str, Any]]:
    content: dict[str, dict[str, Any]] = yaml.safe_load((WORKFLOWS / name).read_text('utf-8'))['jobs']
    return content


def steps(job: dict[str, Any]) -> list[dict[str, Any]]:
    return list(job.get('steps', []))


def commands(job: dict[str, Any]) -> str:
    return '\n'.join(step['run'] for step in steps(job) if 'run' in step)


@every_workflow
def test_only_actions_of_github_are_used_in_a_version_that_is_named(name: str) -> None:
    used = [step['uses'] for job in jobs(name).values() for step in steps(job) if 'uses' in step]
    assert used
    assert [each for each in used if PINNED.fullmatch(each) is None] == []


@every_workflow
def test_every_job_has_an_end_and_keeps_no_credential(name: str) -> None:
    for job in jobs(name).values():
        if 'steps' in job:
            assert job['timeout-minutes'] <= 60
        for step in steps(job):
            if step.get('uses', '').startswith('actions/checkout@'):
                assert step['with']['persist-credentials'] is False


def test_only_the_job_that_publishes_may_write_and_it_runs_nothing_of_the_repository() -> None:
    ci = yaml.safe_load((WORKFLOWS / CI).read_text('utf-8'))
    assert ci['permissions'] == {'contents': 'read'}
    assert not any('permissions' in job for job in ci['jobs'].values())
    release = yaml.safe_load((WORKFLOWS / RELEASE).read_text('utf-8'))
    assert release['permissions'] == {}
    publish = release['jobs'].pop('publish')
    assert all(job['permissions'] == {'contents': 'read'} for job in release['jobs'].values())
    assert publish['permissions'] == {'contents': 'write', 'id-token': 'write', 'attestations': 'write'}
    assert not any(step.get('uses', '').startswith('actions/checkout') for step in publish['steps'])
    assert [step['run'].split()[0] for step in publish['steps'] if 'run' in step] == ['gh']


def test_nothing_is_released_that_was_not_tested_and_built_twice() -> None:
    release = jobs(RELEASE)
    assert release['test']['uses'] == f'./.github/workflows/{CI}'
    assert release['build']['needs'] == 'test'
    assert release['publish']['needs'] == 'build'
    assert commands(release['build']).count('python -m build') == 2
    assert 'diff --recursive dist again' in commands(release['build'])


def test_no_input_of_an_event_gets_into_a_command() -> None:
    """But for the matrix, which stands in the workflow itself."""
    for name in (CI, RELEASE):
        expressions = re.findall(r'\$\{\{ *(.*?) *\}\}', ''.join(commands(job) for job in jobs(name).values()))
        assert [each for each in expressions if not each.startswith('matrix.')] == []


def test_all_systems_are_tested_and_what_is_run_there_exists() -> None:
    ci = jobs(CI)
    assert {*ci['test']['strategy']['matrix']['os'], ci['windows']['runs-on']} == {
        'ubuntu-latest',
        'macos-latest',
        'windows-latest',
    }
    assert (ROOT / commands(ci['test'])).is_file()
    for job in ('windows', 'e2e'):
        for requirements in re.findall(r'--requirement (\S+)', commands(ci[job])):
            assert (ROOT / requirements).is_file()
    assert 'python -m pytest tests' in commands(ci['windows'])


def test_the_real_agents_are_the_oldest_supported_and_the_newest() -> None:
    supported = re.search(r'needs Agent (\d+\.\d+) or later', README.read_text('utf-8'))
    assert supported is not None
    oldest, newest = jobs(CI)['e2e']['strategy']['matrix']['agent']
    assert oldest == f'{supported[1]}.0'
    assert newest == supported[1].partition('.')[0]
