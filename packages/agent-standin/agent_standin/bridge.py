# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The modules `datadog_agent` and `aggregator`, through which Python checks call the Agent.

This follows datadog-agent rtloader/common/builtins and pkg/collector/python.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from .agent_log import AgentLog
from .configuration import AgentSettings
from .faults import Faults
from .persistent_cache import PersistentCache

AGENT_VERSION = '7.84.0'


class DatadogAgentModule(ModuleType):
    """The module of `import datadog_agent`."""

    def __init__(
        self,
        settings: AgentSettings,
        cache: PersistentCache,
        log: AgentLog,
        faults: Faults,
        send: Callable[[bytes, str], None],
        started_at: float,
    ) -> None:
        super().__init__('datadog_agent')
        self._settings = settings
        self._cache = cache
        self._log = log
        self._faults = faults
        self._send = send
        self._started_at = started_at
        self.metadata: dict[tuple[str, str], str] = {}
        self.issues: list[tuple[str, dict[str, Any]]] = []
        self.resolved_issues: list[str] = []
        self.telemetry: list[tuple[str, str, float, str]] = []
        self.external_tags: list[Any] = []

    def _alive(self) -> None:
        """Stop a check that continues in a `finally` clause after its process was killed."""
        if self._faults.dead:
            self._faults.die()

    def send_log(self, line: str, check_id: str) -> None:
        """Send a line. Returns when the launcher has received it, and does not report whether it is written.

        Raises:
            TypeError: the arguments are not two strings.
            ValueError: the line has an embedded NUL, or (UnicodeEncodeError) a lone surrogate.
        """
        self._alive()
        self._send(_c_string(line), _c_string(check_id).decode())

    def write_persistent_cache(self, key: str, value: str) -> None:
        self._alive()
        self._cache.write(_c_string(key).decode(), _c_string(value).decode())

    def read_persistent_cache(self, key: str) -> str:
        self._alive()
        return self._cache.read(_c_string(key).decode())

    def get_config(self, key: str) -> Any:
        return self._settings.get(key)

    def get_hostname(self) -> str:
        return hostname(self._settings)

    def get_version(self) -> str:
        return AGENT_VERSION

    def get_clustername(self) -> str:
        return ''

    def get_host_tags(self) -> str:
        return '{}'

    def get_process_start_time(self) -> float:
        return self._started_at

    def headers(self, **kwargs: str) -> dict[str, str]:
        common = {
            'User-Agent': f'Datadog Agent/{AGENT_VERSION}',
            'Content-Type': 'application/x-www-form-urlencoded',
            'Accept': 'text/html, */*',
        }
        return common | ({'Host': kwargs['http_host']} if 'http_host' in kwargs else {})

    def log(self, message: str, level: int) -> None:
        self._log.write(level, message)

    def set_check_metadata(self, check_id: str, name: str, value: str) -> None:
        self.metadata[check_id, name] = value

    def set_external_tags(self, tags: list[Any]) -> None:
        self.external_tags = tags

    def emit_agent_telemetry(self, check_name: str, metric_name: str, value: float, metric_type: str) -> None:
        self.telemetry.append((check_name, metric_name, value, metric_type))

    def report_issue(self, check_name: str, report: str) -> None:
        self.issues.append((check_name, json.loads(report)))

    def resolve_issue(self, issue_id: str) -> None:
        self.resolved_issues.append(issue_id)

    def tracemalloc_enabled(self) -> bool:
        return False


def hostname(settings: AgentSettings) -> str:
    configured: str = settings.get('hostname')
    return configured or 'agent-standin'


def _c_string(value: object) -> bytes:
    """Encode a string as the C API does: as UTF-8 that ends at a NUL. This rejects some Python strings."""
    if not isinstance(value, str):
        raise TypeError(f'argument must be str, not {type(value).__name__}')
    if '\0' in value:
        raise ValueError('embedded null character')
    return value.encode()


@dataclass(frozen=True)
class Submission:
    """A call of the aggregator: the kind from the name of the function, and the arguments after the check."""

    kind: str
    check_id: str
    arguments: tuple[Any, ...]


class AggregatorModule(ModuleType):
    """The module of `import aggregator`. It records what a check submits in addition to logs."""

    GAUGE, RATE, COUNT, MONOTONIC_COUNT, COUNTER, HISTOGRAM, HISTORATE = range(7)

    def __init__(self) -> None:
        super().__init__('aggregator')
        self.submissions: list[Submission] = []

    def _record(self, kind: str, check_id: str, *arguments: Any) -> None:
        self.submissions.append(Submission(kind, check_id, arguments))

    def submit_metric(self, check: object, check_id: str, *arguments: Any) -> None:
        self._record('metric', check_id, *arguments)

    def submit_service_check(self, check: object, check_id: str, *arguments: Any) -> None:
        self._record('service_check', check_id, *arguments)

    def submit_event(self, check: object, check_id: str, *arguments: Any) -> None:
        self._record('event', check_id, *arguments)

    def submit_histogram_bucket(self, check: object, check_id: str, *arguments: Any) -> None:
        self._record('histogram_bucket', check_id, *arguments)

    def submit_event_platform_event(self, check: object, check_id: str, *arguments: Any) -> None:
        self._record('event_platform_event', check_id, *arguments)


def install(datadog_agent: DatadogAgentModule, aggregator: AggregatorModule) -> None:
    """Make this process an Agent until it ends.

    Call this before the first import of `datadog_checks.base`, which determines at that time whether it runs in an
    Agent.
    """
    if 'datadog_checks.base.agent' in sys.modules:
        raise RuntimeError('datadog_checks.base is loaded already and believes that no Agent is running')
    sys.modules['datadog_agent'] = datadog_agent
    sys.modules['aggregator'] = aggregator


@contextmanager
def lent(datadog_agent: DatadogAgentModule, aggregator: AggregatorModule) -> Iterator[None]:
    """Replace the stubs of `datadog_checks.base` in a process that loaded it outside of an Agent.

    Until the context ends, the given modules replace the stubs in every loaded module, and in every module that is
    imported meanwhile. Then all of these modules have the stubs.
    """
    from datadog_checks.base import agent
    from datadog_checks.base.stubs import aggregator as aggregator_stub
    from datadog_checks.base.stubs import datadog_agent as datadog_agent_stub

    if agent.AGENT_RUNNING:
        # This is an Agent's process, which must use the modules of its latest start.
        _rebind({id(agent.datadog_agent): datadog_agent, id(agent.aggregator): aggregator})
        sys.modules.update(datadog_agent=datadog_agent, aggregator=aggregator)
        yield
        return
    if agent.datadog_agent is not datadog_agent_stub:
        raise RuntimeError('Another stand-in is started in this process; stop it first')
    _rebind({id(datadog_agent_stub): datadog_agent, id(aggregator_stub): aggregator})
    sys.modules.update(datadog_agent=datadog_agent, aggregator=aggregator)
    try:
        yield
    finally:
        del sys.modules['datadog_agent'], sys.modules['aggregator']
        _rebind({id(datadog_agent): datadog_agent_stub, id(aggregator): aggregator_stub})


def _rebind(replacements: dict[int, object]) -> None:
    for name, module in list(sys.modules.items()):
        if not name.startswith('datadog_checks.') or name.startswith(
            ('datadog_checks.base.stubs', 'datadog_checks.dev')
        ):
            continue
        for attribute, value in list(vars(module).items()):
            if id(value) in replacements:
                setattr(module, attribute, replacements[id(value)])
