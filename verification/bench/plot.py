# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Cost against the size of a history, drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pygal  # type: ignore[import-untyped]
from pygal.style import Style  # type: ignore[import-untyped]

from .figures import MAX_GROWTH_MIB, Growth

WIDTH, HEIGHT = 720, 360
STYLE = Style(
    background='white',
    plot_background='white',
    colors=('#632ca6', '#8a8a8a'),
    font_family='sans-serif',
    guide_stroke_color='#e4e4e4',
    guide_stroke_dasharray='none',
    major_guide_stroke_color='#e4e4e4',
    major_guide_stroke_dasharray='none',
    title_font_size=15,
    label_font_size=12,
    major_label_font_size=12,
    legend_font_size=12,
    stroke_width=2,
)


def draw(growths: Sequence[Growth], folder: Path) -> list[Path]:
    """Write the plots of memory and CPU time to `folder`."""
    sizes = [growth.events for growth in growths]
    memory = _chart('Memory beyond the idle check, in MiB, by events collected', sizes)
    memory.add('this check', [(_place(growth.events), growth.mib) for growth in growths])
    goal = [(_place(size), MAX_GROWTH_MIB) for size in sizes]
    memory.add('goal', goal, show_dots=False, stroke_style={'dasharray': '6, 4'})
    cpu = _chart('CPU time of an event, with request, lines and commits, in µs, by events collected', sizes)
    cpu.add('this check', [(_place(growth.events), growth.event_microseconds) for growth in growths])
    files = {folder / 'performance-memory.svg': memory, folder / 'performance-cpu.svg': cpu}
    for path, chart in files.items():
        path.write_text(chart.render(), 'utf-8')
    return list(files)


def _chart(title: str, sizes: Sequence[int]) -> Any:
    chart = pygal.XY(
        title=title,
        x_labels=[{'value': _place(size), 'label': f'{size:,}'} for size in sizes],
        include_x_axis=True,
        max_scale=6,
        legend_at_bottom=True,
        style=STYLE,
        width=WIDTH,
        height=HEIGHT,
        js=(),
        no_prefix=True,
        disable_xml_declaration=True,
    )
    chart.add_xml_filter(_without_scripts)
    return chart


def _place(events: int) -> float:
    """The axis grows by the same step for each tenfold."""
    return math.log10(events)


def _without_scripts(root: Any) -> Any:
    # It is shown as an image, in which nothing runs.
    for parent in root.iter():
        for script in parent.findall('script'):
            parent.remove(script)
    return root
