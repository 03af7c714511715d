# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""A question: one rule that the simulator follows, and how to find out whether an org follows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from .org import Org
from .reply import Reply

Replies = tuple[Reply, ...]
Ask = Callable[[Org], Awaitable[Replies]]
Expect = Callable[[Replies], str]
"""Describes the difference, without values of the org, or returns an empty text if the replies are as expected."""


class Basis(StrEnum):
    """The evidence for a rule."""

    DOCUMENTED = 'documented'
    """Okta documents the rule."""
    OBSERVED = 'observed'
    """A published response shows the rule."""
    ASSUMED = 'assumed'
    """There is no evidence, so the simulator assumes the rule."""


class Need(StrEnum):
    """What a question needs in addition to a credential that can read the System Log."""

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
    """Whether the question causes a failure entry in the org's own log."""


class Outcome(StrEnum):
    AGREES = 'agrees'
    DIFFERS = 'differs'
    NOT_ASKED = 'could not be asked'


@dataclass(frozen=True)
class Verdict:
    question: Question
    outcome: Outcome
    detail: str = ''
    """A part of a sentence for the report, without values of the org."""
