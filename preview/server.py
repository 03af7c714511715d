# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The web server of the preview: the page, and as JSON the layout of a dashboard and what each of its widgets shows."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from aiohttp import web

from datadog_logs_local.analytics import TimeRange, template_variables
from datadog_logs_local.search import Log
from okta_simulator.background_server import BackgroundServer

from .answers import View, answer
from .dashboards import Dashboard, variable_values

HOST = '127.0.0.1'
DAY_MS = 86_400_000
# The browser, too, keeps the page from asking any other server. Plotly writes its styles into the page.
SECURITY_POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"

_PAGE = files(__package__) / 'page'
_STATIC: dict[str, tuple[Traversable, str]] = {
    'page.css': (_PAGE / 'page.css', 'text/css'),
    **{name: (_PAGE / name, 'text/javascript') for name in ('colours.js', 'numbers.js', 'page.js', 'widgets.js')},
    'plotly.min.js': (files('plotly') / 'package_data' / 'plotly.min.js', 'text/javascript'),
    'world.svg': (files('pygal_maps_world') / 'worldmap.svg', 'image/svg+xml'),
}
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Range:
    """A time range of the page, up to the end of the history."""

    name: str
    label: str
    span_ms: int
    buckets: int
    """Of a time series that names no interval."""

    def window(self, end_ms: int) -> TimeRange:
        return TimeRange(end_ms - self.span_ms, end_ms)


RANGES = {
    each.name: each
    for each in (
        Range('1d', '1 day', DAY_MS, 48),
        Range('1w', '1 week', 7 * DAY_MS, 42),
        Range('4w', '4 weeks', 28 * DAY_MS, 56),
    )
}
DEFAULT_RANGE = '4w'


class PreviewServer(BackgroundServer):
    """Serves from a background thread while it is entered."""

    def __init__(
        self,
        dashboards: Mapping[str, Dashboard],
        logs: Sequence[Log],
        monitors: Sequence[Mapping[str, Any]],
        end_ms: int,
        port: int = 0,
    ) -> None:
        super().__init__('preview', HOST, port)
        self.dashboards = dashboards
        self._logs = logs
        self._monitors = monitors
        self._end_ms = end_ms

    @property
    def url(self) -> str:
        return f'http://{HOST}:{self.port}'

    async def _serve(self, listener: socket.socket, ready: Future[None], stopping: asyncio.Event) -> None:
        app = web.Application()
        app.router.add_get('/', self._home)
        app.router.add_get('/dashboards/{dashboard}', self._page)
        app.router.add_get('/static/{file}', _static)
        app.router.add_get('/api/dashboards', self._list)
        app.router.add_get('/api/dashboards/{dashboard}', self._layout)
        app.router.add_get('/api/dashboards/{dashboard}/widgets/{widget}', self._widget)
        app.on_response_prepare.append(_secure)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            ready.set_result(None)
            await stopping.wait()
        finally:
            await runner.cleanup()

    async def _home(self, _: web.Request) -> web.Response:
        raise web.HTTPFound(f'/dashboards/{next(iter(self.dashboards))}')

    async def _page(self, request: web.Request) -> web.Response:
        self._dashboard(request)
        return web.Response(text=(_PAGE / 'index.html').read_text('utf-8'), content_type='text/html')

    async def _list(self, _: web.Request) -> web.Response:
        known = [{'name': dashboard.name, 'title': dashboard.title} for dashboard in self.dashboards.values()]
        return web.json_response({'dashboards': known})

    async def _layout(self, request: web.Request) -> web.Response:
        dashboard = self._dashboard(request)
        variables = [
            {
                'name': variable['name'],
                'values': variable_values(variable, self._logs),
                'defaults': variable['defaults'],
            }
            for variable in dashboard.template_variables
        ]
        ranges = [
            {'name': each.name, 'label': each.label, 'default': each.name == DEFAULT_RANGE} for each in RANGES.values()
        ]
        end = datetime.fromtimestamp(self._end_ms / 1000, UTC)
        return web.json_response(
            {
                'title': dashboard.title,
                'banner': (
                    'Drawn from simulated data: a made-up history of an Okta org, as the check collects it, '
                    f'up to {end:%d %B %Y, %H:%M} UTC. A local preview, not Datadog.'
                ),
                'variables': variables,
                'ranges': ranges,
                'widgets': dashboard.layout(),
            }
        )

    async def _widget(self, request: web.Request) -> web.Response:
        dashboard = self._dashboard(request)
        definition = dashboard.widgets().get(request.match_info['widget'])
        if definition is None:
            return _error(404, 'no such widget')
        shown = RANGES.get(request.query.get('range', DEFAULT_RANGE))
        if shown is None:
            return _error(400, 'no such time range')
        # The address names the choices as Datadog's does.
        chosen = {
            name: request.query.getall(f'tpl_var_{name}')
            for variable in dashboard.template_variables
            if f'tpl_var_{(name := variable["name"])}' in request.query
        }
        variables = template_variables(dashboard.template_variables, chosen)
        view = View(self._logs, self._monitors, variables, shown.window(self._end_ms), shown.buckets)
        try:
            return web.json_response(await asyncio.to_thread(answer, definition, view))
        except Exception as error:
            # Whatever is wrong with a widget is shown in its place, and the others are drawn.
            _LOG.exception('widget %s of %s', request.match_info['widget'], dashboard.name)
            return _error(500, f'{type(error).__name__}: {error}')

    def _dashboard(self, request: web.Request) -> Dashboard:
        try:
            return self.dashboards[request.match_info['dashboard']]
        except KeyError:
            raise web.HTTPNotFound(text='{"error": "no such dashboard"}', content_type='application/json') from None


async def _static(request: web.Request) -> web.Response:
    try:
        file, content_type = _STATIC[request.match_info['file']]
    except KeyError:
        raise web.HTTPNotFound from None
    return web.Response(body=file.read_bytes(), content_type=content_type, charset='utf-8')


async def _secure(_: web.Request, response: web.StreamResponse) -> None:
    response.headers['Content-Security-Policy'] = SECURITY_POLICY
    response.headers['Cache-Control'] = 'no-store'


def _error(status: int, text: str) -> web.Response:
    return web.json_response({'error': text}, status=status)
