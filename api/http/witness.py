"""A witness over HTTP: C2SP tlog-witness in plain text, behind the same edge as the service.

    POST /add-checkpoint               cosignature lines, or the protocol's status
    POST /add-round                    a share of an aggregated signature (chain/witness/rounds.py), if it has a key
    GET  /<sha256(origin)>/checkpoint  what was cosigned last for that log
    GET  /healthz · /metrics           for its operator

Bodies are counted as they arrive and refused above 32 KiB. Nothing of a body is ever logged.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Scope

from api.errors import BodyTooLarge, RateLimited, Unavailable
from api.http import headers
from api.http.middleware import Edge
from api.http.ratelimit import TokenBuckets
from api.logs import describe, log
from api.metrics import WitnessMetrics
from chain.errors import ClockWentBackwards, SigningFailed
from chain.witness.core import Witness
from chain.witness.model import Answer, Verdict
from chain.witness.request import MAX_REQUEST_BYTES
from chain.witness.rounds import RoundWitness

BURST = 200  # requests one address may make at once; a log sends one or two for each checkpoint
PER_MINUTE = 600
ADDRESSES = 50_000
_HASH = re.compile(r"[0-9a-f]{64}")
_NO_SIGNATURE = (ClockWentBackwards, SigningFailed, Unavailable)  # nothing was sent; the log asks again


def create_witness_app(
    witness: Witness,
    metrics: WitnessMetrics,
    rounds: RoundWitness | None = None,
    *,
    behind_proxy: bool = False,
    monotonic: Callable[[], float],
) -> ASGIApp:
    """The application around one witness. `monotonic`: seconds, for counting by address."""
    handlers = _Handlers(witness, metrics, rounds, behind_proxy, monotonic)
    routes = [
        Route("/add-checkpoint", handlers.add_checkpoint, methods=["POST"]),
        *([Route("/add-round", handlers.add_round, methods=["POST"])] if rounds is not None else []),
        Route("/{origin}/checkpoint", handlers.latest, methods=["GET"]),
        Route("/healthz", handlers.health, methods=["GET"]),
        Route("/metrics", handlers.metrics, methods=["GET"]),
    ]
    problems = dict.fromkeys((HTTPException, RateLimited, ClientDisconnect, *_NO_SIGNATURE), _handled)
    app = Starlette(routes=routes, exception_handlers=problems)
    return Edge(app, metrics=metrics, limit_of=lambda _: MAX_REQUEST_BYTES, problem=plain)


def plain(_: Scope, error: Exception) -> Response:
    """One line of text. Says which rule, never what was sent."""
    if isinstance(error, BodyTooLarge):
        return _text(413, "the body is larger than an add-checkpoint request can be")
    if isinstance(error, RateLimited):
        return _text(429, "too many requests", retry_after=error.retry_after)
    if isinstance(error, HTTPException):
        return _text(error.status_code, "no such address" if error.status_code == 404 else "not this way")
    if isinstance(error, ClientDisconnect):
        return _text(400, "the body ended early")
    if isinstance(error, _NO_SIGNATURE):
        log("not cosigned", level=logging.ERROR, error=describe(error))
        return _text(503, "this witness cannot sign now", retry_after=5)
    return _text(500, "internal error")


async def _handled(request: Request, error: Exception) -> Response:
    return plain(request.scope, error)


class _Handlers:
    def __init__(
        self,
        witness: Witness,
        metrics: WitnessMetrics,
        rounds: RoundWitness | None,
        behind_proxy: bool,
        monotonic: Callable[[], float],
    ) -> None:
        self._witness, self._metrics, self._rounds = witness, metrics, rounds
        self._behind_proxy, self._monotonic = behind_proxy, monotonic
        self._buckets = TokenBuckets(BURST, PER_MINUTE, ADDRESSES)

    async def add_checkpoint(self, request: Request) -> Response:
        return await self._answer("add-checkpoint", self._witness.add_checkpoint, request)

    async def add_round(self, request: Request) -> Response:
        assert self._rounds is not None  # without it there is no such route
        return await self._answer("add-round", self._rounds.add_round, request)

    async def _answer(self, name: str, work: Callable[[bytes], Awaitable[Answer]], request: Request) -> Response:
        self._buckets.take(self._address(request), self._monotonic())
        started = time.perf_counter()
        answer = await work(await request.body())
        self._metrics.verdicts.labels(answer.verdict.name).inc()
        if answer.origin:  # only origins of the operator's own file get here
            ms = round((time.perf_counter() - started) * 1000, 2)
            log(name, origin=answer.origin, verdict=answer.verdict.name, ms=ms)
        extra = {"Retry-After": str(answer.retry_after)} if answer.verdict is Verdict.TOO_MANY else {}
        # The type as the protocol spells it: Starlette would put a charset behind `text/…`.
        return Response(answer.body, answer.verdict.value, {"Content-Type": answer.content_type, **extra})

    async def latest(self, request: Request) -> Response:
        origin = request.path_params["origin"]
        note = await self._witness.latest(origin) if _HASH.fullmatch(origin) else None
        if note is None:
            return _text(404, "no checkpoint of such a log")
        return Response(note, media_type=headers.TEXT, headers={**headers.PUBLIC, "Cache-Control": "no-store"})

    async def health(self, _: Request) -> Response:
        return _text(200, "ok")

    async def metrics(self, _: Request) -> Response:
        return Response(self._metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    def _address(self, request: Request) -> str:
        if self._behind_proxy:  # the last entry is the nearest proxy's, the others are the client's own words
            forwarded = ",".join(request.headers.getlist("x-forwarded-for")).rpartition(",")[2].strip()
            if forwarded:
                return forwarded
        return request.client.host if request.client else "unknown"


def _text(status: int, line: str, *, retry_after: int = 0) -> Response:
    extra = {"Retry-After": str(retry_after)} if retry_after else {}
    return Response(f"{line}\n", status, extra, headers.TEXT)
