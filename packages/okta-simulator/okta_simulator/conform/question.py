# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A question: one rule that the simulator keeps, and how to find out whether an org keeps it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from .org import Org
from .reply import Reply

Replies = tuple[Reply, ...]
Ask = Callable[[Org], Awaitable[Replies]]
Expect = Callable[[Replies], str]
"""Returns what differs, without values of the org; an empty text if the replies are as expected."""


class Basis(StrEnum):
    """How well the rule is founded."""

    DOCUMENTED = 'documented'
    """Okta states it."""
    OBSERVED = 'observed'
    """Somebody published a response that shows it."""
    ASSUMED = 'assumed'
    """The simulator had to choose."""


class Need(StrEnum):
    """What a question needs beyond a credential that reads the System Log."""

    NOTHING = ''
    CLIENT = 'the credentials of an OAuth client'
    SECRET = 'a client secret'
    BOUND_TOKEN = 'an access token that is bound by DPoP'


@dataclass(frozen=True)
class Question:
    name: str
    rule: str
    expectation: str
    basis: Basis
    source: str
    ask: Ask
    expect: Expect
    need: Need = Need.NOTHING
    leaves_failure: bool = False
    """Whether the question leaves a failure in the org's own log."""


class Outcome(StrEnum):
    AGREES = 'agrees'
    DIFFERS = 'differs'
    NOT_ASKED = 'could not be asked'


@dataclass(frozen=True)
class Verdict:
    question: Question
    outcome: Outcome
    detail: str = ''
    """A sentence part for the report; without values of the org."""
