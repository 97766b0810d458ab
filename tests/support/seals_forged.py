"""Seals and signatures that keep every rule but one: made with the world's keys, encoded by hand."""

from __future__ import annotations

from tests.support import seals
from tests.support.der_edit import at, bits, changed, octets, oid, seq
from tests.support.kit import TestSigner
from verifier import package
from verifier.hazmat.sm3 import sm3
from verifier.x509 import SM2_WITH_SM3

INFO = 0  # SESeal: eSealInfo
TO_SIGN, CERT, ALGORITHM, SIGNATURE = 0, 1, 2, 3
ESEAL, TIME, DIGEST, COVERS = 1, 2, 3, 4  # of TBS_Sign
PROPERTY, PICTURE = 2, 3  # of eSealInfo
LIST = "Doc_0/Signs/Signatures.xml"
SEAL = "Doc_0/Signs/Sign_0/Seal.esl"
FILE = "Doc_0/Signs/Sign_0/Signature.xml"
VALUE = "Doc_0/Signs/Sign_0/SignedValue.dat"


def remade(
    info: bytes, maker: TestSigner = seals.MAKER, by: bytes | None = None, algorithm: str = SM2_WITH_SM3
) -> bytes:
    """A seal of that eSealInfo, rightly signed."""
    certificate = by or seals.maker_certificate()
    return seq(info, octets(certificate), oid(algorithm), bits(seals.signature_of(maker, info)))


def with_info(path: tuple[int, ...], raw: bytes) -> bytes:
    """The world's seal with one element of its information changed, signed again by the maker."""
    return remade(changed(at(seals.seal(), INFO), path, raw))


def value(
    to_sign: bytes,
    signer: TestSigner = seals.SEALER,
    by: bytes | None = None,
    algorithm: str = SM2_WITH_SM3,
    more: bytes = b"",
) -> bytes:
    """An SES_Signature of that TBS_Sign, rightly signed."""
    certificate = by or seals.certificate(signer)
    return seq(to_sign, octets(certificate), oid(algorithm), bits(seals.signature_of(signer, to_sign)), more)


def recertified(certificate: bytes, path: tuple[int, ...], raw: bytes, by: TestSigner = seals.SUB_CA) -> bytes:
    """A certificate with one element of its TBSCertificate changed, signed again by its authority."""
    tbs = changed(at(certificate, 0), path, raw)
    return seq(tbs, at(certificate, 1), bits(seals.signature_of(by, tbs)))


def for_encryption(certificate: bytes) -> bytes:
    """The same certificate, but its key may only encipher keys."""
    usage = seq(oid("2.5.29.15"), b"\x01\x01\xff", octets(b"\x03\x02\x05\x20"))
    return recertified(certificate, (7, 0, 1), usage)


def good_files() -> dict[str, bytes]:
    return dict(package.read(seals.sealed()).files)


def to_sign(files: dict[str, bytes] | None = None) -> bytes:
    return at((files or good_files())[VALUE], TO_SIGN)


def with_to_sign(path: tuple[int, ...], raw: bytes, **how: object) -> dict[str, bytes]:
    """The world's document with one element of TBS_Sign changed, signed again."""
    return {**good_files(), VALUE: value(changed(to_sign(), path, raw), **how)}  # type: ignore[arg-type]


def with_seal(seal: bytes) -> dict[str, bytes]:
    """The world's document with another seal, everything about it made right again but what the seal itself says."""
    files = good_files()
    files[SEAL] = seal
    return refreshed(files, seal)


def refreshed(files: dict[str, bytes], seal: bytes | None = None, **how: object) -> dict[str, bytes]:
    """Check values and signature made anew over the files as they are; the references' order and set stay."""
    text = files[FILE].decode()
    head, _, rest = text.partition("<ofd:References")
    references, end, tail = rest.partition("</ofd:References>")
    parts = references.split('FileRef="/')
    for i, part in enumerate(parts[1:], start=1):
        name = part.partition('"')[0]
        before, opening, after = part.partition("<ofd:CheckValue>")
        _, closing, behind = after.partition("</ofd:CheckValue>")
        parts[i] = before + opening + seals.check_value(files.get(name, b"")) + closing + behind
    return signed_again(
        {**files, FILE: (head + "<ofd:References" + 'FileRef="/'.join(parts) + end + tail).encode()}, seal, **how
    )


def signed_again(files: dict[str, bytes], seal: bytes | None = None, **how: object) -> dict[str, bytes]:
    """SignedValue.dat made anew over Signature.xml as it is."""
    tbs = changed(to_sign(files), (DIGEST,), bits(sm3(files[FILE])))
    if seal is not None:
        tbs = changed(tbs, (ESEAL,), seal)
    return {**files, VALUE: value(tbs, **how)}  # type: ignore[arg-type]
