"""COSE_Sign1 (RFC 9052 section 4.2) and COSE_Key, for three algorithms through one path.

Sample (diagnostic notation): `18([<<{1: -65537, 4: h'…8', 16: "mz-cert+cwt"}>>, {}, <<claims>>, h'…64'])`

`alg` is read from the protected header only, and must be the one that the key allows. Detached payloads (`nil`) are
for receipts, whose payload is a tree root that the checker computes himself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from . import cbor, fields
from .errors import Malformed, Unsupported
from .hazmat.ed25519 import Ed25519PublicKey
from .hazmat.p256 import P256PublicKey
from .hazmat.sm2 import Sm2PublicKey
from .hazmat.sm3 import sm3
from .labels import (
    ALG_EDDSA,
    ALG_ES256,
    ALG_SM2,
    CRV_ED25519,
    CRV_P256,
    CRV_SM2,
    HDR_ALG,
    HDR_CRIT,
    HDR_KID,
    HDR_TYP,
    KTY_EC2,
    KTY_OKP,
    TAG_COSE_SIGN1,
)

SIGNATURE_BYTES: Final = 64
KID_BYTES: Final = 8
_CONTEXT: Final = b"\x84\x6aSignature1"  # array(4), text "Signature1"
_EMPTY_AAD: Final = b"\x40"

PublicKey = Sm2PublicKey | P256PublicKey | Ed25519PublicKey

_ALG_OF_CURVE: Final = {CRV_SM2: ALG_SM2, CRV_P256: ALG_ES256, CRV_ED25519: ALG_EDDSA}
_KTY_OF_CURVE: Final = {CRV_SM2: KTY_EC2, CRV_P256: KTY_EC2, CRV_ED25519: KTY_OKP}
_PARSERS: Final[dict[int, type[Sm2PublicKey] | type[P256PublicKey] | type[Ed25519PublicKey]]] = {
    CRV_SM2: Sm2PublicKey,
    CRV_P256: P256PublicKey,
    CRV_ED25519: Ed25519PublicKey,
}


@dataclass(frozen=True, slots=True)
class CoseKey:
    """A public key. `public` is 65 bytes `04 || x || y` on the curves SM2 and P-256, 32 bytes on Ed25519.

    Constructing one checks that the point is on its curve. `kid` is the first 8 bytes of SM3 over the key's
    deterministic CBOR: after RFC 9679, with SM3 in SHA-256's place.
    """

    crv: int
    public: bytes
    key: PublicKey = field(init=False, repr=False, compare=False)
    kid: bytes = field(init=False, compare=False)

    def __post_init__(self) -> None:
        parser = _PARSERS.get(self.crv)
        if parser is None:
            raise Unsupported("COSE_Key: curve not known")
        try:
            key = parser.parse(self.public)
        except ValueError:
            raise Malformed("cose-key", "point", "not a point of the curve") from None
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "kid", sm3(cbor.encode(self.to_map()))[:KID_BYTES])

    @property
    def alg(self) -> int:
        """The one algorithm that this key may be used with."""
        return _ALG_OF_CURVE[self.crv]

    def to_map(self) -> dict[int, Any]:
        """COSE_Key map with the required parameters only."""
        if self.crv == CRV_ED25519:
            return {1: KTY_OKP, -1: self.crv, -2: self.public}
        return {1: KTY_EC2, -1: self.crv, -2: self.public[1:33], -3: self.public[33:65]}

    @classmethod
    def from_map(cls, value: object) -> CoseKey:
        """Parse a COSE_Key map. Raises Malformed or Unsupported."""
        if not isinstance(value, dict):
            raise Malformed("cose-key", "not-a-map")
        crv = value.get(-1)
        kty = value.get(1)
        if type(crv) is not int or type(kty) is not int or kty != _KTY_OF_CURVE.get(crv):
            raise Unsupported("COSE_Key: key type or curve not known")
        x, y = value.get(-2), value.get(-3)
        if type(x) is not bytes or len(x) != 32:
            raise Malformed("cose-key", "x")
        if crv == CRV_ED25519:
            if set(value) != {1, -1, -2}:
                raise Malformed("cose-key", "members")
            return cls(crv, x)
        if type(y) is not bytes or len(y) != 32 or set(value) != {1, -1, -2, -3}:
            raise Malformed("cose-key", "y")
        return cls(crv, b"\x04" + x + y)

    def verify(self, signature: bytes, message: bytes) -> bool:
        """Whether `signature` (64 bytes, r||s or RFC 8032) is this key's over `message`."""
        return self.key.verify(signature, message)


@dataclass(frozen=True, slots=True)
class Sign1:
    """A parsed COSE_Sign1. `protected` are the exact bytes that were signed; `headers` is what they say."""

    protected: bytes
    headers: Mapping[Any, Any]
    unprotected: Mapping[Any, Any]
    payload: bytes | None
    signature: bytes

    @property
    def alg(self) -> int:
        """Algorithm from the protected header. Raises Malformed if absent."""
        alg = self.headers.get(HDR_ALG)
        if type(alg) is not int:
            raise Malformed("cose", "alg")
        return alg

    @property
    def kid(self) -> bytes:
        """Key id from the protected header. Raises Malformed if absent or not 8 bytes."""
        kid = self.headers.get(HDR_KID)
        if type(kid) is not bytes or len(kid) != KID_BYTES:
            raise Malformed("cose", "kid")
        return kid

    @classmethod
    def parse(cls, data: bytes, *, typ: str, max_bytes: int = cbor.MAX_BYTES) -> Sign1:
        """Parse one of our own objects: deterministic, tag 18, of the given `typ`, alg, kid. Raises Malformed."""
        parsed = cls.parse_any(data, max_bytes=max_bytes)
        if parsed.headers.get(HDR_TYP) != typ:
            raise Malformed("cose", "typ", f"expected {typ}")
        # Malformed here and not where they are first used: there a wrong type would look like an unknown key.
        fields.integer("cose", parsed.headers, HDR_ALG)
        fields.octets("cose", parsed.headers, HDR_KID, KID_BYTES)
        return parsed

    @classmethod
    def parse_any(cls, data: bytes, *, max_bytes: int = cbor.MAX_BYTES, ordered: bool = True) -> Sign1:
        """Parse any COSE_Sign1; `ordered=False` for objects of other makers. Raises Malformed."""
        value = cbor.decode(data, max_bytes=max_bytes, ordered=ordered)
        if type(value) is not cbor.Tag or value.tag != TAG_COSE_SIGN1:
            raise Malformed("cose", "tag", "expected 18")
        body = value.value
        if type(body) is not list or len(body) != 4:
            raise Malformed("cose", "structure", "expected four elements")
        protected, unprotected, payload, signature = body
        if type(protected) is not bytes or type(unprotected) is not dict:
            raise Malformed("cose", "headers")
        if payload is not None and type(payload) is not bytes:
            raise Malformed("cose", "payload")
        if type(signature) is not bytes or len(signature) != SIGNATURE_BYTES:
            raise Malformed("cose", "signature", "expected 64 bytes")
        headers = cbor.decode(protected, ordered=ordered)
        if type(headers) is not dict:
            raise Malformed("cose", "protected-header")
        if HDR_CRIT in headers:  # we define no critical extension: whatever is critical is unknown to us
            raise Malformed("cose", "crit", "unknown critical header")
        if not headers.keys().isdisjoint(unprotected):
            raise Malformed("cose", "duplicate-header", "a label in both headers")
        return cls(protected, headers, unprotected, payload, signature)

    def encode(self, unprotected: Mapping[Any, Any] | None = None) -> bytes:
        """Tagged bytes, with the unprotected header as it is or replaced."""
        header = self.unprotected if unprotected is None else unprotected
        return encode_sign1(self.protected, header, self.payload, self.signature)

    def verify(self, key: CoseKey, payload: bytes | None = None) -> bool:
        """Whether `key` made the signature, with `payload` for a detached one. False if the algorithm differs."""
        content = self.payload if payload is None else payload
        if content is None or (payload is not None and self.payload is not None):
            raise Malformed("cose", "payload", "exactly one of attached and detached")
        return self.alg == key.alg and key.verify(self.signature, sig_structure(self.protected, content))


def encode_sign1(protected: bytes, unprotected: Mapping[Any, Any], payload: bytes | None, signature: bytes) -> bytes:
    """Tagged COSE_Sign1 bytes."""
    return cbor.encode(cbor.Tag(TAG_COSE_SIGN1, [protected, dict(unprotected), payload, signature]))


def sig_structure(protected: bytes, payload: bytes) -> bytes:
    """Sig_structure (RFC 9052 section 4.4) for COSE_Sign1 without external data: what SM2 signs."""
    return _CONTEXT + cbor.encode(protected) + _EMPTY_AAD + cbor.encode(payload)


def protected_header(alg: int, kid: bytes, typ: str, extra: Mapping[int, Any] | None = None) -> bytes:
    """Bytes of a protected header of ours."""
    return cbor.encode({HDR_ALG: alg, HDR_KID: kid, HDR_TYP: typ, **(extra or {})})
