# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
from __future__ import annotations

from lark import UnexpectedCharacters, UnexpectedInput


class QueryError(ValueError):
    """A query does not follow the documented syntax, or uses something that is not supported."""

    def __init__(self, text: str, position: int, what: str) -> None:
        super().__init__(f'{what}\n  {text}\n  {" " * position}^')
        self.text = text
        self.position = position
        self.what = what


def syntax_error(text: str, error: UnexpectedInput) -> QueryError:
    """Return the error of a parser as a QueryError."""
    position = len(text) if error.pos_in_stream is None else error.pos_in_stream
    if position >= len(text) or getattr(error, 'token', None) == '':
        return QueryError(text, len(text), 'the query ends too early')
    if isinstance(error, UnexpectedCharacters) and text[position] == '"':
        return QueryError(text, position, 'a quoted text is not closed, or text follows its closing quote')
    return QueryError(text, position, f'unexpected {text[position:].split()[0]!r}')
