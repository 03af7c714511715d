# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Requests go the configured way and no other."""

from __future__ import annotations

from datadog_checks.okta_workflows.okta.requests_wrapper import ConfiguredWayOnly


def test_an_issuer_that_a_certificate_names_is_not_asked() -> None:
    """The base package would connect past the proxy."""
    wrapper = ConfiguredWayOnly({'no_proxy': 'a.example, b.example'}, {})
    assert wrapper.fetch_intermediate_certs('nobody.invalid') == []
    assert not wrapper.ignore_tls_warning


def test_hosts_without_a_proxy_may_be_parted_by_commas_and_spaces() -> None:
    wrapper = ConfiguredWayOnly(
        {'proxy': {'https': 'http://proxy.example:3128', 'no_proxy': ['a.example b.example']}}, {}
    )
    assert wrapper.no_proxy_uris == ['a.example', 'b.example']
