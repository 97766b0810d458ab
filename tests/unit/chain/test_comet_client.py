"""The CometBFT client against a server that answers as none should."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from chain.anchor import comet_client
from chain.anchor.comet_client import CometClient
from chain.errors import ChainUnavailable


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        method = self.path.partition("?")[0].strip("/")
        body = {
            "good": b'{"result": {"asked": %s}}' % json.dumps(self.path).encode(),
            "error": b'{"error": {"code": -32603}}',
            "scalar": b'{"result": 1}',
            "list": b"[]",
            "text": b"not json",
            "latin": b'{"result": "\xff"}',
            "long": b" " * 2000,
        }.get(method, b"")
        self.send_response(302 if method == "elsewhere" else 200)
        if method == "elsewhere":
            self.send_header("Location", "/good")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_parameters_are_passed(url: str) -> None:
    answer = await CometClient(url).get("good", {"path": '"/store"', "height": "3"})
    assert answer["asked"] == "/good?path=%22%2Fstore%22&height=3"


@pytest.mark.parametrize("method", ["error", "scalar", "list", "text", "latin", "nothing", "elsewhere"])
async def test_answers_that_make_no_sense(url: str, method: str) -> None:
    with pytest.raises(ChainUnavailable, match=f"no result for {method}"):
        await CometClient(url).get(method, {})


async def test_answers_are_bounded(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comet_client, "MAX_ANSWER_BYTES", 1000)
    with pytest.raises(ChainUnavailable, match="too long"):
        await CometClient(url).get("long", {})


async def test_the_address_is_in_no_message() -> None:
    with pytest.raises(ChainUnavailable) as refused:
        await CometClient("http://user:hunter2@127.0.0.1:9", timeout=1.0).get("status", {})
    assert "hunter2" not in str(refused.value)
