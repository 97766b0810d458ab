"""Electronic seals and seal signatures, version 4 (GB/T 38540-2020 clauses 6.1 and 7.1).

    SESeal        { { { "ES", 4, vid }, esID, { type, name, certListType, certList, createDate, validStart, validEnd },
                      { pictureType, data, width, height }, [0] { extensions } }, cert, signAlgID, signedValue }
    SES_Signature { { 4, SESeal, timeInfo, dataHash, propertyInfo, [0] { extensions } },
                    cert, signatureAlgID, signature, [0] timeStamp }

The maker signs the DER of the seal's first member, the signer that of the signature's. The tags are EXPLICIT, times are
GeneralizedTime, signatures SEQUENCE { r, s } in a BIT STRING. Version 1 (GM/T 0031) differs and is Unsupported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from . import der
from .errors import Malformed, Unsupported
from .hazmat.sm3 import sm3
from .x509 import SM2_WITH_SM3, X509, raw_signature

FORMAT: Final = "e-seal"
MAX_SEAL_BYTES: Final = 1 << 18
MAX_BYTES: Final = 1 << 19
MAX_CERTIFICATES: Final = 64
MAX_TEXT: Final = 256  # characters
MAX_MILLIMETRES: Final = 1000
VERSION: Final = 4
CERTIFICATES: Final = 1
"""certListType: the list holds certificates."""
DIGESTS: Final = 2
"""certListType: the list holds SM3 digests of certificates."""
SM3_OID: Final = "1.2.156.10197.1.401"
MISPRINTED_ALGORITHM: Final = "1.2.156.10197.501"
"""What a widespread writer puts for SM2 with SM3, an arc short. Read with a warning, never written."""
PICTURES: Final[Mapping[str, bytes]] = MappingProxyType({"PNG": b"\x89PNG\r\n\x1a\n"})


@dataclass(frozen=True, slots=True)
class Picture:
    """What the seal looks like. `data`: of the format that `type` names; millimetres on paper."""

    type: str
    data: bytes = field(repr=False)
    width_mm: int
    height_mm: int


@dataclass(frozen=True, slots=True)
class Seal:
    """An SESeal, parsed and not yet believed. Times are seconds UTC.

    signed: what the maker signed. signers: certificates (certListType 1) or their SM3 digests (2) as bytes.
    maker: the certificate as bytes. misprinted: the algorithm stands as MISPRINTED_ALGORITHM.
    """

    encoded: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    vid: str
    esid: str
    type: int
    name: str
    list_type: int
    signers: frozenset[bytes] = field(repr=False)
    created_at: int
    valid_from: int
    valid_until: int
    picture: Picture
    maker: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    misprinted: bool = False

    @classmethod
    def parse(cls, data: bytes) -> Seal:
        """Parse DER. Raises Malformed or Unsupported."""
        return cls.of(der.parse(data, max_bytes=MAX_SEAL_BYTES))

    @classmethod
    def of(cls, node: der.Node) -> Seal:
        """The seal in an element. Raises Malformed or Unsupported."""
        f = der.Fields(FORMAT, node)
        info = f.take(der.SEQUENCE)
        maker = f.take(der.OCTET_STRING).octets()
        misprinted = _algorithm(f.take(der.OID))
        signature = raw_signature(f.take(der.BIT_STRING).bits())
        f.end()
        i = der.Fields(FORMAT, info)
        vid = _header(i.take(der.SEQUENCE))
        esid = _text(i.take(der.IA5_STRING), der.IA5_STRING)
        properties = der.Fields(FORMAT, i.take(der.SEQUENCE))
        picture = _picture(i.take(der.SEQUENCE))
        _extensions(i.explicit(0))
        if i.optional(der.SEQUENCE) is not None:  # as two writers do; which form the standard means is not settled
            raise Unsupported("e-seal: extension data without a tag")
        i.end()
        type_, name = properties.take(der.INTEGER).integer(), properties.take(der.UTF8_STRING)
        list_type = properties.take(der.INTEGER).integer()
        signers = _signers(list_type, properties.take(der.SEQUENCE))
        created, start, end = (_time(properties) for _ in range(3))
        properties.end()
        if end <= start:
            raise Malformed(FORMAT, "validity", "ends before it begins")
        return cls(
            node.raw,
            info.raw,
            vid,
            esid,
            type_,
            _text(name, der.UTF8_STRING),
            list_type,
            signers,
            created,
            start,
            end,
            picture,
            maker,
            signature,
            misprinted,
        )

    def lists(self, certificate: bytes) -> bool:
        """Whether that certificate may sign with this seal."""
        return (certificate if self.list_type == CERTIFICATES else sm3(certificate)) in self.signers

    def made_by(self, maker: X509) -> bool:
        """Whether the seal's signature is of that certificate's key."""
        return maker.key.verify(self.signature, self.signed)

    def valid_at(self, at: int) -> bool:
        """Whether `at` is within the seal's validity, both ends included."""
        return self.valid_from <= at <= self.valid_until


@dataclass(frozen=True, slots=True)
class SealSignature:
    """An SES_Signature, parsed and not yet believed.

    signed: what the signer signed. signed_at: timeInfo, seconds UTC. digest: dataHash, 32 bytes SM3 of the protected
    file. covers: propertyInfo, the path of that file. signer: the certificate as bytes. time_stamp: bytes or None.
    """

    signed: bytes = field(repr=False)
    seal: Seal
    signed_at: int
    digest: bytes
    covers: str
    signer: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    time_stamp: bytes | None = field(default=None, repr=False)
    misprinted: bool = False

    @classmethod
    def parse(cls, data: bytes) -> SealSignature:
        """Parse DER. Raises Malformed or Unsupported."""
        f = der.Fields(FORMAT, der.parse(data, max_bytes=MAX_BYTES))
        to_sign = f.take(der.SEQUENCE)
        signer = f.take(der.OCTET_STRING).octets()
        misprinted = _algorithm(f.take(der.OID))
        signature = raw_signature(f.take(der.BIT_STRING).bits())
        stamp = f.explicit(0)
        f.end()
        t = der.Fields(FORMAT, to_sign)
        if t.take(der.INTEGER).integer() != VERSION:
            raise Unsupported("e-seal: signature version not 4")
        seal = Seal.of(t.take(der.SEQUENCE))
        signed_at = _time(t)
        digest = t.take(der.BIT_STRING).bits()
        covers = _text(t.take(der.IA5_STRING), der.IA5_STRING)
        _extensions(t.explicit(0))
        t.end()
        if len(digest) != 32:
            raise Malformed(FORMAT, "data-hash")
        return cls(
            to_sign.raw,
            seal,
            signed_at,
            digest,
            covers,
            signer,
            signature,
            None if stamp is None else stamp.bits(),
            misprinted,
        )

    def signed_by(self, signer: X509) -> bool:
        """Whether the signature is of that certificate's key."""
        return signer.key.verify(self.signature, self.signed)


def _algorithm(node: der.Node) -> bool:
    """Whether SM2 with SM3 is named by the misprinted identifier."""
    oid = node.oid()
    if oid not in (SM2_WITH_SM3, MISPRINTED_ALGORITHM):
        raise Unsupported("e-seal: signature algorithm not SM2 with SM3")
    return oid == MISPRINTED_ALGORITHM


def _header(node: der.Node) -> str:
    f = der.Fields(FORMAT, node)
    if f.take(der.IA5_STRING).content != b"ES":
        raise Malformed(FORMAT, "header")
    if f.take(der.INTEGER).integer() != VERSION:
        raise Unsupported("e-seal: version not 4")
    vid = _text(f.take(der.IA5_STRING), der.IA5_STRING)
    f.end()
    return vid


def _time(f: der.Fields) -> int:
    return f.take(der.GENERALIZED_TIME).time(der.GENERALIZED_TIME)


def _text(node: der.Node, tag: int) -> str:
    text = node.text(tag)
    if not 0 < len(text) <= MAX_TEXT or not text.isprintable():
        raise Malformed(FORMAT, "text")
    return text


def _signers(list_type: int, node: der.Node) -> frozenset[bytes]:
    if list_type == CERTIFICATES:
        found = [child.octets() for child in node.children]
    elif list_type == DIGESTS:
        found = [_certificate_digest(child) for child in node.children]
    else:
        raise Unsupported("e-seal: certListType not 1 or 2")
    if not 0 < len(found) <= MAX_CERTIFICATES or len(set(found)) != len(found):
        raise Malformed(FORMAT, "signers")
    return frozenset(found)


def _certificate_digest(node: der.Node) -> bytes:
    """CertDigestObj { type PrintableString, value OCTET STRING }; of the types we know SM3, by identifier or name."""
    f = der.Fields(FORMAT, node)
    if f.take(der.PRINTABLE_STRING).content not in (SM3_OID.encode(), b"SM3"):
        raise Unsupported("e-seal: certificate digest not SM3")
    value = f.take(der.OCTET_STRING).octets()
    f.end()
    if len(value) != 32:
        raise Malformed(FORMAT, "signers")
    return value


def _picture(node: der.Node) -> Picture:
    f = der.Fields(FORMAT, node)
    type_ = _text(f.take(der.IA5_STRING), der.IA5_STRING)
    data = f.take(der.OCTET_STRING).octets()
    width, height = (f.take(der.INTEGER).integer() for _ in range(2))
    f.end()
    magic = PICTURES.get(type_.upper())
    if magic is None:
        raise Unsupported("e-seal: picture format not known")
    if not data.startswith(magic) or not all(0 < side <= MAX_MILLIMETRES for side in (width, height)):
        raise Malformed(FORMAT, "picture")
    return Picture(type_, data, width, height)


def _extensions(node: der.Node | None) -> None:
    """ExtensionDatas: each { identifier, critical, value }. None is known here, so none may be critical."""
    if node is None:
        return
    for extension in der.Fields(FORMAT, node).all():
        f = der.Fields(FORMAT, extension)
        f.take(der.OID)
        critical = f.optional(der.BOOLEAN)
        f.take(der.OCTET_STRING)
        f.end()
        if critical is not None and critical.boolean():
            raise Unsupported("e-seal: critical extension not known")
