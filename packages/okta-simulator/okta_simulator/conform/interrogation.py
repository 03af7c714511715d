# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Asks an org the questions, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from .errors import CouldNotAsk
from .org import Org
from .question import Need, Outcome, Question, Verdict


def selected(
    questions: Iterable[Question], org: Org, *, with_failures: bool
) -> tuple[list[Question], dict[str, list[Question]]]:
    """Return the questions to ask, and the questions to skip by reason. Call `open_org` first."""
    asked: list[Question] = []
    left_out: dict[str, list[Question]] = {}
    met = {
        Need.NOTHING: True,
        Need.CLIENT: org.has_client,
        Need.SECRET: org.has_secret,
        Need.BOUND_TOKEN: org.token_is_bound,
    }
    for question in questions:
        if not met[question.need]:
            left_out.setdefault(f'need {question.need.value}', []).append(question)
        elif question.leaves_failure and not with_failures:
            left_out.setdefault("leave a failure in the org's own log (--with-failures)", []).append(question)
        else:
            asked.append(question)
    return asked, left_out


async def open_org(org: Org) -> None:
    """Read the System Log once. Raises `CouldNotAsk` if this fails, before every question fails and leaves a trace."""
    if org.has_client:
        await org.granted()
    reply = await org.logs({'limit': '1'})
    if reply.status in (401, 403) or (reply.status == 400 and reply.challenge_error):
        raise CouldNotAsk(f'The org rejected the credential with {reply.summary}.')
    if reply.status >= 300:
        raise CouldNotAsk(f'The org responded to the first request with {reply.summary}.')


async def answers(questions: Iterable[Question], org: Org) -> AsyncIterator[Verdict]:
    for question in questions:
        try:
            replies = await question.ask(org)
            difference = question.expect(replies)
        except CouldNotAsk as reason:
            yield Verdict(question, Outcome.NOT_ASKED, str(reason))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            # The questions expect the documented structure, so a response with another structure is a difference, too.
            yield Verdict(question, Outcome.DIFFERS, f'The response has an unexpected shape ({type(error).__name__}).')
        else:
            yield Verdict(question, Outcome.DIFFERS if difference else Outcome.AGREES, difference)
