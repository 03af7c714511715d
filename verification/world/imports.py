# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What the check imports at run time, as distributions."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PACKAGE = 'datadog_checks.okta_workflows'
BASE_PACKAGE = 'datadog_checks.base'
BASE = 'datadog-checks-base'


def imported_distributions(package: Path) -> list[str]:
    """The distributions whose modules are imported somewhere in the folder `package`, also in functions.

    What only the type checker reads is left out.
    """
    known = packages_distributions()
    found = set()
    for file in package.rglob('*.py'):
        for module in _imported(ast.parse(file.read_text('utf-8'))):
            top = module.partition('.')[0]
            if module.startswith(PACKAGE) or top in sys.stdlib_module_names:
                continue
            # Of its namespace nothing else may be imported.
            found.update([BASE] if module.startswith(BASE_PACKAGE) else known[top])
    return sorted(map(canonicalize_name, found))


def _imported(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.If(test=ast.Name(id='TYPE_CHECKING')):
            return
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), level=0):
            yield module
    for child in ast.iter_child_nodes(node):
        yield from _imported(child)


def with_requirements(names: list[str]) -> dict[str, list[str]]:
    """`names` and all they need on this machine, each with what it requires itself.

    Extras are left out: of the base package's the Agent brings more than any one check needs.
    """
    graph: dict[str, list[str]] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in graph:
            graph[name] = sorted(set(_required_by(distribution(name))))
            waiting += graph[name]
    return dict(sorted(graph.items()))


def _required_by(requiring: Distribution) -> Iterator[str]:
    for requirement in map(Requirement, requiring.requires or ()):
        if requirement.marker is None or requirement.marker.evaluate({'extra': ''}):
            name = canonicalize_name(requirement.name)
            try:
                distribution(name)
            except PackageNotFoundError:
                continue
            yield name
