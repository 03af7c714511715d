# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A Datadog org as an HTTP server that rejects what the real one would, and counts what is changed."""

from __future__ import annotations

import copy
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from datadog_api_client.configuration import Configuration
from datadog_api_client.model_utils import OpenApiModel, data_to_dict, validate_and_convert_types
from datadog_api_client.v1.model.dashboard import Dashboard
from datadog_api_client.v1.model.logs_pipeline import LogsPipeline
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_update_request import MonitorUpdateRequest
from datadog_api_client.v2.model.security_monitoring_rule_update_payload import SecurityMonitoringRuleUpdatePayload
from datadog_api_client.v2.model.security_monitoring_standard_rule_create_payload import (
    SecurityMonitoringStandardRuleCreatePayload,
)

from .api_models import faults

API_KEY, APP_KEY = 'a1b2c3d4e5f60718293a4b5c6d7e8f90', 'ddapp_0fe1dc2ba3948576'
PIPELINES = '/api/v1/logs/config/pipelines'
DASHBOARDS = '/api/v1/dashboard'
MONITORS = '/api/v1/monitor'
RULES = '/api/v2/security_monitoring/rules'
COLLECTIONS = (PIPELINES, DASHBOARDS, MONITORS, RULES)
MODELS: Mapping[tuple[str, str], type[OpenApiModel]] = {
    ('POST', PIPELINES): LogsPipeline,
    ('PUT', PIPELINES): LogsPipeline,
    ('POST', DASHBOARDS): Dashboard,
    ('PUT', DASHBOARDS): Dashboard,
    ('POST', MONITORS): Monitor,
    ('PUT', MONITORS): MonitorUpdateRequest,
    ('POST', RULES): SecurityMonitoringStandardRuleCreatePayload,
    ('PUT', RULES): SecurityMonitoringRuleUpdatePayload,
}
# The dashboards that Datadog exports have this key, and its models lack it.
KEYS_NOT_IN_THE_MODELS = ('should_exclude_missing: unknown key',)
CAMEL_CASE = re.compile(r'[a-z][A-Z]')
LARGEST_PAGE = 7

Json = dict[str, Any]


def rejections(method: str, collection: str, body: Json) -> list[str]:
    """Why the org rejects a body: what the models do not know, read-only keys, and keys in the wrong case."""
    return list(_rejections(method, collection, json.dumps(body)))


@cache
def _rejections(method: str, collection: str, text: str) -> tuple[str, ...]:
    body: Json = json.loads(text)
    model = MODELS[method, collection]
    found = [fault for fault in faults(body, model) if not fault.endswith(KEYS_NOT_IN_THE_MODELS)]
    if found:
        return tuple(found)
    found = [f'{key}: read-only' for key in body if key in getattr(model, 'read_only_vars', ())]
    if collection == RULES:
        # The models also accept the names that the client's Python has for the keys.
        parsed = validate_and_convert_types(body, (model,), ['body'], True, True, Configuration())  # type: ignore[no-untyped-call]
        if data_to_dict(parsed) != body:  # type: ignore[no-untyped-call]
            found += ['keys that are not in camelCase']
    else:
        found += [f'{key}: camelCase' for key in keys(body) if CAMEL_CASE.search(key)]
    if collection == DASHBOARDS:
        tags = body.get('tags') or []
        found += ['tags: at most 5, of the form team:<name>'] * (
            len(tags) > 5 or any(not tag.startswith('team:') for tag in tags)
        )
    return tuple(found)


def keys(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from keys(child)


@dataclass
class CheckingOrg:
    """What the org has, by the path of its collection, and what was requested."""

    objects: dict[str, dict[str, Json]] = field(default_factory=lambda: {path: {} for path in COLLECTIONS})
    requests: list[tuple[str, str]] = field(default_factory=list)
    failures: dict[tuple[str, int], tuple[int, Any]] = field(default_factory=dict)
    """Responses for the n-th request of a method and collection, such as `('POST /api/v1/monitor', 3)`."""
    used_monitors: set[str] = field(default_factory=set)
    """Monitors that an SLO uses, which Datadog does not delete without `force`."""
    next_id: int = 1000
    host: str = ''

    @property
    def changes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.requests if method != 'GET']

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: Json | None) -> tuple[int, Any]:
        url = urlsplit(target)
        self.requests.append((method, url.path))
        if headers.get('DD-API-KEY') != API_KEY or headers.get('DD-APPLICATION-KEY') != APP_KEY:
            # Whatever a server says, the tool shows no key.
            return 403, {'errors': [f'Forbidden: {headers.get("DD-API-KEY")} {headers.get("DD-APPLICATION-KEY")}']}
        if url.path == '/api/v2/validate_keys':
            return 200, {'status': 'ok'}
        collection = next((path for path in COLLECTIONS if f'{url.path}/'.startswith(f'{path}/')), None)
        if collection is None:
            return 404, {'errors': [f'Not Found: {url.path}']}
        count = sum(one == method and f'{path}/'.startswith(f'{collection}/') for one, path in self.requests)
        if (failure := self.failures.pop((f'{method} {collection}', count), None)) is not None:
            return failure
        id = url.path.removeprefix(collection).removeprefix('/')
        stored = self.objects[collection]
        if id and id not in stored:
            return 404, {'errors': ['Not found']}
        if method == 'GET':
            return 200, stored[id] if id else self._listed(collection, parse_qs(url.query))
        if method == 'DELETE':
            if id in self.used_monitors:
                return 400, {'errors': [f'monitor [{id}] is referenced in slos']}
            del stored[id]
            return (200, {'deleted': id}) if collection in (DASHBOARDS, MONITORS) else (204, None)
        assert body is not None
        if rejected := rejections(method, collection, body):
            return 400, {'errors': rejected}
        return 200, self.put(collection, body, id or None)

    def put(self, collection: str, body: Json, id: str | None = None) -> Json:
        """Store an object as Datadog does: with IDs and defaults of its own."""
        if id is None:
            self.next_id += 1
            id = str(self.next_id) if collection == MONITORS else f'abc-{self.next_id}'
        old = self.objects[collection].get(id, {})
        # An update of a monitor or a rule may leave keys out.
        kept = copy.deepcopy(old) if collection in (MONITORS, RULES) else {}
        new: Json = {**kept, **copy.deepcopy(body), 'id': int(id) if collection == MONITORS else id}
        if collection == PIPELINES:
            new = {'is_read_only': False, 'type': 'pipeline', 'tags': [], **new}
        elif collection == DASHBOARDS:
            new |= {'author_handle': 'someone@example.com', 'url': f'/dashboard/{id}', 'is_read_only': False}
            for number, widget in enumerate(new.get('widgets', [])):
                widget['id'] = self.next_id * 1000 + number
        elif collection == MONITORS:
            new['tags'] = sorted(new.get('tags', []))
            new['options'] = {'new_host_delay': 300, **new.get('options', {})}
            new |= {'overall_state': 'No Data', 'multi': True}
        else:
            new |= {'isDefault': False, 'version': old.get('version', 0) + 1, 'creationAuthorId': 7}
            new.setdefault('isEnabled', True)
        self.objects[collection][id] = new
        return new

    def _listed(self, collection: str, query: Mapping[str, list[str]]) -> Any:
        """List a page. The org may return fewer objects than requested."""

        def number(name: str, default: int) -> int:
            return int(query.get(name, [str(default)])[0])

        found = list(self.objects[collection].values())
        if collection == PIPELINES:
            return found
        if collection == DASHBOARDS:
            start, size = number('start', 0), min(number('count', 100), LARGEST_PAGE)
            page = found[start : start + size]
            shown = ('id', 'title', 'description', 'layout_type', 'url', 'is_read_only', 'author_handle')
            return {'dashboards': [{key: each[key] for key in shown if key in each} for each in page]}
        if collection == MONITORS:
            size = min(number('page_size', 100), LARGEST_PAGE)
            start = number('page', 0) * size
            return found[start : start + size]
        if number('page[size]', 10) > 100:
            return {'data': []}
        size = min(number('page[size]', 10), LARGEST_PAGE)
        start = number('page[number]', 0) * size
        return {'data': found[start : start + size], 'meta': {'page': {'total_count': len(found)}}}


@contextmanager
def serving(org: CheckingOrg) -> Iterator[CheckingOrg]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = 'HTTP/1.1'

        def answer(self) -> None:
            length = int(self.headers.get('Content-Length') or 0)
            text = self.rfile.read(length)
            status, body = org.answer(
                self.command, self.path, dict(self.headers.items()), json.loads(text) if text else None
            )
            content = b'' if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            if status in (301, 302, 307, 308):
                self.send_header('Location', f'{org.host}/elsewhere')
            if status == 429:
                self.send_header('X-Ratelimit-Reset', '0')
            self.send_header('Content-Type', 'application/json')
            self.send_header('Content-Length', str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the output of the tests clean."""

    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    org.host = f'http://127.0.0.1:{server.server_port}'
    try:
        yield org
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
