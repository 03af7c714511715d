# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The services of compose.yaml as the Agent and the tests see them, and what the Agent is told of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from ..fake_okta import API_KEY

COMPOSE_FILE = Path(__file__).with_name('compose.yaml')
COMPOSE_PROJECT = 'okta_workflows_e2e'
OKTA_DOMAIN = 'http://127.0.0.1:18765'
INTAKE_ADDRESS = '127.0.0.1:18766'
TAG = 'env:e2e'

AGENT_SETTINGS = {
    'DD_LOGS_ENABLED': 'true',
    'DD_LOGS_CONFIG_LOGS_DD_URL': INTAKE_ADDRESS,
    'DD_LOGS_CONFIG_LOGS_NO_SSL': 'true',
    'DD_LOGS_CONFIG_FORCE_USE_HTTP': 'true',
    # The intake reads plain JSON and gzip; newer Agents would send zstd.
    'DD_LOGS_CONFIG_USE_COMPRESSION': 'false',
    'DD_LOGS_CONFIG_BATCH_WAIT': '1',
    # How full the disk of the machine happens to be must not decide.
    'DD_LOGS_CONFIG_INTEGRATIONS_LOGS_DISK_RATIO': '1.0',
}
"""Environment variables, in place of `datadog.yaml`."""


def configuration() -> dict[str, Any]:
    """The `conf.yaml` of the check."""
    return {
        'init_config': {},
        'instances': [
            {
                'domain': OKTA_DOMAIN,
                'api_key': API_KEY,
                'min_collection_interval': 5,
                'tags': [TAG],
            }
        ],
        'logs': [
            {
                'type': 'integration',
                'source': 'okta-workflows',
                'service': 'workflows',
                'start_position': 'beginning',
            }
        ],
    }


def persisted_uuids(domain: str, api_key: str) -> list[str]:
    """The Workflows events of the last day, as anybody with the key may ask for them."""
    since = datetime.now(UTC) - timedelta(days=1)
    events: list[dict[str, Any]] = []
    link = f'{domain}/api/v1/logs?since={since:%Y-%m-%dT%H:%M:%S}.000Z&limit=1000'
    while True:
        response = requests.get(link, headers={'Authorization': f'SSWS {api_key}'}, timeout=10)
        response.raise_for_status()
        page = response.json()
        if not page:
            return [event['uuid'] for event in events if event['eventType'].startswith('workflows.')]
        events += page
        link = response.links['next']['url']


def received_logs(lines: Iterable[str]) -> list[dict[str, Any]]:
    """What the intake printed."""
    return [json.loads(line) for line in lines if line.startswith('{')]
