"""Mutual TLS over a real socket, and a proxy's word for it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn

from api.commands.serving import listen, server_config
from api.errors import SettingsError
from api.main import create_app
from api.settings import Settings, for_directory
from api.tls import server_context
from tests.support import signing, tls
from tests.support.api_lab import Lab, problem
from tests.support.signing import BANK
from tests.support.tls import Pair


@pytest.fixture
def ca(tmp_path: Path) -> Pair:
    return tls.make(tmp_path, "ca", ca=True)


@asynccontextmanager
async def serving(lab: Lab, directory: Path, ca: Pair, *, clients: bool = True) -> AsyncIterator[str]:
    """The service behind TLS on an ephemeral port; gives its address."""
    own = tls.make(directory, "server", ca)
    settings = replace(
        lab.service.settings, tls_cert=own.cert, tls_key=own.key, tls_client_ca=ca.cert if clients else None
    )
    with listen("127.0.0.1", 0) as listener:
        server = uvicorn.Server(server_config(create_app(lab.service), server_context(settings)))
        task = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


async def ask(address: str, ca: Pair, own: Pair | None, times: int = 1, **headers: str) -> list[httpx.Response]:
    """GET /v1/party on one connection, with a certificate or none."""
    context = ssl.create_default_context(cafile=str(ca.cert))
    if own is not None:
        context.load_cert_chain(own.cert, own.key)
    async with httpx.AsyncClient(base_url=address, verify=context, trust_env=False) as client:
        return [await client.get("/v1/party", headers=headers) for _ in range(times)]


async def registered(lab: Lab, own: Pair, *, released: bool = True) -> str:
    """A bank that is known by that certificate; gives its key id."""
    now, keyid = lab.clock(), hashlib.sha256(own.der).hexdigest()
    body = {"uscc": BANK, "purpose": "tls", "alg": "x509", "public_key": keyid}
    await signing.act(lab, "system", "parties/keys", body | {"not_before": now, "not_after": now + 1000})
    if released:
        await signing.act(lab, "security", "parties/release", {"keyid": keyid})
    return keyid


async def test_a_party_is_known_by_its_certificate(lab: Lab, tmp_path: Path, ca: Pair) -> None:
    await signing.relying_party(lab)
    bank, stranger = tls.make(tmp_path, "bank", ca), tls.make(tmp_path, "stranger", ca)
    keyid = await registered(lab, bank)
    async with serving(lab, tmp_path, ca) as address:
        answers = await ask(address, ca, bank, times=2)
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json()["uscc"] == BANK
        assert problem((await ask(address, ca, stranger))[0])["detail"] == "signature-refused"
        assert problem((await ask(address, ca, None))[0])["detail"] == "signature-missing"
        await signing.act(lab, "system", "parties/keys/revoke", {"keyid": keyid})
        assert problem((await ask(address, ca, bank))[0])["detail"] == "signature-refused"


async def test_a_certificate_is_good_after_its_release_only(lab: Lab, tmp_path: Path, ca: Pair) -> None:
    await signing.relying_party(lab)
    bank = tls.make(tmp_path, "bank", ca)
    await registered(lab, bank, released=False)
    async with serving(lab, tmp_path, ca) as address:
        assert problem((await ask(address, ca, bank))[0])["detail"] == "signature-refused"


async def test_certificates_of_nobody_end_the_handshake(lab: Lab, tmp_path: Path, ca: Pair) -> None:
    """Also one with the name of the registered one, and the registered one when it has run out."""
    await signing.relying_party(lab)
    alone, old = tls.make(tmp_path, "bank"), tls.make(tmp_path, "old", ca, days=-1)
    await registered(lab, alone)
    async with serving(lab, tmp_path, ca) as address:
        for own in (alone, old):
            with pytest.raises((httpx.TransportError, ssl.SSLError)):
                await ask(address, ca, own)


async def test_without_a_ca_no_certificate_is_asked_for(lab: Lab, tmp_path: Path, ca: Pair) -> None:
    await signing.relying_party(lab)
    bank = tls.make(tmp_path, "bank", ca)
    await registered(lab, bank)
    async with serving(lab, tmp_path, ca, clients=False) as address:
        assert problem((await ask(address, ca, bank))[0])["detail"] == "signature-missing"


def forwarded(own: Pair) -> str:
    """RFC 9440: a byte sequence of the DER."""
    return f":{base64.b64encode(own.der).decode()}:"


@pytest.mark.parametrize(
    ("behind", "believed", "status"), [(True, True, 200), (True, False, 401), (False, True, 401), (False, False, 401)]
)
async def test_a_proxys_word_counts_where_it_is_trusted(
    lab: Lab, tmp_path: Path, ca: Pair, behind: bool, believed: bool, status: int
) -> None:
    await signing.relying_party(lab)
    bank = tls.make(tmp_path, "bank", ca)
    await registered(lab, bank)
    settings = replace(lab.service.settings, behind_proxy=behind, proxy_client_cert=believed)
    object.__setattr__(lab.service, "settings", settings)
    answer = await lab.client.get("/v1/party", headers={"Client-Cert": forwarded(bank)})
    assert answer.status_code == status
    if status == 200:
        two = [("Client-Cert", forwarded(bank)), ("Client-Cert", forwarded(bank))]
        assert problem(await lab.client.get("/v1/party", headers=two))["detail"] == "certificate-malformed"
        for bad in ("", ":", "::", ":%:", forwarded(bank)[1:], forwarded(bank) + ";a"):
            refused = problem(await lab.client.get("/v1/party", headers={"Client-Cert": bad}))
            assert refused["detail"] in ("certificate-malformed", "signature-refused"), bad


def test_settings_of_tls_belong_together(tmp_path: Path, ca: Pair) -> None:
    base = for_directory(tmp_path)
    own = tls.make(tmp_path, "server", ca)
    broken = tmp_path / "broken.pem"
    broken.write_text("no PEM")

    def refused(settings: Settings) -> None:
        with pytest.raises(SettingsError):
            server_context(settings)

    assert server_context(base) is None
    refused(replace(base, tls_cert=own.cert))
    refused(replace(base, tls_key=own.key))
    refused(replace(base, tls_client_ca=ca.cert))
    refused(replace(base, tls_cert=own.cert, tls_key=ca.key))
    refused(replace(base, tls_cert=broken, tls_key=own.key))
    refused(replace(base, tls_cert=own.cert, tls_key=own.key, tls_client_ca=broken))
    refused(replace(base, tls_cert=own.cert, tls_key=tmp_path / "absent"))
    assert server_context(replace(base, tls_cert=own.cert, tls_key=own.key)) is not None
