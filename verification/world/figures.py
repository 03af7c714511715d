# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What a campaign has to show."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields

MAX_REPEATS_OF_A_CRASH = 100


@dataclass
class Figures:
    """The sums of one or more worlds. Two of them can be added."""

    worlds: int = 0
    crashes: int = 0
    restarts: int = 0
    runs: int = 0
    seconds: float = 0.0
    """Of virtual time."""
    events: int = 0
    delivered: int = 0
    lost: int = 0
    lost_by_agent: Counter[str] = field(default_factory=Counter)
    """What the Agent loses whatever a check does, by cause."""
    repeated: int = 0
    """Copies beyond the first that the intake received."""
    announced_repeats: int = 0
    """Handed over again after a warning that says so."""
    repeats_of_crashes: Counter[int] = field(default_factory=Counter)
    """How many crashes made the check hand over so many events again."""
    repeats_by_cause: Counter[str] = field(default_factory=Counter)
    """Events that the check sent again after a kill, by the cause that the dead Agent's files show."""
    requests: int = 0
    faults: int = 0
    longest_stall_seconds: float = 0.0
    """The longest time without an arrival in a healthy world in which something was outstanding."""
    complaints: list[str] = field(default_factory=list)
    """Which promises were not kept."""

    def __add__(self, other: Figures) -> Figures:
        added = Figures(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})
        added.longest_stall_seconds = max(self.longest_stall_seconds, other.longest_stall_seconds)
        return added

    @property
    def most_repeats_of_a_crash(self) -> int:
        return max(self.repeats_of_crashes, default=0)
