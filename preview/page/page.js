// (C) okta_workflows authors 2026-present
// All rights reserved
// Licensed under a 3-clause BSD style license (see LICENSE)

// One dashboard: its grid, its template variables and its time range. What is chosen stands in the address, with the
// names that Datadog gives it there (`tpl_var_<name>`), so that a view can be kept as a link.

import { draw } from './widgets.js';

const COLUMNS = 12;

const chosen = new URLSearchParams(location.search);
let drawing = 0;

function element(tag, className = '', text = '') {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

async function get(path) {
  const response = await fetch(path);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

// --- controls ---

function variableControl(variable, onChange) {
  const key = `tpl_var_${variable.name}`;
  const selected = new Set(chosen.has(key) ? chosen.getAll(key) : variable.defaults);
  const control = element('details', 'variable');
  control.dataset.variable = variable.name;
  const summary = element('summary');
  const value = element('span', 'value');
  summary.append(element('span', 'name', variable.name), value);
  const list = element('div', 'values');
  control.append(summary, list);

  const show = () => {
    value.textContent = [...selected].join(' OR ');
    for (const box of list.querySelectorAll('input')) box.checked = selected.has(box.value);
  };
  for (const option of ['*', ...variable.values]) {
    const label = element('label');
    const box = element('input');
    box.type = 'checkbox';
    box.value = option;
    label.append(box, option);
    list.append(label);
    box.addEventListener('change', () => {
      // `*` is the choice of everything: it stands alone.
      if (option === '*') selected.clear();
      else selected.delete('*');
      if (box.checked) selected.add(option);
      else selected.delete(option);
      if (!selected.size) selected.add('*');
      chosen.delete(key);
      for (const one of selected) chosen.append(key, one);
      show();
      onChange();
    });
  }
  show();
  return control;
}

function rangeControl(ranges, onChange) {
  const select = document.getElementById('range');
  for (const range of ranges) {
    const option = element('option', '', range.label);
    option.value = range.name;
    option.selected = range.name === chosen.get('range') || (!chosen.has('range') && range.default);
    select.append(option);
  }
  select.addEventListener('change', () => {
    chosen.set('range', select.value);
    onChange();
  });
}

// Open lists of values close when something else is wanted.
document.addEventListener('click', (event) => {
  for (const open of document.querySelectorAll('.variable[open]')) {
    if (!open.contains(event.target)) open.open = false;
  }
});

// --- grid ---

function place(node, layout) {
  node.style.gridColumn = `${layout.x + 1} / span ${layout.width}`;
  node.style.gridRow = `${layout.y + 1} / span ${layout.height}`;
}

function build(widget, parent, leaves) {
  const { definition } = widget;
  const node = element('section', `widget ${definition.type}`);
  node.dataset.widget = widget.id;
  place(node, widget.layout);
  if (definition.type === 'group') {
    const colour = definition.background_color ?? 'white';
    node.classList.add(`header-${colour}`);
    if (definition.show_title !== false) node.append(element('h2', '', definition.title ?? ''));
    if (definition.banner_img?.startsWith('data:')) {
      const banner = element('img', 'banner');
      banner.src = definition.banner_img;
      banner.alt = '';
      node.append(banner);
    }
    const inner = element('div', 'grid');
    const rows = Math.max(...widget.widgets.map(({ layout }) => layout.y + layout.height));
    inner.style.gridTemplateColumns = `repeat(${Math.min(widget.layout.width, COLUMNS)}, minmax(0, 1fr))`;
    inner.style.gridTemplateRows = `repeat(${rows}, minmax(0, 1fr))`;
    for (const child of widget.widgets) build(child, inner, leaves);
    node.append(inner);
  } else {
    if (definition.title) {
      const title = element('h3', '', definition.title);
      title.style.textAlign = definition.title_align ?? 'left';
      title.title = definition.title;
      node.append(title);
    }
    const body = element('div', 'body');
    node.append(body);
    leaves.push({ widget, body });
  }
  parent.append(node);
}

async function drawLeaf({ widget, body }, path, isCurrent) {
  const { dataset } = body.closest('section');
  dataset.state = 'loading';
  try {
    const data = await get(`${path}/widgets/${widget.id}?${chosen}`);
    if (!isCurrent()) return;
    for (const plot of body.querySelectorAll('.js-plotly-plot')) window.Plotly.purge(plot);
    body.replaceChildren();
    await draw(body, widget.definition, data);
    dataset.state = 'drawn';
  } catch (error) {
    body.replaceChildren(element('p', 'error', error.message));
    dataset.state = 'failed';
  }
}

async function main() {
  const { dashboards } = await get('/api/dashboards');
  const name = location.pathname.split('/').pop();
  const path = `/api/dashboards/${name}`;
  const dashboard = await get(path);

  document.title = `${dashboard.title} (preview)`;
  document.getElementById('title').textContent = dashboard.title;
  document.getElementById('banner').textContent = dashboard.banner;
  for (const other of dashboards) {
    const link = element('a', other.name === name ? 'current' : '', other.title);
    link.href = `/dashboards/${other.name}`;
    document.getElementById('dashboards').append(link);
  }

  const leaves = [];
  const grid = document.getElementById('grid');
  for (const widget of dashboard.widgets) build(widget, grid, leaves);

  const redraw = async () => {
    const own = ++drawing;
    delete document.body.dataset.drawn;
    history.replaceState(null, '', `?${chosen}`);
    // What was asked for an earlier choice may come after what was asked for this one.
    const isCurrent = () => own === drawing;
    await Promise.all(leaves.map((leaf) => drawLeaf(leaf, path, isCurrent)));
    if (isCurrent()) document.body.dataset.drawn = String(own);
  };
  for (const variable of dashboard.variables) {
    document.getElementById('variables').append(variableControl(variable, redraw));
  }
  rangeControl(dashboard.ranges, redraw);
  await redraw();
}

main().catch((error) => {
  document.getElementById('grid').replaceChildren(element('p', 'error', error.message));
});
