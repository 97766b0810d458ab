"""Log entries and COSE Receipts (RFC 9942): proof that a statement is in a signed tree.

Entry (public, one length for all, 38 bytes): `a2 01 01 02 5820 <commitment>`,
commitment = HMAC-SM3(salt, SM3(statement)).
Only who holds the 32-byte salt can tell what an entry commits to; destroying the salt unlinks it for ever.

Receipt:

    protected    {1: -65537, 4: kid, 15: {1: "log.minzheng.example/sm3-2026", 6: iat}, 16: "mz-receipt+cose",
                  395: -65539, -65604: 20852163}
    unprotected  {396: {-1: [<<[20852163, 17, [h'…32', …]]>>]}}
    payload      nil (the root, computed by the checker)

Origin and size stand in the protected header, because a signature over a bare root would fit any log. What is signed is
the same for every entry of one tree size: a log signs once a checkpoint, and each receipt adds its own path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from . import cbor, fields
from .cose import CoseKey, Sign1, encode_sign1, protected_header, sig_structure
from .errors import Malformed
from .hazmat.sm3 import hmac_sm3, sm3
from .labels import (
    CWT_IAT,
    CWT_ISS,
    HDR_CWT_CLAIMS,
    HDR_TREE_SIZE,
    HDR_VDP,
    HDR_VDS,
    TYP_RECEIPT,
    VDP_CONSISTENCY,
    VDP_INCLUSION,
)
from .merkle import MAX_PATH, MAX_TREE_SIZE, TreeHash, root_from_path, verify_consistency

FORMAT: Final = "receipt"
ENTRY_FORMAT: Final = "log-entry"
ENTRY_BYTES: Final = 38
MAX_RECEIPT_BYTES: Final = 8192


def entry_commitment(salt: bytes, statement: bytes) -> bytes:
    """HMAC-SM3(salt, SM3(statement)), 32 bytes; `salt` has 32 random bytes."""
    return hmac_sm3(salt, sm3(statement))


def entry_body(commitment: bytes) -> bytes:
    """The public log entry of a commitment, always 38 bytes."""
    if len(commitment) != 32:
        raise Malformed(ENTRY_FORMAT, "commitment-length")
    return b"\xa2\x01\x01\x02\x58\x20" + commitment


def parse_entry_body(body: bytes) -> bytes:
    """Commitment of an entry. Raises Malformed."""
    m = fields.mapping(ENTRY_FORMAT, cbor.decode(body, max_bytes=ENTRY_BYTES), (1, 2))
    if fields.uint(ENTRY_FORMAT, m, 1) != 1:
        raise Malformed(ENTRY_FORMAT, "version")
    return fields.octets(ENTRY_FORMAT, m, 2, 32)


def receipt_protected(key: CoseKey, origin: str, iat: int, tree: TreeHash, size: int) -> bytes:
    """Protected header bytes of every receipt for the tree of `size` leaves; `iat` in seconds UTC."""
    extra: dict[int, Any] = {
        HDR_CWT_CLAIMS: {CWT_ISS: origin, CWT_IAT: iat},
        HDR_VDS: tree.vds,
        HDR_TREE_SIZE: size,
    }
    return protected_header(key.alg, key.kid, TYP_RECEIPT, extra)


def receipt_to_be_signed(protected: bytes, root: bytes) -> bytes:
    """What the log signs: the Sig_structure with the root as detached payload."""
    return sig_structure(protected, root)


def encode_receipt(protected: bytes, signature: bytes, size: int, index: int, path: Sequence[bytes]) -> bytes:
    """Receipt of one entry from the checkpoint's signature and the entry's inclusion path."""
    proof = cbor.encode([size, index, list(path)])
    return encode_sign1(protected, {HDR_VDP: {VDP_INCLUSION: [proof]}}, None, signature)


@dataclass(frozen=True, slots=True)
class Receipt:
    """A parsed, *unverified* receipt of ours: one inclusion proof."""

    sign1: Sign1
    origin: str
    iat: int
    tree: TreeHash
    size: int
    index: int
    path: tuple[bytes, ...]

    @classmethod
    def parse(cls, data: bytes) -> Receipt:
        """Parse strictly; the size in the proof must be the signed one. Raises Malformed."""
        sign1 = Sign1.parse(data, typ=TYP_RECEIPT, max_bytes=MAX_RECEIPT_BYTES)
        header = fields.mapping(FORMAT, dict(sign1.headers), (1, 4, HDR_CWT_CLAIMS, 16, HDR_VDS, HDR_TREE_SIZE))
        claims = fields.mapping(FORMAT, header[HDR_CWT_CLAIMS], (CWT_ISS, CWT_IAT))
        if sign1.payload is not None:
            raise Malformed(FORMAT, "structure")
        vdp = fields.mapping(FORMAT, sign1.unprotected.get(HDR_VDP), (VDP_INCLUSION,))
        if set(sign1.unprotected) != {HDR_VDP}:
            raise Malformed(FORMAT, "unprotected-header")
        size, index, path = _single_inclusion(vdp)
        if size != fields.uint(FORMAT, header, HDR_TREE_SIZE, MAX_TREE_SIZE):
            raise Malformed(FORMAT, "tree-size", "proof and signed header differ")
        return cls(
            sign1,
            fields.text(FORMAT, claims, CWT_ISS, 200),
            fields.time(FORMAT, claims, CWT_IAT),
            TreeHash.from_vds(fields.integer(FORMAT, header, HDR_VDS)),
            size,
            index,
            path,
        )

    def root(self, leaf_hash: bytes) -> bytes:
        """Root that the path leads to from `leaf_hash`. Raises Malformed if it leads nowhere."""
        return root_from_path(self.tree, leaf_hash, self.index, self.size, self.path)

    def verify(self, key: CoseKey, leaf_hash: bytes) -> bool:
        """Whether `key` signed the tree in which `leaf_hash` is the leaf at `index`."""
        try:
            root = self.root(leaf_hash)
        except Malformed:
            return False
        return self.sign1.verify(key, root)


def _single_inclusion(vdp: Mapping[Any, Any]) -> tuple[int, int, tuple[bytes, ...]]:
    proofs = fields.array(FORMAT, vdp, VDP_INCLUSION, 1)
    if len(proofs) != 1:
        raise Malformed(FORMAT, "proof-count", "expected exactly one")
    return parse_inclusion(proofs[0])


def parse_inclusion(proof: object) -> tuple[int, int, tuple[bytes, ...]]:
    """(size, index, path) of an RFC 9942 inclusion proof. Raises Malformed."""
    size, index, path = _proof_triple(proof)
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise Malformed(FORMAT, "index-out-of-range")
    return size, index, path


def _proof_triple(proof: object) -> tuple[int, int, tuple[bytes, ...]]:
    if type(proof) is not bytes:
        raise Malformed(FORMAT, "proof")
    value = cbor.decode(proof, max_bytes=MAX_RECEIPT_BYTES)
    if type(value) is not list or len(value) != 3:
        raise Malformed(FORMAT, "proof")
    a, b, path = value
    if type(a) is not int or type(b) is not int or type(path) is not list or len(path) > MAX_PATH:
        raise Malformed(FORMAT, "proof")
    if any(type(h) is not bytes or len(h) != 32 for h in path):
        raise Malformed(FORMAT, "proof-path")
    return a, b, tuple(path)


def verify_foreign_inclusion(data: bytes, key: CoseKey, leaf_hash: bytes) -> bool:
    """Check an inclusion receipt of any RFC 9942 log (vds 1 or ours) with a key the caller trusts. Raises Malformed.

    Our own `Receipt` demands more: origin, time and size under the signature.
    """
    sign1 = Sign1.parse_any(data, max_bytes=MAX_RECEIPT_BYTES, ordered=False)
    tree = TreeHash.from_vds(fields.integer(FORMAT, sign1.headers, HDR_VDS))
    proofs = fields.array(FORMAT, _vdp(sign1), VDP_INCLUSION, 8)
    if not proofs:
        raise Malformed(FORMAT, "proof-count", "expected at least one")
    for proof in proofs:
        size, index, path = parse_inclusion(proof)
        if not sign1.verify(key, root_from_path(tree, leaf_hash, index, size, path)):
            return False
    return True


def verify_foreign_consistency(data: bytes, key: CoseKey, old_root: bytes, new_root: bytes) -> bool:
    """Check a consistency receipt of any RFC 9942 log between two roots. Raises Malformed."""
    sign1 = Sign1.parse_any(data, max_bytes=MAX_RECEIPT_BYTES, ordered=False)
    tree = TreeHash.from_vds(fields.integer(FORMAT, sign1.headers, HDR_VDS))
    proofs = fields.array(FORMAT, _vdp(sign1), VDP_CONSISTENCY, 1)
    if len(proofs) != 1:
        raise Malformed(FORMAT, "proof-count", "expected exactly one")
    old_size, new_size, path = _proof_triple(proofs[0])
    if not verify_consistency(tree, old_size, old_root, new_size, new_root, path):
        return False
    return sign1.verify(key, new_root)


def _vdp(sign1: Sign1) -> Mapping[Any, Any]:
    value = sign1.unprotected.get(HDR_VDP)
    if type(value) is not dict:
        raise Malformed(FORMAT, "vdp")
    return value
