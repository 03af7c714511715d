# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The check: reads pages of the System Log, hands each event to the Agent, then commits the cursor."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from threading import Event
from typing import cast

from datadog_checks.base import AgentCheck, datadog_agent
from datadog_checks.base.types import InitConfigType, InstanceType
from datadog_checks.base.utils.time import get_timestamp

from .auth import ApiKey, Authentication, ClientCredentials
from .client import OktaClient
from .config_models import ConfigMixin
from .constants import MAX_BYTES_PER_RUN, MAX_PAGES_PER_RUN, READ_TIMEOUT_SECONDS, SECONDS_PER_HOUR
from .cursor import Cursor, CursorStore, UnreadableCursorError, cache_id
from .errors import CollectionError
from .event import to_ddtags, to_log_line
from .origin import Origin, parse_origin
from .page import Page, fetch_page, first_link
from .redaction import secrets_of


class OktaWorkflowsCheck(AgentCheck, ConfigMixin):
    """Collects the Okta Workflows events of one Okta org as logs. Delivery is at least once."""

    __NAMESPACE__ = 'okta_workflows'

    def __init__(self, name: str, init_config: InitConfigType, instances: list[InstanceType]) -> None:
        super().__init__(name, init_config, instances)
        self._cancelled = Event()
        # Before anything is read, so that not even a complaint about the configuration can show one.
        proxies = (self.instance.get('proxy'), self.init_config.get('proxy'), datadog_agent.get_config('proxy'))
        for secret in secrets_of(self.instance, *proxies):
            self.register_secret(secret)

    def persistent_cache_id(self) -> str:
        return cache_id(self._origin, cast(str, self.config.event_filter))

    def cancel(self) -> None:
        self._cancelled.set()

    def check(self, _: InstanceType) -> None:
        if not self.logs_enabled:
            raise CollectionError(
                'The Agent does not collect logs, so nothing was asked of Okta. Set `logs_enabled: true` in '
                '`datadog.yaml` and restart the Agent.'
            )
        wait_seconds = self._client.pause_seconds
        if wait_seconds > 0:
            self._warn(
                "No request for another %d seconds: %s has hardly any of Okta's rate limit left. If this lasts, raise "
                '`min_collection_interval` or ask which other client of the org uses it up.',
                wait_seconds,
                self._origin,
            )
            return
        cursor = self._load_cursor() or self._begin(get_timestamp())
        for page in self._pages(cursor.link):
            self._deliver(page)

    def _warn(self, message: str, *args: object) -> None:
        # In an Agent the base class does not hide registered secrets in what it logs, only in errors.
        self.warning('%s', self.sanitize(message % args))

    def _load_cursor(self) -> Cursor | None:
        try:
            return self._cursors.load()
        except UnreadableCursorError as error:
            self._warn(
                'The stored cursor is of no use: %s. Collection starts again %g hours back, so events of that time are '
                'repeated, and older ones that were not collected yet are missing.',
                error,
                self.config.initial_lookback_hours,
            )
            return None

    def _begin(self, now: float) -> Cursor:
        since = now - cast(float, self.config.initial_lookback_hours) * SECONDS_PER_HOUR
        cursor = Cursor(first_link(self._origin, cast(str, self.config.event_filter), since))
        # If the first request fails, the next run must ask from this moment and not from a later one.
        self._cursors.commit(cursor)
        return cursor

    def _pages(self, link: str) -> Iterator[Page]:
        size_bytes = 0
        for _ in range(MAX_PAGES_PER_RUN):
            page = fetch_page(self._client, self._authentication, link)
            yield page
            link = page.next_link
            size_bytes += page.size_bytes
            enough = page.is_last or size_bytes >= MAX_BYTES_PER_RUN
            if enough or self._cancelled.is_set() or self._client.pause_seconds > 0:
                return

    def _deliver(self, page: Page) -> None:
        for event in page.events:
            self.send_log({**to_log_line(event), 'ddtags': self._ddtags})
        self._cursors.commit(Cursor(page.next_link))
        self.log.debug('Handed %d events of %s to the Agent', len(page.events), self._origin)

    @cached_property
    def _origin(self) -> Origin:
        return parse_origin(self.config.domain)

    @cached_property
    def _client(self) -> OktaClient:
        connect_seconds, read_seconds = self.http.options['timeout']
        configured = {*self.instance, *self.init_config}
        if configured.isdisjoint({'timeout', 'read_timeout'}):
            read_seconds = READ_TIMEOUT_SECONDS
        return OktaClient(self.http, self._origin, (connect_seconds, read_seconds))

    @cached_property
    def _authentication(self) -> Authentication:
        config = self.config
        if config.api_key is not None:
            return ApiKey(config.api_key)
        client_id, client_secret = cast(str, config.client_id), cast(str, config.client_secret)
        return ClientCredentials(self._client, client_id, client_secret, self.register_secret)

    @cached_property
    def _cursors(self) -> CursorStore:
        return CursorStore(self.read_persistent_cache, self.write_persistent_cache, self._origin)

    @cached_property
    def _ddtags(self) -> str:
        return to_ddtags(self.config.tags or (), self._origin.authority)
