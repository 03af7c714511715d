# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Run a simulated Okta org with `python -m okta_simulator`, or compare a real one with it (`conform`)."""

from __future__ import annotations

import argparse
import json
import random
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .conform import command as conform
from .events_file import EventsFileError, moved, read_events
from .history import DAY_SECONDS
from .log import Event
from .simulator import ORG_RATE_LIMIT, OktaSimulator

EVENTS = 5000
RATE = 1.0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m okta_simulator',
        description=(
            'Run a simulated Okta org: the System Log API and the OAuth token endpoint over plain HTTP. '
            'The org starts with a history, then logs new events until you press Ctrl-C.'
        ),
        epilog='To compare a real org with the simulator: python -m okta_simulator conform --help',
    )
    parser.add_argument('--host', default='127.0.0.1', help='address to listen on (default: %(default)s)')
    parser.add_argument('--port', type=int, default=0, help='port to listen on; 0 takes a free one (default: 0)')
    parser.add_argument('--json', action='store_true', help='print URL and credentials as one line of JSON')
    parser.add_argument(
        '--seed',
        type=int,
        default=0,
        help='decides credentials and generated events: the same seed makes the same org (default: 0)',
    )
    parser.add_argument(
        '--events', type=int, help=f'events in the generated history (default: {EVENTS}; 0 with --events-file)'
    )
    parser.add_argument(
        '--days', type=float, default=30.0, help='days that the generated history goes back (default: %(default)s)'
    )
    parser.add_argument(
        '--events-file',
        type=Path,
        metavar='FILE',
        help='serve LogEvents of your own: a JSON array or JSON Lines, in the order in which the org returns them',
    )
    parser.add_argument(
        '--events-now',
        action='store_true',
        help='shift the events of the file in time, so that the newest is published at the start',
    )
    parser.add_argument(
        '--rate',
        type=float,
        help=f'new generated events a second, on average (default: {RATE}; 0 with --events-file)',
    )
    parser.add_argument(
        '--noise',
        type=float,
        default=0.2,
        help='share of generated events that are not of Okta Workflows (default: %(default)s)',
    )
    parser.add_argument(
        '--org-rate-limit',
        type=int,
        default=ORG_RATE_LIMIT,
        help='requests a minute for the whole org; one token may use half (default: %(default)s)',
    )
    parser.add_argument(
        '--token-lifetime',
        type=int,
        default=3600,
        help='seconds that an OAuth access token is valid (default: %(default)s)',
    )
    parser.add_argument('--require-dpop', action='store_true', help='grant only access tokens that are bound by DPoP')
    parser.add_argument(
        '--private-key-file',
        type=Path,
        metavar='FILE',
        help="write the service app's new private key to this file, as PEM",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ['conform']:
        return conform.main(arguments[1:])
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.events_now and options.events_file is None:
        parser.error('--events-now needs --events-file.')
    try:
        _run(options)
    except EventsFileError as error:
        print(error, file=sys.stderr)
    except (OSError, OverflowError) as error:
        # Possible causes: a port that is in use or out of range, an address of another machine, or a key file that
        # cannot be written.
        print(f'Cannot start the org: {error}.', file=sys.stderr)
    else:
        return 0
    return 2


def _run(options: argparse.Namespace) -> None:
    """Run the org until Ctrl-C."""
    okta = OktaSimulator(seed=options.seed, org_rate_limit=options.org_rate_limit, host=options.host, port=options.port)
    okta.token_lifetime_seconds = options.token_lifetime
    okta.dpop_required = options.require_dpop
    own_events = _own_events(okta, options)
    _lay_down(okta, options, own_events)
    with okta, suppress(KeyboardInterrupt):
        if options.private_key_file is not None:
            options.private_key_file.write_text(okta.private_key_pem)
        _introduce(okta, options)
        _live(okta, _given(options.rate, 0.0 if own_events else RATE), options.noise)


def _own_events(okta: OktaSimulator, options: argparse.Namespace) -> list[Event]:
    if options.events_file is None:
        return []
    events = read_events(options.events_file)
    return moved(events, okta.clock.now()) if options.events_now else events


def _lay_down(okta: OktaSimulator, options: argparse.Namespace, own_events: list[Event]) -> None:
    okta.lay_down(own_events)
    now = okta.clock.now()
    count = _given(options.events, 0 if own_events else EVENTS)
    if count:
        okta.generate(count, since=now - options.days * DAY_SECONDS, until=now, noise_share=options.noise)
    kept_since_ms = round((now - okta.retention_days * DAY_SECONDS) * 1000)
    expired = sum(entry.persisted_ms < kept_since_ms for entry in okta.log.entries)
    if expired:
        print(
            f'{expired} of {len(okta.events)} events are older than {okta.retention_days} days, so the org does not '
            'return them. Use --events-now to shift the events of a file to the present.',
            file=sys.stderr,
        )


def _introduce(okta: OktaSimulator, options: argparse.Namespace) -> None:
    """Print what a client needs."""
    if options.json:
        introduction = {
            'url': okta.url,
            'api_key': okta.api_key,
            'client_id': okta.client_id,
            'client_secret': okta.client_secret,
            'service_app_id': okta.service_app_id,
            'private_key': okta.private_key_pem,
            'key_id': okta.key_id,
            'seed': okta.seed,
        }
        print(json.dumps(introduction), flush=True)
        return
    print(f'URL            {okta.url}')
    print(f'API key        {okta.api_key}')
    print(f'client id      {okta.client_id}')
    print(f'client secret  {okta.client_secret}')
    if options.private_key_file is not None:
        print(f'service app    {okta.service_app_id}')
        print(f'private key    {options.private_key_file}')
        print(f'private key id {okta.key_id}')
    print(f'seed           {okta.seed}')
    print(f'{len(okta.events)} events ({len(okta.workflows_events)} of Workflows); Ctrl-C ends', flush=True)


def _live(okta: OktaSimulator, rate: float, noise_share: float) -> None:
    """Add events at random times, `rate` per second on average. Never returns."""
    pause = threading.Event()
    rng = random.Random(okta.seed)
    while True:
        pause.wait(rng.expovariate(rate) if rate > 0 else None)
        okta.emit(noise_share=noise_share)


def _given[Number: (int, float)](value: Number | None, default: Number) -> Number:
    return default if value is None else value


if __name__ == '__main__':
    sys.exit(main())
