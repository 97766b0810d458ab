"""A real certificate's OFD under a real seal: page, picture, holder's file and metadata are all bound, and readable."""

from __future__ import annotations

import io
from dataclasses import replace
from functools import cache

import ofdkit
import pytest
from PIL import Image

from certs.documents.ofd import render_with_stamp
from certs.documents.sealpicture import seal_picture
from certs.keys._evp import PrivateKey
from certs.keys.software import SoftwareSigner
from certs.seal import Picture, make_seal, seal_package
from tests.support import pages, seals
from tests.support.seals import AT, DAY
from verifier import ofd, package
from verifier.ofdfile import Stamp, holder_file, read_entry
from verifier.policy import TrustBundle
from verifier.sealfault import SealFault, SealRefused

HOLDER_FILE = bytes(range(256)) * 10
PICTURE = seal_picture("示例市甲区民政局")


@cache
def world() -> tuple[dict[str, bytes], TrustBundle]:
    """Files of a sealed marriage certificate and the bundle that knows its signer. Keys live in libcrypto."""
    maker, signer = (SoftwareSigner(PrivateKey.generate(), process=False) for _ in range(2))
    by_maker = seals.issued(maker, "maker", seals.intermediate(), seals.SUB_CA)  # type: ignore[arg-type]
    by_signer = seals.issued(signer, "seal", seals.intermediate(), seals.SUB_CA)  # type: ignore[arg-type]
    picture = Picture(PICTURE.png, round(PICTURE.width_mm), round(PICTURE.height_mm))
    seal = make_seal(seals.order(signers=(by_signer,), picture=picture), maker=maker, certificate=by_maker)
    made = render_with_stamp(
        pages.page_of("marriage", seal=PICTURE),
        code=pages.code(),
        holder_file=HOLDER_FILE,
        custom={"ZZMC": "结婚证"},
        issued_at=AT - DAY,
        sealed=True,
    )
    assert made.stamp is not None
    stamp = Stamp(made.stamp.page, made.stamp.box)
    files = seal_package(made.files, seal=seal, certificate=by_signer, signer=signer, at=AT - DAY, stamps=(stamp,))
    return files, seals.bundle(replace(seals.key(), key=signer.cose_key))


def check(files: dict[str, bytes]) -> ofd.SealSeen:
    return ofd.check_seal(package.read(package.write(files, b"MZR1statement")), world()[1], AT)


def test_it_passes_and_says_whose_seal_it_is() -> None:
    seen = check(world()[0])
    assert (seen.seal_name, seen.issuer, seen.signed_at, seen.warnings) == (
        seals.order().name, seals.kit.REGISTRY, AT - DAY, (),
    )  # fmt: skip
    assert seen.picture.data == PICTURE.png
    assert Image.open(io.BytesIO(seen.picture.data)).format == "PNG"
    (stamp,) = seen.stamps
    assert stamp.box[2:] == (PICTURE.width_mm, PICTURE.height_mm)
    assert f'<ofd:Page ID="{stamp.page}"'.encode() in world()[0]["Doc_0/Document.xml"]


def test_what_is_attached_and_said_comes_back() -> None:
    whole = package.read(package.write(world()[0]))
    assert holder_file(whole) == HOLDER_FILE
    assert read_entry(whole).custom["ZZMC"] == "结婚证"


def test_a_reader_of_ofd_opens_it() -> None:
    with ofdkit.open(io.BytesIO(package.write(world()[0]))) as document:
        assert "示例" in document.text()


def test_no_member_can_be_changed_or_left_out() -> None:
    files = world()[0]
    assert len(files) > 10
    for name, data in files.items():
        middle = len(data) // 2
        changed = data[:middle] + bytes((data[middle] ^ 1,)) + data[middle + 1 :]
        for forged in ({**files, name: changed}, {n: d for n, d in files.items() if n != name}):
            with pytest.raises(SealRefused) as caught:
                check(forged)
            assert caught.value.fault.failed or caught.value.fault is SealFault.UNSUPPORTED, name
