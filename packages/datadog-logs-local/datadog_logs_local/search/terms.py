# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Compare one value of a log with a term, a glob, a range, or a block of addresses."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from .fields import Scalar

_PIECE = re.compile(r'\\(.)|([*?])|(.)', re.DOTALL)
_NUMBER = re.compile(r'-?[0-9]+(\.[0-9]+)?')
_WORD = re.compile(r'\w+')
_IN_A_WORD = {'*': r'\w*', '?': '.'}
_IN_A_VALUE = {'*': '.*', '?': '.'}


def unescape(term: str) -> str:
    """Return the text of a term, or of a phrase with its quotes."""
    if term.startswith('"'):
        term = term[1:-1]
    return re.sub(r'\\(.)', r'\1', term)


def glob(term: str) -> str | None:
    """Return the pattern for a whole value of a term with wildcards, or None if the term has none."""
    if term.startswith('"'):
        return None
    pieces = _PIECE.findall(term)
    if not any(wildcard for _, wildcard, _ in pieces):
        return None
    return ''.join(_IN_A_VALUE.get(wildcard) or re.escape(escaped or plain) for escaped, wildcard, plain in pieces)


def words(term: str) -> re.Pattern[str] | None:
    """Return the pattern of free text, or None if it has no word.

    It matches whole words in sequence and ignores case. Special characters only separate words.
    """
    if term.startswith('"'):
        pieces = [(character, '', '') for character in unescape(term)]
    else:
        pieces = _PIECE.findall(term)
    pattern = ''
    for escaped, wildcard, plain in pieces:
        character = escaped or plain
        if wildcard:
            pattern += _IN_A_WORD[wildcard]
        elif _WORD.match(character):
            pattern += character
        elif pattern and not pattern.endswith(r'\W+'):
            pattern += r'\W+'
    pattern = pattern.removesuffix(r'\W+')
    if not pattern:
        return None
    return re.compile(rf'(?<!\w){pattern}(?!\w)', re.IGNORECASE)


def in_range(
    low: float | None, with_low: bool, high: float | None, with_high: bool, *, texts: bool
) -> Callable[[Scalar], bool]:
    """Return the test for numbers between two bounds. None: no bound. With `texts`, texts of digits are numbers."""

    def inside(value: Scalar) -> bool:
        if texts and isinstance(value, str) and _NUMBER.fullmatch(value):
            value = float(value)
        if isinstance(value, str | bool):
            return False
        if low is not None and not (value >= low if with_low else value > low):
            return False
        return high is None or (value <= high if with_high else value < high)

    return inside


def in_networks(networks: Sequence[IPv4Network | IPv6Network]) -> Callable[[Scalar], bool]:
    """Return the test for texts of addresses in one of the blocks."""

    def inside(value: Scalar) -> bool:
        address = _address(value) if isinstance(value, str) else None
        return address is not None and any(address in network for network in networks)

    return inside


@lru_cache(maxsize=4096)
def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
