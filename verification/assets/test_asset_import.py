# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""`python -m tools.assets` against an org that rejects what Datadog would, and that has objects of other people."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tools.assets.__main__ import main
from tools.assets.credentials import known_sites
from tools.assets.marker import MANAGED_BY
from tools.assets.org import configuration
from tools.assets.shipped import ASSETS, DASHBOARD, KINDS, MONITOR, PIPELINE, RULE, Kind, load_assets

from .checking_org import (
    API_KEY,
    APP_KEY,
    DASHBOARDS,
    MONITORS,
    PIPELINES,
    RULES,
    CheckingOrg,
    Json,
    rejections,
    serving,
)

COLLECTIONS: Mapping[Kind, str] = {PIPELINE: PIPELINES, DASHBOARD: DASHBOARDS, MONITOR: MONITORS, RULE: RULES}
ENVIRONMENT = {'DD_API_KEY': API_KEY, 'DD_APP_KEY': APP_KEY, 'DD_SITE': 'datadoghq.eu'}
SHIPPED = {kind: load_assets(kind) for kind in KINDS}
COUNT = sum(len(assets) for assets in SHIPPED.values())
DENIED = 'workflows_actions_are_denied'

Run = Callable[..., int]


def org_of_others() -> CheckingOrg:
    """Make an org with an object of somebody else for each asset, with the same title."""
    org = CheckingOrg()
    for kind, assets in SHIPPED.items():
        for asset in assets:
            org.put(COLLECTIONS[kind], copy.deepcopy(dict(asset.content)))
    return org


@pytest.fixture
def org() -> Iterator[CheckingOrg]:
    with serving(org_of_others()) as org:
        yield org


@pytest.fixture(scope='module')
def after_a_push() -> dict[str, dict[str, Json]]:
    with serving(org_of_others()) as org:
        assert main(['push', '--yes'], ENVIRONMENT, org.host) == 0
        return org.objects


@pytest.fixture
def pushed(org: CheckingOrg, after_a_push: dict[str, dict[str, Json]]) -> CheckingOrg:
    """The org after a push."""
    org.objects = copy.deepcopy(after_a_push)
    org.next_id += COUNT
    return org


@pytest.fixture
def others() -> dict[str, dict[str, Json]]:
    """What other people have."""
    return org_of_others().objects


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Assets that a test can edit."""
    return Path(shutil.copytree(ASSETS, tmp_path / 'assets'))


@pytest.fixture
def run(org: CheckingOrg, folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command. No key may appear in its output, and it may never ask for the order of the pipelines."""

    def run(*arguments: str, answer: str | None = None, environment: Mapping[str, str] = ENVIRONMENT) -> int:
        def ask(question: str) -> str:
            assert 'changes in the org?' in question
            if answer is None:
                raise EOFError
            return answer

        status = main(arguments, environment, org.host, folder, ask)
        captured = capsys.readouterr()
        run.output = captured.out + captured.err  # type: ignore[attr-defined]
        keys = {API_KEY, APP_KEY, *(environment[name] for name in ('DD_API_KEY', 'DD_APP_KEY'))}
        assert not [key for key in keys if key.strip() and key in run.output]  # type: ignore[attr-defined]
        assert not [path for _, path in org.requests if 'order' in path]
        return status

    return run


def output(run: Run) -> str:
    text: str = run.output  # type: ignore[attr-defined]
    return text


def ours(org: CheckingOrg, kind: Kind) -> dict[str, Json]:
    return {id: each for id, each in org.objects[COLLECTIONS[kind]].items() if MANAGED_BY in json.dumps(each)}


def our(org: CheckingOrg, kind: Kind, name: str) -> Json:
    (found,) = (each for each in ours(org, kind).values() if f'okta_workflows_asset:{name}' in json.dumps(each))
    return found


def edit(path: Path, change: Callable[[Json], Any]) -> None:
    content = json.loads(path.read_text('utf-8'))
    change(content)
    path.write_text(json.dumps(content), 'utf-8')


def still_there(org: CheckingOrg, others: dict[str, dict[str, Json]]) -> bool:
    return all(org.objects[path][id] == each for path, objects in others.items() for id, each in objects.items())


def test_a_plan_shows_each_asset_and_changes_nothing(run: Run, org: CheckingOrg) -> None:
    assert run() == 0
    assert org.changes == []
    assert [name for assets in SHIPPED.values() for name in assets if name.name not in output(run)] == []
    assert f'{COUNT} to create, 0 to update, 0 to remove, 0 to keep' in output(run)
    assert 'has the same title' in output(run)


def test_the_first_push_creates_all_and_the_second_changes_nothing(
    run: Run, org: CheckingOrg, others: dict[str, dict[str, Json]]
) -> None:
    assert run('push', '--yes') == 0
    assert [method for method, _ in org.changes] == ['POST'] * COUNT
    assert output(run).count('  created ') == COUNT
    assert {kind: len(ours(org, kind)) for kind in KINDS} == {kind: len(SHIPPED[kind]) for kind in KINDS}

    org.requests.clear()
    assert run('push', '--yes') == 0
    assert org.changes == []
    assert f'0 to create, 0 to update, 0 to remove, {COUNT} to keep' in output(run)
    assert 'edited in the org' not in output(run)
    assert still_there(org, others)


def test_a_removal_leaves_what_others_have(run: Run, pushed: CheckingOrg, others: dict[str, dict[str, Json]]) -> None:
    assert run('remove', '--yes') == 0
    assert [method for method, _ in pushed.changes] == ['DELETE'] * COUNT
    assert pushed.objects == others

    pushed.requests.clear()
    assert run('remove', '--yes') == 0
    assert pushed.changes == []


@pytest.mark.parametrize('answer', ['n', '', 'yess', None])
@pytest.mark.parametrize('command', ['push', 'remove'])
def test_without_a_yes_nothing_changes(run: Run, org: CheckingOrg, command: str, answer: str | None) -> None:
    if command == 'remove':
        assert run('push', '--yes', '--only', 'monitor') == 0
        org.requests.clear()
    assert run(command, '--only', 'monitor', answer=answer) == 1
    assert org.changes == []
    assert 'Nothing has changed' in output(run)


def test_with_a_yes_the_plan_is_carried_out(run: Run, org: CheckingOrg) -> None:
    assert run('push', '--only', 'monitor', answer='y') == 0
    assert len(org.changes) == len(SHIPPED[MONITOR])


EDITS: Mapping[Kind, tuple[str, Callable[[Json], Any]]] = {
    DASHBOARD: ('dashboards/okta_workflows_overview.json', lambda raw: raw['widgets'].pop()),
    MONITOR: (f'monitors/{DENIED}.json', lambda raw: raw['definition'].update(message='Look.')),
    RULE: ('security/okta_workflows_role_granted.json', lambda raw: raw['cases'].pop()),
}


@pytest.mark.parametrize('kind', EDITS, ids=lambda kind: kind.name)
def test_an_edited_asset_updates_that_object_alone(
    kind: Kind, run: Run, pushed: CheckingOrg, folder: Path, others: dict[str, dict[str, Json]]
) -> None:
    file, change = EDITS[kind]
    before = our(pushed, kind, Path(file).stem)
    edit(folder / file, change)

    assert run('push', '--yes') == 0
    assert pushed.changes == [('PUT', f'{COLLECTIONS[kind]}/{before["id"]}')]
    assert 'replaces' in output(run)
    (changed,) = (asset for asset in load_assets(kind, folder) if asset.name == Path(file).stem)
    after = our(pushed, kind, Path(file).stem)
    assert after['id'] == before['id']
    assert after != before
    assert changed.marker.content in json.dumps(after)

    pushed.requests.clear()
    assert run('push', '--yes') == 0
    assert pushed.changes == []
    assert still_there(pushed, others)


def test_an_edited_pipeline_updates_that_pipeline_alone(run: Run, pushed: CheckingOrg, folder: Path) -> None:
    before = our(pushed, PIPELINE, 'okta-workflows-agent')
    path = folder / 'logs' / 'okta-workflows-agent.yaml'
    path.write_text(
        path.read_text('utf-8').replace('  name: Okta Workflows (Agent)\n', '  name: Okta flows\n', 1), 'utf-8'
    )

    assert run('push', '--yes') == 0
    assert pushed.changes == [('PUT', f'{PIPELINES}/{before["id"]}')]
    assert our(pushed, PIPELINE, 'okta-workflows-agent')['name'] == 'Okta flows'


@pytest.mark.parametrize('kind', KINDS, ids=lambda kind: kind.name)
def test_a_renamed_object_is_found_and_its_name_is_kept_unless_you_overwrite_edits(
    kind: Kind, run: Run, pushed: CheckingOrg
) -> None:
    asset = SHIPPED[kind][0]
    renamed = our(pushed, kind, asset.name)
    renamed[kind.title_key] = 'What we call it'

    assert run('push', '--yes', '--only', kind.name) == 0
    assert pushed.changes == []
    assert f'"What we call it"\n          edited in the org: {kind.title_key}' in output(run)

    assert run('push', '--yes', '--only', kind.name, '--overwrite-edits') == 0
    assert pushed.changes == [('PUT', f'{COLLECTIONS[kind]}/{renamed["id"]}')]
    assert our(pushed, kind, asset.name)[kind.title_key] == asset.title

    renamed = our(pushed, kind, asset.name)
    renamed[kind.title_key] = 'What we call it'
    assert run('remove', '--yes', '--only', kind.name) == 0
    assert ours(pushed, kind) == {}


def test_an_update_keeps_what_users_of_the_org_decide(run: Run, pushed: CheckingOrg, folder: Path) -> None:
    pipeline = our(pushed, PIPELINE, 'okta-workflows-agent')
    pipeline |= {'is_enabled': False, 'tags': ['team:a']}
    dashboard = our(pushed, DASHBOARD, 'okta_workflows_overview')
    dashboard |= {'tags': ['team:a'], 'template_variable_presets': [{'name': 'EU', 'template_variables': []}]}
    monitor = our(pushed, MONITOR, DENIED)
    monitor['tags'] = [*monitor['tags'], 'team:a']
    rule = our(pushed, RULE, 'okta_workflows_role_granted')
    rule |= {'isEnabled': False, 'tags': [*rule['tags'], 'team:a']}
    rule['cases'][0]['notifications'] = ['@slack-security']
    assert run('push', '--yes', '--overwrite-edits') == 0
    assert pushed.changes == []

    path = folder / 'logs' / 'okta-workflows-agent.yaml'
    path.write_text(
        path.read_text('utf-8').replace('  name: Okta Workflows (Agent)\n', '  name: Okta flows\n', 1), 'utf-8'
    )
    edit(folder / 'dashboards' / 'okta_workflows_overview.json', lambda raw: raw.update(title='Overview'))
    edit(folder / 'monitors' / f'{DENIED}.json', lambda raw: raw['definition'].update(name='Denied'))
    edit(folder / 'security' / 'okta_workflows_role_granted.json', lambda raw: raw.update(name='Granted'))
    assert run('push', '--yes') == 0
    assert [method for method, _ in pushed.changes] == ['PUT'] * 4
    changed = our(pushed, PIPELINE, 'okta-workflows-agent')
    assert (changed['name'], changed['is_enabled'], changed['tags']) == ('Okta flows', False, ['team:a'])
    changed = our(pushed, DASHBOARD, 'okta_workflows_overview')
    assert (changed['title'], changed['tags']) == ('Overview', ['team:a'])
    assert changed['template_variable_presets'] == dashboard['template_variable_presets']
    changed = our(pushed, MONITOR, DENIED)
    assert (changed['name'], 'team:a' in changed['tags']) == ('Denied', True)
    assert sum(tag.startswith('okta_workflows_content:') for tag in changed['tags']) == 1
    changed = our(pushed, RULE, 'okta_workflows_role_granted')
    assert (changed['name'], changed['isEnabled'], 'team:a' in changed['tags']) == ('Granted', False, True)
    assert changed['cases'][0]['notifications'] == ['@slack-security']


@pytest.mark.parametrize('command', ['push', 'remove'])
def test_a_copy_with_the_marker_stops_the_command_before_it_changes_anything(
    command: str, run: Run, pushed: CheckingOrg
) -> None:
    original = our(pushed, MONITOR, DENIED)
    copied = pushed.put(MONITORS, {key: value for key, value in original.items() if key != 'id'})
    pushed.requests.clear()

    assert run(command, '--yes') == 1
    assert pushed.changes == []
    assert DENIED in output(run)
    assert str(original['id']) in output(run) and str(copied['id']) in output(run)


def test_an_asset_that_is_no_longer_shipped_stays_until_a_removal(run: Run, pushed: CheckingOrg, folder: Path) -> None:
    (folder / 'monitors' / f'{DENIED}.json').unlink()

    assert run('push', '--yes') == 0
    assert pushed.changes == []
    assert 'not among the assets of this version' in output(run)
    assert run('remove', '--yes') == 0
    assert ours(pushed, MONITOR) == {}


def test_only_the_chosen_kinds_are_read_and_changed(run: Run, org: CheckingOrg) -> None:
    assert run('push', '--yes', '--only', 'dashboard', '--only', 'pipeline') == 0
    assert {path for _, path in org.requests} == {'/api/v2/validate_keys', DASHBOARDS, PIPELINES}
    assert len(org.changes) == 3


def test_a_pipeline_or_rule_that_nobody_can_change_is_not_ours(run: Run, pushed: CheckingOrg) -> None:
    """Such as those that Datadog installs with an integration."""
    our(pushed, PIPELINE, 'okta-workflows-agent')['is_read_only'] = True
    our(pushed, RULE, 'okta_workflows_role_granted')['isDefault'] = True
    assert run('remove', '--yes') == 0
    assert len(pushed.changes) == COUNT - 2


# Failures


@pytest.mark.parametrize('status', [400, 403, 409, 500])
def test_a_failing_request_stops_the_push_and_names_the_asset(status: int, run: Run, org: CheckingOrg) -> None:
    org.failures[f'POST {MONITORS}', 3] = (status, {'errors': [f'Not today, {API_KEY}']})
    third = SHIPPED[MONITOR][2].name

    assert run('push', '--yes', '--only', 'monitor') == 1
    assert len(org.changes) == 3
    message = output(run).splitlines()[-1]
    assert f'Cannot create the monitor {third} (POST {MONITORS}, status {status}: Not today, ********)' in message
    assert f'2 of {len(SHIPPED[MONITOR])} changes are made' in message

    org.requests.clear()
    assert run('push', '--yes', '--only', 'monitor') == 0
    assert len(org.changes) == len(SHIPPED[MONITOR]) - 2


def test_a_creation_that_takes_effect_but_fails_is_not_repeated(run: Run, org: CheckingOrg) -> None:
    """The client on its own sends it again, and the org would have the object twice."""
    created = SHIPPED[MONITOR][0]
    org.failures[f'POST {MONITORS}', 1] = (504, b'<html>gateway timeout</html>')
    assert run('push', '--yes', '--only', 'monitor') == 1
    assert len(org.changes) == 1
    org.put(MONITORS, created.body)
    org.requests.clear()

    assert run('push', '--yes', '--only', 'monitor') == 0
    assert len(org.changes) == len(SHIPPED[MONITOR]) - 1


def test_a_rate_limit_is_waited_for_and_a_failed_read_is_repeated(run: Run, org: CheckingOrg) -> None:
    org.failures[f'POST {MONITORS}', 1] = (429, {'errors': ['Too many requests']})
    org.failures[f'GET {RULES}', 1] = (503, {'errors': ['Unavailable']})
    assert run('push', '--yes', '--only', 'monitor', '--only', 'rule') == 0
    assert len(org.changes) == len(SHIPPED[MONITOR]) + len(SHIPPED[RULE]) + 1


def test_a_redirect_is_not_followed(run: Run, org: CheckingOrg) -> None:
    """The keys would be sent along."""
    org.failures[f'GET {DASHBOARDS}', 1] = (307, {})
    assert run('push', '--yes') == 1
    assert not [path for _, path in org.requests if 'elsewhere' in path]
    assert 'status 307' in output(run)


def test_what_the_org_cannot_list_stops_the_command_before_it_changes_anything(run: Run, org: CheckingOrg) -> None:
    org.failures[f'GET {RULES}', 1] = (403, {'errors': ['Forbidden']})
    assert run('push', '--yes') == 1
    assert org.changes == []
    assert f'Cannot read the rules of the org (GET {RULES}, status 403: Forbidden)' in output(run)
    assert 'security_monitoring_rules_read' in output(run)
    assert '--only' in output(run)


def test_a_monitor_that_an_slo_uses_stops_the_removal(run: Run, pushed: CheckingOrg) -> None:
    id = str(our(pushed, MONITOR, DENIED)['id'])
    pushed.used_monitors.add(id)
    assert run('remove', '--yes') == 1
    assert f'Cannot remove the monitor {DENIED} (DELETE {MONITORS}/{id}, status 400' in output(run)
    assert 'referenced in slos' in output(run)


def test_an_object_that_somebody_removes_meanwhile_does_not_stop_the_removal(run: Run, pushed: CheckingOrg) -> None:
    pushed.failures[f'DELETE {MONITORS}', 1] = (404, {'errors': ['Monitor not found']})
    assert run('remove', '--yes') == 0
    assert 'somebody else removed it' in output(run)


def test_an_org_that_loses_the_marker_stops_the_push(
    run: Run, org: CheckingOrg, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = org.put
    monkeypatch.setattr(org, 'put', lambda path, body, id: put(path, {**body, 'description': ''}, id))
    assert run('push', '--yes', '--only', 'dashboard') == 1
    assert len(org.changes) == 1
    assert 'without its marker' in output(run)


def test_an_unknown_key_of_an_asset_is_rejected_with_its_name(run: Run, org: CheckingOrg, folder: Path) -> None:
    edit(folder / 'monitors' / f'{DENIED}.json', lambda raw: raw['definition'].update(remark='x'))
    assert run('push', '--yes', '--only', 'monitor') == 1
    assert f'monitor {DENIED} (' in output(run) and 'remark: unknown key' in output(run)


def test_a_value_that_the_client_rejects_is_not_sent(run: Run, org: CheckingOrg, folder: Path) -> None:
    edit(folder / 'monitors' / f'{DENIED}.json', lambda raw: raw['definition'].update(priority='high'))
    assert run('push', '--yes', '--only', 'monitor') == 1
    assert f'Cannot create the monitor {DENIED} (POST {MONITORS}, not sent: ' in output(run)
    assert 'If you changed the asset, correct it' in output(run)
    assert len(org.changes) == [asset.name for asset in SHIPPED[MONITOR]].index(DENIED)


def test_an_asset_file_that_cannot_be_read_stops_the_command(run: Run, org: CheckingOrg, folder: Path) -> None:
    (folder / 'monitors' / f'{DENIED}.json').write_text('{')
    assert run('push', '--yes') == 1
    assert org.changes == []
    assert f'{DENIED}.json' in output(run)


# Keys and site


@pytest.mark.parametrize(
    ('changes', 'message'),
    [
        pytest.param({'DD_API_KEY': ''}, 'DD_API_KEY not set', id='no-api-key'),
        pytest.param({'DD_APP_KEY': ' '}, 'DD_APP_KEY not set', id='no-app-key'),
        pytest.param({'DD_API_KEY': 'a1b2c3d4\ne5f60718'}, 'DD_API_KEY cannot be a key', id='line-break'),
        pytest.param({'DD_APP_KEY': 'schl\u00fcssel-1'}, 'DD_APP_KEY cannot be a key', id='letter'),
        pytest.param({'DD_SITE': 'app.datadoghq.eu'}, 'DD_SITE is not a Datadog site', id='site-of-the-app'),
        pytest.param({'DD_SITE': 'evil.example'}, 'DD_SITE is not a Datadog site', id='other-site'),
        pytest.param({'DD_SITE': API_KEY}, 'DD_SITE is not a Datadog site', id='key-as-site'),
    ],
)
def test_a_wrong_environment_is_rejected_before_any_request(
    changes: Mapping[str, str], message: str, run: Run, org: CheckingOrg
) -> None:
    assert run('push', '--yes', environment={**ENVIRONMENT, **changes}) == 1
    assert org.requests == []
    assert message in output(run)


@pytest.mark.parametrize('name', ['DD_API_KEY', 'DD_APP_KEY'])
def test_a_wrong_key_is_rejected_at_the_start(name: str, run: Run, org: CheckingOrg) -> None:
    """The org returns the keys that it rejects."""
    assert run('push', '--yes', environment={**ENVIRONMENT, name: 'ffffffffffffffffffffffffffffffff'}) == 1
    assert org.requests == [('GET', '/api/v2/validate_keys')]
    assert 'rejected the keys (GET /api/v2/validate_keys, status 403' in output(run)
    assert '********' in output(run)
    assert 'DD_SITE (datadoghq.eu)' in output(run)


def test_a_server_that_does_not_respond_is_an_error_without_a_traceback(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['plan'], ENVIRONMENT, 'http://127.0.0.1:9', folder) == 1
    assert 'did not confirm the keys (GET /api/v2/validate_keys, no response' in capsys.readouterr().err


def test_the_site_decides_the_host() -> None:
    assert 'datadoghq.com' in known_sites() and 'us3.datadoghq.com' in known_sites()
    assert configuration(API_KEY, APP_KEY, 'us3.datadoghq.com').host == 'https://api.us3.datadoghq.com'


# By hand


@pytest.mark.usefixtures('pushed')
def test_a_push_prints_the_steps_for_what_has_no_api(run: Run) -> None:
    assert run('push', '--yes') == 0
    views = [json.loads(path.read_text('utf-8'))['name'] for path in (ASSETS / 'saved_views').iterdir()]
    assert [name for name in views if name not in output(run)] == []
    assert 'https://app.datadoghq.eu/logs?query=source%3Aokta-workflows' in output(run)
    assert '@okta_workflows.category: string, "Category", "Okta Workflows"' in output(run)
    assert run('remove', '--yes') == 0
    assert [name for name in views if name not in output(run)] == []


# Whether the org would notice


@pytest.mark.parametrize(
    ('kind', 'change'),
    [
        pytest.param(PIPELINE, {'isEnabled': True}, id='camel-case'),
        pytest.param(PIPELINE, {'type': 'pipeline'}, id='read-only'),
        pytest.param(PIPELINE, {'processors': [{'type': 'category-procesor'}]}, id='unparsed'),
        pytest.param(DASHBOARD, {'layout_type': 'orderd'}, id='enumeration'),
        pytest.param(DASHBOARD, {'tags': [MANAGED_BY]}, id='tags-of-a-dashboard'),
        pytest.param(MONITOR, {'options': {'notifyAudit': True}}, id='camel-case-below'),
        pytest.param(RULE, {'is_enabled': True}, id='snake-case'),
        pytest.param(RULE, {'partnerRuleId': 'ext-00w-r5g'}, id='unknown-key'),
    ],
)
def test_the_org_rejects_a_body_with_a_slip(kind: Kind, change: Json) -> None:
    asset = SHIPPED[kind][0]
    assert rejections('POST', COLLECTIONS[kind], asset.body) == []
    assert rejections('POST', COLLECTIONS[kind], {**asset.body, **change})
