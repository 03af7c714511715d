# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Communication with the Agent: its log file, registry, settings, and cache.

The rest of the check imports only the names listed here. This folder imports nothing of Okta.
"""

from .cursor import Cursor, CursorStore, Progress, UnreadableCursorError, cache_id
from .log_line import LogLine
from .opening import open_outbox
from .outbox import Outbox
from .settings import read_agent_settings
from .verified_outbox import SEE_LOGS_AGENT

__all__ = [
    'SEE_LOGS_AGENT',
    'Cursor',
    'CursorStore',
    'LogLine',
    'Outbox',
    'Progress',
    'UnreadableCursorError',
    'cache_id',
    'open_outbox',
    'read_agent_settings',
]
