# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What keeps a question from being asked."""

from __future__ import annotations


class CouldNotAsk(Exception):
    """The org gave no response that decides the question; the message is a sentence without values of the org."""


class UsageError(ValueError):
    """Domain or credentials cannot be used; the message is a sentence without a secret."""
