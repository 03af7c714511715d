# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Constants that several modules share. A limit that only one module needs is defined in that module."""

from __future__ import annotations

ISSUES_URL = 'https://github.com/DataDog/integrations-extras/issues'

SYSTEM_LOG_PATH = '/api/v1/logs'
TOKEN_PATH = '/oauth2/v1/token'

# Okta keeps events for this time (https://developer.okta.com/docs/reference/system-log-query/).
OKTA_RETENTION_SECONDS = 90 * 86_400.0

# This is earlier than every other time.
NEVER = float('-inf')

MIB = 1024 * 1024
SECONDS_PER_HOUR = 3600
