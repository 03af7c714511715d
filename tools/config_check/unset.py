# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What stands where a value was meant, and whether the Agent puts the value in.

The Agent replaces `%%env_<NAME>%%` when it reads the file (Datadog docs, Autodiscovery Template Variables;
datadog-agent comp/core/autodiscovery/providers/config_reader.go).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from datadog_checks.okta_workflows.config_models.validators import ENVIRONMENT_VARIABLE, FREE_TEXTS, unreplaced

from . import secret_handles

PLACEHOLDER = re.compile('<[A-Z][A-Z0-9_]*>')
IS_PLACEHOLDER = 'it is still the placeholder of the example: set it to your own, or remove the line'
IS_VARIABLE = (
    'the Agent puts in an environment variable of its own process, which cannot be checked here. Make sure that it is '
    'set there'
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a text is that is not the value itself."""

    text: str
    is_mistake: bool = True


def judge(option: str, text: str) -> Verdict | None:
    """Return `None` if `text` can be the value of `option`."""
    is_free = option in FREE_TEXTS
    if PLACEHOLDER.search(text):
        return Verdict(IS_PLACEHOLDER)
    if secret_handles.is_handle(text) or (secret_handles.MARK in text and not is_free):
        complaint = secret_handles.complaint(text)
        return Verdict(complaint or secret_handles.IS_HANDLE, is_mistake=complaint is not None)
    with_variables = ENVIRONMENT_VARIABLE.sub('x', text)
    complaint = unreplaced(with_variables, is_free=is_free)
    if complaint is None and with_variables != text:
        return Verdict(IS_VARIABLE, is_mistake=False)
    return None if complaint is None else Verdict(complaint)
