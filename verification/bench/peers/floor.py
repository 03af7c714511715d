# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Get the pages, decode them, count."""

from __future__ import annotations

import orjson
import requests

from .outcome import LIMIT_EVENTS, SINCE, UNTIL, tell


def read(url: str, _: int) -> int:
    session = requests.Session()
    link: str | None = f'{url}/api/v1/logs?since={SINCE}&until={UNTIL}&limit={LIMIT_EVENTS}'
    count = 0
    while link:
        response = session.get(link, headers={'Authorization': 'SSWS k'}, timeout=60)
        count += len(orjson.loads(response.content))
        link = response.links.get('next', {}).get('url')
    return count


if __name__ == '__main__':
    tell(read)
