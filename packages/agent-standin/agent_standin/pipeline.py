# (C) okta_workflows authors 2026-present
# All rights reserved
# Licensed under a 3-clause BSD style license (see LICENSE)
"""The pipeline: processing rules, batches, and the sender with its retries.

Follows datadog-agent comp/logs-library (processor, sender/worker.go, client/http/destination.go).
"""

from __future__ import annotations

import gzip
import json
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal, get_args

import urllib3

from .agent_log import AgentLog
from .auditor import Auditor
from .clock import SteppedClock, Timetable
from .configuration import AgentSettings
from .faults import Faults
from .message import Message

CHANNEL_MESSAGES = 100
"""The capacity between the tailers and the batch."""
CHANNEL_PAYLOADS = 10
"""The capacity between the batch and the sender."""
RETRY_FIRST_SECONDS = 1.0
RETRY_MAX_SECONDS = 120.0
DROPPED_STATUSES = frozenset({400, 401, 403, 413})
VIRTUAL_TIMEOUT_REAL_SECONDS = 30.0
"""The real timeout in virtual time. It is long, so that a busy machine is not mistaken for a hanging intake, which
reports itself earlier."""

Outcome = Literal['sent', 'dropped', 'retry', 'timed out']
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
"""The outcomes in order of precedence, for a payload that is sent to several endpoints."""


@dataclass
class Payload:
    number: int
    messages: list[Message]
    failures: int = 0


class HttpDestination:
    """One endpoint."""

    def __init__(
        self,
        url: str,
        *,
        hostname: str,
        timeout_seconds: float,
        api_key: str,
        is_hanging: Callable[[], bool],
        is_reliable: bool = True,
    ) -> None:
        self.is_reliable = is_reliable
        self._is_hanging = is_hanging
        self._url = url.rstrip('/') + '/api/v2/logs'
        self._hostname = hostname
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(total=timeout_seconds), maxsize=10)
        self._headers = {
            'DD-API-KEY': api_key,
            'Content-Type': 'application/json',
            'Content-Encoding': 'gzip',
        }

    def post(self, payload: Payload) -> Outcome:
        """Send a payload.

        400, 401, 403, 413, and a response whose body cannot be read to its end are permanent errors. Every other error
        is retried without limit.
        """
        body = gzip.compress(json.dumps([message.envelope(self._hostname) for message in payload.messages]).encode(), 1)
        try:
            response = self._pool.request(
                'POST', self._url, body=body, headers=self._headers, preload_content=False, redirect=False
            )
        except urllib3.exceptions.ReadTimeoutError:
            return 'timed out'
        except urllib3.exceptions.HTTPError:
            return 'timed out' if self._is_hanging() else 'retry'
        try:
            response.read()
        except urllib3.exceptions.HTTPError:
            return 'dropped'
        finally:
            response.close()
        if response.status in DROPPED_STATUSES:
            return 'dropped'
        return 'retry' if response.status >= 400 else 'sent'


class Pipeline:
    """Accepts messages until the batch and the sender are full. The tailers then stop reading."""

    def __init__(
        self,
        settings: AgentSettings,
        timetable: Timetable,
        log: AgentLog,
        faults: Faults,
        auditor: Auditor,
        *,
        url: str,
        is_hanging: Callable[[], bool],
        hostname: str,
        concurrency: int,
    ) -> None:
        self._timetable = timetable
        self._log = log
        self._faults = faults
        self._auditor = auditor
        self._concurrency = concurrency
        self._batch_max_messages: int = settings.get('logs_config.batch_max_size')
        self._batch_max_bytes: int = settings.get('logs_config.batch_max_content_size')
        self._timeout_seconds = float(settings.get('logs_config.http_timeout'))
        self._virtual = isinstance(timetable.clock, SteppedClock)
        endpoints = [{'url': url}, *settings.get('logs_config.additional_endpoints')]
        self._destinations = [
            HttpDestination(
                **endpoint,
                hostname=hostname,
                timeout_seconds=VIRTUAL_TIMEOUT_REAL_SECONDS if self._virtual else self._timeout_seconds,
                api_key=settings.get('api_key') or '',
                is_hanging=is_hanging,
            )
            for endpoint in endpoints
        ]
        self._executor = None if self._virtual else ThreadPoolExecutor(concurrency, 'logs-sender')
        self._channel: deque[Message] = deque()
        self._batch: list[Message] = []
        self._batch_bytes = 0
        self._payloads: deque[Payload] = deque()
        self._in_flight: dict[int, Payload] = {}
        self._next_number = 0
        self._stopping = False
        self.sent_messages = 0
        self.dropped_messages = 0
        self.retries = 0
        self.overtaken: list[Message] = []
        """The messages in flight when a later payload was acknowledged. The registry's offset may be after them."""
        timetable.every(float(settings.get('logs_config.batch_wait')), self.flush)

    def accept(self, message: Message) -> bool:
        """Accept a message if there is room, and return whether there was. If not, the caller retries later."""
        if self._faults.filtered is not None and self._faults.filtered(message.body):
            return True
        if len(message.body) > self._batch_max_bytes:
            self._log.warning('Dropped message in pipeline, it is larger than a payload may be')
            return True
        if len(self._channel) >= CHANNEL_MESSAGES:
            return False
        self._channel.append(message)
        self._fill_batch()
        return True

    def _fill_batch(self) -> None:
        while self._channel:
            size = len(self._channel[0].body)
            if len(self._batch) >= self._batch_max_messages or self._batch_bytes + size > self._batch_max_bytes:
                if not self._close_batch():
                    return
            self._batch.append(self._channel.popleft())
            self._batch_bytes += size
        if len(self._batch) >= self._batch_max_messages:
            self._close_batch()

    def _close_batch(self) -> bool:
        if len(self._payloads) >= CHANNEL_PAYLOADS:
            return False
        if self._batch:
            self._payloads.append(Payload(self._next_number, self._batch))
            self._next_number += 1
            self._batch, self._batch_bytes = [], 0
            self._send_waiting()
        return True

    def flush(self) -> None:
        """Send the batch even if it is not full."""
        self._close_batch()
        self._fill_batch()

    def _send_waiting(self) -> None:
        while self._payloads and len(self._in_flight) < self._concurrency and not self._stopping:
            payload = self._payloads.popleft()
            self._in_flight[payload.number] = payload
            self._post(payload)

    def _attempt(self, payload: Payload) -> Outcome:
        """Send to every endpoint. One success is sufficient, so other endpoints may miss it. An endpoint with
        `is_reliable: false` does not affect the outcome."""
        outcomes = [(each.is_reliable, each.post(payload)) for each in self._destinations]
        return min((outcome for is_reliable, outcome in outcomes if is_reliable), key=OUTCOMES.index)

    def _post(self, payload: Payload) -> None:
        if self._executor is None:
            self._timetable.after(0, lambda: self._settle(payload, self._attempt(payload)))
            return
        self._executor.submit(self._attempt, payload).add_done_callback(
            lambda done: self._timetable.after(0, lambda: self._settle(payload, done.result()))
        )

    def _settle(self, payload: Payload, outcome: Outcome) -> None:
        match outcome:
            case 'sent':
                self.sent_messages += len(payload.messages)
            case 'dropped':
                self.dropped_messages += len(payload.messages)
                self._log.warning('The intake refused a payload of %s logs for good', len(payload.messages))
            case 'retry' | 'timed out':
                self.retries += 1
                if not self._stopping:
                    waited = self._timeout_seconds if self._virtual and outcome == 'timed out' else 0.0
                    backoff = min(RETRY_FIRST_SECONDS * 2.0 ** min(payload.failures, 16), RETRY_MAX_SECONDS)
                    payload.failures += 1
                    self._timetable.after(waited + backoff, lambda: self._post(payload))
                return
        del self._in_flight[payload.number]
        for number, earlier in self._in_flight.items():
            if number < payload.number:
                self.overtaken += earlier.messages
        self._auditor.payload_done(payload.number, payload.messages)
        self._send_waiting()
        self._fill_batch()

    def stop(self) -> None:
        """Retry once to send everything. Failed payloads are not acknowledged, so the next Agent reads them again."""
        self._stopping = True
        if self._executor is not None:
            self._executor.shutdown(wait=True)
            self._timetable.run_due()
            self._executor = None
        waiting = Payload(self._next_number, [*self._batch, *self._channel])
        remaining = [*self._in_flight.values(), *self._payloads, waiting]
        for payload in remaining:
            if payload.messages and self._attempt(payload) in ('sent', 'dropped'):
                self._auditor.payload_done(payload.number, payload.messages)
            elif payload.messages:
                return

    def abandon(self) -> None:
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
