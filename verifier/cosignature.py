"""Cosignatures: a witness's word that a tree only ever grew, under a checkpoint (C2SP tlog-cosignature).

    — witness.north.example/w1 <base64 of 4-byte key id || 8-byte time || 64-byte signature>

Signed is, for the checkpoint of `verifier.checkpoint` and a time in seconds UTC:

    cosignature/v1
    time 1767225600
    log.minzheng.example/sm3-2026
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

Origin, size and root stand in the message, so a cosignature fits no other log, size or tree. It does not name its
maker: one key must not go under two names (`verifier.quorum` refuses that). Ed25519 has signature type 0x04; SM2 with
SM3 signs the same message under type 0xff and a long identifier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from . import aggregate
from .checkpoint import KeyUse, NoteSignature, SignedNote, note_key_id
from .cose import CoseKey
from .errors import Malformed
from .fields import CLOCK_SKEW
from .hazmat import bls
from .quorum import Witness, WitnessPolicy

FORMAT: Final = "cosignature"
HEADER: Final = "cosignature/v1"
_TIME_BYTES: Final = 8
_SIGNATURE_BYTES: Final = 64
_MAX_TIME: Final = (1 << 63) - 1


def cosignature_message(note_text: str, time: int) -> bytes:
    """What a witness signs at `time` (seconds UTC) for a checkpoint's `note_text`, last newline included."""
    return f"{HEADER}\ntime {time}\n{note_text}".encode()


def cosigner_key_id(name: str, key: CoseKey) -> bytes:
    """Four-byte key id of a witness's lines: never that of a log's lines by the same key. Raises Unsupported."""
    return note_key_id(name, key, KeyUse.COSIGNER)


@dataclass(frozen=True, slots=True)
class Cosignature:
    """One cosignature, *unverified*. `time` in seconds UTC, `signature` 64 bytes."""

    name: str
    key_id: bytes
    time: int
    signature: bytes

    def to_line(self) -> NoteSignature:
        """As the signature line of a note."""
        if not 0 <= self.time <= _MAX_TIME:
            raise Malformed(FORMAT, "time")
        return NoteSignature(self.name, self.key_id, self.time.to_bytes(_TIME_BYTES, "big") + self.signature)

    @classmethod
    def from_line(cls, line: NoteSignature) -> Cosignature:
        """Read a signature line that its key id says to be a cosignature. Raises Malformed."""
        if len(line.signature) != _TIME_BYTES + _SIGNATURE_BYTES:
            raise Malformed(FORMAT, "length", "expected time and signature, 72 bytes")
        time = int.from_bytes(line.signature[:_TIME_BYTES], "big")
        if time > _MAX_TIME:
            raise Malformed(FORMAT, "time")
        return cls(line.name, line.key_id, time, line.signature[_TIME_BYTES:])

    def verify(self, key: CoseKey, note_text: str) -> bool:
        """Whether `key`, under this name, made this cosignature of the checkpoint at this time."""
        if cosigner_key_id(self.name, key) != self.key_id:
            return False
        return key.verify(self.signature, cosignature_message(note_text, self.time))


def cosigners(note: SignedNote, policy: WitnessPolicy, at: int) -> frozenset[str]:
    """Names of the policy's witnesses that cosigned the note, as known at time `at` (seconds UTC).

    A cosignature counts if its time lies in the key's validity and at most CLOCK_SKEW after `at`. Lines of unknown keys
    say nothing. One bad line of a known key spoils the note (signed-note: "reject the whole note"): nobody counts.
    A quorum's aggregated line (`verifier.aggregate`) counts for all who signed it, where the extra `bls` is installed;
    elsewhere it is a line of an unknown key.
    """
    known = {(w.name, cosigner_key_id(w.name, w.key)): w for w in policy.witnesses}
    text = note.checkpoint.note_text()
    found: set[str] = set()
    together = _quorum_key_id(policy)
    for line in dict.fromkeys(note.signatures):  # a line said twice is checked once
        if together is not None and (line.name, line.key_id) == (policy.quorum, together):
            signers = _aggregated(line, policy, text, at)
            if signers is None:
                return frozenset()
            found |= signers
            continue
        witness = known.get((line.name, line.key_id))
        if witness is None:
            continue
        time = _good(line, witness, text)
        if time is None:
            return frozenset()
        if witness.not_before <= time < witness.not_after and time <= at + CLOCK_SKEW:
            found.add(witness.name)
    return frozenset(found)


def _good(line: NoteSignature, witness: Witness, text: str) -> int | None:
    """The time of a good cosignature, else None."""
    try:
        cosignature = Cosignature.from_line(line)
    except Malformed:
        return None
    return cosignature.time if cosignature.verify(witness.key, text) else None


def _quorum_key_id(policy: WitnessPolicy) -> bytes | None:
    """Key id of the quorum's aggregated line; None if there can be none, or none can be checked here."""
    keys = [w.bls.key for w in policy.aggregating if w.bls is not None]
    return aggregate.aggregate_key_id(policy.quorum, keys) if keys and bls.available() else None


def _aggregated(line: NoteSignature, policy: WitnessPolicy, text: str, at: int) -> frozenset[str] | None:
    """Names that a good aggregated line counts for; None for a bad one.

    Every signer must have proven possession of its key and have been valid at the round's time: one who is not makes
    the sum of keys another than the policy's, so then nobody counts by this line.
    """
    try:
        quorum = aggregate.QuorumSignature.from_line(line)
        signers = [policy.aggregating[i] for i in quorum.signers(len(policy.aggregating))]
    except Malformed:
        return None
    keys = [w.bls.key for w in signers if w.bls is not None]
    if not all(w.bls is not None and bls.verify_possession(w.bls.key, w.bls.possession) for w in signers):
        return None
    if not bls.verify_aggregate(keys, aggregate.aggregate_message(text, quorum.time), quorum.signature):
        return None
    timely = quorum.time <= at + CLOCK_SKEW and all(w.not_before <= quorum.time < w.not_after for w in signers)
    return frozenset(w.name for w in signers) if timely else frozenset()
