# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What most tests of the check take for granted: the moment, the names, the section of `conf.yaml`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from agent_standin import AgentStandIn

NOW = datetime(2026, 11, 23, 3, 2, 45, tzinfo=UTC).timestamp()
TIMEOUT_SECONDS = (5.0, 5.0)
NAME = 'okta_workflows'
LOGS_SECTION = [{'type': 'integration', 'source': 'okta-workflows', 'service': 'workflows'}]

StartAgent = Callable[..., AgentStandIn]


def pkcs8(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
