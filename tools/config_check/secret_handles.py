# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Handles of a secrets backend, `ENC[name]`, which the Agent replaces before the check sees them.

A handle has to be the whole value (Datadog docs, Secrets Management; datadog-agent comp/core/secrets).
"""

from __future__ import annotations

MARK = 'ENC['
IS_HANDLE = (
    "the Agent gets the value from the secrets backend that `secret_backend_type` or `secret_backend_command` in "
    '`datadog.yaml` names: it cannot be checked here'
)
IS_PART = 'a handle has to be the whole value, as in `ENC[name]`: the Agent does not replace this one'
IS_EMPTY = 'the handle has no name: write `ENC[name]`'


def is_handle(value: str) -> bool:
    text = value.strip(' \t')
    return text.startswith(MARK) and text.endswith(']')


def complaint(value: str) -> str | None:
    """What is wrong with a value that has the mark of a handle in it."""
    if not is_handle(value):
        return IS_PART
    return IS_EMPTY if value.strip(' \t') == 'ENC[]' else None
