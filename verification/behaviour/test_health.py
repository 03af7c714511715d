# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Agent Health issues: reported when collection has stopped, resolved when it goes on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_standin import AgentStandIn, CheckResult
from datadog_checks.okta_workflows import OktaWorkflowsCheck
from datadog_checks.okta_workflows.errors import CollectionError, OktaError, TransientError
from datadog_checks.okta_workflows.health import Health
from okta_simulator import OktaSimulator, VirtualClock, faults
from verification.world.scenario import NOW, StartAgent

LOGS = '/api/v1/logs'
TOKEN = '/oauth2/v1/token'
MEDIUM, HIGH = 2, 3
HOUR_SECONDS = 3600.0
QUARTER_SECONDS = 900.0

pytestmark = pytest.mark.usefixtures('base_that_reports_issues')

Instance = dict[str, Any]


class Issues:
    """The Agent's side: what was reported and resolved, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def report(self, id: str, issue_name: str, issue_type: str, **fields: Any) -> None:
        self.told.append(('reported', {'id': id, 'issue_name': issue_name, 'issue_type': issue_type, **fields}))

    def resolve(self, issue_id: str) -> None:
        self.told.append(('resolved', issue_id))

    @property
    def kinds(self) -> list[str]:
        return [kind for kind, _ in self.told]


def hide_token(text: str) -> str:
    return text.replace('a-token', '********')


@pytest.fixture
def issues() -> Issues:
    return Issues()


@pytest.fixture
def health(issues: Issues) -> Health:
    return Health(issues.report, issues.resolve, 'issue-1', 'acme.okta.com', hide_token, NOW)


def okta_error(status: int | None) -> OktaError:
    return OktaError('It failed', 'Repair it', status=status, is_from_okta=status is not None)


@pytest.mark.parametrize('status', [400, 401, 403, 404])
def test_what_does_not_pass_by_itself_is_reported_at_once(status: int, health: Health, issues: Issues) -> None:
    health.failed(okta_error(status), NOW)
    assert [(kind, each['severity']) for kind, each in issues.told] == [('reported', HIGH)]


def test_a_fault_of_the_agents_side_is_reported_at_once(health: Health, issues: Issues) -> None:
    health.failed(CollectionError('It failed', 'Repair it'), NOW)
    assert [(kind, each['severity']) for kind, each in issues.told] == [('reported', HIGH)]


@pytest.mark.parametrize(
    'error',
    [
        pytest.param(okta_error(None), id='no-answer'),
        pytest.param(okta_error(200), id='no-page'),
        pytest.param(okta_error(302), id='redirect'),
        pytest.param(OktaError('It failed', 'Repair it', status=403), id='403-of-a-gateway'),
        pytest.param(okta_error(500), id='500'),
        pytest.param(TransientError('It failed', 'Repair it', status=503), id='503'),
        pytest.param(OktaError('It failed', 'Repair it', status=429), id='429'),
        pytest.param(KeyError('uuid'), id='unexpected'),
    ],
)
def test_what_may_pass_is_reported_after_a_quarter_of_an_hour_without_success(
    error: Exception, health: Health, issues: Issues
) -> None:
    health.failed(error, NOW)
    health.failed(error, NOW + QUARTER_SECONDS - 1)
    assert issues.told == []
    health.failed(error, NOW + QUARTER_SECONDS)
    assert [(kind, each['severity']) for kind, each in issues.told] == [('reported', MEDIUM)]


def test_an_error_that_nobody_expected_is_for_the_maintainers(health: Health, issues: Issues) -> None:
    health.failed(RuntimeError('no good:\na-token'), NOW + QUARTER_SECONDS)
    [(_, issue)] = issues.told
    assert issue['description'] == 'The check failed with RuntimeError: no good: ********'
    assert issue['remediation']['summary'].startswith('Report the error')


def test_a_success_in_between_begins_the_quarter_anew(health: Health, issues: Issues) -> None:
    health.failed(okta_error(500), NOW + 600)
    health.succeeded(NOW + 800)
    issues.told.clear()
    health.failed(okta_error(500), NOW + 800 + QUARTER_SECONDS - 1)
    assert issues.told == []
    health.failed(okta_error(500), NOW + 800 + QUARTER_SECONDS)
    assert issues.kinds == ['reported']


def test_waiting_for_the_agent_is_reported_after_a_quarter_of_an_hour(health: Health, issues: Issues) -> None:
    health.waited('Collection is paused: 3.0 MiB wait', 'Look there', NOW + QUARTER_SECONDS - 1)
    assert issues.told == []
    health.waited('Collection is paused: 3.0 MiB wait', 'Look there', NOW + QUARTER_SECONDS)
    [(_, issue)] = issues.told
    assert (issue['description'], issue['severity']) == ('Collection is paused: 3.0 MiB wait', MEDIUM)
    assert issue['remediation']['summary'] == 'Look there'


def test_an_issue_says_what_happened_to_which_org_and_what_to_do(health: Health, issues: Issues) -> None:
    health.failed(okta_error(401), NOW)
    [(_, issue)] = issues.told
    assert issue == {
        'id': 'issue-1',
        'issue_name': 'Okta Workflows events are not collected',
        'issue_type': 'okta_workflows_events_are_not_collected',
        'title': 'No Okta Workflows events are collected from acme.okta.com',
        'description': 'It failed',
        'category': 'log_collection',
        'severity': HIGH,
        'remediation': {
            'summary': 'Repair it',
            'steps': [
                {'order': 1, 'text': 'Repair it'},
                {'order': 2, 'text': 'Run `datadog-agent diagnose` to see which step fails'},
                {'order': 3, 'text': 'See `datadog-agent status`: the instance shows [OK] again after its next run'},
            ],
        },
        'tags': ['okta_domain:acme.okta.com'],
    }


def test_an_issue_is_sanitized(health: Health, issues: Issues) -> None:
    health.failed(OktaError('It failed with a-token', 'Replace a-token', status=401, is_from_okta=True), NOW)
    [(_, issue)] = issues.told
    assert issue['description'] == 'It failed with ********'
    assert 'a-token' not in json.dumps(issue)


def test_an_issue_is_not_repeated_while_the_same_is_to_be_done(health: Health, issues: Issues) -> None:
    """Request ids and counts differ from run to run."""
    for number in range(5):
        health.failed(
            OktaError(f'It failed, request id {number}', 'Repair it', status=401, is_from_okta=True), NOW + number
        )
    assert issues.kinds == ['reported']


def test_an_issue_is_reported_anew_when_something_else_is_to_be_done(health: Health, issues: Issues) -> None:
    health.failed(okta_error(401), NOW)
    health.failed(OktaError('It failed', 'Grant it', status=403, is_from_okta=True), NOW)
    health.failed(OktaError('It failed', 'Grant it', status=500), NOW + QUARTER_SECONDS)
    told = [(each['remediation']['summary'], each['severity']) for _, each in issues.told]
    assert told == [('Repair it', HIGH), ('Grant it', HIGH), ('Grant it', MEDIUM)]


def test_an_issue_is_resolved_once(health: Health, issues: Issues) -> None:
    health.failed(okta_error(401), NOW)
    health.succeeded(NOW + 30)
    health.succeeded(NOW + 60)
    assert issues.told[1:] == [('resolved', 'issue-1')]


def test_an_issue_comes_again_after_it_was_resolved(health: Health, issues: Issues) -> None:
    health.failed(okta_error(401), NOW)
    health.succeeded(NOW + 30)
    health.failed(okta_error(401), NOW + 60)
    assert issues.kinds == ['reported', 'resolved', 'reported']


def test_the_first_success_resolves_what_an_agent_before_may_have_reported(health: Health, issues: Issues) -> None:
    health.succeeded(NOW)
    assert issues.told == [('resolved', 'issue-1')]


def test_without_a_way_to_report_nothing_happens() -> None:
    health = Health(None, None, 'issue-1', 'acme.okta.com', hide_token, NOW)
    health.failed(okta_error(401), NOW)
    health.waited('x', 'y', NOW + HOUR_SECONDS)
    health.succeeded(NOW + HOUR_SECONDS)


# In an Agent


@pytest.fixture
def instance(okta: OktaSimulator) -> Instance:
    return {'domain': okta.url, 'api_key': okta.api_key}


@pytest.fixture
def client_instance(okta: OktaSimulator) -> Instance:
    return {'domain': okta.url, 'client_id': okta.client_id, 'client_secret': okta.client_secret}


def run(agent: AgentStandIn) -> CheckResult:
    [result] = agent.run_checks()
    return result


def reported(agent: AgentStandIn) -> list[dict[str, Any]]:
    assert {check for check, _ in agent.datadog_agent.issues} <= {'okta_workflows'}
    return [issue for _, issue in agent.datadog_agent.issues]


def resolved(agent: AgentStandIn) -> list[str]:
    """What was resolved of issues that tell of collection that has stopped."""
    return [each for each in agent.datadog_agent.resolved_issues if not each.endswith(':possible_gap')]


def fill(okta: OktaSimulator, count: int) -> None:
    okta.generate(count, since=NOW - 10 * HOUR_SECONDS, until=NOW - 1, noise_share=0.0)


def test_a_healthy_run_reports_nothing(instance: Instance, start_agent: StartAgent) -> None:
    agent = start_agent(instance)
    assert run(agent).status == 'OK'
    assert reported(agent) == []
    assert len(agent.datadog_agent.resolved_issues) == 2


@pytest.mark.parametrize('fault', ['revoked', 'role', 'filter', 'domain'])
def test_what_the_org_refuses_for_good_is_an_issue_with_the_words_of_the_error(
    fault: str, okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    if fault == 'revoked':
        okta.rotate_api_key()
    elif fault == 'role':
        okta.admin_role = False
    elif fault == 'filter':
        instance['event_filter'] = 'eventType resembles "x"'
    else:
        okta.faults.add(faults.Error('E0000008'), times=None)
    agent = start_agent(instance)
    result = run(agent)
    [issue] = reported(agent)
    assert result.error == f'{issue["description"]}. {issue["remediation"]["summary"]}.'
    assert issue['severity'] == HIGH
    assert issue['tags'] == [f'okta_domain:{okta.url}']


def test_a_refused_client_is_an_issue(okta: OktaSimulator, client_instance: Instance, start_agent: StartAgent) -> None:
    okta.rotate_client_secret()
    agent = start_agent(client_instance)
    run(agent)
    assert ['invalid_client' in issue['description'] for issue in reported(agent)] == [True]


@pytest.mark.parametrize('settings', [{'logs': []}, {'logs_enabled': False}], ids=['no-section', 'logs-disabled'])
def test_an_agent_that_takes_no_logs_is_an_issue(
    settings: dict[str, Any], okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    okta.emit(1, noise_share=0.0)
    agent = start_agent(instance, **settings)
    result = run(agent)
    [issue] = reported(agent)
    assert result.error == f'{issue["description"]}. {issue["remediation"]["summary"]}.'
    assert issue['severity'] == HIGH


def test_an_issue_is_resolved_when_collection_goes_on(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    okta.admin_role = False
    agent = start_agent(instance)
    for _ in range(3):
        run(agent)
    okta.admin_role = True
    run(agent)
    [issue] = reported(agent)
    assert resolved(agent) == [issue['id']]


def test_an_issue_is_resolved_after_a_restart_and_an_edit(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    """The new Agent does not know of it, and the edit changes the id of the check."""
    old_key = okta.api_key
    new_key = okta.rotate_api_key()
    agent = start_agent({**instance, 'api_key': old_key})
    run(agent)
    [issue] = reported(agent)
    agent = start_agent({**instance, 'api_key': new_key})
    run(agent)
    assert resolved(agent) == [issue['id']]


def test_two_filters_of_one_org_have_an_issue_each(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    okta.admin_role = False
    ids = []
    for event_filter in ('eventType sw "workflows."', 'eventType sw "user."'):
        agent = start_agent({**instance, 'event_filter': event_filter})
        run(agent)
        ids += [issue['id'] for issue in reported(agent)]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    'fault',
    [pytest.param(faults.Error('E0000009'), id='500'), pytest.param(faults.RateLimited(), id='429')],
)
def test_an_org_that_stays_out_of_reach_is_reported_after_a_quarter_of_an_hour(
    fault: faults.Fault, clock: VirtualClock, okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    """Also where some runs ask nothing, because they wait for the rate limit."""
    agent = start_agent(instance)
    run(agent)
    okta.faults.add(fault, times=None)
    while clock.now() < NOW + QUARTER_SECONDS - 30:
        clock.advance(30)
        run(agent)
    assert reported(agent) == []
    for _ in range(5):
        clock.advance(30)
        run(agent)
    assert [issue['severity'] for issue in reported(agent)] == [MEDIUM]


def test_an_unexpected_error_is_reported_after_a_quarter_of_an_hour(
    clock: VirtualClock, instance: Instance, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError('no good')

    agent = start_agent(instance)
    run(agent)
    monkeypatch.setattr('datadog_checks.okta_workflows.position.fetch_page', fail)
    assert run(agent).status == 'ERROR'
    assert reported(agent) == []
    clock.advance(QUARTER_SECONDS)
    assert 'no good' in run(agent).error
    assert [issue['severity'] for issue in reported(agent)] == [MEDIUM]


def test_a_backlog_that_waits_is_reported_and_resolved_when_it_is_gone(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    # More than the file takes, and what is tried in an outage.
    fill(okta, 2000)
    agent = start_agent(instance, **{'logs_config.integrations_logs_files_max_size': 1})
    agent.intake.refuse()
    for _ in range(60):
        if reported(agent):
            break
        run(agent)
        agent.advance(60)
    [issue] = reported(agent)
    assert issue['description'].startswith('Collection is paused: ')
    assert issue['severity'] == MEDIUM
    assert issue['remediation']['summary'] == (
        'Check under Logs Agent in `agent status` whether the Agent can send logs'
    )
    agent.intake.accept()
    before = len(agent.datadog_agent.resolved_issues)
    for _ in range(30):
        agent.advance(60)
        run(agent)
    assert len(agent.datadog_agent.resolved_issues) == before + 1


def test_with_an_older_base_package_all_goes_on_without_issues(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the oldest Agents that are supported."""
    for name in ('report_issue', 'resolve_issue'):
        monkeypatch.delattr(f'datadog_checks.base.AgentCheck.{name}', raising=False)
    assert not hasattr(OktaWorkflowsCheck, 'report_issue')
    agent = start_agent(instance)
    assert run(agent).status == 'OK'
    okta.admin_role = False
    assert 'E0000006' in run(agent).error
    assert reported(agent) == []


@pytest.mark.parametrize('shape', ['okta', 'oauth', 'challenge'])
@pytest.mark.parametrize('path', [TOKEN, LOGS])
def test_an_issue_holds_no_secret(
    path: str, shape: Any, okta: OktaSimulator, client_instance: Instance, start_agent: StartAgent
) -> None:
    """The Agent sends it to Datadog; a server may well give back what it was asked."""
    agent = start_agent(client_instance)
    okta.faults.add(faults.Echo(shape=shape), path=path, times=None)
    run(agent)
    [issue] = reported(agent)
    text = json.dumps(issue)
    sent = [request.headers['Authorization'].split()[1] for request in okta.requests]
    assert sent
    assert [secret for secret in (okta.client_secret, *sent) if secret in text] == []
