# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The `conf.yaml` of the demo: the shipped example with a few options filled in, as an operator would do it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

CHECK_NAME = 'okta_workflows'

# The example has one instance, from `instances:` to the next line that is not indented.
_EXAMPLE = re.compile(r'(?P<before>.*^instances:\n)(?P<instance>.*?)(?P<after>^\S.*)', re.DOTALL | re.MULTILINE)


def shipped_example() -> str:
    """The example of the installed package."""
    # To import the package only to find a file in it takes a second.
    package = find_spec(f'datadog_checks.{CHECK_NAME}')
    if package is None or package.origin is None:
        raise ModuleNotFoundError(f'datadog_checks.{CHECK_NAME} is not installed')
    return Path(package.origin).parent.joinpath('data', 'conf.yaml.example').read_text('utf-8')


def fill_in(example: str, instances: Iterable[Mapping[str, str | int]]) -> str:
    """Repeat the example's instance for each of `instances` and set its options there.

    Raises:
        ValueError: the example does not have such an option, or not exactly once.
    """
    parts = _EXAMPLE.fullmatch(example)
    if parts is None:
        raise ValueError('the example has no `instances:` with something after them')
    filled = [_set_options(parts['instance'], options) for options in instances]
    return parts['before'] + ''.join(filled) + parts['after']


def without_comments(conf: str) -> Iterator[str]:
    """The lines that count."""
    return (line for line in conf.splitlines() if line.strip() and not line.lstrip().startswith('#'))


def _set_options(instance: str, options: Mapping[str, str | int]) -> str:
    for name, value in options.items():
        lines = list(re.finditer(rf'^(?P<indent>  - |    )(?:# )?{name}: .*$', instance, re.MULTILINE))
        if len(lines) != 1:
            raise ValueError(f'the example has the option `{name}` {len(lines)} times')
        line = lines[0]
        # What JSON quotes, YAML reads as it was.
        instance = f'{instance[: line.end("indent")]}{name}: {json.dumps(value)}{instance[line.end() :]}'
    return instance
