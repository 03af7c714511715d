# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Requests go the configured way and no other."""

from __future__ import annotations

from socket import socket

import pytest

from datadog_checks.base.utils.http import RequestsWrapper
from datadog_checks.okta_workflows.okta.requests_wrapper import ConfiguredWayOnly


@pytest.mark.parametrize(
    ('wrapper', 'connections'),
    [pytest.param(ConfiguredWayOnly, 0, id='of-the-check'), pytest.param(RequestsWrapper, 1, id='of-the-base-package')],
)
def test_nobody_is_connected_to_for_the_issuer_of_a_certificate(
    wrapper: type[RequestsWrapper], connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The base package connects past the proxy."""
    connected: list[str] = []

    def connect(host: str, port: int) -> socket:
        connected.append(host)
        raise OSError('nobody is here')

    monkeypatch.setattr('datadog_checks.base.utils.http.create_socket_connection', connect)
    assert wrapper({}, {}).fetch_intermediate_certs('acme.okta.com') == []
    assert connected == ['acme.okta.com'] * connections


def test_hosts_without_a_proxy_may_be_parted_by_commas_and_spaces() -> None:
    wrapper = ConfiguredWayOnly(
        {'proxy': {'https': 'http://proxy.example:3128', 'no_proxy': ['a.example b.example']}}, {}
    )
    assert wrapper.no_proxy_uris == ['a.example', 'b.example']
