# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Four simulated weeks of two Okta orgs with incidents in them, as Datadog's intake would get them.

The audit events come through the real check, in the stand-in for the Agent, from the simulated orgs; the executions are
posted as Okta would. Everything is a function of a seed.
"""

from .collection import CRASHES, OUTAGE
from .history import ACME_DOMAIN, GLOBEX_DOMAIN, history
from .incident import Incident
from .intake import audit_lines, execution_records, incidents, logs
from .people import GEO_IP, geo_ip
from .weeks import NOW_MS, QUIET_UNTIL_MS, START_MS

__all__ = [
    'ACME_DOMAIN',
    'CRASHES',
    'GEO_IP',
    'GLOBEX_DOMAIN',
    'NOW_MS',
    'OUTAGE',
    'QUIET_UNTIL_MS',
    'START_MS',
    'Incident',
    'audit_lines',
    'execution_records',
    'geo_ip',
    'history',
    'incidents',
    'logs',
]
