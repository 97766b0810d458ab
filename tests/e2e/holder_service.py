"""A real service in a thread of its own, with a bank that asks: for the pages of holders and offices in a browser."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn

from api.bootstrap import open_service
from api.main import create_app
from tests.support import api_lab, signing
from tests.support.consenting import activation, begin, fetch
from tests.support.signing import Client

T = TypeVar("T")


class Ticking(api_lab.Clock):
    """The time that the browser has, too."""

    def __call__(self) -> int:
        return int(time.time())


@dataclass(frozen=True)
class Running:
    """Where it listens, and what can be done there by others than the holder."""

    url: str
    lab: api_lab.Lab
    bank: Client
    loop: asyncio.AbstractEventLoop

    def do(self, action: Coroutine[Any, Any, T]) -> T:
        """Run it where the service runs."""
        return asyncio.run_coroutine_threadsafe(action, self.loop).result(timeout=60)

    def enrol(self, person: dict[str, str]) -> str:
        """The activation code that the officer prints."""
        return str(self.do(activation(self.lab, person))["activation_code"])

    def ask(self, code: str, *asks: dict[str, Any], **more: Any) -> httpx.Response:
        return self.do(begin(self.lab, self.bank, code, *asks, **more))

    def fetch(self, trx: str) -> httpx.Response:
        return self.do(fetch(self.lab, self.bank, trx))


@contextmanager
def running(directory: Path) -> Iterator[Running]:
    """A new instance with one couple's certificates, until the block ends."""
    started, stop = threading.Event(), threading.Event()
    found: list[Running | BaseException] = []

    async def serve() -> None:
        with pytest.MonkeyPatch.context() as patch:
            source = await api_lab.template(directory / "template", patch, Ticking())
        settings = api_lab.copied(source, directory / "data")
        clock = Ticking()
        async with open_service(settings, clock=clock) as service:
            app = create_app(service)
            transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
            config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none", lifespan="off")
            server = uvicorn.Server(config)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                lab = api_lab.Lab(service, client, clock)
                assert (await lab.issue()).status_code == 201
                bank = await signing.relying_party(lab, category="bank")
                serving = asyncio.create_task(server.serve())
                while not server.started:
                    await asyncio.sleep(0.01)
                url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
                found.append(Running(url, lab, bank, asyncio.get_running_loop()))
                started.set()
                await asyncio.to_thread(stop.wait)
                server.should_exit = True
                await serving

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            found.append(error)
            raise
        finally:
            started.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(timeout=120)
    assert isinstance(found[0], Running), found
    try:
        yield found[0]
    finally:
        stop.set()
        thread.join(timeout=30)
