"""Checkpoints: what was signed, by whom, when (check 7). The roots are compared in the walk (`ledger`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from chain.audit.model import Check, Checks
from chain.audit.ports import CheckpointRow, Job, Verify
from verifier.checkpoint import SignedNote, note_key_id
from verifier.errors import VerifierError
from verifier.merkle import TreeHash
from verifier.policy import LogKey
from verifier.receipt import receipt_protected, receipt_to_be_signed

_AT_ONCE = 1024  # checkpoints whose signatures are checked together


@dataclass(frozen=True, slots=True)
class LogKeys:
    """Keys that may have signed for a log, from every trust bundle there was."""

    origin: str
    tree: TreeHash
    keys: tuple[LogKey, ...]

    def at(self, time: int | None) -> tuple[LogKey, ...]:
        """Those valid at `time`; all of them where the source does not keep the time."""
        return tuple(k for k in self.keys if time is None or k.not_before <= time < k.not_after)


@dataclass(frozen=True, slots=True)
class _Claim:
    size: int
    column: str
    job: Job


def check_notes(keys: LogKeys, rows: Iterator[CheckpointRow], checks: Checks, verify: Verify) -> None:
    """Note, receipt header, both signatures, time of every checkpoint."""
    check = checks["checkpoints"]
    last = -1
    while page := list(islice(rows, _AT_ONCE)):
        claims: list[_Claim] = []
        for row in page:
            claims += _claims(keys, row, check)
            if row.signed_at is not None:
                ordered = row.signed_at >= last
                check.expect(ordered, "checkpoint", row.size, "signed_at", "earlier than a smaller checkpoint's")
                last = row.signed_at
        settle(claims, check, verify)


def settle(claims: Sequence[_Claim], check: Check, verify: Verify) -> None:
    """Have signatures checked; a fault for each that is none."""
    for claim, good in zip(claims, verify([claim.job for claim in claims]), strict=True):
        check.expect(good, "checkpoint", claim.size, claim.column, "signature does not verify")


def _claims(keys: LogKeys, row: CheckpointRow, check: Check) -> Iterable[_Claim]:
    """What remains to be proven of a row once its text is as it must be."""
    try:
        note = SignedNote.parse(row.note)
    except VerifierError as error:
        check.fault("checkpoint", row.size, "note", f"not a signed note ({error})")
        return
    said = note.checkpoint
    good = check.expect(said.origin == keys.origin, "checkpoint", row.size, "note", "names another log")
    good &= check.expect(said.size == row.size, "checkpoint", row.size, "size", "differs from the note's")
    good &= check.expect(said.root == row.root, "checkpoint", row.size, "root", "differs from the note's")
    valid = keys.at(row.signed_at)
    text, found = said.note_text().encode(), False
    for key in valid:
        key_id = note_key_id(key.name, key.key)
        for line in note.signatures:
            if line.name == key.name and line.key_id == key_id:
                found = True
                yield _Claim(row.size, "note", Job(key.key.crv, key.key.public, line.signature, text))
    check.expect(found, "checkpoint", row.size, "note", "not signed by a key of the log that was valid then")
    if good and row.receipt_protected is not None:
        yield from _receipt(keys, valid, row, check)


def _receipt(keys: LogKeys, valid: Sequence[LogKey], row: CheckpointRow, check: Check) -> Iterable[_Claim]:
    assert row.receipt_protected is not None
    assert row.signed_at is not None
    assert row.receipt_signature is not None
    for key in valid:
        wanted = receipt_protected(key.key, keys.origin, row.signed_at, keys.tree, row.size)
        if wanted == row.receipt_protected:
            message = receipt_to_be_signed(wanted, row.root)
            yield _Claim(
                row.size, "receipt_signature", Job(key.key.crv, key.key.public, row.receipt_signature, message)
            )
            return
    # Origin, size, tree, key and time stand in this header: whichever column was changed, it no longer fits.
    check.fault("checkpoint", row.size, "receipt_protected", "differs from key, origin, size or signed_at")
