# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The YAML files below `assets/` are written in the way that published ones are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import pytest
import yaml

from simulation.pipeline import ASSETS, PIPELINE

FILES = sorted(path for path in ASSETS.rglob('*') if path.suffix in {'.yaml', '.yml'})
assets = pytest.mark.parametrize('path', [pytest.param(path, id=path.name) for path in FILES])


def references(text: str) -> Iterator[tuple[int, str]]:
    """Line and name of each anchor and alias."""
    for parsed in yaml.parse(text, Loader=yaml.SafeLoader):
        # `AliasEvent` is a `NodeEvent` too.
        if isinstance(parsed, yaml.NodeEvent) and parsed.anchor is not None:
            assert parsed.start_mark is not None
            yield parsed.start_mark.line + 1, parsed.anchor


@assets
def test_no_yaml_asset_has_anchors_or_aliases(path: Path) -> None:
    """SnakeYAML, the usual YAML reader of Java, rejects files with more than 50 aliases. Published files have none."""
    assert [*references(path.read_text('utf-8'))] == []


@pytest.mark.parametrize(
    ('text', 'found'),
    [
        pytest.param('a: &id001\n  b: 1\n', [(1, 'id001')], id='mapping'),
        pytest.param('- &id001 b\n', [(1, 'id001')], id='scalar'),
        pytest.param('a: &id001\n  - b\n', [(1, 'id001')], id='sequence'),
        pytest.param('a: &id001\n  b: 1\nc:\n- *id001\n', [(1, 'id001'), (4, 'id001')], id='alias'),
        pytest.param('a: &id001\n  b: 1\nc:\n  <<: *id001\n', [(1, 'id001'), (4, 'id001')], id='merged'),
        pytest.param('a: "&b *c"\nd: b &c\n# &e\n', [], id='text'),
    ],
)
def test_anchors_and_aliases_are_found_wherever_they_stand(text: str, found: list[tuple[int, str]]) -> None:
    assert [*references(text)] == found


def test_an_anchor_in_the_pipeline_is_found() -> None:
    text = PIPELINE.read_text('utf-8')
    first = text.index('      processors:\n')
    anchored = f'{text[:first]}      processors: &id001\n{text[first + len("      processors:\n") :]}'

    assert yaml.safe_load(anchored) == yaml.safe_load(text)
    assert [name for _, name in references(anchored)] == ['id001']


# Datadog validates pipelines with an internal tool. The first lines of a published file name the checks of this tool
# that do not apply to it. The conditions are observed in DataDog/integrations-extras: 14 of the 15 pipelines with a
# service remapper have the first comment, and no others do; all files with the second have facets outside the prefix of
# their source; all files that expect `timestamp: 1`, which stands for no date, have the third, and no others do.
SERVICE, FACETS, NO_DATE = (
    f'# bypass-global-{check}-checks' for check in ('no-service-config', 'facets-path', 'date-remapper-parse-failure')
)
TESTS = PIPELINE.with_stem(f'{PIPELINE.stem}_tests')
PREFIX = 'okta_workflows.'


def exemptions(path: Path) -> list[str]:
    """The comments for Datadog's validator, which are the first lines of a file or have no effect."""
    lines = path.read_text('utf-8').splitlines()
    first = [*takewhile(lambda line: line.startswith('# bypass-'), lines)]
    assert not [line for line in lines[len(first) :] if 'bypass-' in line]
    return first


def test_the_pipeline_is_exempt_from_what_its_remapper_and_its_facets_need() -> None:
    content = yaml.safe_load(PIPELINE.read_text('utf-8'))
    needed = []
    if any(processor['type'] == 'service-remapper' for processor in content['pipeline']['processors']):
        needed.append(SERVICE)
    if any(not facet['path'].startswith(PREFIX) for facet in content['facets']):
        needed.append(FACETS)

    assert exemptions(PIPELINE) == needed == [SERVICE, FACETS]


def test_the_samples_are_exempt_from_nothing() -> None:
    undated = re.findall('^ +timestamp: 1$', TESTS.read_text('utf-8'), re.MULTILINE)

    assert exemptions(TESTS) == [NO_DATE] * bool(undated) == []
