# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Real network components between a collector and Okta, on this machine: certificate authorities and proxies."""

from .certificates import CertificateAuthority, Credential
from .http_proxy import HttpProxy
from .proxy import Conduct
from .socks_proxy import SocksProxy

__all__ = ['CertificateAuthority', 'Conduct', 'Credential', 'HttpProxy', 'SocksProxy']
