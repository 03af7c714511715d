# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Builds a collector from the configuration of an instance, and runs it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from hashlib import sha256
from typing import Any, cast
from urllib.parse import quote
from urllib.request import getproxies

from datadog_checks.base import AgentCheck, datadog_agent
from datadog_checks.base.types import InitConfigType, InstanceType
from datadog_checks.base.utils.http import RequestsWrapper

from .agent import CursorStore, cache_id, open_outbox, read_agent_settings
from .clock import Clock, SystemClock
from .collector import Collected, Collector, Waiting
from .config_models import ConfigMixin
from .constants import SECONDS_PER_HOUR
from .diagnosis import CATEGORY, Diagnosis, Step, walk
from .errors import CollectionError
from .health import Health
from .line import LogLineFormat
from .okta import (
    AccessToken,
    ApiKey,
    Authentication,
    ClientSecret,
    ConfiguredWayOnly,
    OktaClient,
    Origin,
    SignedAssertion,
    is_page_link,
    load_private_key,
    parse_origin,
    read_key_file,
)
from .position import Position
from .redacting_log import RedactingLog
from .redaction import REDACTED, secrets_of
from .run_report import RunReport
from .timestamps import epoch_seconds

# Okta returns 500 for a query after 30 seconds. A shorter timeout would turn slow pages into endless retries.
READ_TIMEOUT_SECONDS = 45.0

# The Agent uses either option as the instance's name (datadog-agent `comp/core/autodiscovery/integration/config.go`).
NAMING_OPTIONS = ('name', 'namespace')

# The token in use and the one before it, which a late response may still contain.
KEPT_TOKENS = 2


class OktaWorkflowsCheck(AgentCheck, ConfigMixin):
    """Collects the Okta Workflows events of one Okta org as logs. Delivery is at least once."""

    __NAMESPACE__ = 'okta_workflows'

    clock: Clock = SystemClock()

    def __init__(self, name: str, init_config: InitConfigType, instances: list[InstanceType]) -> None:
        super().__init__(name, init_config, instances)
        self._collector: Collector | None = None
        self._diagnosis_of_instance: Diagnosis | None = None
        # A token is valid for an hour, and the base class would keep each registered secret forever.
        self._tokens: deque[str] = deque(maxlen=KEPT_TOKENS)
        # Register secrets before anything is read, so that not even an error about the configuration shows one.
        configured = (self.instance.get('proxy'), self.init_config.get('proxy'), datadog_agent.get_config('proxy'))
        # `requests` also uses the proxies of the environment.
        proxies = (*configured, getproxies())
        for secret in secrets_of(self.instance, *proxies):
            self.register_secret(secret)
            # The link of a page has the filter in this form, with whatever somebody put there.
            self.register_secret(quote(secret, safe=''))
        self.check_initializations.append(self._make_collector)
        self.diagnosis.register(self._diagnose)

    @cached_property
    def http(self) -> RequestsWrapper:
        instance, init_config = _with_values(self.instance), _with_values(self.init_config)
        return ConfiguredWayOnly(instance, init_config, self.HTTP_CONFIG_REMAPPER, self.log)

    def sanitize(self, text: str) -> str:
        text = super().sanitize(text)
        for token in list(self._tokens):
            text = text.replace(token, REDACTED)
        return text

    def persistent_cache_id(self) -> str:
        return cache_id(self._origin.url, self._event_filter)

    def cancel(self) -> None:
        if self._collector is not None:
            self._collector.cancel()

    def check(self, _: InstanceType) -> None:
        now = self.clock.monotonic()
        health = self._health
        # An initialization builds it, and no run begins without that.
        collector = cast(Collector, self._collector)
        try:
            self._require_logs_agent()
            for option in NAMING_OPTIONS:
                if self.instance.get(option):
                    self._warn(
                        'Remove `%s` from the instance. With this option, the Agent truncates the log file of the '
                        'instance at every start, and renaming the instance resets the cursor.',
                        option,
                    )
            outcome = collector.run()
        except Exception as error:
            health.failed(error, now)
            raise
        finally:
            health.may_miss(collector.recent_gaps())
        if isinstance(outcome, Waiting):
            health.waited(outcome.what, outcome.next_step, now)
        elif isinstance(outcome, Collected):
            health.succeeded(now)

    def _require_logs_agent(self) -> None:
        if not self.logs_enabled:
            raise CollectionError(
                'The Agent does not collect logs, so the check sent no request to Okta',
                'Set `logs_enabled: true` in `datadog.yaml` and restart the Agent',
            )

    def _diagnose(self) -> None:
        for finding in walk(self._diagnostic_steps()):
            tell: Callable[..., None] = self.diagnosis.fail if finding.remedy else self.diagnosis.success
            tell(
                finding.step.name,
                self.sanitize(finding.says),
                category=CATEGORY,
                description=finding.step.description,
                remediation=finding.remedy,
            )

    def _diagnostic_steps(self) -> Iterator[Step]:
        def configuration() -> str:
            self.run_check_initializations()  # type: ignore[no-untyped-call]
            return f'The configuration of the instance for {self._origin} is complete'

        def logs_agent() -> str:
            self._require_logs_agent()
            return 'The Agent collects logs'

        yield Step('Configuration', 'The options of the instance', configuration, needed=True)
        yield Step('Logs Agent', 'Whether the Agent collects logs at all', logs_agent)
        # The first step builds it, and the walk ends if that step fails.
        yield from cast(Diagnosis, self._diagnosis_of_instance).steps()

    def _send_line(self, text: str) -> None:
        datadog_agent.send_log(text, self.check_id)

    def _warn(self, message: str, *args: object) -> None:
        # The base class hides registered secrets in errors, but in an Agent not in what it logs.
        self.warning('%s', self.sanitize(message % args))

    def _set_metadata(self, name: str, value: str) -> None:
        self.set_metadata(name, self.sanitize(value))

    def _make_collector(self) -> None:
        config, settings = self.config, read_agent_settings(datadog_agent.get_config)
        client = self._make_client()
        authentication = self._make_authentication(client)
        cursors = CursorStore(
            self.read_persistent_cache, self.write_persistent_cache, partial(is_page_link, self._origin), self.clock
        )
        lookback_seconds = cast(float, config.initial_lookback_hours) * SECONDS_PER_HOUR
        position = Position(
            client,
            authentication,
            self._event_filter,
            lookback_seconds,
            cursors,
            self._warn,
            collect_from=epoch_seconds(config.collect_from),
        )
        verify = cast(bool, config.verify_delivery)
        if verify and settings.run_path is None:
            self._warn(
                'The Agent does not report where it keeps its log files (`logs_config.run_path`), so the delivery of '
                'events cannot be verified.'
            )
        outbox = open_outbox(
            self._send_line, self.check_id, settings, cursors, position.note_lost_lines, self.clock, verify=verify
        )
        report = RunReport(
            client=client,
            authentication=authentication,
            event_filter=self._event_filter,
            cursors=cursors,
            outbox=outbox,
            log=RedactingLog(self.log, self.sanitize),
            warn=self._warn,
            set_metadata=self._set_metadata,
        )
        self._collector = Collector(
            client=client,
            position=position,
            cursors=cursors,
            outbox=outbox,
            line_format=LogLineFormat(config.tags or (), self._origin.authority, settings.line_max_bytes),
            report=report,
            warn=self._warn,
        )
        self._diagnosis_of_instance = Diagnosis(client, authentication, self._event_filter, cursors, outbox)

    def _make_client(self) -> OktaClient:
        connect_seconds, read_seconds = self.http.options['timeout']
        configured = {*_with_values(self.instance), *_with_values(self.init_config)}
        if configured.isdisjoint({'timeout', 'read_timeout'}):
            read_seconds = READ_TIMEOUT_SECONDS
        return OktaClient(self.http, self._origin, (connect_seconds, read_seconds), self.clock)

    def _make_authentication(self, client: OktaClient) -> Authentication:
        config = self.config
        if config.api_key is not None:
            return ApiKey(config.api_key)
        client_id = cast(str, config.client_id)
        if config.client_secret is not None:
            proof: ClientSecret | SignedAssertion = ClientSecret(client_id, config.client_secret)
        else:
            pem = config.private_key or read_key_file(cast(str, config.private_key_path))
            key = load_private_key(pem, config.private_key_passphrase)
            proof = SignedAssertion(client_id, key, cast(str, config.private_key_id))
        return AccessToken(self._origin, client.okta_clock, proof, self._tokens.append)

    @cached_property
    def _health(self) -> Health:
        return Health(
            # The base package of the oldest Agents does not have them.
            getattr(self, 'report_issue', None),
            getattr(self, 'resolve_issue', None),
            self._issue_id,
            str(self._origin),
            self.sanitize,
            self.clock.monotonic(),
        )

    @property
    def _issue_id(self) -> str:
        # An org can have several instances, and an instance of another host must not resolve an issue of this one.
        host = sha256(self.hostname.encode()).hexdigest()
        return f'okta_workflows:{self._origin}:{self.persistent_cache_id()[:8]}:{host[:8]}'

    @cached_property
    def _origin(self) -> Origin:
        return parse_origin(self.config.domain)

    @property
    def _event_filter(self) -> str:
        return cast(str, self.config.event_filter)


def _with_values(options: dict[str, Any]) -> dict[str, Any]:
    """Return `options` without cleared ones, because the HTTP wrapper of the base class uses some of them as values."""
    return {option: value for option, value in options.items() if value is not None}
