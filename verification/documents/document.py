# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""One Markdown document, as far as a test has to understand it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

SHELLS = ('shell', 'powershell')
# Shown, not typed.
OTHER_LANGUAGES = ('console', 'mermaid', 'python', 'text', 'yaml')
# Readers do not see it.
NEEDS = re.compile(r'<!-- Needs (?P<what>.+) -->')
# Of indented blocks, which name no language, these begin commands.
PROGRAMS = re.compile(r'(cd|ddev|docker|git|kubectl|make|pip|python[\d.]*|sudo|\S*datadog-agent) ')
NOT_IN_SLUGS = re.compile(r'[^\w\- ]')


@dataclass(frozen=True)
class Command:
    """A line that a reader may type; `needs` is what the document says that it takes to run it."""

    text: str
    needs: str | None


class Document:
    def __init__(self, path: Path) -> None:
        self.path = path
        self._tokens = MarkdownIt('gfm-like', {'linkify': False}).parse(path.read_text('utf-8'))

    @property
    def commands(self) -> list[Command]:
        return [Command(text, self._needs_after(number)) for number, text in self._command_lines()]

    @property
    def unknown_languages(self) -> list[str]:
        """Of fenced blocks, of which a test cannot tell whether they hold commands."""
        languages = [token.info for token in self._tokens if token.type == 'fence']
        return [each for each in languages if each not in (*SHELLS, *OTHER_LANGUAGES)]

    @property
    def links(self) -> list[str]:
        """Where links and images lead, as written."""
        return [
            str(token.attrs.get('href') or token.attrs.get('src'))
            for token in self._inline()
            if token.type in ('link_open', 'image')
        ]

    @property
    def anchors(self) -> set[str]:
        """What GitHub makes of the headings: of the same ones the later are numbered."""
        seen: Counter[str] = Counter()
        anchors = set()
        for token, content in zip(self._tokens, self._tokens[1:]):
            if token.type == 'heading_open':
                slug = slug_of(_text(content))
                anchors.add(f'{slug}-{seen[slug]}' if seen[slug] else slug)
                seen[slug] += 1
        return anchors

    @property
    def inline_code(self) -> list[str]:
        return [token.content for token in self._inline() if token.type == 'code_inline']

    def _inline(self) -> Iterator[Token]:
        for token in self._tokens:
            yield from token.children or ()

    def _command_lines(self) -> Iterator[tuple[int, str]]:
        """Each command with the number of its block's token."""
        for number, token in enumerate(self._tokens):
            lines = token.content.replace('\\\n', ' ').splitlines()
            if token.type == 'fence' and token.info in SHELLS:
                yield from ((number, line.strip()) for line in lines if line.strip() and not line.startswith('#'))
            elif token.type == 'code_block':
                yield from ((number, line.strip()) for line in lines if PROGRAMS.match(line))

    def _needs_after(self, number: int) -> str | None:
        """What the comment behind a block says that the block needs."""
        following = self._tokens[number + 1 : number + 2]
        if [token.type for token in following] != ['html_block']:
            return None
        found = NEEDS.fullmatch(following[0].content.strip())
        return None if found is None else found['what']


def slug_of(heading: str) -> str:
    """The anchor that GitHub gives to a heading, the first of its name."""
    return NOT_IN_SLUGS.sub('', heading.lower()).replace(' ', '-')


def _text(inline: Token) -> str:
    return ''.join(child.content for child in inline.children or ())
