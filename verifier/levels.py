"""Levels L3 to L5: what logs, witnesses and chains say about the tree that a certificate stands in (steps 8 and 9).

A good receipt proves a tree: origin, size and root, signed by the log. Everything else is compared with exactly that:

    checkpoint    a note of the same origin and size. Same root and a quorum of cosignatures: L4. Another root, under
                  the log's own signature: LOG_FORKED, for a log that signs two trees of one size lies to somebody
    observation   what the caller read from a chain: L5, worth what his node is worth
    proof         the same from the chain's validators, checked here: L5

Nobody signs the list of what is brought along, so evidence that is damaged or beside the point lowers nothing that was
reached without it. Only a contradiction under a signature does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from .anchor import AnchorObservation
from .checkpoint import SignedNote
from .cosignature import Cosigners
from .errors import Malformed, VerifierError
from .fields import CLOCK_SKEW
from .policy import ChainTrust, LogKey, TrustBundle
from .receipt import Receipt
from .report import Need, Reason

if TYPE_CHECKING:
    from .finality.proof import AnchorProof

_CACHED: Final = 64  # notes


@dataclass(frozen=True, slots=True)
class ProvenTree:
    """A tree that a good receipt shows the certificate in; `iat` is the receipt's time, seconds UTC."""

    origin: str
    size: int
    root: bytes
    iat: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a level comes to, and what would help if it was not reached."""

    reason: Reason
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class _Anchored:
    """Somebody's word on a root in the contract: `reason` OK if he is believed, else why not."""

    origin: str
    size: int
    root: bytes
    reason: Reason
    needs: tuple[Need, ...] = ()


def check_receipt(trust: TrustBundle, data: bytes, body: bytes, issued_at: int) -> ProvenTree | None:
    """The tree of a good receipt for the entry `body`; None for a log or log key that the bundle does not know.

    `issued_at`: when the certificate says it was signed, seconds UTC. Raises Malformed or Unsupported if it is bad.
    """
    receipt = Receipt.parse(data)
    log = trust.log(receipt.origin)
    keys = [] if log is None else [k for k in log.keys if k.key.kid == receipt.sign1.kid]
    if log is None or not keys:
        return None
    leaf = receipt.tree.leaf(body)
    if log.tree is not receipt.tree or not receipt.verify(keys[0].key, leaf):
        raise Malformed("receipt", "signature")
    if not keys[0].not_before <= receipt.iat < keys[0].not_after:
        raise Malformed("receipt", "key-validity")
    if receipt.iat < issued_at - CLOCK_SKEW:
        raise Malformed("receipt", "time")
    return ProvenTree(receipt.origin, receipt.size, receipt.root(leaf), receipt.iat)


def read_receipts(
    trust: TrustBundle, receipts: Iterable[bytes], body: bytes, issued_at: int, at: int
) -> tuple[list[ProvenTree], Reason]:
    """Trees of the good ones, and what they all come to at time `at`: one good one is enough, one bad one too much."""
    good: list[ProvenTree] = []
    unknown = early = False
    for data in receipts:
        try:
            tree = check_receipt(trust, data, body, issued_at)
        except VerifierError:
            return [], Reason.RECEIPT_INVALID
        if tree is None:
            unknown = True
        elif tree.iat > at + CLOCK_SKEW:
            early = True  # rightly signed: the log's clock is ahead of ours, and whose is wrong we cannot say
        else:
            good.append(tree)
    missing = Reason.RECEIPT_LOG_UNKNOWN if unknown else Reason.RECEIPT_MISSING
    return good, Reason.OK if good else Reason.NOT_YET_VALID if early else missing


def read_notes(items: Iterable[bytes]) -> tuple[SignedNote, ...]:
    """The notes among them that can be read: one that cannot shows nothing, for or against."""
    found = []
    for data in items:
        try:
            found.append(SignedNote.parse(data))
        except Malformed:
            continue
    return tuple(found)


class Evidence:
    """What a caller brings along about logs and chains, read once. Immutable after construction.

    Signatures under notes are remembered, for many files carry the same note; what depends on the time is not.
    """

    __slots__ = ("_anchored", "_cosigners", "_is_of_log", "_notes", "_trust", "_unreadable")
    _cosigners: Cosigners | None
    _is_of_log: Callable[[SignedNote, LogKey], bool]

    def __init__(
        self,
        trust: TrustBundle,
        anchors: Iterable[AnchorObservation],
        checkpoints: Iterable[bytes],
        proofs: Iterable[bytes],
        before: Evidence | None = None,
    ) -> None:
        """`before`: evidence for the same trust, whose memory of signatures this one shares."""
        self._trust = trust
        self._notes = read_notes(checkpoints)
        if before is not None and before._trust is trust:
            self._cosigners, self._is_of_log = before._cosigners, before._is_of_log
        else:
            self._cosigners = None if trust.witnesses is None else Cosigners(trust.witnesses)
            self._is_of_log = lru_cache(maxsize=_CACHED)(_is_of_log)
        anchored = [self._observed(seen) for seen in anchors]
        self._unreadable = False  # a proof that cannot be read is remembered: silence would look like absence
        for data in proofs:
            from .finality.proof import AnchorProof  # both consensus engines and their curves: for who brings a proof

            try:
                proof = AnchorProof.parse(data)
            except VerifierError:
                self._unreadable = True
            else:
                anchored.append(self._proven(proof))
        self._anchored = tuple(anchored)

    def _places(self, seen: AnchorObservation | AnchorProof) -> list[ChainTrust]:
        """The bundle's entries for that contract: several if it states an older set of validators beside the newest."""
        return [c for c in self._trust.chains if (c.chain_id, c.contract) == (seen.chain_id, seen.contract)]

    def _observed(self, seen: AnchorObservation) -> _Anchored:
        reason = Reason.OK if self._places(seen) else Reason.ANCHOR_UNKNOWN_CHAIN
        return _Anchored(seen.origin, seen.size, seen.root, reason)

    def _proven(self, proof: AnchorProof) -> _Anchored:
        places = self._places(proof)
        stated = [c for c in places if c.consensus is not None]
        if any(_checks(proof, chain) for chain in stated):
            return _Anchored(proof.origin, proof.size, proof.root, Reason.OK)
        needs = () if stated else (Need("validators", f"of chain {proof.chain_id} in the trust bundle"),)
        reason = Reason.ANCHOR_PROOF_INVALID if places else Reason.ANCHOR_UNKNOWN_CHAIN
        return _Anchored(proof.origin, proof.size, proof.root, reason, needs)

    def witnessed(self, trees: Sequence[ProvenTree], carried: Sequence[SignedNote], at: int) -> Answer:
        """Level L4 at time `at`, from the notes of the holder's file (`carried`) and the caller's own."""
        roots = {(t.origin, t.size): t.root for t in trees}
        if any(roots[t.origin, t.size] != t.root for t in trees):
            return Answer(Reason.LOG_FORKED)
        needs: list[Need] = []
        reached = False
        for tree in dict.fromkeys(trees):  # a file may show one receipt eight times
            signed = [n for n in (*carried, *self._notes) if _same_place(n, tree) and self._log_signed(n, tree)]
            if any(n.checkpoint.root != tree.root for n in signed):
                return Answer(Reason.LOG_FORKED)
            need = self._quorum(tree, signed, at)
            reached = reached or need is None
            needs.extend(() if need is None else (need,))
        return Answer(Reason.OK) if reached else Answer(Reason.QUORUM_NOT_REACHED, tuple(dict.fromkeys(needs)))

    def _log_signed(self, note: SignedNote, tree: ProvenTree) -> bool:
        """Whether a key of that log signed the note. A note has no time: the key must be valid at the receipt's."""
        log = self._trust.log(tree.origin)
        keys = [] if log is None else [k for k in log.keys if k.not_before <= tree.iat < k.not_after]
        return any(self._is_of_log(note, key) for key in keys)

    def _quorum(self, tree: ProvenTree, signed: Sequence[SignedNote], at: int) -> Need | None:
        """None if one of the notes is cosigned by a quorum, else what is missing."""
        policy, cosigners = self._trust.witnesses, self._cosigners
        if policy is None or cosigners is None:
            return Need("witness-policy", "in the trust bundle")
        place = f"{tree.origin} at size {tree.size}"
        if not signed:
            return Need("checkpoint", f"{place}, cosigned by {policy.quorum}")
        found = [cosigners.of(note, at) for note in signed]
        if any(policy.reached(names) for names in found):
            return None
        count = f"{max(len(names) for names in found)} of {len(policy.witnesses)} witnesses"
        return Need("cosignatures", f"{place}: {count}, not enough for {policy.quorum}")

    def anchored(self, trees: Sequence[ProvenTree]) -> Answer:
        """Level L5."""
        answers: set[Reason] = set()
        needs = [Need("anchor", f"{t.origin} at size {t.size}") for t in trees]
        for tree in trees:
            for seen in self._anchored:
                if (seen.origin, seen.size) != (tree.origin, tree.size):
                    continue
                contradicts = seen.reason is Reason.OK and seen.root != tree.root
                answers.add(Reason.ANCHOR_MISMATCH if contradicts else seen.reason)
                needs.extend(seen.needs)
        if self._unreadable:
            answers.add(Reason.ANCHOR_PROOF_INVALID)
        # One contradiction outweighs every agreement: the log showed the chain another tree than us.
        order = (Reason.ANCHOR_MISMATCH, Reason.OK, Reason.ANCHOR_PROOF_INVALID, Reason.ANCHOR_UNKNOWN_CHAIN)
        reason = next((r for r in order if r in answers), Reason.ANCHOR_MISSING)
        return Answer(reason, tuple(dict.fromkeys(needs)))


def _same_place(note: SignedNote, tree: ProvenTree) -> bool:
    return (note.checkpoint.origin, note.checkpoint.size) == (tree.origin, tree.size)


def _is_of_log(note: SignedNote, key: LogKey) -> bool:
    try:
        return note.verify(key.name, key.key)
    except VerifierError:  # a key for receipts only: notes know no signature of its algorithm
        return False


def _checks(proof: AnchorProof, chain: ChainTrust) -> bool:
    try:
        proof.check(chain)
    except VerifierError:
        return False
    return True
