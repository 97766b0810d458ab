"""A sealed OFD and everybody behind it, deterministic: authorities, the seal's maker, the registry's seal key.

`Seals` makes what is right; tests take it apart, or make the wrong thing with the same keys. Signers of `kit` only.
"""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

from asn1crypto import x509

from certs.pki import Subject, certify, make, read_certificate, self_signed
from certs.pki.forms import signature_bits
from certs.seal import Picture, SealOrder, make_seal, seal_package
from tests.support import kit
from tests.support.kit import TestSigner
from verifier import package
from verifier.hazmat.sm3 import sm3
from verifier.ofdfile import Stamp
from verifier.policy import Issuer, IssuerKey, TrustBundle

AT = kit.AT
DAY = kit.DAY
YEAR = 366 * DAY
ROOT_ORGANISATION = "11990000MB9T00011H"
ROOT_CA, SUB_CA = TestSigner(b"root ca"), TestSigner(b"sub ca")
STRANGE_CA, DEEP_CA = TestSigner(b"strange ca"), TestSigner(b"deep ca")
MAKER, SEALER, OTHER_SEALER = TestSigner(b"maker"), TestSigner(b"sealer"), TestSigner(b"other sealer")
STAMP = Stamp(10, (150.0, 230.5, 42.0, 42.0))


def entropy(seed: bytes) -> Callable[[int], bytes]:
    return lambda n: sm3(b"serial" + seed)[:n]


def subject(signer: TestSigner, purpose: str, uscc: str = ROOT_ORGANISATION, name: str = "示例部门（虚构）") -> Subject:
    return Subject(uscc, name, purpose, signer.public_key)


@cache
def authority(signer: TestSigner = ROOT_CA) -> bytes:
    """A root's certificate."""
    return self_signed(subject(signer, "ca-root"), signer, (AT - 2 * YEAR, AT + 20 * YEAR), entropy(signer.seed))


@cache
def intermediate(signer: TestSigner = SUB_CA, root: TestSigner = ROOT_CA) -> bytes:
    times = (AT - 2 * YEAR, AT + 10 * YEAR)
    above = read_certificate(authority(root))
    return certify(subject(signer, "ca-sub"), above, root, times, entropy(signer.seed + root.seed))


@cache
def certificate(
    signer: TestSigner,
    purpose: str = "seal",
    uscc: str = kit.REGISTRY,
    times: tuple[int, int] = (AT - YEAR, AT + 3 * YEAR),
    ca: TestSigner = SUB_CA,
    root: TestSigner = ROOT_CA,
) -> bytes:
    """A certificate by the intermediate authority `ca`."""
    return certify(
        subject(signer, purpose, uscc, "示例婚姻登记处（虚构）"),
        read_certificate(intermediate(ca, root)),
        ca,
        times,
        entropy(signer.seed + purpose.encode() + repr(times).encode()),
    )


def issued(
    signer: TestSigner,
    purpose: str,
    above: bytes,
    by: TestSigner,
    times: tuple[int, int] = (AT - YEAR, AT + YEAR),
) -> bytes:
    """A certificate by whoever: also by one who is no authority, or none for that."""
    issuer = read_certificate(above)
    who, name = subject(signer, purpose, kit.REGISTRY), x509.Name.load(issuer.subject)
    serial = entropy(b"issued" + signer.public_key + repr(times).encode())
    return make._signed(make._to_be_signed(who, name, issuer.subject_key_id, times, serial, None), by)


@cache
def too_deep() -> bytes:
    """An authority below one that may have none below it."""
    return issued(DEEP_CA, "ca-sub", intermediate(), SUB_CA)


@cache
def no_authority() -> bytes:
    """A signer's certificate by the root itself."""
    return issued(SEALER, "seal", authority(), ROOT_CA)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def picture(grey: int = 0x80) -> Picture:
    """One grey dot; its zlib stream is a stored block, so that no compressor has a say in it."""
    raw = bytes((0, grey))
    stored = (
        b"\x78\x01\x01" + struct.pack("<HH", len(raw), len(raw) ^ 0xFFFF) + raw + struct.pack(">I", zlib.adler32(raw))
    )
    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    png = b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", stored) + _chunk(b"IEND", b"")
    return Picture(png, 42, 42)


def order(**changes: Any) -> SealOrder:
    base = SealOrder(
        esid="99000000000001",
        name="示例婚姻登记处电子证照专用章（虚构）",
        signers=(certificate(SEALER),),
        picture=picture(),
        made_at=AT - 30 * DAY,
        valid_from=AT - 30 * DAY,
        valid_until=AT + YEAR,
    )
    return replace(base, **changes)


@cache
def maker_certificate() -> bytes:
    return certificate(MAKER, "maker", ROOT_ORGANISATION)


def seal(maker: TestSigner = MAKER, by: bytes | None = None, **changes: Any) -> bytes:
    return make_seal(order(**changes), maker=maker, certificate=by or maker_certificate())


XML = '<?xml version="1.0" encoding="UTF-8"?>\n<ofd:{0} xmlns:ofd="http://www.ofdspec.org/2016"{1}>{2}</ofd:{0}>'


def xml(root: str, body: str, attributes: str = "") -> bytes:
    return XML.format(root, attributes, body).encode()


def tag(name: str, body: str) -> str:
    return f"<ofd:{name}>{body}</ofd:{name}>"


def plain_files(page: str = "示例") -> dict[str, bytes]:
    """A small OFD, not sealed yet, that names the list of its signatures."""
    custom = '<ofd:CustomData Name="ZZMC">结婚证</ofd:CustomData><ofd:CustomData Name="CZZT">示例</ofd:CustomData>'
    info = tag("DocInfo", tag("DocID", "0" * 32) + tag("CustomDatas", custom))
    body = info + tag("DocRoot", "Doc_0/Document.xml") + tag("Signatures", "/Doc_0/Signs/Signatures.xml")
    area = tag("PageArea", tag("PhysicalBox", "0 0 210 297"))
    common = tag("CommonData", tag("MaxUnitID", "12") + area)
    pages = tag("Pages", '<ofd:Page ID="10" BaseLoc="Pages/Page_0/Content.xml"/>')
    words = f'<ofd:TextCode X="0" Y="5">{page}</ofd:TextCode>'
    text = f'<ofd:TextObject ID="12" Boundary="20 20 100 10" Font="1" Size="5">{words}</ofd:TextObject>'
    content = tag("Content", f'<ofd:Layer ID="11">{text}</ofd:Layer>')
    place = tag("FileLoc", "Attachs/certificate.mzc")
    attached = f'<ofd:Attachment ID="a" Name="certificate.mzc">{place}</ofd:Attachment>'
    return {
        "OFD.xml": xml("OFD", tag("DocBody", body), ' Version="1.0" DocType="OFD"'),
        "Doc_0/Document.xml": xml("Document", common + pages + tag("Attachments", "Attachments.xml")),
        "Doc_0/Pages/Page_0/Content.xml": xml("Page", content),
        "Doc_0/Attachments.xml": xml("Attachments", attached),
        "Doc_0/Attachs/certificate.mzc": b"\xd2holder's file",
    }


def sealed_files(
    files: dict[str, bytes] | None = None,
    *,
    with_seal: bytes | None = None,
    signer: TestSigner = SEALER,
    by: bytes | None = None,
    at: int = AT - DAY,
    stamps: tuple[Stamp, ...] = (STAMP,),
) -> dict[str, bytes]:
    return seal_package(
        files or plain_files(),
        seal=with_seal or seal(),
        certificate=by or certificate(signer),
        signer=signer,
        at=at,
        stamps=stamps,
    )


@cache
def _sealed() -> bytes:
    return package.write(sealed_files())


def sealed(**changes: Any) -> bytes:
    """A sealed package as a file."""
    return _sealed() if not changes else package.write(sealed_files(**changes))


def check_value(data: bytes) -> str:
    """As a reference has it."""
    return b64encode(sm3(data)).decode()


def key(signer: TestSigner = SEALER, **changes: Any) -> IssuerKey:
    return replace(IssuerKey(signer.key, AT - YEAR, AT + YEAR, frozenset(), False, seals=True), **changes)


def bundle(*keys: IssuerKey, authorities: tuple[bytes, ...] | None = None) -> TrustBundle:
    """The world's trust bundle, with the registry's seal key and the authorities."""
    base = kit.bundle()
    registry, *others = base.issuers
    with_seal: Issuer = replace(registry, keys=(*registry.keys, *(keys or (key(),))))
    listed = (authority(), intermediate()) if authorities is None else authorities
    return replace(base, issuers=(with_seal, *others), authorities=listed)


def signature_of(signer: TestSigner, message: bytes) -> bytes:
    """DER."""
    return signature_bits(signer.sign(message))
