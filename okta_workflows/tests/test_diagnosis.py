# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""`datadog-agent diagnose`: each step of the way from Okta to Datadog, with what to do where one fails."""

from __future__ import annotations

import json
from typing import Any

import pytest

from datadog_checks.okta_workflows import OktaWorkflowsCheck

from .fake_agent import FakeAgent
from .fake_clock import FakeClock
from .fake_okta import Answer, FakeOkta, error

Instance = dict[str, Any]
HOUR_SECONDS = 3600.0


def findings(check: OktaWorkflowsCheck) -> dict[str, tuple[bool, str, str]]:
    """By the name of each step: whether it is all right, what it found, and what to do."""
    told = json.loads(check.get_diagnoses())
    return {each['name']: (each['result'] == 0, each['diagnosis'], each.get('remediation') or '') for each in told}


def test_before_the_first_run_all_is_well(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    assert {name: (ok, found) for name, (ok, found, _) in findings(agent.start(instance)).items()} == {
        'Configuration': (True, f'The configuration of the instance for {okta.url} is complete'),
        'Logs Agent': (True, 'The Agent collects logs'),
        'Log file': (
            True,
            "The Agent keeps a log file for this instance and has room in it: 0.0 MiB in the Agent's log file wait for "
            "Datadog's intake",
        ),
        'Okta org': (True, f'{okta.url} is the Okta org 00o1 (its domains: {okta.url})'),
        'Clock': (True, "The clock of this host differs from Okta's by 0 seconds"),
        'Credential': (True, 'The API token is tried with the System Log'),
        'System Log': (
            True,
            'The System Log can be read with this filter; 100 of 120 requests of this minute are left',
        ),
        'Cursor': (True, 'No run has begun yet'),
        'Possible gaps': (True, 'No span is known of which events may be missing'),
    }


def test_a_diagnosis_changes_nothing(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    okta.add(3)
    check = agent.start(instance)
    check.run()
    cache, sent = dict(agent.cache), list(agent.sent)
    assert all(ok for ok, _, _ in findings(check).values())
    assert (agent.cache, agent.sent) == (cache, sent)
    assert len(sent) == 3


def test_the_way_ends_at_a_configuration_that_is_wrong(okta: FakeOkta, agent: FakeAgent) -> None:
    [(name, (ok, found, remedy))] = findings(agent.start({'domain': okta.url})).items()
    assert (name, ok) == ('Configuration', False)
    assert 'no credential is set' in found
    assert remedy == 'Correct `conf.yaml` and restart the Agent'


def test_the_way_ends_where_no_okta_org_answers(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    okta.answer_next(Answer(200, b'<html>'))
    found = findings(agent.start(instance))
    assert list(found) == ['Configuration', 'Logs Agent', 'Log file', 'Okta org']
    ok, says, remedy = found['Okta org']
    assert not ok
    assert says.startswith('The server at `domain` is not an Okta org (GET http://127.0.0.1:')
    assert remedy.startswith('Check `domain`')


@pytest.mark.parametrize('body', [{'id': 7}, {'id': '00o1'}, {'id': '00o1', '_links': {'a': 1}}, []])
def test_an_org_need_not_tell_its_domains(body: object, okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    okta.answer_next(Answer(200, body))
    ok, says, _ = findings(agent.start(instance))['Okta org']
    is_org = isinstance(body, dict) and isinstance(body['id'], str)
    assert ok is is_org
    assert says == f'{okta.url} is the Okta org 00o1' or not is_org


def test_a_credential_that_okta_rejects_ends_the_way(okta: FakeOkta, agent: FakeAgent) -> None:
    client = {'domain': okta.url, 'client_id': okta.client_id, 'client_secret': 'another-secret'}
    found = findings(agent.start(client))
    assert list(found)[-1] == 'Credential'
    assert not found['Credential'][0]
    assert 'invalid_client' in found['Credential'][1]


@pytest.mark.parametrize('dpop_required', [False, True])
def test_what_kind_of_token_okta_gave_is_told(dpop_required: bool, okta: FakeOkta, agent: FakeAgent) -> None:
    okta.dpop_required = dpop_required
    client = {'domain': okta.url, 'client_id': okta.client_id, 'client_secret': okta.client_secret}
    bound = ', bound to a key by proof of possession (DPoP)' if dpop_required else ''
    assert findings(agent.start(client))['Credential'][1] == f'Okta gave an access token for the client{bound}'


def test_a_system_log_that_may_not_be_read_is_told(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    check = agent.start(instance)
    okta.api_key = 'another-key'
    ok, says, _ = findings(check)['System Log']
    assert not ok
    assert 'E0000011' in says


def test_a_pause_is_told_and_kept(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    okta.remaining = 3
    check = agent.start(instance)
    check.run()
    made = len(okta.asked())
    ok, says, _ = findings(check)['System Log']
    assert not ok
    assert "Okta's rate limit" in says
    assert len(okta.asked()) == made == 1


def test_a_clock_that_differs_is_told(okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent) -> None:
    clock.ahead_seconds = HOUR_SECONDS
    assert findings(agent.start(instance))['Clock'] == (
        False,
        "The clock of this host is 60 minutes ahead of Okta's (this host: 2026-11-23T04:02:45.000Z, Okta: "
        "2026-11-23T03:02:45.000Z), so the check judges events by Okta's clock",
        'Synchronize the clock of this host, for example with NTP',
    )


def test_an_org_that_does_not_tell_its_time_is_told(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    okta.answer_next(Answer(200, {'id': '00o1'}, {'Date': ''}))
    assert findings(agent.start(instance))['Clock'][1] == (
        'Okta did not return its time, so the check uses the clock of this host'
    )


def test_a_missing_log_file_is_told(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    agent.log_path.unlink()
    ok, says, remedy = findings(agent.start(instance))['Log file']
    assert not ok
    assert says.startswith('The Agent keeps no log file for this instance')
    assert remedy.startswith('Add the `logs` section')


def test_a_backlog_that_waits_is_told(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    okta.add(600, text='x' * 2000)
    check = agent.start(instance)
    check.run()
    agent.acknowledge(0)
    check.run()
    ok, says, _ = findings(check)['Log file']
    assert not ok
    assert says.startswith("Collection is paused: 1.0 MiB in the Agent's log file")


def test_what_is_not_known_of_the_log_file_is_told(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    agent.registry_path.write_text('{')
    assert findings(agent.start(instance))['Log file'][1] == (
        'The Agent keeps a log file for this instance, and does not report how much of it Datadog received'
    )


def test_unverified_delivery_is_told(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    assert findings(agent.start({**instance, 'verify_delivery': False}))['Log file'][1] == (
        'The check does not verify whether the Agent writes and sends logs'
    )


def test_how_far_collection_has_come_is_told(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    okta.add(1)
    check = agent.start(instance)
    check.run()
    clock.advance(1200)
    assert findings(check)['Cursor'][1].endswith('was delivered, 20 minutes ago')
    # Another process reads what is stored.
    assert 'was delivered' in findings(agent.start(instance))['Cursor'][1]


def test_a_cursor_that_cannot_be_used_is_told(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    agent.start(instance).run()
    agent.cache.update(dict.fromkeys(agent.cache, '{'))
    ok, says, remedy = findings(agent.start(instance))['Cursor']
    assert (ok, says) == (False, 'Cannot use the stored cursor (it is torn)')
    assert remedy == 'No action needed: the next run restarts collection'


def test_a_possible_gap_is_a_failure_for_a_day(
    okta: FakeOkta, clock: FakeClock, instance: Instance, agent: FakeAgent
) -> None:
    agent.start(instance).run()
    agent.cache.update(dict.fromkeys(agent.cache, '{'))
    check = agent.start(instance)
    check.run()
    ok, says, remedy = findings(check)['Possible gaps']
    assert not ok
    assert 'The stored cursor could not be used: it is torn' in says
    assert remedy.startswith('Compare')
    clock.advance(25 * HOUR_SECONDS)
    ok, later, _ = findings(check)['Possible gaps']
    assert ok
    assert later == says


def test_no_secret_is_in_a_finding(okta: FakeOkta, instance: Instance, agent: FakeAgent) -> None:
    secret = instance['api_key']
    okta.answer_next(Answer(200, {'id': '00o1'}), error(401, 'E0000011', f'{secret} is wrong'))
    told = json.dumps(findings(agent.start(instance)))
    assert '******** is wrong' in told
    assert secret not in told
