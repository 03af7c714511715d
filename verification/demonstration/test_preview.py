# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The preview draws every widget of the shipped dashboards, asks no other server, and hides no failure."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

import preview
from datadog_logs_local.search import Log
from preview import Dashboard, PreviewServer, load_dashboards
from preview.__main__ import main
from preview.chromium import find_chromium, headless_chromium
from preview.screenshots import take_screenshot
from preview.simulation import DASHBOARDS, preview_of_the_history

TIMEOUT_SECONDS = 10
DRAWING_TIMEOUT_MS = 30_000
PICTURE_MAX_BYTES = 400_000
END_MS = 1_764_000_000_000
HOUR_MS = 3_600_000
ALL_LOGS = 'logs("source:okta-workflows").index("*")'
SHIPPED = load_dashboards(DASHBOARDS)
WIDGETS = [
    pytest.param(dashboard.name, widget, id=f'{dashboard.name}: {definition.get("title", definition["type"])}')
    for dashboard in SHIPPED.values()
    for widget, definition in dashboard.widgets().items()
]

Get = Callable[..., requests.Response]


def getter(server: PreviewServer) -> Get:
    def get(path: str, **query: Any) -> requests.Response:
        return requests.get(f'{server.url}{path}', params=query, timeout=TIMEOUT_SECONDS)

    return get


@pytest.fixture(scope='module')
def shipped() -> Iterator[PreviewServer]:
    """The dashboards of assets/ over the simulated history."""
    with preview_of_the_history() as server:
        yield server


def request(*group_by: str, query: str = 'source:okta-workflows $Domain', **rest: Any) -> dict[str, Any]:
    return {
        'response_format': 'scalar',
        'queries': [
            {
                'name': 'query1',
                'data_source': 'logs',
                'search': {'query': query},
                'compute': {'aggregation': 'count'},
                'group_by': [{'facet': facet, 'limit': 10} for facet in group_by],
            }
        ],
        'formulas': [{'formula': 'query1', 'alias': 'Events'}],
        **rest,
    }


def series(display: str) -> dict[str, Any]:
    return request('@usr.email', response_format='timeseries', display_type=display)


STREAM = {
    'response_format': 'event_list',
    'columns': [{'field': field, 'width': 'auto'} for field in ('status_line', 'timestamp', 'content', '@usr.email')],
    'query': {'data_source': 'logs_stream', 'query_string': 'source:okta-workflows $Domain'},
}
CHANGE = request('@usr.email', formulas=[{'formula': 'day_before(query1)'}, {'formula': 'query1'}])
# Each type once, time series in each of their shapes; two levels where a picture can have them.
DEFINITIONS: dict[str, dict[str, Any]] = {
    'note': {'type': 'note', 'content': '# Hello\n\n<img src="http://example.com/x.png">'},
    'image': {'type': 'image', 'url': 'data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA='},
    'value': {'type': 'query_value', 'requests': [request()], 'timeseries_background': {'type': 'area'}},
    'bars': {'type': 'timeseries', 'requests': [series('bars')], 'show_legend': True},
    'area': {'type': 'timeseries', 'requests': [series('area')]},
    'line': {'type': 'timeseries', 'requests': [series('line')]},
    'toplist': {'type': 'toplist', 'requests': [request('@usr.email')]},
    'table': {'type': 'query_table', 'requests': [request('@usr.email', 'okta_domain')]},
    'ring': {'type': 'sunburst', 'requests': [request('@usr.email')]},
    'sunburst': {'type': 'sunburst', 'requests': [request('okta_domain', '@usr.email')]},
    'treemap': {'type': 'treemap', 'requests': [request('okta_domain', '@usr.email')]},
    'geomap': {'type': 'geomap', 'requests': [request('@country')], 'style': {'palette': 'hostmap_blues'}},
    'change': {'type': 'change', 'requests': [CHANGE]},
    'stream': {'type': 'list_stream', 'requests': [STREAM]},
}
BROKEN = {'type': 'query_value', 'title': 'Broken', 'requests': [request(query='source:(')]}


def made(**definitions: dict[str, Any]) -> Dashboard:
    group = {
        'id': 1,
        'layout': {'x': 0, 'y': 0, 'width': 12, 'height': 4 * len(definitions) + 1},
        'definition': {
            'type': 'group',
            'layout_type': 'ordered',
            'title': 'Group',
            'widgets': [
                {'id': name, 'layout': {'x': 0, 'y': 4 * index, 'width': 6, 'height': 4}, 'definition': definition}
                for index, (name, definition) in enumerate(definitions.items())
            ],
        },
    }
    variable = {'name': 'Domain', 'prefix': 'okta_domain', 'available_values': [], 'defaults': ['*']}
    return Dashboard('made', {'title': 'Made', 'widgets': [group], 'template_variables': [variable]})


def log(email: str, domain: str, country: str, hours_before_the_end: float) -> Log:
    return Log(
        message=f'{email} did something',
        attributes={'usr': {'email': email}, 'country': country},
        tags=(f'okta_domain:{domain}',),
        timestamp=END_MS - int(hours_before_the_end * HOUR_MS),
        status='info',
        source='okta-workflows',
    )


LOGS = [
    log('ada@example.com', 'acme.okta.com', 'SG', 1),
    log('ada@example.com', 'acme.okta.com', 'US', 2),
    log('grace@example.com', 'globex.okta.com', 'US', 3),
    log('grace@example.com', 'globex.okta.com', 'US', 30),
    log('grace@example.com', 'globex.okta.com', 'US', 30 * 24),
]


@pytest.fixture(scope='module')
def server() -> Iterator[PreviewServer]:
    """A dashboard with a widget of each type, over a few logs."""
    with PreviewServer({'made': made(**DEFINITIONS, broken=BROKEN)}, LOGS, [], END_MS) as server:
        yield server


@pytest.fixture
def get(server: PreviewServer) -> Get:
    return getter(server)


# --- over HTTP ---


@pytest.mark.parametrize('dashboard, widget', WIDGETS)
def test_each_shipped_widget_has_something_to_show(shipped: PreviewServer, dashboard: str, widget: str) -> None:
    answer = getter(shipped)(f'/api/dashboards/{dashboard}/widgets/{widget}')

    assert answer.status_code == 200, answer.text
    assert shows_something(answer.json())


def shows_something(answer: dict[str, Any]) -> bool:
    match answer:
        case {'html': html}:
            return bool(html)
        case {'value': value}:
            return value is not None
        case {'requests': found}:
            return any(value for request in found for series in request['series'] for value in series['values'])
        case {'monitors': rows} | {'rows': rows}:
            return bool(rows)
    raise AssertionError(answer)


@pytest.mark.parametrize(
    'chosen, events',
    [
        pytest.param({}, 4, id='default'),
        pytest.param({'tpl_var_Domain': '*'}, 4, id='everything'),
        pytest.param({'tpl_var_Domain': 'acme.okta.com'}, 2, id='one value'),
        pytest.param({'tpl_var_Domain': ['acme.okta.com', 'globex.okta.com']}, 4, id='two values'),
        pytest.param({'tpl_var_Domain': 'no.okta.com'}, 0, id='value without events'),
        pytest.param({'range': '1d'}, 3, id='last day'),
        pytest.param({'range': '1d', 'tpl_var_Domain': 'globex.okta.com'}, 1, id='both'),
    ],
)
def test_template_variable_and_time_range_decide_on_the_figures(get: Get, chosen: dict[str, Any], events: int) -> None:
    assert get('/api/dashboards/made/widgets/value', **chosen).json()['value'] == events


def test_the_values_of_a_variable_are_those_that_the_logs_have(get: Get) -> None:
    (variable,) = get('/api/dashboards/made').json()['variables']

    assert variable == {'name': 'Domain', 'values': ['acme.okta.com', 'globex.okta.com'], 'defaults': ['*']}


def test_a_change_is_from_the_time_before_to_now(get: Get) -> None:
    rows = get('/api/dashboards/made/widgets/change', range='1d').json()['rows']

    assert {row['groups'][0]: (row['before'], row['now']) for row in rows} == {
        'ada@example.com': (None, 2),
        'grace@example.com': (1, 1),
    }


def test_the_newest_events_come_first_and_with_their_columns(get: Get) -> None:
    newest, *_ = get('/api/dashboards/made/widgets/stream').json()['rows']

    assert newest == {
        'status': 'info',
        'cells': [None, END_MS - HOUR_MS, 'ada@example.com did something', 'ada@example.com'],
    }


@pytest.mark.parametrize(
    'kind, query, state',
    [
        pytest.param('log alert', f'{ALL_LOGS}.rollup("count").last("1h") > 0', 'Alert', id='alert'),
        pytest.param('log alert', f'{ALL_LOGS}.rollup("count").last("1h") > 1', 'OK', id='ok'),
        pytest.param(
            'log alert',
            f'{ALL_LOGS}.rollup("count").by("@usr.email").last("4h") > 1',
            'Alert',
            id='one group of two',
        ),
        pytest.param('service check', '"datadog.agent.check_status"', 'Not evaluated', id='no monitor of logs'),
    ],
)
def test_a_monitor_summary_has_the_worst_state_of_each_monitor(kind: str, query: str, state: str) -> None:
    options = {'thresholds': {'critical': int(query[-1])}} if kind == 'log alert' else {}
    monitor = {'title': 'Many events', 'definition': {'type': kind, 'query': query, 'options': options}}
    with PreviewServer({'made': made(summary={'type': 'manage_status'})}, LOGS, [monitor], END_MS) as server:
        answer = getter(server)('/api/dashboards/made/widgets/summary').json()

    assert answer['monitors'] == [{'name': 'Many events', 'state': state}]
    assert 'monitors do not run here' in answer['remark']


@pytest.mark.parametrize(
    'path, status',
    [
        pytest.param('/api/dashboards/made/widgets/none', 404, id='widget'),
        pytest.param('/api/dashboards/none/widgets/value', 404, id='dashboard of a widget'),
        pytest.param('/api/dashboards/none', 404, id='dashboard'),
        pytest.param('/dashboards/none', 404, id='page'),
        pytest.param('/static/none.js', 404, id='file'),
        pytest.param('/static/..%2Fserver.py', 404, id='file outside the page'),
        pytest.param('/api/dashboards/made/widgets/value?range=none', 400, id='time range'),
    ],
)
def test_what_is_not_there_is_not_found(get: Get, path: str, status: int) -> None:
    assert get(path).status_code == status


def test_a_widget_that_cannot_be_evaluated_says_why(get: Get) -> None:
    answer = get('/api/dashboards/made/widgets/broken')

    assert answer.status_code == 500
    assert answer.json()['error'].startswith('QueryError: ')


def test_a_type_of_widget_that_the_preview_does_not_know_is_an_error() -> None:
    with PreviewServer({'made': made(cloud={'type': 'wordcloud'})}, [], [], END_MS) as server:
        answer = getter(server)('/api/dashboards/made/widgets/cloud')

    assert answer.status_code == 500
    assert 'wordcloud' in answer.json()['error']


def test_the_page_and_its_files_name_no_other_server(get: Get) -> None:
    """And the browser is told to ask none, which also binds the libraries."""
    page = get('/dashboards/made')
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text)
    modules = [f'/static/{path.name}' for path in (Path(preview.__file__).parent / 'page').glob('*.js')]
    own = [get(file) for file in {*files, *modules} if 'plotly' not in file]

    assert 'plotly.min.js' in page.text
    assert len(own) == 5
    for answer in [page, *own]:
        assert answer.status_code == 200
        assert not re.search(r'(?<!xmlns=")(https?:)?//[a-z0-9-]+\.[a-z]', without_comments(answer.text))
    assert page.headers['Content-Security-Policy'].startswith("default-src 'self'; ")
    assert 'http' not in page.headers['Content-Security-Policy']


def without_comments(text: str) -> str:
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.DOTALL)
    text = re.sub(r'^ *// .*$', '', text, flags=re.MULTILINE)
    return text.replace('http://www.w3.org/2000/svg', '')


def test_only_this_machine_is_served(server: PreviewServer) -> None:
    with pytest.raises(OSError), socket.create_connection(('127.0.0.2', server.port), timeout=1):
        pass


def test_html_in_a_note_is_text(get: Get) -> None:
    html = get('/api/dashboards/made/widgets/note').json()['html']

    assert '<h1>Hello</h1>' in html
    assert '<img' not in html


def test_screenshots_without_a_chromium_are_refused_before_any_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))

    assert main(['--screenshots', str(tmp_path / 'images')]) == 1
    assert 'No Chromium found' in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# --- in a browser ---


@pytest.fixture(scope='module')
def browser() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        reason = 'no Chromium on this machine: the page was not drawn'
        if os.environ.get('CI'):
            pytest.fail(reason)
        pytest.skip(reason)
    with headless_chromium(path) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Fails the test, in the end, for anything that the browser complained of or asked another server for."""
    page = browser.new_page(viewport={'width': 1400, 'height': 1000})
    complaints: list[str] = []
    page.on('console', lambda message: complaints.append(f'{message.type}: {message.text}'))
    page.on('pageerror', lambda error: complaints.append(f'error: {error}'))
    page.on('requestfailed', lambda request: complaints.append(f'failed: {request.url}'))
    page.on('request', lambda request: complaints.extend(elsewhere(request.url)))
    yield page
    page.close()
    assert complaints == []


def elsewhere(url: str) -> list[str]:
    return [] if url.startswith(('http://127.0.0.1:', 'data:')) else [f'other server: {url}']


def wait_until_drawn(page: Page, times: int) -> None:
    page.wait_for_selector(f'body[data-drawn="{times}"]', timeout=DRAWING_TIMEOUT_MS)


@pytest.mark.parametrize('dashboard', SHIPPED)
def test_each_shipped_widget_is_drawn_and_the_picture_is_fit_for_a_repository(
    shipped: PreviewServer, page: Page, tmp_path: Path, dashboard: str
) -> None:
    picture = take_screenshot(page, shipped.url, dashboard, tmp_path)

    states = page.eval_on_selector_all(
        '[data-widget]:not(.group)', 'widgets => widgets.map(widget => [widget.dataset.widget, widget.dataset.state])'
    )
    assert dict(states) == dict.fromkeys(SHIPPED[dashboard].widgets(), 'drawn')
    assert page.locator('.error, .nothing').all_inner_texts() == []
    assert empty_plots(page) == []
    expect(page.locator('#banner')).to_contain_text('Drawn from simulated data')
    assert picture.read_bytes().startswith(b'\x89PNG')
    assert picture.stat().st_size < PICTURE_MAX_BYTES


def empty_plots(page: Page) -> list[str]:
    """Charts without a single mark, by the title of their widget."""
    empty: list[str] = page.eval_on_selector_all(
        '.plot',
        """plots => plots
            .filter(plot => !plot.querySelector('.point path, .js-line, .js-fill, .slice path'))
            .map(plot => plot.closest('section').innerText)""",
    )
    return empty


def test_every_type_of_widget_is_drawn_and_a_broken_one_says_so(browser: Browser, server: PreviewServer) -> None:
    page = browser.new_page(viewport={'width': 1400, 'height': 1000})
    page.goto(f'{server.url}/dashboards/made')
    wait_until_drawn(page, 1)

    failed = page.locator('[data-state="failed"]')
    expect(failed).to_have_count(1)
    expect(failed.locator('h3')).to_have_text('Broken')
    expect(failed.locator('.error')).to_contain_text('QueryError')
    expect(page.locator('[data-state="drawn"]')).to_have_count(len(DEFINITIONS))
    assert page.locator('.nothing').all_inner_texts() == []
    assert empty_plots(page) == []
    # A country too small to be seen has a dot.
    expect(page.locator('.country.sg.found circle')).to_be_visible()
    expect(page.locator('.country.us.found title')).to_have_text('US: 3')
    page.close()


def test_choosing_a_value_or_a_time_range_draws_anew_and_can_be_kept_as_a_link(page: Page) -> None:
    dashboard = made(value=DEFINITIONS['value'], toplist=DEFINITIONS['toplist'])
    with PreviewServer({'made': dashboard}, LOGS, [], END_MS) as server:
        page.goto(f'{server.url}/')
        wait_until_drawn(page, 1)
        figure = page.locator('.query_value .figure')
        expect(figure).to_have_text('4')
        expect(page.locator('.toplist li')).to_have_count(2)

        page.click('[data-variable="Domain"] summary')
        page.check('[data-variable="Domain"] input[value="globex.okta.com"]')
        wait_until_drawn(page, 2)
        expect(figure).to_have_text('2')
        expect(page.locator('.toplist .name')).to_have_text(['grace@example.com'])
        expect(page.locator('[data-variable="Domain"] .value')).to_have_text('globex.okta.com')

        page.check('[data-variable="Domain"] input[value="acme.okta.com"]')
        wait_until_drawn(page, 3)
        expect(figure).to_have_text('4')

        page.select_option('#range', '1d')
        wait_until_drawn(page, 4)
        expect(figure).to_have_text('3')

        page.uncheck('[data-variable="Domain"] input[value="globex.okta.com"]')
        wait_until_drawn(page, 5)
        page.reload()
        wait_until_drawn(page, 1)
        expect(figure).to_have_text('2')
        expect(page.locator('[data-variable="Domain"] .value')).to_have_text('acme.okta.com')
        expect(page.locator('#range')).to_have_value('1d')
