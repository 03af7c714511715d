# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Pictures of the dashboards: of each the top, with the banner that says what the data is."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

WIDTH_PX = 1400
# Whole groups up to this height: what a page of the README bears, and the size of a file that a repository bears.
MAX_HEIGHT_PX = 2050
MARGIN_PX = 4
DRAWING_TIMEOUT_MS = 60_000


def take_screenshot(page: Page, url: str, name: str, folder: Path) -> Path:
    """Write <name>.png of a dashboard that a server at `url` shows; RuntimeError if a widget cannot be drawn."""
    page.set_viewport_size({'width': WIDTH_PX, 'height': MAX_HEIGHT_PX})
    page.goto(f'{url}/dashboards/{name}')
    page.wait_for_selector('body[data-drawn]', timeout=DRAWING_TIMEOUT_MS)
    if failures := page.locator('.error').all_inner_texts():
        raise RuntimeError(f'{name} is not to be shown: {failures}')
    picture = folder / f'{name}.png'
    page.screenshot(path=picture, clip={'x': 0, 'y': 0, 'width': WIDTH_PX, 'height': _height(page)})
    return picture


def _height(page: Page) -> float:
    ends: list[float] = page.eval_on_selector_all(
        '#grid > section', 'sections => sections.map(section => section.getBoundingClientRect().bottom)'
    )
    return max(end for end in ends if end <= MAX_HEIGHT_PX - MARGIN_PX) + MARGIN_PX
