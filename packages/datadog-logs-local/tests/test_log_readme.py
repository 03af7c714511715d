# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What README.md shows can be done as it is written there, with the output that it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from datadog_logs_local.pipeline.__main__ import main

PACKAGE = Path(__file__).parents[1]
README = (PACKAGE / 'README.md').read_text('utf-8')
ARCHIVE = Path(__file__).parent / 'published' / 'integrations-extras-logs.tar.xz'
# Each block with its language, and the block of text that follows it without another block between them
BLOCK = re.compile(r'^```(\w+)\n(.*?)^```\n(?:\n(?:[^`#]+\n\n)?```text\n(.*?)^```\n)?', re.DOTALL | re.MULTILINE)
BLOCKS = [(found[1], found[2], found[3]) for found in BLOCK.finditer(README)]
FILES = {text.splitlines()[0].removeprefix('# '): text for _, text, _ in BLOCKS if text.startswith('# acme_door/')}
EXAMPLES = [(text, output) for language, text, output in BLOCKS if language == 'python' and text not in FILES.values()]


@pytest.fixture
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Save the files of README.md to the paths that it names."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, 'utf-8')


def test_there_is_an_example_for_each_part_of_the_package() -> None:
    imports = ' '.join(re.findall(r'^from .* import .*$', '\n'.join(text for text, _ in EXAMPLES), re.MULTILINE))
    for name in ('parse_query', 'load_pipeline', 'scalar', 'parse_monitor', 'DetectionRule'):
        assert name in imports
    assert len(FILES) == 3


@pytest.mark.usefixtures('_files')
@pytest.mark.parametrize(('text', 'output'), EXAMPLES)
def test_an_example_prints_the_output_below_it(text: str, output: str, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(text, 'README.md', 'exec'), {'__name__': '__main__'})
    assert capsys.readouterr().out == output


@pytest.mark.usefixtures('_files')
def test_the_command_prints_the_output_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    command, output = next((text, output) for _, text, output in BLOCKS if 'datadog_logs_local.pipeline acme' in text)
    assert main(command.split()[3:]) == 0
    assert capsys.readouterr().out == output


@pytest.mark.usefixtures('_files')
def test_the_command_prints_the_difference_that_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    tests_path = Path('acme_door/assets/logs/acme-door_tests.yaml')
    tests_path.write_text(tests_path.read_text('utf-8').replace('status: warn', 'status: error'), 'utf-8')
    assert main(['acme_door']) == 1
    assert f'```text\n{capsys.readouterr().out}```' in README


def test_the_example_for_pytest_runs_the_published_tests_of_another_integration(tmp_path: Path) -> None:
    """Tailscale's integration is not ours; its pipeline and tests are as Datadog publishes them."""
    with tarfile.open(ARCHIVE) as archive:
        members = [member for member in archive if member.name.startswith('tailscale/')]
        archive.extractall(tmp_path, members, filter='data')
    example = tmp_path / 'tailscale' / 'tests' / 'test_log_pipeline.py'
    example.parent.mkdir()
    example.write_text(FILES['acme_door/tests/test_log_pipeline.py'], 'utf-8')
    assert '5 passed' in run_pytest(example)

    tests_path = tmp_path / 'tailscale' / 'assets' / 'logs' / 'tailscale_tests.yaml'
    tests_path.write_text(tests_path.read_text('utf-8').replace('source:LOGS_SOURCE', 'source:OTHER', 1), 'utf-8')
    broken = run_pytest(example)
    assert '1 failed, 4 passed' in broken
    assert 'test_the_pipeline_gives_the_published_result[tailscale/tailscale[1]]' in broken


def test_the_links_to_files_lead_to_files() -> None:
    targets = re.findall(r'\]\((?!https?:|#)([^)]+)\)', README)
    assert targets
    for target in targets:
        assert (PACKAGE / target).is_file(), target


def run_pytest(path: Path) -> str:
    # No configuration of a folder above, and this package even if it is not installed
    command = [sys.executable, '-m', 'pytest', '-p', 'no:cacheprovider', '-c', os.devnull, str(path)]
    environment = os.environ | {'PYTHONPATH': str(PACKAGE)}
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment).stdout
