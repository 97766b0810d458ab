"""Witnesses for tests: four deterministic cosigners of two algorithms, a policy of nested groups, cosigned notes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from tests.golden.other_signers import Ed25519Signer
from tests.support import kit
from verifier import policy
from verifier.checkpoint import Checkpoint, NoteSignature, SignedNote, note_key_id
from verifier.cose import CoseKey
from verifier.cosignature import Cosignature, cosignature_message, cosigner_key_id
from verifier.quorum import Group, Witness, WitnessPolicy

COSIGNED_AT = kit.AT - kit.DAY + 90  # seconds UTC, a little after the receipt's time
YEAR = 366 * kit.DAY


class Signer(Protocol):
    """What both kinds of test keys have in common."""

    @property
    def key(self) -> CoseKey: ...

    def sign(self, message: bytes) -> bytes: ...


@dataclass(frozen=True)
class TestWitness:
    """A witness with its private key. It checks nothing: a test says what it signs."""

    __test__ = False
    name: str
    signer: Signer

    def witness(self, not_before: int = kit.AT - YEAR, not_after: int = kit.AT + YEAR) -> Witness:
        return Witness(self.name, self.signer.key, not_before, not_after)

    def cosign(self, checkpoint: Checkpoint, time: int = COSIGNED_AT) -> NoteSignature:
        signature = self.signer.sign(cosignature_message(checkpoint.note_text(), time))
        return Cosignature(self.name, cosigner_key_id(self.name, self.signer.key), time, signature).to_line()


NORTH = TestWitness("north.example/w1", kit.TestSigner(b"witness north"))
SOUTH = TestWitness("south.example/w1", Ed25519Signer(b"witness south"))
WEST = TestWitness("west.example/w1", kit.TestSigner(b"witness west"))
CHARITIES = TestWitness("charities.example/w1", Ed25519Signer(b"witness charities"))
ALL = (NORTH, SOUTH, WEST, CHARITIES)

REGISTRIES = Group("registries", 2, (NORTH.name, SOUTH.name, WEST.name))
BOTH = Group("both", 2, (REGISTRIES.name, CHARITIES.name))


def witness_policy(**changes: Any) -> WitnessPolicy:
    """Two of three registries and the charities' witness, with changes for a test."""
    values: dict[str, Any] = {
        "witnesses": tuple(w.witness() for w in ALL),
        "groups": (REGISTRIES, BOTH),
        "quorum": BOTH.name,
    }
    return WitnessPolicy(**{**values, **changes})


def bundle(witnesses: WitnessPolicy | None = None, **changes: Any) -> policy.TrustBundle:
    """The bundle of `kit` with a witness policy."""
    return kit.bundle(witnesses=witnesses or witness_policy(), **changes)


def log_line(checkpoint: Checkpoint, signer: Signer = kit.LOG_KEY, name: str = kit.ORIGIN) -> NoteSignature:
    """The log's own signature line."""
    return NoteSignature(name, note_key_id(name, signer.key), signer.sign(checkpoint.note_text().encode()))


def cosigned(checkpoint: Checkpoint, by: Iterable[TestWitness] = ALL, time: int = COSIGNED_AT) -> SignedNote:
    """The log's note of a checkpoint with a cosignature of each witness."""
    return SignedNote(checkpoint, (log_line(checkpoint), *(w.cosign(checkpoint, time) for w in by)))
