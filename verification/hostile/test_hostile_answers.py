# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Answers meant to do harm, by somebody who has got between the Agent and Okta.

For each: no connection but to the configured host, no request but for the System Log, an error of the check's own
kinds, bounded time, and nothing missing once honest answers come again. `pytest -s` prints the figures.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from asyncio import StreamReader, StreamWriter
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from agent_standin import AgentStandIn, CheckResult
from okta_simulator import OktaSimulator, ServerTls, VirtualClock, faults, hostile_links
from okta_simulator.answer import Answer
from okta_simulator.clock import ClientClock
from okta_simulator.network import CertificateAuthority, Credential, HttpProxy
from okta_simulator.network.proxy import Proxy, join
from verification.world.scenario import NOW

NAME = 'okta_workflows'
LOGS_SECTION = [{'type': 'integration', 'source': 'okta-workflows', 'service': 'workflows'}]
MIB = 1024 * 1024
EVENTS = 3
LOG_PATH = '/api/v1/logs'
TOKEN_PATH = '/oauth2/v1/token'

# Of the real time of a run that meets a hostile answer; for all but those that test the bounds themselves.
RUN_SECONDS = 5.0

Instance = dict[str, Any]


@dataclass
class Figures:
    """What was tried, and the most that any of it took."""

    inputs: int = 0
    seconds: float = 0.0
    peak_mib: float | None = None

    def add(self, seconds: float) -> None:
        self.inputs += 1
        self.seconds = max(self.seconds, seconds)


@pytest.fixture(scope='module')
def ledger() -> Iterator[dict[str, Figures]]:
    ledger: dict[str, Figures] = defaultdict(Figures)
    yield ledger
    print('\n\n  hostile answers       inputs   slowest run   most memory')
    for kind, figures in ledger.items():
        memory = '' if figures.peak_mib is None else f'{figures.peak_mib:10.0f} MiB'
        print(f'  {kind:20} {figures.inputs:7} {figures.seconds:11.2f} s{memory}')


@dataclass
class Victim:
    """An Agent with one instance, and every place that its check's thread has resolved or connected to."""

    agent: AgentStandIn
    places: set[tuple[str, int]]
    ledger: dict[str, Figures]

    def run(self, kind: str) -> CheckResult:
        self.places.clear()
        started = time.monotonic()
        [result] = self.agent.run_checks()
        seconds = time.monotonic() - started
        self.ledger[kind].add(seconds)
        assert seconds < RUN_SECONDS
        return result

    @property
    def uuids(self) -> list[str]:
        return [line['log']['uuid'] for line in self.agent.log_lines()]


StartAgent = Callable[[Instance], Victim]


@pytest.fixture
def start_agent(
    tmp_path: Path,
    clock: VirtualClock,
    check_clock: ClientClock,
    monkeypatch: pytest.MonkeyPatch,
    ledger: dict[str, Figures],
) -> Iterator[StartAgent]:
    places: set[tuple[str, int]] = set()
    thread = threading.current_thread()
    resolve, connect = socket.getaddrinfo, socket.socket.connect

    def watched_resolve(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        if threading.current_thread() is thread:
            places.add((str(host), int(port)))
        return resolve(host, port, *arguments, **options)

    def watched_connect(self: socket.socket, address: Any) -> None:
        if threading.current_thread() is thread:
            places.add(address[:2])
        connect(self, address)

    monkeypatch.setattr(socket, 'getaddrinfo', watched_resolve)
    monkeypatch.setattr(socket.socket, 'connect', watched_connect)
    agents: list[AgentStandIn] = []

    def start(instance: Instance) -> Victim:
        agent = AgentStandIn(tmp_path / 'agent', clock)
        agent.configure(NAME, {'init_config': {}, 'instances': [instance], 'logs': LOGS_SECTION})
        agents.append(agent.start())
        check_clock.sleep = agent.advance
        return Victim(agent, places, ledger)

    yield start
    for agent in agents:
        agent.stop()


@pytest.fixture
def okta(clock: VirtualClock) -> Iterator[OktaSimulator]:
    with OktaSimulator(clock=clock) as okta:
        okta.generate(EVENTS, since=NOW - 60, until=NOW - 1, noise_share=0)
        yield okta


@pytest.fixture
def victim(okta: OktaSimulator, start_agent: StartAgent) -> Victim:
    return start_agent({'domain': okta.url, 'api_key': okta.api_key})


def place_of(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None and parts.port is not None
    return parts.hostname, parts.port


def is_ours(result: CheckResult) -> bool:
    """Whether an error is one that the check has words for."""
    last = result.traceback.strip().splitlines()[-len(result.error.splitlines()) :]
    return bool(last) and last[0].startswith('datadog_checks.okta_workflows.errors.')


def endure(kind: str, victim: Victim, okta: OktaSimulator, *, may_succeed: bool = False) -> CheckResult:
    """Run once with the hostile answer, then with honest ones."""
    result = victim.run(kind)
    assert victim.places == {place_of(okta.url)}
    assert {request.path for request in okta.requests} == {LOG_PATH}
    if not may_succeed or result.status == 'ERROR':
        assert result.status == 'ERROR' and is_ours(result), result
    okta.faults.clear()
    [after] = victim.agent.run_checks()
    assert after.status == 'OK', after
    return result


def expected(okta: OktaSimulator) -> list[str]:
    return [event['uuid'] for event in okta.workflows_events]


# Next links

# Each has a second link, to the org, in the same line: which of the two counts is left open.
AMBIGUOUS = ('good link, then a foreign one', 'comma in the URL')
FOREIGN_LINKS = {
    **{name: line for name, line in hostile_links.FOREIGN_HOSTS.items() if name not in AMBIGUOUS},
    '60 kB host': '<{scheme}://' + 'a' * 60_000 + '.example{target}>; rel="next"',
    'own host as a label too long': '<{scheme}://{host}' + 'a' * 64 + '.example{target}>; rel="next"',
    'own address in another notation': '<{scheme}://0x7f000001:80{target}>; rel="next"',
    'own address as a number': '<{scheme}://2130706433:80{target}>; rel="next"',
    'soft hyphen': '<{scheme}://{host}\u00ad.evil.example{target}>; rel="next"',
    'zero-width joiner': '<{scheme}://\u200d{netloc}{target}>; rel="next"',
    'sharp s': '<{scheme}://evil-stra\u00dfe.example{target}>; rel="next"',
    'bidirectional override': '<{scheme}://\u202eevil.example{target}>; rel="next"',
    'encoded at sign': '<{scheme}://{netloc}%40evil.example{target}>; rel="next"',
    'encoded NUL': '<{scheme}://{netloc}%00.evil.example{target}>; rel="next"',
    'semicolon after the host': '<{scheme}://{netloc};evil.example{target}>; rel="next"',
}
OTHER_LINKS = {
    **{name: hostile_links.FOREIGN_HOSTS[name] for name in AMBIGUOUS},
    **hostile_links.OWN_HOST,
    **hostile_links.MALFORMED,
    '64 kB': hostile_links.TOO_LONG,
    'parameter of the path': '<{scheme}://{netloc}/api/v1/logs;jsessionid=1?limit=1>; rel="next"',
    'encoded slash': '<{scheme}://{netloc}/api/v1%2flogs?limit=1>; rel="next"',
    'dot segments that come back': '<{scheme}://{netloc}/api/v1/users/../logs?limit=1>; rel="next"',
    'dot segments beyond the path': '<{scheme}://{netloc}/api/v1/logs/../../../etc>; rel="next"',
    'trailing slash': '<{scheme}://{netloc}/api/v1/logs/?limit=1>; rel="next"',
    'capitals in the path': '<{scheme}://{netloc}/API/v1/logs?limit=1>; rel="next"',
    'no path': '<{scheme}://{netloc}?/api/v1/logs>; rel="next"',
    'path in a fragment': '<{scheme}://{netloc}/#/api/v1/logs>; rel="next"',
    'port 0': '<{scheme}://{host}:0{target}>; rel="next"',
    'port with a sign': '<{scheme}://{host}:+1{target}>; rel="next"',
    'empty port': '<{scheme}://{host}:{target}>; rel="next"',
    'Arabic digits in the port': '<{scheme}://{host}:\u0661\u0662{target}>; rel="next"',
    'no host': '<{target}>; rel="next"',
}


@pytest.mark.parametrize('line', FOREIGN_LINKS.values(), ids=FOREIGN_LINKS.keys())
def test_link_to_another_host(okta: OktaSimulator, victim: Victim, line: str) -> None:
    """The events of its page are left for an honest answer, so that they come once."""
    okta.faults.add(faults.LinkHeader(line))
    endure('links to other hosts', victim, okta)
    assert victim.uuids == expected(okta)


@pytest.mark.parametrize('line', OTHER_LINKS.values(), ids=OTHER_LINKS.keys())
def test_link_that_is_odd(okta: OktaSimulator, victim: Victim, line: str) -> None:
    """One that is accepted leads to the System Log of the org, so it does no harm."""
    okta.faults.add(faults.LinkHeader(line))
    endure('odd links', victim, okta, may_succeed=True)
    assert set(victim.uuids) == set(expected(okta))


def test_a_link_from_https_to_http_is_refused(clock: VirtualClock, start_agent: StartAgent, tmp_path: Path) -> None:
    authority = CertificateAuthority.root()
    tls = ServerTls(*authority.server('127.0.0.1').write(tmp_path, 'server'))
    with OktaSimulator(clock=clock, tls=tls) as okta:
        okta.generate(EVENTS, since=NOW - 60, until=NOW - 1, noise_share=0)
        okta.faults.add(faults.NextLink(scheme='http'))
        ca_cert = str(authority.write(tmp_path))
        victim = start_agent({'domain': okta.url, 'api_key': okta.api_key, 'tls_ca_cert': ca_cert})
        result = endure('links to other hosts', victim, okta)
        assert f"'{okta.url.replace('https', 'http')}{LOG_PATH}'" in result.error


@pytest.mark.parametrize('rel', ['next', 'NEXT', 'self next', 'next"; rel="self'])
def test_a_foreign_host_that_listens_hears_nothing(okta: OktaSimulator, victim: Victim, rel: str) -> None:
    with HttpProxy() as foreign:
        okta.faults.add(faults.LinkHeader(f'<http://{foreign.address}{{target}}>; rel="{rel}"'))
        endure('links to other hosts', victim, okta)
        assert foreign.connections == []


# Redirects


REDIRECTS = [300, 301, 302, 303, 304, 305, 307, 308]


@pytest.mark.parametrize(
    ('status', 'where', 'path'),
    [
        *((status, where, LOG_PATH) for status in REDIRECTS for where in ('foreign', 'own host', 'itself')),
        *((status, where, TOKEN_PATH) for status in REDIRECTS for where in ('foreign', 'itself')),
        (302, 'foreign without a scheme', LOG_PATH),
    ],
)
def test_redirect(okta: OktaSimulator, start_agent: StartAgent, status: int, where: str, path: str) -> None:
    credential = {'client_id': okta.client_id, 'client_secret': okta.client_secret}
    victim = start_agent({'domain': okta.url, **(credential if path == TOKEN_PATH else {'api_key': okta.api_key})})
    with HttpProxy() as foreign:
        location = {
            'foreign': f'http://{foreign.address}{path}',
            'foreign without a scheme': f'//{foreign.address}{path}',
            'own host': '/api/v1/users',
            'itself': path,
        }[where]
        okta.faults.add(faults.Redirect(location, status), path=path)
        result = victim.run('redirects')
        assert foreign.connections == []
    assert is_ours(result), result
    assert victim.places == {place_of(okta.url)}
    assert [request.path for request in okta.requests] == [path]


# Bodies


@dataclass(frozen=True)
class Preceded(faults.Fault):
    """The honest page with one more event, written by somebody else, at its start."""

    event: bytes

    def apply(self, answer: Answer) -> Answer:
        return replace(answer, body=b'[' + self.event + b',' + answer.body.strip().removeprefix(b'['))


@dataclass(frozen=True)
class Coded(faults.Fault):
    """The honest body in any coding, under any `Content-Encoding`."""

    name: str
    encode: Callable[[bytes], bytes]

    def apply(self, answer: Answer) -> Answer:
        body = self.encode(answer.body)
        # Sent in one piece and as it is: the simulator compresses nothing that comes in parts.
        delivery = replace(answer.delivery, parts=lambda: iter([body]))
        return replace(answer.with_headers(('Content-Encoding', self.name)), delivery=delivery)


DEEP = 100_000
NO_EVENTS = {
    'empty': b'',
    'blank': b' \r\n\t',
    'null': b'null',
    'object': b'{}',
    'number': b'7',
    'string': b'"[]"',
    'list of lists': b'[[]]',
    'list of numbers': b'[1, 2]',
    'list with a null': b'[{}, null]',
    'NaN': b'[{"uuid": NaN}]',
    'infinity': b'[{"uuid": -Infinity}]',
    'two values': b'[] []',
    'comma at the end': b'[{},]',
    'comment': b'[] // none',
    'HTML': b'<html><body>[]</body></html>',
    'prefix against hijacking': b")]}',\n[]",
    'NUL bytes': b'\0' * 1000,
    'NUL behind the list': b'[]\0',
    'lists, 100,000 deep': b'[' * DEEP + b']' * DEEP,
    'lists, never closed': b'[' * MIB,
    'objects, 100,000 deep': b'[' + b'{"a":' * DEEP + b'1' + b'}' * DEEP + b']',
    'UTF-16': '[]'.encode('utf-16'),
    'UTF-32': '[]'.encode('utf-32'),
    'Latin-1': '[{"displayMessage": "\u00e9t\u00e9"}]'.encode('latin-1'),
    'overlong UTF-8': b'[{"a": "\xc0\xaf"}]',
    'UTF-8 surrogate': b'[{"a": "\xed\xa0\x80"}]',
    'raw control character': b'[{"a": "\x01"}]',
    'one string of 16 MiB': b'"' + b'x' * 16 * MIB + b'"',
    '16 MiB of digits': b'[{"a": ' + b'9' * 16 * MIB + b'}]',
}


@pytest.mark.parametrize('body', NO_EVENTS.values(), ids=NO_EVENTS.keys())
def test_body_that_holds_no_events(okta: OktaSimulator, victim: Victim, body: bytes) -> None:
    okta.faults.add(faults.Body(body), times=None)
    endure('bodies', victim, okta)
    assert victim.uuids == expected(okta)


@dataclass(frozen=True)
class OfGateway(faults.Fault):
    """A page without any header of Okta."""

    page: bytes

    def apply(self, answer: Answer) -> Answer:
        return Answer(403, (('Server', 'x' * 60_000), ('Via', 'v ' * 3_000)), self.page)


PAGES = {
    'titles without end': b'<title' * MIB,
    'titles': b'<title>' * MIB,
    'scripts without end': b'<script>' * MIB,
    'tags without end': b'<' * MIB,
    'entities': b'&#x202e;&#0;&amp' * MIB,
    'nested JSON': b'{"message":' * MIB,
    'message of 16 MiB': b'{"message": "' + b'x ' * 7 * MIB + b'"}',
    'UTF-16': '<title>no</title>'.encode('utf-16'),
    'blanks': b' ' * MIB,
}


@pytest.mark.parametrize('page', PAGES.values(), ids=PAGES.keys())
def test_page_of_a_gateway(okta: OktaSimulator, victim: Victim, page: bytes) -> None:
    okta.faults.add(OfGateway(page[: 15 * MIB]))
    result = endure('pages of gateways', victim, okta)
    assert result.error.startswith('A proxy, gateway, or firewall between the Agent and Okta responded'), result.error
    assert result.error.strip().isprintable() and len(result.error) < 1000, result.error
    assert victim.uuids == expected(okta)


EVENTS_OF_OTHERS = {
    'empty': b'{}',
    'byte order mark in a key': b'{"\xef\xbb\xbfuuid": "a"}',
    'integer of 70 bits': b'{"uuid": 1180591620717411303424}',
    'integer of 4,000 digits': b'{"a": ' + b'9' * 4000 + b'}',
    'float beyond all': b'{"a": 1e400}',
    'minus zero': b'{"published": -0.0}',
    'lone surrogate': b'{"uuid": "\\ud800"}',
    'surrogates in the wrong order': b'{"a": "\\udc00\\ud800"}',
    'duplicate keys': b'{"uuid": "a", "uuid": "b", "published": "x", "published": 3}',
    'NUL in a text': b'{"uuid": "a\\u0000b", "displayMessage": "\\u0000"}',
    'control characters': b'{"displayMessage": "\\u001b[2J\\r\\n\\u0007"}',
    'line break in the id': b'{"uuid": "a\\nb"}',
    'time before the epoch': b'{"uuid": "a", "published": "0001-01-01T00:00:00Z"}',
    'time at the end of time': b'{"uuid": "a", "published": "9999-12-31T23:59:59Z"}',
    'time with a zone beyond the calendar': b'{"uuid": "a", "published": "0001-01-01T00:00:00+23:59"}',
    'time that is none': b'{"uuid": "a", "published": "now"}',
    'every field of another type': b'{"uuid": [], "published": {}, "severity": 1, "target": "x", "displayMessage": {}}',
    'targets of another type': b'{"target": [null, [], {"type": {}, "displayName": []}]}',
    'severity unheard of': b'{"severity": "__proto__"}',
    'field names of the line': b'{"ddtags": "x", "timestamp": 0, "service": "y", "log": {}}',
    'a mebibyte of text': b'{"displayMessage": "' + b'x' * MIB + b'"}',
    'ten thousand fields': b'{' + b','.join(b'"%d": 1' % number for number in range(10_000)) + b'}',
    '200 levels': b'{"a":' * 200 + b'1' + b'}' * 200,
    '900 levels': b'{"a":' * 900 + b'1' + b'}' * 900,
}


@pytest.mark.parametrize('event', EVENTS_OF_OTHERS.values(), ids=EVENTS_OF_OTHERS.keys())
def test_event_between_honest_ones(okta: OktaSimulator, victim: Victim, event: bytes) -> None:
    """The page is refused as a whole and read again, or its honest events are all delivered."""
    okta.faults.add(Preceded(event))
    endure('events', victim, okta, may_succeed=True)
    honest = [line['log'].get('uuid') for line in victim.agent.log_lines()]
    assert [uuid for uuid in honest if uuid in expected(okta)] == expected(okta)


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    'gzip that is none': ('gzip', lambda body: body),
    'deflate that is none': ('deflate', lambda body: body),
    'gzip cut short': ('gzip', lambda body: gzip.compress(body)[:-20]),
    'gzip with a wrong checksum': ('gzip', lambda body: gzip.compress(body)[:-8] + b'\0' * 8),
    'gzip twice, told once': ('gzip', lambda body: gzip.compress(gzip.compress(body))),
    'deflate told as gzip': ('gzip', zlib.compress),
    'brotli, which was not asked for': ('br', lambda body: b'\x0b\x02\x80' + body),
    'zstd, which was not asked for': ('zstd', lambda body: b'\x28\xb5\x2f\xfd' + body),
    'a hundred codings': (', '.join(['gzip'] * 100), gzip.compress),
    'unknown': ('x-unheard-of', lambda body: b'\xff' + body),
}


@pytest.mark.parametrize(('name', 'encode'), CODINGS.values(), ids=CODINGS.keys())
def test_content_encoding(okta: OktaSimulator, victim: Victim, name: str, encode: Callable[[bytes], bytes]) -> None:
    okta.faults.add(Coded(name, encode), times=2)
    endure('codings', victim, okta)
    assert victim.uuids == expected(okta)


# Bounds of memory and time

ENDLESS = {
    'endless body': faults.EndlessBody(),
    'gzip bomb of 4 GiB': faults.GzipBomb(),
}


@pytest.mark.parametrize('fault', ENDLESS.values(), ids=ENDLESS.keys())
@pytest.mark.parametrize('path', [pytest.param(LOG_PATH, id='logs'), pytest.param(TOKEN_PATH, id='token')])
def test_memory_is_bounded(okta: OktaSimulator, start_agent: StartAgent, fault: faults.Fault, path: str) -> None:
    """Of 32 MiB that are read, three times as much is enough."""
    credential = {'client_id': okta.client_id, 'client_secret': okta.client_secret}
    victim = start_agent({'domain': okta.url, **(credential if path == TOKEN_PATH else {'api_key': okta.api_key})})
    okta.faults.add(fault, path=path, times=None)
    tracemalloc.start()
    try:
        result = victim.run('endless bodies')
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    figures = victim.ledger['endless bodies']
    figures.peak_mib = max(figures.peak_mib or 0.0, peak_bytes / MIB)
    assert 'The response is larger than 16 MiB' in result.error
    assert peak_bytes < 3 * 32 * MIB
    okta.faults.clear()
    assert victim.agent.run_checks()[0].status == 'OK'
    assert victim.uuids == expected(okta)


def test_a_body_in_drips_is_bounded_in_time(
    okta: OktaSimulator, victim: Victim, check_clock: ClientClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.client.MAX_BODY_SECONDS', 0.3)
    check_clock.monotonic = time.monotonic  # type: ignore[method-assign]
    okta.faults.add(faults.SlowDrip(0.01))
    result = victim.run('drips')
    assert 'The response took longer than 0.3 seconds' in result.error
    assert victim.ledger['drips'].seconds < 1


@pytest.mark.parametrize(
    'fault',
    [
        pytest.param(faults.HugeHeader(), id='one-of-100-kB'),
        pytest.param(faults.HugeHeader(characters=10, lines=5000), id='5000-lines'),
        pytest.param(faults.HugeHeader(characters=60_000, lines=90), id='90-of-60-kB'),
    ],
)
def test_headers(okta: OktaSimulator, victim: Victim, fault: faults.Fault) -> None:
    okta.faults.add(fault, times=2)
    endure('headers', victim, okta, may_succeed=True)
    assert victim.uuids == expected(okta)


def test_no_cookie_is_kept(okta: OktaSimulator, victim: Victim) -> None:
    @dataclass(frozen=True)
    class Cookie(faults.Fault):
        def apply(self, answer: Answer) -> Answer:
            return answer.with_headers(('Set-Cookie', 'sid=1; Path=/; Domain=127.0.0.1'), ('Set-Cookie', 'lang=en'))

    okta.faults.add(Cookie(), times=None)
    for _ in range(3):
        assert victim.run('headers').status == 'OK'
    assert [request.headers.get('Cookie') for request in okta.requests] == [None] * 3


# What no HTTP library sends


class Impostor(Proxy):
    """Stands where the org is expected: says `answer` while there is one, else passes on to the org."""

    def __init__(self, okta: OktaSimulator) -> None:
        super().__init__()
        self.answer: Callable[[], Iterator[bytes]] | None = None
        self.pause_seconds = 0.0
        self._org = place_of(okta.url)

    @property
    def url(self) -> str:
        return f'http://{self.address}'

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        if self.answer is None:
            await join(reader, writer, *await asyncio.open_connection(*self._org))
            return
        await reader.readuntil(b'\r\n\r\n')
        for part in self.answer():
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(self.pause_seconds)


@pytest.fixture
def impostor(okta: OktaSimulator) -> Iterator[Impostor]:
    with Impostor(okta) as impostor:
        okta.custom_domain = impostor.address
        yield impostor


OK = b'HTTP/1.1 200 OK\r\n'
PAGE = b'Content-Type: application/json\r\nContent-Length: 2\r\nLink: <%s>; rel="next"\r\n\r\n[]'
RAW = {
    'nothing': b'',
    'no HTTP': b'SSH-2.0-OpenSSH_9.9\r\n',
    'HTTP/0.9': b'[]',
    'HTTP/9.9': b'HTTP/9.9 200 OK\r\n\r\n[]',
    'status of four digits': b'HTTP/1.1 2000 OK\r\n\r\n[]',
    'status 0': b'HTTP/1.1 000 OK\r\n\r\n[]',
    'status that is negative': b'HTTP/1.1 -20 OK\r\n\r\n[]',
    'status 999': b'HTTP/1.1 999 No\r\nContent-Length: 2\r\n\r\n[]',
    'status line of 60 kB': b'a' * 60_000 + b'\r\n\r\n',
    'status line of 100 kB': b'HTTP/1.1 200 ' + b'a' * 100_000 + b'\r\n\r\n[]',
    'early hints with a body': b'HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\n[]',
    'switching protocols': b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n[]',
    'no content, with a body': b'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n[]',
    'reset content, with a body': b'HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\n[]',
    'partial content': b'HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\n[]',
    'not modified, with a body': b'HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n[]',
    'header without a colon': OK + b'Nonsense\r\n' + PAGE.replace(b'<%s>', b'<>'),
    'blank before the colon': OK + b'Link : <http://evil.example/api/v1/logs>; rel="next"\r\n\r\n[]',
    'folded header': OK + b'Link: <http://evil.example\r\n /api/v1/logs>; rel="next"\r\nContent-Length: 2\r\n\r\n[]',
    'line feeds alone': b'HTTP/1.1 200 OK\nLink: <http://evil.example/api/v1/logs>; rel="next"\n\n[]',
    'NUL in a header': OK + b'Link: <http://evil\0.example/api/v1/logs>; rel="next"\r\nContent-Length: 2\r\n\r\n[]',
    'escape in a header': OK + b'Link: <http://e\x1b[2Jvil/api/v1/logs>; rel="next"\r\nContent-Length: 2\r\n\r\n[]',
    'carriage return in a header': OK + b'Link: <http://e\rvil/api/v1/logs>; rel="next"\r\nContent-Length: 2\r\n\r\n[]',
    'length that is negative': OK + b'Content-Length: -1\r\n\r\n[]',
    'length in letters': OK + b'Content-Length: two\r\n\r\n[]',
    'two lengths': OK + b'Content-Length: 2\r\nContent-Length: 9\r\n\r\n[]',
    'length of an exabyte': OK + b'Content-Length: 1000000000000000000\r\n\r\n[]',
    'length and chunks': OK + b'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'chunk of no size': OK + b'Transfer-Encoding: chunked\r\n\r\nx\r\n[]\r\n0\r\n\r\n',
    'chunk of a negative size': OK + b'Transfer-Encoding: chunked\r\n\r\n-2\r\n[]\r\n0\r\n\r\n',
    'chunk of an exabyte': OK + b'Transfer-Encoding: chunked\r\n\r\nde0b6b3a7640000\r\n[]',
    'chunk line of 100 kB': OK + b'Transfer-Encoding: chunked\r\n\r\n2;' + b'a' * 100_000 + b'\r\n[]\r\n0\r\n\r\n',
    'coding of the transfer unheard of': OK + b'Transfer-Encoding: x\r\n\r\n[]',
    'two answers at once': (OK + PAGE.replace(b'%s', b'http://evil.example/')) * 2,
}


@pytest.mark.parametrize('answer', RAW.values(), ids=RAW.keys())
def test_answer_that_breaks_the_protocol(
    okta: OktaSimulator, impostor: Impostor, start_agent: StartAgent, answer: bytes
) -> None:
    victim = start_agent({'domain': impostor.url, 'api_key': okta.api_key, 'timeout': 1.5})
    impostor.answer = lambda: iter([answer])
    result = victim.run('broken protocol')
    assert is_ours(result), result
    assert result.error.isprintable() and len(result.error) < 1000, result.error
    assert victim.places == {place_of(impostor.url)}
    impostor.answer = None
    assert victim.agent.run_checks()[0].status == 'OK'
    assert victim.uuids == expected(okta)


def test_a_certificate_that_names_an_issuer_elsewhere_leads_to_no_request(
    clock: VirtualClock, start_agent: StartAgent, tmp_path: Path
) -> None:
    """By default the base package fetches the address in a certificate that it cannot verify (AIA)."""
    with HttpProxy() as elsewhere:
        tls = ServerTls(*certificate_naming(f'http://{elsewhere.address}/issuer').write(tmp_path, 'server'))
        with OktaSimulator(clock=clock, tls=tls) as okta:
            result = start_agent({'domain': okta.url, 'api_key': okta.api_key}).run('certificates')
        assert '`tls_ca_cert`' in result.error
        assert elsewhere.connections == []


def certificate_naming(issuer_url: str) -> Credential:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'org')])
    description = x509.AccessDescription(
        AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(issuer_url)
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'issuer')]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address('127.0.0.1'))]), critical=False)
        .add_extension(x509.AuthorityInformationAccess([description]), critical=False)
        .sign(key, SHA256())
    )
    return Credential((certificate,), key)
