# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What several modules share. A limit that one module alone needs stands there."""

from __future__ import annotations

ISSUES_URL = 'https://github.com/DataDog/integrations-extras/issues'

SYSTEM_LOG_PATH = '/api/v1/logs'
TOKEN_PATH = '/oauth2/v1/token'

# How long Okta keeps events (https://developer.okta.com/docs/reference/system-log-query/).
OKTA_RETENTION_SECONDS = 90 * 86_400.0

# A time before every other.
NEVER = float('-inf')

MIB = 1024 * 1024
SECONDS_PER_HOUR = 3600
