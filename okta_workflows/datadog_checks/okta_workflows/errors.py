# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What went wrong, in the words the operator reads on the status page.

    OperatorError            what happened, and what to do about it
      CollectionError        the Agent does not take the events
      OktaError              a request that did not return what was asked for
        TransientError       worth one more attempt at once
        TooLargeError        more than is read

Each message is one line: what happened, the evidence in brackets (endpoint, status, Okta's error code and request id),
what to do next.
"""

from __future__ import annotations

import re

MAX_SUMMARY_CHARACTERS = 300


class OperatorError(Exception):
    """Something that an operator should know. `what` and `next_step` are sentences without their full stops."""

    def __init__(self, what: str, next_step: str) -> None:
        super().__init__(f'{what}. {next_step}.')
        self.what = what
        self.next_step = next_step


class CollectionError(OperatorError):
    """The Agent does not take the events."""


class OktaError(OperatorError):
    """A request failed.

    `status` is the HTTP status and `code` Okta's `errorCode` or OAuth's `error`; `None` and empty when there was no
    usable response. `is_from_okta` is false where something on the way responded in place of Okta. `dpop_nonce` is
    what a challenge asks to be put into the next proof. `wait_seconds`: for how long no request may be made, if the
    response asks for a pause.
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
    """The connection was dropped, or a load balancer had no server to give the request to."""


class TooLargeError(OktaError):
    """The response has a body that is larger than any that is read."""


def one_line(value: object, max_characters: int = MAX_SUMMARY_CHARACTERS) -> str:
    """Text of a remote party, fit for one line of a status page."""
    text = re.sub(r'[^\x20-\x7e\u00a0-\ufffd]+|\s+', ' ', value if isinstance(value, str) else '').strip()
    if len(text) > max_characters:
        # Between words: half of a secret that is echoed would no longer be known for one.
        text = f'{text[: max_characters + 1].rpartition(" ")[0]}...'
    # What cannot be seen, such as a change of the direction of writing, could hide what comes after it.
    return ''.join(filter(str.isprintable, text))
