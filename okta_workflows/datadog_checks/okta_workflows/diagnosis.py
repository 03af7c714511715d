# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What `datadog-agent diagnose` tells: the way of an event from Okta to the log file, step by step.

Each step that fails says the same, and advises the same, as the error of a run that meets the same fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from datadog_checks.base import ConfigurationError

from .errors import CollectionError, OperatorError
from .okta import (
    OktaClient,
)
from .timestamps import rfc3339

CATEGORY = 'okta_workflows'
SYNCHRONIZE_CLOCK = 'Synchronize the clock of this host, for example with NTP'

# Okta rejects proofs of possession that are older, and it is more than clocks differ where somebody takes care of them.
MAX_CLOCK_DIFFERENCE_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to look at. `look` tells what it found, or raises `OperatorError`; later steps need a `needed` one."""

    name: str
    description: str
    look: Callable[[], str]
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What one step found."""

    step: Step
    says: str
    remedy: str = ''
    is_failure: bool = False


def walk(steps: list[Step]) -> Iterator[Finding]:
    """Take the steps in order, up to the first needed one that fails."""
    for step in steps:
        try:
            yield Finding(step, step.look())
        except OperatorError as error:
            yield Finding(step, error.what, error.next_step, is_failure=True)
            if step.needed:
                return
        except ConfigurationError as error:
            yield Finding(step, str(error), 'Correct `conf.yaml` and restart the Agent', is_failure=True)
            return


def describe_clock_difference(client: OktaClient) -> str:
    """Tell by how much the clock of this host is off. Empty if it is not, or if Okta's time is not known."""
    ahead_seconds = client.clock_ahead_seconds
    if abs(ahead_seconds) < MAX_CLOCK_DIFFERENCE_SECONDS:
        return ''
    okta_time = client.okta_time()
    return (
        f'The clock of this host is {_duration(abs(ahead_seconds))} {"behind" if ahead_seconds > 0 else "ahead of"} '
        f"Okta's (this host: {rfc3339(okta_time - ahead_seconds)}, Okta: {rfc3339(okta_time)}), so the check judges "
        "events by Okta's clock"
    )


def find_clock(client: OktaClient) -> str:
    """Tell how well the clock of this host agrees with Okta's. Raises `CollectionError` if it does not."""
    if not client.is_clock_known:
        return 'Okta did not tell its time, so the check uses the clock of this host'
    difference = describe_clock_difference(client)
    if difference:
        raise CollectionError(difference, SYNCHRONIZE_CLOCK)
    return f"The clock of this host differs from Okta's by {abs(client.clock_ahead_seconds):.0f} seconds"


def _duration(seconds: float) -> str:
    return f'{seconds / 3600:.1f} hours' if seconds >= 7200 else f'{seconds / 60:.0f} minutes'
