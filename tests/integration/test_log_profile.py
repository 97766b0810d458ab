"""A service whose log is of the SHA-256 profile, checked by outsiders' tools as well as by ours."""

from __future__ import annotations

import base64
import hashlib
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from scitt_cose.receipt import verify_receipt

import api.keyring
from api.bootstrap import initialise, open_service
from api.errors import InstanceDamaged
from api.main import create_app
from api.settings import Settings, for_directory
from certs.keys import create_ed25519_key, create_software_key
from chain.errors import UnknownLog
from tests.support.api_lab import NOW, Clock, Lab, problem, running
from verifier.assess import assess
from verifier.checkpoint import SignedNote
from verifier.labels import ALG_EDDSA, CRV_ED25519, CRV_SM2
from verifier.merkle import TreeHash
from verifier.policy import TrustBundle
from verifier.receipt import Receipt
from verifier.tlog_proof import TlogProof


def settings_in(directory: Path) -> Settings:
    return replace(for_directory(directory), log_profile="sha256", log_origin="log.minzheng.example/sha256-2026")


@pytest.fixture
async def sm3_lab(api_template: Path, tmp_path: Path) -> AsyncIterator[Lab]:
    async with running(api_template, tmp_path / "sm3") as made:
        yield made


@pytest.fixture
async def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Lab]:
    monkeypatch.setattr(api.keyring, "create_software_key", partial(create_software_key, n=1024))
    monkeypatch.setattr(api.keyring, "create_ed25519_key", partial(create_ed25519_key, n=1024))
    settings = settings_in(tmp_path / "data")
    await initialise(settings, clock=Clock(NOW - 1000), progress=lambda _: None)
    clock = Clock()
    async with open_service(settings, clock=clock) as service:
        transport = httpx.ASGITransport(create_app(service))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            yield Lab(service, client, clock)


async def issued(lab: Lab) -> tuple[bytes, str]:
    """(holder's file, leaf hash in hexadecimal) of a certificate that is logged and anchored."""
    certificate = (await lab.issue()).json()["certificates"][0]
    await lab.service.ledger.settle()
    return await lab.file(certificate["cti"]), certificate["leaf"]


def ed25519_of(bundle: TrustBundle) -> Ed25519PublicKey:
    (key,) = (k.key for k in bundle.logs[0].keys if k.key.crv == CRV_ED25519)
    return Ed25519PublicKey.from_public_bytes(key.public)


async def test_our_verifier_reaches_l5_and_the_receipt_is_eddsa(lab: Lab) -> None:
    data, leaf = await issued(lab)
    bundle = lab.service.trust.bundle
    assert bundle.logs[0].tree is TreeHash.SHA256
    await lab.service.publishing.publish()
    lists = [(await lab.client.get(f"/v1/status-lists/{n}")).content for n in (1, 2)]
    anchor = await lab.service.anchors.observation()
    report = assess(data, trust=bundle, at=lab.clock(), statuses=lists, anchors=[anchor], level="L5")
    assert report.outcome.value == "PASSED", report.to_json()
    receipt = Receipt.parse((await lab.client.get(f"/v1/log/receipt?leaf={leaf}")).content)
    assert receipt.sign1.headers[1] == ALG_EDDSA


async def test_scitt_cose_accepts_the_receipt_and_refuses_a_changed_one(lab: Lab) -> None:
    _, leaf = await issued(lab)
    answer = (await lab.client.get(f"/v1/log/receipt?leaf={leaf}")).content
    receipt = Receipt.parse(answer)
    bundle = (await lab.client.get(f"/log/tile/entries/000.p/{receipt.size}")).content
    body = bundle[receipt.index * 40 + 2 : receipt.index * 40 + 40]
    pem = ed25519_of(lab.service.trust.bundle).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    result = verify_receipt(answer, leaf_entry_hex=body.hex(), log_public_key_pem=pem)
    assert result.ok, result.errors
    assert (result.issuer, result.tree_size, result.leaf_index) == (receipt.origin, receipt.size, receipt.index)
    other = body[:-1] + bytes([body[-1] ^ 1])
    assert not verify_receipt(answer, leaf_entry_hex=other.hex(), log_public_key_pem=pem).ok


async def test_the_checkpoints_ed25519_line_by_hand(lab: Lab) -> None:
    """C2SP signed-note from raw bytes: what any other tool does."""
    await issued(lab)
    text, _, lines = (await lab.client.get("/log/checkpoint")).text.partition("\n\n")
    first, second = lines.strip().split("\n")
    name, blob = first.removeprefix("— ").split(" ")
    raw = base64.b64decode(blob)
    public = ed25519_of(lab.service.trust.bundle)
    key_id = hashlib.sha256(name.encode() + b"\n\x01" + public.public_bytes_raw()).digest()[:4]
    assert raw[:4] == key_id
    public.verify(raw[4:], f"{text}\n".encode())
    note = SignedNote.parse((await lab.client.get("/log/checkpoint")).content)
    (sm2,) = (k.key for k in lab.service.trust.bundle.logs[0].keys if k.key.crv == CRV_SM2)
    assert note.verify(name, sm2)
    assert second.startswith(f"— {name} ")


async def test_tlog_proof_by_hand_and_by_us(lab: Lab) -> None:
    _, leaf = await issued(lab)
    answer = await lab.client.get(f"/v1/log/proof?leaf={leaf}")
    assert answer.headers["content-type"].startswith("text/plain")
    proof = TlogProof.parse(answer.content)
    assert proof.encode() == answer.content
    assert proof.verify(lab.service.trust.bundle.logs[0], bytes.fromhex(leaf))
    assert not proof.verify(lab.service.trust.bundle.logs[0], bytes(32))
    head, _, note = answer.text.partition("\n\n")
    lines = head.split("\n")
    assert lines[0] == "c2sp.org/tlog-proof@v1"
    index, size = int(lines[1].removeprefix("index ")), int(note.split("\n")[1])
    node, at, width = bytes.fromhex(leaf), index, size - 1
    for step in (base64.b64decode(line) for line in lines[2:]):  # RFC 9162 section 2.1.3.2, written anew
        if at % 2 or at == width:
            node = hashlib.sha256(b"\x01" + step + node).digest()
            while at % 2 == 0 and at:
                at, width = at >> 1, width >> 1
        else:
            node = hashlib.sha256(b"\x01" + node + step).digest()
        at, width = at >> 1, width >> 1
    assert base64.b64encode(node).decode() == note.split("\n")[2]


async def test_a_log_of_the_sm3_profile_gives_no_tlog_proof(sm3_lab: Lab) -> None:
    certificate = (await sm3_lab.issue()).json()["certificates"][0]
    await sm3_lab.service.ledger.settle()
    answer = await sm3_lab.client.get(f"/v1/log/proof?leaf={certificate['leaf']}")
    assert problem(answer)["code"] == "not-found"


async def test_the_profile_cannot_be_changed_later(lab: Lab, tmp_path: Path) -> None:
    other = replace(settings_in(tmp_path / "copy"), log_profile="sm3")
    shutil.copytree(lab.service.settings.data_dir, tmp_path / "copy")
    with pytest.raises((UnknownLog, InstanceDamaged), match="sha"):
        async with open_service(other, clock=Clock()) as service:
            await service.ledger.checkpoint()
