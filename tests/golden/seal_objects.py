"""SESeal, SES_Signature, certificates and revocation lists alone: good ones, and every way of writing them wrongly."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.support import seals
from tests.support import seals_forged as forged
from tests.support.der_edit import at, bits, changed, integer, octets, oid, seq, tlv
from verifier import der
from verifier.errors import Malformed, VerifierError
from verifier.ses import Seal, SealSignature
from verifier.x509 import X509

AT, DAY = seals.AT, seals.DAY
MALFORMED, UNSUPPORTED = "Malformed", "Unsupported"
Bad = Iterator[tuple[str, bytes, str]]


@cache
def objects() -> dict[str, dict[str, Any]]:
    seal, value = seals.seal(), forged.good_files()[forged.VALUE]
    certificate = seals.certificate(seals.SEALER)
    return {
        "accepted": {
            "SESeal": {"seal": seal, "seal-with-digests": seals.seal(by_digest=True), "seal-misprinted": _misprinted()},
            "SES_Signature": {"signature": value, "signature-with-extension": _extended(b"\x00")},
            "X509": {
                "certificate": certificate,
                "certificate-of-root": seals.authority(),
                "certificate-null-parameters": _null_parameters(certificate),
            },
        },
        "refused": {
            "SESeal": list(_seals(seal)),
            "SES_Signature": [*_encoding(value, (0, forged.TIME)), *_signatures(value)],
            "X509": [*_encoding(certificate, (0, 0, 0)), *_certificates(certificate)],
        },
    }


def document() -> dict[str, Any]:
    found = objects()
    return {
        "accepted": [
            {"name": name, "type": type_, "b64": b64encode(data).decode()}
            for type_, group in found["accepted"].items()
            for name, data in group.items()
        ],
        "refused": [
            {"name": f"{type_}-{name}", "type": type_, "b64": b64encode(data).decode(), **refusal(type_, data, error)}
            for type_, group in found["refused"].items()
            for name, data, error in group
        ],
    }


PARSERS: dict[str, Callable[[bytes], object]] = {
    "SESeal": Seal.parse,
    "SES_Signature": SealSignature.parse,
    "X509": X509.parse,
}


def refusal(type_: str, data: bytes, error: str) -> dict[str, str]:
    """Error and its stable reason. A case that is accepted, or is refused as another error, is no vector."""
    with pytest.raises(VerifierError) as caught:
        PARSERS[type_](data)
    found = caught.value
    assert type(found).__name__ == error, found
    return {"error": error} | ({"reason": f"{found.format}: {found.reason}"} if isinstance(found, Malformed) else {})


def _nested(depth: int) -> bytes:
    """Empty sequences in one another."""
    return seq(_nested(depth - 1)) if depth else seq()


def _encoding(data: bytes, leaf: tuple[int, ...]) -> Bad:
    """Forms that BER allows and DER does not, and bytes that are of no form. `leaf`: any element of one to 15 bytes."""
    content = der.parse(data).content
    length = len(content).to_bytes(2, "big")
    yield "long-length", b"\x30\x83\x00" + length + content, MALFORMED
    yield "indefinite-length", b"\x30\x80" + content + b"\x00\x00", MALFORMED
    yield "trailing-byte", data + b"\x00", MALFORMED
    yield "truncated", data[:-1], MALFORMED
    yield "empty", b"", MALFORMED
    yield "not-a-sequence", b"\x24" + data[1:], MALFORMED
    yield "member-missing", tlv(der.SEQUENCE, b"".join(c.raw for c in der.parse(data).children[:-1])), MALFORMED
    yield "member-added", tlv(der.SEQUENCE, content + integer(1)), MALFORMED
    raw = at(data, *leaf)
    yield "inner-long-length", changed(data, leaf, bytes((raw[0], 0x81)) + raw[1:]), MALFORMED
    yield "deep", _nested(der.MAX_DEPTH + 2), MALFORMED
    yield "huge-length", b"\x30\x84\xff\xff\xff\xff", MALFORMED
    r = at(at(data, len(der.parse(data).children) - 1)[3:])  # the BIT STRING holds the signature
    signature = der.parse(r)
    padded = seq(b"\x02\x22\x00\x00" + signature.children[0].content[-32:], signature.children[1].raw)
    last = (len(der.parse(data).children) - 1,)
    yield "signature-padded", changed(data, last, bits(padded)), MALFORMED
    yield "signature-negative", changed(data, last, bits(seq(integer(-1), signature.children[1].raw))), MALFORMED
    yield "signature-zero", changed(data, last, bits(seq(integer(0), signature.children[1].raw))), MALFORMED
    yield "signature-raw", changed(data, last, bits(bytes(64))), MALFORMED
    yield "signature-unused-bits", changed(data, last, tlv(der.BIT_STRING, b"\x01" + r[:-1] + b"\x00")), MALFORMED


def _misprinted() -> bytes:
    return forged.remade(at(seals.seal(), 0), algorithm="1.2.156.10197.501")


def _extended(critical: bytes) -> bytes:
    """With an extension that nobody knows."""
    flag = b"" if critical == b"\x00" else tlv(der.BOOLEAN, critical)
    extension = seq(seq(oid("2.25.1"), flag, octets(b"")))
    content = der.parse(forged.to_sign()).content
    return forged.value(tlv(der.SEQUENCE, content + tlv(0xA0, extension)))


def _null_parameters(certificate: bytes) -> bytes:
    return changed(certificate, (1,), seq(oid("1.2.156.10197.1.501"), b"\x05\x00"))


def _seals(seal: bytes) -> Bad:
    def info(path: tuple[int, ...], raw: bytes) -> bytes:
        return forged.with_info(path, raw)

    yield from _encoding(seal, (0, 1))
    yield "id-other", info((0, 0), tlv(der.IA5_STRING, b"ET")), MALFORMED
    yield "version-1", info((0, 1), integer(1)), UNSUPPORTED
    yield "version-padded", info((0, 1), b"\x02\x02\x00\x04"), MALFORMED
    yield "esid-empty", info((1,), tlv(der.IA5_STRING, b"")), MALFORMED
    yield "esid-not-ascii", info((1,), tlv(der.IA5_STRING, b"\xe9")), MALFORMED
    yield "esid-with-a-line-end", info((1,), tlv(der.IA5_STRING, b"9\n")), MALFORMED
    yield "name-not-utf8", info((2, 1), tlv(der.UTF8_STRING, b"\xff")), MALFORMED
    yield "name-as-bmp-string", info((2, 1), tlv(0x1E, b"\x4e\x00")), MALFORMED
    yield "list-type-3", info((2, 2), integer(3)), UNSUPPORTED
    yield "list-type-without-its-list", info((2, 2), integer(2)), MALFORMED
    yield "list-empty", info((2, 3), seq()), MALFORMED
    certificate = octets(seals.certificate(seals.SEALER))
    yield "list-with-one-twice", info((2, 3), seq(certificate, certificate)), MALFORMED
    yield "time-utc", info((2, 4), tlv(der.UTC_TIME, b"251202000000Z")), MALFORMED
    for name, text in (
        ("fraction", b"20251202000000.0Z"),
        ("zone", b"20251202000000+0800"),
        ("without-seconds", b"202512020000Z"),
        ("impossible", b"20250229000000Z"),
        ("leap-second", b"20161231235960Z"),
    ):
        yield f"time-{name}", info((2, 4), tlv(der.GENERALIZED_TIME, text)), MALFORMED
    yield "valid-until-before-from", info((2, 6), tlv(der.GENERALIZED_TIME, b"20200101000000Z")), MALFORMED
    yield "picture-type-other", info((3, 0), tlv(der.IA5_STRING, b"SVG")), UNSUPPORTED
    yield "picture-of-another-type", info((3, 1), octets(b"GIF89a")), MALFORMED
    yield "picture-without-width", info((3, 2), integer(0)), MALFORMED
    yield "algorithm-other", forged.remade(at(seal, 0), algorithm="1.2.840.10045.4.3.2"), UNSUPPORTED
    digests = seals.seal(by_digest=True)
    kind = tlv(der.PRINTABLE_STRING, b"SHA-256")
    yield "digest-of-another-kind", forged.remade(changed(at(digests, 0), (2, 3, 0, 0), kind)), UNSUPPORTED
    yield "digest-short", forged.remade(changed(at(digests, 0), (2, 3, 0, 1), octets(bytes(31)))), MALFORMED
    content = der.parse(at(seal, 0)).content
    plain = seq(seq(oid("2.25.1"), octets(b"")))
    yield "extensions-without-a-tag", forged.remade(tlv(der.SEQUENCE, content + plain)), UNSUPPORTED
    critical = tlv(0xA0, seq(seq(oid("2.25.1"), tlv(der.BOOLEAN, b"\xff"), octets(b""))))
    yield "extension-critical", forged.remade(tlv(der.SEQUENCE, content + critical)), UNSUPPORTED


def _signatures(value: bytes) -> Bad:
    def to_sign(path: tuple[int, ...], raw: bytes) -> bytes:
        return forged.with_to_sign(path, raw)[forged.VALUE]

    yield "time-utc", to_sign((forged.TIME,), tlv(der.UTC_TIME, b"251231000000Z")), MALFORMED
    yield "digest-of-31-bytes", to_sign((forged.DIGEST,), bits(bytes(31))), MALFORMED
    yield "digest-with-unused-bits", to_sign((forged.DIGEST,), tlv(der.BIT_STRING, b"\x04" + bytes(32))), MALFORMED
    yield "algorithm-other", forged.value(forged.to_sign(), algorithm="1.2.840.10045.4.3.2"), UNSUPPORTED
    yield "extension-critical", _extended(b"\xff"), UNSUPPORTED
    yield "boolean-of-one", _extended(b"\x01"), MALFORMED
    yield "time-stamp-implicit", forged.value(forged.to_sign(), more=tlv(0x80, b"\x00\x30\x00")), MALFORMED
    yield "seal-in-place-of-the-signature", seals.seal(), MALFORMED


def _certificates(certificate: bytes) -> Bad:
    """Of the certificates' fields. Nobody signed these: parsing comes before believing."""
    extensions = at(certificate, 0, 7, 0)
    first = at(extensions, 0)

    def replaced(path: tuple[int, ...], raw: bytes) -> bytes:
        return changed(certificate, (0, *path), raw)

    def with_extension(raw: bytes) -> bytes:
        return replaced((7, 0), tlv(der.SEQUENCE, der.parse(extensions).content + raw))

    yield "version-1", replaced((0, 0), integer(0)), UNSUPPORTED
    yield "serial-negative", replaced((1,), integer(-1)), MALFORMED
    yield "serial-of-21-bytes", replaced((1,), integer(1 << 161)), MALFORMED
    yield "issuer-empty", replaced((3,), seq()), MALFORMED
    yield "validity-backwards", replaced((4, 1), tlv(der.UTC_TIME, b"200101000000Z")), MALFORMED
    yield "time-of-2049-generalized", replaced((4, 1), tlv(der.GENERALIZED_TIME, b"20490101000000Z")), MALFORMED
    yield "time-without-seconds", replaced((4, 1), tlv(der.UTC_TIME, b"4901010000Z")), MALFORMED
    yield "key-on-p256", replaced((6, 0, 1), oid("1.2.840.10045.3.1.7")), UNSUPPORTED
    yield "key-off-the-curve", replaced((6, 1), bits(b"\x04" + bytes(63) + b"\x01")), MALFORMED
    yield "key-compressed", replaced((6, 1), bits(b"\x02" + bytes(32))), MALFORMED
    yield "extension-twice", with_extension(first), MALFORMED
    yield "extension-critical", with_extension(seq(oid("2.25.1"), tlv(der.BOOLEAN, b"\xff"), octets(b""))), UNSUPPORTED
    yield (
        "extension-not-critical-said",
        with_extension(seq(oid("2.25.1"), tlv(der.BOOLEAN, b"\x00"), octets(b""))),
        MALFORMED,
    )
    usage = seq(oid("2.5.29.15"), octets(tlv(der.BIT_STRING, b"\x00\xc0")))
    yield "key-usage-with-zeros-behind", replaced((7, 0, 1), usage), MALFORMED
    constraints = seq(oid("2.5.29.19"), octets(seq(tlv(der.BOOLEAN, b"\x00"))))
    yield "no-authority-said", replaced((7, 0, 0), constraints), MALFORMED
    yield "algorithms-differ", changed(certificate, (1, 0), oid("1.2.840.10045.4.3.2")), UNSUPPORTED
    yield "parameters-other", changed(certificate, (1,), seq(oid("1.2.156.10197.1.501"), integer(1))), MALFORMED
