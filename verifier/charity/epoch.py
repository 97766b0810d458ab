"""Epoch statements: the charity's signed word on the size, root and total of every tree of one of its books.

    protected    {1: -65537, 4: kid, 16: "mz-fund+cwt"}
    payload      {1: "53990000MJ0000019X", 6: 1800000000, 7: h'…16' book,
                  -65600: {1: 12, 2: -65539, 3: [3, h'…32', 130000], 4: [1, h'…32', 50000],
                           5: [h'…32', 20000, 0], 6: [9, h'…32'], 7: h'…32', 8: 20833}}
    unprotected  {-65602: entry salt, 394: [receipt, …], -65605: [cosigned checkpoint, …]}

In the private claim: 1 number of the epoch, from 1 on; 2 the trees' hash as a vds number; 3 inflows and 4 outflows as
[size, root, total]; 5 the settled tree's root, what was acknowledged, what was returned; 6 events as [size, root]; 7
SM3 of the statement before, null for the first; 8 the civil day (UTC+8). Inflows, outflows and events only grow, and
any two epochs prove it (`sumtree.verify_consistency`). The settled tree has one leaf for each outflow, with how it was
settled; its total is the outflows' and its leaves change.

The statement is an entry of the log like any other; the salt of its entry is public.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .. import cbor, fields
from ..cose import Sign1, protected_header
from ..credential import evidence_header, read_evidence
from ..errors import Malformed
from ..fields import CLOCK_SKEW
from ..hazmat.sm3 import sm3
from ..labels import (
    CWT_CTI,
    CWT_IAT,
    CWT_ISS,
    CWT_MZ,
    HDR_CHECKPOINTS,
    HDR_ENTRY_SALT,
    HDR_RECEIPTS,
    KIND_DONATION,
    TYP_FUND_EPOCH,
)
from ..levels import ProvenTree, read_receipts
from ..merkle import MAX_TREE_SIZE, TreeHash
from ..policy import IssuerKey, TrustBundle
from ..receipt import entry_body, entry_commitment
from ..report import Reason
from ..statement import judge
from .line import BOOK_BYTES, MAX_DAY, settled_leaf
from .sumtree import MAX_SUM, SumNode, root_of

FORMAT: Final = "fund-epoch"
MAX_BYTES: Final = 64 * 1024
MAX_EPOCH: Final = (1 << 53) - 1


@dataclass(frozen=True, slots=True)
class Head:
    """A sum tree as an epoch states it."""

    size: int
    root: SumNode

    def to_list(self) -> list[Any]:
        """Wire form."""
        return [self.size, self.root.hash, self.root.sum]


@dataclass(frozen=True, slots=True)
class EpochClaims:
    """What is stated; see the module. Times in seconds UTC, amounts in fen or units of goods."""

    iss: str
    iat: int
    book: bytes
    epoch: int
    tree: TreeHash
    inflows: Head
    outflows: Head
    settled: bytes
    acknowledged: int
    returned: int
    events: int
    events_root: bytes
    previous: bytes | None
    day: int

    def encode(self) -> bytes:
        """Payload bytes."""
        private: dict[int, Any] = {
            1: self.epoch,
            2: self.tree.vds,
            3: self.inflows.to_list(),
            4: self.outflows.to_list(),
            5: [self.settled, self.acknowledged, self.returned],
            6: [self.events, self.events_root],
            7: self.previous,
            8: self.day,
        }
        return cbor.encode({CWT_ISS: self.iss, CWT_IAT: self.iat, CWT_CTI: self.book, CWT_MZ: private})

    @classmethod
    def parse(cls, payload: bytes) -> EpochClaims:
        """Parse a payload. Raises Malformed, also for totals that no book can have."""
        m = fields.mapping(FORMAT, cbor.decode(payload), (CWT_ISS, CWT_IAT, CWT_CTI, CWT_MZ))
        p = fields.mapping(FORMAT, m[CWT_MZ], range(1, 9))
        settled, events = _numbered(p, 5, 3), _numbered(p, 6, 2)
        claims = cls(
            fields.uscc(FORMAT, m, CWT_ISS),
            fields.time(FORMAT, m, CWT_IAT),
            fields.octets(FORMAT, m, CWT_CTI, BOOK_BYTES),
            fields.uint(FORMAT, p, 1, MAX_EPOCH),
            TreeHash.from_vds(fields.integer(FORMAT, p, 2)),
            _head(p, 3),
            _head(p, 4),
            fields.octets(FORMAT, settled, 0, 32),
            fields.uint(FORMAT, settled, 1, MAX_SUM),
            fields.uint(FORMAT, settled, 2, MAX_SUM),
            fields.uint(FORMAT, events, 0, MAX_TREE_SIZE),
            fields.octets(FORMAT, events, 1, 32),
            None if p[7] is None else fields.octets(FORMAT, p, 7, 32),
            fields.uint(FORMAT, p, 8, MAX_DAY),
        )
        if claims.epoch < 1 or (claims.epoch == 1) is not (claims.previous is None):
            raise Malformed(FORMAT, "epoch")
        paid, settled_sum = claims.outflows.root.sum, claims.acknowledged + claims.returned
        if not settled_sum <= paid <= claims.inflows.root.sum:  # more out than in, or more settled than paid
            raise Malformed(FORMAT, "totals")
        return claims


@dataclass(frozen=True, slots=True)
class Epoch:
    """A parsed, *unverified* statement; `sign1` has an empty unprotected header."""

    sign1: Sign1
    claims: EpochClaims
    entry_salt: bytes | None = field(default=None, repr=False)
    receipts: tuple[bytes, ...] = ()
    checkpoints: tuple[bytes, ...] = ()

    @property
    def statement(self) -> bytes:
        """The canonical bytes: what the log commits to, and the next epoch names by their SM3."""
        return self.sign1.encode({})

    @property
    def digest(self) -> bytes:
        """SM3 of the statement, 32 bytes."""
        return sm3(self.statement)

    def encode(self) -> bytes:
        """Bytes with the way into the log."""
        return self.sign1.encode(evidence_header(self.entry_salt, self.receipts, self.checkpoints))

    @classmethod
    def parse(cls, data: bytes) -> Epoch:
        """Parse with or without the way into the log. Unknown members are refused. Raises Malformed."""
        sign1 = Sign1.parse(data, typ=TYP_FUND_EPOCH, max_bytes=MAX_BYTES)
        fields.mapping(FORMAT, dict(sign1.headers), (1, 4, 16))
        header = fields.mapping(FORMAT, dict(sign1.unprotected), (), (HDR_RECEIPTS, HDR_ENTRY_SALT, HDR_CHECKPOINTS))
        if sign1.payload is None:
            raise Malformed(FORMAT, "payload")
        bare = Sign1(sign1.protected, sign1.headers, {}, sign1.payload, sign1.signature)
        return cls(bare, EpochClaims.parse(sign1.payload), *read_evidence(header))

    def trees(self, trust: TrustBundle, at: int) -> tuple[list[ProvenTree], Reason]:
        """Log trees that good receipts show the statement in, and what the receipts come to at `at` (seconds UTC)."""
        if self.entry_salt is None:
            return [], Reason.RECEIPT_MISSING
        body = entry_body(entry_commitment(self.entry_salt, self.statement))
        return read_receipts(trust, self.receipts, body, self.claims.iat, at)


def epoch_protected(alg: int, kid: bytes) -> bytes:
    """Protected header bytes of an epoch statement."""
    return protected_header(alg, kid, TYP_FUND_EPOCH)


def judge_epoch(epoch: Epoch, trust: TrustBundle, at: int) -> Reason:
    """OK if a key of the charity that may sign donations made it, good at the time; checked at `at`, seconds UTC.

    OK also for a key that was revoked later, if the epoch says to be older: only a log proves that it is
    (`needs_older_receipt`).
    """
    if not trust.issued_at - CLOCK_SKEW <= at < trust.expires:
        return Reason.TRUST_EXPIRED
    return judge_signed(epoch, trust, at)


def judge_signed(epoch: Epoch, trust: TrustBundle, at: int) -> Reason:
    """`judge_epoch` for who has judged the bundle's own time already."""
    key = key_of(epoch, trust)
    known = trust.issuer(epoch.claims.iss) is not None
    reason = judge(epoch.sign1, key, epoch.claims.iat, at, signer_known=known)
    if key is not None and KIND_DONATION not in key.kinds and reason in (Reason.OK, Reason.NOT_YET_VALID):
        return Reason.KEY_NOT_ALLOWED_FOR_KIND
    return reason


def key_of(epoch: Epoch, trust: TrustBundle) -> IssuerKey | None:
    """The key that the statement names, if the bundle knows it."""
    return trust.issuer_key(epoch.claims.iss, epoch.sign1.kid)


def needs_older_receipt(epoch: Epoch, trust: TrustBundle, trees: Sequence[ProvenTree]) -> bool:
    """Whether its key was revoked and no log tree is older than that: a stolen key can back-date at will."""
    key = key_of(epoch, trust)
    revoked = None if key is None else key.revoked_from
    return revoked is not None and not any(tree.iat < revoked for tree in trees)


def settled_root(h: TreeHash, outflows: Sequence[bytes], settlements: Sequence[bytes]) -> SumNode:
    """Root of the settled tree over leaves of 50 and settlements of 48 bytes, one for each. Raises Malformed."""
    return root_of(h, [settled_leaf(s, o) for o, s in zip(outflows, settlements, strict=True)])


def _numbered(m: dict[Any, Any], key: int, count: int) -> dict[Any, Any]:
    """A list of exactly `count` elements as a map by their places."""
    items = fields.array(FORMAT, m, key, count)
    if len(items) != count:
        raise Malformed(FORMAT, "list", f"key {key}")
    return dict(enumerate(items))


def _head(m: dict[Any, Any], key: int) -> Head:
    items = _numbered(m, key, 3)
    size, total = fields.uint(FORMAT, items, 0, MAX_TREE_SIZE), fields.uint(FORMAT, items, 2, MAX_SUM)
    if total < size or (size == 0) is not (total == 0):  # every leaf has at least one fen
        raise Malformed(FORMAT, "tree", f"key {key}")
    return Head(size, SumNode(fields.octets(FORMAT, items, 1, 32), total))
