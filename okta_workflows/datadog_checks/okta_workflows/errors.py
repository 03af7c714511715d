# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The errors that the operator reads on the status page.

    OperatorError            what happened, and how to fix it
      CollectionError        events cannot be delivered to the Agent
      OktaError              a request did not return what was requested
        TransientError       the request is retried once, immediately
        TooLargeError        the response is larger than the check reads

Each message is one line: what happened, the evidence in brackets (endpoint, status, Okta's error code and request id),
and what to do next.
"""

from __future__ import annotations

import re

MAX_SUMMARY_CHARACTERS = 300


class OperatorError(Exception):
    """A problem that an operator should know about. `what` and `next_step` are sentences without their full stops."""

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(f'{what}. {next_step}.')
        self.what = what
        self.next_step = next_step


class CollectionError(OperatorError):
    """Events cannot be delivered to the Agent."""


class OktaError(OperatorError):
    """A request failed.

    `status` is the HTTP status and `code` is Okta's `errorCode` or OAuth's `error`. If there was no usable response,
    they are `None` and empty. `is_from_okta` is false if a proxy or gateway responded in place of Okta. `dpop_nonce` is
    the nonce that a challenge requires in the next proof. `wait_seconds` is the time in which no request may be sent,
    if the response asks for a pause.
    """

    def __init__(
        self,
        what: str,
        next_step: str,
        *,
        status: int | None = None,
        code: str = '',
        is_from_okta: bool = False,
        dpop_nonce: str = '',
        wait_seconds: float = 0.0,
    ) -> None:
        super().__init__(what, next_step)
        self.status = status
        self.code = code
        self.is_from_okta = is_from_okta
        self.dpop_nonce = dpop_nonce
        self.wait_seconds = wait_seconds


class TransientError(OktaError):
    """The connection was dropped, or a load balancer had no server available for the request."""


class TooLargeError(OktaError):
    """The body of the response is larger than the check reads."""


def one_line(value: object, max_characters: int = MAX_SUMMARY_CHARACTERS) -> str:
    """Convert the text of a remote party to one line that is safe to show on a status page."""
    text = re.sub(r'[^\x20-\x7e\u00a0-\ufffd]+|\s+', ' ', value if isinstance(value, str) else '').strip()
    if len(text) > max_characters:
        # Cut between words, because redaction would not recognize a part of an echoed secret.
        text = f'{text[: max_characters + 1].rpartition(" ")[0]}...'
    # Invisible characters, such as a change of the writing direction, could hide the text after them.
    return ''.join(filter(str.isprintable, text))
