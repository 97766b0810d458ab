"""Making seals and sealing: the same bytes each time, nothing that would not verify leaves the maker."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from pathlib import Path

import pytest

from certs.errors import SelfCheckFailed
from certs.keys._evp import PrivateKey
from certs.keys.software import SoftwareSigner
from certs.seal import make_seal, seal_package
from certs.seal.document import FILE, LIST, SEAL, VALUE
from tests.support import kit, seals
from tests.support.kit import TestSigner
from tests.support.seals import AT, DAY, SEALER, STAMP, certificate
from verifier import ofd, package
from verifier.hazmat.sm3 import sm3
from verifier.ofdfile import Stamp
from verifier.ses import MISPRINTED_ALGORITHM, Seal


class FaultySigner(TestSigner):
    """Its signatures are wrong in one bit, as after a fault in the computation."""

    def sign(self, message: bytes) -> bytes:
        signature = super().sign(message)
        return bytes((signature[0] ^ 1,)) + signature[1:]


def test_the_seal_says_what_was_ordered() -> None:
    made = Seal.parse(seals.seal())
    order = seals.order()
    assert (made.esid, made.name, made.vid, made.type) == (order.esid, order.name, "MZXIN", 1)
    assert (made.created_at, made.valid_from, made.valid_until) == (order.made_at, order.valid_from, order.valid_until)
    assert made.picture.data == order.picture.png
    assert made.lists(certificate(SEALER))
    assert not made.lists(certificate(seals.OTHER_SEALER))
    assert seals.seal() == made.encoded


def test_the_sample_of_the_page_is_how_a_seal_begins() -> None:
    page = (Path(__file__).parents[3] / "docs/formats/e-seal.md").read_text(encoding="utf-8")
    sample = page.partition("A seal begins")[2].partition("```\n")[2].partition(" …")[0]
    assert len(bytes.fromhex(sample)) > 30
    assert seals.seal().startswith(bytes.fromhex(sample))
    written = seals.sealed_files()[FILE].decode().partition("?>\n")[2]
    shown = page.partition("```xml\n")[2].partition("```")[0].replace("\n", "")
    for piece in shown.split("…"):
        assert piece in written or piece.startswith("Y1Q=")


def test_the_misprinted_identifier_is_never_written() -> None:
    arcs = bytes.fromhex("2a811ccf558375")  # 1.2.156.10197.501
    assert Seal.parse(seals.seal()).misprinted is False
    assert MISPRINTED_ALGORITHM == "1.2.156.10197.501"
    assert arcs not in seals.sealed()


def test_signature_covers_every_other_member_in_order() -> None:
    files = seals.sealed_files()
    assert list(files) == [*seals.plain_files(), LIST, SEAL, FILE, VALUE]
    text = files[FILE].decode()
    named = re.findall(r'FileRef="/([^"]+)"><ofd:CheckValue>([^<]+)<', text)
    assert [name for name, _ in named] == [*seals.plain_files(), LIST, SEAL]
    assert all(b64decode(value) == sm3(files[name]) for name, value in named)
    assert '<ofd:StampAnnot ID="s002" PageRef="10" Boundary="150 230.5 42 42"/>' in text


def test_same_input_same_file() -> None:
    assert package.write(seals.sealed_files()) == seals.sealed()
    other = seals.sealed_files(at=AT)
    assert {n for n, data in seals.sealed_files().items() if other[n] != data} == {FILE, VALUE}


def test_stamps_stand_where_they_were_put() -> None:
    stamps = (STAMP, Stamp(11, (0.0, 0.5, 42.1234, 1.0)))
    whole = package.read(package.write(seals.sealed_files(stamps=stamps)))
    assert ofd.check_seal(whole, seals.bundle(), AT).stamps == stamps


def test_a_key_in_libcrypto_seals_too() -> None:
    maker, signer = (SoftwareSigner(PrivateKey.generate(), process=False) for _ in range(2))
    by_maker = seals.issued(maker, "maker", seals.intermediate(), seals.SUB_CA)  # type: ignore[arg-type]
    by_signer = seals.issued(signer, "seal", seals.intermediate(), seals.SUB_CA)  # type: ignore[arg-type]
    seal = make_seal(seals.order(signers=(by_signer,)), maker=maker, certificate=by_maker)
    files = seal_package(
        seals.plain_files(), seal=seal, certificate=by_signer, signer=signer, at=AT - DAY, stamps=(STAMP,)
    )
    key = replace(seals.key(), key=signer.cose_key)
    seen = ofd.check_seal(package.read(package.write(files)), seals.bundle(key), AT)
    assert (seen.issuer, seen.signed_at) == (kit.REGISTRY, AT - DAY)


def refused(files: dict[str, bytes] | None = None, **changes: object) -> str:
    with pytest.raises(SelfCheckFailed) as caught:
        seals.sealed_files(files, **changes)  # type: ignore[arg-type]
    return caught.value.reason


def test_nothing_wrong_is_given_away() -> None:
    assert "SEAL_NOT_VALID_AT_SIGNING" in refused(at=AT + 2 * seals.YEAR)
    assert "SIGNER_NOT_LISTED" in refused(signer=seals.OTHER_SEALER)
    assert "SEAL_SIGNATURE_INVALID" in refused(signer=FaultySigner(b"sealer"), by=certificate(SEALER))
    assert "SEAL_SIGNATURE_INVALID" in refused(signer=seals.OTHER_SEALER, by=certificate(SEALER))
    broken = seals.seal()[:-1] + bytes((seals.seal()[-1] ^ 1,))
    assert "MAKER_SIGNATURE_INVALID" in refused(with_seal=broken)
    unnamed = seals.plain_files()
    unnamed["OFD.xml"] = re.sub(rb"<ofd:Signatures>.*?</ofd:Signatures>", b"", unnamed["OFD.xml"])
    assert "NOT_SEALED" in refused(unnamed)
    elsewhere = {n: d.replace(b"Signs/Signatures", b"Signs/Other") for n, d in seals.plain_files().items()}
    assert "SEAL_MALFORMED" in refused(elsewhere)


def test_no_wrong_seal_is_given_away() -> None:
    for maker, changes, reason in (
        (FaultySigner(b"maker"), {}, "MAKER_SIGNATURE_INVALID"),
        (SEALER, {}, "MAKER_SIGNATURE_INVALID"),
        (seals.MAKER, {"name": ""}, "text"),
        (seals.MAKER, {"esid": "x" * 300}, "text"),
        (seals.MAKER, {"signers": ()}, "signers"),
        (seals.MAKER, {"valid_until": AT - 60 * DAY}, "validity"),
        (seals.MAKER, {"picture": replace(seals.picture(), png=b"GIF89a")}, "picture"),
        (seals.MAKER, {"picture": replace(seals.picture(), width_mm=0)}, "picture"),
    ):
        with pytest.raises(SelfCheckFailed, match=reason):
            seals.seal(maker, **changes)
