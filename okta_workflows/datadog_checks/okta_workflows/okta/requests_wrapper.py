# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The HTTP wrapper of the base package, restricted to the configured proxy and connections."""

from __future__ import annotations

from typing import Any

from datadog_checks.base.utils.http import RequestsWrapper


class ConfiguredWayOnly(RequestsWrapper):
    """Reads `no_proxy` as the Agent does, and never opens additional connections.

    If a certificate cannot be verified, the wrapper of the base package bypasses the proxy, connects to the host, and
    fetches what the unverified certificate names as its issuer. Okta sends its whole chain, so this is not needed.
    """

    __slots__ = ()

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)  # type: ignore[no-untyped-call]
        # The base package splits the text at commas only and keeps the spaces, so that no host matches. The Agent
        # splits `DD_PROXY_NO_PROXY` at commas and spaces (datadog-agent `pkg/config/setup/config.go`).
        if self.no_proxy_uris:
            self.no_proxy_uris = [host for entry in self.no_proxy_uris for host in entry.split()]

    def fetch_intermediate_certs(self, hostname: str, port: int = 443) -> list[Any]:
        return []
