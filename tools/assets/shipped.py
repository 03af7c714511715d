# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The assets that this repository ships, in the form of Datadog's API."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from .marker import Marker, digest, is_marker
from .pipeline_form import api_form

ASSETS = Path(__file__).parents[2] / 'okta_workflows' / 'assets'

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    files: str
    """Where the files of this kind are, below the folder of the assets."""
    title_key: str
    is_tagged: bool
    """Whether the marker is in the tags. Otherwise it is the last line of the description.

    The tags of a dashboard are names of teams (`team:<NAME>`), and which tags a pipeline can have is not documented.
    """
    kept: tuple[str, ...] = ()
    """What an update takes from the org, because the update replaces the whole object."""
    not_in_an_update: tuple[str, ...] = ()
    """What an update leaves out, so that it stays as it is."""


PIPELINE = Kind('pipeline', 'logs/okta-workflows-agent.yaml', 'name', is_tagged=False, kept=('is_enabled', 'tags'))
DASHBOARD = Kind(
    'dashboard',
    'dashboards/*.json',
    'title',
    is_tagged=False,
    kept=('restricted_roles', 'tags', 'template_variable_presets'),
)
MONITOR = Kind('monitor', 'monitors/*.json', 'name', is_tagged=True)
RULE = Kind('rule', 'security/*.json', 'name', is_tagged=True, not_in_an_update=('isEnabled', 'type'))
# In this order they are created: the pipeline sets the attributes that the others search.
KINDS = (PIPELINE, DASHBOARD, MONITOR, RULE)


class AssetError(Exception):
    """An asset file that the tool cannot read."""


@dataclass(frozen=True, slots=True)
class Asset:
    kind: Kind
    name: str
    """The name of the file, without its ending."""
    content: Mapping[str, Any]
    """The body of the API's requests, without the marker."""

    @property
    def title(self) -> str:
        title: str = self.content[self.kind.title_key]
        return title

    @property
    def marker(self) -> Marker:
        return Marker(self.name, digest(self.content))

    @property
    def body(self) -> Json:
        """The content with the marker."""
        if self.kind.is_tagged:
            return {**self.content, 'tags': [*self.content.get('tags', []), *self.marker.tags]}
        parts = (self.content.get('description'), self.marker.line)
        return {**self.content, 'description': '\n\n'.join(part for part in parts if part)}

    def update(self, stored: Mapping[str, Any]) -> Json:
        """The body of an update. It keeps what users of the org decide, and what the asset does not contain."""
        body = {key: value for key, value in self.body.items() if key not in self.kind.not_in_an_update}
        body |= {key: stored[key] for key in self.kind.kept if stored.get(key) is not None}
        if self.kind.is_tagged:
            own = (*body['tags'], *(tag for tag in stored.get('tags', []) if is_marker(tag)))
            body['tags'] = [*body['tags'], *(tag for tag in stored.get('tags', []) if tag not in own)]
        if self.kind is RULE:
            recipients = {case.get('name'): case.get('notifications') for case in stored.get('cases', [])}
            body['cases'] = [
                {**case, 'notifications': case.get('notifications') or recipients.get(case['name']) or []}
                for case in body['cases']
            ]
        return body


def load_yaml(text: str) -> Any:
    # The loader in C is much faster, and missing in some builds of PyYAML.
    return yaml.load(text, getattr(yaml, 'CSafeLoader', yaml.SafeLoader))


def load_assets(kind: Kind, folder: Path = ASSETS) -> list[Asset]:
    return [_load(kind, path) for path in sorted(folder.glob(kind.files))]


def _load(kind: Kind, path: Path) -> Asset:
    try:
        text = path.read_text('utf-8')
        raw = load_yaml(text) if path.suffix == '.yaml' else json.loads(text)
        asset = Asset(kind, path.stem, CONTENTS[kind](raw))
        asset.title  # noqa: B018
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise AssetError(
            f'Cannot read the {kind.name} {path.name} ({path}, {type(error).__name__}: {error}). '
            'Nothing has changed in the org. Restore the file from the repository.'
        ) from None
    return asset


def _pipeline(raw: Json) -> Json:
    # The type of a pipeline is read-only in the API.
    return {key: value for key, value in api_form(raw['pipeline']).items() if key != 'type'}


def _dashboard(raw: Json) -> Json:
    return raw


def _monitor(raw: Json) -> Json:
    content: Json = raw['definition']
    return content


def _rule(raw: Json) -> Json:
    """The ID of a partner rule is for the rules that Datadog ships, and a custom rule needs `isEnabled`."""
    return {**{key: value for key, value in raw.items() if key != 'partnerRuleId'}, 'isEnabled': True}


CONTENTS: Mapping[Kind, Callable[[Json], Json]] = {
    PIPELINE: _pipeline,
    DASHBOARD: _dashboard,
    MONITOR: _monitor,
    RULE: _rule,
}
