# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Put the assets into a Datadog org: python -m tools.assets plan|push|remove"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from . import by_hand
from .credentials import Credentials, CredentialsError
from .org import Org, RequestError, configuration
from .plan import Action, AmbiguousMarkerError, Step, plan_push, plan_removal
from .shipped import ASSETS, DASHBOARD, KINDS, MONITOR, PIPELINE, RULE, AssetError, Kind, load_assets

DONE = {Action.CREATE: 'created', Action.UPDATE: 'updated', Action.REMOVE: 'removed'}
PERMISSIONS: Mapping[Kind, str] = {
    PIPELINE: '`logs_read_config` and `logs_write_pipelines`',
    DASHBOARD: '`dashboards_read` and `dashboards_write`',
    MONITOR: '`monitors_read` and `monitors_write`',
    RULE: '`security_monitoring_rules_read` and `security_monitoring_rules_write`',
}


class ImportFailure(Exception):
    """A reason to stop, in words for the user."""


def main(
    arguments: Sequence[str] | None = None,
    environment: Mapping[str, str] = os.environ,
    host: str | None = None,
    folder: Path = ASSETS,
    ask: Callable[[str], str] = input,
) -> int:
    """Run the command. A test has its own environment, server, assets, and answers."""
    options = _parser().parse_args(arguments)
    try:
        credentials = Credentials.from_environment(environment)
    except CredentialsError as error:
        print(error, file=sys.stderr)
        return 1

    def say(text: str, is_error: bool = False) -> None:
        print(credentials.hidden(text), file=sys.stderr if is_error else sys.stdout, flush=True)

    try:
        return _run(options, credentials, host, folder, say, ask)
    except (AmbiguousMarkerError, AssetError, ImportFailure) as error:
        say(str(error), is_error=True)
        return 1
    except KeyboardInterrupt:
        say('You stopped the command. Run it again: it finds what took effect.', is_error=True)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m tools.assets',
        description=(
            'Puts the log pipeline, the dashboards, the monitors, and the detection rules into a Datadog org, updates '
            'them there, and removes them. It reads DD_API_KEY, DD_APP_KEY, and DD_SITE (default: datadoghq.com) from '
            'the environment. It finds its objects by a marker in their tags or description, and changes no others.'
        ),
    )
    parser.add_argument(
        'command',
        nargs='?',
        choices=('plan', 'push', 'remove'),
        default='plan',
        help='plan shows what push would change (the default), push changes it, remove removes all objects with a '
        'marker',
    )
    parser.add_argument('--yes', action='store_true', help='change the org without asking')
    parser.add_argument(
        '--only',
        action='append',
        choices=[kind.name for kind in KINDS],
        help='leave out the other kinds of assets; can be repeated',
    )
    parser.add_argument(
        '--overwrite-edits',
        action='store_true',
        help='undo what users edited in the org; without it, an edited object changes only with its asset',
    )
    return parser


def _run(
    options: argparse.Namespace,
    credentials: Credentials,
    host: str | None,
    folder: Path,
    say: Callable[..., None],
    ask: Callable[[str], str],
) -> int:
    kinds = [kind for kind in KINDS if options.only is None or kind.name in options.only]
    org = Org(configuration(credentials.api_key, credentials.app_key, credentials.site, host))
    _check_keys(org, credentials.site)
    say(f'Datadog site {credentials.site}: API key and application key accepted')
    # Each kind is read on its own, so that an error can name it.
    if options.command == 'remove':
        steps = [step for kind in reversed(kinds) for step in _read(kind, partial(plan_removal, org, kind))]
    else:
        steps = []
        for kind, assets in [(kind, load_assets(kind, folder)) for kind in kinds]:
            steps += _read(kind, partial(plan_push, assets, org, kind, options.overwrite_edits))
    for line in _shown(steps):
        say(line)
    changes = [step for step in steps if step.is_change]
    if options.command != 'plan' and changes:
        if not options.yes and not _is_confirmed(ask, len(changes)):
            say('Nothing has changed in the org. To change it, answer `y`, or use `--yes`.')
            return 1
        _apply(changes, org, say)
    if options.only is None:
        say('\nBy hand')
        for line in _by_hand(options.command, credentials.app_host, folder):
            say(f'  {line}')
    return 0


def _by_hand(command: str, app_host: str, folder: Path) -> Iterator[str]:
    match command:
        case 'plan':
            yield by_hand.summary(folder)
        case 'push':
            yield from by_hand.creation_steps(app_host, folder)
        case 'remove':
            yield from by_hand.removal_steps(folder)


def _check_keys(org: Org, site: str) -> None:
    try:
        org.check_keys()
    except RequestError as error:
        remedy = (
            f'Check DD_API_KEY and DD_APP_KEY, and that both belong to an org on the site DD_SITE ({site}).'
            if error.status in (401, 403)
            else f'Check your network connection and DD_SITE ({site}), then run the command again.'
        )
        what = 'rejected the keys' if error.status in (401, 403) else 'did not confirm the keys'
        raise ImportFailure(f'The Datadog site {what} ({error.evidence}). Nothing has changed. {remedy}') from None


def _read(kind: Kind, plan: Callable[[], list[Step]]) -> list[Step]:
    try:
        return plan()
    except RequestError as error:
        raise ImportFailure(
            f'Cannot read the {kind.name}s of the org ({error.evidence}). Nothing has changed. '
            f'{_remedy(error, kind)} To leave them out, use `--only` with the other kinds.'
        ) from None


def _shown(steps: Sequence[Step]) -> Iterator[str]:
    yield '\nPlan'
    for step in steps:
        id = f' ({step.found.id})' if step.found is not None else ''
        yield f'  {step.action.value:<7} {step.kind.name:<10} {step.name}{id}: "{step.title}"'
        for note in step.notes:
            yield f'          {note}'
    counts = {action: sum(step.action is action for step in steps) for action in Action}
    yield (
        f'{counts[Action.CREATE]} to create, {counts[Action.UPDATE]} to update, {counts[Action.REMOVE]} to remove, '
        f'{counts[Action.KEEP]} to keep. Objects without a marker and the order of the pipelines stay as they are.'
    )


def _is_confirmed(ask: Callable[[str], str], count: int) -> bool:
    try:
        return ask(f'Make {count} changes in the org? [y/N] ').strip().lower() in ('y', 'yes')
    except EOFError:
        print()
        return False


def _apply(changes: Sequence[Step], org: Org, say: Callable[..., None]) -> None:
    say('\nChanges')
    for number, step in enumerate(changes):
        try:
            id = _change(step, org)
        except RequestError as error:
            if step.action is Action.REMOVE and error.status == 404:
                say(f'  missing {step.kind.name} {step.name}: somebody else removed it')
                continue
            raise ImportFailure(
                f'Cannot {step.action.value} the {step.kind.name} {step.name} ({error.evidence}). '
                f'{number} of {len(changes)} changes are made, and none after this one. {_remedy(error, step.kind)}'
            ) from None
        say(f'  {DONE[step.action]} {step.kind.name} {step.name} ({id})')


def _change(step: Step, org: Org) -> str:
    if step.action is Action.REMOVE and step.found is not None:
        org.remove(step.found)
        return step.found.id
    assert step.asset is not None, 'a step that creates or updates has an asset'
    if step.found is None:
        stored = org.create(step.kind, step.asset.body)
    else:
        stored = org.update(step.found, step.asset.update(step.found.body))
    if stored.marker != step.asset.marker:
        raise ImportFailure(
            f'The org stored the {step.kind.name} {step.name} ({stored.id}) without its marker, so the next command '
            f'would not find it. Delete this {step.kind.name} by hand, and report this to the maintainers.'
        )
    return stored.id


def _remedy(error: RequestError, kind: Kind) -> str:
    match error.status if error.is_sent else 400:
        case 400 | 422:
            return (
                'If you changed the asset, correct it. Otherwise update this repository, and report the message if it '
                'remains. Then run the command again: it continues with what is missing.'
            )
        case 401 | 403:
            return (
                f'Check that the application key has the permissions {PERMISSIONS[kind]}, and that the org has the '
                'product. Then run the command again: it continues with what is missing.'
            )
        case 404:
            return 'Somebody else removed it. Run the command again to create it.'
        case 429:
            return 'Wait for some minutes, then run the command again: it continues with what is missing.'
    return 'Run the command again: it finds what took effect, and continues with what is missing.'


if __name__ == '__main__':
    sys.exit(main())
