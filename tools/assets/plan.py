# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What a command would change in an org, decided before it changes anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from .comparison import differences
from .marker import MANAGED_BY
from .org import Org, OrgObject
from .shipped import Asset, Kind

SHOWN_DIFFERENCES = 5


class Action(Enum):
    CREATE = 'create'
    UPDATE = 'update'
    REMOVE = 'remove'
    KEEP = 'keep'


class AmbiguousMarkerError(Exception):
    """Several objects of an org carry the marker of one asset."""


@dataclass(frozen=True, slots=True)
class Step:
    action: Action
    kind: Kind
    name: str
    """Of the asset."""
    title: str
    found: OrgObject | None = None
    asset: Asset | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_change(self) -> bool:
        return self.action is not Action.KEEP


def plan_push(assets: Iterable[Asset], org: Org, kind: Kind, overwrite_edits: bool = False) -> list[Step]:
    """Plan what brings the assets of one kind into the org. Objects of no asset stay, with or without a marker."""
    steps: list[Step] = []
    objects = org.objects(kind)
    ours = _ours(objects)
    for asset in assets:
        found = ours.pop(asset.name, None)
        if found is None:
            same = [each.id for each in objects if each.marker is None and each.title == asset.title]
            notes = tuple(f'{id} has the same title but no marker, and stays as it is' for id in same)
            steps.append(Step(Action.CREATE, kind, asset.name, asset.title, asset=asset, notes=notes))
        else:
            steps.append(_existing(asset, org.whole(found), overwrite_edits))
    for name, found in ours.items():
        note = 'not among the assets of this version; `remove` would remove it'
        steps.append(Step(Action.KEEP, kind, name, found.title, found, notes=(note,)))
    return steps


def plan_removal(org: Org, kind: Kind) -> list[Step]:
    """Plan the removal of each object of a kind that has a marker, even if this version does not ship its asset."""
    return [Step(Action.REMOVE, kind, name, found.title, found) for name, found in _ours(org.objects(kind)).items()]


def _ours(objects: Iterable[OrgObject]) -> dict[str, OrgObject]:
    marked = [(each.marker.asset, each) for each in objects if each.marker is not None]
    for name, count in Counter(name for name, _ in marked).items():
        if count > 1:
            copies = [each for other, each in marked if other == name]
            ids = ', '.join(f'{each.id} "{each.title}"' for each in copies)
            raise AmbiguousMarkerError(
                f'{count} {copies[0].kind.name}s of the org carry the marker of {name} ({ids}), so one is probably a '
                f'copy. Nothing has changed. Remove `{MANAGED_BY}` from the tags or the description of the copy, then '
                'run the command again.'
            )
    return dict(marked)


def _existing(asset: Asset, found: OrgObject, overwrite_edits: bool) -> Step:
    paths = differences(asset.update(found.body), found.body)
    shown = ', '.join(paths[:SHOWN_DIFFERENCES])
    if len(paths) > SHOWN_DIFFERENCES:
        shown += f', and {len(paths) - SHOWN_DIFFERENCES} more'
    action, notes = Action.KEEP, tuple[str, ...]()
    if found.marker != asset.marker:
        action, notes = Action.UPDATE, (f'replaces {shown}',)
    elif paths and overwrite_edits:
        action, notes = Action.UPDATE, (f'overwrites the edits of {shown}',)
    elif paths:
        notes = (f'edited in the org: {shown}; `--overwrite-edits` would undo this',)
    return Step(action, asset.kind, asset.name, found.title, found, asset, notes)
