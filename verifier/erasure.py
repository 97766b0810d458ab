"""Erasure receipt: an issuer's signed word that it destroyed the content of one certificate's record.

    protected    {1: -65537, 4: kid, 16: "mz-erasure+cwt"}
    unprotected  {-65602: h'…32', 394: [receipt, …], -65605: [note, …]}, each optional
    payload      {1: "11990000MB9T010142", 6: 1767225600, 7: h'…16', -65600: {1: h'…32'}}

Member 1 is SM3 of the body of the certificate's entry in the log: the entry stays, and nobody can open it any more. The
certificate's statement, signature and status are not touched by an erasure, and a receipt says nothing about them.
It is the issuer's word: nobody can prove that no copy of a key was kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from . import cbor, fields
from .cose import Sign1, encode_sign1
from .credential import CTI_BYTES, ENTRY_SALT_BYTES, MAX_CHECKPOINT_BYTES, MAX_CHECKPOINTS, MAX_RECEIPTS
from .errors import Malformed
from .fields import CLOCK_SKEW
from .hazmat.sm3 import sm3
from .labels import (
    CWT_CTI,
    CWT_IAT,
    CWT_ISS,
    CWT_MZ,
    HDR_CHECKPOINTS,
    HDR_ENTRY_SALT,
    HDR_RECEIPTS,
    TYP_ERASURE,
)
from .levels import ProvenTree, read_receipts
from .policy import TrustBundle
from .receipt import MAX_RECEIPT_BYTES, entry_body, entry_commitment
from .report import Reason
from .statement import judge

FORMAT: Final = "erasure"
MAX_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class ErasureReceipt:
    """A parsed, *unverified* receipt. `at`: seconds UTC; `entry`: SM3 of the certificate's entry body."""

    sign1: Sign1
    issuer: str
    at: int
    cti: bytes
    entry: bytes
    entry_salt: bytes | None
    receipts: tuple[bytes, ...]
    checkpoints: tuple[bytes, ...]

    @classmethod
    def parse(cls, data: bytes) -> ErasureReceipt:
        """Parse strictly. Raises Malformed."""
        sign1 = Sign1.parse(data, typ=TYP_ERASURE, max_bytes=MAX_BYTES)
        if set(sign1.headers) != {1, 4, 16}:
            raise Malformed(FORMAT, "protected-header")
        required = (CWT_ISS, CWT_IAT, CWT_CTI, CWT_MZ)
        m = fields.mapping(FORMAT, cbor.decode(sign1.payload or b""), required)
        private = fields.mapping(FORMAT, m[CWT_MZ], (1,))
        header = fields.mapping(FORMAT, dict(sign1.unprotected), (), (HDR_ENTRY_SALT, HDR_RECEIPTS, HDR_CHECKPOINTS))
        salt = fields.octets(FORMAT, header, HDR_ENTRY_SALT, ENTRY_SALT_BYTES) if HDR_ENTRY_SALT in header else None
        return cls(
            sign1,
            fields.uscc(FORMAT, m, CWT_ISS),
            fields.time(FORMAT, m, CWT_IAT),
            fields.octets(FORMAT, m, CWT_CTI, CTI_BYTES),
            fields.octets(FORMAT, private, 1, 32),
            salt,
            _items(header, HDR_RECEIPTS, MAX_RECEIPTS, MAX_RECEIPT_BYTES),
            _items(header, HDR_CHECKPOINTS, MAX_CHECKPOINTS, MAX_CHECKPOINT_BYTES),
        )

    @property
    def statement(self) -> bytes:
        """The signed bytes without anything unprotected: what the log commits to."""
        return encode_sign1(self.sign1.protected, {}, self.sign1.payload, self.sign1.signature)

    def concerns(self, body: bytes) -> bool:
        """Whether the erased certificate's entry in the log is the one with this body."""
        return sm3(body) == self.entry

    def check(self, trust: TrustBundle, at: int) -> Reason:
        """OK if a key of that issuer, good at the time, signed it. `at`: now, seconds UTC. Raises Malformed."""
        if not trust.issued_at - CLOCK_SKEW <= at < trust.expires:
            return Reason.TRUST_EXPIRED
        key = trust.issuer_key(self.issuer, self.sign1.kid)
        known = trust.issuer(self.issuer) is not None
        reason = judge(self.sign1, key, self.at, at, signer_known=known)
        if reason is not Reason.OK or key is None or key.revoked_from is None:
            return reason
        # A stolen key can back-date at will: only a log's time proves that a signature is older than the theft.
        trees = self._trees(trust, at)[0]
        return Reason.OK if any(tree.iat < key.revoked_from for tree in trees) else Reason.KEY_REVOKED

    def logged(self, trust: TrustBundle, at: int) -> Reason:
        """OK if a log that the bundle names has it in a signed tree. `at`: now, seconds UTC."""
        return self._trees(trust, at)[1]

    def _trees(self, trust: TrustBundle, at: int) -> tuple[list[ProvenTree], Reason]:
        if self.entry_salt is None:
            return [], Reason.RECEIPT_MISSING
        body = entry_body(entry_commitment(self.entry_salt, self.statement))
        return read_receipts(trust, self.receipts, body, self.at, at)


def _items(header: dict[object, object], label: int, count: int, size: int) -> tuple[bytes, ...]:
    if label not in header:
        return ()
    items = fields.array(FORMAT, header, label, count)
    if not items or any(type(item) is not bytes or not 0 < len(item) <= size for item in items):
        raise Malformed(FORMAT, "items", f"header {label}")
    return tuple(items)
