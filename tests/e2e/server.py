"""The page's routes and the two artefacts it fetches, on a loopback port, with every request written down."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import uvicorn
from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.web.routes import router
from tests.e2e.world import World


@dataclass
class Record:
    """One request as the server saw it."""

    target: str
    headers: str
    body: bytes = b""


@dataclass
class Site:
    """A running server and what it has been asked."""

    url: str
    requests: list[Record] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)  # path prefixes answered with 503


class _Recorder:
    """Keeps what the outermost layer sees, before anything is parsed."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        target = scope["raw_path"].decode() + "?" + scope["query_string"].decode()
        record = Record(target, repr(scope["headers"]))
        self._site.requests.append(record)
        if any(target.startswith(prefix) for prefix in self._site.broken):
            await Response(status_code=503)(scope, receive, send)
            return

        async def received() -> Message:
            message = await receive()
            record.body += message.get("body", b"")
            return message

        await self._app(scope, received, send)


def application(world: World) -> FastAPI:
    """The router of the product with signed bytes beside it."""
    app = FastAPI(openapi_url=None)
    app.include_router(router)

    @app.get("/v1/trust-bundle")
    async def trust() -> Response:
        return Response(world.trust, media_type="application/cbor", headers={"Cache-Control": "no-store"})

    @app.get("/v1/status-lists/{number}")
    async def status(number: int) -> Response:
        if number not in world.status:
            return Response(status_code=404)
        return Response(
            world.status[number], media_type="application/statuslist+cwt", headers={"Cache-Control": "no-store"}
        )

    return app


@contextmanager
def running(app: ASGIApp) -> Iterator[Site]:
    """Serve on a free port of 127.0.0.1 until the block ends."""
    site = Site("")
    config = uvicorn.Config(_Recorder(app, site), host="127.0.0.1", port=0, log_level="error", ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert thread.is_alive(), "the server ended at once"
        assert time.monotonic() < deadline, "the server does not answer"
        time.sleep(0.02)
    site.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield site
    finally:
        server.should_exit = True
        thread.join(timeout=10)
