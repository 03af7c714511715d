# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import unquote

import pytest

from datadog_checks.okta_workflows.redaction import secrets_of, without_user_information

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
        pytest.param(
            {'X-Api-Key': 'four-header', 'X-Route': 'blue-green-deployment'}, {'four-header'}, id='one-of-two'
        ),
        pytest.param({'X-Auth-Token': ''}, set(), id='empty'),
        pytest.param({'X-Auth-Token': 'no', 'Cookie': 'sid=12345'}, {'sid=12345'}, id='short-would-match-everywhere'),
        pytest.param({'X-Auth': 'Basic bWFyYTpwYTU1'}, {'Basic bWFyYTpwYTU1', 'bWFyYTpwYTU1'}, id='behind-a-scheme'),
        pytest.param(
            {'Cookie': 'sid=1234567; theme=blue'},
            {'sid=1234567; theme=blue', 'sid=1234567', 'theme=blue'},
            id='two-cookies',
        ),
        pytest.param({'X-Auth-Token': 7}, set(), id='not-a-text'),
        pytest.param({'X-Auth-Token': 12345678901234}, {'12345678901234'}, id='digits'),
        pytest.param({7: 'blue-green-deployment'}, set(), id='name-that-is-no-text'),
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
