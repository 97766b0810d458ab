"""Sockets and server settings that `mzt serve`, `mzt witness serve` and the demo share."""

from __future__ import annotations

import socket
import ssl

import uvicorn

from api.tls import PeerProtocol

BACKLOG = 2048  # uvicorn's own


def server_config(app: object, tls: ssl.SSLContext | None = None) -> uvicorn.Config:
    """uvicorn without its own access log (it prints paths and queries) and without its banner headers."""
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=20,
        http=PeerProtocol,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
        h11_max_incomplete_event_size=16 * 1024,
    )


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Who is told the address may connect at once, and is answered later.

    The protocol is named and Nagle's algorithm off: asyncio only turns it off itself for sockets whose protocol number
    says TCP, and an answer in two writes then waits 40 ms for the client's delayed acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener
