# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Helr, a collector in Rust that nobody here wrote, reads the simulated org with an API token as it is.

Its own DPoP is left out: in 0.7.0 it ends in a panic.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from okta_simulator import OktaSimulator, SystemClock

HELR = shutil.which('helr')
EVENTS, LIMIT_EVENTS = 250, 100
DEADLINE_SECONDS = 60


@pytest.mark.skipif(HELR is None, reason='Helr is not on PATH')
def test_helr_reads_every_event_once_in_order(tmp_path: Path) -> None:
    with OktaSimulator(clock=SystemClock()) as okta:
        now = okta.clock.now()
        okta.generate(EVENTS, since=now - 3600, until=now - 60)
        source = {
            'url': f'{okta.url}/api/v1/logs',
            'auth': {'type': 'bearer', 'token_env': 'OKTA_API_TOKEN', 'prefix': 'SSWS'},
            'from': datetime.fromtimestamp(now - 7200, UTC).strftime('%Y-%m-%dT%H:%M:%S.000Z'),
            'from_param': 'since',
            'query_params': {'limit': LIMIT_EVENTS, 'sortOrder': 'ASCENDING'},
            # It follows the next link until this many pages, for an ascending query always has one.
            'pagination': {'strategy': 'link_header', 'rel': 'next', 'max_pages': EVENTS // LIMIT_EVENTS + 2},
        }
        state = {'backend': 'sqlite', 'path': str(tmp_path / 'state.db')}
        config, lines = tmp_path / 'helr.yaml', tmp_path / 'events.ndjson'
        # JSON is YAML.
        config.write_text(json.dumps({'global': {'state': state}, 'sources': {'okta': source}}), 'utf-8')
        subprocess.run(
            [str(HELR), 'run', '--once', '--config', str(config), '--output', str(lines)],
            env={**os.environ, 'OKTA_API_TOKEN': okta.api_key},
            check=True,
            capture_output=True,
            timeout=DEADLINE_SECONDS,
        )
        expected = [event['uuid'] for event in okta.events]
    found = lines.read_text('utf-8')
    assert len(expected) == EVENTS
    assert [uuid for line in found.splitlines() for uuid in expected if uuid in line] == expected
