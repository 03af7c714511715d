# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""All that can be said of a `conf.yaml`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from datadog_checks.okta_workflows.config_models.validators import ENVIRONMENT_VARIABLE

from . import options
from .document import Document
from .finding import Finding
from .judgement import Complaint, complaints_of_init_config, complaints_of_instance, cursor_id
from .options import nearest, shown
from .slips import explain, slips
from .stand_ins import with_stand_ins
from .unset import Verdict, judge

FIRST_OPTION = re.compile('`([a-z_]+)`')
SOURCE = 'okta-workflows'
START_POSITIONS = ('beginning', 'end', 'forceBeginning', 'forceEnd')
NAMES_OF_INSTANCES = ('name', 'namespace')

UNREADABLE = Finding(
    None,
    'The Agent cannot read the file and runs nothing of it; `agent status` shows that under Config Errors.',
    is_mistake=False,
)
NO_LOG_FILE = 'the Agent opens no log file, and the check reports that its events would be lost'
COPY_LOGS = 'copy the `logs` section from `conf.yaml.example`'
ADD_DASH = 'it has to be a list: put `- ` before the first option of each'


def examine(text: str) -> list[Finding]:
    """The findings in order of their lines, those about the whole file last."""
    findings = _findings(text)
    return sorted(findings, key=lambda finding: finding.line or len(text))


def _findings(text: str) -> list[Finding]:
    try:
        document = Document(text)
    except (yaml.YAMLError, ValueError) as error:
        return [*(slips(text) or explain(error, text)), UNREADABLE]
    found = slips(text)
    if found:
        # Whatever else there is to say would be about a file that nobody meant.
        return found
    return list(Examination(document))


class Examination:
    """Iterates over the findings in a file that is valid YAML."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._content = document.content

    def __iter__(self) -> Iterator[Finding]:
        if not isinstance(self._content, dict):
            what = 'the file is empty' if self._content is None else 'the file holds no sections'
            yield Finding(None, f'{what}: begin with a copy of `conf.yaml.example`')
            return
        for name, line, first in self._document.repeated():
            yield Finding(line, f'{shown(name)} is given in line {first} already: the Agent takes the last one')
        yield from self._top_level()
        yield from self._init_config()
        yield from self._instances()
        yield from self._logs()

    def _line(self, *path: object) -> int | None:
        return self._document.line(*path)

    def _top_level(self) -> Iterator[Finding]:
        for name, value in self._content.items():
            if name in options.IDENTIFIERS and value:
                yield Finding(
                    self._line(name),
                    f'remove `{name}`: with it the Agent takes the file for an Autodiscovery template, and runs '
                    'nothing of it until a container matches',
                )
            if name in options.TOP_LEVEL:
                continue
            if name in options.INSTANCE:
                advice = 'it stands outside of `instances`: indent it like the options there'
            else:
                advice = _did_you_mean(name, options.TOP_LEVEL)
            yield Finding(self._line(name), f'{shown(name)} is not a section, and the Agent ignores it: {advice}')

    def _init_config(self) -> Iterator[Finding]:
        init_config = self._content.get('init_config')
        if isinstance(init_config, dict):
            yield from self._unknown(init_config, options.INIT_CONFIG, 'init_config')
            yield from self._unset(init_config, 'init_config')
            complete = with_stand_ins(init_config, _unset_options(init_config))
            yield from self._complaints(complaints_of_init_config(complete), init_config, 'init_config')
        elif init_config is not None:
            yield Finding(self._line('init_config'), '`init_config` has to hold options, or nothing')

    # Instances

    def _instances(self) -> Iterator[Finding]:
        instances = self._content.get('instances')
        if not instances:
            yield Finding(self._line('instances'), 'there is no instance in `instances`: the Agent runs nothing')
        elif not isinstance(instances, list):
            yield Finding(self._line('instances'), f'`instances`: {ADD_DASH}')
            yield UNREADABLE
        elif not all(isinstance(each, dict | None) for each in instances):
            for number, each in enumerate(instances):
                if not isinstance(each, dict | None):
                    yield Finding(self._line('instances', number), 'an instance has to hold options: `name: value`')
            yield UNREADABLE
        else:
            yield from self._each_instance([each or {} for each in instances])

    def _each_instance(self, instances: list[dict[str, Any]]) -> Iterator[Finding]:
        first_with: dict[str, int | None] = {}
        for number, instance in enumerate(instances):
            place = ('instances', number)
            yield from self._unknown(instance, options.INSTANCE, *place)
            yield from self._read_by_the_agent(instance, *place)
            yield from self._unset(instance, *place)
            complete = with_stand_ins(instance, _unset_options(instance))
            yield from self._complaints(complaints_of_instance(complete), instance, *place)
            cursor, line = cursor_id(complete), self._line(*place)
            if cursor in first_with:
                yield Finding(
                    line,
                    f'the instance in line {first_with[cursor]} has the same `domain` and `event_filter`: the two '
                    'share their place in the System Log, and take events from each other or send them twice',
                )
            elif cursor is not None:
                first_with[cursor] = line

    def _read_by_the_agent(self, instance: Mapping[str, Any], *place: object) -> Iterator[Finding]:
        """Options that the Agent reads itself, and not as the check would."""
        for name in NAMES_OF_INSTANCES:
            if instance.get(name):
                yield Finding(
                    self._line(*place, name),
                    f'remove `{name}` from the instance: with it the Agent empties the log file of the instance at '
                    'each start, and renaming the instance resets the cursor',
                )
        interval = instance.get('min_collection_interval')
        # The Agent makes a number of a variable that is the whole value.
        if isinstance(interval, str) and ENVIRONMENT_VARIABLE.fullmatch(interval) is None:
            yield Finding(
                self._line(*place, 'min_collection_interval'),
                '`min_collection_interval`: it has to be a number without quotation marks, or the Agent does not '
                'load the instance',
            )

    # Any options

    def _unknown(self, given: Mapping[str, Any], known: set[str], *place: object) -> Iterator[Finding]:
        for name in given:
            if name not in known:
                advice = _did_you_mean(name, known)
                if name in options.LOGS:
                    advice = 'it belongs into the section `logs`'
                yield Finding(self._line(*place, name), f'{shown(name)} is not an option, and is ignored: {advice}')

    def _unset(self, given: Mapping[str, Any], *place: object) -> Iterator[Finding]:
        """Values that nobody has put in yet, or that the Agent will."""
        for path, verdict in _unset_values(given):
            yield Finding(self._line(*place, *path), f'{_option(path)}: {verdict.text}', is_mistake=verdict.is_mistake)

    def _complaints(self, complaints: list[Complaint], given: Mapping[str, Any], *place: object) -> Iterator[Finding]:
        for complaint in complaints:
            if not complaint.path:
                named = [name for name in FIRST_OPTION.findall(complaint.text) if name in given]
                yield Finding(self._line(*place, *named[:1]), complaint.text)
                continue
            text = f'{_option(complaint.path)}: {complaint.text}'
            if complaint.path[0] not in given and place != ('instances', 0):
                text += '; each `-` begins another instance'
            yield Finding(self._line(*place, *complaint.path), text)

    # Logs

    def _logs(self) -> Iterator[Finding]:
        logs = self._content.get('logs')
        if not logs:
            yield Finding(self._line('logs'), f'there is no `logs` section: {NO_LOG_FILE}; {COPY_LOGS}')
            return
        if not isinstance(logs, list) or not all(isinstance(each, dict) for each in logs):
            yield Finding(self._line('logs'), f'`logs`: {ADD_DASH}; as it is, {NO_LOG_FILE}')
            return
        sections = [number for number, each in enumerate(logs) if each.get('type') == 'integration']
        if not sections:
            yield Finding(self._line('logs', 0, 'type'), f'`logs` needs `type: integration`: without it {NO_LOG_FILE}')
        for number in sections[1:]:
            yield Finding(
                self._line('logs', number), 'a second `type: integration`: the Agent sends every event once for each'
            )
        for number in sections[:1]:
            yield from self._log_section(logs[number], number)

    def _log_section(self, section: dict[str, Any], number: int) -> Iterator[Finding]:
        place = ('logs', number)
        source = section.get('source')
        if not source:
            yield Finding(
                self._line(*place), f'`logs` needs `source: {SOURCE}`, by which Datadog knows what the logs are'
            )
        elif source != SOURCE:
            yield Finding(
                self._line(*place, 'source'),
                f"`source`: the log pipeline and the dashboards are for `{SOURCE}`, and do not apply to another one",
                is_mistake=False,
            )
        position = section.get('start_position', START_POSITIONS[0])
        if position not in START_POSITIONS:
            yield Finding(
                self._line(*place, 'start_position'),
                '`start_position`: the Agent takes this for `end`: set it to `beginning`',
            )
        for name in section:
            line = self._line(*place, name)
            if name in options.LOGS_OF_OTHER_TYPES:
                yield Finding(line, f'`{name}`: the Agent does not apply it to logs of `type: integration`: remove it')
            elif name not in options.LOGS:
                yield Finding(
                    line,
                    f'{shown(name)} is not an option of `logs`, and is ignored: {_did_you_mean(name, options.LOGS)}',
                )


def _did_you_mean(name: object, known: set[str]) -> str:
    meant = nearest(name, known)
    return f'did you mean `{meant}`?' if meant else 'remove it'


def _option(path: tuple[object, ...]) -> str:
    """The name of an option below its instance or section."""
    return '.'.join(shown(name).strip('`') for name in path if isinstance(name, str)).join('``')


def _unset_values(value: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], Verdict]]:
    """Every text that is not the value itself."""
    if isinstance(value, str):
        verdict = judge(str(path[0]), value)
        if verdict is not None:
            yield path, verdict
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _unset_values(each, (*path, name))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _unset_values(each, (*path, number))


def _unset_options(given: Mapping[str, Any]) -> set[str]:
    return {str(path[0]) for path, _ in _unset_values(given)}
