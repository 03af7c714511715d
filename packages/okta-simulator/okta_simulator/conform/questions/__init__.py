# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""All questions, in the order in which they are asked."""

from okta_simulator.conform.question import Question

from . import access, events, filters, headers, links, paging, parameters

QUESTIONS: tuple[Question, ...] = (
    *headers.QUESTIONS,
    *links.QUESTIONS,
    *paging.QUESTIONS,
    *events.QUESTIONS,
    *parameters.QUESTIONS,
    *filters.QUESTIONS,
    *access.QUESTIONS,
)
