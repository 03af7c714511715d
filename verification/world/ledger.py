# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The books of a campaign: what was persisted, handed over and received, event by event."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Ledger:
    """Events by their uuid.

    A repeat is either the check's, which handed an event over once more, or the Agent's, which read a line once more.
    Those of the check are counted for each interruption (a crash, or a batch that the Agent did not write) and each
    instance, unless the check has warned that events may be repeated.
    """

    persisted: set[str] = field(default_factory=set)
    received: Counter[str] = field(default_factory=Counter)
    handed_over: Counter[str] = field(default_factory=Counter)
    announced_repeats: int = 0
    _repeats: list[Counter[str]] = field(default_factory=lambda: [Counter()])
    _previous: str = ''
    _outstanding: set[str] = field(default_factory=set)
    _announced: set[str] = field(default_factory=set)
    _repeated_in_run: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def persist(self, uuids: Iterable[str]) -> None:
        """These events are in the System Log, in the scope of the check."""
        for uuid in uuids:
            self.persisted.add(uuid)
            self._outstanding.add(uuid)

    def hand_over(self, check_id: str, uuid: str) -> None:
        """The check gives an event to the Agent.

        Twice in a row is once: behind a torn line the first is torn too.
        """
        previous, self._previous = self._previous, uuid
        if uuid == previous:
            return
        if uuid in self._announced:
            self._announced.discard(uuid)
            self.announced_repeats += 1
        elif uuid in self.handed_over:
            self._repeated_in_run[check_id].append(uuid)
        self.handed_over[uuid] += 1

    def end_run(self, check_id: str, *, announced: bool) -> None:
        """A run has ended; `announced`: it warned that events may be repeated."""
        repeated = self._repeated_in_run.pop(check_id, [])
        if announced:
            self.announced_repeats += len(repeated)
            self._announced = set(self.handed_over) - set(repeated)
        else:
            self._repeats[-1][check_id] += len(repeated)

    def interrupt(self) -> None:
        """What the check repeats from now on, it repeats because of this."""
        self._repeats.append(Counter())

    def receive(self, uuid: str) -> None:
        """Datadog has the event."""
        self.received[uuid] += 1
        self._outstanding.discard(uuid)

    @property
    def repeats_of_interruptions(self) -> list[int]:
        """What the instance that repeated most did; the first is from before any interruption."""
        return [max(each.values(), default=0) for each in self._repeats]

    @property
    def delivered(self) -> int:
        return len(self.persisted) - len(self._outstanding)

    @property
    def missing(self) -> frozenset[str]:
        """Persisted, and not received so far."""
        return frozenset(self._outstanding)

    @property
    def repeated_by_check(self) -> int:
        return self.handed_over.total() - len(self.handed_over)

    @property
    def repeated(self) -> int:
        """Copies that Datadog received beyond the first."""
        return self.received.total() - len(self.received)
