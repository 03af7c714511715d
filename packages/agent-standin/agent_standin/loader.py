# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Finds the class of a check and creates objects of it, as the Agent does (datadog-agent rtloader/three/three.cpp)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # At run time this import would determine, permanently, whether `datadog_checks.base` detects an Agent.
    from datadog_checks.base import AgentCheck

PROVIDER = 'file'


class LoadError(Exception):
    """The check could not be loaded or configured. The Agent shows this under "Loading Errors"."""


def load(name: str) -> tuple[ModuleType, type[AgentCheck]]:
    """Find the module and the class of a check: the installed package, or else the file of that name in `checks.d`.

    The Agent tries them in this order, continues if the import or the class fails, and reports the last failure
    (datadog-agent pkg/collector/python/loader.go). The last failure hides why an installed package is broken, so this
    function reports the failure of the package unless the package is missing.
    """
    package = f'datadog_checks.{name}'
    errors: list[Exception] = []
    for module_name in (package, name):
        try:
            module = importlib.import_module(module_name)
            return module, find_check_class(module)
        except Exception as error:
            errors.append(error)
    is_missing = isinstance(errors[0], ModuleNotFoundError) and errors[0].name == package
    cause = errors[1] if is_missing else errors[0]
    raise LoadError(f'unable to import module {name!r}: {cause}') from cause


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Make the files of `checks.d` importable by their names, with precedence for everything that is installed.

    Another Agent in this process may have another `checks.d` with the same names, so the modules are removed together
    with the folder.
    """
    before = set(sys.modules)
    sys.path.append(str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], '__file__', None)
            if file is not None and Path(file).is_relative_to(folder):
                del sys.modules[name]


def find_check_class(module: ModuleType) -> type[AgentCheck]:
    """Find the subclass of `AgentCheck` in the module. A class that itself has a subclass does not count."""
    from datadog_checks.base import AgentCheck

    for name in dir(module):
        candidate = getattr(module, name)
        if (
            isinstance(candidate, type)
            and candidate is not AgentCheck
            and issubclass(candidate, AgentCheck)
            and not candidate.__subclasses__()
        ):
            return candidate
    raise LoadError(f'cannot find a subclass of AgentCheck in {module.__name__!r}')


def create_check(
    check_class: type[AgentCheck], name: str, init_config: dict[str, Any], instance: dict[str, Any], check_id: str
) -> AgentCheck:
    """Create the check object of one instance."""
    try:
        check = check_class(name, init_config, [instance])
    except Exception as error:
        raise LoadError(f'could not configure check {check_id}: {error}') from error
    check.check_id = check_id
    check.provider = PROVIDER
    return check
