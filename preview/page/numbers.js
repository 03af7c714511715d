// (C) okta_workflows authors 2026-present
// All rights reserved
// Licensed under a 3-clause BSD style license (see LICENSE)

const SCALES = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];
const COMPARATORS = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '=': (a, b) => a === b,
};

export function formatNumber(value, { autoscale = true, precision = 2, unit = '' } = {}) {
  if (value === null || value === undefined) return '–';
  const [factor, suffix] = (autoscale && SCALES.find(([factor]) => Math.abs(value) >= factor)) || [1, ''];
  const digits = (value / factor).toLocaleString('en-US', { maximumFractionDigits: precision });
  if (!unit) return digits + suffix;
  return unit === '%' ? `${digits}${suffix}%` : `${digits}${suffix} ${unit}`;
}

// The unit of a formula, where its `number_format` names one.
export function unitOf(request, index) {
  const unit = request.formulas?.[index]?.number_format?.unit;
  if (!unit) return '';
  if (unit.type === 'custom_unit_label') return unit.label;
  return { percent: '%', hour: 'h', day: 'd', minute: 'min', second: 's' }[unit.unit_name] ?? unit.unit_name;
}

// The palette of the first condition that holds, as Datadog applies them; undefined for none.
export function conditionalPalette(request, index, value) {
  const formats = request.formulas?.[index]?.conditional_formats ?? request.conditional_formats ?? [];
  if (value === null) return undefined;
  return formats.find((format) => COMPARATORS[format.comparator](value, format.value))?.palette;
}

export function formatTime(ms) {
  const text = new Date(ms).toLocaleString('en-GB', {
    timeZone: 'UTC',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return text.replace(',', '');
}
