# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What `datadog-agent diagnose` tells, through the check's own `get_diagnoses`, with an Agent and an Okta org."""

from __future__ import annotations

import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agent_standin import AgentStandIn
from okta_simulator import OktaSimulator, VirtualClock, faults
from okta_simulator.answer import Answer
from verification.world.scenario import NOW, StartAgent

LOGS = '/api/v1/logs'
TOKEN = '/oauth2/v1/token'
ORGANIZATION = '/.well-known/okta-organization'
STEPS = [
    'Configuration',
    'Logs Agent',
    'Log file',
    'Okta org',
    'Clock',
    'Credential',
    'System Log',
    'Cursor',
    'Possible gaps',
]
SUCCESS, FAIL = 0, 1
HOUR_SECONDS = 3600.0

# So that some hundred events fill a file.
SMALL_FILES = {'logs_config.integrations_logs_files_max_size': 1}

Instance = dict[str, Any]


@pytest.fixture
def instance(okta: OktaSimulator) -> Instance:
    return {'domain': okta.url, 'api_key': okta.api_key}


@pytest.fixture
def client_instance(okta: OktaSimulator) -> Instance:
    return {'domain': okta.url, 'client_id': okta.client_id, 'client_secret': okta.client_secret}


@pytest.fixture
def key_instance(okta: OktaSimulator) -> Instance:
    return {
        'domain': okta.url,
        'client_id': okta.service_app_id,
        'private_key': okta.private_key_pem,
        'private_key_id': okta.key_id,
    }


def diagnoses(agent: AgentStandIn) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(agent.checks[0].check.get_diagnoses())
    return found


def results(agent: AgentStandIn) -> dict[str, int]:
    return {each['name']: each['result'] for each in diagnoses(agent)}


def failure(agent: AgentStandIn) -> dict[str, Any]:
    """The one step that fails."""
    [failed] = [each for each in diagnoses(agent) if each['result'] != SUCCESS]
    return failed


def run_error(agent: AgentStandIn) -> str:
    [result] = agent.run_checks()
    assert result.status == 'ERROR'
    return result.error


def comparable(text: str) -> str:
    return re.sub(r'request id \w+', 'request id', text)


def whole(finding: dict[str, Any]) -> str:
    """A failure as the status page would show it."""
    return comparable(f'{finding["diagnosis"]}. {finding["remediation"]}.')


def fill(okta: OktaSimulator, count: int) -> None:
    okta.generate(count, since=NOW - 10 * HOUR_SECONDS, until=NOW - 1, noise_share=0.0)


# All well


def test_before_the_first_run_all_is_well(okta: OktaSimulator, instance: Instance, start_agent: StartAgent) -> None:
    found = diagnoses(start_agent(instance))
    assert [(each['name'], each['result']) for each in found] == [(step, SUCCESS) for step in STEPS]
    assert {each['category'] for each in found} == {'okta_workflows'}
    assert all(each['description'] and not each['remediation'] for each in found)
    said = {each['name']: each['diagnosis'] for each in found}
    origin = okta.url
    assert said['Configuration'] == f'The configuration of the instance for {origin} is complete'
    assert re.fullmatch(rf'{origin} is the Okta org 00o\w+ \(its domains: {origin}\)', said['Okta org'])
    assert said['Clock'] == "The clock of this host differs from Okta's by 0 seconds"
    assert said['Credential'] == 'The API token is tried with the System Log'
    assert said['System Log'] == (
        'The System Log can be read with this filter; 59 of 60 requests of this minute are left'
    )
    assert said['Cursor'] == 'No run has begun yet'


def test_after_a_run_all_is_well(
    okta: OktaSimulator, clock: VirtualClock, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 50)
    agent = start_agent(instance)
    agent.run_checks()
    agent.advance(120)
    found = diagnoses(agent)
    assert [each['result'] for each in found] == [SUCCESS] * len(STEPS)
    assert re.fullmatch(
        r'Everything up to 2026-11-23T03:02:\d\d\.\d{3}Z was delivered, 2 minutes ago', found[-2]['diagnosis']
    )
    assert found[-1]['diagnosis'] == 'No span is known of which events may be missing'


def test_after_much_was_collected_and_sent_all_is_well(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    """What counts is the room there is now, not what the last run left of its own."""
    fill(okta, 800)
    agent = start_agent(instance, **SMALL_FILES)
    for _ in range(5):
        agent.run_checks()
        agent.advance(60)
    assert len(agent.intake.logs) == 800
    assert set(results(agent).values()) == {SUCCESS}


def test_each_way_in_is_told_of(
    okta: OktaSimulator, client_instance: Instance, key_instance: Instance, start_agent: StartAgent
) -> None:
    for each in (client_instance, key_instance):
        [credential] = [step for step in diagnoses(start_agent(each)) if step['name'] == 'Credential']
        assert credential['diagnosis'] == 'Okta gave an access token for the client'
    okta.dpop_required = True
    [credential] = [step for step in diagnoses(start_agent(key_instance)) if step['name'] == 'Credential']
    assert credential['diagnosis'].endswith('bound to a key by proof of possession (DPoP)')


def test_a_custom_domain_is_told_of(okta: OktaSimulator, instance: Instance, start_agent: StartAgent) -> None:
    okta.custom_domain = okta.url.removeprefix('http://').replace('127.0.0.1', 'localhost')
    agent = start_agent({**instance, 'domain': f'http://{okta.custom_domain}'})
    [org] = [step for step in diagnoses(agent) if step['name'] == 'Okta org']
    assert org['result'] == SUCCESS
    assert org['diagnosis'].endswith(f'(its domains: {okta.url}, http://{okta.custom_domain})')


def test_without_rate_limit_headers_their_numbers_are_left_out(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    okta.rate_limit_headers = False
    [log] = [step for step in diagnoses(start_agent(instance)) if step['name'] == 'System Log']
    assert log['diagnosis'] == 'The System Log can be read with this filter'


# What it costs


def test_a_diagnosis_moves_nothing_and_writes_nothing(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 50)
    agent = start_agent(instance)
    diagnoses(agent)
    assert agent.cache_files() == {}
    assert agent.log_lines() == []
    agent.run_checks()
    stored = agent.cache_files()
    diagnoses(agent)
    assert agent.cache_files() == stored
    fill_later = okta.emit(3, noise_share=0.0)
    diagnoses(agent)
    agent.run_checks()
    assert [line['log']['uuid'] for line in agent.log_lines()] == [event['uuid'] for event in okta.workflows_events]
    assert fill_later


def test_a_diagnosis_costs_few_requests(
    okta: OktaSimulator,
    instance: Instance,
    client_instance: Instance,
    key_instance: Instance,
    start_agent: StartAgent,
) -> None:
    """Two; a token is one more, and one that has to be bound two more again."""
    costs = []
    for each, demand in ((instance, False), (client_instance, False), (key_instance, True)):
        okta.dpop_required = demand
        agent = start_agent(each)
        okta.requests.clear()
        diagnoses(agent)
        costs.append([request.path for request in okta.requests])
    assert costs == [
        [ORGANIZATION, LOGS],
        [ORGANIZATION, TOKEN, LOGS],
        [ORGANIZATION, TOKEN, TOKEN, TOKEN, LOGS],
    ]


def test_the_credential_is_not_shown_to_what_may_be_no_okta_org(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    diagnoses(start_agent(instance))
    assert okta.requests[0].path == ORGANIZATION
    assert 'Authorization' not in okta.requests[0].headers


def test_no_run_looks_for_the_org(okta: OktaSimulator, instance: Instance, start_agent: StartAgent) -> None:
    start_agent(instance).run_checks()
    assert {request.path for request in okta.requests} == {LOGS}


# One fault each


def test_a_bad_configuration_stops_the_walk(okta: OktaSimulator, instance: Instance, start_agent: StartAgent) -> None:
    agent = start_agent({**instance, 'client_id': '0oa1'})
    [found] = diagnoses(agent)
    assert (found['name'], found['result']) == ('Configuration', FAIL)
    assert found['diagnosis'] == run_error(agent)
    assert '`api_key`, `client_id` do not go together' in found['diagnosis']
    assert found['remediation'] == 'Correct `conf.yaml` and restart the Agent'
    assert okta.requests == []


def test_a_switched_off_logs_agent_is_the_same_as_in_a_run(instance: Instance, start_agent: StartAgent) -> None:
    agent = start_agent(instance, logs_enabled=False)
    found = diagnoses(agent)
    [logs_agent] = [step for step in found if step['name'] == 'Logs Agent']
    assert logs_agent['result'] == FAIL
    assert whole(logs_agent) == run_error(agent)
    # Okta's side is looked at all the same.
    assert [step['name'] for step in found] == STEPS


def test_a_missing_logs_section_is_the_same_as_in_a_run(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    agent = start_agent(instance, logs=[])
    okta.emit(1, noise_share=0.0)
    failed = failure(agent)
    assert failed['name'] == 'Log file'
    assert failed['remediation'].startswith('Add the `logs` section')
    error = run_error(agent)
    assert error.startswith(failed['diagnosis'].partition(', and the next run tries')[0])
    assert failed['remediation'] in error


def test_a_backlog_that_waits_fails_the_step_of_the_log_file(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 800)
    agent = start_agent(instance, **SMALL_FILES)
    # Datadog's intake is out of reach.
    agent.intake.refuse()
    warnings: list[str] = []
    for _ in range(5):
        [result] = agent.run_checks()
        warnings = result.warnings or warnings
        agent.advance(30)
    assert warnings, 'nothing waits'
    failed = failure(agent)
    assert failed['name'] == 'Log file'
    assert failed['diagnosis'].startswith('Collection is paused: ')
    assert failed['remediation'] == 'Check under Logs Agent in `agent status` whether the Agent can send logs'


def test_the_log_file_is_looked_at_when_the_diagnosis_is_asked_for(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    """What the last run saw is no matter: everything was acknowledged since, or nothing for long."""
    fill(okta, 600)
    agent = start_agent(instance, **SMALL_FILES)
    for _ in range(2):
        agent.run_checks()
        agent.advance(30)
    agent.intake.refuse()
    for _ in range(20):
        okta.emit(100, noise_share=0.0)
        [result] = agent.run_checks()
        agent.advance(30)
        if result.warnings:
            break
    assert result.warnings
    assert failure(agent)['name'] == 'Log file'
    agent.intake.accept()
    agent.advance(180)
    assert set(results(agent).values()) == {SUCCESS}
    agent.intake.refuse()
    agent.run_checks()
    restarted = start_agent(instance, **SMALL_FILES)
    [step] = [each for each in diagnoses(restarted) if each['name'] == 'Log file']
    assert step['diagnosis'] == (
        'The Agent keeps a log file for this instance, and does not report how much of it Datadog received'
    )
    restarted.advance(180)
    [step] = [each for each in diagnoses(restarted) if each['name'] == 'Log file']
    assert (step['result'], step['diagnosis']) == (
        SUCCESS,
        'The Agent keeps a log file for this instance and has room in it: '
        "0.0 MiB in the Agent's log file wait for Datadog's intake",
    )


def unknown_host(*_: Any, **__: Any) -> Any:
    raise socket.gaierror(-2, 'Name or service not known')


def test_an_unknown_host_is_the_same_as_in_a_run(
    instance: Instance, start_agent: StartAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = start_agent(instance)
    monkeypatch.setattr('urllib3.util.connection.socket.getaddrinfo', unknown_host)
    assert_unreachable(agent, 'gaierror')


def test_a_refused_connection_is_the_same_as_in_a_run(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    agent = start_agent(instance)
    okta.stop()
    assert_unreachable(agent, 'ConnectionRefusedError')


def assert_unreachable(agent: AgentStandIn, cause: str) -> None:
    found = diagnoses(agent)
    assert [(step['name'], step['result']) for step in found][-1] == ('Okta org', FAIL)
    assert [step['result'] for step in found[:-1]] == [SUCCESS] * 3
    assert cause in found[-1]['diagnosis']
    assert whole(found[-1]).replace(ORGANIZATION, LOGS) == run_error(agent)


@pytest.mark.parametrize(
    ('fault', 'says', 'remedy'),
    [
        pytest.param(faults.Error('E0000008'), 'status 404', 'Check `domain`: use the domain', id='404'),
        pytest.param(faults.Html(404), 'status 404', 'Check `domain`: use the domain', id='404-html'),
        pytest.param(faults.Html(200), 'is not an Okta org', 'Check `domain`: use', id='html'),
        pytest.param(faults.Body(b'{}'), 'is not an Okta org', 'Check `domain`: use', id='object'),
        pytest.param(faults.Body(b'[]'), 'is not an Okta org', 'Check `domain`: use', id='list'),
        pytest.param(faults.Body(b'{"id": 7}'), 'is not an Okta org', 'Check `domain`', id='number-for-id'),
        pytest.param(faults.Redirect('https://evil.example/'), 'status 302', 'Check `domain`', id='redirect'),
        pytest.param(faults.EndlessBody(), 'The response is larger than', 'Check whether a proxy', id='endless'),
    ],
)
def test_what_is_no_okta_org_stops_the_walk(
    fault: faults.Fault,
    says: str,
    remedy: str,
    okta: OktaSimulator,
    instance: Instance,
    start_agent: StartAgent,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The credential is not tried there."""
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.client.MAX_BODY_BYTES', 100_000)
    okta.faults.add(fault, path=ORGANIZATION, times=None)
    found = diagnoses(start_agent(instance))
    assert (found[-1]['name'], found[-1]['result']) == ('Okta org', FAIL)
    assert says in found[-1]['diagnosis']
    assert found[-1]['remediation'].startswith(remedy)
    assert {request.path for request in okta.requests} == {ORGANIZATION}


@pytest.mark.parametrize(
    'body',
    [
        pytest.param('{"id": "00o1"}', id='no-links'),
        pytest.param('{"id": "00o1", "_links": []}', id='list'),
        pytest.param('{"id": "00o1", "_links": {"alternate": "x"}}', id='text-for-a-link'),
        pytest.param('{"id": "00o1", "_links": {"alternate": [{"href": "https://x"}]}}', id='list-of-links'),
        pytest.param('{"id": "00o1", "_links": {"alternate": {"href": null}}}', id='null-for-an-address'),
        pytest.param('{"id": "00o1", "_links": {"alternate": {}}}', id='no-address'),
    ],
)
def test_an_org_may_tell_its_domains_in_any_form(
    body: str, okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    okta.faults.add(faults.Body(body.encode()), path=ORGANIZATION)
    agent = start_agent(instance)
    found = diagnoses(agent)
    assert [step['name'] for step in found] == STEPS
    [org] = [step for step in found if step['name'] == 'Okta org']
    assert org['result'] == SUCCESS
    assert org['diagnosis'].startswith(f'{okta.url} is the Okta org 00o1')


def test_what_an_org_tells_of_itself_becomes_one_short_line(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    links = {str(number): {'href': 'https://x\n\x1b[2J' + 'y' * 1000} for number in range(100)}
    okta.faults.add(
        faults.Body(json.dumps({'id': 'id\r\n\x1b[2J' + 'x' * 5000, '_links': links}).encode()), path=ORGANIZATION
    )
    [org] = [step for step in diagnoses(start_agent(instance)) if step['name'] == 'Okta org']
    assert org['diagnosis'].isprintable()
    assert len(org['diagnosis']) < 1500


def test_an_answer_that_ends_too_soon_fails_the_step_of_the_system_log(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    okta.faults.add(faults.Body(b'[{"uuid": "a"}, {'), path='/api/v1/logs')
    failed = failure(start_agent(instance))
    assert failed['name'] == 'System Log'
    assert 'is not a list of events' in failed['diagnosis']


def test_a_revoked_api_key_is_the_same_as_in_a_run(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    okta.rotate_api_key()
    assert_same_failure(start_agent(instance), 'System Log', 'E0000011')


def test_a_missing_role_is_the_same_as_in_a_run(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    okta.admin_role = False
    assert_same_failure(start_agent(instance), 'System Log', 'E0000006')


def test_a_missing_role_of_an_app_is_the_same_as_in_a_run(
    okta: OktaSimulator, key_instance: Instance, start_agent: StartAgent
) -> None:
    okta.admin_role = False
    assert_same_failure(start_agent(key_instance), 'System Log', 'Report Administrator')


def test_a_wrong_secret_is_the_same_as_in_a_run(
    okta: OktaSimulator, client_instance: Instance, start_agent: StartAgent
) -> None:
    okta.rotate_client_secret()
    assert_same_failure(start_agent(client_instance), 'Credential', 'invalid_client')


def test_a_wrong_key_id_is_the_same_as_in_a_run(key_instance: Instance, start_agent: StartAgent) -> None:
    key_instance['private_key_id'] = 'kid-0'
    assert_same_failure(start_agent(key_instance), 'Credential', 'kid is invalid')


def test_a_scope_that_was_not_granted_is_the_same_as_in_a_run(
    okta: OktaSimulator, client_instance: Instance, start_agent: StartAgent
) -> None:
    okta.granted_scopes = set()
    assert_same_failure(start_agent(client_instance), 'Credential', 'invalid_scope')


def test_a_scope_that_was_taken_away_is_the_same_as_in_a_run(
    okta: OktaSimulator, client_instance: Instance, start_agent: StartAgent
) -> None:
    okta.faults.add(faults.BearerRefused(403, 'insufficient_scope', 'No.'), times=None)
    assert_same_failure(start_agent(client_instance), 'System Log', 'Grant the scope `okta.logs.read`')


def test_a_refused_filter_is_the_same_as_in_a_run(instance: Instance, start_agent: StartAgent) -> None:
    instance['event_filter'] = 'eventType resembles "workflows."'
    assert_same_failure(start_agent(instance), 'System Log', 'Check `event_filter`')


def test_a_used_up_rate_limit_is_the_same_as_in_a_run(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    okta.faults.add(faults.RateLimited(), times=None)
    agent = start_agent(instance)
    told = whole(failure(agent))
    assert 'E0000047' in told
    assert told == comparable(run_error(start_agent(instance)))


def test_while_the_rate_limit_leaves_no_request_a_diagnosis_makes_none(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    okta.faults.add(faults.RateLimited())
    agent = start_agent(instance)
    run_error(agent)
    asked = [request.path for request in okta.requests].count('/api/v1/logs')
    told = whole(failure(agent))
    [result] = agent.run_checks()
    pause, delay = result.warnings
    assert comparable(pause) == told
    assert delay.startswith('Collection is 12.0 hours behind: ')
    assert [request.path for request in okta.requests].count('/api/v1/logs') == asked


def test_a_page_that_leads_to_another_host_is_the_same_as_in_a_run(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    """As a custom domain may."""
    okta.custom_domain = 'login.example.com'
    okta.links_lead_to = 'custom domain'
    assert_same_failure(start_agent(instance), 'System Log', 'set `domain` to it')


def assert_same_failure(agent: AgentStandIn, step: str, says: str) -> None:
    found = diagnoses(agent)
    failed = [each for each in found if each['result'] != SUCCESS]
    assert [(each['name'], each['result']) for each in failed] == [(step, FAIL)]
    assert says in whole(failed[0])
    assert whole(failed[0]) == comparable(run_error(agent))
    # Without a credential nothing behind it can be looked at.
    assert [each['name'] for each in found] == (STEPS if step == 'System Log' else STEPS[: STEPS.index(step) + 1])


@pytest.mark.parametrize('damage', [b'{"version":1,"link":"https', b'\xff\xfe', b'{"version":99}'], ids=str)
def test_a_damaged_cursor_is_told_of(
    damage: bytes, okta: OktaSimulator, instance: Instance, start_agent: StartAgent, tmp_path: Path
) -> None:
    agent = start_agent(instance)
    agent.run_checks()
    agent.stop()
    for path in agent.cache_files():
        (tmp_path / 'run' / path).write_bytes(damage)
    agent = start_agent(instance)
    failed = failure(agent)
    assert failed['name'] == 'Cursor'
    assert failed['diagnosis'].startswith('Cannot use the stored cursor (')
    assert failed['remediation'] == 'No action needed: the next run restarts collection'
    # And so it does, and that is not forgotten.
    [result] = agent.run_checks()
    assert failed['diagnosis'] in result.warnings[0]
    assert failure(agent)['name'] == 'Possible gaps'


def test_a_cursor_that_is_not_kept_is_the_same_as_in_a_run(
    okta: OktaSimulator, instance: Instance, start_agent: StartAgent
) -> None:
    fill(okta, 5)
    agent = start_agent(instance)
    agent.faults.cache_errno = 28
    error = run_error(agent)
    assert 'The Agent cannot store the cursor' in error
    failed = failure(agent)
    assert failed['name'] == 'Cursor'
    assert whole(failed) == error


# Secrets


@dataclass(frozen=True)
class EchoToken(faults.Fault):
    """A page of an org that shows the last token given."""

    token: str

    def apply(self, answer: Answer) -> Answer:
        return faults.Body(json.dumps({'id': f'00o {self.token}'}).encode()).apply(answer)


@pytest.mark.parametrize('shape', ['okta', 'oauth', 'challenge', 'html', 'gateway', 'gateway json'])
@pytest.mark.parametrize('path', [ORGANIZATION, TOKEN, LOGS])
def test_nothing_secret_is_told(
    path: str,
    shape: Any,
    okta: OktaSimulator,
    client_instance: Instance,
    key_instance: Instance,
    start_agent: StartAgent,
) -> None:
    """Not even by a server that gives back what it was asked."""
    for each in (client_instance, key_instance):
        agent = start_agent(each)
        agent.run_checks()
        okta.revoke_tokens()
        okta.faults.add(faults.Echo(shape=shape, status=401), path=path, times=None)
        found = diagnoses(agent)
        okta.faults.clear()
        assert FAIL in [step['result'] for step in found]
        assert leaks(okta, json.dumps(found)) == []


def test_a_secret_that_an_org_tells_of_is_hidden(
    okta: OktaSimulator, client_instance: Instance, start_agent: StartAgent
) -> None:
    agent = start_agent(client_instance)
    agent.run_checks()
    token = okta.requests[-1].headers['Authorization'].removeprefix('Bearer ')
    for secret in (token, okta.client_secret):
        okta.faults.add(EchoToken(secret), path=ORGANIZATION)
        [org] = [step for step in diagnoses(agent) if step['name'] == 'Okta org']
        assert org['diagnosis'].endswith('the Okta org 00o ********')


def leaks(okta: OktaSimulator, text: str) -> list[str]:
    authorizations = [request.headers.get('Authorization', ' ').split(' ')[1] for request in okta.requests]
    secrets = {okta.api_key, okta.client_secret, *authorizations, *okta.private_key_pem.splitlines()[1:-1]} - {''}
    return [secret for secret in secrets if secret in text]
