# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The common base of the HTTP and the SOCKS proxy: a server on a background thread that joins two connections."""

from __future__ import annotations

import asyncio
import socket
from abc import abstractmethod
from asyncio import StreamReader, StreamWriter
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum

from okta_simulator.background_server import BackgroundServer

BLOCK_BYTES = 65_536


class Conduct(Enum):
    SERVE = 'serve'
    REFUSE = 'refuse'
    """Reject every destination."""
    HANG = 'hang'
    """Accept the connection, and never respond."""
    REFUSE_CREDENTIALS = 'refuse credentials'
    """Reject every user name and password, even the right ones."""


@dataclass(frozen=True)
class Connection:
    """One attempt of a client to connect to a destination."""

    host: str
    """The host as the client named it, which shows whether the client or the proxy resolves names."""
    port: int
    username: str | None
    password: str | None
    served: bool


class Refused(Exception):
    """Rejects the client: `answer` is sent to it, and the connection is closed."""

    def __init__(self, answer: bytes) -> None:
        super().__init__(answer)
        self.answer = answer


class Proxy(BackgroundServer):
    """Listens on 127.0.0.1 between `start` and `stop`. You can set `conduct` at any time.

    With `username` and `password`, the proxy serves only clients that send them.
    """

    def __init__(self, username: str | None = None, password: str | None = None) -> None:
        super().__init__('proxy')
        self.username = username
        self.password = password
        self.conduct = Conduct.SERVE
        self.connections: list[Connection] = []

    @property
    def address(self) -> str:
        return f'127.0.0.1:{self.port}'

    @abstractmethod
    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Serve one client. Raises `Refused` to reject it."""

    def admits(self, username: str | None, password: str | None) -> bool:
        if self.conduct is Conduct.REFUSE_CREDENTIALS:
            return False
        return self.username is None or (username, password) == (self.username, self.password)

    def record(self, host: str, port: int, username: str | None, password: str | None, *, served: bool) -> None:
        self.connections.append(Connection(host, port, username, password, served))

    async def _serve(self, listener: socket.socket, ready: Future[None], stopping: asyncio.Event) -> None:
        server = await asyncio.start_server(self._handle, sock=listener)
        ready.set_result(None)
        await stopping.wait()
        server.close()
        server.close_clients()
        await server.wait_closed()

    async def _handle(self, reader: StreamReader, writer: StreamWriter) -> None:
        try:
            if self.conduct is Conduct.HANG:
                # Wait until the client gives up.
                await reader.read(-1)
            else:
                await self.serve(reader, writer)
        except Refused as refused:
            writer.write(refused.answer)
        except (asyncio.IncompleteReadError, OSError):
            # The client or the destination closed the connection.
            pass
        finally:
            writer.close()


async def join(reader: StreamReader, writer: StreamWriter, far_reader: StreamReader, far_writer: StreamWriter) -> None:
    """Forward bytes in both directions until one side ends."""
    ways = (asyncio.create_task(_carry(reader, far_writer)), asyncio.create_task(_carry(far_reader, writer)))
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for way in ways:
            way.cancel()
        far_writer.close()


async def _carry(reader: StreamReader, writer: StreamWriter) -> None:
    with suppress(OSError):
        while block := await reader.read(BLOCK_BYTES):
            writer.write(block)
            await writer.drain()
