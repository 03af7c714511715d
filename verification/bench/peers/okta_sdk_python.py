# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Okta's own SDK: `list_log_events`, with the paging that it brings."""

from __future__ import annotations

import asyncio
import os

from .outcome import LIMIT_EVENTS, SINCE, UNTIL, tell


def read(url: str, _: int) -> int:
    # The SDK refuses plain HTTP without this.
    os.environ['OKTA_TESTING_TESTINGDISABLEHTTPSCHECK'] = 'true'
    from okta.client import Client
    from okta.pagination import paginate_all

    async def count() -> int:
        client = Client({'orgUrl': url, 'token': 'k'})
        events = paginate_all(client.list_log_events, since=SINCE, until=UNTIL, limit=LIMIT_EVENTS)
        return sum([1 async for _ in events])

    return asyncio.run(count())


if __name__ == '__main__':
    tell(read)
