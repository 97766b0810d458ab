"""A JSON-RPC proxy that does what a test tells it to: forwards, lies, swallows, refuses, is not there.

with RpcProxy("http://127.0.0.1:8545") as proxy:
    proxy.on("eth_sendRawTransaction", refuse(-32000, "mempool is full"))
    proxy.on("eth_call", lambda params, forward: altered(forward(params)))
    proxy.stop()   # connections are refused
    proxy.start()  # at the same port again
"""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Forward = Callable[[list[Any]], Any]
Handler = Callable[[list[Any], Forward], Any]


class RpcError(Exception):
    """An error object instead of a result."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code, self.message, self.data = code, message, data


class Hang(Exception):
    """The connection is closed without an answer, after the request was handled."""


def refuse(code: int, message: str) -> Handler:
    """A handler that forwards nothing."""

    def handler(params: list[Any], forward: Forward) -> Any:
        raise RpcError(code, message)

    return handler


def vanish(params: list[Any], forward: Forward) -> Any:
    """A handler that does what was asked and never says so."""
    forward(params)
    raise Hang


class RpcProxy:
    """In front of one node. `calls` are the method names that came in; batches are taken apart."""

    def __init__(self, upstream: str, *, max_batch: int | None = None) -> None:
        self.upstream = upstream
        self.max_batch = max_batch
        self.calls: list[str] = []
        self._handlers: dict[str, Handler] = {}
        self._server: ThreadingHTTPServer | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> RpcProxy:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def on(self, method: str, handler: Handler) -> None:
        """From now on this method is handled so."""
        self._handlers[method] = handler

    def honest(self, *methods: str) -> None:
        """Forward these again; all, if none is named."""
        for method in methods or tuple(self._handlers):
            self._handlers.pop(method, None)

    def start(self) -> None:
        if self._server is None:
            self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._door())
            self._server.daemon_threads = True
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def forward(self, method: str, params: list[Any]) -> Any:
        """The node's result. Raises RpcError with the node's error, Hang if there is no node."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = urllib.request.Request(self.upstream, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                document = json.loads(answer.read())
        except (urllib.error.URLError, OSError):
            raise Hang from None
        if "error" in document:
            error = document["error"]
            raise RpcError(error["code"], error["message"], error.get("data"))
        return document["result"]

    def _one(self, call: Any) -> dict[str, Any]:
        method, params = call["method"], call.get("params", [])
        self.calls.append(method)

        def forward(given: list[Any]) -> Any:
            return self.forward(method, given)

        envelope = {"jsonrpc": "2.0", "id": call["id"]}
        handler = self._handlers.get(method)
        try:
            return {**envelope, "result": forward(params) if handler is None else handler(params, forward)}
        except RpcError as error:
            detail: dict[str, Any] = {"code": error.code, "message": error.message}
            if error.data is not None:
                detail["data"] = error.data
            return {**envelope, "error": detail}

    def _answer(self, body: bytes) -> Any:
        asked = json.loads(body)
        if not isinstance(asked, list):
            return self._one(asked)
        if self.max_batch is not None and len(asked) > self.max_batch:
            return {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "batch request is too large"}}
        return [self._one(call) for call in asked]

    def _door(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                try:
                    answer = json.dumps(proxy._answer(body)).encode()
                except Hang:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *arguments: Any) -> None:
                pass

        return Door
