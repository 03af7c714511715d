# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The check behind real proxies and real TLS: what leads to Okta, what is refused, and in which words."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm

from agent_standin import AgentStandIn, CheckResult
from datadog_checks.okta_workflows import check
from okta_simulator import OktaSimulator, ServerTls, VirtualClock
from okta_simulator.clock import ClientClock
from okta_simulator.network import CertificateAuthority, Conduct, Credential, HttpProxy, SocksProxy
from okta_simulator.network.certificates import Validity
from okta_simulator.network.proxy import Connection
from verification.world.scenario import NOW

NAME = 'okta_workflows'
LOGS_SECTION = [{'type': 'integration', 'source': 'okta-workflows', 'service': 'workflows'}]
USER, PASSWORD = 'mara', 'pa ss@:/word'
USERINFO = 'mara:pa%20ss%40%3A%2Fword@'
EVENTS = 3

Instance = dict[str, Any]
Address = tuple[str, int]
ProxyKind = type[HttpProxy] | type[SocksProxy]


@pytest.fixture(scope='module')
def authority() -> CertificateAuthority:
    return CertificateAuthority.root()


@pytest.fixture(scope='module')
def signing_key() -> tuple[str, dict[str, Any]]:
    """A private key in PEM form, and the public JWK that an org knows it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return pem, {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), 'kid': 'kid-of-mara'}


@pytest.fixture
def ca_cert(authority: CertificateAuthority, tmp_path: Path) -> str:
    """What `tls_ca_cert` is set to."""
    return str(authority.write(tmp_path))


StartOkta = Callable[..., OktaSimulator]


@pytest.fixture
def start_okta(authority: CertificateAuthority, clock: VirtualClock, tmp_path: Path) -> Iterator[StartOkta]:
    """Start an org with a few events: over TLS with `credential`, else with one for `host`, or with none."""
    with ExitStack() as life:

        def start(
            host: str = '127.0.0.1',
            *,
            encrypted: bool = True,
            credential: Credential | None = None,
            client_authority: CertificateAuthority | None = None,
        ) -> OktaSimulator:
            chain, key = (credential or authority.server(host)).write(tmp_path, 'server')
            clients = None if client_authority is None else client_authority.write(tmp_path, 'clients')
            tls = ServerTls(chain, key, clients) if encrypted else None
            okta = life.enter_context(OktaSimulator(clock=clock, host=host, tls=tls))
            okta.generate(EVENTS, since=NOW - 60, until=NOW - 1, noise_share=0)
            return okta

        yield start


RunCheck = Callable[..., CheckResult]


@pytest.fixture
def run_check(tmp_path: Path, clock: VirtualClock, check_clock: ClientClock) -> RunCheck:
    """Run the check once in an Agent with these settings of `conf.yaml` and `datadog.yaml`."""

    def run(instance: Instance, init_config: Instance | None = None, **settings: Any) -> CheckResult:
        agent = AgentStandIn(tmp_path / 'agent', clock)
        agent.set_config(**settings)
        agent.configure(NAME, {'init_config': init_config or {}, 'instances': [instance], 'logs': LOGS_SECTION})
        check_clock.sleep = agent.advance
        with agent:
            [result] = agent.run_checks()
            lines = agent.log_lines()
        assert len(lines) == (EVENTS if result.status == 'OK' else 0)
        return result

    return run


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[Address]:
    """Where this thread, which is the check's, connects to by itself: neither proxies nor servers count."""
    addresses: list[Address] = []
    thread = threading.current_thread()
    connect = socket.socket.connect

    def record(self: socket.socket, address: Any) -> None:
        if threading.current_thread() is thread and self.family in (socket.AF_INET, socket.AF_INET6):
            addresses.append(address[:2])
        connect(self, address)

    monkeypatch.setattr(socket.socket, 'connect', record)
    return addresses


def address_of(okta: OktaSimulator) -> Address:
    parts = urlsplit(okta.url)
    assert parts.hostname is not None and parts.port is not None
    return parts.hostname, parts.port


def by_api_key(okta: OktaSimulator) -> Instance:
    return {'domain': okta.url, 'api_key': okta.api_key}


def by_client_secret(okta: OktaSimulator) -> Instance:
    return {'domain': okta.url, 'client_id': okta.client_id, 'client_secret': okta.client_secret}


def by_private_key(okta: OktaSimulator, signing_key: tuple[str, dict[str, Any]]) -> Instance:
    """With proof of possession, as new apps are."""
    pem, jwk = signing_key
    okta.register_key(jwk)
    okta.dpop_required = True
    return {
        'domain': okta.url,
        'client_id': okta.service_app_id,
        'private_key': pem,
        'private_key_id': jwk['kid'],
    }


# The requests of one run with each way of authentication.
LOG = ('GET', '/api/v1/logs')
TOKEN = ('POST', '/oauth2/v1/token')
WAYS = [
    pytest.param('api_key', [LOG], id='api-key'),
    pytest.param('client_secret', [TOKEN, LOG], id='client-secret'),
    # The first attempt is asked for a proof, the second for a nonce; Okta's time is known from then on.
    pytest.param('private_key', [TOKEN, TOKEN, TOKEN, LOG], id='private-key-and-dpop'),
]


@pytest.fixture
def instance_of(signing_key: tuple[str, dict[str, Any]]) -> Callable[[str, OktaSimulator], Instance]:
    def make(way: str, okta: OktaSimulator) -> Instance:
        if way == 'private_key':
            return by_private_key(okta, signing_key)
        return by_client_secret(okta) if way == 'client_secret' else by_api_key(okta)

    return make


@pytest.mark.parametrize('way, _', WAYS)
def test_all_requests_of_a_run_share_one_connection(
    way: str,
    _: object,
    instance_of: Callable[[str, OktaSimulator], Instance],
    start_okta: StartOkta,
    run_check: RunCheck,
    ca_cert: str,
    connected: list[Address],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A handshake costs round trips and work on both sides."""
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.page.PAGE_LIMIT_EVENTS', 1)
    okta = start_okta()
    result = run_check({**instance_of(way, okta), 'tls_ca_cert': ca_cert})
    assert result.status == 'OK'
    pages = [request for request in okta.requests if request.path == LOG[1]]
    assert len(pages) == EVENTS + 1
    assert connected == [address_of(okta)]


InstanceOf = Callable[[str, OktaSimulator], Instance]


def asked(okta: OktaSimulator) -> list[tuple[str, str]]:
    return [(request.method, request.path) for request in okta.requests]


# Proxies

PROXIES = [
    pytest.param(HttpProxy, 'http', None, id='http'),
    pytest.param(HttpProxy, 'http', PASSWORD, id='http-with-password'),
    pytest.param(SocksProxy, 'socks5', None, id='socks5'),
    pytest.param(SocksProxy, 'socks5', PASSWORD, id='socks5-with-password'),
    pytest.param(SocksProxy, 'socks5h', PASSWORD, id='socks5h-with-password'),
]


@pytest.mark.parametrize(
    ('encrypted', 'way', 'requests'),
    [
        *(pytest.param(True, *way.values, id=f'https-{way.id}') for way in WAYS),
        pytest.param(False, 'client_secret', [TOKEN, LOG], id='plain-client-secret'),
    ],
)
@pytest.mark.parametrize(('kind', 'scheme', 'password'), PROXIES)
def test_token_and_log_requests_go_through_the_proxy(
    start_okta: StartOkta,
    run_check: RunCheck,
    instance_of: InstanceOf,
    connected: list[Address],
    ca_cert: str,
    kind: ProxyKind,
    scheme: str,
    password: str | None,
    encrypted: bool,
    way: str,
    requests: list[tuple[str, str]],
) -> None:
    """And no connection goes past it. An https org is a tunnel (CONNECT) to the proxy, so it sees no credential."""
    okta = start_okta(encrypted=encrypted)
    with kind(password and USER, password) as proxy:
        url = f'{scheme}://{USERINFO if password else ""}{proxy.address}'
        instance = {**instance_of(way, okta), 'proxy': {'http': url, 'https': url}, 'tls_ca_cert': ca_cert}
        assert run_check(instance).status == 'OK'
        host, port = address_of(okta)
        assert asked(okta) == requests
        assert set(proxy.connections) == {Connection(host, port, password and USER, password, served=True)}
        assert address_of(okta) not in connected
        assert ('127.0.0.1', proxy.port) in connected
    assert not [name for request in okta.requests for name in request.headers if name.lower().startswith('proxy-')]


@pytest.mark.parametrize('place', ['instance', 'init_config', 'datadog.yaml'])
def test_the_proxy_may_be_set_in_three_places(start_okta: StartOkta, run_check: RunCheck, place: str) -> None:
    okta = start_okta(encrypted=False)
    with HttpProxy() as proxy:
        setting = {'proxy': {'http': proxy.url}}
        instance = by_client_secret(okta)
        if place == 'instance':
            result = run_check({**instance, **setting})
        else:
            result = run_check(instance, setting if place == 'init_config' else {}, **(setting if 'y' in place else {}))
        assert result.status == 'OK'
        assert len(proxy.connections) == len(okta.requests) == 2


def test_the_nearest_proxy_counts(start_okta: StartOkta, run_check: RunCheck) -> None:
    okta = start_okta(encrypted=False)
    with HttpProxy() as near, HttpProxy() as far:
        settings = {'proxy': {'http': far.url}}
        assert run_check({**by_api_key(okta), 'proxy': {'http': near.url}}, settings, **settings).status == 'OK'
        assert (len(near.connections), len(far.connections)) == (1, 0)


@pytest.mark.parametrize(
    ('host', 'pattern'),
    [
        pytest.param('localhost', 'localhost', id='host'),
        pytest.param('127.0.0.1', '127.0.0.1', id='address'),
        pytest.param('127.0.0.1', '127.0.0.0/8', id='cidr'),
        pytest.param('::1', '::1/128', id='ipv6-cidr'),
        pytest.param('localhost', '*', id='everything'),
    ],
)
def test_no_proxy_leads_past_the_proxy(start_okta: StartOkta, run_check: RunCheck, host: str, pattern: str) -> None:
    okta = start_okta(host, encrypted=False)
    with HttpProxy() as proxy:
        settings = {'proxy': {'http': proxy.url, 'no_proxy': ['elsewhere.example', pattern]}}
        assert run_check(by_client_secret(okta), **settings).status == 'OK'
        assert (len(proxy.connections), len(okta.requests)) == (0, 2)


@pytest.mark.parametrize(
    ('pattern', 'is_past'),
    [
        pytest.param('.okta.com', True, id='suffix'),
        pytest.param('okta.com', True, id='parent-domain'),
        pytest.param('*.okta.com', True, id='wildcard'),
        pytest.param('kta.com', False, id='only-whole-labels'),
        pytest.param('.acme.okta.com', False, id='a-suffix-is-not-the-host-itself'),
    ],
)
def test_no_proxy_knows_suffixes(run_check: RunCheck, connected: list[Address], pattern: str, is_past: bool) -> None:
    """An org's domain can only be real, so what counts is whether the proxy is asked for it."""
    with HttpProxy() as proxy:
        proxy.conduct = Conduct.REFUSE
        settings = {'proxy': {'https': proxy.url, 'no_proxy': [pattern]}}
        with pytest.MonkeyPatch.context() as patch:
            # Nothing of this test may leave the machine.
            patch.setattr(socket, 'getaddrinfo', local_only(socket.getaddrinfo))
            result = run_check({'domain': 'acme.okta.com', 'api_key': '00not-a-real-token'}, **settings)
        assert result.status == 'ERROR'
        assert [connection.host for connection in proxy.connections] == ([] if is_past else ['acme.okta.com'])


def local_only(resolve: Callable[..., Any]) -> Callable[..., Any]:
    def resolve_locally(host: Any, *arguments: Any, **options: Any) -> Any:
        if host not in ('127.0.0.1', '::1', 'localhost'):
            raise socket.gaierror(socket.EAI_NONAME, 'Name or service not known')
        return resolve(host, *arguments, **options)

    return resolve_locally


def test_skip_proxy_leads_past_every_proxy(
    start_okta: StartOkta, run_check: RunCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    okta = start_okta(encrypted=False)
    with HttpProxy() as proxy:
        monkeypatch.setenv('HTTP_PROXY', proxy.url)
        settings = {'proxy': {'http': proxy.url}}
        assert run_check({**by_api_key(okta), 'skip_proxy': True}, settings, **settings).status == 'OK'
        assert proxy.connections == []


@pytest.mark.parametrize('encrypted', [pytest.param(True, id='https'), pytest.param(False, id='plain')])
@pytest.mark.parametrize('userinfo', [pytest.param('', id='none'), pytest.param('mara:wrong@', id='wrong')])
@pytest.mark.parametrize('kind', [pytest.param(HttpProxy, id='http'), pytest.param(SocksProxy, id='socks5')])
def test_a_proxy_that_refuses_the_password_is_named(
    start_okta: StartOkta,
    run_check: RunCheck,
    connected: list[Address],
    ca_cert: str,
    kind: ProxyKind,
    userinfo: str,
    encrypted: bool,
) -> None:
    okta = start_okta(encrypted=encrypted)
    with kind(USER, PASSWORD) as proxy:
        url = proxy.url.replace('://', f'://{userinfo}')
        instance = {**by_client_secret(okta), 'proxy': {'http': url, 'https': url}, 'tls_ca_cert': ca_cert}
        result = run_check(instance)
    assert result.status == 'ERROR'
    assert '`proxy`' in result.error.rpartition('. ')[2], result.error
    assert (okta.requests, address_of(okta) in connected) == ([], False)
    assert 'wrong' not in result.error


@pytest.mark.parametrize('scheme', ['http', 'socks5'])
def test_a_short_password_leaves_the_error_readable(start_okta: StartOkta, run_check: RunCheck, scheme: str) -> None:
    """It is hidden with the user name in the address, and not wherever its letters stand."""
    okta = start_okta(encrypted=False)
    with HttpProxy() as proxy:
        url = f'{scheme}://mara:no@{proxy.address}'
    result = run_check({**by_client_secret(okta), 'proxy': {'http': url}})
    assert result.error.startswith(f'The proxy did not connect to {okta.url.removeprefix("http://")} ('), result.error
    assert 'mara:no' not in result.error + result.traceback


@pytest.mark.parametrize('encrypted', [pytest.param(True, id='https'), pytest.param(False, id='plain')])
@pytest.mark.parametrize('kind', [pytest.param(HttpProxy, id='http'), pytest.param(SocksProxy, id='socks5')])
def test_a_proxy_that_is_down_is_named(
    start_okta: StartOkta, run_check: RunCheck, connected: list[Address], kind: ProxyKind, encrypted: bool
) -> None:
    okta = start_okta(encrypted=encrypted)
    proxy = kind()
    with proxy:
        pass
    result = run_check({**by_client_secret(okta), 'proxy': {'http': proxy.url, 'https': proxy.url}})
    assert result.status == 'ERROR'
    assert '`proxy`' in result.error.rpartition('. ')[2], result.error
    assert (okta.requests, address_of(okta) in connected) == ([], False)


@pytest.mark.parametrize('kind', [pytest.param(HttpProxy, id='http'), pytest.param(SocksProxy, id='socks5')])
def test_a_proxy_that_forbids_okta_is_named(
    start_okta: StartOkta, run_check: RunCheck, ca_cert: str, kind: ProxyKind
) -> None:
    okta = start_okta()
    with kind() as proxy:
        proxy.conduct = Conduct.REFUSE
        instance = {**by_client_secret(okta), 'proxy': {'https': proxy.url}, 'tls_ca_cert': ca_cert}
        result = run_check(instance)
    assert result.status == 'ERROR'
    assert '`proxy`' in result.error.rpartition('. ')[2], result.error


@pytest.mark.parametrize('kind', [pytest.param(HttpProxy, id='http'), pytest.param(SocksProxy, id='socks5')])
def test_a_proxy_that_hangs_ends_the_run_by_the_timeout(
    start_okta: StartOkta, run_check: RunCheck, ca_cert: str, kind: ProxyKind
) -> None:
    """The connect timeout counts until the tunnel stands; the read timeout would be told, and not kept."""
    okta = start_okta()
    times = {'timeout': 60, 'connect_timeout': 0.2}
    with kind() as proxy:
        proxy.conduct = Conduct.HANG
        began = monotonic()
        result = run_check({**by_api_key(okta), 'proxy': {'https': proxy.url}, 'tls_ca_cert': ca_cert, **times})
    assert monotonic() - began < 10
    assert 'within 0.2 seconds (GET ' in result.error, result.error
    assert '60 seconds' not in result.error


@pytest.mark.parametrize('through', ['proxy', 'nothing'])
def test_a_tls_handshake_that_hangs_ends_the_run_by_the_connect_timeout(run_check: RunCheck, through: str) -> None:
    times = {'timeout': 60, 'connect_timeout': 0.2}
    with HttpProxy() as proxy, HttpProxy() as silent:
        silent.conduct = Conduct.HANG
        way = {'proxy': {'https': proxy.url}} if through == 'proxy' else {}
        began = monotonic()
        result = run_check({'domain': f'https://{silent.address}', 'api_key': '00not-a-real-token', **way, **times})
        assert len(proxy.connections) == (through == 'proxy')
    assert monotonic() - began < 10
    assert result.error.startswith('The TLS handshake did not finish within 0.2 seconds (GET '), result.error


# TLS


@pytest.mark.parametrize(('way', 'requests'), WAYS)
@pytest.mark.parametrize('host', ['127.0.0.1', 'localhost', '::1'])
def test_a_private_authority_is_trusted_where_tls_ca_cert_says_so(
    start_okta: StartOkta,
    run_check: RunCheck,
    instance_of: InstanceOf,
    ca_cert: str,
    host: str,
    way: str,
    requests: list[tuple[str, str]],
) -> None:
    okta = start_okta(host)
    assert run_check({**instance_of(way, okta), 'tls_ca_cert': ca_cert}).status == 'OK'
    assert asked(okta) == requests


def test_an_intermediate_authority_is_followed_to_its_root(
    authority: CertificateAuthority, start_okta: StartOkta, run_check: RunCheck, ca_cert: str
) -> None:
    okta = start_okta(credential=authority.intermediate().server('127.0.0.1'))
    assert run_check({**by_client_secret(okta), 'tls_ca_cert': ca_cert}).status == 'OK'


@pytest.mark.parametrize('way', ['api_key', 'client_secret', 'private_key'])
def test_an_unknown_authority_is_refused_with_the_option_to_set(
    start_okta: StartOkta, run_check: RunCheck, instance_of: InstanceOf, way: str
) -> None:
    okta = start_okta()
    result = run_check(instance_of(way, okta))
    assert 'is signed by an authority that the Agent does not trust (' in result.error
    assert 'set `tls_ca_cert` to the certificate of its authority' in result.error
    assert okta.requests == [], 'no credential was sent'


@pytest.mark.parametrize(
    ('host', 'validity', 'reason', 'remedy'),
    [
        pytest.param('acme.okta.com', 'valid', 'was issued for another host name', 'Check `domain`', id='host-name'),
        pytest.param('127.0.0.1', 'expired', 'has expired', 'Check the clock of this host', id='expired'),
        pytest.param('127.0.0.1', 'future', 'is not valid yet', 'Check the clock of this host', id='not-yet-valid'),
    ],
)
def test_a_certificate_that_is_not_right_is_refused_with_its_own_remedy(
    authority: CertificateAuthority,
    start_okta: StartOkta,
    run_check: RunCheck,
    ca_cert: str,
    host: str,
    validity: Validity,
    reason: str,
    remedy: str,
) -> None:
    okta = start_okta(credential=authority.server(host, validity=validity))
    result = run_check({**by_client_secret(okta), 'tls_ca_cert': ca_cert})
    assert result.error.startswith('The TLS certificate ') and reason in result.error, result.error
    assert f'). {remedy}' in result.error
    assert 'tls_ca_cert' not in result.error
    assert okta.requests == [], 'no credential was sent'


def test_a_client_certificate_is_shown_where_it_is_demanded(
    start_okta: StartOkta, run_check: RunCheck, ca_cert: str, tmp_path: Path
) -> None:
    clients = CertificateAuthority.root('Clients')
    okta = start_okta(client_authority=clients)
    chain, key = clients.client('agent').write(tmp_path, 'client')
    certificate = {'tls_cert': str(chain), 'tls_private_key': str(key)}
    assert run_check({**by_client_secret(okta), 'tls_ca_cert': ca_cert, **certificate}).status == 'OK'
    assert asked(okta) == [TOKEN, LOG]


@pytest.mark.parametrize('is_foreign', [pytest.param(False, id='none'), pytest.param(True, id='of-another-authority')])
def test_without_the_client_certificate_that_is_demanded_the_run_fails(
    authority: CertificateAuthority,
    start_okta: StartOkta,
    run_check: RunCheck,
    ca_cert: str,
    tmp_path: Path,
    is_foreign: bool,
) -> None:
    """In TLS 1.3 the server may hang up without a word, so the error cannot always tell why."""
    okta = start_okta(client_authority=CertificateAuthority.root('Clients'))
    certificate = {}
    if is_foreign:
        chain, key = authority.client('agent').write(tmp_path, 'client')
        certificate = {'tls_cert': str(chain), 'tls_private_key': str(key)}
    result = run_check({**by_client_secret(okta), 'tls_ca_cert': ca_cert, **certificate})
    assert 'The TLS handshake' in result.error or 'The connection was closed' in result.error, result.error
    assert okta.requests == []


@pytest.mark.parametrize(
    ('content', 'fault'),
    [
        pytest.param(None, 'the file does not exist', id='missing'),
        pytest.param('', 'the file is empty', id='empty'),
        pytest.param('key', 'the file holds a private key, and no certificate', id='key'),
        pytest.param('nothing of the kind', 'the file holds no certificate', id='garbage'),
        pytest.param('folder', 'the file cannot be read (Not a directory)', id='below-a-file'),
    ],
)
def test_a_file_of_authorities_that_is_of_no_use_is_named(
    start_okta: StartOkta,
    run_check: RunCheck,
    signing_key: tuple[str, dict[str, Any]],
    tmp_path: Path,
    content: str | None,
    fault: str,
) -> None:
    okta = start_okta()
    path = tmp_path / 'own.pem'
    if content is not None:
        path.write_text(signing_key[0] if content == 'key' else content, 'ascii')
    if content == 'folder':
        path = path / 'ca.pem'
    result = run_check({**by_api_key(okta), 'tls_ca_cert': str(path)})
    assert f"`tls_ca_cert` '{path}' cannot be used: {fault} (GET {okta.url}" in result.error
    assert 'Set `tls_ca_cert` to a file with the certificate of the authority' in result.error
    assert okta.requests == []


def test_a_folder_of_authorities_without_the_one_needed_is_an_unknown_authority(
    start_okta: StartOkta, run_check: RunCheck, tmp_path: Path
) -> None:
    okta = start_okta()
    result = run_check({**by_api_key(okta), 'tls_ca_cert': str(tmp_path)})
    assert 'is signed by an authority that the Agent does not trust (' in result.error


@pytest.mark.parametrize('option', ['tls_cert', 'tls_private_key'])
def test_a_client_certificate_that_cannot_be_read_is_named(
    start_okta: StartOkta, run_check: RunCheck, ca_cert: str, tmp_path: Path, option: str
) -> None:
    okta = start_okta()
    chain, key = CertificateAuthority.root('Clients').client('agent').write(tmp_path, 'client')
    empty = tmp_path / 'empty.pem'
    empty.write_text('', 'ascii')
    files = {'tls_cert': str(chain), 'tls_private_key': str(key), option: str(empty)}
    result = run_check({**by_api_key(okta), 'tls_ca_cert': ca_cert, **files})
    assert result.error.startswith('`tls_cert` or `tls_private_key` cannot be used (')
    assert okta.requests == []


@pytest.mark.parametrize('option', ['tls_ca_cert', 'tls_cert'])
def test_a_certificate_file_that_is_not_there_is_named(
    start_okta: StartOkta, run_check: RunCheck, ca_cert: str, tmp_path: Path, option: str
) -> None:
    """By the error or, where the base package goes on without the file, in `agent.log`."""
    okta = start_okta(client_authority=CertificateAuthority.root('Clients'))
    result = run_check({**by_api_key(okta), 'tls_ca_cert': ca_cert, option: str(tmp_path / 'missing.pem')})
    assert result.status == 'ERROR'
    assert f'`{option}`' in result.error + (tmp_path / 'agent' / 'log' / 'agent.log').read_text('utf-8')
    assert okta.requests == []


@pytest.mark.parametrize('way', ['api_key', 'client_secret'])
def test_tls_verify_false_takes_any_certificate(
    start_okta: StartOkta, run_check: RunCheck, instance_of: InstanceOf, way: str
) -> None:
    okta = start_okta(credential=CertificateAuthority.root('Nobody').server('acme.okta.com', validity='expired'))
    result = run_check({**instance_of(way, okta), 'tls_verify': False, 'tls_ignore_warning': True})
    assert result.status == 'OK'


def test_a_certificate_that_is_refused_leads_to_no_connection_past_the_proxy(
    start_okta: StartOkta, run_check: RunCheck, connected: list[Address]
) -> None:
    """By default the base package opens one, to look for an intermediate certificate that may be missing."""
    okta = start_okta()
    with HttpProxy() as proxy:
        result = run_check({**by_api_key(okta), 'proxy': {'https': proxy.url}})
    assert '`tls_ca_cert`' in result.error
    assert address_of(okta) not in connected


def test_an_ipv6_literal_needs_no_tls(start_okta: StartOkta, run_check: RunCheck) -> None:
    okta = start_okta('::1', encrypted=False)
    assert okta.url.startswith('http://[::1]:')
    assert run_check(by_client_secret(okta)).status == 'OK'


# FIPS

FIPS_SESSION = """
import hashlib
import json
import sys
from pathlib import Path

def refused_where_it_counts(name):
    function = getattr(hashlib, name)
    def digest(*arguments, usedforsecurity=True, **options):
        if usedforsecurity and (arguments[0] if name == 'new' else name).lower() in ('md5', 'sha1'):
            raise ValueError('[digital envelope routines] unsupported')
        return function(*arguments, usedforsecurity=usedforsecurity, **options)
    return digest

for name in ('md5', 'sha1', 'new'):
    setattr(hashlib, name, refused_where_it_counts(name))

from agent_standin import AgentStandIn

with AgentStandIn(Path(sys.argv[1]), own_process=True) as agent:
    from datadog_checks.base.utils import fips
    results = agent.run_checks()
    outcomes = [(result.status, result.error or result.warnings) for result in results]
    print(json.dumps([fips.is_enabled(), outcomes, len(agent.log_lines())]))
"""


@pytest.fixture
def fips_environment(tmp_path: Path) -> dict[str, str]:
    """What the FIPS flavour of the Agent sets for its checks, with an empty configuration of OpenSSL."""
    configuration = tmp_path / 'openssl.cnf'
    configuration.write_text('', 'ascii')
    return {**os.environ, 'GOFIPS': '1', 'OPENSSL_CONF': str(configuration), 'OPENSSL_MODULES': str(tmp_path)}


def test_fips_mode_is_no_hindrance(
    authority: CertificateAuthority,
    instance_of: InstanceOf,
    fips_environment: dict[str, str],
    ca_cert: str,
    tmp_path: Path,
) -> None:
    """With each way of authentication, over TLS, in a process of its own in which MD5 and SHA-1 do not work.

    A validated OpenSSL module is no part of this: what is proved is that nothing asks for what such a module refuses.
    """
    tls = ServerTls(*authority.server('127.0.0.1').write(tmp_path, 'server'))
    with OktaSimulator(tls=tls) as okta:
        okta.emit(EVENTS, noise_share=0)
        agent = AgentStandIn(tmp_path / 'agent')
        # Instances with one org and one filter would share their place in the System Log.
        filters = {'api_key': 'sw "w"', 'client_secret': 'sw "wo"', 'private_key': 'sw "wor"'}
        conf = [
            {**instance_of(way, okta), 'tls_ca_cert': ca_cert, 'event_filter': f'eventType {condition}'}
            for way, condition in filters.items()
        ]
        agent.configure(NAME, {'init_config': {}, 'instances': conf, 'logs': LOGS_SECTION})
        session = subprocess.run(
            [sys.executable, '-c', FIPS_SESSION, str(tmp_path / 'agent')],
            env=fips_environment,
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert session.returncode == 0, session.stderr
    assert json.loads(session.stdout) == [True, [['OK', []]] * 3, EVENTS * 3]


@pytest.mark.parametrize('name', ['md5', 'sha1'])
def test_no_module_of_the_check_names_a_weak_hash(name: str) -> None:
    package = Path(check.__file__).parent
    sources = {path: path.read_text('utf-8').lower() for path in package.rglob('*.py')}
    assert sources
    assert [path for path, text in sources.items() if name in text.replace('-', '')] == []


# Custom domains


def test_the_custom_domain_works_where_its_links_lead_to_it(start_okta: StartOkta, run_check: RunCheck) -> None:
    okta = start_okta('localhost', encrypted=False)
    okta.custom_domain = f'127.0.0.1:{address_of(okta)[1]}'
    assert okta.custom_url is not None
    assert run_check({**by_client_secret(okta), 'domain': okta.custom_url}).status == 'OK'


@pytest.mark.parametrize('asked_first', ['org', 'custom domain'])
def test_links_to_the_other_domain_are_not_followed_and_named(
    start_okta: StartOkta, run_check: RunCheck, asked_first: str
) -> None:
    okta = start_okta('localhost', encrypted=False)
    okta.custom_domain = f'127.0.0.1:{address_of(okta)[1]}'
    okta.links_lead_to = 'custom domain' if asked_first == 'org' else 'org'
    domain, other = okta.url, okta.custom_url
    if asked_first == 'custom domain':
        domain, other = str(other), domain
    result = run_check({**by_api_key(okta), 'domain': domain})
    assert f"`next` link of the response leads to '{other}/api/v1/logs'" in result.error
    assert 'set `domain` to it' in result.error
    assert len(okta.requests) == 1
