# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

import gzip
import importlib.util
import socket
import sys
import tracemalloc
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest
from requests import adapters

from datadog_checks.base.utils.http import RequestsWrapper
from datadog_checks.okta_workflows.clock import SystemClock
from datadog_checks.okta_workflows.errors import OktaError, TransientError
from datadog_checks.okta_workflows.okta.auth import ApiKey
from datadog_checks.okta_workflows.okta.client import MAX_BODY_BYTES, MAX_BODY_SECONDS, OktaClient
from datadog_checks.okta_workflows.okta.flow import Flow, Request, attempts
from datadog_checks.okta_workflows.okta.origin import parse_origin
from datadog_checks.okta_workflows.okta.rate_limit import Pause
from datadog_checks.okta_workflows.okta.remedies import CHECK_INTERMEDIARY, WAIT
from okta_simulator import OktaSimulator, VirtualClock, faults
from okta_simulator.answer import Answer, Delivery
from verification.world.scenario import NOW, TIMEOUT_SECONDS

LOGS = '/api/v1/logs'
TOKEN = '/oauth2/v1/token'
FORM = {'grant_type': 'client_credentials', 'scope': 'okta.logs.read'}
MIB = 1024 * 1024

DROPPED = [
    pytest.param(faults.DroppedConnection(), id='dropped-connection'),
    pytest.param(faults.CutBody(), id='cut-body'),
    pytest.param(faults.CutBody(chunked=True), id='cut-chunks'),
]
UNAVAILABLE = [
    pytest.param(faults.Html(502), id='502'),
    pytest.param(faults.Html(503), id='503'),
    pytest.param(faults.Error('E0000010'), id='503-read-only'),
    pytest.param(faults.EmptyBody(504), id='504'),
]
FINAL = [
    pytest.param(faults.Error('E0000001'), 400, id='400'),
    pytest.param(faults.Error('E0000011'), 401, id='401'),
    pytest.param(faults.Error('E0000006'), 403, id='403'),
    pytest.param(faults.Error('E0000008'), 404, id='404'),
    pytest.param(faults.RateLimited(), 429, id='429'),
    pytest.param(faults.Error('E0000009'), 500, id='500'),
    pytest.param(faults.Error('E0000053', status=500), 500, id='500-with-another-code'),
    pytest.param(faults.EmptyBody(501), 501, id='501'),
    pytest.param(faults.EmptyBody(204), 204, id='204'),
    pytest.param(faults.Redirect('https://evil.example/'), 302, id='302'),
]


def get(client: OktaClient, okta: OktaSimulator) -> Any:
    return client.get(f'{okta.url}{LOGS}', ApiKey(okta.api_key))


def post(client: OktaClient, okta: OktaSimulator) -> Any:
    basic = b64encode(f'{okta.client_id}:{okta.client_secret}'.encode()).decode()
    request = Request('POST', f'{okta.url}{TOKEN}', {'Authorization': f'Basic {basic}'}, FORM)
    return client.send(attempts(lambda: request))


def pause_seconds(client: OktaClient) -> float:
    """How long no request may be made; 0 when one may."""
    return client.pause.seconds if client.pause is not None else 0.0


def client_of(
    okta: OktaSimulator, instance: dict[str, Any] | None = None, timeout_seconds: tuple[float, float] = TIMEOUT_SECONDS
) -> OktaClient:
    return OktaClient(RequestsWrapper(instance or {}, {}), parse_origin(okta.url), timeout_seconds, SystemClock())


@dataclass
class Peer:
    """Sends the same bytes to every request and then nothing more until the client gives up."""

    answer: bytes
    requests: list[bytes] = field(default_factory=list)
    url: str = ''
    closing: Event = field(default_factory=Event)

    @contextmanager
    def serving(self) -> Iterator[OktaClient]:
        peer = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                peer.requests.append(self.rfile.readline())
                while self.rfile.readline().strip():
                    pass
                self.wfile.write(peer.answer)
                peer.closing.wait()

        with ThreadingTCPServer(('127.0.0.1', 0), Handler) as server:
            thread = Thread(target=server.serve_forever, kwargs={'poll_interval': 0.01})
            thread.start()
            self.url = f'http://127.0.0.1:{server.server_address[1]}'
            try:
                yield OktaClient(RequestsWrapper({}, {}), parse_origin(self.url), (5.0, 0.2), SystemClock())
            finally:
                self.closing.set()
                server.shutdown()
                thread.join()


def test_a_page_is_fetched_with_the_credential_and_a_wish_for_json(client: OktaClient, okta: OktaSimulator) -> None:
    assert get(client, okta).json() == []
    (request,) = okta.requests
    assert request.method == 'GET'
    sent = [value for name, value in request.headers.items() if name.lower() == 'authorization']
    assert sent == [f'SSWS {okta.api_key}']
    assert request.headers['Accept'] == 'application/json'
    assert 'gzip' in request.headers['Accept-Encoding']


def test_a_form_is_posted_with_basic_authentication(client: OktaClient, okta: OktaSimulator) -> None:
    response = post(client, okta)
    assert response.json()['token_type'] == 'Bearer'
    (request,) = okta.requests
    assert request.method == 'POST'
    assert request.headers['Content-Type'] == 'application/x-www-form-urlencoded'
    assert request.headers['Accept'] == 'application/json'
    assert request.body == 'grant_type=client_credentials&scope=okta.logs.read'


@pytest.mark.parametrize('fault', [faults.DroppedConnection(), faults.Html(503)], ids=['dropped', '503'])
def test_headers_and_form_are_made_for_each_attempt(
    fault: faults.Fault, client: OktaClient, okta: OktaSimulator
) -> None:
    """What is signed must not be sent twice."""
    number = count(1)
    okta.faults.add(fault)
    okta.faults.add(fault, path=TOKEN)

    def page() -> Request:
        headers = {'Authorization': f'SSWS {okta.api_key}', 'X-Number': str(next(number))}
        return Request('GET', f'{okta.url}{LOGS}', headers)

    def token() -> Request:
        form = {**FORM, 'number': str(next(number))}
        return Request('POST', f'{okta.url}{TOKEN}', {'X-Number': str(next(number))}, form)

    client.send(attempts(page))
    with pytest.raises(OktaError, match='invalid_client'):
        client.send(attempts(token))
    assert [request.headers['X-Number'] for request in okta.requests] == ['1', '2', '4', '6']
    assert [request.body[-1:] for request in okta.requests[2:]] == ['3', '5']


def test_a_flow_without_requests_sends_none_and_gives_its_result(client: OktaClient, okta: OktaSimulator) -> None:
    assert client.send(ApiKey(okta.api_key).describe()) == 'The API token is tried with the System Log'
    assert get(client, okta).status_code == 200
    assert len(okta.requests) == 1


def test_a_flow_is_sent_each_response_and_has_each_error_thrown_into_it(
    client: OktaClient, okta: OktaSimulator
) -> None:
    request = Request('GET', f'{okta.url}{LOGS}', {'Authorization': f'SSWS {okta.api_key}'})

    def flow() -> Flow[tuple[int, str]]:
        with pytest.raises(OktaError) as failed:
            yield replace(request, headers={})
        response = yield request
        return response.status_code, failed.value.code

    assert client.send(flow()) == (200, 'E0000005')
    assert [request.status for request in okta.requests] == [403, 200]


@pytest.mark.parametrize('name', ['Authorization', 'authorization', 'AUTHORIZATION'])
@pytest.mark.parametrize('option', ['headers', 'extra_headers'])
def test_configured_headers_cannot_replace_the_credential(option: str, name: str, okta: OktaSimulator) -> None:
    client = client_of(okta, {option: {name: 'Bearer foreign', 'X-Route': 'blue'}})
    get(client, okta)
    post(client, okta)
    assert [request.status for request in okta.requests] == [200, 200]
    for request in okta.requests:
        assert 'foreign' not in str(request.headers)
        assert request.headers['X-Route'] == 'blue'


@pytest.mark.parametrize('name', ['DPoP', 'dpop'])
def test_configured_headers_cannot_replace_a_proof(name: str, okta: OktaSimulator) -> None:
    client = client_of(okta, {'extra_headers': {name: 'foreign'}})
    headers = {'Authorization': f'SSWS {okta.api_key}', 'DPoP': 'own'}
    client.send(attempts(lambda: Request('GET', f'{okta.url}{LOGS}', headers)))
    assert okta.requests[0].headers.getall('DPoP') == ['own']


@pytest.mark.parametrize('option', ['headers', 'extra_headers'])
def test_configured_headers_cannot_ask_for_anything_but_json(option: str, okta: OktaSimulator) -> None:
    get(client_of(okta, {option: {'Accept': 'text/html'}}), okta)
    assert okta.requests[0].headers['Accept'] == 'application/json'


def test_a_netrc_file_cannot_replace_the_credential(
    okta: OktaSimulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / 'netrc'
    netrc.write_text('machine 127.0.0.1 login foreign password foreign\n')
    netrc.chmod(0o600)
    monkeypatch.setenv('NETRC', str(netrc))
    client = client_of(okta)
    get(client, okta)
    post(client, okta)
    assert [request.status for request in okta.requests] == [200, 200]


@pytest.mark.parametrize('status', [301, 302, 303, 307, 308])
@pytest.mark.parametrize('instance', [{}, {'allow_redirects': True}], ids=['default', 'allow-redirects'])
def test_no_redirect_is_followed(status: int, instance: dict[str, Any], okta: OktaSimulator) -> None:
    with OktaSimulator() as elsewhere:
        client = client_of(okta, instance)
        okta.faults.add(faults.Redirect(f'{elsewhere.url}{LOGS}', status))
        okta.faults.add(faults.Redirect(f'{elsewhere.url}{TOKEN}', status), path=TOKEN)
        with pytest.raises(OktaError, match=f'status {status}.*Check `domain`') as refused:
            get(client, okta)
        assert refused.value.status == status
        with pytest.raises(OktaError, match=f'status {status}'):
            post(client, okta)
        assert elsewhere.requests == []
    assert len(okta.requests) == 2


def test_a_redirect_on_the_same_host_is_not_followed_either(client: OktaClient, okta: OktaSimulator) -> None:
    okta.faults.add(faults.Redirect(f'{okta.url}{LOGS}?moved=1'))
    with pytest.raises(OktaError, match='status 302'):
        get(client, okta)
    assert len(okta.requests) == 1


@pytest.mark.parametrize('fault', [*DROPPED, *UNAVAILABLE])
def test_what_passes_at_once_is_tried_a_second_time(
    fault: faults.Fault, client: OktaClient, okta: OktaSimulator
) -> None:
    okta.generate(20)
    okta.faults.add(fault)
    okta.faults.add(fault, path=TOKEN)
    assert len(get(client, okta).json()) == 20
    first, second = okta.requests
    assert second.query_string == first.query_string
    assert post(client, okta).status_code == 200


@pytest.mark.parametrize('fault', [*DROPPED, *UNAVAILABLE])
def test_what_does_not_pass_is_tried_no_third_time(
    fault: faults.Fault, client: OktaClient, okta: OktaSimulator
) -> None:
    okta.generate(20)
    okta.faults.add(fault, times=None)
    with pytest.raises(TransientError, match='No action needed: the next run retries'):
        get(client, okta)
    assert len(okta.requests) == 2


def test_the_second_attempt_may_fail_in_another_way(client: OktaClient, okta: OktaSimulator) -> None:
    okta.faults.add(faults.DroppedConnection())
    okta.faults.add(faults.Error('E0000011'))
    with pytest.raises(OktaError, match='E0000011') as refused:
        get(client, okta)
    assert refused.value.status == 401
    assert len(okta.requests) == 2


@pytest.mark.parametrize(('fault', 'status'), FINAL)
def test_any_other_answer_is_final(fault: faults.Fault, status: int, client: OktaClient, okta: OktaSimulator) -> None:
    okta.faults.add(fault)
    with pytest.raises(OktaError, match=rf'\(GET {okta.url}{LOGS}: status {status}') as refused:
        get(client, okta)
    assert refused.value.status == status
    assert not isinstance(refused.value, TransientError)
    assert len(okta.requests) == 1


def test_no_answer_in_time_is_final(okta: OktaSimulator) -> None:
    okta.faults.add(faults.Silence(), times=None)
    with pytest.raises(OktaError, match='sent no data for 0.2 seconds') as refused:
        get(client_of(okta, timeout_seconds=(5.0, 0.2)), okta)
    assert not isinstance(refused.value, TransientError)
    assert len(okta.requests) == 1


def test_an_answer_within_the_read_timeout_counts(okta: OktaSimulator) -> None:
    """The timeout of the client counts, not that of the wrapper, whose default is too short for Okta."""
    okta.faults.add(faults.Slow(0.3))
    assert get(client_of(okta, {'timeout': 0.1}), okta).status_code == 200


def test_a_body_that_stalls_is_no_answer_in_time_and_final() -> None:
    peer = Peer(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{')
    with peer.serving() as client:
        with pytest.raises(OktaError, match='sent no data for 0.2 seconds') as refused:
            client.get(f'{peer.url}{LOGS}')
    assert not isinstance(refused.value, TransientError)
    assert len(peer.requests) == 1


def test_a_body_that_cannot_be_unpacked_is_final() -> None:
    peer = Peer(b'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope')
    with peer.serving() as client:
        with pytest.raises(OktaError, match='The response is not usable') as refused:
            client.get(f'{peer.url}{LOGS}')
    assert not isinstance(refused.value, TransientError)
    assert len(peer.requests) == 1


def test_a_file_that_no_option_names_is_not_blamed_on_one(
    client: OktaClient, okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, 'Permission denied')

    monkeypatch.setattr(RequestsWrapper, 'get', fail)
    with pytest.raises(
        OktaError, match=r'The request failed \(GET .*: PermissionError: .*\). Check `domain`'
    ) as failed:
        get(client, okta)
    assert 'tls_' not in str(failed.value)


def test_an_answer_that_is_no_http_is_reported() -> None:
    peer = Peer(b'SSH-2.0-OpenSSH_9.9\r\n')
    with peer.serving() as client, pytest.raises(OktaError, match=f'GET {peer.url}{LOGS}: '):
        client.get(f'{peer.url}{LOGS}')


def test_a_refused_connection_is_final(okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(okta)
    okta.stop()
    attempts = count_connections(monkeypatch)
    with pytest.raises(
        OktaError, match=r'The connection to .* failed \(.*ConnectionRefusedError.*Check `domain`'
    ) as refused:
        get(client, okta)
    assert not isinstance(refused.value, TransientError)
    assert len(attempts) == 1


def test_an_unknown_host_is_final(okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, 'Name or service not known')

    monkeypatch.setattr('urllib3.util.connection.socket.getaddrinfo', unknown)
    with pytest.raises(OktaError, match='Name or service not known.*Check `domain`'):
        get(client_of(okta), okta)


def test_a_connection_that_is_not_made_in_time_is_final(okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    attempts = count_connections(monkeypatch, error=TimeoutError('timed out'))
    with pytest.raises(OktaError, match='was not established within 5 seconds.*`proxy`') as refused:
        get(client_of(okta), okta)
    assert not isinstance(refused.value, TransientError)
    assert len(attempts) == 1


@pytest.mark.filterwarnings('ignore:SOCKS support')
def test_a_socks_proxy_without_pysocks_is_named(okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """`requests` decides when it is imported whether it can use one, so a second copy of it is imported."""
    monkeypatch.setitem(sys.modules, 'socks', None)
    monkeypatch.delitem(sys.modules, 'urllib3.contrib.socks', raising=False)
    monkeypatch.delattr('urllib3.contrib.socks', raising=False)
    spec = adapters.__spec__
    assert spec is not None and spec.loader is not None
    without_socks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(without_socks)
    monkeypatch.setattr(adapters, 'SOCKSProxyManager', without_socks.SOCKSProxyManager)
    with pytest.raises(OktaError, match='lacks PySocks .*Set `proxy` to an HTTP proxy, or install PySocks'):
        get(client_of(okta, {'proxy': {'http': 'socks5://127.0.0.1:9'}}), okta)
    assert okta.requests == []


def test_an_unknown_kind_of_proxy_is_named_without_its_password(okta: OktaSimulator) -> None:
    with pytest.raises(OktaError) as failed:
        get(client_of(okta, {'proxy': {'http': 'socks6://mara:no@127.0.0.1:9'}}), okta)
    assert failed.value.what.startswith(f'The proxy did not connect to {okta.url.removeprefix("http://")} (')
    assert 'socks6://********@127.0.0.1:9' in failed.value.what


def test_a_proxy_that_cannot_be_reached_is_named(okta: OktaSimulator) -> None:
    with OktaSimulator() as gone:
        proxy = gone.url
    with pytest.raises(OktaError, match='The proxy did not connect to .*Check the address, user name, and password'):
        get(client_of(okta, {'proxy': {'http': proxy}}), okta)
    assert okta.requests == []


def test_a_peer_without_tls_is_a_failure_of_tls(okta: OktaSimulator) -> None:
    url = okta.url.replace('http://', 'https://')
    client = OktaClient(RequestsWrapper({}, {}), parse_origin(url), TIMEOUT_SECONDS, SystemClock())
    with pytest.raises(OktaError, match='The TLS handshake with .* failed.*proxy or firewall'):
        client.get(f'{url}{LOGS}')
    assert okta.requests == []


# Okta's time


@pytest.mark.parametrize('skew_seconds', [-7200.0, 0.0, 600.0])
@pytest.mark.parametrize('path', [LOGS, TOKEN])
def test_the_time_of_okta_is_read_off_every_answer(
    path: str, skew_seconds: float, client: OktaClient, okta: OktaSimulator, clock: VirtualClock
) -> None:
    assert client.okta_time() == NOW
    okta.date_skew_seconds = skew_seconds
    okta.faults.add(faults.Error('E0000009'), path=path)
    with pytest.raises(OktaError):
        get(client, okta) if path == LOGS else post(client, okta)
    assert client.okta_clock.ahead_seconds == skew_seconds
    clock.advance(60)
    assert client.okta_time() == NOW + 60 + skew_seconds


def test_an_answer_without_a_time_changes_nothing(client: OktaClient, okta: OktaSimulator) -> None:
    okta.date_skew_seconds = 600
    get(client, okta)
    okta.faults.add(faults.NoDate())
    okta.date_skew_seconds = 0
    get(client, okta)
    assert client.okta_clock.ahead_seconds == 600


# Bodies without end

Send = Callable[[OktaClient, OktaSimulator], Any]
ENDPOINTS = [pytest.param(get, LOGS, id='log'), pytest.param(post, TOKEN, id='token')]


@dataclass(frozen=True)
class WithStatus(faults.Fault):
    """Another fault under another status."""

    fault: faults.Fault
    status: int

    def apply(self, answer: Answer) -> Answer:
        return replace(self.fault.apply(answer), status=self.status)


@pytest.fixture
def real_time(client: OktaClient) -> None:
    client.clock = SystemClock()


@pytest.mark.usefixtures('real_time')
@pytest.mark.parametrize(('send', 'path'), ENDPOINTS)
@pytest.mark.parametrize('status', [200, 400, 401, 500, 503])
@pytest.mark.parametrize(
    'fault', [pytest.param(faults.EndlessBody(), id='endless'), pytest.param(faults.GzipBomb(), id='gzip-bomb')]
)
def test_a_body_without_end_costs_bounded_memory_and_one_request(
    fault: faults.Fault,
    status: int,
    send: Send,
    path: str,
    client: OktaClient,
    okta: OktaSimulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.client.MAX_BODY_BYTES', 4 * MIB)
    okta.faults.add(WithStatus(fault, status), path=path, times=None)
    tracemalloc.start()
    try:
        with pytest.raises(
            OktaError, match=rf'larger than 4 MiB \(.*{path}: status {status}, [0-9]+ bytes so far\)'
        ) as refused:
            send(client, okta)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.status == status
    assert refused.value.next_step == CHECK_INTERMEDIARY
    assert len(okta.requests) == 1
    # The simulator's own blocks count too.
    assert peak_bytes < 12 * MIB


@pytest.mark.usefixtures('real_time')
@pytest.mark.parametrize(('send', 'path'), ENDPOINTS)
@pytest.mark.parametrize('status', [200, 401, 503])
def test_a_body_that_drips_costs_bounded_time_and_one_request(
    status: int, send: Send, path: str, client: OktaClient, okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.client.MAX_BODY_SECONDS', 0.1)
    okta.generate(20)
    okta.faults.add(WithStatus(faults.SlowDrip(0.01), status), path=path, times=None)
    began = monotonic()
    with pytest.raises(OktaError, match='took longer than 0.1 seconds.*bandwidth') as refused:
        send(client, okta)
    assert monotonic() - began < 2
    assert refused.value.status == status
    assert len(okta.requests) == 1


def test_the_bounds_leave_room_for_any_page_of_okta() -> None:
    """A thousand events are 2 or 3 MB."""
    assert MAX_BODY_BYTES >= 5 * 3 * MIB
    assert MAX_BODY_SECONDS >= 60


def test_a_body_of_exactly_the_limit_is_whole(
    client: OktaClient, okta: OktaSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = b'[' + b' ' * 9998 + b']'
    monkeypatch.setattr('datadog_checks.okta_workflows.okta.client.MAX_BODY_BYTES', 10_000)
    okta.faults.add(faults.Body(body))
    assert get(client, okta).content == body
    okta.faults.add(faults.Body(body + b' '))
    with pytest.raises(OktaError, match=r'10001 bytes so far\)'):
        get(client, okta)


@dataclass(frozen=True)
class InPieces(faults.Fault):
    """The honest body in pieces of so many bytes, packed or not."""

    size_bytes: int
    packed: bool

    def apply(self, answer: Answer) -> Answer:
        body = gzip.compress(answer.body) if self.packed else answer.body
        coding = (('Content-Encoding', 'gzip'),) if self.packed else ()

        def parts() -> Iterator[bytes]:
            return (body[begin : begin + self.size_bytes] for begin in range(0, len(body), self.size_bytes))

        return replace(answer.with_headers(*coding), delivery=Delivery(parts=parts))


@pytest.mark.parametrize('packed', [False, True], ids=['plain', 'gzip'])
@pytest.mark.parametrize('size_bytes', [1, 7, 100_000])
def test_a_body_in_pieces_is_put_together(
    size_bytes: int, packed: bool, client: OktaClient, okta: OktaSimulator
) -> None:
    okta.generate(3 if size_bytes == 1 else 200)
    okta.faults.add(InPieces(size_bytes, packed))
    assert client.get(f'{okta.url}{LOGS}?limit=1000', ApiKey(okta.api_key)).json() == okta.events


@pytest.mark.parametrize('encoding', ['gzip', 'identity'])
@pytest.mark.parametrize('chunked', [False, True], ids=['length', 'chunks'])
@pytest.mark.parametrize(('send', 'path'), ENDPOINTS)
@pytest.mark.parametrize('share', [0.0, 0.5, 0.99])
def test_a_body_that_is_cut_is_a_dropped_connection(
    share: float, send: Send, path: str, chunked: bool, encoding: str, okta: OktaSimulator
) -> None:
    """However it is packed and framed, it is never taken for whole, and asked for once more."""
    client = client_of(okta, {'headers': {'Accept-Encoding': encoding}})
    okta.generate(50)
    okta.faults.add(faults.CutBody(share, chunked), path=path)
    assert send(client, okta).status_code == 200
    okta.requests.clear()
    okta.faults.add(faults.CutBody(share, chunked), path=path, times=2)
    with pytest.raises(TransientError, match='The connection was closed before') as dropped:
        send(client, okta)
    assert dropped.value.next_step == WAIT
    assert len(okta.requests) == 2


FAILURES = [*DROPPED, *UNAVAILABLE, *(pytest.param(param.values[0], id=param.id) for param in FINAL)]


@pytest.mark.parametrize('fault', FAILURES)
def test_no_failure_shows_the_query_or_the_credential(
    fault: faults.Fault, client: OktaClient, okta: OktaSimulator
) -> None:
    okta.faults.add(fault, times=None)
    with pytest.raises(OktaError) as failed:
        client.get(f'{okta.url}{LOGS}?filter=secret-filter', ApiKey(okta.api_key))
    line = str(failed.value)
    assert line.isprintable()
    assert f'GET {okta.url}{LOGS}:' in line
    assert 'secret-filter' not in line
    assert okta.api_key not in line


def test_a_refusal_shows_the_request_id_of_okta(client: OktaClient, okta: OktaSimulator) -> None:
    okta.faults.add(faults.Error('E0000009'))
    with pytest.raises(OktaError, match=r'E0000009 "Internal Server Error", request id [0-9a-f]{32}'):
        get(client, okta)


@pytest.mark.parametrize('skew_seconds', [0.0, -7200.0, 7200.0], ids=['none', 'slow', 'fast'])
def test_429_pauses_until_the_reset_by_the_servers_clock(
    skew_seconds: float, client: OktaClient, okta: OktaSimulator, clock: VirtualClock
) -> None:
    okta.date_skew_seconds = skew_seconds
    okta.faults.add(faults.RateLimited(reset_in_seconds=30))
    with pytest.raises(OktaError, match='E0000047') as refused:
        get(client, okta)
    assert refused.value.wait_seconds == pause_seconds(client) == 31.0
    clock.advance(30.0)
    assert pause_seconds(client) == 1.0
    clock.advance(1.0)
    assert pause_seconds(client) == 0.0
    get(client, okta)


@dataclass(frozen=True)
class CutRejection(faults.Fault):
    """A rejection whose body breaks off."""

    rejection: faults.Fault

    def apply(self, answer: Answer) -> Answer:
        return faults.CutBody().apply(self.rejection.apply(answer))


def test_a_429_whose_body_breaks_off_pauses_as_well(client: OktaClient, okta: OktaSimulator) -> None:
    """The head says all: to repeat the request at once would only be rejected again."""
    okta.faults.add(CutRejection(faults.RateLimited(reset_in_seconds=30)))
    with pytest.raises(OktaError, match='status 429'):
        get(client, okta)
    assert pause_seconds(client) == pytest.approx(31, abs=1)
    assert len(okta.requests) == 1


def test_a_rejection_whose_body_breaks_off_is_still_oktas(client: OktaClient, okta: OktaSimulator) -> None:
    okta.faults.add(CutRejection(faults.Error('E0000006')))
    with pytest.raises(OktaError, match='status 403, request id') as rejected:
        get(client, okta)
    assert rejected.value.is_from_okta


def test_429_without_rate_limit_headers_pauses_for_a_minute(client: OktaClient, okta: OktaSimulator) -> None:
    okta.rate_limit_headers = False
    okta.faults.add(faults.RateLimited())
    with pytest.raises(OktaError, match='status 429'):
        get(client, okta)
    assert pause_seconds(client) == 60.0


def test_429_of_the_token_endpoint_pauses_too(client: OktaClient, okta: OktaSimulator) -> None:
    okta.faults.add(faults.RateLimited(reset_in_seconds=10), path=TOKEN)
    with pytest.raises(OktaError, match=rf'\(POST {okta.url}{TOKEN}: status 429'):
        post(client, okta)
    assert pause_seconds(client) == 11.0


@dataclass(frozen=True)
class RetryAfter(faults.Fault):
    """Another fault with a `Retry-After` header."""

    fault: faults.Fault
    value: str

    def apply(self, answer: Answer) -> Answer:
        return self.fault.apply(answer).with_headers(('Retry-After', self.value))


@pytest.mark.parametrize('fault', [faults.Error('E0000010'), faults.Html(503)], ids=['okta', 'gateway'])
@pytest.mark.parametrize(
    ('value', 'seconds'),
    [
        pytest.param('120', 120.0, id='seconds'),
        pytest.param('Mon, 23 Nov 2026 03:04:45 GMT', 120.0, id='date'),
        pytest.param('0', 1.0, id='at-once'),
        pytest.param('86400', 600.0, id='a-day'),
    ],
)
def test_503_with_retry_after_pauses_and_is_not_tried_again_at_once(
    value: str, seconds: float, fault: faults.Fault, client: OktaClient, okta: OktaSimulator
) -> None:
    okta.faults.add(RetryAfter(fault, value))
    with pytest.raises(OktaError, match='status 503') as refused:
        get(client, okta)
    assert len(okta.requests) == 1
    assert pause_seconds(client) == seconds
    assert client.pause == Pause(seconds, refused.value.what, refused.value.next_step)


@pytest.mark.parametrize(('value', 'seconds'), [('90', 90.0), ('5', 31.0), ('soon', 31.0)])
def test_429_pauses_for_the_longer_of_reset_and_retry_after(
    value: str, seconds: float, client: OktaClient, okta: OktaSimulator
) -> None:
    okta.faults.add(RetryAfter(faults.RateLimited(reset_in_seconds=30), value))
    with pytest.raises(OktaError, match='status 429'):
        get(client, okta)
    assert pause_seconds(client) == seconds


def test_502_with_retry_after_is_tried_again(client: OktaClient, okta: OktaSimulator) -> None:
    okta.faults.add(RetryAfter(faults.Html(502), '120'))
    assert get(client, okta).status_code == 200
    assert pause_seconds(client) == 0.0


def test_the_reserve_of_the_rate_limit_is_the_reason_of_a_pause(client: OktaClient, okta: OktaSimulator) -> None:
    while pause_seconds(client) == 0.0:
        get(client, okta)
    assert str(client.pause) == (
        f"Pausing for {pause_seconds(client):.0f} seconds: Okta's rate limit for {okta.url} is nearly exhausted "
        '(6 of 60 requests are left until the reset)'
    )


def test_a_gateway_that_wants_a_client_certificate_is_named(client: OktaClient, okta: OktaSimulator) -> None:
    okta.faults.add(faults.ClientCertificateRequired())
    with pytest.raises(OktaError) as refused:
        get(client, okta)
    assert str(refused.value) == (
        'A server between the Agent and Okta requires a client certificate that it accepts '
        f'(GET {okta.url}{LOGS}: status 400, page "400 No required SSL certificate was sent", Server nginx). '
        'Set `tls_cert` and `tls_private_key` to a client certificate for that server and its key. If they are set, '
        'check whether the certificate has expired.'
    )


def test_the_concurrency_limit_pauses(client: OktaClient, okta: OktaSimulator) -> None:
    okta.faults.add(faults.ConcurrencyLimited(reset_in_seconds=5))
    with pytest.raises(OktaError, match='status 429'):
        get(client, okta)
    assert pause_seconds(client) == 6.0


def test_there_is_no_pause_before_the_first_request_or_while_enough_is_left(
    client: OktaClient, okta: OktaSimulator
) -> None:
    assert pause_seconds(client) == 0.0
    assert get(client, okta).status_code == 200
    assert client.rate_limit is not None
    assert pause_seconds(client) == 0.0


def test_the_pause_begins_when_only_the_reserve_is_left(
    client: OktaClient, okta: OktaSimulator, clock: VirtualClock
) -> None:
    """A token may use 60 of 120 requests; the last six of these stay for others."""
    requests = 0
    while pause_seconds(client) == 0.0:
        assert get(client, okta).status_code == 200
        requests += 1
    assert requests == 60 - 6
    clock.advance(pause_seconds(client))
    assert get(client, okta).status_code == 200
    assert pause_seconds(client) == 0.0


def test_the_rate_limit_of_the_last_page_is_known(client: OktaClient, okta: OktaSimulator) -> None:
    assert client.rate_limit is None
    get(client, okta)
    assert client.rate_limit is not None
    assert (client.rate_limit.limit, client.rate_limit.remaining) == (60, 59)


def test_without_rate_limit_headers_there_is_no_pause(client: OktaClient, okta: OktaSimulator) -> None:
    okta.rate_limit_headers = False
    assert get(client, okta).status_code == 200
    assert pause_seconds(client) == 0.0


def test_of_doubled_rate_limit_headers_the_least_favourable_counts(client: OktaClient, okta: OktaSimulator) -> None:
    reset = int(okta.clock.now()) + 100
    okta.faults.add(faults.DoubledRateLimit(limit=120, remaining=0, reset=reset))
    get(client, okta)
    assert pause_seconds(client) == 101.0


def count_connections(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> list[Any]:
    """Record every connection that is asked for; with `error` none is made."""
    from urllib3.util import connection

    connect = connection.create_connection
    attempts: list[Any] = []

    def counting(address: Any, *arguments: Any, **options: Any) -> Any:
        attempts.append(address)
        if error is not None:
            raise error
        return connect(address, *arguments, **options)

    monkeypatch.setattr(connection, 'create_connection', counting)
    return attempts
