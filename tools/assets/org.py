# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A Datadog org, as far as the assets need it: list, create, update, and remove objects with `datadog-api-client`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import urllib3
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException, ApiTypeError, ApiValueError
from datadog_api_client.model_utils import OpenApiModel, validate_and_convert_types
from datadog_api_client.v1.api.dashboards_api import DashboardsApi
from datadog_api_client.v1.api.logs_pipelines_api import LogsPipelinesApi
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.model.dashboard import Dashboard
from datadog_api_client.v1.model.logs_pipeline import LogsPipeline
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_update_request import MonitorUpdateRequest
from datadog_api_client.v2.api.key_management_api import KeyManagementApi
from datadog_api_client.v2.api.security_monitoring_api import SecurityMonitoringApi
from datadog_api_client.v2.model.security_monitoring_rule_update_payload import SecurityMonitoringRuleUpdatePayload
from datadog_api_client.v2.model.security_monitoring_standard_rule_create_payload import (
    SecurityMonitoringStandardRuleCreatePayload,
)

from .marker import Marker
from .shipped import DASHBOARD, MONITOR, PIPELINE, RULE, Json, Kind

TIMEOUT_SECONDS = (10, 60)
PATHS: Mapping[Kind, str] = {
    PIPELINE: '/api/v1/logs/config/pipelines',
    DASHBOARD: '/api/v1/dashboard',
    MONITOR: '/api/v1/monitor',
    RULE: '/api/v2/security_monitoring/rules',
}
KEYS_PATH = '/api/v2/validate_keys'
DASHBOARDS_PER_PAGE, MONITORS_PER_PAGE, RULES_PER_PAGE = 100, 500, 100


class RequestError(Exception):
    """A request that failed."""

    def __init__(self, endpoint: str, status: int | None, reason: str, is_sent: bool = True) -> None:
        super().__init__(endpoint, status, reason)
        self.endpoint = endpoint
        self.status = status
        self.reason = reason
        self.is_sent = is_sent
        """Whether the client sent the request. If not, it rejected the body."""

    @property
    def evidence(self) -> str:
        status = f'status {self.status}' if self.status else 'no response' if self.is_sent else 'not sent'
        return f'{self.endpoint}, {status}: {self.reason}'


@dataclass(frozen=True, slots=True)
class OrgObject:
    kind: Kind
    id: str
    body: Mapping[str, Any]
    marker: Marker | None

    @property
    def title(self) -> str:
        return str(self.body.get(self.kind.title_key, ''))


class RetryPolicy(urllib3.Retry):
    """Wait if the rate limit is exhausted, and repeat what changes nothing.

    A creation that failed may have taken effect, so the policy of the client, which repeats it, could create an object
    twice. Redirects are not followed, because the keys would be sent along.
    """

    LONGEST_WAIT_SECONDS = 120

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        if not self.total:
            return False
        return status_code == 429 or (method == 'GET' and status_code in (500, 502, 503, 504))

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        seconds = response.headers.get('X-Ratelimit-Reset', '')
        return min(float(seconds), self.LONGEST_WAIT_SECONDS) if seconds.isdecimal() else None


def configuration(api_key: str, app_key: str, site: str, host: str | None = None) -> Configuration:
    """Configure the client for a site, or for a test server at `host`."""
    made = Configuration(  # type: ignore[no-untyped-call]
        host=host,
        api_key={'apiKeyAuth': api_key, 'appKeyAuth': app_key},
        server_variables={'site': site},
        # The responses are read as JSON: the models of the client may lack what other objects of the org contain.
        preload_content=False,
        request_timeout=TIMEOUT_SECONDS,
        # `_model` has checked each body.
        check_input_type=False,
        retry_policy=RetryPolicy(total=5, connect=1, redirect=False, backoff_factor=0.5, raise_on_status=False),
        is_iac=True,
    )
    # The constructor reads the environment last.
    made.server_variables['site'] = site
    return made


class Org:
    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        client = ApiClient(configuration)
        # For the type checker these are untyped.
        self._keys = KeyManagementApi(client)  # type: ignore[no-untyped-call]
        self._pipelines = LogsPipelinesApi(client)  # type: ignore[no-untyped-call]
        self._dashboards = DashboardsApi(client)  # type: ignore[no-untyped-call]
        self._monitors = MonitorsApi(client)  # type: ignore[no-untyped-call]
        self._rules = SecurityMonitoringApi(client)  # type: ignore[no-untyped-call]

    def check_keys(self) -> None:
        _response(f'GET {KEYS_PATH}', self._keys.validate_api_key)

    def objects(self, kind: Kind) -> list[OrgObject]:
        """List what the org has of a kind and lets users change. The list shows a dashboard without its widgets."""
        return [_object(kind, each) for each in self._listed(kind)]

    def whole(self, found: OrgObject) -> OrgObject:
        """Read the parts of an object that the list does not show."""
        if found.kind is not DASHBOARD:
            return found
        body = _response(f'GET {PATHS[DASHBOARD]}/{found.id}', lambda: self._dashboards.get_dashboard(found.id))
        return _object(DASHBOARD, body)

    def create(self, kind: Kind, body: Json) -> OrgObject:
        endpoint = f'POST {PATHS[kind]}'
        if kind is PIPELINE:
            pipeline = self._model(endpoint, body, LogsPipeline)
            return _object(kind, _response(endpoint, lambda: self._pipelines.create_logs_pipeline(pipeline)))
        if kind is DASHBOARD:
            dashboard = self._model(endpoint, body, Dashboard)
            return _object(kind, _response(endpoint, lambda: self._dashboards.create_dashboard(dashboard)))
        if kind is MONITOR:
            monitor = self._model(endpoint, body, Monitor)
            return _object(kind, _response(endpoint, lambda: self._monitors.create_monitor(monitor)))
        rule = self._model(endpoint, body, SecurityMonitoringStandardRuleCreatePayload)
        return _object(kind, _response(endpoint, lambda: self._rules.create_security_monitoring_rule(rule)))

    def update(self, found: OrgObject, body: Json) -> OrgObject:
        kind, id = found.kind, found.id
        endpoint = f'PUT {PATHS[kind]}/{id}'
        if kind is PIPELINE:
            pipeline = self._model(endpoint, body, LogsPipeline)
            return _object(kind, _response(endpoint, lambda: self._pipelines.update_logs_pipeline(id, pipeline)))
        if kind is DASHBOARD:
            dashboard = self._model(endpoint, body, Dashboard)
            return _object(kind, _response(endpoint, lambda: self._dashboards.update_dashboard(id, dashboard)))
        if kind is MONITOR:
            monitor = self._model(endpoint, body, MonitorUpdateRequest)
            return _object(kind, _response(endpoint, lambda: self._monitors.update_monitor(int(id), monitor)))
        rule = self._model(endpoint, body, SecurityMonitoringRuleUpdatePayload)
        return _object(kind, _response(endpoint, lambda: self._rules.update_security_monitoring_rule(id, rule)))

    def remove(self, found: OrgObject) -> None:
        kind, id = found.kind, found.id
        calls: Mapping[Kind, Callable[[], object]] = {
            PIPELINE: lambda: self._pipelines.delete_logs_pipeline(id),
            DASHBOARD: lambda: self._dashboards.delete_dashboard(id),
            # Without `force`, Datadog keeps a monitor that an SLO or a composite monitor uses.
            MONITOR: lambda: self._monitors.delete_monitor(int(id)),
            RULE: lambda: self._rules.delete_security_monitoring_rule(id),
        }
        _response(f'DELETE {PATHS[kind]}/{id}', calls[kind], is_empty=True)

    def _listed(self, kind: Kind) -> Iterator[Json]:
        endpoint = f'GET {PATHS[kind]}'
        if kind is PIPELINE:
            for pipeline in _response(endpoint, self._pipelines.list_logs_pipelines):
                # An integration's pipeline, which nobody can change.
                if not pipeline.get('is_read_only'):
                    yield pipeline
        elif kind is DASHBOARD:
            yield from _pages(
                lambda _, read: _response(
                    endpoint, lambda: self._dashboards.list_dashboards(count=DASHBOARDS_PER_PAGE, start=read)
                )['dashboards']
            )
        elif kind is MONITOR:
            yield from _pages(
                lambda page, _: _response(
                    endpoint, lambda: self._monitors.list_monitors(page=page, page_size=MONITORS_PER_PAGE)
                )
            )
        else:
            for rule in _pages(
                lambda page, _: _response(
                    endpoint,
                    lambda: self._rules.list_security_monitoring_rules(page_size=RULES_PER_PAGE, page_number=page),
                )['data']
            ):
                if not rule.get('isDefault'):
                    yield rule

    def _model(self, endpoint: str, body: Json, model: type[OpenApiModel]) -> Any:
        try:
            return validate_and_convert_types(  # type: ignore[no-untyped-call]
                body, (model,), ['body'], True, True, self._configuration
            )
        except (ApiTypeError, ApiValueError) as error:
            raise RequestError(endpoint, None, str(error), is_sent=False) from None


def _object(kind: Kind, body: Any) -> OrgObject:
    if kind.is_tagged:
        marker = Marker.in_tags(body.get('tags') or [])
    else:
        marker = Marker.in_text(body.get('description') or '')
    return OrgObject(kind, str(body['id']), body, marker)


def _pages(read: Callable[[int, int], list[Json]]) -> Iterator[Json]:
    """Read pages, given their number and how many objects came before, until one has nothing new.

    The size of a page does not tell which one is the last: a server may return fewer objects than requested.
    """
    seen: set[str] = set()
    for number in range(10_000):
        new = [each for each in read(number, len(seen)) if str(each['id']) not in seen]
        if not new:
            return
        seen |= {str(each['id']) for each in new}
        yield from new


def _response(endpoint: str, call: Callable[[], object], is_empty: bool = False) -> Any:
    """Return the JSON of a response. With `preload_content=False` the client returns the response itself."""
    try:
        response = cast(urllib3.BaseHTTPResponse, call())
        text = response.data
    except ApiException as error:
        raise RequestError(endpoint, error.status or None, _reason(error)) from None
    except urllib3.exceptions.HTTPError as error:
        raise RequestError(endpoint, None, f'{type(error).__name__}: {error}') from None
    except (ApiTypeError, ApiValueError) as error:
        raise RequestError(endpoint, None, str(error), is_sent=False) from None
    if is_empty:
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise RequestError(endpoint, response.status, 'the response is not JSON') from None


def _reason(error: ApiException) -> str:
    body = error.body
    errors = body.get('errors', body.get('error', body)) if isinstance(body, dict) else body
    if isinstance(errors, list):
        errors = '; '.join(each if isinstance(each, str) else json.dumps(each) for each in errors)
    elif isinstance(errors, dict):
        errors = json.dumps(errors)
    return str(errors or error.reason or 'no reason given')[:1000].strip()
