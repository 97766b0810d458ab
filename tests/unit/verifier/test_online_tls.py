"""TLS of the online part: whom it talks to, and what it shows of itself."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.support import tls
from tests.support.small_server import Reply, serving
from verifier.online.errors import Misconfigured, Unanswered, Unreachable
from verifier.online.transport import Transport, tls_context


def server(pair: tls.Pair, clients_of: tls.Pair | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.cert, pair.key)
    if clients_of is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients_of.cert)
    return context


def ask(url: str, context: ssl.SSLContext | None) -> int:
    transport = Transport(url, tls=context)
    try:
        return transport.request("GET", "/", {}).status
    finally:
        transport.close()


def test_only_a_server_of_the_authority_is_spoken_to(tmp_path: Path) -> None:
    ca, other = tls.make(tmp_path, "ca", ca=True), tls.make(tmp_path, "other", ca=True)
    good, expired = tls.make(tmp_path, "server", ca), tls.make(tmp_path, "expired", ca, days=-1)
    seen: list[str] = []

    def serve(request: object) -> Reply:
        seen.append("asked")
        return Reply()

    with serving(serve, server(good)) as url:
        assert ask(url, tls_context(authorities=str(ca.cert))) == 200
        for context in (tls_context(authorities=str(other.cert)), None):
            with pytest.raises(Unreachable):
                ask(url, context)
        with pytest.raises(Unreachable):  # the right authority, but another host
            ask(url.replace("127.0.0.1", "localhost"), tls_context(authorities=str(ca.cert)))
    with serving(serve, server(expired)) as url, pytest.raises(Unreachable):
        ask(url, tls_context(authorities=str(ca.cert)))
    assert seen == ["asked"]


def test_a_party_shows_its_certificate(tmp_path: Path) -> None:
    ca = tls.make(tmp_path, "ca", ca=True)
    pair, mine = tls.make(tmp_path, "server", ca), tls.make(tmp_path, "bank", ca)
    shown = tls_context(authorities=str(ca.cert), certificate=str(mine.cert), key=str(mine.key))
    with serving(lambda _: Reply(), server(pair, ca)) as url:
        assert ask(url, shown) == 200
        with pytest.raises((Unreachable, Unanswered)):  # TLS 1.3 refuses a client behind the handshake
            ask(url, tls_context(authorities=str(ca.cert)))


def test_files_that_are_none(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    for wrong in ({"authorities": str(tmp_path / "none")}, {"certificate": str(tmp_path / "empty")}):
        with pytest.raises(Misconfigured):
            tls_context(**wrong)
