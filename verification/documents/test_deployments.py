# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The worked examples of docs/deployments.md do what the page says."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent_standin import AgentStandIn, Intake
from okta_simulator import OktaSimulator, VirtualClock
from okta_simulator.clock import ClientClock
from verification.world.scenario import NAME

EXAMPLES = Path(__file__).parents[2] / 'docs' / 'examples'
if not EXAMPLES.is_dir():
    pytest.skip('The examples are those of a repository of its own', allow_module_level=True)

TWO_ORGS = EXAMPLES / 'two-orgs' / 'conf.yaml'
KUBERNETES = EXAMPLES / 'kubernetes'
# Enough for any run to come around, and for the Agent to send what it wrote.
SETTLING_SECONDS = 300.0
SPACING_SECONDS = 1.0
RUN_PATH = '/opt/datadog-agent/run'
HANDLE = re.compile(r'ENC\[file@(?P<path>.+)\]')

Manifest = dict[str, Any]
StartOrg = Callable[[], OktaSimulator]
StartAgent = Callable[..., AgentStandIn]


def manifests(name: str) -> list[Manifest]:
    return list(yaml.safe_load_all((KUBERNETES / name).read_text('utf-8')))


def only(manifests: list[Manifest], kind: str) -> Manifest:
    [found] = [each for each in manifests if each['kind'] == kind]
    return found


def uuids(okta: OktaSimulator) -> list[str]:
    return [event['uuid'] for event in okta.workflows_events]


def received(intake: Intake) -> Counter[str]:
    return Counter(log['message']['log']['uuid'] for log in intake.logs)


@pytest.fixture
def start_org(clock: VirtualClock) -> Iterator[StartOrg]:
    """Start one org after the other, each with other events and credentials."""
    with ExitStack() as stack:
        orgs: list[OktaSimulator] = []

        def start() -> OktaSimulator:
            okta = OktaSimulator(clock=clock, seed=len(orgs))
            okta.generate(50, since=clock.now() - 3600, until=clock.now() - 60)
            orgs.append(stack.enter_context(okta))
            return okta

        yield start


@pytest.fixture
def intake() -> Iterator[Intake]:
    with Intake() as intake:
        yield intake


@pytest.fixture
def start_agent(clock: VirtualClock, check_clock: ClientClock, intake: Intake) -> Iterator[StartAgent]:
    """Start the Agent of a host, which is a folder."""
    with ExitStack() as stack:

        def start(host: Path, conf: dict[str, Any]) -> AgentStandIn:
            agent = AgentStandIn(host, clock, intake=intake)
            agent.configure(NAME, conf)
            stack.callback(agent.kill)
            check_clock.sleep = agent.advance
            return agent.start()

        yield start


def directed_at(okta: OktaSimulator, instance: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The instance of an example with the simulated org's domain and credentials, each where the example has one.

    In place of a handle of a secrets backend stands what the Agent would resolve it to.
    """
    private_key = folder / f'{okta.seed}.pem'
    private_key.write_text(okta.private_key_pem)
    given = {
        'domain': okta.url,
        'api_key': okta.api_key,
        'client_id': okta.client_id if 'client_secret' in instance else okta.service_app_id,
        'client_secret': okta.client_secret,
        'private_key_path': str(private_key),
        'private_key_id': okta.key_id,
    }
    return instance | {option: value for option, value in given.items() if option in instance}


def conf_of(example: str) -> str:
    if example == 'two-orgs':
        return TWO_ORGS.read_text('utf-8')
    conf: str = only(manifests('agent.yaml'), 'ConfigMap')['data']['conf.yaml']
    return conf


@pytest.mark.parametrize(('example', 'count'), [('two-orgs', 2), ('kubernetes', 1)])
def test_an_agent_with_the_conf_yaml_of_an_example_delivers_the_events_of_each_org(
    example: str, count: int, start_org: StartOrg, start_agent: StartAgent, intake: Intake, tmp_path: Path
) -> None:
    conf = yaml.safe_load(conf_of(example))
    assert len(conf['instances']) == count
    orgs = [start_org() for _ in conf['instances']]
    tags = [set(instance.get('tags', [])) for instance in conf['instances']]
    conf['instances'] = [directed_at(okta, each, tmp_path) for okta, each in zip(orgs, conf['instances'], strict=True)]

    agent = start_agent(tmp_path / 'host', conf)
    agent.advance(SETTLING_SECONDS)

    assert {(run.status, *run.warnings) for run in agent.runs} == {('OK',)}
    assert received(intake) == Counter(uuid for okta in orgs for uuid in uuids(okta))
    for okta, expected in zip(orgs, tags, strict=True):
        domain = f'okta_domain:{okta.url.removeprefix("http://")}'
        of_org = [set(log['ddtags'].split(',')) for log in intake.logs if domain in log['ddtags'].split(',')]
        assert len(of_org) == len(uuids(okta))
        assert all(expected <= each for each in of_org)


# Kubernetes


def pod() -> Manifest:
    spec: Manifest = only(manifests('agent.yaml'), 'Deployment')['spec']['template']['spec']
    return spec


def container() -> Manifest:
    [found] = pod()['containers']
    return dict(found)


def test_there_is_never_more_than_one_pod() -> None:
    """Neither for long nor while one takes over from another."""
    spec = only(manifests('agent.yaml'), 'Deployment')['spec']
    assert spec['replicas'] == 1
    assert spec['strategy'] == {'type': 'Recreate'}
    assert spec['selector']['matchLabels'] == spec['template']['metadata']['labels']


def test_the_run_path_of_the_agent_is_on_a_volume_that_outlasts_the_pod() -> None:
    volumes = {volume['name']: volume for volume in pod()['volumes']}
    mounts = {mount['mountPath']: mount for mount in container()['volumeMounts']}
    assert set(volumes) == {mount['name'] for mount in mounts.values()}
    claim = volumes[mounts[RUN_PATH]['name']]['persistentVolumeClaim']['claimName']
    assert claim == only(manifests('agent.yaml'), 'PersistentVolumeClaim')['metadata']['name']
    assert not mounts[RUN_PATH].get('readOnly')


def test_the_configuration_is_where_the_image_looks_for_it() -> None:
    [mount] = [each for each in container()['volumeMounts'] if each['mountPath'] == f'/conf.d/{NAME}.d']
    [volume] = [each for each in pod()['volumes'] if each['name'] == mount['name']]
    config = only(manifests('agent.yaml'), 'ConfigMap')
    assert volume['configMap']['name'] == config['metadata']['name']
    assert list(config['data']) == ['conf.yaml']
    assert {'name': 'DD_LOGS_ENABLED', 'value': 'true'} in container()['env']


def test_every_secret_that_is_referred_to_exists() -> None:
    secrets = {each['metadata']['name']: set(each['stringData']) for each in manifests('secrets.yaml')}
    for variable in container()['env']:
        if reference := variable.get('valueFrom', {}).get('secretKeyRef'):
            assert reference['key'] in secrets[reference['name']]
    mounts = {mount['name']: mount['mountPath'] for mount in container()['volumeMounts']}
    files = {
        f'{mounts[volume["name"]]}/{key}'
        for volume in pod()['volumes']
        if 'secret' in volume
        for key in secrets[volume['secret']['secretName']]
    }
    handles = {found['path'] for found in HANDLE.finditer(conf_of('kubernetes'))}
    assert handles == files


def test_no_example_holds_a_secret() -> None:
    for secret in manifests('secrets.yaml'):
        assert all(re.fullmatch(r'<[A-Z_]+>', value) for value in secret['stringData'].values())
    for example in ('two-orgs', 'kubernetes'):
        for instance in yaml.safe_load(conf_of(example))['instances']:
            given = {option: instance[option] for option in ('api_key', 'client_secret') if option in instance}
            assert all(re.fullmatch(r'ENC\[.+\]', value) for value in given.values())


# What outlasts an Agent


def conf_for(okta: OktaSimulator) -> dict[str, Any]:
    conf: dict[str, Any] = yaml.safe_load(TWO_ORGS.read_text('utf-8'))
    instance = {'domain': okta.url, 'api_key': okta.api_key, 'initial_lookback_hours': 2}
    return conf | {'instances': [instance]}


def happen(okta: OktaSimulator, count: int, agent: AgentStandIn) -> set[str]:
    """So many Workflows events, one after the other, while the Agent collects them."""
    events = okta.generator.events(count, okta.clock.now(), noise_share=0.0)
    for event in events:
        okta.append(event)
        agent.advance(SPACING_SECONDS)
    agent.advance(SETTLING_SECONDS)
    return {event['uuid'] for event in events}


def test_a_new_pod_with_the_old_volume_goes_on_where_the_old_one_was(
    start_org: StartOrg, start_agent: StartAgent, intake: Intake, tmp_path: Path
) -> None:
    okta, host = start_org(), tmp_path / 'pod'
    agent = start_agent(host, conf_for(okta))
    agent.advance(SETTLING_SECONDS)
    agent.stop()
    # Only what is on the volume outlasts the pod.
    for folder in (host / 'etc', host / 'log'):
        shutil.rmtree(folder)
    okta.emit(20)
    start_agent(host, conf_for(okta)).advance(SETTLING_SECONDS)
    assert received(intake) == Counter(uuids(okta))


def test_a_new_pod_without_the_volume_repeats_the_look_back(
    start_org: StartOrg, start_agent: StartAgent, intake: Intake, tmp_path: Path
) -> None:
    okta = start_org()
    agent = start_agent(tmp_path / 'one', conf_for(okta))
    agent.advance(SETTLING_SECONDS)
    agent.stop()
    start_agent(tmp_path / 'other', conf_for(okta)).advance(SETTLING_SECONDS)
    assert received(intake) == Counter(2 * uuids(okta))


def test_a_standby_with_a_copy_of_the_cursor_loses_nothing_and_repeats_the_latest(
    start_org: StartOrg, start_agent: StartAgent, intake: Intake, tmp_path: Path
) -> None:
    """What was collected after the copy, and what its cursor does not say of yet that it was sent."""
    okta, active, standby = start_org(), tmp_path / 'active', tmp_path / 'standby'
    agent = start_agent(active, conf_for(okta))
    agent.advance(SETTLING_SECONDS)
    oldest = set(uuids(okta))
    before_the_copy = happen(okta, 20, agent)
    shutil.copytree(active / 'run' / NAME, standby / 'run' / NAME)
    after_the_copy = happen(okta, 20, agent)
    agent.kill()
    okta.emit(20)

    start_agent(standby, conf_for(okta)).advance(SETTLING_SECONDS)

    found = received(intake)
    assert set(found) == set(uuids(okta)) > oldest
    repeated = {uuid for uuid, times in found.items() if times > 1}
    assert after_the_copy <= repeated <= before_the_copy | after_the_copy
