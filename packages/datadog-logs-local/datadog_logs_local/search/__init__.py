# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Match logs with queries in Datadog's log search syntax.

Source: Datadog docs, logs/explorer/search_syntax. Where the docs do not define the grammar, it follows Datadog's open
source parser of the same language, vectordotdev/vrl, src/datadog/search/grammar.pest.
"""

from __future__ import annotations

from .errors import QueryError
from .fields import values
from .log import Log
from .query import Query, parse_query

__all__ = ['Log', 'Query', 'QueryError', 'parse_query', 'values']
