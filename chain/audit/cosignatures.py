"""Witnesses' lines and finality proofs as they are stored (checks 8 and 10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

from chain.audit.anchors import Lookup
from chain.audit.model import Check
from chain.audit.ports import CheckpointRow, CosignatureRow, Job, ProofFact, Verify
from verifier.checkpoint import SignedNote
from verifier.cosignature import cosignature_message, cosigner_key_id
from verifier.errors import ProofInvalid, Unsupported, VerifierError
from verifier.finality.proof import AnchorProof
from verifier.policy import ChainTrust
from verifier.quorum import Witness, WitnessPolicy

_AHEAD = 300  # seconds by which an honest witness's clock may be ahead


def check_cosignatures(
    rows: Iterator[CosignatureRow],
    policies: Sequence[WitnessPolicy],
    find: Lookup,
    check: Check,
    verify: Verify,
    *,
    as_of: int,
) -> None:
    """`policies`: those of every trust bundle, oldest first; the newest one decides what a quorum is."""
    witnesses = [w for policy in policies for w in policy.witnesses]
    largest = 0
    for size, group in groupby(rows, key=attrgetter("size")):
        checkpoint = find([size]).get(size)
        if checkpoint is None:
            check.fault("cosignature", size, "size", "no checkpoint of this size")
            continue
        names = _of_one(list(group), checkpoint, witnesses, check, verify, as_of)
        if policies and policies[-1].reached(names):
            largest = size
    if policies and largest:
        check.note(f"the largest size with a quorum is {largest}")
    elif policies:
        check.cannot("a policy is set, and no checkpoint has a quorum")
    else:
        check.note("no witness policy is set: no size reaches level L4")


def _of_one(
    rows: Sequence[CosignatureRow],
    checkpoint: CheckpointRow,
    witnesses: Sequence[Witness],
    check: Check,
    verify: Verify,
    as_of: int,
) -> frozenset[str]:
    """Names with a good line under one checkpoint."""
    try:
        text = SignedNote.parse(checkpoint.note).checkpoint.note_text()
    except VerifierError:
        check.cannot(f"the note of size {checkpoint.size} does not parse")
        return frozenset()
    jobs: list[tuple[CosignatureRow, Job]] = []
    for row in rows:
        check.counted += 1
        place = f"{row.size}/{row.witness}"
        known = [w for w in witnesses if w.name == row.witness]
        if not check.expect(bool(known), "cosignature", place, "witness", "not a witness of any policy"):
            continue
        named = [w for w in known if cosigner_key_id(w.name, w.key) == row.key_id]
        if not check.expect(bool(named), "cosignature", place, "key_id", "not a key of this witness"):
            continue
        good = named[0].not_before <= row.signed_at < named[0].not_after and row.signed_at <= as_of + _AHEAD
        if check.expect(good, "cosignature", place, "signed_at", "outside the key's time, or in the future"):
            key = named[0].key
            jobs.append((row, Job(key.crv, key.public, row.signature, cosignature_message(text, row.signed_at))))
    names = set()
    for (row, _), good in zip(jobs, verify([job for _, job in jobs]), strict=True):
        place = f"{row.size}/{row.witness}"
        if check.expect(good, "cosignature", place, "signature", "does not verify for this checkpoint and time"):
            names.add(row.witness)
    return frozenset(names)


def check_proofs(
    rows: Iterator[ProofFact], chains: Sequence[ChainTrust], find: Lookup, check: Check, *, origin: str
) -> None:
    """Finality proofs, without a node: right origin, size, root, and signed by the validators of the trust bundle."""
    for row in rows:
        check.counted += 1
        place = f"{row.size}/{row.chain_id}"
        if not any((c.chain_id, c.contract) == (row.chain_id, row.contract) for c in chains):
            column = "contract" if any(c.chain_id == row.chain_id for c in chains) else "chain_id"
            check.fault("anchor_proof", place, column, "no trust bundle names this chain and contract")
            continue
        try:
            proof = AnchorProof.parse(row.proof)
            stated = (proof.chain_id, proof.contract, proof.origin)
            good = stated == (row.chain_id, row.contract, origin)
            check.expect(good, "anchor_proof", place, "proof", "is for another chain, contract or log")
            check.expect(proof.size == row.size, "anchor_proof", place, "size", "differs from the proof's")
            checkpoint = find([row.size]).get(row.size)
            good = checkpoint is not None and checkpoint.root == proof.root
            check.expect(good, "anchor_proof", place, "proof", "proves another root")
            proof.check_among(chains)
        except ProofInvalid as error:
            check.fault("anchor_proof", place, "proof", str(error))
        except Unsupported as error:
            check.cannot(f"proofs of chain {row.chain_id}: {error}")
        except VerifierError as error:
            check.fault("anchor_proof", place, "proof", str(error))
