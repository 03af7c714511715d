# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from datadog_checks.okta_workflows.redaction import secrets_of

PEM = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQ==\n-----END PRIVATE KEY-----\n'
LINES = {'MIIEvQIBADANBgkq', 'hkiG9w0BAQ=='}
CLIENT = {'client_id': '0oaClient', 'client_secret': 'shhh-secret'}
BASIC = b64encode(b'0oaClient:shhh-secret').decode()


@pytest.mark.parametrize(
    ('instance', 'secrets'),
    [
        pytest.param({'api_key': '00token'}, {'00token'}, id='api-key'),
        pytest.param({'api_key': ' 00token\n'}, {'00token'}, id='as-it-is-sent-without-the-blanks-around-it'),
        pytest.param(CLIENT, {'shhh-secret', BASIC}, id='client-secret-bare-and-in-the-basic-header'),
        pytest.param({'api_key': '00token', **CLIENT}, {'00token', 'shhh-secret', BASIC}, id='all-at-once'),
        pytest.param({'client_secret': 'shhh'}, {'shhh', b64encode(b':shhh').decode()}, id='secret-without-client'),
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
    assert not [secret for secret in secrets_of({'private_key': PEM}) if secret in '-----BEGIN PRIVATE KEY-----']
    assert '' not in set(secrets_of({'private_key': PEM + '\n\n'}))


def test_a_passphrase_is_a_secret_and_a_key_id_or_path_is_none() -> None:
    instance = {'private_key_passphrase': ' pass ', 'private_key_id': 'kid-1', 'private_key_path': '/etc/okta.pem'}
    assert set(secrets_of(instance)) == {'pass'}


@pytest.mark.parametrize('prefix', ['SSWS ', 'SSWS  ', ' SSWS\t'])
def test_an_api_key_pasted_with_its_scheme_is_also_hidden_without_it(prefix: str) -> None:
    """The scheme is cut off before use, so the bare token is what goes over the wire."""
    assert '00token' in set(secrets_of({'api_key': f'{prefix}00token'}))


@pytest.mark.parametrize(
    ('proxy', 'secrets'),
    [
        pytest.param({'https': 'http://mara:pa55@proxy.example:3128'}, {'pa55'}, id='password'),
        pytest.param({'https': 'http://mara:p%4055@proxy.example'}, {'p%4055', 'p@55'}, id='encoded-and-decoded'),
        pytest.param(
            {'http': 'http://a:one@proxy.example', 'https': 'http://b:two@proxy.example'}, {'one', 'two'}, id='both'
        ),
        pytest.param({'https': 'http://mara@proxy.example'}, set(), id='user-without-password'),
        pytest.param({'https': 'http://mara:@proxy.example'}, set(), id='empty-password'),
        pytest.param({'https': 'http://proxy.example:3128'}, set(), id='no-user'),
        pytest.param({'https': 'http://[proxy'}, set(), id='malformed'),
        pytest.param({'no_proxy': ['proxy.example'], 'https': None}, set(), id='not-urls'),
        pytest.param('', set(), id='none-of-the-agent'),
        pytest.param(None, set(), id='null'),
    ],
)
def test_the_password_of_a_proxy_is_a_secret(proxy: Any, secrets: set[str]) -> None:
    assert set(secrets_of({}, proxy)) == secrets


def test_every_proxy_counts() -> None:
    proxies = [{'https': f'http://mara:{password}@proxy.example'} for password in ('one', 'two', 'three')]
    assert set(secrets_of({}, *proxies)) == {'one', 'two', 'three'}
