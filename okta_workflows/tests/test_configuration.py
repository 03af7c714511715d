# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the operator reads about a configuration that does not work, and that one that does is taken as it is meant."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

import datadog_checks.okta_workflows
from datadog_checks.okta_workflows import OktaWorkflowsCheck

from .fake_okta import FakeOkta, error

WAYS = (
    'set `api_key`; or `client_id` and `client_secret`; or `client_id`, `private_key_id`, and `private_key` or '
    '`private_key_path`'
)
SECRET = '00hunter2hunter2'
DEFAULT_QUERY = {
    'since': '2026-11-22T15:02:45.000Z',
    'sortOrder': 'ASCENDING',
    'limit': '1000',
    'filter': 'eventType sw "workflows."',
}
EXAMPLE = Path(datadog_checks.okta_workflows.__file__).parent / 'data' / 'conf.yaml.example'


@pytest.fixture(autouse=True)
def logs_enabled(datadog_agent: Any) -> None:
    datadog_agent._config['logs_enabled'] = True


def report(instance: dict[str, Any], init_config: dict[str, Any] | None = None) -> str:
    """What the Agent is told of a run: nothing, or JSON with the message and the traceback."""
    # Here nothing is delivered to an Agent.
    check = OktaWorkflowsCheck('okta_workflows', init_config or {}, [{'verify_delivery': False, **instance}])
    result: str = check.run()
    return result


def complaint(instance: dict[str, Any], init_config: dict[str, Any] | None = None) -> str:
    """The message on the status page; empty if the run went well."""
    told = report(instance, init_config)
    return str(json.loads(told)[0]['message']) if told else ''


@pytest.fixture
def instance(okta: FakeOkta) -> dict[str, Any]:
    """The least there can be: a domain and one credential."""
    return {'domain': okta.url, 'api_key': okta.api_key}


@pytest.fixture
def oauth_instance(okta: FakeOkta) -> dict[str, Any]:
    return {'domain': okta.url, 'client_id': okta.client_id, 'client_secret': okta.client_secret}


# What stands where a value was meant

NOT_REPLACED = [
    pytest.param('%%env_OKTA_X%%', 'set every environment variable', id='environment-variable'),
    pytest.param('%%host%%', 'only in templates for containers', id='template-variable'),
    pytest.param('%%kube_namespace%%', 'only in templates for containers', id='variable-with-a-key'),
    pytest.param('${OKTA_X}', 'write the value itself', id='shell'),
    pytest.param('$(OKTA_X)', 'write the value itself', id='kubernetes'),
    pytest.param('{{ okta_x }}', 'write the value itself', id='jinja'),
    pytest.param('ENC[okta_x]', 'check `secret_backend_type` or', id='handle'),
    pytest.param('“hunter2”', 'use straight ones', id='typographic-quotes'),
    pytest.param('„hunter2“', 'use straight ones', id='low-quotes'),
    pytest.param('‘hunter2’', 'use straight ones', id='typographic-single-quotes'),
    pytest.param('“hunter2"', 'use straight ones', id='one-typographic-quote'),
]
USELESS_WITH_IT = [
    'domain',
    'api_key',
    'client_id',
    'client_secret',
    'private_key',
    'private_key_id',
    'private_key_passphrase',
    'private_key_path',
    'event_filter',
    'tls_ca_cert',
    'tls_cert',
    'tls_private_key',
]


def complaints_of(instance: dict[str, Any], init_config: dict[str, Any] | None = None) -> dict[str, str]:
    """The message of each option, as the Agent shows them."""
    text = complaint(instance, init_config)
    return dict(re.findall(r'^(\w+(?:\.\w+)*)\n  Value error, (.*)$', text, re.MULTILINE))


@pytest.mark.parametrize(('value', 'says'), NOT_REPLACED)
def test_what_was_not_replaced_is_refused_by_name_with_what_to_do(value: str, says: str, okta: FakeOkta) -> None:
    told = complaints_of({'domain': okta.url, **dict.fromkeys(USELESS_WITH_IT, f' {value}\n')})
    assert sorted(told) == sorted(USELESS_WITH_IT)
    assert all(says in text for text in told.values())
    assert 'hunter2' not in str(told)
    assert okta.requests == []


@pytest.mark.parametrize(('value', 'says'), NOT_REPLACED)
@pytest.mark.parametrize('name', ['https', 'no_proxy'])
def test_what_was_not_replaced_in_a_proxy_is_refused(
    name: str, value: str, says: str, instance: dict[str, Any], okta: FakeOkta
) -> None:
    for given in (value, [value]) if name == 'no_proxy' else (value,):
        proxy = {'proxy': {name: given}}
        assert says in complaints_of({**instance, **proxy})['proxy']
        assert says in complaints_of(instance, proxy)['proxy']
    assert okta.requests == []


@pytest.mark.parametrize(('value', 'says'), NOT_REPLACED)
@pytest.mark.parametrize('option', ['headers', 'extra_headers'])
def test_what_was_not_replaced_in_a_header_is_refused(
    option: str, value: str, says: str, instance: dict[str, Any]
) -> None:
    assert says in complaints_of({**instance, option: {'X-Gateway-Key': value}})[option]


@pytest.mark.parametrize(
    ('option', 'value', 'says'),
    [
        pytest.param('domain', '%%env_ORG%%.okta.com', 'set every environment variable', id='domain'),
        pytest.param('domain', 'https://${ORG}.okta.com', 'write the value itself', id='domain-as-url'),
        pytest.param('api_key', 'SSWS ${TOKEN}', 'write the value itself', id='behind-the-scheme'),
        pytest.param('api_key', 'SSWS ENC[token]', 'check `secret_backend_type` or', id='handle-behind-the-scheme'),
        pytest.param('client_secret', 'ENC[token', 'only where it is the whole value', id='handle-not-closed'),
        pytest.param(
            'proxy', {'https': 'http://mara:ENC[x]@proxy:3128'}, 'only where it is the whole value', id='proxy-handle'
        ),
        pytest.param(
            'proxy',
            {'https': 'http://mara:%%env_X%%@proxy:3128'},
            'set every environment variable',
            id='proxy-variable',
        ),
        pytest.param('private_key_path', '/etc/${ORG}/key.pem', 'write the value itself', id='path'),
        pytest.param('tls_ca_cert', '%%env_FOLDER%%/ca.pem', 'set every environment variable', id='tls-path'),
    ],
)
def test_a_part_that_was_not_replaced_is_refused_as_well(option: str, value: Any, says: str, okta: FakeOkta) -> None:
    assert says in complaints_of({'domain': okta.url, option: value})[option]
    assert okta.requests == []


def test_a_free_text_may_contain_what_elsewhere_is_to_be_replaced(
    key_instance: dict[str, Any], okta: FakeOkta, tmp_path: Path
) -> None:
    passphrase = '%%env_X%% ${y} {{z}} ENC[q] “w”.'
    key = load_pem_private_key(okta.private_key_pem.encode(), None)
    path = tmp_path / 'encrypted.pem'
    encryption = BestAvailableEncryption(passphrase.encode())
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    event_filter = 'target.displayName co "${y} “w” \\"„"'
    assert (
        complaint(
            {
                **key_instance,
                'private_key_path': str(path),
                'private_key_passphrase': passphrase,
                'event_filter': event_filter,
            }
        )
        == ''
    )
    assert okta.requests[-1].query['filter'] == event_filter


def test_typographic_quotation_marks_in_a_filter_are_named(instance: dict[str, Any], okta: FakeOkta) -> None:
    told = complaints_of({**instance, 'event_filter': 'eventType sw “workflows.”'})
    assert 'typographic quotation marks: use straight ones (`"`)' in told['event_filter']
    assert okta.requests == []


@pytest.mark.parametrize('option', ['private_key_path', 'tls_ca_cert', 'tls_cert', 'tls_private_key'])
@pytest.mark.parametrize('path', [r'C:\temp\new.pem', r'C:\Programs\Network\Local.pem', r'D:\bin\0\vault.pem'])
def test_a_windows_path_in_double_quotation_marks_is_named(option: str, path: str, okta: FakeOkta) -> None:
    """In them, YAML makes other characters of a backslash and a letter."""
    in_double_quotes = yaml.safe_load(f'"{path}"')
    told = complaints_of({'domain': okta.url, 'api_key': okta.api_key, option: in_double_quotes})
    assert 'put the path in \'single quotation marks\'' in told[option]
    assert okta.requests == []


def test_a_domain_and_an_api_key_are_enough(instance: dict[str, Any], okta: FakeOkta) -> None:
    assert complaint(instance) == ''
    (request,) = okta.requests
    assert request.headers['Authorization'] == f'SSWS {okta.api_key}'
    assert request.query == DEFAULT_QUERY


def test_a_domain_and_a_client_are_enough(oauth_instance: dict[str, Any], okta: FakeOkta) -> None:
    assert complaint(oauth_instance) == ''
    assert [request.path for request in okta.requests] == ['/oauth2/v1/token', '/api/v1/logs']


@pytest.mark.parametrize(
    ('domain', 'says'),
    [
        pytest.param('<OKTA_DOMAIN>', 'is a placeholder', id='placeholder'),
        pytest.param('acme-admin.okta.com', 'use `acme.okta.com` instead', id='admin-console'),
        pytest.param('http://acme.okta.com', 'use `acme.okta.com`, which is reached over https', id='plain-http'),
        pytest.param('', 'it is empty', id='empty'),
        pytest.param(None, 'valid string', id='null'),
        pytest.param(7, 'valid string', id='number'),
    ],
)
def test_a_bad_domain_is_refused_by_name(domain: Any, says: str) -> None:
    message = complaint({'domain': domain, 'api_key': SECRET})
    assert 'domain\n' in message
    assert says in message


def test_a_token_in_the_place_of_the_domain_is_not_shown() -> None:
    told = report({'domain': f'{SECRET}{SECRET}{SECRET}', 'api_key': 'x'})
    assert 'domain\n' in json.loads(told)[0]['message']
    assert SECRET not in told.lower()


def test_a_missing_domain_is_named() -> None:
    assert 'domain\n  Field required' in complaint({'api_key': SECRET})


def test_the_domain_is_taken_however_it_is_written(instance: dict[str, Any], okta: FakeOkta) -> None:
    assert complaint({**instance, 'domain': f' {okta.url.upper()}/admin/dashboard?x#y\n'}) == ''
    assert len(okta.requests) == 1


@pytest.fixture
def key_instance(okta: FakeOkta, tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / 'okta.pem'
    path.write_text(okta.private_key_pem)
    return {
        'domain': okta.url,
        'client_id': okta.service_app_id,
        'private_key_path': str(path),
        'private_key_id': okta.key_id,
    }


# Of these exactly one set makes a way in; the passphrase may come with either of the last two.
WAYS_IN = [
    {'api_key'},
    {'client_id', 'client_secret'},
    {'client_id', 'private_key', 'private_key_id'},
    {'client_id', 'private_key_path', 'private_key_id'},
]
CREDENTIALS = ['api_key', 'client_id', 'client_secret', 'private_key', 'private_key_path', 'private_key_id']


def values_of(okta: FakeOkta, folder: Path, options: Iterable[str]) -> dict[str, str]:
    """Good values for these options, which only their number and combination can make wrong."""
    path = folder / 'okta.pem'
    path.write_text(okta.private_key_pem)
    with_secret = 'client_secret' in options
    values = {
        'api_key': okta.api_key,
        'client_id': okta.client_id if with_secret else okta.service_app_id,
        'client_secret': okta.client_secret,
        'private_key': okta.private_key_pem,
        'private_key_path': str(path),
        'private_key_id': okta.key_id,
    }
    return {option: values[option] for option in options}


@pytest.mark.parametrize(
    'options',
    [
        pytest.param(options, id='+'.join(options) or 'none')
        for size in range(len(CREDENTIALS) + 1)
        for options in combinations(CREDENTIALS, size)
    ],
)
def test_exactly_one_way_in_must_be_whole(options: tuple[str, ...], okta: FakeOkta, tmp_path: Path) -> None:
    """Every combination there is: the four ways in work, and any other is refused before anything is sent."""
    okta.requests.clear()
    message = complaint({'domain': okta.url, **values_of(okta, tmp_path, options)})
    if set(options) in WAYS_IN:
        assert message == ''
        assert okta.requests[-1].status == 200
        return
    assert okta.requests == []
    assert message.endswith(WAYS)
    assert all(f'`{option}`' in message.removesuffix(WAYS) for option in options)
    assert SECRET not in message


@pytest.mark.parametrize(
    ('credentials', 'says'),
    [
        pytest.param({}, f'no credential is set: {WAYS}', id='none'),
        pytest.param(
            {'client_id': '0oa1'}, '`client_secret` must be set together with `client_id`', id='client-id-alone'
        ),
        pytest.param(
            {'client_secret': SECRET}, '`client_id` must be set together with `client_secret`', id='client-secret-alone'
        ),
        pytest.param(
            {'client_id': '0oa1', 'private_key_path': '/none'},
            '`private_key_id` must be set together with `client_id`, `private_key_path`',
            id='no-key-id',
        ),
        pytest.param(
            {'client_id': '0oa1', 'private_key_id': 'kid'},
            '`private_key` must be set together with `client_id`, `private_key_id`',
            id='no-key',
        ),
        pytest.param(
            {'private_key_passphrase': SECRET},
            '`client_id`, `private_key`, `private_key_id` must be set together with `private_key_passphrase`',
            id='passphrase-alone',
        ),
        pytest.param(
            {'api_key': SECRET, 'private_key_passphrase': SECRET},
            '`api_key`, `private_key_passphrase` do not go together',
            id='passphrase-for-an-api-key',
        ),
        pytest.param(
            {'client_id': '0oa1', 'client_secret': SECRET, 'private_key_id': 'kid'},
            '`client_id`, `client_secret`, `private_key_id` do not go together',
            id='secret-and-key-id',
        ),
        pytest.param(
            {'api_key': None, 'client_id': None, 'client_secret': None, 'private_key': None, 'private_key_id': None},
            f'no credential is set: {WAYS}',
            id='all-cleared',
        ),
    ],
)
def test_what_is_missing_or_too_much_is_named(credentials: dict[str, Any], says: str, okta: FakeOkta) -> None:
    message = complaint({'domain': okta.url, **credentials})
    assert says in message
    assert SECRET not in message
    assert okta.requests == []


# Private keys: which are taken is tested in test_private_key.py


def test_a_domain_and_a_key_file_are_enough(key_instance: dict[str, Any], okta: FakeOkta) -> None:
    assert complaint(key_instance) == ''
    assert [request.status for request in okta.requests] == [200, 200]


def test_a_key_may_stand_in_one_line_of_yaml(key_instance: dict[str, Any], okta: FakeOkta) -> None:
    del key_instance['private_key_path']
    key = okta.private_key_pem.replace('\n', '\\n')
    assert complaint({**key_instance, 'private_key': key}) == ''


def test_an_encrypted_key_needs_its_passphrase(key_instance: dict[str, Any], okta: FakeOkta, tmp_path: Path) -> None:
    key = load_pem_private_key(okta.private_key_pem.encode(), None)
    path = tmp_path / 'encrypted.pem'
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(SECRET.encode())))
    key_instance['private_key_path'] = str(path)
    assert '`private_key_path`: the key is encrypted: set `private_key_passphrase`' in complaint(key_instance)
    assert '`private_key_path`: the key cannot be decrypted: check `private_key_passphrase`' in complaint(
        {**key_instance, 'private_key_passphrase': 'other'}
    )
    assert complaint({**key_instance, 'private_key_passphrase': SECRET}) == ''


def test_a_key_that_cannot_be_used_is_named_with_its_option(
    key_instance: dict[str, Any], okta: FakeOkta, tmp_path: Path
) -> None:
    """Before anything is asked of Okta."""
    key_instance['private_key_path'] = str(tmp_path / 'none.pem')
    message = complaint(key_instance)
    assert f'`private_key_path`: `{tmp_path}/none.pem` cannot be read (No such file or directory)' in message
    del key_instance['private_key_path']
    told = report({**key_instance, 'private_key': f'-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----'})
    assert '`private_key`: the key is damaged: copy it again' in json.loads(told)[0]['message']
    assert SECRET not in told
    assert okta.requests == []


@pytest.mark.parametrize(
    ('option', 'value', 'says'),
    [
        pytest.param('private_key_id', '', 'the value is empty', id='id-empty'),
        pytest.param('private_key_id', 'ENC[kid]', 'check `secret_backend_type` or', id='id-unresolved'),
        pytest.param('private_key_id', '<PRIVATE_KEY_ID>', 'placeholder', id='id-placeholder'),
        pytest.param('private_key_id', 'kid 1', 'copy it from Okta again', id='id-blank'),
        pytest.param('private_key_id', 7, 'valid string', id='id-number'),
        pytest.param('private_key', 'ENC[okta_key]', 'check `secret_backend_type` or', id='key-unresolved'),
        pytest.param('private_key', '/etc/okta.pem', 'use `private_key_path` for the path', id='key-path'),
        pytest.param('private_key', 'C:\\okta.pem', 'use `private_key_path` for the path', id='key-windows-path'),
        pytest.param('private_key', ' ', '`private_key`: the key is not in PEM form', id='key-blank'),
        pytest.param('private_key', '<PRIVATE_KEY>', '`private_key`: the key is not in PEM form', id='key-placeholder'),
        pytest.param('private_key', ['x'], 'valid string', id='key-list'),
        pytest.param('private_key_path', 'ENC[okta_key]', 'check `secret_backend_type` or', id='path-unresolved'),
        pytest.param('private_key_path', '', '`private_key_path`', id='path-empty'),
        pytest.param('private_key_path', '<PRIVATE_KEY_PATH>', '`private_key_path`', id='path-placeholder'),
        pytest.param(
            'private_key_passphrase', 'ENC[okta_pass]', 'check `secret_backend_type` or', id='pass-unresolved'
        ),
        pytest.param('private_key_passphrase', 7, 'valid string', id='pass-number'),
    ],
)
def test_a_bad_option_of_a_private_key_is_refused_by_name(
    option: str, value: Any, says: str, key_instance: dict[str, Any], okta: FakeOkta
) -> None:
    if option == 'private_key':
        del key_instance['private_key_path']
    message = complaint({**key_instance, option: value})
    assert option in message
    assert says in message
    assert okta.requests == []


@pytest.mark.parametrize(
    ('value', 'says'),
    [
        pytest.param('', 'the value is empty: set it to the value', id='empty'),
        pytest.param(' \t', 'the value is empty: set it to the value', id='blank'),
        pytest.param('ENC[okta_secret]', 'check `secret_backend_type` or', id='unresolved-secret'),
        pytest.param(' ENC[okta_secret]\n', 'check `secret_backend_type` or', id='unresolved-secret-with-blanks'),
        pytest.param('<OKTA_SECRET>', 'still the placeholder of the example', id='placeholder'),
        pytest.param('"00hunter2hunter2"', 'contains its quotation marks', id='quoted-twice'),
        pytest.param('00hunter2 hunter2', 'copy it from Okta again', id='blank-inside'),
        pytest.param('00hunter2\nhunter2', 'copy it from Okta again', id='line-break-inside'),
        pytest.param('00hunter2\u200bhunter2', 'copy it from Okta again', id='invisible-blank'),
        pytest.param('00hunter2\u00e9', 'copy it from Okta again', id='outside-ascii'),
        pytest.param('00hunter2\x7f', 'copy it from Okta again', id='control-character'),
        pytest.param(12345678901234, 'valid string', id='yaml-number'),
        pytest.param(['00hunter2'], 'valid string', id='yaml-list'),
    ],
)
@pytest.mark.parametrize('option', ['api_key', 'client_id', 'client_secret'])
def test_a_bad_credential_is_refused_by_name_and_not_shown(
    option: str, value: Any, says: str, okta: FakeOkta, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    credentials = (
        {'api_key': value} if option == 'api_key' else {'client_id': '0oa1', 'client_secret': SECRET, option: value}
    )
    told = report({'domain': okta.url, **credentials})
    message = json.loads(told)[0]['message']
    assert f'{option}\n' in message
    assert says in message
    assert okta.requests == []
    for text in (told, caplog.text):
        assert 'hunter2' not in text
        assert '12345678901234' not in text


@pytest.mark.parametrize('prefix', ['SSWS ', ' SSWS   '])
def test_an_api_key_may_be_pasted_with_its_scheme(prefix: str, instance: dict[str, Any], okta: FakeOkta) -> None:
    assert complaint({**instance, 'api_key': f'{prefix}{okta.api_key}\n'}) == ''
    assert okta.requests[0].headers['Authorization'] == f'SSWS {okta.api_key}'


def test_blanks_around_a_client_and_its_secret_do_not_count(oauth_instance: dict[str, Any], okta: FakeOkta) -> None:
    padded = {option: f'\t{oauth_instance[option]} \n' for option in ('client_id', 'client_secret')}
    assert complaint({**oauth_instance, **padded}) == ''


FOREIGN = {
    'auth_token': {'reader': {'type': 'file', 'path': '/x'}, 'writer': {'type': 'header', 'name': 'X'}},
    'auth_type': 'digest',
    'aws_host': 'acme.example',
    'aws_region': 'eu-north-1',
    'aws_service': 'es',
    'kerberos_auth': 'required',
    'kerberos_cache': '/x',
    'kerberos_keytab': '/x',
    'kerberos_principal': 'mara',
    'ntlm_domain': 'acme',
    'password': SECRET,
    'username': 'mara',
}


@pytest.mark.parametrize('option', FOREIGN)
def test_ways_to_authenticate_that_okta_does_not_know_are_refused(
    option: str, instance: dict[str, Any], okta: FakeOkta
) -> None:
    told = report({**instance, option: FOREIGN[option]})
    assert f'`{option}`: Okta supports none of these. Remove them; {WAYS}' in json.loads(told)[0]['message']
    assert SECRET not in told
    assert okta.requests == []


def test_all_foreign_options_are_named_at_once(instance: dict[str, Any]) -> None:
    assert '`password`, `username`: Okta supports none' in complaint(
        {**instance, 'username': 'mara', 'password': SECRET}
    )


@pytest.mark.parametrize(
    'option',
    [
        'client_id',
        'client_secret',
        'auth_type',
        'event_filter',
        'initial_lookback_hours',
        'min_collection_interval',
        'proxy',
        'read_timeout',
        'request_size',
        'tags',
        'timeout',
        'tls_ciphers',
        'tls_ignore_warning',
        'tls_protocols_allowed',
        'tls_use_host_header',
        'tls_verify',
    ],
)
def test_an_option_without_a_value_has_its_default(option: str, instance: dict[str, Any], okta: FakeOkta) -> None:
    assert complaint({**instance, option: None}) == ''
    (request,) = okta.requests
    assert request.query == DEFAULT_QUERY


@pytest.mark.parametrize(
    ('options', 'seconds'),
    [
        pytest.param({}, 45.0, id='none'),
        pytest.param({'timeout': None}, 45.0, id='cleared'),
        pytest.param({'read_timeout': None}, 45.0, id='read-timeout-cleared'),
        pytest.param({'connect_timeout': 5}, 45.0, id='another'),
        pytest.param({'timeout': 20}, 20.0, id='set'),
        pytest.param({'read_timeout': 70}, 70.0, id='read-timeout-set'),
    ],
)
def test_without_a_timeout_okta_has_the_time_that_a_query_may_take(
    options: dict[str, Any], seconds: float, instance: dict[str, Any], okta: FakeOkta, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_timeouts = []
    send = requests.Session.send

    def watched_send(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        read_timeouts.append(options['timeout'][1])
        return send(session, request, **options)

    monkeypatch.setattr(requests.Session, 'send', watched_send)
    assert complaint({**instance, **options}) == ''
    assert read_timeouts == [seconds]


@pytest.mark.parametrize(
    ('hours', 'since'),
    [
        pytest.param(0, '2026-11-23T03:02:45.000Z', id='none'),
        pytest.param(0.5, '2026-11-23T02:32:45.000Z', id='half-an-hour'),
        pytest.param('24', '2026-11-22T03:02:45.000Z', id='text-of-a-number'),
        pytest.param(2160, '2026-08-25T03:02:45.000Z', id='all-that-okta-keeps'),
    ],
)
def test_the_first_run_looks_back_as_far_as_configured(
    hours: Any, since: str, instance: dict[str, Any], okta: FakeOkta
) -> None:
    assert complaint({**instance, 'initial_lookback_hours': hours}) == ''
    assert okta.requests[0].query['since'] == since


@pytest.mark.parametrize(
    ('hours', 'says'),
    [
        pytest.param(-0.1, 'greater than or equal to 0', id='negative'),
        pytest.param(2160.1, 'less than or equal to 2160', id='more-than-okta-keeps'),
        pytest.param('a day', 'valid number', id='text'),
        pytest.param(float('nan'), 'less than or equal to 2160', id='not-a-number'),
    ],
)
def test_a_look_back_out_of_bounds_is_refused_by_name(
    hours: Any, says: str, instance: dict[str, Any], okta: FakeOkta
) -> None:
    message = complaint({**instance, 'initial_lookback_hours': hours})
    assert 'initial_lookback_hours\n' in message
    assert says in message
    assert okta.requests == []


@pytest.mark.parametrize(
    'url',
    [
        'mara:pa55word@proxy.example:3128',
        'http://mara:pa55/word@proxy.example',
        'http://mara:pa55#word@proxy.example',
        'http://mara:pa[55word@proxy.example',
        'http://mara:pa55word@',
        'http://proxy.example:port',
        'http://proxy.example:123456',
        'http://proxy.example/path',
        'ftp://proxy.example',
        'proxy.example:3128',
        '',
    ],
)
@pytest.mark.parametrize('scheme', ['http', 'https', 'all'])
def test_a_proxy_that_no_library_reads_as_meant_is_refused_by_name_and_not_shown(
    scheme: str, url: str, instance: dict[str, Any], okta: FakeOkta
) -> None:
    told = report({**instance, 'proxy': {scheme: url}})
    message = json.loads(told)[0]['message']
    assert 'proxy\n' in message
    assert f'{"each address" if scheme == "all" else f"`{scheme}`"} must have the form' in message
    assert 'percent-encode special characters' in message
    assert 'word' not in told.replace('user:password', '').replace('and password', '')
    assert okta.requests == []


@pytest.mark.parametrize(
    'url',
    [
        'http://proxy.example',
        'http://proxy.example:3128/',
        'https://mara:p%4055@proxy.example:3128',
        'http://[2001:db8::1]:3128',
        'socks5://10.0.0.1:1080',
        'socks5h://mara:pa55@proxy.example',
        'socks4a://proxy.example',
    ],
)
def test_a_proxy_is_taken_in_every_form_that_works(url: str, instance: dict[str, Any], okta: FakeOkta) -> None:
    assert complaint({**instance, 'proxy': {'https': url, 'no_proxy': ['127.0.0.1']}}) == ''


@pytest.mark.parametrize(
    'no_proxy',
    [
        pytest.param('elsewhere.example,127.0.0.1', id='commas'),
        pytest.param('elsewhere.example, 127.0.0.1', id='commas-and-spaces'),
        pytest.param(' elsewhere.example 127.0.0.1\n', id='spaces'),
        pytest.param('127.0.0.1;elsewhere.example', id='semicolons'),
        pytest.param('127.0.0.1', id='one-host'),
        pytest.param(['elsewhere.example', ' 127.0.0.1'], id='list-with-a-space'),
    ],
)
@pytest.mark.parametrize('place', ['instance', 'init_config', 'datadog.yaml'])
def test_no_proxy_is_read_as_a_list_or_as_one_text(
    place: str, no_proxy: Any, instance: dict[str, Any], okta: FakeOkta, datadog_agent: Any
) -> None:
    """Behind the proxy nothing answers. `NO_PROXY` comes from the Agent as a list that may hold spaces."""
    proxy = {'http': 'http://127.0.0.1:9', 'no_proxy': no_proxy}
    settings = {'instance': {}, 'init_config': {}, place: {'proxy': proxy}}
    datadog_agent._config['proxy'] = settings.get('datadog.yaml', {}).get('proxy')
    assert complaint({**instance, **settings['instance']}, settings['init_config']) == ''
    assert [request.status for request in okta.requests] == [200]


def test_a_host_outside_of_no_proxy_is_reached_through_the_proxy(instance: dict[str, Any], okta: FakeOkta) -> None:
    proxy = {'http': 'http://127.0.0.1:9', 'no_proxy': 'elsewhere.example 127.0.0.2'}
    assert 'proxy' in complaint({**instance, 'proxy': proxy})
    assert okta.requests == []


def test_a_filter_is_sent_as_it_is_configured(instance: dict[str, Any], okta: FakeOkta) -> None:
    event_filter = 'eventType eq "workflows.user.flow.delete" or target.displayName co "Übergabe & Co."'
    assert complaint({**instance, 'event_filter': event_filter}) == ''
    assert okta.requests[0].query['filter'] == event_filter


@pytest.mark.parametrize('event_filter', ['', ' \n'])
def test_an_empty_filter_is_refused_by_name(event_filter: str, instance: dict[str, Any]) -> None:
    """Without a filter every event of the org would come."""
    message = complaint({**instance, 'event_filter': event_filter})
    assert 'event_filter\n' in message
    assert 'the filter is empty: remove the option' in message


def test_a_filter_that_okta_refuses_is_named(instance: dict[str, Any], okta: FakeOkta) -> None:
    okta.answer_next(error(400, 'E0000031', 'Invalid search criteria.'))
    assert 'Check `event_filter`' in complaint({**instance, 'event_filter': 'eventType is "x"'})


def test_all_complaints_come_at_once() -> None:
    message = complaint({'domain': '<OKTA_DOMAIN>', 'api_key': '', 'event_filter': '', 'initial_lookback_hours': -1})
    assert all(f'{option}\n' in message for option in ('domain', 'api_key', 'event_filter', 'initial_lookback_hours'))


# The example that is shipped


def filled_in(**values: str) -> dict[str, Any]:
    """The example as an operator fills it in: placeholders replaced, comment signs before these options removed."""
    text = EXAMPLE.read_text(encoding='utf-8')
    for option, value in values.items():
        line = next(line for line in text.splitlines() if line.lstrip(' #-').startswith(f'{option}: <'))
        name, _, _ = line.replace('# ', '').partition(': ')
        text = text.replace(line, f'{name}: {value}')
    configuration: dict[str, Any] = yaml.safe_load(text)
    return configuration


def test_the_example_needs_a_domain_and_an_api_key_only(okta: FakeOkta) -> None:
    (instance,) = filled_in(domain=okta.url, api_key=okta.api_key)['instances']
    assert instance == {'domain': okta.url, 'api_key': okta.api_key, 'min_collection_interval': 30}
    assert complaint(instance) == ''


def test_the_example_needs_a_domain_and_a_client_only(okta: FakeOkta) -> None:
    values = {'domain': okta.url, 'client_id': okta.client_id, 'client_secret': okta.client_secret}
    (instance,) = filled_in(**values)['instances']
    assert instance == {**values, 'min_collection_interval': 30}
    assert complaint(instance) == ''


def test_the_example_needs_a_domain_and_a_key_file_only(okta: FakeOkta, tmp_path: Path) -> None:
    options = ('client_id', 'private_key_path', 'private_key_id')
    values = {'domain': okta.url, **values_of(okta, tmp_path, options)}
    (instance,) = filled_in(**values)['instances']
    assert instance == {**values, 'min_collection_interval': 30}
    assert complaint(instance) == ''


def test_the_example_has_the_section_without_which_the_agent_drops_the_logs() -> None:
    example = yaml.safe_load(EXAMPLE.read_text(encoding='utf-8'))
    section = {'type': 'integration', 'source': 'okta-workflows', 'service': 'workflows'}
    assert example['logs'] == [{**section, 'start_position': 'beginning'}]
    assert example['init_config'] is None


def test_the_example_as_it_is_shipped_asks_for_what_is_missing() -> None:
    (instance,) = yaml.safe_load(EXAMPLE.read_text(encoding='utf-8'))['instances']
    assert '`<okta_domain>` is a placeholder' in complaint(instance)
    assert f'no credential is set: {WAYS}' in complaint({**instance, 'domain': 'acme.okta.com'})


README = Path(__file__).parents[1] / 'README.md'
EXAMPLES_OF_README = [
    block for block in re.findall(r'```yaml\n(.*?)```', README.read_text('utf-8'), re.S) if 'domain:' in block
]


@pytest.mark.parametrize('example', EXAMPLES_OF_README)
def test_each_example_of_the_readme_works_with_its_placeholders_filled_in(
    example: str, okta: FakeOkta, tmp_path: Path
) -> None:
    uses_key = 'private_key_path' in example
    key_file = tmp_path / 'okta_workflows.pem'
    key_file.write_text(okta.private_key_pem)
    for placeholder, value in {
        'example.okta.com': okta.url,
        '<OKTA_CLIENT_ID>': okta.service_app_id if uses_key else okta.client_id,
        '<OKTA_CLIENT_SECRET>': okta.client_secret,
        '/etc/datadog-agent/okta_workflows.pem': str(key_file),
        '<PRIVATE_KEY_ID>': okta.key_id,
        '<OKTA_API_TOKEN>': okta.api_key,
    }.items():
        example = example.replace(placeholder, value)
    (instance,) = yaml.safe_load(example)['instances']
    assert complaint(instance) == ''


def test_the_readme_has_an_example_of_each_way() -> None:
    credentials = [re.findall('api_key|client_secret|private_key_path', example) for example in EXAMPLES_OF_README]
    assert credentials == [['client_secret'], ['private_key_path'], ['api_key']]
