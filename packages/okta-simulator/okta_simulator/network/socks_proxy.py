# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A SOCKS5 proxy (RFC 1928) that can require a user name and password (RFC 1929)."""

from __future__ import annotations

import asyncio
import ipaddress
from asyncio import StreamReader, StreamWriter

from .proxy import Conduct, Proxy, Refused, join

VERSION = 5
NO_AUTHENTICATION, BY_PASSWORD, NO_ACCEPTABLE_METHOD = 0x00, 0x02, 0xFF
CONNECT = 1
SUCCEEDED, FORBIDDEN, UNREACHABLE, UNKNOWN_COMMAND = 0, 2, 4, 7
IPV4, NAME, IPV6 = 1, 3, 4


class SocksProxy(Proxy):
    @property
    def url(self) -> str:
        """The URL, without credentials. The client resolves names; with `socks5h` the proxy would resolve them."""
        return f'socks5://{self.address}'

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        username, password = await self._authenticate(reader, writer)
        _, command, _, kind = await reader.readexactly(4)
        host = await _host(reader, kind)
        port = int.from_bytes(await reader.readexactly(2))
        served = self.conduct is not Conduct.REFUSE
        self.record(host, port, username, password, served=served)
        if not served:
            raise Refused(_reply(FORBIDDEN))
        if command != CONNECT:
            raise Refused(_reply(UNKNOWN_COMMAND))
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:
            raise Refused(_reply(UNREACHABLE)) from None
        writer.write(_reply(SUCCEEDED))
        await join(reader, writer, far_reader, far_writer)

    async def _authenticate(self, reader: StreamReader, writer: StreamWriter) -> tuple[str | None, str | None]:
        _, count = await reader.readexactly(2)
        offered = await reader.readexactly(count)
        needed = NO_AUTHENTICATION if self.username is None and self.admits(None, None) else BY_PASSWORD
        if needed not in offered:
            raise Refused(bytes((VERSION, NO_ACCEPTABLE_METHOD)))
        writer.write(bytes((VERSION, needed)))
        if needed == NO_AUTHENTICATION:
            return None, None
        await reader.readexactly(1)
        username = await _text(reader)
        password = await _text(reader)
        if not self.admits(username, password):
            raise Refused(b'\x01\x01')
        writer.write(b'\x01\x00')
        return username, password


async def _text(reader: StreamReader) -> str:
    (length,) = await reader.readexactly(1)
    return (await reader.readexactly(length)).decode()


async def _host(reader: StreamReader, kind: int) -> str:
    if kind == NAME:
        return await _text(reader)
    return str(ipaddress.ip_address(await reader.readexactly(16 if kind == IPV6 else 4)))


def _reply(code: int) -> bytes:
    """Encode a reply. The bound address is empty, because a client that connects does not use it."""
    return bytes((VERSION, code, 0, IPV4, 0, 0, 0, 0, 0, 0))
