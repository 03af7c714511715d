# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What was generated against what arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Reconciliation:
    """The events of one org, by uuid."""

    org: str
    generated: int
    """Workflows events in the System Log since the start of the look-back."""
    delivered: int
    """Distinct events that the intake received."""
    lost: tuple[str, ...]
    """Generated, but never received."""
    repeated: tuple[str, ...]
    """Received more than once."""
    unexpected: tuple[str, ...]
    """Received, but not among the generated."""

    @property
    def agrees(self) -> bool:
        """Everything arrived once and nothing else did; an org from which nothing arrived proves nothing."""
        return self.delivered > 0 and not (self.lost or self.repeated or self.unexpected)


def reconcile(org: str, generated: Sequence[str], received: Sequence[str]) -> Reconciliation:
    """Compare the uuids of one org."""
    times_received = Counter(received)
    expected = set(generated)
    return Reconciliation(
        org=org,
        generated=len(expected),
        delivered=len(times_received),
        lost=tuple(uuid for uuid in generated if uuid not in times_received),
        repeated=tuple(uuid for uuid, times in times_received.items() if times > 1),
        unexpected=tuple(uuid for uuid in times_received if uuid not in expected),
    )


def exit_code(reconciliations: Iterable[Reconciliation]) -> int:
    """0 if the sums of every org agree, else 1."""
    return 0 if all(each.agrees for each in reconciliations) else 1
