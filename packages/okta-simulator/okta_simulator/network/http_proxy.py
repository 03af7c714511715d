# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""An HTTP proxy (RFC 9110 9.3.6 and RFC 9112 3.2): CONNECT for https, the absolute form for http, Basic credentials."""

from __future__ import annotations

import asyncio
import base64
import binascii
from asyncio import StreamReader, StreamWriter
from urllib.parse import urlsplit

from .proxy import Conduct, Proxy, Refused, join


class HttpProxy(Proxy):
    @property
    def url(self) -> str:
        """The URL of the proxy, without credentials."""
        return f'http://{self.address}'

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        head = (await reader.readuntil(b'\r\n\r\n')).decode('latin-1')
        request_line, *lines = head.rstrip('\r\n').split('\r\n')
        method, target, version = request_line.split(' ')
        url = urlsplit(f'//{target}' if method == 'CONNECT' else target)
        host, port = url.hostname or '', url.port or 80
        username, password = _credentials(lines)
        served = self.admits(username, password) and self.conduct is not Conduct.REFUSE
        self.record(host, port, username, password, served=served)
        if not self.admits(username, password):
            raise Refused(_answer('407 Proxy Authentication Required', 'Proxy-Authenticate: Basic realm="proxy"'))
        if not served:
            raise Refused(_answer('403 Forbidden'))
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:
            raise Refused(_answer('502 Bad Gateway')) from None
        if method == 'CONNECT':
            writer.write(b'HTTP/1.1 200 Connection established\r\n\r\n')
        else:
            path = url.path + (f'?{url.query}' if url.query else '')
            # Allow one request per connection, because a second request, in absolute form, would be forwarded unread.
            kept = [line for line in lines if not line.lower().startswith(('proxy-', 'connection:'))]
            forwarded = '\r\n'.join((f'{method} {path or "/"} {version}', *kept, 'Connection: close', '', ''))
            far_writer.write(forwarded.encode('latin-1'))
        await join(reader, writer, far_reader, far_writer)


def _credentials(lines: list[str]) -> tuple[str | None, str | None]:
    for line in lines:
        name, _, value = line.partition(':')
        scheme, _, encoded = value.strip().partition(' ')
        if name.lower() == 'proxy-authorization' and scheme.lower() == 'basic':
            try:
                username, _, password = base64.b64decode(encoded, validate=True).decode().partition(':')
            except (binascii.Error, UnicodeDecodeError):
                break
            return username, password
    return None, None


def _answer(status: str, *headers: str) -> bytes:
    return '\r\n'.join((f'HTTP/1.1 {status}', *headers, 'Content-Length: 0', 'Connection: close', '', '')).encode()
