"""Presentation (亮证): a holder's file with chosen disclosures, shown to one audience, once, by the holder's device.

    protected  {1: -65537, 4: kid of the device key, 16: "mz-presentation+cwt"}
    payload    {3: "91990000MA9T000695", 4: 1800000120, 6: 1800000000, 10: h'…16',
                -65600: {1: h'holder's file (.mzc)', 2: h'device binding'}}

Audience 3 is a party's unified social credit code, or an origin ("https://bank.example"); 10 is the nonce that the
party gave out. It holds for five minutes at most. The binding says whose key the device key is, in the issuer's words:

    protected  {1: -65537, 4: kid of the issuer's key, 16: "mz-device+cwt"}
    payload    {1: "11990000MB9T010142", 4: 1802592000, 6: 1800000000, 7: h'…16 cti', 8: {1: COSE_Key}}

A binding lives 30 days at most and is not revoked: a device that was lost gets no new one. Everything here can be
checked without a network, and is worth what the time of checking is worth (RFC 8747; after SD-CWT key binding).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from . import cbor, fields
from .cose import CoseKey, Sign1
from .credential import CTI_BYTES, MAX_FILE_BYTES
from .errors import Malformed
from .labels import (
    ALG_ES256,
    ALG_SM2,
    CWT_AUD,
    CWT_CNF,
    CWT_CTI,
    CWT_EXP,
    CWT_IAT,
    CWT_ISS,
    CWT_MZ,
    CWT_NONCE,
    TYP_DEVICE,
    TYP_PRESENTATION,
)

FORMAT: Final = "presentation"
BINDING_FORMAT: Final = "device-binding"
MAX_BYTES: Final = MAX_FILE_BYTES + 4096
MAX_BINDING_BYTES: Final = 1024
MAX_LIFE: Final = 300  # seconds of a presentation
MAX_BINDING_LIFE: Final = 30 * 86400  # seconds
NONCE_BYTES: Final = 16
_AUDIENCE: Final = re.compile(r"[0-9ABCDEFGHJKLMNPQRTUWXY]{18}|https://[a-z0-9.-]{1,253}(?::[0-9]{1,5})?")
_DEVICE_ALGORITHMS: Final = frozenset({ALG_SM2, ALG_ES256})


@dataclass(frozen=True, slots=True)
class Binding:
    """A parsed, *unverified* device binding. Times in seconds UTC."""

    sign1: Sign1
    issuer: str
    cti: bytes
    key: CoseKey
    issued_at: int
    expires: int

    @classmethod
    def parse(cls, data: bytes) -> Binding:
        """Parse strictly. Raises Malformed or Unsupported."""
        sign1 = Sign1.parse(data, typ=TYP_DEVICE, max_bytes=MAX_BINDING_BYTES)
        payload = _bare(BINDING_FORMAT, sign1)
        m = fields.mapping(BINDING_FORMAT, cbor.decode(payload), (CWT_ISS, CWT_EXP, CWT_IAT, CWT_CTI, CWT_CNF))
        cnf = fields.mapping(BINDING_FORMAT, m[CWT_CNF], (1,))
        key = CoseKey.from_map(cnf[1])
        if key.alg not in _DEVICE_ALGORITHMS:
            raise Malformed(BINDING_FORMAT, "key")
        issued_at, expires = _life(BINDING_FORMAT, m, MAX_BINDING_LIFE)
        issuer = fields.uscc(BINDING_FORMAT, m, CWT_ISS)
        return cls(sign1, issuer, fields.octets(BINDING_FORMAT, m, CWT_CTI, CTI_BYTES), key, issued_at, expires)


@dataclass(frozen=True, slots=True)
class Presentation:
    """A parsed, *unverified* presentation. `file`: the holder's file as shown; times in seconds UTC."""

    sign1: Sign1
    audience: str
    nonce: bytes
    issued_at: int
    expires: int
    file: bytes
    binding: bytes

    @classmethod
    def parse(cls, data: bytes) -> Presentation:
        """Parse strictly; file and binding are left as they are. Raises Malformed."""
        sign1 = Sign1.parse(data, typ=TYP_PRESENTATION, max_bytes=MAX_BYTES)
        decoded = cbor.decode(_bare(FORMAT, sign1), max_bytes=MAX_BYTES)
        m = fields.mapping(FORMAT, decoded, (CWT_AUD, CWT_EXP, CWT_IAT, CWT_NONCE, CWT_MZ))
        private = fields.mapping(FORMAT, m[CWT_MZ], (1, 2))
        audience = fields.text(FORMAT, m, CWT_AUD, 300)
        if not _AUDIENCE.fullmatch(audience):
            raise Malformed(FORMAT, "audience")
        issued_at, expires = _life(FORMAT, m, MAX_LIFE)
        file, binding = fields.octets(FORMAT, private, 1), fields.octets(FORMAT, private, 2)
        nonce = fields.octets(FORMAT, m, CWT_NONCE, NONCE_BYTES)
        return cls(sign1, audience, nonce, issued_at, expires, file, binding)


def presentation_payload(audience: str, nonce: bytes, at: int, expires: int, file: bytes, binding: bytes) -> bytes:
    """Payload bytes, to be signed by the device key under TYP_PRESENTATION."""
    m = {CWT_AUD: audience, CWT_EXP: expires, CWT_IAT: at, CWT_NONCE: nonce, CWT_MZ: {1: file, 2: binding}}
    return cbor.encode(m)


def binding_payload(issuer: str, cti: bytes, key: CoseKey, at: int, expires: int) -> bytes:
    """Payload bytes, to be signed by the issuer's key under TYP_DEVICE."""
    m = {CWT_ISS: issuer, CWT_EXP: expires, CWT_IAT: at, CWT_CTI: cti, CWT_CNF: {1: key.to_map()}}
    return cbor.encode(m)


def is_presentation(data: bytes) -> bool:
    """Whether it says of itself that it is one; whether it is in order `Presentation.parse` tells."""
    return data[:1] == b"\xd2" and TYP_PRESENTATION.encode() in data[:64]


def _bare(format: str, sign1: Sign1) -> bytes:
    """The payload of an object that has nothing in its unprotected header."""
    fields.mapping(format, dict(sign1.headers), (1, 4, 16))
    if sign1.unprotected or sign1.payload is None:
        raise Malformed(format, "structure")
    return sign1.payload


def _life(format: str, m: Mapping[Any, Any], maximum: int) -> tuple[int, int]:
    start, end = fields.time(format, m, CWT_IAT), fields.time(format, m, CWT_EXP)
    if not start < end <= start + maximum:
        raise Malformed(format, "lifetime")
    return start, end
