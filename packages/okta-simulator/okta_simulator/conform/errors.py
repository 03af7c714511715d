# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The errors that prevent a question from being asked."""

from __future__ import annotations


class CouldNotAsk(Exception):
    """The org returned no response that decides the question. The message is a sentence without values of the org."""


class UsageError(ValueError):
    """The domain or the credentials cannot be used. The message is a sentence without a secret."""
