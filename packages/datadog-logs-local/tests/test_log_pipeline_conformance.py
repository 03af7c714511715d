# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The command that runs pipelines with their published tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from datadog_logs_local.pipeline.__main__ import main
from datadog_logs_local.pipeline.conformance import KNOWN_CAUSES
from datadog_logs_local.pipeline.minimal import remapper

DATE = {'type': 'date-remapper', 'name': 'date', 'enabled': True, 'sources': ['when']}
STATUS = {'type': 'status-remapper', 'name': 'status', 'enabled': True, 'sources': ['level']}
TO_TAG = {**remapper('version', 'v', targetType='tag'), 'name': 'tag', 'enabled': True}


@pytest.fixture
def extras(tmp_path: Path) -> Path:
    return tmp_path


def publish(extras: Path, name: str, tests: Sequence[dict[str, Any]], processors: Sequence[dict[str, Any]]) -> Path:
    """Write a pipeline and its tests to the paths that integrations-extras uses."""
    logs = extras / name / 'assets' / 'logs'
    logs.mkdir(parents=True)
    filter_ = {'query': 'source:another'}
    pipeline = {'type': 'pipeline', 'name': name, 'enabled': True, 'filter': filter_, 'processors': list(processors)}
    asset = {'id': name, 'backend_only': False, 'pipeline': pipeline}
    (logs / f'{name}.yaml').write_text(yaml.safe_dump(asset))
    (logs / f'{name}_tests.yaml').write_text(yaml.safe_dump({'id': name, 'tests': list(tests)}))
    return logs / f'{name}.yaml'


def score(passed: int, *, pipelines: int = 1, tests: int | None = None, known: int = 0, failed: int = 0) -> str:
    return (
        f'Pipelines: {pipelines}, tests: {passed if tests is None else tests}, passed: {passed}, '
        f'known differences: {known}, failed: {failed}'
    )


def expecting(sample: str, **result: Any) -> dict[str, Any]:
    return {'sample': sample, 'result': {'message': sample, 'tags': ['source:LOGS_SOURCE'], 'custom': {}} | result}


def test_a_folder_whose_tests_pass_prints_the_figures_and_exits_with_0(
    extras: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tests = [
        expecting('text', timestamp=1),
        expecting('{"when": 5, "n": null}', custom={'when': 5}, timestamp=5),
        expecting('{ "level": "WARN" }', message='{"level" : "WARN"}', custom={'level': 'WARN'}, status='warn'),
        expecting('{"v": 1.5E1, "message": "m"}', message='m', tags=['source:LOGS_SOURCE', 'version:15.0']),
        expecting('{"n": 15000000.0}', custom={'n': '1.5E7'}),
    ]
    publish(extras, 'good', tests, [DATE, STATUS, TO_TAG])
    assert main([str(extras)]) == 0
    assert capsys.readouterr().out == f'{score(5)}\n'


def test_the_path_is_a_folder_of_integrations_or_an_integration_or_a_pipeline(
    extras: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = publish(extras, 'good', [expecting('text')], [])
    (extras / 'good.yaml').write_text(file.read_text())
    (extras / 'good_tests.yaml').write_text(file.with_name('good_tests.yaml').read_text())
    for path in (extras, extras / 'good', file, extras / 'good.yaml'):
        assert main([str(path)]) == 0
        assert capsys.readouterr().out == f'{score(1)}\n'


def test_each_pipeline_runs_once_and_two_of_the_same_name_both_run(
    extras: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ('one', 'two'):
        publish(extras / folder, 'good', [expecting('text')], [])
    paths = [str(extras / folder) for folder in ('one', 'two', 'two')]
    assert main(paths) == 0
    assert capsys.readouterr().out == f'{score(2, pipelines=2)}\n'


def test_a_test_that_fails_is_named_with_each_difference(extras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(extras, 'good', [expecting('text')], [])
    failing = expecting(
        '{"level": "x", "a": [1, true]}', custom={'level': 'y', 'a': [1, 1]}, status='error', service='s'
    )
    publish(extras, 'bad', [expecting('text'), failing], [STATUS])
    assert main([str(extras)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        score(2, pipelines=2, tests=3, failed=1),
        '',
        'Failed',
        '  bad/bad[2]',
        '    custom.a[1]: expected 1, found True',
        "    custom.level: expected 'y', found 'x'",
        "    service: expected 's', found nothing",
        "    status: expected 'error', found 'info'",
    ]


def test_a_result_without_a_message_is_a_difference(extras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(extras, 'bad', [{'sample': 'text', 'result': {'custom': {}, 'tags': ['source:LOGS_SOURCE']}}], [])
    assert main([str(extras)]) == 1
    assert "    message: expected nothing, found 'text'" in capsys.readouterr().out


def test_a_pipeline_that_is_rejected_fails_its_tests_with_the_place(
    extras: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(extras, 'odd', [expecting('text')], [{'type': 'time-machine', 'name': 'now', 'enabled': True}])
    assert main([str(extras)]) == 1
    output = capsys.readouterr().out
    assert score(0, tests=1, failed=1) in output
    assert "odd/assets/logs/odd.yaml, pipeline, processors[0] 'now': type is 'time-machine'" in output


@pytest.mark.parametrize(
    ('content', 'fault'),
    [
        pytest.param('id: odd\ntests: [{sample: text, results: {}}]', 'tests.0.results', id='an unknown key'),
        pytest.param('id: odd\ntests: [{result: {}}]', 'tests.0.sample', id='a missing key'),
        pytest.param('id: odd', 'tests', id='no tests'),
        pytest.param('id: "odd', 'while scanning', id='no YAML'),
    ],
)
def test_a_tests_file_that_is_rejected_fails_with_its_path_and_the_place(
    extras: Path, capsys: pytest.CaptureFixture[str], content: str, fault: str
) -> None:
    tests_path = publish(extras, 'odd', [], []).with_name('odd_tests.yaml')
    tests_path.write_text(content)
    assert main([str(extras)]) == 1
    output = capsys.readouterr().out
    assert score(0, tests=1, failed=1) in output
    assert str(tests_path) in output
    assert fault in output.partition('Failed')[2]


def test_what_is_not_run_is_named(extras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    publish(extras, 'good', [expecting('text'), {'sample': 'not filled in', 'result': None}], [])
    publish(extras, 'untested', [], []).with_name('untested_tests.yaml').unlink()
    assert main([str(extras)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        score(1, pipelines=2),
        '',
        'Not run',
        '  good/good[2]: the test has no result',
        '  untested/untested: the pipeline has no tests',
    ]


def test_a_known_difference_is_printed_with_its_cause_and_exits_with_0(
    extras: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = extras / 'known.yaml'
    known.write_text('the moon: ["bad/bad[1]"]')
    publish(extras, 'bad', [expecting('text', status='ok')], [])
    assert main([str(extras), '--known', str(known)]) == 0
    output = capsys.readouterr().out
    assert score(0, tests=1, known=1) in output
    assert 'Known difference: the moon\n  bad/bad[1]\n    status: ' in output


def test_a_known_difference_that_passes_exits_with_1(extras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = extras / 'known.yaml'
    known.write_text('the moon: ["good/good[1]", "other/other[1]"]')
    publish(extras, 'good', [expecting('text')], [])
    assert main([str(extras), '--known', str(known)]) == 1
    assert 'good/good[1] passes: remove it from the known differences' in capsys.readouterr().out


def test_the_differences_in_integrations_extras_are_known_without_a_file(
    extras: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [*KNOWN_CAUSES.values()] == [('logstash/logstash[4]',)]
    publish(extras, 'logstash', [expecting('text', status=status) for status in ('ok',) * 4], [])
    assert main([str(extras)]) == 1
    assert score(0, tests=4, known=1, failed=3) in capsys.readouterr().out


@pytest.mark.parametrize('content', [None, 'the moon: bad', '"'])
def test_known_differences_that_cannot_be_read_exit_with_2(
    extras: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    known = extras / 'known.yaml'
    if content is not None:
        known.write_text(content)
    publish(extras, 'good', [expecting('text')], [])
    with pytest.raises(SystemExit) as stopped:
        main([str(extras), '--known', str(known)])
    assert stopped.value.code == 2
    assert f'cannot read the known differences in {known}' in capsys.readouterr().err


def test_a_folder_without_pipelines_exits_with_2(extras: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([str(extras)])
    assert stopped.value.code == 2
    assert 'no pipeline with tests' in capsys.readouterr().err
