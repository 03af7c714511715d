# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The probe in a container, with a stand-in for Docker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent_standin import probe

from .probe_agent import CONTAINER, REPORT, main

# Notes its arguments and the files that it was given, and has a report at once.
DOCKER = """#!/bin/sh
echo "$*" >> {folder}/calls
for argument; do
    case "$argument" in --volume=*)
        mounted=${argument#--volume=}
        (cd "${mounted%%:*}" && find . -type f) >> {folder}/files ;;
    esac
done
if [ "$1" = exec ]; then cat {folder}/report; fi
"""


@pytest.mark.parametrize('differ', [[], ['registry.path']], ids=['all-hold', 'one-does-not'])
def test_an_agent_in_which_a_rule_does_not_hold_fails_the_job(
    differ: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    docker = tmp_path / 'docker'
    docker.write_text(DOCKER.replace('{folder}', str(tmp_path)))
    docker.chmod(0o755)
    monkeypatch.setenv('PATH', str(tmp_path), prepend=':')
    monkeypatch.setattr('sys.argv', ['probe_agent', 'agent:7'])
    lines = [{'rule': 'registry.path', 'agrees': not differ}, {'agree': 1, 'differ': differ, 'not_asked': []}]
    (tmp_path / 'report').write_text(''.join(json.dumps(line) + '\n' for line in lines))
    assert main() == bool(differ)
    assert capsys.readouterr().out.splitlines()[-2:] == [*map(json.dumps, lines)]
    start, read, end = (tmp_path / 'calls').read_text().splitlines()
    assert start.startswith('run ') and start.endswith(' agent:7')
    assert (read, end) == (f'exec {CONTAINER} cat {REPORT}', f'rm --force {CONTAINER}')
    assert sorted((tmp_path / 'files').read_text().split()) == [
        f'./{probe.CHECK_NAME}.d/conf.yaml',
        f'./{probe.CHECK_NAME}.py',
    ]
