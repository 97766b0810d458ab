"""A relying party's endpoint: a real HTTPS server on loopback that answers as it is told, and remembers what came.

async with receiving(tmp_path) as there:
    there.answers = [503, 200]          # then 200 for ever; Answer(...) for what is stranger than a status
    ... there.url, there.ca, there.got
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Answer:
    """`raw` instead of a proper answer; `hangs`: none at all, the connection stays open."""

    status: int = 200
    headers: tuple[str, ...] = ()
    raw: bytes = b""
    hangs: bool = False

    def bytes(self) -> bytes:
        head = [f"HTTP/1.1 {self.status} X", "Content-Length: 0", "Connection: close", *self.headers]
        return self.raw or ("\r\n".join(head) + "\r\n\r\n").encode()


@dataclass
class Message:
    """A request that came whole."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    port: int
    ca: Path
    got: list[Message] = field(default_factory=list)
    answers: list[int | Answer] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}/hook"

    def next(self) -> Answer:
        told = self.answers.pop(0) if self.answers else 200
        return Answer(told) if isinstance(told, int) else told


def certificate(directory: Path, address: str = "127.0.0.1") -> Path:
    """A self-signed certificate with its key, in one PEM file; it is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = directory / f"receiver-{address}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return path


@asynccontextmanager
async def receiving(directory: Path, *, names: str = "127.0.0.1") -> AsyncIterator[Receiver]:
    """`names`: the address that its certificate is for."""
    pem = certificate(directory, names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    open_ones: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        try:
            there.got.append(await _request(reader))
            answer = there.next()
            if answer.hangs:
                await reader.read()  # until the other side gives up
                return
            writer.write(answer.bytes())
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            open_ones.discard(writer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    there = Receiver(server.sockets[0].getsockname()[1], pem)
    try:
        yield there
    finally:
        server.close()
        for writer in open_ones:
            writer.transport.abort()
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader) -> Message:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    fields = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in fields}
    body = await reader.readexactly(int(headers["content-length"]))
    return Message(head[0].split(" ")[1], headers, body)
