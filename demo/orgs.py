# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The simulated Okta orgs of the demo and the people who keep them busy."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Literal

from okta_simulator import OktaSimulator

HISTORY_EVENTS = 1600
HISTORY_SECONDS = 4 * 3600
ACTIONS_PER_SECOND = 4.0
NOISE_SHARE = 0.25
# Of every so many actions one deletes a folder with all that is in it, and one is logged long after it happened.
CASCADE_EVERY = 7
LATE_EVERY = 5
LATE_SECONDS = 600
CASCADE = ('workflows.user.folder.delete', *['workflows.user.flow.delete'] * 4, 'workflows.user.table.delete')
# One look a second must not meet the reserve that the check leaves to others.
ORG_RATE_LIMIT = 600

AuthenticationWay = Literal['API key', 'OAuth client secret']


@dataclass
class Org:
    name: str
    way: AuthenticationWay
    okta: OktaSimulator

    @property
    def domain(self) -> str:
        """Host and port, as in the tag `okta_domain`."""
        return self.okta.url.removeprefix('http://')

    def credentials(self) -> dict[str, str]:
        """The credential options of `conf.yaml`, as they are valid now."""
        if self.way == 'API key':
            return {'api_key': self.okta.api_key}
        return {'client_id': self.okta.client_id, 'client_secret': self.okta.client_secret}

    def secrets(self) -> tuple[str, str]:
        return (self.okta.api_key, self.okta.client_secret)

    def rotate_credentials(self) -> None:
        """Make new ones; Okta refuses the old ones from now on, and the tokens had for them."""
        if self.way == 'API key':
            self.okta.rotate_api_key()
        else:
            self.okta.rotate_client_secret()
            self.okta.revoke_tokens()

    def generated(self) -> list[str]:
        """The uuids of all Workflows events so far. The history is shorter than the look-back, so all are in scope."""
        return [event['uuid'] for event in self.okta.workflows_events]

    def act(self, number: int) -> None:
        """One thing happens."""
        okta, now = self.okta, self.okta.clock.now()
        if number % CASCADE_EVERY == 0:
            first = okta.generator.event(CASCADE[0], now)
            same = {key: first[key] for key in ('actor', 'client', 'debugContext', 'transaction')}
            okta.append(first, *(okta.generator.event(name, now, **same) for name in CASCADE[1:]))
        elif number % LATE_EVERY == 0:
            okta.append(*okta.generator.events(1, now - LATE_SECONDS))
        else:
            okta.emit(noise_share=NOISE_SHARE)


@contextmanager
def running_orgs(seed: int) -> Iterator[list[Org]]:
    """Two orgs with some hours of history: an instance of the check for each way to authenticate."""
    ways: list[tuple[str, AuthenticationWay]] = [('acme', 'API key'), ('globex', 'OAuth client secret')]
    orgs = [
        Org(name, way, OktaSimulator(seed=seed + number, org_rate_limit=ORG_RATE_LIMIT))
        for number, (name, way) in enumerate(ways)
    ]
    with ExitStack() as stack:
        for org in orgs:
            org.okta.generate(HISTORY_EVENTS, since=org.okta.clock.now() - HISTORY_SECONDS, noise_share=NOISE_SHARE)
            stack.enter_context(org.okta)
        yield orgs


@contextmanager
def busy(orgs: Sequence[Org]) -> Iterator[None]:
    """Things happen in the orgs, a cascade at once and more at random moments, for as long as this lasts."""
    ended = threading.Event()

    def work(org: Org) -> None:
        rng = random.Random(org.okta.seed)
        for number in count():
            org.act(number)
            if ended.wait(rng.expovariate(ACTIONS_PER_SECOND)):
                return

    people = [threading.Thread(target=work, args=(org,), name=f'people of {org.name}', daemon=True) for org in orgs]
    for each in people:
        each.start()
    try:
        yield
    finally:
        ended.set()
        for each in people:
            each.join()
