"""The service's way out to relying parties' endpoints: HTTP over TLS, to public addresses only, one POST at a time.

The name is resolved here, every address it has is checked, and a connection is made to a checked address, not to the
name: nothing is resolved twice, so there is nothing to change in between. Proxies of the environment are not used:
they would resolve for us.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpcore

from api.errors import SettingsError
from api.services.webhooks.addresses import is_public
from api.services.webhooks.sending import Answer, NotDelivered
from api.settings import Settings

TIMEOUT: Final = 15.0  # seconds for the whole exchange; receivers should answer first and work later
CONNECT: Final = 5.0
_TRIED: Final = 4  # addresses of a name
AGENT: Final = "minzheng-webhooks/1"

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def _system_resolve(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to a name's addresses if every one of them may be called. One private address among public ones is no
    mistake of anybody's: it is how a check is got round."""

    def __init__(
        self,
        *,
        private: bool,
        resolve: Resolve = _system_resolve,
        network: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._private, self._resolve = private, resolve
        self._inner = httpcore.AnyIOBackend() if network is None else network

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):  # UnicodeError: a label that is too long for a name
            raise NotDelivered("unresolved") from None
        if not self._private and not all(map(is_public, addresses)):
            raise NotDelivered("private-address")
        for address in addresses[:_TRIED]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        raise NotDelivered("unreachable")


class HttpTransport:
    """`api.services.webhooks.sending.Transport`."""

    def __init__(self, network: httpcore.AsyncNetworkBackend, trust: ssl.SSLContext) -> None:
        # No connection is kept: each delivery is checked anew, and a receiver's idle sockets are not ours to hold.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trust, max_connections=None, max_keepalive_connections=0, network_backend=network
        )

    async def close(self) -> None:
        await self._pool.aclose()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Status and Retry-After. The answer's body is not read at all: nothing in it is of use here, and it could be
        endless; its headers are bounded by the parser (100 KiB)."""
        own = {"Content-Type": "application/json", "Content-Length": str(len(body)), "User-Agent": AGENT}
        sent = [*own.items(), *headers.items()]
        patience = {"timeout": {"connect": CONNECT, "read": TIMEOUT, "write": TIMEOUT}}
        try:
            async with (
                asyncio.timeout(TIMEOUT),
                self._pool.stream("POST", url, headers=sent, content=body, extensions=patience) as answer,
            ):
                return Answer(answer.status, _retry_after(answer.headers))
        except (TimeoutError, httpcore.TimeoutException):
            raise NotDelivered("timeout") from None
        except httpcore.ConnectError as error:
            raise NotDelivered("tls" if _by_tls(error) else "unreachable") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError):
            raise NotDelivered("not-http") from None


def _by_tls(error: BaseException | None) -> bool:
    """Whether a connection failed since the receiver's certificate or its TLS did: the library says so only below."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None


def _retry_after(headers: Iterable[tuple[bytes, bytes]]) -> int | None:
    """Seconds (RFC 9110 §10.2.3); dates are not read: they would need a clock that both sides share."""
    value = next((value for name, value in headers if name.lower() == b"retry-after"), b"")
    return int(value) if value.isdigit() and len(value) <= 6 else None


def connect(settings: Settings) -> HttpTransport:
    """By MZ_WEBHOOK_ALLOW_PRIVATE and MZ_WEBHOOK_CA. Opens nothing yet. Raises SettingsError."""
    network = GuardedNetwork(private=settings.webhook_private)
    return HttpTransport(network, _trust(settings.webhook_ca))


def _trust(authorities: Path | None) -> ssl.SSLContext:
    """The system's authorities, or those of the file instead."""
    if authorities is None:
        return _system_trust()
    try:
        return _context(authorities)
    except (OSError, ssl.SSLError):
        raise SettingsError("MZ_WEBHOOK_CA: the file cannot be read, or holds no certificates (PEM)") from None


@cache  # some hundred certificates: a tenth of a second, and they do not change under a process
def _system_trust() -> ssl.SSLContext:
    return _context(None)


def _context(authorities: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authorities)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
