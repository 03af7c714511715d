# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""All pipelines of DataDog/integrations-extras pass their published tests, except for the known differences.

The archive holds the files of the commit below, unchanged; published/README.md states its origin and its license.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
import yaml

from datadog_logs_local.pipeline.__main__ import main
from datadog_logs_local.pipeline.conformance import KNOWN_CAUSES, outcomes

PUBLISHED = Path(__file__).parent / 'published'
ARCHIVE = PUBLISHED / 'integrations-extras-logs.tar.xz'
COMMIT = '57e9d599daad03d877fa75c3a4648a6e70ae9860'
FIGURES = 'Pipelines: 39, tests: 118, passed: 117, known differences: 1, failed: 0'
README = Path(__file__).parents[1] / 'README.md'


@pytest.fixture(scope='module')
def extras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp('extras')
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter='data')
    return folder


def test_the_tests_that_differ_are_the_known_differences(extras: Path) -> None:
    """A known difference that passes is missing on the left, a new difference is missing on the right."""
    differences = {outcome.test: outcome.differences for outcome in outcomes(extras) if outcome.differences}
    known = [test for tests in KNOWN_CAUSES.values() for test in tests]
    assert sorted(differences) == sorted(known), differences


def test_every_test_in_the_archive_is_run(extras: Path) -> None:
    samples = [
        f'{path.parents[2].name}/{path.stem.removesuffix("_tests")}[{number}]'
        for path in extras.rglob('*_tests.yaml')
        for number, _ in enumerate(yaml.safe_load(path.read_text('utf-8'))['tests'], start=1)
    ]
    assert sorted(outcome.test for outcome in outcomes(extras)) == sorted(samples)


def test_the_command_prints_the_figures_and_nothing_is_left_out(
    extras: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(extras)]) == 0
    output = capsys.readouterr().out
    assert output.splitlines()[0] == FIGURES
    assert 'Not run' not in output


def test_the_readme_states_the_figures() -> None:
    assert FIGURES in README.read_text('utf-8')
    assert '39 pipelines with 118 tests' in (PUBLISHED / 'README.md').read_text('utf-8')


def test_the_origin_and_the_license_of_the_archive_are_stated(extras: Path) -> None:
    with tarfile.open(ARCHIVE) as archive:
        assert archive.pax_headers['comment'] == COMMIT
    assert COMMIT in (PUBLISHED / 'README.md').read_text('utf-8')
    assert (PUBLISHED / 'LICENSE').read_text('utf-8') == (extras / 'LICENSE').read_text('utf-8')
