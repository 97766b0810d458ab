"""HTTP to a witness that means harm: it may answer anything, and may cost no more than an answer."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from api.witnesslink import MAX_ANSWER_BYTES, HttpxTransport
from chain.errors import WitnessUnavailable


@asynccontextmanager
async def answering(head: bytes, body: bytes, status: bytes = b"200 OK") -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that says the same to every request; its address, and the requests' heads as they came."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).lower())
        length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        writer.write(b"HTTP/1.1 " + status + b"\r\n" + head + length + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x", heads


@pytest.fixture
async def transport() -> AsyncIterator[HttpxTransport]:
    made = HttpxTransport()
    yield made
    await made.close()


async def test_a_packed_answer_is_not_unpacked(transport: HttpxTransport) -> None:
    """Packed twice, 800 bytes were 400 megabytes before the first of them could be counted."""
    small = gzip.compress(gzip.compress(bytes(MAX_ANSWER_BYTES)))
    for coding in (b"gzip, gzip", b"gzip", b"deflate", b"GZIP", b"identity, gzip"):
        async with answering(b"Content-Encoding: " + coding + b"\r\n", small) as (url, heads):
            with pytest.raises(WitnessUnavailable, match="packed"):
                await transport.get(url)
            assert b"accept-encoding: identity\r\n" in heads[0]
    async with answering(b"Content-Encoding: identity\r\n", b"5\n") as (url, _):
        assert (await transport.get(url)).body == b"5\n"


async def test_a_witness_leaves_no_cookies(transport: HttpxTransport) -> None:
    cookie = b"Set-Cookie: a=" + b"x" * 1000 + b"; Path=/\r\n"
    async with answering(cookie, b"5\n") as (url, heads):
        for _ in range(2):
            assert (await transport.post(url, b"body")).body == b"5\n"
    assert len(heads) == 2
    assert not any(b"cookie" in head for head in heads)


async def test_an_answer_that_is_too_long_is_none(transport: HttpxTransport) -> None:
    async with answering(b"", bytes(MAX_ANSWER_BYTES + 1)) as (url, _):
        with pytest.raises(WitnessUnavailable, match="too long"):
            await transport.get(url)


async def test_a_redirect_is_an_answer_and_not_followed(transport: HttpxTransport) -> None:
    async with answering(b"", b"secret") as (inside, reached):
        location = b"Location: " + inside.encode() + b"\r\n"
        async with answering(location, b"", b"302 Found") as (url, _):
            answer = await transport.get(url)
        assert (answer.status, answer.body, reached) == (302, b"", [])
