# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The ways to the simulated org: TLS, proxies, its two domains, and answers meant to do harm. All over real sockets."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import ssl
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from okta_simulator import OktaSimulator, ServerTls, VirtualClock, faults, hostile_links
from okta_simulator.network import CertificateAuthority, Conduct, Credential, HttpProxy, SocksProxy
from okta_simulator.network.certificates import Validity
from okta_simulator.network.proxy import Proxy

NOW = 1_790_000_000.0
ORGANIZATION = '/.well-known/okta-organization'
GRANT = {'grant_type': 'client_credentials', 'scope': 'okta.logs.read'}


@pytest.fixture(scope='module')
def authority() -> CertificateAuthority:
    return CertificateAuthority.root()


@pytest.fixture
def okta() -> Iterator[OktaSimulator]:
    with OktaSimulator(clock=VirtualClock(NOW)) as okta:
        okta.generate(5, noise_share=0)
        yield okta


def server_tls(
    directory: Path, credential: Credential, client_authority: CertificateAuthority | None = None
) -> ServerTls:
    chain, key = credential.write(directory, 'server')
    return ServerTls(chain, key, None if client_authority is None else client_authority.write(directory, 'clients'))


def read(
    okta: OktaSimulator,
    *,
    url: str = '',
    proxy: str | None = None,
    verify: Path | None = None,
    cert: tuple[Path, Path] | None = None,
    timeout: float = 10,
) -> requests.Response:
    with requests.Session() as session:
        # Nothing of this machine's proxies and certificates.
        session.trust_env = False
        return session.get(
            url or f'{okta.url}/api/v1/logs',
            headers={'Authorization': f'SSWS {okta.api_key}'},
            proxies={} if proxy is None else {'http': proxy, 'https': proxy},
            verify=True if verify is None else str(verify),
            cert=None if cert is None else (str(cert[0]), str(cert[1])),
            timeout=timeout,
        )


class TestTls:
    @pytest.mark.parametrize('host', ['127.0.0.1', 'localhost', '::1'])
    def test_a_private_authority_vouches_for_names_and_addresses(
        self, host: str, authority: CertificateAuthority, tmp_path: Path
    ) -> None:
        tls = server_tls(tmp_path, authority.server(host))
        with OktaSimulator(host=host, tls=tls) as okta:
            assert okta.url.startswith('https://[::1]:' if host == '::1' else f'https://{host}:')
            answer = read(okta, verify=authority.write(tmp_path))
            assert answer.status_code == 200
            assert answer.links['next']['url'].startswith(f'{okta.url}/api/v1/logs?')
            with pytest.raises(requests.exceptions.SSLError):
                read(okta)

    def test_an_intermediate_is_sent_along(self, authority: CertificateAuthority, tmp_path: Path) -> None:
        tls = server_tls(tmp_path, authority.intermediate().server('127.0.0.1'))
        with OktaSimulator(tls=tls) as okta:
            assert read(okta, verify=authority.write(tmp_path)).status_code == 200

    @pytest.mark.parametrize(
        'host, validity, reason',
        [
            ('example.com', 'valid', 'IP address mismatch'),
            ('127.0.0.1', 'expired', 'expired'),
            ('127.0.0.1', 'future', 'not yet valid'),
        ],
    )
    def test_certificates_with_wrong_names_and_times_can_be_made(
        self, host: str, validity: Validity, reason: str, authority: CertificateAuthority, tmp_path: Path
    ) -> None:
        tls = server_tls(tmp_path, authority.server(host, validity=validity))
        with OktaSimulator(tls=tls) as okta, pytest.raises(requests.exceptions.SSLError, match=reason):
            read(okta, verify=authority.write(tmp_path))

    def test_a_client_certificate_can_be_demanded(self, authority: CertificateAuthority, tmp_path: Path) -> None:
        clients = CertificateAuthority.root('Clients')
        tls = server_tls(tmp_path, authority.server('127.0.0.1'), clients)
        trusted = authority.write(tmp_path)
        good = clients.client('collector').write(tmp_path, 'good')
        foreign = authority.client('collector').write(tmp_path, 'foreign')
        with OktaSimulator(tls=tls) as okta:
            assert read(okta, verify=trusted, cert=good).status_code == 200
            for cert in (None, foreign):
                with pytest.raises(requests.ConnectionError):
                    read(okta, verify=trusted, cert=cert)
            assert len(okta.requests) == 1

    def test_a_key_can_have_a_password(self, authority: CertificateAuthority, tmp_path: Path) -> None:
        chain, key = authority.client('collector').write(tmp_path, 'client', password='secret')
        context = ssl.create_default_context()
        context.load_cert_chain(chain, key, 'secret')
        with pytest.raises(ssl.SSLError):
            context.load_cert_chain(chain, key, 'wrong')


@pytest.fixture(params=[HttpProxy, SocksProxy])
def proxy(request: pytest.FixtureRequest) -> Iterator[Proxy]:
    with request.param() as proxy:
        yield proxy


@pytest.fixture(params=[HttpProxy, SocksProxy])
def strict_proxy(request: pytest.FixtureRequest) -> Iterator[Proxy]:
    with request.param('user', 'pa ss@:/word') as proxy:
        yield proxy


def proxy_url(proxy: Proxy, userinfo: str = '') -> str:
    scheme = 'http' if isinstance(proxy, HttpProxy) else 'socks5h'
    return f'{scheme}://{userinfo}{proxy.address}'


class TestProxies:
    @pytest.mark.parametrize('encrypted', [False, True], ids=['http', 'https'])
    def test_carry_requests_to_the_org(
        self, proxy: Proxy, encrypted: bool, authority: CertificateAuthority, tmp_path: Path
    ) -> None:
        tls = server_tls(tmp_path, authority.server('localhost')) if encrypted else None
        with OktaSimulator(host='localhost', tls=tls) as okta:
            answer = read(okta, proxy=proxy_url(proxy), verify=authority.write(tmp_path))
            assert (answer.status_code, len(okta.requests)) == (200, 1)
            (connection,) = proxy.connections
            assert (connection.host, connection.port) == ('localhost', urlsplit(okta.url).port)
            assert (connection.username, connection.served) == (None, True)

    def test_nothing_for_the_proxy_reaches_the_org(self, okta: OktaSimulator) -> None:
        with HttpProxy('user', 'secret') as proxy:
            assert read(okta, proxy=f'http://user:secret@{proxy.address}').status_code == 200
        assert not [name for name in okta.requests[0].headers if name.lower().startswith('proxy-')]

    def test_the_org_s_query_arrives_as_it_was_sent(self, okta: OktaSimulator, proxy: Proxy) -> None:
        query = 'filter=eventType+sw+%22workflows.%22&limit=2'
        assert read(okta, url=f'{okta.url}/api/v1/logs?{query}', proxy=proxy_url(proxy)).status_code == 200
        assert okta.requests[0].query_string == query

    def test_socks_shows_who_resolved_the_name(self) -> None:
        with OktaSimulator(host='localhost') as okta, SocksProxy() as proxy:
            for scheme in ('socks5', 'socks5h'):
                assert read(okta, proxy=f'{scheme}://{proxy.address}').status_code == 200
            hosts = [connection.host for connection in proxy.connections]
        assert hosts[0] in ('127.0.0.1', '::1') and hosts[1] == 'localhost'

    def test_admit_who_gives_user_and_password(self, okta: OktaSimulator, strict_proxy: Proxy) -> None:
        assert read(okta, proxy=proxy_url(strict_proxy, 'user:pa%20ss%40%3A%2Fword@')).status_code == 200
        assert strict_proxy.connections[0].password == 'pa ss@:/word'

    @pytest.mark.parametrize('userinfo', ['', 'user:wrong@'])
    def test_turn_away_everybody_else(self, okta: OktaSimulator, strict_proxy: Proxy, userinfo: str) -> None:
        url = proxy_url(strict_proxy, userinfo)
        if isinstance(strict_proxy, HttpProxy):
            answer = read(okta, proxy=url)
            assert (answer.status_code, answer.headers['Proxy-Authenticate']) == (407, 'Basic realm="proxy"')
        else:
            with pytest.raises(requests.ConnectionError):
                read(okta, proxy=url)
        assert okta.requests == []

    def test_can_refuse_right_credentials(self, okta: OktaSimulator, strict_proxy: Proxy) -> None:
        strict_proxy.conduct = Conduct.REFUSE_CREDENTIALS
        url = proxy_url(strict_proxy, 'user:pa%20ss%40%3A%2Fword@')
        if isinstance(strict_proxy, HttpProxy):
            assert read(okta, proxy=url).status_code == 407
        else:
            with pytest.raises(requests.ConnectionError):
                read(okta, proxy=url)
        assert okta.requests == []

    def test_can_refuse_a_tunnel(self, proxy: Proxy) -> None:
        proxy.conduct = Conduct.REFUSE
        with requests.Session() as session, pytest.raises(requests.ConnectionError):
            session.trust_env = False
            url = proxy_url(proxy)
            session.get('https://example.okta.com', proxies={'http': url, 'https': url}, timeout=10)
        assert [(connection.host, connection.served) for connection in proxy.connections] == [
            ('example.okta.com', False)
        ]

    def test_can_hang(self, okta: OktaSimulator, proxy: Proxy) -> None:
        proxy.conduct = Conduct.HANG
        with pytest.raises((requests.Timeout, requests.ConnectionError)):
            read(okta, proxy=proxy_url(proxy), timeout=0.2)
        assert okta.requests == []

    def test_say_so_when_nobody_listens_behind_them(self, okta: OktaSimulator, proxy: Proxy) -> None:
        okta.stop()
        if isinstance(proxy, HttpProxy):
            assert read(okta, proxy=proxy_url(proxy)).status_code == 502
        else:
            with pytest.raises(requests.ConnectionError):
                read(okta, proxy=proxy_url(proxy))


class TestDomains:
    """The Okta domain is 127.0.0.1 here, the custom domain localhost."""

    @pytest.fixture
    def custom(self, okta: OktaSimulator) -> str:
        okta.custom_domain = f'localhost:{urlsplit(okta.url).port}'
        return f'http://{okta.custom_domain}'

    def test_the_organization_names_both(self, okta: OktaSimulator, custom: str) -> None:
        for url in (okta.url, custom):
            body = requests.get(url + ORGANIZATION, timeout=10).json()
            assert body['id'].startswith('00o') and body['pipeline'] == 'idx'
            assert body['_links'] == {'organization': {'href': okta.url}, 'alternate': {'href': custom}}

    def test_without_a_custom_domain_there_is_no_alternate(self, okta: OktaSimulator) -> None:
        body = requests.get(okta.url + ORGANIZATION, timeout=10).json()
        assert body['_links'] == {'organization': {'href': okta.url}}

    def test_what_is_no_okta_org_has_no_such_document(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.Html(404), path=ORGANIZATION)
        answer = requests.get(okta.url + ORGANIZATION, timeout=10)
        assert (answer.status_code, answer.headers['Content-Type']) == (404, 'text/html; charset=utf-8')

    def test_links_carry_the_host_that_was_asked(self, okta: OktaSimulator, custom: str) -> None:
        for url in (okta.url, custom):
            links = read(okta, url=f'{url}/api/v1/logs').links
            assert {link['url'].partition('/api')[0] for link in links.values()} == {url}

    def test_links_can_lead_to_the_other_host(self, okta: OktaSimulator, custom: str) -> None:
        okta.links_lead_to = 'org'
        assert read(okta, url=f'{custom}/api/v1/logs').links['next']['url'].startswith(okta.url)
        okta.links_lead_to = 'custom domain'
        assert read(okta).links['next']['url'].startswith(custom)

    def test_the_endpoint_of_a_proof_is_the_host_that_was_asked(self, okta: OktaSimulator, custom: str) -> None:
        okta.dpop_required = True
        errors = {}
        for url in (custom, okta.url):
            headers = {'DPoP': token_proof(okta, f'{url}/oauth2/v1/token')}
            credentials = (okta.client_id, okta.client_secret)
            answer = requests.post(
                f'{custom}/oauth2/v1/token', auth=credentials, data=GRANT, headers=headers, timeout=10
            )
            errors[url] = answer.json()['error']
        assert errors == {custom: 'use_dpop_nonce', okta.url: 'invalid_dpop_proof'}


def token_proof(okta: OktaSimulator, url: str) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    claims = {'htm': 'POST', 'htu': url, 'iat': okta.clock.now(), 'jti': url}
    return jwt.encode(claims, key, 'ES256', {'typ': 'dpop+jwt', 'jwk': jwk})


def stream(okta: OktaSimulator) -> requests.Response:
    headers = {'Authorization': f'SSWS {okta.api_key}', 'Accept-Encoding': 'identity'}
    return requests.get(f'{okta.url}/api/v1/logs', headers=headers, stream=True, timeout=10)


class TestHostileBodies:
    def test_an_endless_body_starts_as_good_json_and_goes_on(self, okta: OktaSimulator) -> None:
        honest = read(okta).content
        okta.faults.add(faults.EndlessBody())
        with stream(okta) as answer:
            assert answer.headers['Transfer-Encoding'] == 'chunked'
            start = b''
            for part in answer.iter_content(65_536):
                start += part
                if len(start) > 10_000_000:
                    break
        assert start.startswith(honest.removesuffix(b']') + b',{')
        assert read(okta).status_code == 200, 'and nobody else is kept waiting'

    def test_a_slow_drip_is_a_byte_at_a_time(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.SlowDrip(0.02))
        started = time.monotonic()
        with stream(okta) as answer:
            parts = [part for part, _ in zip(answer.raw.read_chunked(), range(10))]
        assert parts == [b'[', b'{', b'"', b'a', b'c', b't', b'o', b'r', b'"', b':']
        assert time.monotonic() - started >= 0.15

    def test_a_slow_drip_is_the_honest_body(self, okta: OktaSimulator) -> None:
        honest = read(okta, url=f'{okta.url}/api/v1/logs?limit=1').content
        okta.faults.add(faults.SlowDrip(0))
        assert read(okta, url=f'{okta.url}/api/v1/logs?limit=1').content == honest

    def test_a_gzip_bomb_is_small_on_the_wire_and_a_right_answer_when_inflated(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.GzipBomb(mebibytes=16))
        with stream(okta) as answer:
            assert answer.headers['Content-Encoding'] == 'gzip'
            wire = answer.raw.read(decode_content=False)
        inflated = gzip.decompress(wire)
        assert len(inflated) == 16 * 1024 * 1024 + 2
        assert json.loads(inflated) == []
        assert len(wire) < len(inflated) / 900

    def test_a_gzip_bomb_costs_the_server_next_to_nothing_until_it_is_read(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.GzipBomb())
        with stream(okta) as answer:
            start = zlib.decompressobj(wbits=31).decompress(answer.raw.read(64, decode_content=False), 10)
        assert start == b'[         '
        assert read(okta).status_code == 200


class TestHugeHeaders:
    def test_one_line_too_long_for_python(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.HugeHeader())
        with pytest.raises(requests.ConnectionError):
            read(okta)

    def test_many_lines(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.HugeHeader(characters=10, lines=50))
        assert len([name for name in read(okta).headers if name.startswith('X-Padding-')]) == 50


class TestEcho:
    @pytest.mark.parametrize('shape', ['okta', 'oauth', 'html', 'challenge'])
    def test_a_refusal_gives_back_what_was_asked(
        self, okta: OktaSimulator, shape: Literal['okta', 'oauth', 'html', 'challenge']
    ) -> None:
        okta.faults.add(faults.Echo(400, shape), times=None)
        okta.faults.add(faults.Echo(401, shape), path='/oauth2/v1/token')
        answer = read(okta, url=f'{okta.url}/api/v1/logs?q=needle')
        given_back = answer.text + str(answer.headers)
        assert answer.status_code == 400
        assert okta.api_key in given_back and 'q=needle' in given_back
        form = {**GRANT, 'client_assertion': 'a.b.c'}
        answer = requests.post(okta.token_url, data=form, headers={'DPoP': 'x.y.z'}, timeout=10)
        given_back = answer.text + str(answer.headers)
        assert answer.status_code == 401
        assert 'client_assertion=a.b.c' in given_back and 'x.y.z' in given_back


HOSTILE_LINKS = {
    f'{group}: {name}': line
    for group, lines in [
        ('foreign', hostile_links.FOREIGN_HOSTS),
        ('own', hostile_links.OWN_HOST),
        ('malformed', hostile_links.MALFORMED),
    ]
    for name, line in lines.items()
}


class TestHostileLinks:
    @pytest.mark.parametrize('line', HOSTILE_LINKS.values(), ids=HOSTILE_LINKS.keys())
    def test_reach_the_client_byte_for_byte(self, okta: OktaSimulator, line: str) -> None:
        okta.faults.add(faults.LinkHeader(line))
        connection = http.client.HTTPConnection(urlsplit(okta.url).netloc, timeout=10)
        connection.request('GET', '/api/v1/logs', headers={'Authorization': f'SSWS {okta.api_key}'})
        answer = connection.getresponse()
        (received,) = answer.headers.get_all('Link', [])
        connection.close()
        host, port = '127.0.0.1', urlsplit(okta.url).port
        due = {'{scheme}': 'http', '{host}': host, '{netloc}': f'{host}:{port}'}
        expected, _, rest = line.partition('{target}')
        for name, value in due.items():
            expected, rest = expected.replace(name, value), rest.replace(name, value)
        received = received.encode('latin-1').decode()
        assert received.startswith(expected.strip())
        if '{target}' in line:
            target = received.removeprefix(expected).removesuffix(rest)
            assert target.startswith('/api/v1/logs?after=')

    def test_a_line_of_more_than_64_kb_loses_the_answer(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.LinkHeader(hostile_links.TOO_LONG))
        with pytest.raises(requests.ConnectionError):
            read(okta)

    def test_without_a_next_link_there_is_nothing_to_replace(self, okta: OktaSimulator) -> None:
        okta.faults.add(faults.LinkHeader(hostile_links.TOO_LONG))
        url = f'{okta.url}/api/v1/logs?until=2026-09-01T00:00:00Z'
        assert set(read(okta, url=url).links) == {'self'}


def test_an_oauth_refusal_by_network_zone(okta: OktaSimulator) -> None:
    okta.faults.add(faults.OAuthRefused(), path='/oauth2/v1/token')
    refused = requests.post(okta.token_url, auth=(okta.client_id, okta.client_secret), data=GRANT, timeout=10)
    description = "The request is made from outside the client's permitted network zones."
    assert (refused.status_code, refused.json()) == (
        403,
        {'error': 'access_denied', 'error_description': description},
    )


def test_ipv6_without_tls_has_brackets_in_its_url() -> None:
    with OktaSimulator(host='::1') as okta:
        assert okta.url.startswith('http://[::1]:')
        assert read(okta).status_code == 200
        assert socket.getaddrinfo('::1', urlsplit(okta.url).port)[0][0] is socket.AF_INET6
