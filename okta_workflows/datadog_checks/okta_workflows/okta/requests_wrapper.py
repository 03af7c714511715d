# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The base package's HTTP wrapper, held to the way that was configured."""

from __future__ import annotations

from typing import Any

from datadog_checks.base.utils.http import RequestsWrapper


class ConfiguredWayOnly(RequestsWrapper):
    """Reads `no_proxy` as the Agent does, and never opens a connection of its own.

    Where a certificate cannot be verified, the base package connects to the host past the proxy, and fetches what the
    unverified certificate names as its issuer. Okta sends its whole chain, so nothing is lost without that.
    """

    __slots__ = ()

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)  # type: ignore[no-untyped-call]
        # The base package splits a text at commas and keeps the spaces, so that no host matches. The Agent splits
        # `DD_PROXY_NO_PROXY` at both (datadog-agent `pkg/config/setup/config.go`).
        if self.no_proxy_uris:
            self.no_proxy_uris = [host for entry in self.no_proxy_uris for host in entry.split()]

    def fetch_intermediate_certs(self, hostname: str, port: int = 443) -> list[Any]:
        return []
