# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Agent Health: an issue when collection stops, resolved when it goes on, and one for a day after a possible gap."""

from __future__ import annotations

import re
from typing import Any

import pytest

from datadog_checks.base.stubs import datadog_agent
from datadog_checks.okta_workflows import OktaWorkflowsCheck
from datadog_checks.okta_workflows.errors import CollectionError, OktaError, TransientError
from datadog_checks.okta_workflows.health import Health
from datadog_checks.okta_workflows.possible_gap import PossibleGap

from .fake_agent import FakeAgent
from .fake_clock import NOW, FakeClock
from .fake_okta import FakeOkta, error

QUARTER_SECONDS = 900.0
GAP = PossibleGap('A cause', NOW - 60, NOW, NOW)


class Issues:
    """What the Agent was told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def report(self, id: str, name: str, type: str, **fields: Any) -> None:
        self.told.append(('reported', id, fields))

    def resolve(self, id: str) -> None:
        self.told.append(('resolved', id))


@pytest.fixture
def issues() -> Issues:
    return Issues()


@pytest.fixture
def health(issues: Issues) -> Health:
    health = Health(
        issues.report, issues.resolve, 'id', 'acme.okta.com', lambda text: text.replace('hunter2', '*'), NOW
    )
    health.succeeded(NOW)
    health.may_miss([])
    # What an Agent that was restarted may have left.
    assert issues.told == [('resolved', 'id'), ('resolved', 'id:possible_gap')]
    issues.told.clear()
    return health


def test_a_lasting_failure_is_reported_at_once_and_resolved(health: Health, issues: Issues) -> None:
    health.failed(CollectionError('The hunter2 file is gone', 'Find it'), NOW)
    health.failed(CollectionError('The hunter2 file is gone still', 'Find it'), NOW + 60)
    health.succeeded(NOW + 120)
    health.succeeded(NOW + 180)
    assert issues.told == [
        (
            'reported',
            'id',
            {
                'category': 'log_collection',
                'title': 'No Okta Workflows events are collected from acme.okta.com',
                'description': 'The * file is gone',
                'severity': 3,
                'remediation': {
                    'summary': 'Find it',
                    'steps': [
                        {'order': 1, 'text': 'Find it'},
                        {'order': 2, 'text': 'Run `datadog-agent diagnose` to see which step fails'},
                        {
                            'order': 3,
                            'text': 'See `datadog-agent status`: the instance shows [OK] again after its next run',
                        },
                    ],
                },
                'tags': ['okta_domain:acme.okta.com'],
            },
        ),
        ('resolved', 'id'),
    ]


@pytest.mark.parametrize(
    ('error', 'severity'),
    [
        pytest.param(TransientError('It failed', 'Wait'), 2, id='passing'),
        pytest.param(OktaError('It failed', 'Wait', status=401), 2, id='not-from-okta'),
        pytest.param(KeyError('x'), 2, id='unexpected'),
    ],
)
def test_what_may_pass_is_reported_after_a_quarter_of_an_hour(
    error: Exception, severity: int, health: Health, issues: Issues
) -> None:
    health.failed(error, NOW + QUARTER_SECONDS - 1)
    assert issues.told == []
    health.failed(error, NOW + QUARTER_SECONDS)
    assert [(kind, fields['severity']) for kind, _, fields in issues.told] == [('reported', severity)]


def test_a_wait_is_reported_after_a_quarter_of_an_hour(health: Health, issues: Issues) -> None:
    health.waited('Collection is paused', 'See', NOW + QUARTER_SECONDS - 1)
    assert issues.told == []
    health.waited('Collection is paused', 'See', NOW + QUARTER_SECONDS)
    assert [fields['description'] for _, _, fields in issues.told] == ['Collection is paused']


def test_a_rejection_of_okta_s_is_lasting(health: Health, issues: Issues) -> None:
    health.failed(OktaError('No', 'Do', status=401, is_from_okta=True), NOW)
    assert [fields['severity'] for _, _, fields in issues.told] == [3]


def test_a_possible_gap_is_reported_once_and_resolved_when_its_day_is_over(health: Health, issues: Issues) -> None:
    health.may_miss([GAP])
    health.may_miss([GAP])
    health.may_miss([])
    [(kind, id, fields), resolved] = issues.told
    assert (kind, id, fields['severity']) == ('reported', 'id:possible_gap', 2)
    assert fields['description'] == f'Some events may be missing or delivered twice: {GAP}'
    assert resolved == ('resolved', 'id:possible_gap')


def test_a_base_package_without_health_issues_is_told_nothing(issues: Issues) -> None:
    health = Health(None, None, 'id', 'acme.okta.com', str, NOW)
    health.failed(CollectionError('It failed', 'Do'), NOW)
    health.may_miss([GAP])
    health.succeeded(NOW)
    Health(issues.report, None, 'id', 'acme.okta.com', str, NOW).failed(CollectionError('It failed', 'Do'), NOW)
    assert len(issues.told) == 1


@pytest.mark.parametrize('hours', [pytest.param(24, id='ahead'), pytest.param(-24, id='behind')])
def test_a_clock_that_is_set_neither_hastens_nor_delays_a_report(
    okta: FakeOkta,
    clock: FakeClock,
    instance: dict[str, Any],
    agent: FakeAgent,
    issues: Issues,
    monkeypatch: pytest.MonkeyPatch,
    hours: int,
) -> None:
    # The oldest base package has neither.
    for name in ('report_issue', 'resolve_issue'):
        monkeypatch.setattr(OktaWorkflowsCheck, name, getattr(issues, name.removesuffix('_issue')), raising=False)
    okta.add(1)
    check = agent.start(instance)
    check.run()
    issues.told.clear()
    clock.ahead_seconds = hours * 3600.0
    for _ in range(2):
        assert [each for each in issues.told if each[0] == 'reported'] == []
        okta.answer_next(error(500, 'E0000009'), error(500, 'E0000009'))
        check.run()
        clock.advance(QUARTER_SECONDS)
    assert [each[0] for each in issues.told] == ['reported']


def test_an_issue_is_of_one_org_one_filter_and_one_host(
    okta: FakeOkta, instance: dict[str, Any], agent: FakeAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recovery of one host must not resolve the issue of another."""

    def reported(host: str, **options: Any) -> str:
        monkeypatch.setattr(datadog_agent, 'get_hostname', lambda: host)
        ids: list[str] = []
        check = agent.start({**instance, **options})
        monkeypatch.setattr(check, 'report_issue', lambda id, *_, **__: ids.append(id), raising=False)
        okta.answer_next(error(401, 'E0000011'))
        assert 'E0000011' in check.run()
        [id] = ids
        return id

    one, again = reported('one'), reported('one')
    assert one == again
    assert re.fullmatch(rf'okta_workflows:{re.escape(okta.url)}:[0-9a-f]{{8}}:[0-9a-f]{{8}}', one)
    assert len({one, reported('other'), reported('one', event_filter='eventType sw "app."')}) == 3
