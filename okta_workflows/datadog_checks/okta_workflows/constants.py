# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The limits the check works within, each with its unit and the reason for its value."""

from __future__ import annotations

ISSUES_URL = 'https://github.com/DataDog/integrations-extras/issues'

MIB = 1024 * 1024

SYSTEM_LOG_PATH = '/api/v1/logs'
TOKEN_PATH = '/oauth2/v1/token'
LOGS_SCOPE = 'okta.logs.read'

# The most that Okta returns in one page, hence the fewest requests for a given history.
PAGE_LIMIT_EVENTS = 1000

# A crash between the delivery of events and the commit of the cursor repeats at most so many, where they cannot be found
# in the log file.
MAX_EVENTS_PER_COMMIT = 100

# How far before the last known time a new start begins, for clocks that differ.
RESTART_OVERLAP_SECONDS = 900.0

# An idle page moves the cursor but delivers nothing, so it need not wear out the disk.
IDLE_COMMIT_INTERVAL_SECONDS = 3600.0

# How long Okta keeps events. What waits for room nearly so long is delivered without.
OKTA_RETENTION_SECONDS = 90 * 86400.0
OLDEST_WAITING_SECONDS = 85 * 86400.0

# Okta gives a query 30 seconds before it answers 500; waiting less would turn slow pages into endless retries.
READ_TIMEOUT_SECONDS = 45.0

# Exhausting the allowance is a violation that Okta reports to the org's administrators: one part in so many is left.
RATE_LIMIT_RESERVED_PARTS = 10
RATE_LIMIT_DEFAULT_WAIT_SECONDS = 60.0
RATE_LIMIT_MAX_WAIT_SECONDS = 600.0

# A server that says `Retry-After: 0` is still not to be asked again at once.
RETRY_AFTER_MIN_SECONDS = 1.0

# Okta's SDKs wait one second more than the reset says, since its resolution is a second.
RATE_LIMIT_RESET_MARGIN_SECONDS = 1.0

TOKEN_EXPIRY_MARGIN_SECONDS = 120.0

# A clock that is off by more may be why a signed assertion was refused.
CLOCK_TOLERANCE_SECONDS = 30.0
TOKEN_DEFAULT_LIFETIME_SECONDS = 3600.0

SECONDS_PER_HOUR = 3600
