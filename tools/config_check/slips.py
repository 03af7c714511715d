# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""What people do wrong in YAML, seen in its lines: a parser often stumbles only much later, if at all."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import takewhile

import yaml

from .finding import Finding
from .options import INIT_CONFIG, INSTANCE, LOGS, TOP_LEVEL

OPTION = re.compile(r'(?P<indent>[ ]*)(?P<dash>-(?P<gap>[ ]*))?(?P<name>[a-z_]+)(?P<rest>.*)')
BLOCK_OF_TEXT = re.compile(r':\s+[|>][-+0-9]*\s*(#.*)?')
SECTIONS: dict[str, Collection[str]] = {'init_config': INIT_CONFIG, 'instances': INSTANCE, 'logs': LOGS}

INDENTED_WITH_TAB = 'the line is indented with a tab: YAML takes blanks only'
PUT_IN_QUOTES = "put the value in 'single quotation marks'"
BACKSLASH = 'in "double quotation marks" a backslash begins an escape sequence: use \'single quotation marks\''
EXPLANATIONS = {
    'found character that cannot start any token': f'the value begins with a sign that YAML keeps for itself: '
    f'{PUT_IN_QUOTES}',
    'found undefined alias': f'the value begins with `*`, a sign that YAML keeps for itself: {PUT_IN_QUOTES}',
    'mapping values are not allowed in this context': 'there is a second colon with a blank after it, or the line '
    f'above is not complete: {PUT_IN_QUOTES}, or correct the indentation',
    "could not find expected ':'": 'this is neither an option (`name: value`) nor an item of a list (`- value`)',
    "did not find expected ',' or ']'": 'the `[` is not closed',
    "did not find expected ',' or '}'": 'the `{` is not closed',
    'found unexpected end of stream': 'the quotation mark is not closed',
    'found unknown escape character': BACKSLASH,
    'did not find expected hexdecimal number': BACKSLASH,  # codespell:ignore hexdecimal
    'found invalid Unicode character escape code': BACKSLASH,
    'found unhashable key': 'the value begins with `{{`, which nothing has replaced: write the value itself',
    'did not find expected key': 'the indentation does not fit the lines above',
    "did not find expected '-' indicator": 'the indentation does not fit the lines above',
    'found a tab character that violates indentation': INDENTED_WITH_TAB,
    'block sequence entries are not allowed in this context': 'an item of a list begins in a line of its own',
    'but found another document': '`---` ends the file for the Agent: what follows is not read',
}
# The parser notices these at the end of the file; they began where it tells as the context.
FOUND_LATE = {
    "could not find expected ':'",
    "did not find expected ',' or ']'",
    "did not find expected ',' or '}'",
    'found unexpected end of stream',
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line that counts: neither blank nor a comment, nor part of a block of text."""

    number: int
    text: str
    section: str
    """The section that it stands in, or that it begins."""


def _lines(text: str) -> Iterator[Line]:
    section, block_indent = '', None
    for number, line in enumerate(text.splitlines(), 1):
        indent = len(line) - len(line.lstrip(' '))
        if not line.strip() or (block_indent is not None and indent > block_indent):
            continue
        block_indent = None
        if line.lstrip().startswith('#'):
            continue
        name = re.match('[a-z_]+', line)
        if name and name[0] in SECTIONS:
            section = name[0]
        if BLOCK_OF_TEXT.search(line):
            block_indent = indent
        yield Line(number, line, section)


def slips(text: str) -> list[Finding]:
    """Lines that are not what was meant, whether or not YAML takes them for something else."""
    findings = []
    dash_columns: dict[str, int] = {}
    for line in _lines(text):
        if line.text[: -len(line.text.lstrip())].strip(' \t'):
            findings.append(
                Finding(line.number, 'it is indented with something that only looks like a blank: type it anew')
            )
        option = OPTION.fullmatch(line.text)
        if option is None:
            continue
        if option['dash'] and dash_columns.setdefault(line.section, len(option['indent'])) != len(option['indent']):
            # An item of a list in an option.
            continue
        name, rest = option['name'], option['rest']
        if name not in (SECTIONS.get(line.section, ()) if option['indent'] or option['dash'] else TOP_LEVEL):
            continue
        if option['dash'] and not option['gap']:
            findings.append(Finding(line.number, f'put a blank between the `-` and `{name}`'))
        elif re.match(r':\S', rest):
            findings.append(Finding(line.number, f'put a blank after the colon of `{name}:`'))
        elif re.match(r'\s*=', rest):
            findings.append(Finding(line.number, f'write `{name}:` with a colon and a blank instead of `=`'))
        elif re.match(r'\s+[^\s:#]', rest) or not (rest.strip() or option['dash']):
            findings.append(Finding(line.number, f'put a colon after `{name}`'))
    return findings


def explain(error: Exception, text: str) -> list[Finding]:
    """Why a parser that raised `error` cannot read `text`."""
    return [*_tabs(text)] or [*_unclosed_quotes(text)] or [*_bad_indentation(text)] or [_stumble(error, text)]


def _tabs(text: str) -> Iterator[Finding]:
    for line in _lines(text):
        if re.match(r' *\t', line.text):
            yield Finding(line.number, INDENTED_WITH_TAB)


def _unclosed_quotes(text: str) -> Iterator[Finding]:
    lines = list(_lines(text))
    for position, line in enumerate(lines):
        value = re.search(r':\s+(["\'])(.*)', line.text)
        if value is None or value[1] in value[2]:
            continue
        # A text may go on in the lines below, but not beyond the next option.
        below = takewhile(lambda other: not _is_option(other), lines[position + 1 :])
        if not any(value[1] in other.text for other in below):
            yield Finding(line.number, f'the quotation mark `{value[1]}` is not closed')


def _is_option(line: Line) -> bool:
    option = OPTION.fullmatch(line.text)
    return option is not None and option['name'] in {*TOP_LEVEL, *SECTIONS.get(line.section, ())}


def _bad_indentation(text: str) -> Iterator[Finding]:
    """The first line of a section tells how the others have to stand."""
    first: dict[str, tuple[int, int]] = {}
    for line in _lines(text):
        option = OPTION.fullmatch(line.text)
        if option is None or option['name'] not in SECTIONS.get(line.section, ()) or option['name'] in SECTIONS:
            continue
        dash, column = len(option['indent']), option.start('name')
        first_dash, first_column = first.setdefault(line.section, (dash, column))
        if option['dash'] and dash != first_dash:
            yield Finding(
                line.number, f'the `-` is indented by {dash} blanks and the first one by {first_dash}: line them up'
            )
        elif not option['dash'] and column != first_column:
            yield Finding(
                line.number,
                f'`{option["name"]}` is indented by {column} blanks and `{_option_at(text, line.section)}` by '
                f'{first_column}: line them up',
            )


def _option_at(text: str, section: str) -> str:
    """The first option of a section."""
    options = (OPTION.fullmatch(line.text) for line in _lines(text) if line.section == section)
    return next(option['name'] for option in options if option and option['name'] not in SECTIONS)


def _stumble(error: Exception, text: str) -> Finding:
    if isinstance(error, yaml.reader.ReaderError):
        line = text.count('\n', 0, error.position) + 1
        return Finding(line, 'a character that cannot be shown is in this line: type the value anew')
    if not isinstance(error, yaml.MarkedYAMLError):
        return Finding(None, 'a date or number in the file is not a possible one: put it in quotation marks')
    # The rest of it may quote the file.
    problem = next((known for known in EXPLANATIONS if (error.problem or '').startswith(known)), '')
    mark = error.context_mark if problem in FOUND_LATE and error.context_mark else error.problem_mark
    explanation = EXPLANATIONS.get(problem, 'this is not valid YAML')
    if 'constructor for the tag' in (error.problem or ''):
        explanation = f'the value begins with `!`, a sign that YAML keeps for itself: {PUT_IN_QUOTES}'
    return Finding(mark.line + 1 if mark else None, explanation)
