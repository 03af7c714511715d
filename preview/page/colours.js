// (C) okta_workflows authors 2026-present
// All rights reserved
// Licensed under a 3-clause BSD style license (see LICENSE)

// Colours by the names of Datadog's palettes, which is all that a dashboard's JSON says of them. The shades are ours.
const PALETTES = {
  dog_classic: ['#4c8fd6', '#7b61c9', '#40b3b5', '#e08a3c', '#d65c8f', '#7da63f', '#a3785a', '#6b7a90', '#c9a227'],
  cool: ['#3b82c4', '#55b7b0', '#6f6bd0', '#8fc1e3', '#4fa37f', '#a99be0', '#2f6690'],
  warm: ['#e2711d', '#d1495b', '#edae49', '#b5651d', '#f2955f', '#a63d57', '#f4c95d'],
  purple: ['#7e57c2', '#a98fdc', '#5b3d99', '#c9b8ec', '#8f6fd1'],
  orange: ['#e8833a', '#f3b07c', '#c65f17', '#f7cfae', '#d97b2b'],
  green: ['#4f9d69', '#8cc59f', '#2f7549', '#bfe0c9', '#6bb083'],
  red: ['#d1495b', '#e58a96', '#a62f41', '#f2bcc3', '#c9616f'],
  grey: ['#7d8797', '#a9b1bd', '#59626f', '#cdd2d9', '#8f98a6'],
};
PALETTES.gray = PALETTES.grey;

// `semantic` colours a value by what it means.
const MEANINGS = [
  [/^(error|failure|failed|deny|denied|critical|emergency|abandoned|alert)$/i, '#d64550'],
  [/^(warn|warning|challenge|throttled|rate_limited|cancelled|unanswered)$/i, '#e5a93d'],
  [/^(ok|success|completed|allow)$/i, '#41a26b'],
  [/^(info|notice|started|debug|skipped|unknown|paused)$/i, '#5b93d3'],
];

const CONDITIONS = {
  white_on_red: ['#ffffff', '#d64550'],
  white_on_yellow: ['#ffffff', '#e0a42c'],
  white_on_green: ['#ffffff', '#41a26b'],
  white_on_gray: ['#ffffff', '#7d8797'],
  black_on_light_red: ['#5e1620', '#f8d7da'],
  black_on_light_yellow: ['#5f4300', '#fdf0c8'],
  black_on_light_green: ['#123d25', '#d6f0df'],
  red_on_white: ['#d64550', 'transparent'],
  yellow_on_white: ['#b97f00', 'transparent'],
  green_on_white: ['#2f8556', 'transparent'],
};

const SCALES = {
  hostmap_blues: ['#dbe9f6', '#1f5fa8'],
  green_to_orange: ['#cfe8d5', '#d9691e'],
  yellow_to_green: ['#fbf0b5', '#2f7549'],
  YlOrRd: ['#fdf0b8', '#b3202c'],
};

export function seriesColours(names, palette = 'dog_classic') {
  const shades = PALETTES[palette] ?? PALETTES.dog_classic;
  return names.map((name, index) => {
    const meaning = palette === 'semantic' && MEANINGS.find(([pattern]) => pattern.test(name));
    return meaning ? meaning[1] : shades[index % shades.length];
  });
}

export const statusColour = (status) => seriesColours([status ?? 'info'], 'semantic')[0];

export const shade = (palette = 'dog_classic') => (PALETTES[palette] ?? PALETTES.dog_classic)[0];

export function applyCondition(node, palette) {
  [node.style.color, node.style.backgroundColor] = CONDITIONS[palette] ?? ['', ''];
}

// From the light end of a geomap's palette to the dark one.
export function scale(palette, flip) {
  const [light, dark] = SCALES[palette] ?? SCALES.hostmap_blues;
  return flip ? [dark, light] : [light, dark];
}
