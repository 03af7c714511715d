# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The dashboards as a local web page: drawn from their JSON, over the simulated history, for those without an account.

It shows what the queries find and roughly where it stands; fonts, colours and corners are not Datadog's.
"""

from __future__ import annotations

from .dashboards import Dashboard, load_dashboards
from .server import PreviewServer

__all__ = ['Dashboard', 'PreviewServer', 'load_dashboards']
