# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Replace the template variables of a dashboard in its queries.

Source: Datadog docs, dashboards/template_variables. `$Name` is replaced by `prefix:value`, and `$Name.value` by the
value alone. Several chosen values are joined with OR (DashboardTemplateVariable of the API client).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

EVERYTHING = '*'
_VARIABLE = re.compile(r'(?<![^\s(:-])\$([A-Za-z]\w*)(\.value\b)?')


@dataclass(frozen=True)
class Variable:
    """A template variable with its chosen values.

    Datadog does not document whether the value `*` of an attribute restricts nothing, or requires the attribute as
    `@name:*` does in a search. With `star_asks_for_attribute`, it requires the attribute.
    """

    prefix: str
    values: tuple[str, ...] = (EVERYTHING,)
    star_asks_for_attribute: bool = False


Variables = Mapping[str, Variable]


def template_variables(
    definitions: Sequence[Mapping[str, Any]],
    chosen: Mapping[str, Sequence[str]] | None = None,
    *,
    star_asks_for_attribute: bool = False,
) -> dict[str, Variable]:
    """Return the variables of a dashboard's `template_variables`, with the `chosen` values or the defaults."""
    chosen = chosen or {}
    names = {definition['name'] for definition in definitions}
    if unknown := chosen.keys() - names:
        raise KeyError(f'no template variable {", ".join(sorted(unknown))}')
    return {
        definition['name']: Variable(
            definition['prefix'],
            tuple(chosen.get(definition['name'], definition.get('defaults', (EVERYTHING,)))),
            star_asks_for_attribute,
        )
        for definition in definitions
    }


def expand(text: str, variables: Variables) -> str:
    """Replace the variables in a query. Raises KeyError for a variable that the dashboard does not have."""

    def replacement(found: re.Match[str]) -> str:
        name, value_alone = found.groups()
        if name not in variables:
            raise KeyError(f'no template variable ${name} for the query {text!r}')
        variable = variables[name]
        if EVERYTHING in variable.values:
            if not value_alone and variable.star_asks_for_attribute and variable.prefix.startswith('@'):
                return f'{variable.prefix}:*'
            return EVERYTHING
        values = ' OR '.join(_quoted(value) for value in variable.values)
        if len(variable.values) > 1:
            values = f'({values})'
        return values if value_alone else f'{variable.prefix}:{values}'

    return _VARIABLE.sub(replacement, text)


def _quoted(value: str) -> str:
    escaped = value.replace('\\', '\\\\').replace('"', '\\"')
    return f'"{escaped}"'
