# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Airbyte's connector, which asks for 200 events at a time, always over TLS, and always on okta.com."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock
from urllib.parse import urlsplit

from source_okta.run import run  # type: ignore[import-not-found]

from .outcome import SINCE, tell

RECORD = '"type":"RECORD"'
CONFIG = {'domain': 'acme', 'start_date': SINCE, 'credentials': {'auth_type': 'api_token', 'api_token': 'k'}}
CATALOG = {
    'streams': [
        {
            'stream': {'name': 'logs', 'json_schema': {}, 'supported_sync_modes': ['incremental']},
            'sync_mode': 'incremental',
            'destination_sync_mode': 'append',
        }
    ]
}


class CountedOutput:
    """Standard output, of which nothing is kept but the number of records."""

    def __init__(self) -> None:
        self.records = 0

    def write(self, text: str) -> int:
        self.records += text.count(RECORD)
        return len(text)

    def flush(self) -> None:
        pass


def read(url: str, _: int) -> int:
    port = urlsplit(url).port
    socket.getaddrinfo = lambda *_, **__: [
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, '', ('127.0.0.1', port))
    ]
    with TemporaryDirectory(prefix='bench-') as folder:
        arguments = ['read', *_written(Path(folder), config=CONFIG, catalog=CATALOG)]
        output, sys.argv[1:] = CountedOutput(), arguments
        # It prints to the second what it gathers in place of the first.
        with mock.patch.object(sys, 'stdout', output), mock.patch.object(sys, '__stdout__', output):
            run()
    return output.records


def _written(folder: Path, **files: dict[str, Any]) -> list[str]:
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    return [text for name in files for text in (f'--{name}', str(folder / name))]


if __name__ == '__main__':
    tell(read)
