# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The command that holds the interpreter against published pipelines and their tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from datadog_logs_local.pipeline import conformance
from datadog_logs_local.pipeline.__main__ import main
from datadog_logs_local.pipeline.minimal import remapper

DATE = {'type': 'date-remapper', 'name': 'date', 'enabled': True, 'sources': ['when']}
STATUS = {'type': 'status-remapper', 'name': 'status', 'enabled': True, 'sources': ['level']}
TO_TAG = {**remapper('version', 'v', targetType='tag'), 'name': 'tag', 'enabled': True}


@pytest.fixture
def extras(tmp_path: Path) -> Path:
    return tmp_path


def publish(extras: Path, name: str, tests: Sequence[dict[str, Any]], processors: Sequence[dict[str, Any]]) -> None:
    """Write a pipeline and its tests where integrations-extras has them."""
    logs = extras / name / 'assets' / 'logs'
    logs.mkdir(parents=True)
    filter_ = {'query': 'source:another'}
    pipeline = {'type': 'pipeline', 'name': name, 'enabled': True, 'filter': filter_, 'processors': list(processors)}
    asset = {'id': name, 'backend_only': False, 'pipeline': pipeline}
    (logs / f'{name}.yaml').write_text(yaml.safe_dump(asset))
    (logs / f'{name}_tests.yaml').write_text(yaml.safe_dump({'id': name, 'tests': list(tests)}))


def expecting(sample: str, **result: Any) -> dict[str, Any]:
    return {'sample': sample, 'result': {'message': sample, 'tags': ['source:LOGS_SOURCE'], 'custom': {}} | result}


def test_a_folder_whose_tests_pass_gives_the_score_and_no_error(
    extras: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = [
        expecting('text', timestamp=1),
        expecting('{"when": 5, "n": null}', custom={'when': 5}, timestamp=5),
        expecting('{ "level": "WARN" }', message='{"level" : "WARN"}', custom={'level': 'WARN'}, status='warn'),
        expecting('{"v": 1.5E1, "message": "m"}', message='m', tags=['source:LOGS_SOURCE', 'version:15.0']),
        expecting('{"n": 15000000.0}', custom={'n': '1.5E7'}),
        {'sample': 'not filled in', 'result': None},
    ]
    publish(extras, 'good', tests, [DATE, STATUS, TO_TAG])
    assert main([str(extras)]) == 0
    assert capsys.readouterr().out == '5 of 5 tests pass\n'


def test_a_test_that_fails_is_named_with_each_difference(extras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(extras, 'good', [expecting('text')], [])
    failing = expecting(
        '{"level": "x", "a": [1, true]}', custom={'level': 'y', 'a': [1, 1]}, status='error', service='s'
    )
    publish(extras, 'bad', [expecting('text'), failing], [STATUS])
    assert main([str(extras)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        '2 of 3 tests pass',
        '',
        'No known cause',
        '  bad/bad[2]',
        '    custom.a[1]: expected 1, found True',
        "    custom.level: expected 'y', found 'x'",
        "    service: expected 's', found nothing",
        "    status: expected 'error', found 'info'",
    ]


def test_a_pipeline_that_is_refused_fails_its_tests_with_the_place(
    extras: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(extras, 'odd', [expecting('text')], [{'type': 'time-machine', 'name': 'now', 'enabled': True}])
    assert main([str(extras)]) == 1
    output = capsys.readouterr().out
    assert '0 of 1 tests pass' in output
    assert "odd/assets/logs/odd.yaml, pipeline, processors[0] 'now': type is 'time-machine'" in output


def test_a_known_cause_is_shown_and_no_error(
    extras: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('datadog_logs_local.pipeline.__main__.KNOWN_CAUSES', {'the moon': ('bad/bad[1]',)})
    publish(extras, 'bad', [expecting('text', status='ok')], [])
    assert main([str(extras)]) == 0
    assert 'Known: the moon\n  bad/bad[1]\n    status: ' in capsys.readouterr().out


def test_a_known_cause_that_is_none_any_more_is_an_error(
    extras: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        'datadog_logs_local.pipeline.__main__.KNOWN_CAUSES', {'the moon': ('good/good[1]', 'other/other[1]')}
    )
    publish(extras, 'good', [expecting('text')], [])
    assert main([str(extras)]) == 1
    assert 'good/good[1] passes: its entry among the known causes is out of date' in capsys.readouterr().out


def test_a_folder_without_pipelines_is_an_error(extras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(extras)])
    assert stopped.value.code == 2
    assert 'no pipeline with tests' in capsys.readouterr().err


def test_the_known_causes_name_no_test_twice() -> None:
    named = [test for tests in conformance.KNOWN_CAUSES.values() for test in tests]
    assert len(named) == len(set(named))
