# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Formats the report that the command prints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from .question import Outcome, Question, Verdict


def entry(verdict: Verdict) -> str:
    """Return the lines of one question."""
    question = verdict.question
    lines = [
        f'{verdict.outcome.value.upper()}: {question.rule}',
        f'    Expected: {question.expectation}',
        f'    Basis: {question.basis.value}, {question.source}',
    ]
    if verdict.detail:
        lines.append(f'    Answer: {verdict.detail}')
    return '\n'.join(lines)


def summary(verdicts: Sequence[Verdict], left_out: Mapping[str, Sequence[Question]], requests: int) -> str:
    counts = Counter(verdict.outcome for verdict in verdicts)
    lines = [
        '',
        f'{len(verdicts)} questions with {requests} requests: {counts[Outcome.AGREES]} agree, '
        f'{counts[Outcome.DIFFERS]} differ, {counts[Outcome.NOT_ASKED]} could not be asked.',
    ]
    lines += [f'Left out: {len(questions)} that {reason}.' for reason, questions in left_out.items()]
    return '\n'.join(lines)
