# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The command `python -m okta_simulator conform`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import credentials, report
from .errors import CouldNotAsk, UsageError
from .interrogation import answers, open_org, selected
from .org import Org
from .question import Outcome, Verdict
from .questions import QUESTIONS
from .target import parse_target

ALL_AGREE = 0
SOMETHING_DIFFERS = 1
COULD_NOT_ASK = 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m okta_simulator conform',
        description=(
            'Compare an Okta org with the rules that the simulator keeps. All requests read, and the report contains '
            'no events, no cursors and no credentials. '
            'Set OKTA_API_TOKEN, or OKTA_CLIENT_ID and OKTA_CLIENT_SECRET, or OKTA_CLIENT_ID, OKTA_PRIVATE_KEY_FILE '
            'and OKTA_KEY_ID, or use --credentials.'
        ),
        epilog='Exit status: 0 if all questions agree, 1 if one differs, 2 if one could not be asked and none differs.',
    )
    parser.add_argument(
        '--domain', required=True, help='the org, such as acme.okta.com; plain HTTP for loopback addresses only'
    )
    parser.add_argument(
        '--credentials',
        type=Path,
        metavar='FILE',
        help='read a JSON object with api_key, or client_id and client_secret, or client_id, private_key_file and '
        'key_id, instead of the environment',
    )
    parser.add_argument(
        '--with-failures',
        action='store_true',
        help="ask also what leaves a failure in the org's own log, such as a request with a wrong token",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        target = parse_target(options.domain)
        given = (
            credentials.from_environment(os.environ)
            if options.credentials is None
            else credentials.from_file(options.credentials)
        )
    except UsageError as error:
        print(error, file=sys.stderr)
        return COULD_NOT_ASK
    org = Org(target, given, tell=_tell)
    return asyncio.run(_compare(org, with_failures=options.with_failures))


async def _compare(org: Org, *, with_failures: bool) -> int:
    async with org:
        try:
            await open_org(org)
        except CouldNotAsk as reason:
            print(f'Could not ask {org.target.name}: {reason}', file=sys.stderr)
            return COULD_NOT_ASK
        questions, left_out = selected(QUESTIONS, org, with_failures=with_failures)
        print(f'Asking {org.target.name} {len(questions)} questions.\n', flush=True)
        verdicts: list[Verdict] = []
        async for verdict in answers(questions, org):
            verdicts.append(verdict)
            print(report.entry(verdict), flush=True)
        print(report.summary(verdicts, left_out, org.requests), flush=True)
    return exit_status(verdicts)


def exit_status(verdicts: Sequence[Verdict]) -> int:
    outcomes = {verdict.outcome for verdict in verdicts}
    if Outcome.DIFFERS in outcomes:
        return SOMETHING_DIFFERS
    return COULD_NOT_ASK if Outcome.NOT_ASKED in outcomes else ALL_AGREE


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
