// (C) okta_workflows authors 2026-present
// All rights reserved
// Licensed under a 3-clause BSD style license (see LICENSE)

// How each type of widget is drawn, from its definition in the dashboard's JSON and what its queries found.

import { applyCondition, scale, seriesColours, shade, statusColour } from './colours.js';
import { conditionalPalette, formatNumber, formatTime, unitOf } from './numbers.js';

const FONT = { family: '"Helvetica Neue", Arial, "Liberation Sans", sans-serif', size: 11, color: '#4a5567' };
const GRID_COLOUR = '#eceff4';
const PLOT_CONFIG = { displayModeBar: false, responsive: true };
const LEGEND_ROWS = 10;

function element(tag, className = '', text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function nothing(body) {
  body.append(element('p', 'nothing', 'No data'));
}

// A table of which each column takes about its share at most.
function sharedTable(columns) {
  const table = element('table');
  table.style.setProperty('--columns', columns);
  table.append(element('thead'), element('tbody'));
  table.tHead.append(element('tr'));
  return table;
}

function heading(table, className, text) {
  const cell = element('th', className, text);
  cell.title = text;
  table.tHead.rows[0].append(cell);
}

// Everything else has to have its place in the body before: the plot takes its size from what is left.
function plot(body, traces, layout, className = '') {
  const node = element('div', `plot ${className}`);
  body.append(node);
  const margin = { l: 0, r: 0, t: 0, b: 0, ...layout.margin };
  const whole = { font: FONT, paper_bgcolor: 'transparent', plot_bgcolor: 'transparent', ...layout, margin };
  return window.Plotly.newPlot(node, traces, whole, PLOT_CONFIG);
}

const label = (groups) => groups.join(' · ') || '*';

// --- text and pictures ---

function note(body, definition, data) {
  // The server makes this from Markdown in which HTML has no meaning.
  body.innerHTML = data.html;
  body.closest('section').classList.add(`note-${definition.background_color ?? 'white'}`);
  body.style.fontSize = `${definition.font_size ?? 14}px`;
  body.style.textAlign = definition.text_align ?? 'left';
  const ends = { top: 'flex-start', center: 'center', bottom: 'flex-end' };
  body.style.justifyContent = ends[definition.vertical_align ?? 'top'];
}

function image(body, definition, data) {
  if (!data.url) {
    // A picture on Datadog's side: this page asks nobody but its own server.
    body.append(element('p', 'nothing', 'A picture that Datadog serves'));
    return;
  }
  const picture = element('img');
  picture.src = data.url;
  picture.alt = '';
  picture.style.objectFit = definition.sizing ?? 'contain';
  body.append(picture);
}

// --- figures ---

async function queryValue(body, definition, data) {
  const [request] = definition.requests;
  const unit = definition.custom_unit ?? unitOf(request, 0);
  const text = formatNumber(data.value, { autoscale: definition.autoscale, precision: definition.precision, unit });
  const figure = element('p', 'figure', text);
  figure.style.textAlign = definition.text_align ?? 'center';
  const palette = conditionalPalette(request, 0, data.value);
  // Colours `on_white` are those of the figure, the others those of the whole tile.
  const ofTheFigure = palette?.endsWith('_on_white');
  applyCondition(figure, ofTheFigure ? palette : undefined);
  applyCondition(body.closest('section'), ofTheFigure ? undefined : palette);
  const background = definition.timeseries_background;
  if (background) {
    const colour = palette?.startsWith('white_on') ? '#ffffff' : shade(request.style?.palette);
    const traces = data.background.map(({ times, values }) =>
      background.type === 'bars'
        ? { type: 'bar', x: times, y: values, marker: { color: colour }, hoverinfo: 'skip' }
        : { x: times, y: values, mode: 'lines', fill: 'tozeroy', line: { color: colour, width: 1 }, hoverinfo: 'skip' },
    );
    const hidden = { visible: false, fixedrange: true };
    const layout = {
      xaxis: { ...hidden, type: 'date' },
      yaxis: { ...hidden, rangemode: 'tozero' },
      showlegend: false,
      bargap: 0.15,
    };
    await plot(body, traces, layout, 'background');
  }
  body.append(figure);
}

async function timeseries(body, definition, data) {
  const traces = [];
  data.requests.forEach(({ display_type: display, palette, series }) => {
    const colours = seriesColours(series.map(({ name }) => name), palette);
    series.forEach(({ name, times, values }, index) => {
      const trace = { name, x: times, y: values, hovertemplate: `%{y} ${name}<extra></extra>` };
      const color = colours[index];
      if (display === 'bars') traces.push({ ...trace, type: 'bar', marker: { color } });
      else if (display === 'area') {
        const area = { stackgroup: 'area', mode: 'lines', line: { color, width: 1, shape: 'linear' } };
        traces.push({ ...trace, ...area });
      } else traces.push({ ...trace, mode: 'lines', line: { color, width: 1.8 } });
    });
  });
  if (!traces.length) {
    nothing(body);
    return;
  }
  const showlegend = Boolean(definition.show_legend) && traces.length > 1;
  await plot(body, traces, {
    margin: { l: 34, r: 8, t: 6, b: showlegend ? 4 : 22 },
    barmode: 'stack',
    bargap: 0.12,
    hovermode: 'x unified',
    hoverlabel: { font: { size: 11 } },
    showlegend,
    legend: {
      orientation: 'h',
      traceorder: 'normal',
      // Two rows: what there is more of is scrolled to, as the marks need the room.
      maxheight: 49,
      yanchor: 'top',
      y: -0.16,
      x: 0,
      font: { size: 10.5 },
      itemwidth: 30,
    },
    xaxis: {
      type: 'date',
      range: [data.start, data.end],
      gridcolor: GRID_COLOUR,
      showgrid: false,
      linecolor: '#cfd6e0',
      automargin: showlegend,
      tickformatstops: [
        { dtickrange: [null, 43200000], value: '%H:%M' },
        { dtickrange: [43200000, null], value: '%b %-d' },
      ],
    },
    yaxis: { rangemode: 'tozero', gridcolor: GRID_COLOUR, zeroline: false, nticks: 5, automargin: true },
  });
}

// --- rankings ---

function toplist(body, definition, data) {
  const [request] = definition.requests;
  const { rows } = data;
  if (!rows.length) {
    nothing(body);
    return;
  }
  const greatest = Math.max(...rows.map(({ values }) => values[0] ?? 0)) || 1;
  const list = element('ol');
  for (const { groups, values } of rows) {
    const item = element('li');
    const bar = element('span', 'bar');
    bar.style.width = `${((values[0] ?? 0) / greatest) * 100}%`;
    const [colour] = seriesColours([label(groups)], request.style?.palette);
    bar.style.setProperty('--bar', colour);
    const count = element('span', 'count', formatNumber(values[0], { unit: unitOf(request, 0) }));
    applyCondition(count, conditionalPalette(request, 0, values[0]));
    const name = element('span', 'name', label(groups));
    name.title = label(groups);
    item.append(bar, count, name);
    list.append(item);
  }
  body.append(list);
}

function queryTable(body, definition, data) {
  const [request] = definition.requests;
  const { groups: facets, formulas, rows } = data;
  if (!rows.length) {
    nothing(body);
    return;
  }
  const table = sharedTable(facets.length + formulas.length);
  for (const name of facets) heading(table, '', name.replace(/^@/, ''));
  for (const name of formulas) heading(table, 'number', name);
  const greatest = formulas.map((_, index) => Math.max(...rows.map(({ values }) => values[index] ?? 0)) || 1);
  for (const { groups, values } of rows) {
    const line = element('tr');
    for (const group of groups) {
      const cell = element('td', '', group);
      cell.title = group;
      line.append(cell);
    }
    values.forEach((value, index) => {
      const cell = element('td', 'number');
      const text = element('span', '', formatNumber(value, { autoscale: false, unit: unitOf(request, index) }));
      if (request.formulas[index].cell_display_mode === 'bar') {
        const bar = element('span', 'bar');
        bar.style.width = `${((value ?? 0) / greatest[index]) * 100}%`;
        bar.style.setProperty('--bar', shade(request.style?.palette));
        cell.append(bar);
      }
      applyCondition(text, conditionalPalette(request, index, value));
      cell.append(text);
      line.append(cell);
    });
    table.tBodies[0].append(line);
  }
  body.append(table);
}

function change(body, definition, data) {
  const [request] = definition.requests;
  if (!data.rows.length) {
    nothing(body);
    return;
  }
  const table = element('table');
  const lines = element('tbody');
  for (const { groups, before, now } of data.rows) {
    const line = element('tr');
    const difference = (now ?? 0) - (before ?? 0);
    const percent = formatNumber((difference / before) * 100, { precision: 0, unit: '%' });
    const share = before ? ` (${difference > 0 ? '+' : ''}${percent})` : '';
    const arrow = difference > 0 ? '▲' : difference < 0 ? '▼' : '=';
    const good = difference === 0 ? 'same' : difference > 0 === (request.increase_good ?? true) ? 'good' : 'bad';
    const name = element('td', '', label(groups));
    name.title = name.textContent;
    line.append(name, element('td', 'number', formatNumber(now)));
    line.append(element('td', `number ${good}`, `${arrow} ${formatNumber(Math.abs(difference))}${share}`));
    lines.append(line);
  }
  table.append(lines);
  body.append(table);
}

// --- shares ---

// A tree out of rows: every prefix of the groups is a node, with the sum below it.
function tree(rows) {
  const nodes = new Map();
  for (const { groups, values } of rows) {
    groups.forEach((group, depth) => {
      const id = JSON.stringify(groups.slice(0, depth + 1));
      const parent = depth ? JSON.stringify(groups.slice(0, depth)) : '';
      const node = nodes.get(id) ?? { id, parent, label: group, value: 0, top: groups[0] };
      node.value += values[0] ?? 0;
      nodes.set(id, node);
    });
  }
  return [...nodes.values()].filter(({ value }) => value > 0);
}

function treeTrace(rows, palette) {
  const nodes = tree(rows);
  const tops = [...new Set(nodes.map(({ top }) => top))];
  const colours = seriesColours(tops, palette);
  return {
    ids: nodes.map(({ id }) => id),
    labels: nodes.map(({ label }) => label),
    parents: nodes.map(({ parent }) => parent),
    values: nodes.map(({ value }) => value),
    branchvalues: 'total',
    marker: { colors: nodes.map(({ top }) => colours[tops.indexOf(top)]), line: { color: '#ffffff', width: 1 } },
    hovertemplate: '%{label}: %{value}<extra></extra>',
  };
}

async function sunburst(body, definition, data) {
  const { rows } = data;
  const palette = definition.requests[0].style?.palette;
  const total = rows.reduce((sum, { values }) => sum + (values[0] ?? 0), 0);
  if (!total) {
    nothing(body);
    return;
  }
  const ring = element('div', 'ring');
  body.append(ring);
  if ((definition.legend?.type ?? 'automatic') !== 'none') body.append(legend(rows, palette, total));
  const middle = definition.hide_total ? '' : formatNumber(total);
  if (rows[0].groups.length > 1) {
    const trace = { ...treeTrace(rows, palette), type: 'sunburst', insidetextorientation: 'radial' };
    await plot(ring, [trace], { uniformtext: { minsize: 8, mode: 'hide' } });
  } else {
    const names = rows.map(({ groups }) => label(groups));
    const trace = {
      type: 'pie',
      hole: 0.62,
      sort: false,
      labels: names,
      values: rows.map(({ values }) => values[0]),
      marker: { colors: seriesColours(names, palette), line: { color: '#ffffff', width: 1 } },
      textinfo: 'none',
      hovertemplate: '%{label}: %{value} (%{percent})<extra></extra>',
    };
    await plot(ring, [trace], {
      showlegend: false,
      annotations: [{ text: middle, showarrow: false, font: { size: 18, color: '#1c2b3f' } }],
      margin: { l: 4, r: 4, t: 4, b: 4 },
    });
  }
}

function legend(rows, palette, total) {
  const sums = new Map();
  for (const { groups, values } of rows) {
    const name = groups[0];
    sums.set(name, (sums.get(name) ?? 0) + (values[0] ?? 0));
  }
  const colours = seriesColours([...sums.keys()], palette);
  const table = element('table', 'legend');
  const lines = element('tbody');
  [...sums].slice(0, LEGEND_ROWS).forEach(([name, value], index) => {
    const line = element('tr');
    const cell = element('td', '', name);
    const swatch = element('i');
    swatch.style.backgroundColor = colours[index];
    cell.prepend(swatch);
    cell.title = name;
    const share = formatNumber((value / total) * 100, { precision: 1, unit: '%' });
    line.append(cell, element('td', 'number', formatNumber(value)), element('td', 'number', share));
    lines.append(line);
  });
  table.append(lines);
  return table;
}

async function treemap(body, definition, data) {
  const { rows } = data;
  if (!rows.length) {
    nothing(body);
    return;
  }
  const trace = {
    ...treeTrace(rows, definition.requests[0].style?.palette),
    type: 'treemap',
    pathbar: { visible: false },
    tiling: { pad: 2 },
    root: { color: 'transparent' },
    texttemplate: '%{label}<br>%{value}',
    textfont: { color: '#ffffff' },
  };
  await plot(body, [trace], {});
}

// --- map ---

let world;

async function geomap(body, definition, data) {
  const { rows } = data;
  if (!rows.length) {
    nothing(body);
    return;
  }
  world ??= fetch('/static/world.svg').then((response) => response.text());
  const map = document.importNode(new DOMParser().parseFromString(await world, 'image/svg+xml').documentElement, true);
  map.removeAttribute('width');
  map.removeAttribute('height');
  // Without the Antarctic, nobody's office.
  map.setAttribute('viewBox', '40 61 2600 1110');
  const greatest = Math.max(...rows.map(({ values }) => values[0] ?? 0));
  const [light, dark] = scale(definition.style?.palette, definition.style?.palette_flip);
  for (const { groups, values } of rows) {
    const country = map.querySelector(`.country.${CSS.escape(groups[0].toLowerCase())}`);
    if (!country) throw new Error(`no country ${groups[0]} on the map`);
    // By its root, as a few countries have nearly all.
    const share = Math.round(Math.sqrt((values[0] ?? 0) / greatest) * 100);
    country.style.fill = `color-mix(in srgb, ${dark} ${share}%, ${light})`;
    country.classList.add('found');
    const title = document.createElementNS('http://www.w3.org/2000/svg', 'title');
    title.textContent = `${groups[0]}: ${formatNumber(values[0])}`;
    country.prepend(title);
  }
  const key = element('p', 'key');
  const gradient = element('i');
  gradient.style.background = `linear-gradient(90deg, ${light}, ${dark})`;
  key.append('0', gradient, formatNumber(greatest));
  body.append(map, key);
}

// --- lists ---

function listStream(body, definition, data) {
  if (!data.rows.length) {
    nothing(body);
    return;
  }
  const { columns } = definition.requests[0];
  const table = sharedTable(columns.length);
  for (const { field, width } of columns) {
    const name = { status_line: '', timestamp: 'date (UTC)', content: 'message' }[field] ?? field.replace(/^@/, '');
    heading(table, `${width} ${field === 'status_line' ? 'status' : ''}`, name);
  }
  for (const { status, cells } of data.rows) {
    const line = element('tr');
    columns.forEach(({ field, width }, index) => {
      const cell = element('td', width);
      if (field === 'status_line') {
        cell.classList.add('status');
        cell.style.setProperty('--status', statusColour(status));
        cell.title = status;
      } else {
        cell.textContent = field === 'timestamp' ? formatTime(cells[index]) : cells[index];
        cell.title = cell.textContent;
      }
      line.append(cell);
    });
    table.tBodies[0].append(line);
  }
  body.append(table);
}

function manageStatus(body, definition, data) {
  const table = element('table');
  const lines = element('tbody');
  for (const { name, state } of data.monitors) {
    const line = element('tr');
    const badge = element('td', 'badge');
    badge.append(element('span', state.toLowerCase().replace(' ', '-'), state));
    line.append(badge, element('td', '', name));
    lines.append(line);
  }
  table.append(lines);
  body.append(table, element('p', 'remark', data.remark));
}

const DRAWERS = {
  change,
  geomap,
  image,
  list_stream: listStream,
  manage_status: manageStatus,
  note,
  query_table: queryTable,
  query_value: queryValue,
  sunburst,
  timeseries,
  toplist,
  treemap,
};

export async function draw(body, definition, data) {
  const drawer = DRAWERS[definition.type];
  if (!drawer) throw new Error(`this preview cannot draw a ${definition.type}`);
  await drawer(body, definition, data);
}
