# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""All that knows the inside of the Agent: its log file, registry, settings and cache.

Nothing else of this folder is imported from outside, and nothing of Okta is imported here.
"""

from .cursor import Cursor, CursorStore, Progress, UnreadableCursorError, cache_id
from .delivery import SEE_LOGS_AGENT, Delivery, UnverifiedDelivery, VerifiedDelivery
from .log_file import LogFile
from .log_line import LogLine
from .outbox import Outbox
from .settings import AgentSettings, read_agent_settings

__all__ = [
    'SEE_LOGS_AGENT',
    'AgentSettings',
    'Cursor',
    'CursorStore',
    'Delivery',
    'LogFile',
    'LogLine',
    'Outbox',
    'Progress',
    'VerifiedDelivery',
    'UnverifiedDelivery',
    'UnreadableCursorError',
    'cache_id',
    'read_agent_settings',
]
