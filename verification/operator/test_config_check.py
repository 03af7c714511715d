# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Each mistake in a `conf.yaml` is explained in its line, and what is right is left alone."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import datadog_checks.okta_workflows
from datadog_checks.base import ConfigurationError
from datadog_checks.okta_workflows import OktaWorkflowsCheck
from demo.configuration import fill_in
from okta_simulator import OktaSimulator
from tools.config_check.__main__ import main
from tools.config_check.document import Document
from tools.config_check.examination import examine
from tools.config_check.finding import Finding
from verification.world.scenario import NAME, StartAgent, pkcs8

EXAMPLE = (Path(datadog_checks.okta_workflows.__file__).parent / 'data' / 'conf.yaml.example').read_text('utf-8')
INTEGRATION = Path(__file__).parents[2] / 'okta_workflows'
API_KEY = '00hunter2hunter2'
FILLED_IN = fill_in(EXAMPLE, [{'domain': 'acme.okta.com', 'api_key': API_KEY}])
# How these two stand in it.
DOMAIN = '  - domain: "acme.okta.com"\n'
KEY = f'    api_key: "{API_KEY}"\n'
LOGS = EXAMPLE[EXAMPLE.index('logs:\n') :]
MINIMAL = f"""\
instances:
  - domain: acme.okta.com
    api_key: {API_KEY}
{LOGS}"""


def mistakes(conf: str) -> list[Finding]:
    return [finding for finding in examine(conf) if finding.is_mistake]


def line_of(text: str, conf: str) -> int:
    """The first line that begins with `text`, blanks aside."""
    return next(number for number, line in enumerate(conf.splitlines(), 1) if line.strip().startswith(text.strip()))


@pytest.mark.parametrize('conf', [pytest.param(FILLED_IN, id='example'), pytest.param(MINIMAL, id='minimal')])
def test_the_example_with_its_placeholders_filled_in_is_ok(
    conf: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / 'conf.yaml'
    file.write_text(conf, 'utf-8')
    assert main([str(file)]) == 0
    assert capsys.readouterr().out == 'OK\n'


def test_the_example_as_it_is_shipped_is_not() -> None:
    texts = {finding.text for finding in mistakes(EXAMPLE)}
    assert len(texts) == 2
    assert any(text.startswith('`domain`: it is still the placeholder of the example') for text in texts)
    assert any('no credential is set: set `api_key`; or' in text for text in texts)


SLIPS = [
    pytest.param(KEY, '\tapi_key: x\n', 'api_key', 'indented with a tab', id='tab'),
    pytest.param(KEY, '    \u00a0api_key: x\n', 'api_key', 'looks like a blank', id='no-break-space'),
    pytest.param(
        KEY, '     api_key: x\n', 'api_key', '5 blanks and `domain` by 4: line them up', id='a-blank-too-many'
    ),
    pytest.param(KEY, '  api_key: x\n', 'api_key', '2 blanks and `domain` by 4: line them up', id='two-blanks-too-few'),
    pytest.param(KEY, 'api_key: x\n', 'api_key', '0 blanks and `domain` by 4: line them up', id='at-the-margin'),
    pytest.param(KEY, '    api_key:x\n', 'api_key', 'put a blank after the colon of `api_key:`', id='no-blank'),
    pytest.param(KEY, '    api_key x\n', 'api_key', 'put a colon after `api_key`', id='no-colon'),
    pytest.param(KEY, '    api_key = x\n', 'api_key', 'with a colon and a blank instead of `=`', id='equals-sign'),
    pytest.param('instances:\n', 'instances\n', 'instances', 'put a colon after `instances`', id='no-colon-of-section'),
    pytest.param(DOMAIN, '  - domain:x\n', '- domain', 'put a blank after the colon of `domain:`', id='first-no-blank'),
    pytest.param(DOMAIN, '  -domain: x\n', '-domain', 'put a blank between the `-` and `domain`', id='dash-no-blank'),
    pytest.param(KEY, '    api_key: "x\n', 'api_key', 'the quotation mark `"` is not closed', id='quote'),
    pytest.param(KEY, "    api_key: 'x\n", 'api_key', "the quotation mark `'` is not closed", id='single-quote'),
    pytest.param(KEY, '    api_key: @x\n', 'api_key', "put the value in 'single quotation marks'", id='at-sign'),
    pytest.param(KEY, '    api_key: *x\n', 'api_key', "put the value in 'single quotation marks'", id='asterisk'),
    pytest.param(KEY, '    api_key: !x y\n', 'api_key', "put the value in 'single quotation marks'", id='exclamation'),
    pytest.param(KEY, '    service: a: b\n', 'service', 'there is a second colon', id='second-colon'),
    pytest.param(KEY, '    tags: [a, b\n', 'tags', 'the `[` is not closed', id='bracket'),
    pytest.param(KEY, '    proxy: {http: a\n', 'proxy', 'the `{` is not closed', id='brace'),
    pytest.param(
        KEY, '    tags:\n    env:prod\n    a:b\n', 'env:prod', 'nor an item of a list', id='list-without-dashes'
    ),
    pytest.param(
        KEY, '    tls_cert: "C:\\quux"\n', 'tls_cert', "begins an escape sequence: use 'single", id='backslash'
    ),
    pytest.param(KEY, '    tls_cert: "C:\\users"\n', 'tls_cert', "use 'single quotation marks'", id='backslash-and-u'),
    pytest.param(KEY, '    api_key: {{ x }}\n', 'api_key', 'begins with `{{`', id='jinja'),
    pytest.param(KEY, '    api_key: %%env_X%%\n', 'api_key', "put the value in 'single", id='environment-variable'),
    pytest.param(KEY, '    api_key: x\x07y\n', 'api_key', 'a character that cannot be shown', id='control-character'),
    pytest.param(KEY, f'{KEY}---\n', '---', 'what follows is not read', id='second-document'),
    pytest.param(
        '    source: okta',
        '     source: okta',
        'source',
        '`source` is indented by 5 blanks',
        id='logs-a-blank-too-many',
    ),
    pytest.param(
        'logs:\n',
        '   - domain: b.okta.com\n\nlogs:\n',
        '- domain: b',
        'indented by 3 blanks and the first one by 2',
        id='second-dash',
    ),
]


@pytest.mark.parametrize(('right', 'wrong', 'line', 'says'), SLIPS)
def test_a_slip_in_yaml_is_explained_in_its_line(right: str, wrong: str, line: str, says: str) -> None:
    """One mistake, one line; both in the example with all its comments and without them."""
    for filled_in in (FILLED_IN, '\n'.join(each for each in FILLED_IN.splitlines() if '##' not in each) + '\n'):
        conf = filled_in.replace(right, wrong)
        assert conf != filled_in
        [finding] = mistakes(conf)
        assert says in finding.text
        assert finding.line == line_of(line, conf)


def test_a_file_that_is_no_yaml_is_said_to_be_skipped_whole() -> None:
    *_, last = examine(FILLED_IN.replace(KEY, '\tapi_key: x\n'))
    assert 'The Agent cannot read the file' in last.text
    assert 'under Config Errors' in last.text


@pytest.mark.parametrize(
    ('right', 'wrong', 'line', 'says'),
    [
        pytest.param('instances:\n  - domain', 'instances:\n    domain', 'instances', 'has to be a list', id='no-list'),
        pytest.param(f'{DOMAIN[:4]}domain', '  - x\n  - domain', '- x', 'has to hold options', id='text-for-instance'),
        pytest.param('instances:\n', 'instance:\n', 'instance', 'did you mean `instances`?', id='section-misspelt'),
        pytest.param(LOGS, f'api_key: x\n{LOGS}', 'api_key: x', 'it stands outside of `instances`', id='left-margin'),
        pytest.param(LOGS, f'init-config:\n{LOGS}', 'init-config', 'did you mean `init_config`?', id='unknown-section'),
        pytest.param('instances:', 'init_config: x\ninstances:', 'init_config', 'has to hold options', id='init-text'),
        pytest.param(KEY, KEY * 2, None, '`api_key` is given in line 3 already: the Agent takes the last', id='twice'),
        pytest.param(LOGS, '', None, 'there is no `logs` section: the Agent opens no log file', id='no-logs'),
        pytest.param('  - type: integration\n    source', '    source', 'logs', 'has to be a list', id='logs-no-list'),
        pytest.param('type: integration', 'typ: integration', '- typ', 'needs `type: integration`', id='logs-no-type'),
        pytest.param('type: integration', 'type: file', '- type', 'needs `type: integration`', id='logs-other-type'),
        pytest.param(
            '    source: okta-workflows\n', '', '- type', 'needs `source: okta-workflows`', id='logs-no-source'
        ),
        pytest.param('source:', 'sourc:', 'sourc:', 'did you mean `source`?', id='logs-unknown-option'),
        pytest.param('beginning', 'begin', 'start_position', 'takes this for `end`', id='logs-start-position'),
        pytest.param(
            'source:', 'log_processing_rules: []\n    source:', 'log_processing', 'does not apply it', id='logs-masking'
        ),
        pytest.param(
            LOGS,
            f'{LOGS}  - type: integration\n    source: okta-workflows\n',
            None,
            'every event once for each',
            id='logs-twice',
        ),
    ],
)
def test_a_file_of_the_wrong_shape_is_explained(right: str, wrong: str, line: str | None, says: str) -> None:
    minimal = MINIMAL.replace('  - domain: acme.okta.com\n', DOMAIN).replace(f'    api_key: {API_KEY}\n', KEY)
    conf = minimal.replace(right, wrong)
    assert conf != minimal
    [finding] = [finding for finding in mistakes(conf) if says in finding.text]
    assert finding.line == (line_of(line, conf) if line else finding.line)


@pytest.mark.parametrize('conf', ['', '# nothing\n', 'x\n', '- a\n', '{}\n', 'instances:\n', 'instances: []\n'])
def test_a_file_without_an_instance_is_explained(conf: str) -> None:
    texts = [finding.text for finding in mistakes(conf)]
    assert any('begin with a copy of' in text or 'there is no instance' in text for text in texts)


@pytest.mark.parametrize(
    ('option', 'meant'),
    [
        pytest.param('apikey', 'api_key', id='underscore-forgotten'),
        pytest.param('api-key', 'api_key', id='dash-for-underscore'),
        pytest.param('API_KEY', 'api_key', id='capitals'),
        pytest.param('okta_domain', 'domain', id='prefix'),
        pytest.param('private_key_passfrase', 'private_key_passphrase', id='misspelt'),
        pytest.param('lookback_hours', 'initial_lookback_hours', id='half'),
        pytest.param('filter', 'event_filter', id='other-half'),
    ],
)
def test_an_unknown_option_is_told_with_the_nearest_known_one(option: str, meant: str) -> None:
    conf = MINIMAL.replace('    api_key', f'    {option}: x\n    api_key')
    [finding] = mistakes(conf)
    assert f'is not an option, and is ignored: did you mean `{meant}`?' in finding.text
    assert finding.line == line_of(option, conf)


def test_every_option_of_the_specification_is_known() -> None:
    """None that is hidden in the example is called unknown."""
    specification = yaml.safe_load((INTEGRATION / 'assets' / 'configuration' / 'spec.yaml').read_text('utf-8'))
    [instances] = [each for each in specification['files'][0]['options'] if each.get('template') == 'instances']
    names = [each['name'] for each in instances['options'] if 'name' in each]
    assert len(names) > 5
    for name in names:
        assert not [
            finding
            for finding in mistakes(MINIMAL.replace('    api', f'    {name}:\n    api'))
            if 'is not an option' in finding.text
        ]


VALUES = [
    pytest.param('api_key', 12345678, 'it has to be text: put it in quotation marks', id='number-for-text'),
    pytest.param('api_key', '', 'the value is empty: set it to the value', id='empty'),
    pytest.param('domain', 'acme-admin.okta.com', 'use `acme.okta.com` instead', id='admin-console'),
    pytest.param('tags', 'env:prod', 'it has to be a list: write each value in a line of its own', id='text-for-list'),
    pytest.param('tls_verify', 'maybe', 'it has to be `true` or `false`', id='text-for-yes-or-no'),
    pytest.param('timeout', 'ten', 'it has to be a number', id='text-for-number'),
    pytest.param('initial_lookback_hours', 2161, 'it has to be at most 2160', id='too-much'),
    pytest.param('initial_lookback_hours', -1, 'it has to be at least 0', id='too-little'),
    pytest.param('proxy', 'http://proxy:3128', 'it has to hold options of its own', id='text-for-mapping'),
    pytest.param('event_filter', ' ', 'the filter is empty: remove the option', id='blank-filter'),
    pytest.param('username', 'mara', 'Okta supports none of these', id='foreign-authentication'),
    pytest.param('client_id', '0oa1', '`api_key`, `client_id` do not go together', id='two-ways-in'),
    pytest.param('metric_patterns', 'x', 'Setting `metric_patterns` must be a mapping', id='base-package'),
]


def said_by_the_check(instance: dict[str, Any]) -> str:
    """What an Agent shows of it, whether it stumbles while it makes the check or while it runs it."""
    try:
        check = OktaWorkflowsCheck(NAME, {}, [instance])
    except ConfigurationError as error:
        return str(error)
    return str(json.loads(check.run())[0]['message'])


@pytest.mark.parametrize(('option', 'value', 'says'), VALUES)
def test_a_wrong_value_is_explained_and_the_check_says_the_same(option: str, value: Any, says: str) -> None:
    content = yaml.safe_load(MINIMAL)
    content['instances'][0][option] = value
    conf = yaml.safe_dump(content, sort_keys=False)
    [finding] = mistakes(conf)
    assert says in finding.text
    lines = Document(conf)
    assert finding.line in [lines.line('instances', 0, name) for name in (option, 'api_key')]
    agent_says = said_by_the_check(content['instances'][0])
    own_words = finding.text.partition(' (the Agent says: ')[2].removesuffix(')') or finding.text.partition('`: ')[2]
    assert own_words in agent_says


def test_no_mistake_hides_another() -> None:
    conf = """\
init_config:
  timeout: ten
instances:
  - domain: acme.okta.com
    apikey: x
  - api_key: x
logs:
  - type: integration
"""
    assert [(finding.line, finding.text.partition(':')[0].partition(' ')[0]) for finding in mistakes(conf)] == [
        (2, '`timeout`'),
        (4, 'no'),
        (5, '`apikey`'),
        (6, '`domain`'),
        (8, '`logs`'),
    ]


def test_an_instance_cut_in_two_by_a_dash_is_explained() -> None:
    conf = MINIMAL.replace('    api_key', '  - api_key')
    assert any('each `-` begins another instance' in finding.text for finding in mistakes(conf))


@pytest.mark.parametrize(
    ('option', 'value'),
    [
        pytest.param('service', '<SERVICE>', id='text'),
        pytest.param('tags', ['env:prod', '<KEY_1>:<VALUE_1>'], id='list'),
        pytest.param('proxy', {'https': 'http://<PROXY_SERVER_FOR_HTTPS>:<PORT>'}, id='mapping'),
        pytest.param('tls_cert', '<CERT_PATH>', id='path'),
    ],
)
def test_a_placeholder_that_is_left_is_explained_once(option: str, value: Any) -> None:
    content = yaml.safe_load(MINIMAL)
    content['instances'][0][option] = value
    [finding] = mistakes(yaml.safe_dump(content))
    assert 'it is still the placeholder of the example' in finding.text
    assert f'`{option}' in finding.text


@pytest.mark.parametrize(
    ('domain', 'event_filter'),
    [
        pytest.param('acme.okta.com', None, id='same'),
        pytest.param('https://ACME.okta.com/admin', None, id='written-otherwise'),
        pytest.param('acme.okta.com', 'eventType sw "workflows."', id='default-filter-written-out'),
    ],
)
def test_two_instances_with_one_place_in_the_system_log_are_explained(domain: str, event_filter: str | None) -> None:
    content = yaml.safe_load(MINIMAL)
    content['instances'].append({'domain': domain, 'api_key': 'other', 'event_filter': event_filter})
    [finding] = mistakes(yaml.safe_dump(content, sort_keys=False))
    assert 'the instance in line 2 has the same `domain` and `event_filter`' in finding.text


@pytest.mark.parametrize(
    'other', [{'domain': 'beta.okta.com'}, {'domain': 'acme.okta.com', 'event_filter': 'eventType sw "user."'}]
)
def test_instances_of_two_orgs_or_filters_are_ok(other: dict[str, str]) -> None:
    content = yaml.safe_load(MINIMAL)
    content['instances'].append({'api_key': 'other', **other})
    assert examine(yaml.safe_dump(content)) == []


@pytest.mark.parametrize('option', ['name', 'namespace'])
def test_a_name_of_an_instance_is_explained(option: str) -> None:
    """The Agent takes either for a part of the instance's id."""
    conf = MINIMAL.replace('    api_key', f'    {option}: prod\n    api_key')
    [finding] = mistakes(conf)
    assert f'remove `{option}` from the instance' in finding.text
    assert finding.line == line_of(f'{option}:', conf)


def test_an_interval_in_quotation_marks_is_explained() -> None:
    """The check would take it, and the Agent does not."""
    [finding] = mistakes(MINIMAL.replace('    api_key', '    min_collection_interval: "30"\n    api_key'))
    assert 'a number without quotation marks' in finding.text


# What stands where a value was meant


@pytest.mark.parametrize(
    ('value', 'says'),
    [
        pytest.param('${X}', 'the Agent does not replace `${...}`', id='shell'),
        pytest.param('{{ x }}', 'the Agent does not replace', id='jinja'),
        pytest.param('%%host%%', 'only in templates for containers', id='template-variable'),
        pytest.param('“x”', 'typographic quotation marks', id='typographic-quotes'),
    ],
)
@pytest.mark.parametrize(
    'option', ['domain', 'api_key', 'event_filter', 'tls_ca_cert', 'service', 'tags', 'proxy', 'timeout']
)
def test_what_nothing_replaces_is_explained_once_in_every_option(option: str, value: str, says: str) -> None:
    content = yaml.safe_load(MINIMAL)
    content['instances'][0][option] = {'tags': [value], 'proxy': {'no_proxy': value}}.get(option, value)
    conf = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    [finding] = mistakes(conf)
    assert says in finding.text
    assert finding.text.startswith(f'`{option}')
    assert finding.line is not None
    assert value in conf.splitlines()[finding.line - 1]


@pytest.mark.parametrize(
    ('option', 'value'),
    [
        pytest.param('domain', '%%env_ORG%%.okta.com', id='part-of-a-domain'),
        pytest.param('api_key', '%%env_OKTA_API_TOKEN%%', id='credential'),
        pytest.param('event_filter', 'eventType sw "%%env_PREFIX%%"', id='part-of-a-filter'),
        pytest.param('tags', ['env:%%env_ENV%%'], id='tags'),
        pytest.param('proxy', {'https': 'http://mara:%%env_PASSWORD%%@proxy:3128'}, id='proxy'),
        pytest.param('tls_ca_cert', '%%env_CA%%', id='path'),
        pytest.param('initial_lookback_hours', '%%env_HOURS%%', id='number'),
        pytest.param('min_collection_interval', '%%env_SECONDS%%', id='number-that-the-agent-reads'),
    ],
)
def test_an_environment_variable_is_no_mistake_and_said_not_to_be_checked(option: str, value: Any) -> None:
    """The Agent puts it in when it reads the file."""
    content = yaml.safe_load(MINIMAL)
    content['instances'][0][option] = value
    [finding] = examine(yaml.safe_dump(content))
    assert not finding.is_mistake
    assert f'`{option}' in finding.text
    assert 'an environment variable of its own process, which cannot be checked here' in finding.text
    content['instances'][0]['tls_cert'] = '%%env_FOLDER%%/%%host%%.pem'
    [finding] = mistakes(yaml.safe_dump(content))
    assert finding.text.startswith('`tls_cert`: the Agent replaces `%%...%%` only in templates')


def test_a_free_text_may_contain_what_elsewhere_is_to_be_replaced() -> None:
    content = yaml.safe_load(MINIMAL)
    content['instances'][0]['event_filter'] = 'target.displayName co "ENC[x] ${y} {{z}} “w”"'
    assert examine(yaml.safe_dump(content)) == []
    content['instances'][0]['event_filter'] = '${y}'
    [finding] = mistakes(yaml.safe_dump(content))
    assert 'does not replace' in finding.text


@pytest.mark.parametrize(
    ('name', 'value'),
    [
        pytest.param('ad_identifiers', ['httpd'], id='container'),
        pytest.param('advanced_ad_identifiers', [{'kube_service': {'name': 'x', 'namespace': 'y'}}], id='kubernetes'),
        pytest.param('cel_selector', {'containers': ['container.image.reference.matches("x")']}, id='rule'),
    ],
)
def test_identifiers_that_make_a_template_of_the_file_are_explained(name: str, value: Any) -> None:
    conf = MINIMAL + yaml.safe_dump({name: value})
    [finding] = mistakes(conf)
    assert finding.text.startswith(f'remove `{name}`: with it the Agent takes the file for an Autodiscovery template')
    assert finding.line == line_of(name, conf)
    assert examine(MINIMAL + f'{name}: []\n') == []


def test_no_proxy_may_be_one_text() -> None:
    content = yaml.safe_load(MINIMAL)
    content['instances'][0]['proxy'] = {'https': 'http://proxy:3128', 'no_proxy': 'a.example, .b.example 10.0.0.0/8'}
    content['init_config'] = {'proxy': {'no_proxy': 'a.example'}}
    assert examine(yaml.safe_dump(content)) == []
    content['instances'][0]['proxy']['no_proxy'] = 7
    [finding] = mistakes(yaml.safe_dump(content))
    assert finding.text.startswith('`proxy.no_proxy`: it has to be a list')


def test_a_windows_path_in_double_quotation_marks_is_explained() -> None:
    conf = MINIMAL.replace('    api_key', '    tls_ca_cert: "C:\\temp\\new.pem"\n    api_key')
    [finding] = mistakes(conf)
    assert "put the path in 'single quotation marks'" in finding.text
    assert finding.line == line_of('tls_ca_cert', conf)


# Handles of a secrets backend


@pytest.mark.parametrize(
    'options',
    [
        pytest.param({'api_key': 'ENC[okta]'}, id='api-key'),
        pytest.param({'api_key': ' ENC[okta]\t'}, id='blanks-around'),
        pytest.param({'client_id': 'ENC[id]', 'client_secret': 'ENC[{"path": "okta", "key": "secret"}]'}, id='client'),
        pytest.param({'client_id': 'a', 'private_key': 'ENC[key]', 'private_key_id': 'kid'}, id='key'),
        pytest.param({'client_id': 'a', 'private_key_path': 'ENC[key]', 'private_key_id': 'kid'}, id='key-path'),
        pytest.param(
            {'client_id': 'a', 'private_key': 'any', 'private_key_id': 'kid', 'private_key_passphrase': 'ENC[pass]'},
            id='passphrase',
        ),
        pytest.param({'api_key': 'a', 'domain': 'ENC[domain]'}, id='domain'),
        pytest.param({'api_key': 'a', 'proxy': {'https': 'ENC[proxy]'}}, id='proxy'),
        pytest.param({'api_key': 'a', 'initial_lookback_hours': 'ENC[hours]'}, id='number'),
    ],
)
def test_a_handle_is_no_mistake_and_said_not_to_be_checked(options: dict[str, Any]) -> None:
    content = {'instances': [{'domain': 'acme.okta.com', **options}], 'logs': yaml.safe_load(LOGS)['logs']}
    findings = examine(yaml.safe_dump(content))
    assert findings != []
    assert not any(finding.is_mistake for finding in findings)
    assert all('it cannot be checked here' in finding.text for finding in findings)


@pytest.mark.parametrize(
    ('value', 'says'),
    [
        pytest.param('ENC[okta', 'a handle has to be the whole value', id='not-closed'),
        pytest.param('SSWS ENC[okta]', 'a handle has to be the whole value', id='text-before'),
        pytest.param('ENC[]', 'the handle has no name', id='empty'),
    ],
)
def test_what_the_agent_does_not_take_for_a_handle_is_explained(value: str, says: str) -> None:
    conf = MINIMAL.replace(f'api_key: {API_KEY}', f'api_key: {value}')
    [finding] = mistakes(conf)
    assert says in finding.text
    assert finding.line == line_of('api_key', conf)


def test_handles_do_not_hide_what_is_wrong_beside_them() -> None:
    conf = MINIMAL.replace(f'api_key: {API_KEY}', 'client_secret: ENC[okta]\n    private_key_id: kid')
    [finding] = mistakes(conf)
    assert '`client_secret`, `private_key_id` do not go together' in finding.text


# What the Agent makes of it


@pytest.mark.parametrize(
    'logs',
    [
        pytest.param(None, id='none'),
        pytest.param([], id='empty'),
        pytest.param([{'source': 'okta-workflows'}], id='no-type'),
        pytest.param([{'type': 'file', 'source': 'okta-workflows'}], id='other-type'),
    ],
)
def test_where_no_log_file_is_foretold_the_agent_keeps_none(
    logs: Any, start_agent: StartAgent, okta: OktaSimulator
) -> None:
    instance = {'domain': okta.url, 'api_key': okta.api_key}
    [finding] = mistakes(yaml.safe_dump({'instances': [instance], 'logs': logs}))
    assert 'the Agent opens no log file' in finding.text
    [result] = start_agent(instance, logs=logs or []).run_checks()
    assert 'The Agent keeps no log file for this instance' in result.warnings[0]


def test_where_every_event_is_foretold_twice_the_agent_sends_it_twice(
    start_agent: StartAgent, okta: OktaSimulator
) -> None:
    okta.emit(3, noise_share=0)
    instance = {'domain': okta.url, 'api_key': okta.api_key}
    logs = yaml.safe_load(LOGS)['logs'] * 2
    [finding] = mistakes(yaml.safe_dump({'instances': [instance], 'logs': logs}))
    assert 'sends every event once for each' in finding.text
    agent = start_agent(instance, logs=logs)
    agent.run_checks()
    agent.advance(60)
    assert len(agent.intake.logs) == 2 * len(okta.workflows_events)


# Secrets


def test_no_secret_is_shown(tmp_path: Path, ec_key: Any) -> None:
    """Wherever it stands, and whatever is wrong."""
    secret = 'hunter2'
    pem = pkcs8(ec_key)
    places = [
        f'    api_key: {secret}\n    api_key: {secret}\n',
        f'    api_key:{secret}\n',
        f'    api_key {secret}\n',
        f'    {secret}: api_key\n',
        f'    api_key: *{secret}\n',
        f'    api_key: !{secret} x\n',
        f'    api_key: "{secret}\n',
        f'    api_key: "\\{secret}"\n',
        f'    api_key: [{secret}\n',
        f'    api_key: a: {secret}\n',
        f'    api_key: {secret} \u00e9\n',
        f'    client_secret: <{secret}>\n',
        f'    api_key: ENC[{secret}\n',
        f'    tags: {secret}\n',
        f'    proxy:\n      https: mara:{secret}@proxy\n',
        f'    headers:\n      Authorization: {secret}\n      x{secret}\n',
        f'\tapi_key: {secret}\n',
        f'    private_key: {secret}\n',
        *(f'    private_key: |\n      {line}\n' for line in pem.splitlines()),
    ]
    secrets = [secret, *(line for line in pem.splitlines() if '-----' not in line)]
    for place in places:
        for finding in examine(f'instances:\n  - domain: acme.okta.com\n{place}{LOGS}'):
            assert not [each for each in secrets if each in finding.text]
    assert examine(f'instances:\n  - domain: {secret}{secret}{secret}{secret}{secret}\n{LOGS}')


def test_nothing_breaks_it_or_makes_it_show_a_secret() -> None:
    """The example, torn at random."""
    rng = random.Random(1)
    pieces = [
        *'\t :-"\'[]{}#&*!|>%@\n,x\x00\u00a0',
        '\n  - ',
        'ENC[',
        '<X>',
        '~',
        '1e999',
        '2026-13-13',
        '---\n',
        'true',
    ]
    whole = MINIMAL.replace('    api_key', '    tags:\n      - a:b\n    proxy:\n      http: x\n    api_key')
    for _ in range(500):
        torn = whole
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(torn))
            torn = torn[:at] + rng.choice(pieces) + torn[at + rng.randint(0, 6) :]
        assert not [finding for finding in examine(torn) if API_KEY[:8] in finding.text]


# The command


@pytest.fixture
def run(tmp_path: Path) -> Callable[[bytes], tuple[int, str]]:
    """The exit code and the output for a file with this content."""
    file = tmp_path / 'conf.yaml'

    def run(content: bytes) -> tuple[int, str]:
        file.write_bytes(content)
        finished = subprocess.run(
            [sys.executable, '-m', 'tools.config_check', str(file)],
            cwd=INTEGRATION.parent,
            env={**os.environ, 'PYTHONIOENCODING': 'utf-8'},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding='utf-8',
            timeout=60,
        )
        return finished.returncode, finished.stdout.replace(str(file), 'conf.yaml')

    return run


def test_the_command_prints_a_line_for_each_mistake_and_exits_with_1(
    run: Callable[[bytes], tuple[int, str]],
) -> None:
    code, output = run(MINIMAL.replace('acme.okta.com', 'acme').replace('api_key', 'apikey').encode())
    assert code == 1
    assert [line.partition(': ')[0] for line in output.splitlines()] == ['conf.yaml:2', 'conf.yaml:2', 'conf.yaml:3']
    assert 'for an org on okta.com use `acme.okta.com`' in output


def test_a_remark_alone_is_ok(run: Callable[[bytes], tuple[int, str]]) -> None:
    code, output = run(MINIMAL.replace(API_KEY, 'ENC[okta]').encode('utf-8-sig'))
    assert code == 0
    assert output.splitlines()[0].startswith('conf.yaml:3: `api_key`: the Agent gets the value from the secrets')
    assert output.splitlines()[1:] == ['OK']


def test_a_file_in_another_encoding_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / 'conf.yaml'
    file.write_bytes(MINIMAL.replace('acme', 'åcme').encode('latin-1'))
    assert main([str(file)]) == 1
    assert 'it is not in UTF-8' in capsys.readouterr().out


def test_a_file_that_is_not_there_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / 'none.yaml')]) == 1
    assert 'it cannot be read (No such file or directory)' in capsys.readouterr().out
