# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Outside proof: Okta's own Python SDK takes the simulator for an org and reads a whole filtered history from it.

The SDK takes seconds to import, so only the tests that use it do.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import requests

from okta_simulator import OktaSimulator
from okta_simulator.rfc3339 import format_ms

if TYPE_CHECKING:
    from okta.models import LogEvent

WORKFLOWS = 'eventType sw "workflows."'
SCOPE = 'okta.logs.read'


@pytest.fixture
def okta(monkeypatch: pytest.MonkeyPatch) -> Iterator[OktaSimulator]:
    # The SDK refuses plain HTTP without this.
    monkeypatch.setenv('OKTA_TESTING_TESTINGDISABLEHTTPSCHECK', 'true')
    with OktaSimulator() as okta:
        # Without oddities: the SDK's typed models refuse values that are not in its enumerations.
        okta.generate(700, since=time.time() - 20 * 86_400, noise_share=0.3, oddity_share=0.0)
        yield okta


def read_history(config: dict[str, object]) -> list[LogEvent]:
    """Every Workflows event of the last 30 days, with the SDK's own client and its own paging."""
    from okta.client import Client
    from okta.pagination import paginate_all

    async def read() -> list[LogEvent]:
        since = format_ms(round((time.time() - 30 * 86_400) * 1000))
        pages = paginate_all(Client(config).list_log_events, limit=90, since=since, filter=WORKFLOWS)
        return [event async for event in pages]

    return asyncio.run(read())


def assert_whole(okta: OktaSimulator, events: list[LogEvent], scheme: str) -> None:
    assert [event.uuid for event in events] == [event['uuid'] for event in okta.workflows_events]
    assert events[0].target[0].display_name == okta.workflows_events[0]['target'][0]['displayName']
    reads = [request for request in okta.requests if request.path == '/api/v1/logs']
    assert len(reads) == math.ceil(len(okta.workflows_events) / 90) + 1, 'no page but the last is empty'
    assert all(request.headers['Authorization'].startswith(scheme) for request in reads)


def test_by_api_token(okta: OktaSimulator) -> None:
    events = read_history({'orgUrl': okta.url, 'token': okta.api_key})
    assert_whole(okta, events, 'SSWS')


def test_by_oauth_with_private_key_jwt(okta: OktaSimulator) -> None:
    events = read_history(
        {
            'orgUrl': okta.url,
            'authorizationMode': 'PrivateKey',
            'clientId': okta.service_app_id,
            'scopes': [SCOPE],
            'privateKey': okta.private_key_pem,
            'kid': okta.key_id,
        }
    )
    assert_whole(okta, events, 'Bearer ')
    assert [request.status for request in okta.requests if request.path == '/oauth2/v1/token'] == [200]


def test_by_oauth_with_a_token_from_client_id_and_secret(okta: OktaSimulator) -> None:
    form = {'grant_type': 'client_credentials', 'scope': SCOPE}
    granted = requests.post(okta.token_url, auth=(okta.client_id, okta.client_secret), data=form, timeout=10).json()
    # The SDK (3.4.6) puts no blank between `Bearer` and the token; RFC 6750 asks for one.
    token = f' {granted["access_token"]}'
    events = read_history({'orgUrl': okta.url, 'authorizationMode': 'Bearer', 'token': token})
    assert_whole(okta, events, 'Bearer ')


def test_the_sdk_sees_okta_s_errors(okta: OktaSimulator) -> None:
    from okta.client import Client

    async def read() -> object:
        _, _, error = await Client({'orgUrl': okta.url, 'token': 'wrong'}).list_log_events()
        return error

    error = asyncio.run(read())
    assert getattr(error, 'error_code', None) == 'E0000011'
