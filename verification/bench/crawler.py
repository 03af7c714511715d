# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The same work through the generic base class for collectors of logs, which keeps a cursor for each record."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from requests.utils import parse_header_links

from datadog_checks.base.checks.logs.crawler.base import LogCrawlerCheck
from datadog_checks.base.checks.logs.crawler.stream import LogRecord, LogStream
from datadog_checks.base.utils.format import json
from datadog_checks.base.utils.time import get_timestamp
from verification.world.recording import PAGE_EVENTS


class OktaStream(LogStream):
    def records(self, *, cursor: dict[str, Any] | None = None) -> Iterable[LogRecord]:
        link = cursor['link'] if cursor else self.check.instance['first_link']
        while True:
            response = self.check.http.get(link, extra_headers={'Authorization': 'SSWS k'})
            response.raise_for_status()
            events = json.decode(response.content)
            for event in events:
                data = {
                    'message': event.get('displayMessage') or event.get('eventType'),
                    'log': event,
                    'timestamp': get_timestamp(),
                    'ddtags': self.construct_tags(['okta_domain:acme.okta.com']),
                }
                yield LogRecord(data, cursor={'link': link, 'uuid': event.get('uuid')})
            if len(events) < PAGE_EVENTS:
                return
            link = next(
                other['url'] for other in parse_header_links(response.headers['Link']) if other['rel'] == 'next'
            )


class OktaCrawler(LogCrawlerCheck):
    """Collects from the `first_link` of its instance on."""

    def get_log_streams(self) -> Iterable[LogStream]:
        return [OktaStream(check=self, name='system_log')]
