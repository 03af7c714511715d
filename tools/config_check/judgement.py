# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the check itself says of the options, in plain words. Nothing is asked of Okta."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from datadog_checks.base import ConfigurationError
from datadog_checks.okta_workflows import OktaWorkflowsCheck

from .stand_ins import with_stand_ins

CHECK_NAME = 'okta_workflows'
TEXT = 'it has to be text: put it in quotation marks'
YES_OR_NO = 'it has to be `true` or `false`'
NUMBER = 'it has to be a number'
LIST = 'it has to be a list: write each value in a line of its own, after `- `'
MAPPING = 'it has to hold options of its own, indented below it'
PLAIN_WORDS = {
    'missing': 'it is missing',
    'string_type': TEXT,
    'bool_type': YES_OR_NO,
    'bool_parsing': YES_OR_NO,
    'float_type': NUMBER,
    'float_parsing': NUMBER,
    'tuple_type': LIST,
    'model_type': MAPPING,
    'model_attributes_type': MAPPING,
    'is_instance_of': MAPPING,
    'greater_than_equal': 'it has to be at least {ge:g}',
    'less_than_equal': 'it has to be at most {le:g}',
}


# All that decides where collection goes on, besides a credential.
IDENTIFYING = ('domain', 'event_filter')


@dataclass(frozen=True, slots=True)
class Complaint:
    path: tuple[object, ...]
    """Of the option below its section; empty if it is about several."""
    text: str


def complaints_of_init_config(init_config: Mapping[str, Any]) -> list[Complaint]:
    return [complaint for model, complaint in _load(init_config, {}) if model == 'SharedConfig']


def complaints_of_instance(instance: Mapping[str, Any]) -> list[Complaint]:
    complaints = [complaint for model, complaint in _load({}, instance)]
    wrong = {str(complaint.path[0]) for complaint in complaints if complaint.path}
    if wrong:
        # Only where each option is right are they judged together.
        complaints += [complaint for model, complaint in _load({}, with_stand_ins(instance, wrong))]
    return complaints


def cursor_id(instance: Mapping[str, Any]) -> str | None:
    """What the place in the System Log is kept under; `None` if domain or filter are not valid."""
    identifying = {name: instance[name] for name in IDENTIFYING if name in instance}
    check = _check({}, {'api_key': 'any', **identifying})
    try:
        check.load_configuration_models()  # type: ignore[no-untyped-call]
    except ConfigurationError:
        return None
    return check.persistent_cache_id()


def _check(init_config: Mapping[str, Any], instance: Mapping[str, Any]) -> OktaWorkflowsCheck:
    return OktaWorkflowsCheck(CHECK_NAME, dict(init_config), [dict(instance)])


def _load(init_config: Mapping[str, Any], instance: Mapping[str, Any]) -> Iterator[tuple[str, Complaint]]:
    """Have the check load its configuration, as it does before its first run."""
    try:
        check = _check(init_config, instance)
    except ConfigurationError as error:
        yield '', Complaint((), str(error))
        return
    try:
        check.load_configuration_models()  # type: ignore[no-untyped-call]
    except ConfigurationError as error:
        # The base package puts all of it into one text, but what it made that of is still there.
        refusal = error.__context__
        if not isinstance(refusal, ValidationError):
            yield '', Complaint((), check.sanitize(str(error)))
            return
        for each in refusal.errors(include_url=False, include_input=False):
            text = _plain(each['type'], each['msg'], each.get('ctx', {}))
            yield refusal.title, Complaint(each['loc'], check.sanitize(text))


def _plain(kind: str, message: str, bounds: Mapping[str, Any]) -> str:
    if kind == 'value_error':
        return message.removeprefix('Value error, ')
    plain = PLAIN_WORDS.get(kind)
    return message if plain is None else f'{plain.format(**bounds)} (the Agent says: {message})'
