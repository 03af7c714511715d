# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Requests as values, and flows: the sequences of requests that lead to a result.

A flow is a generator, as in the authentication of httpx: it yields requests, receives the response to each, and returns
its result. If a request fails, its `OktaError` is thrown into the flow, which yields another request or lets the error
propagate. A flow does no I/O: `OktaClient.send` drives it, and a test can drive it by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field, replace

from requests import Response

from datadog_checks.okta_workflows.errors import TransientError

type Flow[Result] = Generator[Request, Response, Result]


@dataclass(frozen=True, slots=True)
class Request:
    """One attempt of a request. Its headers and form may contain values that Okta accepts only once (DPoP proofs)."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] | None = None

    def with_headers(self, **headers: str) -> Request:
        return replace(self, headers={**self.headers, **headers})


def attempts(make: Callable[[], Request]) -> Flow[Response]:
    """Yield a request from `make`, and retry once with another one after a `TransientError`."""
    try:
        return (yield make())
    except TransientError:
        pass
    return (yield make())
