"""A mail relay on loopback: real SMTP (RFC 5321, STARTTLS of RFC 3207), which keeps what it was handed.

async with relay(pem) as post:
    post.answers["RCPT"] = b"550 5.1.1 no such user"      # instead of 250
    ... post.port, post.got[0]["To"]
"""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import SMTP
from pathlib import Path


@dataclass
class Relay:
    port: int = 0
    starttls: bool = True
    got: list[Message] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    answers: dict[str, bytes] = field(default_factory=dict)
    logins: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def relay(pem: Path, *, tls: bool = False) -> AsyncIterator[Relay]:
    """`pem`: certificate and key in one file. `tls`: from the first byte, as on port 465."""
    post = Relay()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _session(post, context, reader, writer, encrypted=tls)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context if tls else None)
    post.port = server.sockets[0].getsockname()[1]
    try:
        yield post
    finally:
        server.close()
        await server.wait_closed()


async def _session(
    post: Relay,
    context: ssl.SSLContext,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    *,
    encrypted: bool,
) -> None:
    writer.write(b"220 relay.example ESMTP\r\n")
    while line := await reader.readline():
        verb = line[:4].upper().decode("ascii", "replace").strip()
        if verb in post.answers:
            writer.write(post.answers[verb] + b"\r\n")
        elif verb == "EHLO":
            offered = b"250-STARTTLS\r\n" if post.starttls and not encrypted else b""
            writer.write(b"250-relay.example\r\n" + offered + b"250 AUTH PLAIN\r\n")
        elif verb == "STAR":
            writer.write(b"220 go ahead\r\n")
            await writer.drain()
            await writer.start_tls(context)
            encrypted = True
        elif verb == "AUTH":
            post.logins.append(base64.b64decode(line.split()[2]))
            writer.write(b"235 welcome\r\n")
        elif verb == "RCPT":
            post.recipients.append(line.partition(b"<")[2].partition(b">")[0].decode("ascii"))
            writer.write(b"250 ok\r\n")
        elif verb == "DATA":
            writer.write(b"354 go ahead\r\n")
            data = await reader.readuntil(b"\r\n.\r\n")
            post.got.append(message_from_bytes(data[:-3].replace(b"\r\n..", b"\r\n."), policy=SMTP))
            post.encrypted.append(encrypted)
            writer.write(b"250 queued\r\n")
        elif verb == "QUIT":
            writer.write(b"221 bye\r\n")
            return
        else:
            writer.write(b"250 ok\r\n")
        await writer.drain()
