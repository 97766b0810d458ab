"""Signed calls to one service: what is common to every question, and when a call may be made again.

A call is repeated if nothing was sent (no connection), whatever it is; if no answer came, or the service is busy, only
if it changes nothing. A question that is asked twice is asked twice: it is logged, counted, and may use
up a consent, so that is left to whoever asks.
"""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from ..httpsig import Parameters, Target, prepare
from .errors import BadAnswer, OnlineError, ServiceFault, Unanswered, Unreachable, problem
from .keys import Signer, algorithm, keyid
from .transport import HttpAnswer, Transport

LIFE: Final = 60  # seconds that a signature is good for
ATTEMPTS: Final = 3
PAUSE: Final = 0.5  # seconds before the second attempt, doubled before the third
SAFE: Final = frozenset({"/v1/party", "/v1/purposes", "/v1/consents/status", "/v1/presentations/challenge"})


class Session:
    """Not for several threads at once. `clock`, `sleep`, `entropy` are there for tests."""

    def __init__(
        self,
        transport: Transport,
        signer: Signer,
        *,
        lang: str = "zh",
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        entropy: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.transport = transport
        self._signer = signer
        self._lang = lang
        self._clock = clock
        self.sleep = sleep
        self._entropy = entropy

    def now(self) -> int:
        """Seconds UTC."""
        return int(self._clock())

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The JSON of the answer. Raises Problem for a refusal, and Unreachable, Unanswered, BadAnswer."""
        data = b"" if body is None else _json(body)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self.transport.request(method, path, self.headers(method, path, data), data)
                return _value(answer)
            except (Unreachable, Unanswered, ServiceFault) as e:
                if attempt == ATTEMPTS or not _again(e, path):
                    raise
            self.sleep(PAUSE * 2 ** (attempt - 1))
        raise AssertionError  # the last attempt returns or raises

    def lines(self, path: str, data: bytes) -> Iterator[Any]:
        """The JSON of each line of a streamed answer."""
        headers = self.headers("POST", path, data, "application/x-ndjson")
        found = self.transport.lines("POST", path, headers, data)
        head = next(found)
        if isinstance(head, HttpAnswer) and head.status != 200:
            raise _problem(head)
        for line in found:
            if isinstance(line, bytes):
                yield _parsed(line)

    def headers(self, method: str, path: str, data: bytes, media: str = "application/json") -> dict[str, str]:
        """Everything that a signed request carries beside its body."""
        now = self.now()
        nonce = base64.urlsafe_b64encode(self._entropy(16)).rstrip(b"=").decode()
        key = self._signer.key
        parameters = Parameters(now, now + LIFE, nonce, keyid(key), algorithm(key))
        unsigned = prepare(Target(method, self.transport.authority, path), data, parameters)
        headers = unsigned.signed(self._signer.sign(unsigned.base))
        return {**headers, "Accept-Language": self._lang, **({"Content-Type": media} if data else {})}


def _again(error: OnlineError, path: str) -> bool:
    return isinstance(error, Unreachable) or path in SAFE


def _value(answer: HttpAnswer) -> Any:
    if answer.status not in (200, 201, 202):
        raise _problem(answer)
    return _parsed(answer.body)


def _problem(answer: HttpAnswer) -> OnlineError:
    if answer.status < 400:
        return BadAnswer(f"unexpected status {answer.status}")
    try:
        members = _parsed(answer.body)
    except BadAnswer:
        members = {}  # a proxy's page: the status is what is known
    return problem(answer.status, members if isinstance(members, dict) else {}, answer.headers.get("retry-after"))


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise BadAnswer("answer: no JSON") from None


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
