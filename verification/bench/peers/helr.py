# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Helr, a collector written in Rust, which writes lines and keeps its state in SQLite."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .outcome import LIMIT_EVENTS, SINCE, Started, start, tell_of_another

READ_BYTES = 1 << 20


def configuration(url: str, max_pages: int, state: Path) -> dict[str, Any]:
    """Return the configuration that Helr's documentation gives for Okta, without what makes it slower.

    Pages are as large as Okta makes them, there is no delay between them, and one run reads all of them. The next link
    is saved after each page, which is Helr's default: after a crash, a page is read again at most.
    """
    source = {
        'url': f'{url}/api/v1/logs',
        'auth': {'type': 'bearer', 'token_env': 'OKTA_API_TOKEN', 'prefix': 'SSWS'},
        'from': SINCE,
        'from_param': 'since',
        'query_params': {'limit': LIMIT_EVENTS, 'sortOrder': 'ASCENDING'},
        'pagination': {'strategy': 'link_header', 'rel': 'next', 'max_pages': max_pages},
        'resilience': {
            'timeout_secs': 30,
            'retries': {'max_attempts': 5, 'initial_backoff_secs': 2, 'max_backoff_secs': 60, 'multiplier': 2.0},
            'circuit_breaker': {
                'enabled': True,
                'failure_threshold': 5,
                'success_threshold': 2,
                'half_open_timeout_secs': 60,
            },
            'rate_limit': {'respect_headers': True},
        },
        'checkpoint': 'per_page',
    }
    return {
        'global': {'log_level': 'error', 'state': {'backend': 'sqlite', 'path': str(state)}},
        'sources': {'okta-audit': source},
    }


def read(url: str, events: int) -> Started:
    # Helr follows the next link until there is none or until `max_pages`, and a polling request always has one. This
    # bound is the page in which this check sees the end: both make the same requests.
    max_pages = events // LIMIT_EVENTS + 1
    with TemporaryDirectory(prefix='bench-') as folder:
        config, lines = Path(folder) / 'helr.yaml', Path(folder) / 'events.ndjson'
        # JSON is YAML.
        config.write_text(json.dumps(configuration(url, max_pages, Path(folder) / 'state.db')))
        # With `--output`, a line takes Helr one system call; on standard output it takes two.
        command = ['helr', 'run', '--once', '--config', str(config), '--output', str(lines)]
        return start(command, {'OKTA_API_TOKEN': 'k'}, lambda: _lines_in(lines))


def _lines_in(path: Path) -> int:
    with path.open('rb') as file:
        return sum(block.count(b'\n') for block in iter(lambda: file.read(READ_BYTES), b''))


if __name__ == '__main__':
    tell_of_another(read)
