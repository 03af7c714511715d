# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""Faults between Okta and a collector. Each changes the response that the org would have sent.

A fault receives the correct response. An error therefore keeps the rate limit and request id headers that Okta sends
with all responses, and a corrupted page is a corruption of the requested page.
"""

from __future__ import annotations

import html
import json
import threading
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from typing import Literal
from urllib.parse import parse_qs, urlsplit, urlunsplit

from . import system_log
from .answer import Answer, Delivery, json_answer
from .errors import OktaError
from .oauth import OAuthRefusal, TokenRefusal
from .server import RecordedRequest

RATE_LIMIT_HEADERS = ('X-Rate-Limit-Limit', 'X-Rate-Limit-Remaining', 'X-Rate-Limit-Reset')
MEBIBYTE = 1024 * 1024
STREAM_BLOCK_BYTES = 65_536
ECHOED_HEADERS = ('Authorization', 'DPoP', 'Proxy-Authorization', 'Cookie')
_HTML = (
    '<!DOCTYPE html><html><head><title>{status}</title></head>'
    '<body><h1>{status}</h1><p>The service is being maintained. Please come back later.</p></body></html>'
)
_NGINX_496 = (
    '<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n<body>\r\n'
    '<center><h1>400 Bad Request</h1></center>\r\n<center>No required SSL certificate was sent</center>\r\n'
    '<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n'
)


class Fault(ABC):
    def strikes(self, query_string: str) -> bool:
        """Return whether the fault can apply to a request with this query."""
        return True

    @abstractmethod
    def apply(self, answer: Answer) -> Answer: ...

    def apply_to(self, request: RecordedRequest, answer: Answer) -> Answer:
        """Apply the fault to the response. A fault that depends on the request overrides this method."""
        return self.apply(answer)


@dataclass(frozen=True)
class Error(Fault):
    """Any documented Okta error, by its code. `status` replaces the usual one (E0000053 also occurs with 500)."""

    code: str
    status: int | None = None

    def apply(self, answer: Answer) -> Answer:
        error = OktaError(self.code, status=self.status).answer()
        return _replaced(answer, error)


@dataclass(frozen=True)
class EmptyBody(Fault):
    """Any status with an empty body."""

    status: int

    def apply(self, answer: Answer) -> Answer:
        return _replaced(answer, Answer(self.status))


@dataclass(frozen=True)
class BearerRefused(Fault):
    """The rejection of an access token: empty body and WWW-Authenticate."""

    status: int = 401
    error: str = 'invalid_token'
    description: str = 'The token has expired.'
    origin: str = 'https://example.okta.com'

    def apply(self, answer: Answer) -> Answer:
        refusal = TokenRefusal(self.status, self.error, self.description)
        return _replaced(answer, refusal.answer(self.origin, system_log.PATH))


@dataclass(frozen=True)
class ForgottenToken(Fault):
    """401 `invalid_dpop_proof` for requests with this access token and any proof.

    RFC 9449, sections 4.3 and 7.1: if a resource server cannot confirm that the token is bound to the key of the proof,
    the proof is invalid, and the server responds with 401. Okta documents 400 for this code.
    """

    token: str

    def apply(self, answer: Answer) -> Answer:
        refusal = TokenRefusal(
            401, 'invalid_dpop_proof', 'The access_token is not bound to the provided DPoP proof.', scheme='DPoP'
        )
        return _replaced(answer, refusal.answer('https://example.okta.com', system_log.PATH))

    def apply_to(self, request: RecordedRequest, answer: Answer) -> Answer:
        is_struck = request.headers.get('Authorization', '').endswith(f' {self.token}')
        return self.apply(answer) if is_struck else answer


@dataclass(frozen=True)
class OAuthRefused(Fault):
    """A rejection by the token endpoint (Okta docs, data/oauth2-error-codes.json), by default for a network zone."""

    status: int = 403
    error: str = 'access_denied'
    description: str = "The request is made from outside the client's permitted network zones."
    origin: str = 'https://example.okta.com'

    def apply(self, answer: Answer) -> Answer:
        refusal = OAuthRefusal(self.status, self.error, self.description)
        return _replaced(answer, refusal.answer(self.origin))


@dataclass(frozen=True)
class Html(Fault):
    """A page of a proxy or of a maintenance window, without Okta's headers."""

    status: int = 503

    def apply(self, answer: Answer) -> Answer:
        return _of_a_gateway(answer, self.status, _HTML.format(status=self.status))


@dataclass(frozen=True)
class ClientCertificateRequired(Fault):
    """The response of nginx if `ssl_verify_client` is on and the client sent no certificate.

    Source: nginx, src/http/ngx_http_special_response.c (`ngx_http_error_496_page`).
    """

    def apply(self, answer: Answer) -> Answer:
        return _of_a_gateway(answer, 400, _NGINX_496, ('Server', 'nginx'))


@dataclass(frozen=True)
class RateLimited(Fault):
    """429 E0000047 before the limit is exhausted. The reset is in `reset_in_seconds`, or at the end of the window."""

    reset_in_seconds: int | None = None
    limit: int | None = None

    def apply(self, answer: Answer) -> Answer:
        refused = _replaced(answer, OktaError('E0000047').answer())
        refused = refused.map_headers('X-Rate-Limit-Remaining', lambda _: '0')
        if self.limit is not None:
            refused = refused.map_headers('X-Rate-Limit-Limit', lambda _: str(self.limit))
        if self.reset_in_seconds is not None:
            reset = str(_epoch(answer) + self.reset_in_seconds)
            refused = refused.map_headers('X-Rate-Limit-Reset', lambda _: reset)
        return refused


@dataclass(frozen=True)
class ConcurrencyLimited(RateLimited):
    """Too many simultaneous requests in the org: both Limit and Remaining are 0, and the reset is an estimate.

    Source: Okta docs, docs/reference/rl2-concurrency and rl2-monitor.
    """

    limit: int | None = 0


@dataclass(frozen=True)
class Slow(Fault):
    """A delay of `seconds` of real time before the first byte."""

    seconds: float

    def apply(self, answer: Answer) -> Answer:
        return replace(answer, delivery=replace(answer.delivery, delay_seconds=self.seconds))


@dataclass(frozen=True)
class Silence(Fault):
    """No response until the client gives up."""

    def apply(self, answer: Answer) -> Answer:
        return replace(answer, delivery=Delivery(withheld=True))


@dataclass(frozen=True)
class DroppedConnection(Fault):
    """A connection that is closed before the first byte of the response."""

    def apply(self, answer: Answer) -> Answer:
        return replace(answer, delivery=Delivery(dropped=True))


@dataclass(frozen=True)
class CutBody(Fault):
    """A connection that is closed in the middle of the body, which has a Content-Length or is sent in chunks."""

    share: float = 0.5
    chunked: bool = False

    def apply(self, answer: Answer) -> Answer:
        return replace(answer, delivery=Delivery(body_share=self.share, chunked=self.chunked))


@dataclass(frozen=True)
class EndlessBody(Fault):
    """JSON that begins correctly and never ends, as fast as the client reads it."""

    def apply(self, answer: Answer) -> Answer:
        def parts() -> Iterator[bytes]:
            events = answer.body.strip().removeprefix(b'[').removesuffix(b']')
            yield b'[' + events
            # An empty page continues with blanks, which are also valid JSON.
            more = b',' + events if events else b' '
            block = more * max(1, STREAM_BLOCK_BYTES // len(more))
            while True:
                yield block

        return replace(answer, delivery=Delivery(parts=parts))


@dataclass(frozen=True)
class SlowDrip(Fault):
    """The correct body, one byte every `seconds` of real time, so that no single read takes long."""

    seconds: float

    def apply(self, answer: Answer) -> Answer:
        def parts() -> Iterator[bytes]:
            return (bytes((byte,)) for byte in answer.body)

        return replace(answer, delivery=Delivery(parts=parts, pause_seconds=self.seconds))


@dataclass(frozen=True)
class GzipBomb(Fault):
    """An empty JSON array with `mebibytes` of blanks in it, which compress to about a thousandth of that size."""

    mebibytes: int = 4096

    def apply(self, answer: Answer) -> Answer:
        bomb = answer.without_headers('Content-Encoding').with_headers(('Content-Encoding', 'gzip'))
        return replace(bomb, delivery=Delivery(parts=self._parts))

    def _parts(self) -> Iterator[bytes]:
        """Yield a gzip file (RFC 1952) in pieces, each of which is compressed only once."""
        blanks = b' ' * MEBIBYTE
        block = _deflated(blanks)
        checksum = zlib.crc32(b'[')
        yield bytes.fromhex('1f8b08000000000000ff') + _deflated(b'[')
        for _ in range(self.mebibytes):
            checksum = zlib.crc32(blanks, checksum)
            yield block
        checksum = zlib.crc32(b']', checksum)
        inflated_bytes = (self.mebibytes * MEBIBYTE + 2) % 2**32
        yield _deflated(b']', last=True) + checksum.to_bytes(4, 'little') + inflated_bytes.to_bytes(4, 'little')


def _deflated(content: bytes, *, last: bool = False) -> bytes:
    """Compress `content` to a piece of a raw deflate stream that can follow any other piece."""
    compressor = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    return compressor.compress(content) + compressor.flush(zlib.Z_FINISH if last else zlib.Z_FULL_FLUSH)


@dataclass(frozen=True)
class HugeHeader(Fault):
    """Additional header lines: `lines` of them, each with a value of the given length."""

    characters: int = 100_000
    lines: int = 1

    def apply(self, answer: Answer) -> Answer:
        return answer.with_headers(*((f'X-Padding-{number}', 'x' * self.characters) for number in range(self.lines)))


@dataclass(frozen=True)
class Echo(Fault):
    """A rejection that echoes the request, including its secrets: Authorization, DPoP, query, and form.

    Okta's error bodies may contain user input (Okta docs, docs/reference/core-okta-api); proxies echo even more.
    """

    status: int = 403
    shape: Literal['okta', 'oauth', 'html', 'challenge', 'gateway', 'gateway json'] = 'okta'
    """An Okta error, an OAuth error, a page of HTML, an empty body and WWW-Authenticate; or, without Okta's headers,
    the title of a page, and the message of a JSON object."""

    def apply(self, answer: Answer) -> Answer:
        return self._refusal(answer, '')

    def apply_to(self, request: RecordedRequest, answer: Answer) -> Answer:
        headers = [f'{name}: {value}' for name in ECHOED_HEADERS for value in request.headers.getall(name, [])]
        asked = f'{request.method} {request.path}?{request.query_string}'
        return self._refusal(answer, ' | '.join((asked, *headers, request.body)))

    def _refusal(self, answer: Answer, text: str) -> Answer:
        if self.shape == 'okta':
            return _replaced(answer, OktaError('E0000006', status=self.status, summary=text, causes=[text]).answer())
        if self.shape == 'oauth':
            return _replaced(answer, json_answer(self.status, {'error': text, 'error_description': text}))
        if self.shape == 'challenge':
            return _replaced(
                answer, TokenRefusal(self.status, 'invalid_token', text).answer('https://example.okta.com', text)
            )
        if self.shape == 'gateway':
            return _of_a_gateway(answer, self.status, f'<title>{html.escape(text)}</title>', ('Via', text))
        if self.shape == 'gateway json':
            return _of_a_gateway(answer, self.status, json.dumps({'message': text}).replace('/', '\\/'))
        page = f'<!DOCTYPE html><html><body><h1>{self.status}</h1><pre>{html.escape(text)}</pre></body></html>'
        return _replaced(answer, Answer(self.status).with_body(page.encode(), 'text/html; charset=utf-8'))


@dataclass(frozen=True)
class Body(Fault):
    """Any other body with the correct status and headers, such as `{}` or `null`."""

    content: bytes

    def apply(self, answer: Answer) -> Answer:
        return replace(answer, body=self.content)


@dataclass(frozen=True)
class TruncatedJson(Fault):
    """A body that ends within the JSON, with a matching Content-Length, so that only a JSON parser can detect it."""

    share: float = 0.5

    def apply(self, answer: Answer) -> Answer:
        return replace(answer, body=answer.body[: int(len(answer.body) * self.share)])


@dataclass(frozen=True)
class RepeatedEvent(Fault):
    """A page that repeats its first event at its end."""

    def apply(self, answer: Answer) -> Answer:
        events = json.loads(answer.body)
        return replace(answer, body=json.dumps([*events, *events[:1]], ensure_ascii=False).encode())


@dataclass(frozen=True)
class NoLinks(Fault):
    def apply(self, answer: Answer) -> Answer:
        return answer.without_headers('Link')


@dataclass(frozen=True)
class OnlySelfLink(Fault):
    def apply(self, answer: Answer) -> Answer:
        links = [('Link', link) for link in answer.values('Link') if 'rel="self"' in link]
        return answer.without_headers('Link').with_headers(*links)


@dataclass(frozen=True)
class JoinedLinks(Fault):
    """All `Link` relations in one header line, as some proxies and HTTP libraries join them."""

    def apply(self, answer: Answer) -> Answer:
        joined = ', '.join(answer.values('Link'))
        return answer.without_headers('Link').with_headers(('Link', joined))


@dataclass(frozen=True)
class NextLink(Fault):
    """A `next` link that leads elsewhere. Only the given parts are changed."""

    scheme: str | None = None
    host: str | None = None
    port: int | None = None
    path: str | None = None
    userinfo: str | None = None

    def apply(self, answer: Answer) -> Answer:
        return answer.map_headers('Link', lambda link: self._rewrite(link) if 'rel="next"' in link else link)

    def _rewrite(self, link: str) -> str:
        url, _, relation = link.removeprefix('<').partition('>')
        parts = urlsplit(url)
        host = self.host or parts.hostname or ''
        port = self.port or parts.port
        netloc = (f'{self.userinfo}@' if self.userinfo else '') + host + (f':{port}' if port else '')
        changed = parts._replace(scheme=self.scheme or parts.scheme, netloc=netloc, path=self.path or parts.path)
        return f'<{urlunsplit(changed)}>{relation}'


@dataclass(frozen=True)
class LinkHeader(Fault):
    """One `Link` line with any content instead of Okta's.

    `{scheme}`, `{host}` (without the port), `{netloc}`, and `{target}` (path and query) are those of the correct `next`
    link.
    """

    line: str

    def apply(self, answer: Answer) -> Answer:
        honest = next((link for link in answer.values('Link') if 'rel="next"' in link), None)
        if honest is None:
            return answer
        url = urlsplit(honest[1 : honest.index('>')])
        due = {
            'scheme': url.scheme,
            'host': url.hostname or '',
            'netloc': url.netloc,
            'target': urlunsplit(url._replace(scheme='', netloc='')),
        }
        line = self.line
        for name, value in due.items():
            line = line.replace('{' + name + '}', value)
        return answer.without_headers('Link').with_headers(('Link', line))


@dataclass(frozen=True)
class Redirect(Fault):
    location: str
    status: int = 302

    def apply(self, answer: Answer) -> Answer:
        return _replaced(answer, Answer(self.status, (('Location', self.location),)))


@dataclass(frozen=True)
class DoubledRateLimit(Fault):
    """A second copy of each rate limit header, with another value (seen in okta-sdk-java#259)."""

    limit: int
    remaining: int
    reset: int

    def apply(self, answer: Answer) -> Answer:
        values = (self.limit, self.remaining, self.reset)
        return answer.with_headers(*((name, str(value)) for name, value in zip(RATE_LIMIT_HEADERS, values)))


@dataclass(frozen=True)
class NoRateLimitHeaders(Fault):
    def apply(self, answer: Answer) -> Answer:
        return answer.without_headers(*RATE_LIMIT_HEADERS)


@dataclass(frozen=True)
class NoDate(Fault):
    def apply(self, answer: Answer) -> Answer:
        return answer.without_headers('Date')


@dataclass(frozen=True)
class CursorRefused(Fault):
    """A rejection of requests with `after`, as for a cursor that is no longer valid. Other requests are not affected.

    An invalid `after` is a validation error (Okta release notes 2017, OKTA-119726). Okta publishes neither its code nor
    its status, so both can be set.
    """

    status: int = 400

    def strikes(self, query_string: str) -> bool:
        return 'after' in parse_qs(query_string)

    def apply(self, answer: Answer) -> Answer:
        refusal = OktaError('E0000001', 'after', status=self.status, causes=['after: the cursor is not valid'])
        return _replaced(answer, refusal.answer())


def _of_a_gateway(honest: Answer, status: int, page: str, *headers: tuple[str, str]) -> Answer:
    """Create a page without any of Okta's headers."""
    date = tuple(('Date', value) for value in honest.values('Date'))
    return Answer(status, (('Content-Type', 'text/html; charset=utf-8'), *headers, *date), page.encode())


def _replaced(honest: Answer, answer: Answer) -> Answer:
    """Add the headers to `answer` that Okta sends with all responses."""
    return answer.with_headers(*honest.without_headers('Content-Type', 'Link', 'WWW-Authenticate').headers)


def _epoch(answer: Answer) -> int:
    """Return the time of the response by the org's clock, on which X-Rate-Limit-Reset is based."""
    return int(parsedate_to_datetime(answer.values('Date')[0]).timestamp())


@dataclass
class _Plan:
    fault: Fault
    path: str
    times: int | None
    after: int


class Faults:
    """The pending faults. They apply in the order in which they were added, one for each request."""

    def __init__(self) -> None:
        self._plans: list[_Plan] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault, *, path: str = system_log.PATH, times: int | None = 1, after: int = 0) -> None:
        """Apply `fault` to the next `times` matching requests after the first `after` ones. `None`: until cleared."""
        with self._lock:
            self._plans.append(_Plan(fault, path, times, after))

    def clear(self) -> None:
        with self._lock:
            self._plans.clear()

    def apply(self, request: RecordedRequest, answer: Answer) -> Answer:
        fault = self._next(request.path, request.query_string)
        return answer if fault is None else fault.apply_to(request, answer)

    def _next(self, path: str, query_string: str) -> Fault | None:
        with self._lock:
            for plan in self._plans:
                if plan.path != path or not plan.fault.strikes(query_string):
                    continue
                if plan.after:
                    plan.after -= 1
                    continue
                if plan.times is not None:
                    plan.times -= 1
                    if not plan.times:
                        self._plans.remove(plan)
                return plan.fault
        return None
