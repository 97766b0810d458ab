"""Rendition statements: the issuer's word that a file with these very bytes is a rendition of that certificate.

    protected    {1: -65537, 4: kid, 16: "mz-rendition+cwt"}
    payload      {1: "11990000MB9T010142", 6: 1767323045, 7: h'…16', 4: 1769915045,
                  -65600: {1: 1, 2: h'…32', 3: 51234, 4: true}}
    unprotected  {-65602: entry salt, 394: [receipt, …], -65605: [cosigned checkpoint, …]}

In the private claim: 1 media (1 PDF, 2 OFD), 2 SM3 of the rendered bytes P, 3 their number, 4 whether P is an annotated
copy (加注件), which then ends at `exp` (4). A printed page proves nothing, for a genuine code can be pasted on any
paper; with its statement a *file* is what the issuer made, or it is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from . import cbor, fields
from .cose import Sign1
from .credential import CTI_BYTES, evidence_header, read_evidence
from .errors import Malformed
from .labels import (
    CWT_CTI,
    CWT_EXP,
    CWT_IAT,
    CWT_ISS,
    CWT_MZ,
    HDR_CHECKPOINTS,
    HDR_ENTRY_SALT,
    HDR_RECEIPTS,
    TYP_RENDITION,
)

FORMAT: Final = "rendition"
MAX_BYTES: Final = 64 * 1024
PDF: Final = 1
OFD: Final = 2
MEDIA: Final = {PDF: "application/pdf", OFD: "application/ofd"}


@dataclass(frozen=True, slots=True)
class RenditionClaims:
    """What is stated. Times in seconds UTC; `length` in bytes; `expires` only for annotated copies."""

    iss: str
    iat: int
    cti: bytes
    media: int
    digest: bytes
    length: int
    expires: int | None = None

    @property
    def copy(self) -> bool:
        """Whether it is an annotated copy."""
        return self.expires is not None

    def encode(self) -> bytes:
        """Payload bytes."""
        claims: dict[int, Any] = {
            CWT_ISS: self.iss,
            CWT_IAT: self.iat,
            CWT_CTI: self.cti,
            CWT_MZ: {1: self.media, 2: self.digest, 3: self.length, 4: self.copy},
        }
        if self.expires is not None:
            claims[CWT_EXP] = self.expires
        return cbor.encode(claims)

    @classmethod
    def parse(cls, payload: bytes) -> RenditionClaims:
        """Parse a payload. Raises Malformed."""
        m = fields.mapping(FORMAT, cbor.decode(payload), (CWT_ISS, CWT_IAT, CWT_CTI, CWT_MZ), (CWT_EXP,))
        private = fields.mapping(FORMAT, m[CWT_MZ], (1, 2, 3, 4))
        expires = fields.time(FORMAT, m, CWT_EXP) if CWT_EXP in m else None
        media = fields.uint(FORMAT, private, 1)
        if media not in MEDIA:
            raise Malformed(FORMAT, "media")
        if private[4] is not (expires is not None):  # a copy without an end, or an end without a copy
            raise Malformed(FORMAT, "copy")
        return cls(
            iss=fields.uscc(FORMAT, m, CWT_ISS),
            iat=fields.time(FORMAT, m, CWT_IAT),
            cti=fields.octets(FORMAT, m, CWT_CTI, CTI_BYTES),
            media=media,
            digest=fields.octets(FORMAT, private, 2, 32),
            length=fields.uint(FORMAT, private, 3),
            expires=expires,
        )


@dataclass(frozen=True, slots=True)
class Rendition:
    """A parsed, *unverified* statement; `sign1` has an empty unprotected header."""

    sign1: Sign1
    claims: RenditionClaims
    entry_salt: bytes | None = field(default=None, repr=False)
    receipts: tuple[bytes, ...] = ()
    checkpoints: tuple[bytes, ...] = ()

    @property
    def statement(self) -> bytes:
        """The canonical bytes: what the log commits to."""
        return self.sign1.encode({})

    def encode(self) -> bytes:
        """Bytes as a file carries them."""
        return self.sign1.encode(evidence_header(self.entry_salt, self.receipts, self.checkpoints))

    @classmethod
    def parse(cls, data: bytes) -> Rendition:
        """Parse as a file carries it. Unknown members are refused. Raises Malformed."""
        sign1 = Sign1.parse(data, typ=TYP_RENDITION, max_bytes=MAX_BYTES)
        fields.mapping(FORMAT, dict(sign1.headers), (1, 4, 16))
        optional = (HDR_RECEIPTS, HDR_ENTRY_SALT, HDR_CHECKPOINTS)
        header: Mapping[Any, Any] = fields.mapping(FORMAT, dict(sign1.unprotected), (), optional)
        if sign1.payload is None:
            raise Malformed(FORMAT, "payload")
        bare = Sign1(sign1.protected, sign1.headers, {}, sign1.payload, sign1.signature)
        return cls(bare, RenditionClaims.parse(sign1.payload), *read_evidence(header))
