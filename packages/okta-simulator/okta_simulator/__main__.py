# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Run a simulated Okta org by hand, from the okta_workflows directory: python -m okta_simulator"""

from __future__ import annotations

import argparse
import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from .history import DAY_SECONDS
from .simulator import ORG_RATE_LIMIT, OktaSimulator


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog='python -m okta_simulator',
        description=(
            'A simulated Okta org: the System Log API and the OAuth token endpoint over plain HTTP. '
            'Lays down a history, then lets new events appear until interrupted with Ctrl-C.'
        ),
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument('--host', default='127.0.0.1', help='address to listen on')
    parser.add_argument('--port', type=int, default=0, help='port to listen on; 0 takes a free one')
    parser.add_argument('--seed', type=int, default=0, help='decides credentials and events: same seed, same org')
    parser.add_argument('--events', type=int, default=5000, help='events in the history')
    parser.add_argument('--days', type=float, default=30.0, help='days that the history goes back')
    parser.add_argument('--rate', type=float, default=1.0, help='new events a second, on average; 0 for none')
    parser.add_argument('--noise', type=float, default=0.2, help='share of events that are not of Workflows')
    parser.add_argument(
        '--org-rate-limit',
        type=int,
        default=ORG_RATE_LIMIT,
        help='requests a minute for the whole org; one token may use half',
    )
    parser.add_argument('--token-lifetime', type=int, default=3600, help='seconds an OAuth access token is valid')
    parser.add_argument('--require-dpop', action='store_true', help='give only DPoP-bound access tokens')
    parser.add_argument(
        '--private-key-file',
        type=Path,
        help="where to put the service app's new private key, as PEM; none if not given",
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    okta = OktaSimulator(seed=options.seed, org_rate_limit=options.org_rate_limit, host=options.host, port=options.port)
    okta.token_lifetime_seconds = options.token_lifetime
    okta.dpop_required = options.require_dpop
    since = okta.clock.now() - options.days * DAY_SECONDS
    okta.generate(options.events, since=since, noise_share=options.noise)
    with okta, suppress(KeyboardInterrupt):
        print(f'URL            {okta.url}')
        print(f'API key        {okta.api_key}')
        print(f'client id      {okta.client_id}')
        print(f'client secret  {okta.client_secret}')
        if options.private_key_file is not None:
            options.private_key_file.write_text(okta.private_key_pem)
            print(f'service app    {okta.service_app_id}')
            print(f'private key    {options.private_key_file}')
            print(f'private key id {okta.key_id}')
        print(f'seed           {okta.seed}')
        print(f'{len(okta.events)} events ({len(okta.workflows_events)} of Workflows); Ctrl-C ends', flush=True)
        _live(okta, options.rate, options.noise)


def _live(okta: OktaSimulator, rate: float, noise_share: float) -> None:
    """Let events happen at random moments, `rate` a second on average; never returns."""
    pause = threading.Event()
    rng = random.Random(okta.seed)
    while True:
        pause.wait(rng.expovariate(rate) if rate > 0 else None)
        okta.emit(noise_share=noise_share)


if __name__ == '__main__':
    main()
