# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The demo comes to its end and tells the truth, also when the truth is bad."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from demo.configuration import fill_in, shipped_example
from demo.reconciliation import exit_code, reconcile
from demo.screen import Screen

ROOT = Path(__file__).parents[2]
TIMEOUT_SECONDS = 60
SUMS = re.compile(r'^(?P<org>acme|globex) +(?P<generated>\d+) +(?P<delivered>\d+) +(?P<lost>\d+) +(?P<repeated>\d+)$')


@pytest.fixture(autouse=True)
def settings_of_a_terminal_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """They must not decide what a test sees."""
    for name in ('COLUMNS', 'FORCE_COLOR'):
        monkeypatch.delenv(name, raising=False)


def test_the_demo_delivers_all_events_of_both_orgs_once_and_exits_with_0(tmp_path: Path) -> None:
    """Over a restart with rotated credentials; nothing of it stays behind."""
    run = subprocess.run(
        [sys.executable, '-m', 'demo', '--seconds', '13'],
        cwd=ROOT,
        env={**os.environ, 'TMPDIR': str(tmp_path), 'PYTHONIOENCODING': 'utf-8'},
        capture_output=True,
        encoding='utf-8',
        timeout=TIMEOUT_SECONDS,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert '\x1b' not in run.stdout
    lines = run.stdout.splitlines()
    assert re.search(r'^[1-9]\d* Workflows events happen meanwhile\.$', run.stdout, re.MULTILINE)
    sums = [match for line in lines if (match := SUMS.match(line))]
    assert [match['org'] for match in sums] == ['acme', 'globex']
    for match in sums:
        # More than a page of 1,000, so that the look-back had to follow a link.
        assert int(match['generated']) == int(match['delivered']) > 1000
        assert match['lost'] == match['repeated'] == '0'
    assert len([line for line in lines if 'Instance ID: okta_workflows:' in line and line.endswith('[OK]')]) == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ('generated', 'received', 'lost', 'repeated', 'unexpected'),
    [
        pytest.param(['a', 'b'], ['a'], ('b',), (), (), id='an event is missing'),
        pytest.param(['a', 'b'], ['a', 'b', 'a'], (), ('a',), (), id='an event came twice'),
        pytest.param(['a', 'b'], ['a', 'b', 'c'], (), (), ('c',), id='an event came that was not asked for'),
        pytest.param(['a', 'b'], ['a', 'a'], ('b',), ('a',), (), id='a repeated event does not make up for a lost one'),
        pytest.param([], [], (), (), (), id='nothing happened, which proves nothing'),
    ],
)
def test_sums_that_do_not_agree_are_told_and_make_the_exit_code_1(
    generated: list[str],
    received: list[str],
    lost: tuple[str, ...],
    repeated: tuple[str, ...],
    unexpected: tuple[str, ...],
) -> None:
    good = reconcile('globex', ['x', 'y'], ['y', 'x'])
    bad = reconcile('acme', generated, received)

    assert (bad.lost, bad.repeated, bad.unexpected) == (lost, repeated, unexpected)
    assert bad.delivered == len(set(received))
    assert exit_code([good]) == 0
    assert exit_code([good, bad]) == 1


def test_what_does_not_agree_is_listed_by_its_first_uuids() -> None:
    output = io.StringIO()
    screen = Screen({}, Console(file=output, width=80))

    screen.reconciliation([reconcile('acme', ['l1', 'l2', 'l3', 'l4', 'l5', 'r'], ['r', 'r'])])

    assert 'lost of acme: l1, l2, l3 and 2 more' in output.getvalue()
    assert 'repeated of acme: r\n' in output.getvalue()


def test_a_log_that_is_not_json_is_shown_as_it_came() -> None:
    output = io.StringIO()
    screen = Screen({}, Console(file=output, width=80))

    screen.logs([{'message': '{"log": torn', 'ddtags': ''}])

    assert output.getvalue() == '{"log": torn\n'


def test_a_long_burst_is_shown_by_its_ends_and_the_number_between() -> None:
    output = io.StringIO()
    screen = Screen({'org': 'acme'}, Console(file=output, width=80))

    screen.logs(
        [
            {'message': {'log': {'eventType': f'workflows.number.{number}'}}, 'ddtags': 'team:a,okta_domain:org'}
            for number in range(1000)
        ]
    )

    shown = [line.split() for line in output.getvalue().splitlines()]
    assert [line[2] for line in shown if 'acme' in line] == [
        f'workflows.number.{number}' for number in (0, 1, 2, 3, 996, 997, 998, 999)
    ]
    assert ['…', '992', 'more'] in shown


def test_the_shipped_example_is_filled_in_once_for_each_instance() -> None:
    conf = yaml.safe_load(
        fill_in(shipped_example(), [{'domain': 'a.okta.com', 'api_key': '"\\1'}, {'domain': 'b.okta.com'}])
    )

    first, second = conf['instances']
    assert (first['domain'], first['api_key']) == ('a.okta.com', '"\\1')
    assert second['domain'] == 'b.okta.com'
    assert 'api_key' not in second
    assert [entry['type'] for entry in conf['logs']] == ['integration']


def test_an_option_that_the_example_does_not_have_cannot_be_filled_in() -> None:
    with pytest.raises(ValueError, match='`no_such_option` 0 times'):
        fill_in(shipped_example(), [{'no_such_option': 1}])
