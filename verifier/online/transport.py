"""One service, over TLS: requests with bounded answers. No redirect is followed, no proxy or setting of the environment
is read: where a request goes is what the caller wrote.
"""

from __future__ import annotations

import http.client
import select
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from .errors import BadAnswer, Misconfigured, Unanswered, Unreachable

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
MAX_ANSWER: Final = 8 << 20
MAX_LINE: Final = 1 << 20
TIMEOUT: Final = 30.0  # seconds for one step of the conversation, not for all of it
_FAILURES: Final = (OSError, http.client.HTTPException)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """Status, headers with lower-case names, body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Origin:
    """`scheme://host[:port]` of a service. `authority` as RFC 9421 §2.2.3 has it: lower case, default port left out."""

    scheme: str
    host: str
    port: int
    authority: str

    @classmethod
    def parse(cls, url: str) -> Origin:
        """Raises Misconfigured: https is required but for this machine itself; no path, account or query."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise Misconfigured("address: expected https://host[:port]") from None
        plain = parts.scheme == "http" and host in LOOPBACK
        extra = parts.username is not None or parts.query or parts.fragment or parts.path not in ("", "/")
        if host is None or extra or not (parts.scheme == "https" or plain):
            raise Misconfigured("address: expected https://host[:port], or http:// on this machine")
        default = 443 if parts.scheme == "https" else 80
        name = f"[{host}]" if ":" in host else host
        authority = name if port in (None, default) else f"{name}:{port}"
        return cls(parts.scheme, host, port or default, authority.lower())


class Transport:
    """Keeps one connection. Not for several threads at once."""

    def __init__(
        self, url: str, *, tls: ssl.SSLContext | None = None, timeout: float = TIMEOUT, authority: str | None = None
    ) -> None:
        """`authority`: what the service calls itself, where it is reached by another address (a tunnel, a test)."""
        self.origin = Origin.parse(url)
        self.authority = authority or self.origin.authority
        self._tls = tls
        self._timeout = timeout
        self._connection: http.client.HTTPConnection | None = None

    def close(self) -> None:
        """End the connection; a later request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"", limit: int = MAX_ANSWER
    ) -> HttpAnswer:
        """The whole answer, of at most `limit` bytes. Raises Unreachable, Unanswered, BadAnswer."""
        response = self._send(method, target, headers, body)
        try:
            data = response.read(limit + 1)
        except _FAILURES:
            self.close()
            raise Unanswered("the answer broke off") from None
        if len(data) > limit:
            self.close()
            raise BadAnswer(f"answer: larger than {limit} bytes")
        if response.length:  # http.client gives a body that is cut short as if it were whole
            self.close()
            raise Unanswered("the answer broke off")
        return HttpAnswer(response.status, _headers(response), data)

    def lines(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Iterator[HttpAnswer | bytes]:
        """First the answer's head (an error's with its body), then one item for each line, as they come.

        A chunked answer that ends early between two lines cannot be told from a whole one here: the caller counts.
        """
        response = self._send(method, target, headers, body)
        try:
            good = response.status == 200
            yield HttpAnswer(response.status, _headers(response), b"" if good else response.read(MAX_LINE))
            while good and (line := response.readline(MAX_LINE + 1)):
                if len(line) > MAX_LINE:
                    raise BadAnswer(f"answer: a line larger than {MAX_LINE} bytes")
                if not line.endswith(b"\n"):
                    raise Unanswered("the answer broke off")
                yield line
        except _FAILURES:
            raise Unanswered("the answer broke off") from None
        finally:
            self.close()  # whoever stops reading half-way leaves nothing for the next request to trip over

    def _send(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> http.client.HTTPResponse:
        connection = self._open()
        try:
            connection.request(method, target, body or None, {"Host": self.authority, **headers})
            return connection.getresponse()
        except _FAILURES:
            self.close()
            raise Unanswered("no answer to a request that was sent") from None

    def _open(self) -> http.client.HTTPConnection:
        if self._connection is not None and self._connection.sock is not None:
            if not select.select([self._connection.sock], [], [], 0)[0]:
                return self._connection
            self.close()  # readable while nothing was asked: the other side has ended it
        o = self.origin
        if o.scheme == "https":
            context = self._tls or ssl.create_default_context()
            self._connection = http.client.HTTPSConnection(o.host, o.port, timeout=self._timeout, context=context)
        else:
            self._connection = http.client.HTTPConnection(o.host, o.port, timeout=self._timeout)
        try:
            self._connection.connect()
        except OSError as e:  # ssl.SSLError is one
            self.close()
            raise Unreachable(f"no connection: {type(e).__name__}") from None
        return self._connection


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    return {name.lower(): value for name, value in response.getheaders()}


def tls_context(
    *, authorities: str | None = None, certificate: str | None = None, key: str | None = None, pin: str | None = None
) -> ssl.SSLContext:
    """TLS of at least 1.2 with the system's authorities, or those of a PEM file; `certificate`, `key` (with its PIN)
    for mutual TLS. Raises Misconfigured."""
    try:
        context = ssl.create_default_context(cafile=authorities)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if certificate is not None:
            context.load_cert_chain(certificate, key, pin)
    except OSError:
        raise Misconfigured("tls: a file cannot be read, or its PIN is wrong") from None
    return context
