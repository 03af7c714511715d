# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import pytest

from agent_standin import AgentStandIn
from datadog_checks.okta_workflows import OktaWorkflowsCheck
from datadog_checks.okta_workflows.redaction import REDACTED, secrets_of, without_user_information
from okta_simulator import OktaSimulator, VirtualClock, faults
from okta_simulator.answer import Answer
from verification.world.scenario import StartAgent

PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAo==\n-----END PRIVATE KEY-----\n'
LINES = {'MIIEvQIBADANBgkqhkiG9w0B', 'AQEFAASCBKcwggSjAgEAAo=='}
CLIENT = {'client_id': '0oaClient', 'client_secret': 'shhh-secret'}
BASIC = b64encode(b'0oaClient:shhh-secret').decode()


@pytest.mark.parametrize(
    ('instance', 'secrets'),
    [
        pytest.param({'api_key': '00api-token'}, {'00api-token'}, id='api-key'),
        pytest.param({'api_key': ' 00api-token\n'}, {'00api-token'}, id='as-it-is-sent-without-the-blanks-around-it'),
        pytest.param(CLIENT, {'shhh-secret', BASIC}, id='client-secret-bare-and-in-the-basic-header'),
        pytest.param({'api_key': '00api-token', **CLIENT}, {'00api-token', 'shhh-secret', BASIC}, id='all-at-once'),
        pytest.param(
            {'client_secret': 'shhh-secret'},
            {'shhh-secret', b64encode(b':shhh-secret').decode()},
            id='secret-without-client',
        ),
        pytest.param(
            {'api_key': 'no', 'client_secret': 'shh', 'private_key_passphrase': 'in'},
            {b64encode(b':shh').decode()},
            id='what-may-be-part-of-any-word-is-hidden-in-the-basic-header-only',
        ),
        pytest.param({'client_id': '0oaClient'}, set(), id='a-client-id-is-no-secret'),
        pytest.param({}, set(), id='none'),
        pytest.param({'api_key': '', 'client_secret': ' '}, set(), id='blank-would-match-everywhere'),
        pytest.param({'api_key': None, 'client_secret': 7}, set(), id='not-texts'),
    ],
)
def test_the_secrets_of_an_instance(instance: dict[str, Any], secrets: set[str]) -> None:
    assert set(secrets_of(instance)) == secrets


@pytest.mark.parametrize(
    'pem',
    [
        pytest.param(PEM, id='lines'),
        pytest.param(PEM.replace('\n', '\\n'), id='line-breaks-written-out'),
        pytest.param(PEM.replace('\n', '\r\n'), id='windows'),
        pytest.param(PEM.replace('KEY-----\n', 'KEY----- ').replace('\n', ' '), id='blanks-for-line-breaks'),
    ],
)
def test_a_private_key_is_hidden_as_a_whole_and_line_by_line(pem: str) -> None:
    """Libraries show single lines of what they cannot read."""
    secrets = set(secrets_of({'private_key': pem}))
    assert pem.strip() in secrets
    assert secrets >= LINES


def test_what_begins_and_ends_every_key_stays_readable() -> None:
    frame = '-----BEGIN ENCRYPTED PRIVATE KEY----- Proc-Type: 4,ENCRYPTED -----END RSA PRIVATE KEY-----'
    pem = PEM.replace('BEGIN', 'BEGIN ENCRYPTED').replace('-----\nMII', '-----\nProc-Type: 4,ENCRYPTED\n\nMII')
    for key in (PEM, pem):
        assert not [secret for secret in secrets_of({'private_key': key}) if secret in frame]


def test_a_passphrase_is_a_secret_and_a_key_id_or_path_is_none() -> None:
    options = {'private_key_id': 'kid-1', 'private_key_path': '/etc/okta.pem'}
    instance = {'private_key_passphrase': ' pass phrase ', **options}
    assert set(secrets_of(instance)) == {'pass phrase'}


@pytest.mark.parametrize('prefix', ['SSWS ', 'SSWS  ', ' SSWS\t'])
def test_an_api_key_pasted_with_its_scheme_is_also_hidden_without_it(prefix: str) -> None:
    """The scheme is cut off before use, so the bare token is what goes over the wire."""
    assert '00api-token' in set(secrets_of({'api_key': f'{prefix}00api-token'}))


@pytest.mark.parametrize(
    ('proxy', 'secrets'),
    [
        pytest.param({'https': 'http://mara:pa55@proxy.example:3128'}, {'mara:pa55'}, id='short-password'),
        pytest.param({'https': 'http://mara:pa55word@proxy.example'}, {'mara:pa55word', 'pa55word'}, id='password'),
        pytest.param(
            {'https': 'http://mara:p%4055word@proxy.example'},
            {'mara:p%4055word', 'mara:p@55word', 'p%4055word', 'p@55word'},
            id='encoded-and-decoded',
        ),
        pytest.param(
            {'http': 'http://a:one@proxy.example', 'https': 'http://b:two@proxy.example'}, {'a:one', 'b:two'}, id='both'
        ),
        pytest.param({'https': 'http://mara@proxy.example'}, {'mara@'}, id='user-without-password'),
        pytest.param({'https': 'http://mara:@proxy.example'}, {'mara:@'}, id='empty-password'),
        pytest.param({'https': 'http://proxy.example:3128'}, set(), id='no-user'),
        pytest.param({'https': 'http://@proxy.example'}, set(), id='empty-user-information'),
        pytest.param({'https': 'http://[proxy'}, set(), id='malformed'),
        pytest.param({'https': 'mara:pa55@proxy.example'}, {'mara:pa55'}, id='without-scheme'),
        pytest.param(
            {'https': 'http://mara:pa55@word@proxy.example'}, {'mara:pa55@word', 'pa55@word'}, id='with-an-at-sign'
        ),
        # Parsers end the host at these, and show what comes before.
        pytest.param(
            {'https': 'http://mara:first-half#last-half@proxy.example'},
            {'mara:first-half#last-half', 'first-half#last-half', 'first-half', 'last-half'},
            id='with-a-delimiter',
        ),
        pytest.param({'https': 'http://mara:a/b@proxy.example'}, {'mara:a/b'}, id='short-parts'),
        pytest.param({'no_proxy': ['proxy.example'], 'https': None}, set(), id='not-urls'),
        pytest.param('', set(), id='none-of-the-agent'),
        pytest.param(None, set(), id='null'),
    ],
)
def test_the_user_information_of_a_proxy_is_a_secret(proxy: Any, secrets: set[str]) -> None:
    """The password alone only where it is no part of other words."""
    pairs = {b64encode(secret.removesuffix('@').encode()).decode() for secret in secrets}
    assert set(secrets_of({}, proxy)) - pairs == secrets


@pytest.mark.parametrize('password', ['no', 'p%40ss'])
def test_the_pair_that_a_proxy_is_sent_is_a_secret(password: str) -> None:
    basic = b64encode(f'mara:{unquote(password)}'.encode()).decode()
    assert basic in set(secrets_of({}, {'https': f'http://mara:{password}@proxy.example'}))


@pytest.mark.parametrize(
    ('text', 'shown'),
    [
        ('from socks6://u:no@127.0.0.1:9.', 'from socks6://********@127.0.0.1:9.'),
        ('http://mara@proxy and //a:b/c@proxy', 'http://********@proxy and //********@proxy'),
        ('https://acme.okta.com/api', 'https://acme.okta.com/api'),
        ('mara@example.com', 'mara@example.com'),
    ],
)
def test_user_information_is_hidden_in_every_address(text: str, shown: str) -> None:
    assert without_user_information(text) == shown


@pytest.mark.parametrize('option', ['headers', 'extra_headers'])
@pytest.mark.parametrize(
    ('headers', 'secrets'),
    [
        pytest.param({'X-Auth-Token': 'one-header'}, {'one-header'}, id='token'),
        pytest.param({'cookie': 'two-header'}, {'two-header'}, id='cookie'),
        pytest.param({'PROXY-AUTHORIZATION': 'three-header'}, {'three-header'}, id='authorization'),
        pytest.param({'X-Api-Key': 'four-header', 'X-Route': 'blue'}, {'four-header'}, id='one-of-two'),
        pytest.param({'X-Auth-Token': ''}, set(), id='empty'),
        pytest.param({'X-Auth-Token': 'no', 'Cookie': 'sid=12345'}, {'sid=12345'}, id='short-would-match-everywhere'),
        pytest.param({'X-Auth-Token': 7}, set(), id='not-a-text'),
        pytest.param({7: 'blue'}, set(), id='name-that-is-no-text'),
        pytest.param('X-Auth-Token: one', set(), id='not-a-mapping'),
    ],
)
def test_headers_of_secret_names_are_secrets(option: str, headers: Any, secrets: set[str]) -> None:
    assert set(secrets_of({option: headers})) == secrets


@pytest.mark.parametrize('option', ['private_key_path', 'tls_cert', 'tls_private_key', 'api_key', 'domain'])
def test_a_private_key_is_a_secret_in_whatever_option_it_stands(option: str) -> None:
    assert set(secrets_of({option: PEM})) >= LINES


def test_every_proxy_counts() -> None:
    proxies = [{'https': f'http://mara:{password}@proxy.example'} for password in ('one', 'two', 'three')]
    assert set(secrets_of({}, *proxies)) >= {'mara:one', 'mara:two', 'mara:three'}


# In the check


@pytest.fixture
def client_instance(okta: OktaSimulator) -> dict[str, Any]:
    return {'domain': okta.url, 'client_id': okta.client_id, 'client_secret': okta.client_secret}


def tokens(okta: OktaSimulator) -> list[str]:
    """Every access token that was shown, in order."""
    sent = [request.headers['Authorization'] for request in okta.requests if request.path == '/api/v1/logs']
    return list(dict.fromkeys(authorization.split()[1] for authorization in sent))


def check_of(agent: AgentStandIn) -> OktaWorkflowsCheck:
    return cast(OktaWorkflowsCheck, agent.checks[0].check)


def test_the_token_in_use_and_the_one_before_are_hidden(
    okta: OktaSimulator, client_instance: dict[str, Any], start_agent: StartAgent
) -> None:
    """The base package forgets no secret, so tokens of an hour each are none of its."""
    agent = start_agent(client_instance)
    for _ in range(5):
        agent.run_checks()
        okta.revoke_tokens()
    shown = tokens(okta)
    assert len(shown) == 5
    assert check_of(agent).sanitize(' '.join(shown[-2:])) == f'{REDACTED} {REDACTED}'
    assert check_of(agent).sanitize(shown[0]) == shown[0]


def test_what_never_was_a_secret_stays_as_it_is(client_instance: dict[str, Any], start_agent: StartAgent) -> None:
    agent = start_agent(client_instance)
    agent.run_checks()
    assert check_of(agent).sanitize('GET https://acme.okta.com: 200') == 'GET https://acme.okta.com: 200'


def shown_by(agent: AgentStandIn, root: Path) -> str:
    """Everything that somebody may read, but for the configuration."""
    files = [path for path in root.rglob('*') if path.is_file() and 'etc' not in path.relative_to(root).parts]
    texts = [path.read_text('utf-8', 'replace') for path in files]
    runs = [[result.error, result.traceback, result.warnings] for result in agent.runs]
    return '\n'.join([*texts, agent.status(), json.dumps(runs), json.dumps(agent.datadog_agent.issues)])


@pytest.mark.parametrize('shape', ['okta', 'oauth', 'challenge', 'html', 'gateway', 'gateway json'])
@pytest.mark.parametrize('status', [200, 400, 401, 403, 500])
def test_a_server_that_gives_back_what_it_was_asked_makes_nothing_known(
    status: int,
    shape: Any,
    okta: OktaSimulator,
    client_instance: dict[str, Any],
    start_agent: StartAgent,
    tmp_path: Path,
) -> None:
    okta.dpop_required = True
    assertions = {'client_id': okta.service_app_id, 'private_key': okta.private_key_pem, 'private_key_id': okta.key_id}
    for credential in ({'api_key': okta.api_key}, client_instance, assertions):
        agent = start_agent({'domain': okta.url, **credential}, log_level='trace')
        for path in ('/oauth2/v1/token', '/api/v1/logs'):
            okta.faults.add(faults.Echo(shape=shape, status=status), path=path, times=2)
            agent.run_checks()
            okta.faults.clear()
        [result] = agent.run_checks()
        assert result.status == 'OK'
        text = shown_by(agent, tmp_path)
        secrets = {okta.api_key, okta.client_secret, *okta.private_key_pem.splitlines()[1:-1]}
        secrets |= {
            request.headers.get('Authorization', ' ').split()[-1]
            for request in okta.requests
            if 'Authorization' in request.headers
        }
        assert '/api/v1/logs' in text
        assert [secret for secret in secrets if secret in text] == []


@dataclass(frozen=True)
class SummaryAround(faults.Fault):
    """A refusal whose text holds a secret behind so many other characters."""

    secret: str
    before: int

    def apply(self, answer: Answer) -> Answer:
        text = 'x' * (self.before - 1) + ' ' + self.secret
        body = {'errorCode': 'E0000006', 'errorSummary': text}
        return faults.EmptyBody(403).apply(answer).with_body(json.dumps(body).encode())


@pytest.mark.parametrize('before', [1, 200, 260, 270, 280, 290])
def test_a_secret_is_hidden_also_where_a_long_text_is_cut(
    before: int, clock: VirtualClock, okta: OktaSimulator, start_agent: StartAgent
) -> None:
    """Half of it is no whole secret any more, which a search would find."""
    okta.faults.add(SummaryAround(okta.api_key, before))
    agent = start_agent({'domain': okta.url, 'api_key': okta.api_key})
    [result] = agent.run_checks()
    assert 'E0000006' in result.error
    assert okta.api_key[:8] not in result.error
