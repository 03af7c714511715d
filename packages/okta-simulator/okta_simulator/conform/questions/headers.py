# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Questions about headers and error bodies."""

from __future__ import annotations

from okta_simulator.conform.question import Basis, Question, Replies

from .asking import FIRST_PAGE, REJECTED, capital, logs

RATE_LIMIT_HEADERS = ('X-Rate-Limit-Limit', 'X-Rate-Limit-Remaining', 'X-Rate-Limit-Reset')
WINDOW_SECONDS = 60
# The tolerance is needed because `Date` and the reset are cut to whole seconds, and the clocks of two servers differ.
TOLERANCE_SECONDS = 2
ERROR_MEMBERS = ('errorCode', 'errorSummary', 'errorLink', 'errorId', 'errorCauses')


def _json_page(replies: Replies) -> str:
    (page,) = replies
    if page.status != 200:
        return f'{capital(page.summary)}.'
    media_type = page.headers.get('Content-Type', '').partition(';')[0].strip().lower()
    if media_type != 'application/json':
        return 'The content type is another one.'
    return '' if page.is_page else 'The body is not a JSON array.'


def _request_id(replies: Replies) -> str:
    missing = [reply for reply in replies if not reply.headers.get('X-Okta-Request-Id')]
    return f'The header is missing in the response with status {missing[0].status}.' if missing else ''


def _date(replies: Replies) -> str:
    missing = [reply for reply in replies if reply.date is None]
    return f'The response with status {missing[0].status} has no readable Date.' if missing else ''


def _rate_limit_headers(replies: Replies) -> str:
    (reply,) = replies
    unreadable = [name for name in RATE_LIMIT_HEADERS if reply.number(name) is None]
    if unreadable:
        return f'Missing or no number: {", ".join(unreadable)}.'
    limit, remaining, _ = (reply.number(name) or 0 for name in RATE_LIMIT_HEADERS)
    return '' if remaining <= limit else 'Remaining is greater than Limit.'


def _reset(replies: Replies) -> str:
    (reply,) = replies
    reset, date = reply.number('X-Rate-Limit-Reset'), reply.date
    if reset is None or date is None:
        return 'Reset or Date is missing or unreadable.'
    seconds = reset - date
    if -TOLERANCE_SECONDS <= seconds <= WINDOW_SECONDS + TOLERANCE_SECONDS:
        return ''
    return f'Reset is {seconds:.0f} s after Date.'


def _error_shape(replies: Replies) -> str:
    (reply,) = replies
    content = reply.content
    if not isinstance(content, dict):
        return f'{capital(reply.summary)}; the body is not a JSON object.'
    missing = [name for name in ERROR_MEMBERS if name not in content]
    if missing:
        return f'Missing: {", ".join(missing)}.'
    if content['errorLink'] != content['errorCode']:
        return '`errorLink` is not the same as `errorCode`.'
    causes = content['errorCauses']
    if isinstance(causes, list) and all(isinstance(cause, dict) and 'errorSummary' in cause for cause in causes):
        return ''
    return '`errorCauses` is not an array of objects with `errorSummary`.'


QUESTIONS = (
    Question(
        name='json page',
        rule='A page is a bare JSON array.',
        expectation='status 200, content type application/json, a JSON array',
        basis=Basis.DOCUMENTED,
        source='okta-management-openapi-spec, listLogEvents',
        ask=logs(FIRST_PAGE),
        expect=_json_page,
    ),
    Question(
        name='request id',
        rule='Each response has a request id.',
        expectation='X-Okta-Request-Id on a page and on an error',
        basis=Basis.DOCUMENTED,
        source='Okta docs, docs/reference/core-okta-api',
        ask=logs(FIRST_PAGE, REJECTED),
        expect=_request_id,
    ),
    Question(
        name='date',
        rule='Each response has the time of the server, by which a client waits for the rate limit.',
        expectation='a readable Date on a page and on an error',
        basis=Basis.DOCUMENTED,
        source='Okta docs, docs/reference/rl-best-practices (removed in December 2025)',
        ask=logs(FIRST_PAGE, REJECTED),
        expect=_date,
    ),
    Question(
        name='rate limit headers',
        rule='A page has the three rate limit headers.',
        expectation='X-Rate-Limit-Limit, -Remaining and -Reset are numbers, and Remaining is not above Limit',
        basis=Basis.DOCUMENTED,
        source='Okta docs, docs/reference/rl2-monitor',
        ask=logs(FIRST_PAGE),
        expect=_rate_limit_headers,
    ),
    Question(
        name='rate limit headers of an error',
        rule='An error has the three rate limit headers.',
        expectation='X-Rate-Limit-Limit, -Remaining and -Reset are numbers, and Remaining is not above Limit',
        basis=Basis.DOCUMENTED,
        source='Okta docs, docs/reference/rl2-monitor',
        ask=logs(REJECTED),
        expect=_rate_limit_headers,
    ),
    Question(
        name='rate limit reset',
        rule='The reset of the rate limit is in epoch seconds, at the end of a window of one minute.',
        expectation='X-Rate-Limit-Reset is at most 60 s after Date',
        basis=Basis.DOCUMENTED,
        source='Okta docs, docs/reference/rl2-monitor and docs/reference/rate-limits',
        ask=logs(FIRST_PAGE),
        expect=_reset,
    ),
    Question(
        name='error shape',
        rule='An error is a JSON object with five members.',
        expectation='errorCode, errorSummary, errorLink with the text of the code, errorId and errorCauses',
        basis=Basis.DOCUMENTED,
        source='okta-management-openapi-spec, schema Error; Okta docs, docs/reference/core-okta-api',
        ask=logs(REJECTED),
        expect=_error_shape,
    ),
)
