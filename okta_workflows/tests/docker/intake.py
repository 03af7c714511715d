# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""An intake that prints each log that it receives as a line of JSON: `python -m tests.docker.intake PORT`."""

from __future__ import annotations

import gzip
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers['Content-Length']))
        if self.headers.get('Content-Encoding') == 'gzip':
            body = gzip.decompress(body)
        logs = json.loads(body or b'[]')
        # One call: requests are answered at the same time, and no line may end up in another.
        sys.stdout.write(''.join(f'{json.dumps(_parsed(log))}\n' for log in logs if isinstance(log, dict)))
        sys.stdout.flush()
        self.send_response_only(202)
        self.send_header('Content-Length', '0')
        self.end_headers()


def _parsed(log: dict[str, object]) -> dict[str, object]:
    """The log with its message as an object, as Datadog makes of one that is JSON."""
    return {**log, 'message': json.loads(str(log['message']))} if 'message' in log else log


if __name__ == '__main__':
    ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()
