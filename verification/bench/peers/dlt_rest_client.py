# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The REST client of dlt, without its pipeline."""

from __future__ import annotations

from dlt.sources.helpers.rest_client import RESTClient  # type: ignore[import-not-found]
from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator  # type: ignore[import-not-found]

from .outcome import LIMIT_EVENTS, SINCE, UNTIL, tell


def read(url: str, _: int) -> int:
    client = RESTClient(base_url=url, headers={'Authorization': 'SSWS k'}, paginator=HeaderLinkPaginator())
    pages = client.paginate('/api/v1/logs', params={'since': SINCE, 'until': UNTIL, 'limit': LIMIT_EVENTS})
    return sum(map(len, pages))


if __name__ == '__main__':
    tell(read)
