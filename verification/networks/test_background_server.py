# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The port of a server of the tests stays the server's own while the server is stopped."""

from __future__ import annotations

import gc
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import urlsplit

import pytest

from agent_standin import Intake
from okta_simulator import OktaSimulator
from okta_simulator.network import HttpProxy, SocksProxy
from okta_simulator.port import Port

CYCLES = 100

pytestmark = pytest.mark.skipif(sys.platform == 'win32', reason='Windows lets others bind the port')


class Server(Protocol):
    def start(self) -> object: ...

    def stop(self) -> None: ...


def okta_port(okta: OktaSimulator) -> int:
    return urlsplit(okta.url).port or 0


def intake_port(intake: Intake) -> int:
    return urlsplit(intake.url).port or 0


SERVERS = [
    pytest.param(OktaSimulator, okta_port, id='okta simulator'),
    pytest.param(Intake, intake_port, id='intake'),
    pytest.param(HttpProxy, lambda proxy: proxy.port, id='http proxy'),
    pytest.param(SocksProxy, lambda proxy: proxy.port, id='socks proxy'),
]


def can_connect(port: int) -> bool:
    try:
        socket.create_connection(('127.0.0.1', port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def can_bind(port: int) -> bool:
    with socket.socket() as other:
        try:
            other.bind(('127.0.0.1', port))
        except OSError:
            return False
        return True


@contextmanager
def ports_taken_beside() -> Iterator[set[int]]:
    """Take ephemeral ports all the time: as clients, and as servers with and without SO_REUSEADDR."""
    taken: set[int] = set()
    ended = threading.Event()
    grabbed = threading.Event()
    listener = socket.create_server(('127.0.0.1', 0), backlog=1000)

    def grab() -> None:
        held: list[socket.socket] = []
        while not ended.is_set():
            client = socket.create_connection(listener.getsockname())
            server, _ = listener.accept()
            held += [client, server, socket.create_server(('127.0.0.1', 0)), socket.socket()]
            held[-1].bind(('127.0.0.1', 0))
            taken.update(held[index].getsockname()[1] for index in (-4, -2, -1))
            grabbed.set()
            while len(held) > 200:
                held.pop(0).close()
        for each in held:
            each.close()

    thread = threading.Thread(target=grab)
    thread.start()
    try:
        assert grabbed.wait(10)
        yield taken
    finally:
        ended.set()
        thread.join()
        listener.close()


@pytest.mark.parametrize('make, port_of', SERVERS)
def test_a_stopped_server_rejects_connections_and_keeps_its_port(
    make: Callable[[], Server], port_of: Callable[[Server], int]
) -> None:
    server = make()
    server.start()
    port = port_of(server)
    assert can_connect(port)
    server.stop()
    assert not can_connect(port)
    assert not can_bind(port)
    server.start()
    assert (port_of(server), can_connect(port)) == (port, True)
    server.stop()


@pytest.mark.parametrize('make, port_of', SERVERS)
def test_a_server_stops_and_starts_a_hundred_times_where_others_take_ports(
    make: Callable[[], Server], port_of: Callable[[Server], int]
) -> None:
    server = make()
    server.start()
    port = port_of(server)
    with ports_taken_beside() as taken:
        for _ in range(CYCLES):
            server.stop()
            assert not can_connect(port)
            server.start()
            assert port_of(server) == port
    assert can_connect(port)
    server.stop()
    assert len(taken) > CYCLES and port not in taken


def test_a_port_is_given_back_when_its_server_is_left() -> None:
    with OktaSimulator() as okta, Intake() as intake:
        ports = [okta_port(okta), intake_port(intake)]
        assert [can_bind(port) for port in ports] == [False, False]
    assert [can_bind(port) for port in ports] == [True, True]


def test_a_port_is_given_back_when_its_server_is_garbage() -> None:
    port = Port()
    number = port.hold()
    assert not can_bind(number)
    del port
    gc.collect()
    assert can_bind(number)


def test_another_process_may_listen_on_a_port_that_is_held_for_it() -> None:
    """As after the restart of a server: with SO_REUSEADDR, which all servers here set."""
    port = Port()
    with socket.create_server(('127.0.0.1', port.hold())):
        assert can_connect(port.number)
    assert not can_connect(port.number) and not can_bind(port.number)


def test_a_server_does_not_start_on_a_chosen_port_that_is_taken() -> None:
    with socket.create_server(('127.0.0.1', 0)) as other:
        okta = OktaSimulator(port=other.getsockname()[1])
        with pytest.raises(OSError):
            okta.start()
