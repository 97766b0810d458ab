"""A server for `bench.charity_service`: the product's own routes, and two beside them under the same edge.

    python -m bench.charity_rig DIRECTORY [DATABASE_URL]      serves that instance on a free port of 127.0.0.1

`/v1/charity/books/rows/donations` reads a batch as any route reads JSON and answers how many rows it has: what is left
of the time is the ledger's. `/bench/epoch` signs the epochs that are due and says how long it took.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import uvicorn
from fastapi import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.bootstrap import open_service
from api.commands.serving import listen, server_config
from api.jobs.loops import run
from api.main import create_app
from api.services.service import Service
from api.settings import Settings
from bench.http_rig import settings_of

ROWS = "/v1/charity/books/rows/donations"


async def _rows(request: Request) -> Response:
    return JSONResponse({"rows": len(json.loads(await request.body())["donations"])})


async def _epoch(request: Request) -> Response:
    service: Service = request.app.state.mzt.service
    start = time.perf_counter()
    count = await service.charity.epochs.run()
    return JSONResponse({"ms": 1000 * (time.perf_counter() - start), "books": count})


async def main(settings: Settings) -> None:
    """Serve until stopped, with all background work, as `mzt serve` does."""
    async with open_service(settings) as service:
        edge = create_app(service, run)
        routes = edge._app.router.routes  # type: ignore[attr-defined]
        routes[:0] = [Route(ROWS, _rows, methods=["POST"]), Route("/bench/epoch", _epoch, methods=["POST"])]
        with listen("127.0.0.1", 0) as listener:
            server = uvicorn.Server(server_config(edge))
            print(listener.getsockname()[1], flush=True)
            await server.serve(sockets=[listener])


if __name__ == "__main__":
    asyncio.run(main(settings_of(Path(sys.argv[1]), *sys.argv[2:3])))
