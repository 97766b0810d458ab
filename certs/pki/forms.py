"""The few structures that certificates, lists and requests share, and the one way in which they are signed.

SubjectPublicKeyInfo, of the key 04 || x || y:

    3059 3013 0607 2a8648ce3d0201 0608 2a811ccf5501822d 0342 00 04 …64
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from asn1crypto import core, keys, x509  # type: ignore[import-untyped]

from certs.errors import SelfCheckFailed
from certs.ports import Signer
from verifier.cose import CoseKey
from verifier.errors import VerifierError
from verifier.labels import CRV_SM2

from .errors import CertificateMalformed
from .names import SM2_CURVE, SM2_WITH_SM3

Asn1 = Any  # asn1crypto has no types
_GENERALIZED_FROM = 2050  # RFC 5280 clause 4.1.2.5: UTCTime before


def algorithm() -> dict[str, Any]:
    """AlgorithmIdentifier without parameters."""
    return {"algorithm": SM2_WITH_SM3}


def public_key_info(public: bytes) -> Asn1:
    """`public`: 65 bytes, 04 || x || y."""
    named = keys.ECDomainParameters("named", SM2_CURVE)
    return keys.PublicKeyInfo({"algorithm": {"algorithm": "ec", "parameters": named}, "public_key": public})


def public_key_of(info: Asn1) -> CoseKey:
    """The key of a SubjectPublicKeyInfo, which must be in our one form. Raises CertificateMalformed."""
    data = info.dump()
    try:
        key = CoseKey(CRV_SM2, data[-65:])
    except VerifierError:
        raise CertificateMalformed("the subject's key is no SM2 key") from None
    if data != public_key_info(key.public).dump(force=True):
        raise CertificateMalformed("the subject's key is not in its one form")
    return key


def time_of(seconds: int) -> Asn1:
    """UTCTime until 2049, GeneralizedTime after; seconds UTC."""
    at = datetime.fromtimestamp(seconds, UTC)
    return x509.Time("general_time" if at.year >= _GENERALIZED_FROM else "utc_time", at)


def strict_time(time: Asn1) -> int:
    """Seconds UTC. Raises CertificateMalformed for a time in the other of the two forms."""
    seconds = int(time.native.timestamp())
    if time.dump() != time_of(seconds).dump():
        raise CertificateMalformed("a time is not in its one form")
    return seconds


def signature_bits(raw: bytes) -> bytes:
    """DER of r || s: what X.509 carries in its BIT STRING."""
    numbers = (core.Integer(int.from_bytes(half, "big")).dump() for half in (raw[:32], raw[32:]))
    body = b"".join(numbers)
    return b"\x30" + bytes([len(body)]) + body


def raw_signature(der: bytes) -> bytes:
    """64 bytes r || s of a strict DER signature. Raises CertificateMalformed."""
    try:
        pair = core.SequenceOf.load(der, spec=core.Integer, strict=True)
        r, s = (int(number.native) for number in pair)
        raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    except (ValueError, TypeError, OverflowError):
        raise CertificateMalformed("signature encoding") from None
    if not (r and s) or signature_bits(raw) != der:
        raise CertificateMalformed("signature encoding is not minimal")
    return raw


def sign(signer: Signer, message: bytes) -> bytes:
    """DER signature over `message`, checked before anybody gets it. Raises SelfCheckFailed, KeyStoreError."""
    raw = signer.sign(message)
    if not CoseKey(CRV_SM2, signer.public_key).verify(raw, message):  # a faulted one can give the key away
        raise SelfCheckFailed("X509_SIGNATURE_INVALID")
    return signature_bits(raw)


@contextmanager
def parsing(what: str) -> Iterator[None]:
    """asn1crypto reads lazily, and says in many ways that it could not. Raises CertificateMalformed for all of them."""
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        raise CertificateMalformed(f"{what}: not DER of its form") from None


def strict(form: Asn1, data: bytes, limit: int, what: str) -> Asn1:
    """Parse DER that is the only encoding of its content. Raises CertificateMalformed."""
    if len(data) > limit:
        raise CertificateMalformed(f"{what}: longer than {limit} bytes")
    with parsing(what):
        parsed = form.load(data, strict=True)
        again = form.load(data, strict=True)
        again.native  # noqa: B018 - parses every member: what is left lazy would be dumped as it came
        same = again.dump(force=True) == data
    if not same:
        raise CertificateMalformed(f"{what}: not DER")
    return parsed
