"""The outermost layer: request id, body limit, security headers, one log line and two metrics per request.

Pure ASGI, since it has to act before any byte of the body is parsed and after the last handler has failed.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BodyTooLarge
from api.http import headers
from api.logs import describe, log
from api.metrics import HttpMetrics

UNMATCHED = "(unmatched)"  # a path that no route knows is somebody's text, and is not logged
ProblemMaker = Callable[[Scope, Exception], Response]


class Edge:
    """Wraps the whole application."""

    def __init__(
        self, app: ASGIApp, *, metrics: HttpMetrics, limit_of: Callable[[str], int], problem: ProblemMaker
    ) -> None:
        self._app, self._metrics, self._limit_of, self._problem = app, metrics, limit_of, problem

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        inner = {**scope, "state": {**scope.get("state", {}), "request_id": secrets.token_hex(8)}}
        if scope["method"] == "HEAD":  # RFC 9110 §9.3.2: as GET, without the content
            inner["method"] = "GET"
        exchange = _Exchange(inner, receive, send, self._limit_of(scope["path"]), silent=scope["method"] == "HEAD")
        started = time.perf_counter()
        try:
            exchange.refuse_announced_excess()
            await self._app(inner, exchange.receive, exchange.send)
        except Exception as error:  # noqa: BLE001 - the outermost edge: whatever it is, answer once and log its class
            await self._fail(exchange, error)
        if exchange.overflowed and not exchange.status:
            await self._fail(exchange, BodyTooLarge())
        self._record(exchange, time.perf_counter() - started)

    async def _fail(self, exchange: _Exchange, error: Exception) -> None:
        if not isinstance(error, BodyTooLarge):
            log("unhandled", level=logging.ERROR, request_id=exchange.request_id, error=describe(error))
        if not exchange.status:  # an answer that has begun cannot be taken back
            exchange.overflowed = False
            await self._problem(exchange.scope, error)(exchange.scope, exchange.receive, exchange.send)

    def _record(self, exchange: _Exchange, seconds: float) -> None:
        route = getattr(exchange.scope.get("route"), "path", UNMATCHED)
        method = exchange.scope["method"] if exchange.scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(method, route, str(exchange.status)).inc()
        self._metrics.seconds.labels(route).observe(seconds)
        log(
            "request",
            request_id=exchange.request_id,
            method=method,
            route=route,
            status=exchange.status,
            ms=round(seconds * 1000, 2),
        )


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class _Exchange:
    """One request and its answer, with the body counted as it arrives."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, limit: int, *, silent: bool) -> None:
        self.scope, self.limit, self.status, self.overflowed = scope, limit, 0, False
        self._silent = silent
        self.request_id: str = scope["state"]["request_id"]
        self._receive, self._send, self._seen = receive, send, 0

    def refuse_announced_excess(self) -> None:
        """Raises BodyTooLarge by Content-Length alone, before any byte is read."""
        length = Headers(scope=self.scope).get("content-length", "0")
        if not (length.isascii() and length.isdigit() and len(length) < 16) or int(length) > self.limit:
            raise BodyTooLarge

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > self.limit:
                # The handler sees a client that hung up, so nothing half-read is acted on; the answer is ours.
                self.overflowed = True
                return {"type": "http.disconnect"}
        return message

    async def send(self, message: Message) -> None:
        if self.overflowed:
            return
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name.lower() for name, _ in message["headers"]}
            extra = [*headers.COMMON, (b"x-request-id", self.request_id.encode())]
            if b"content-security-policy" not in present:
                extra.append((b"content-security-policy", headers.API_CSP.encode()))
            if b"cache-control" not in present:
                extra.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*message["headers"], *(e for e in extra if e[0] not in present)]}
        elif self._silent:
            message = {**message, "body": b""}
        await self._send(message)
