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
from functools import lru_cache
from typing import Final

from . import aggregate
from .aggregate import QuorumSignature
from .checkpoint import KeyUse, NoteSignature, SignedNote, note_key_id
from .cose import CoseKey
from .errors import Malformed
from .fields import CLOCK_SKEW
from .hazmat import bls
from .quorum import Witness, WitnessPolicy

FORMAT: Final = "cosignature"
HEADER: Final = "cosignature/v1"
CACHED: Final = 1024  # lines, of less than a kilobyte each
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


class Cosigners:
    """Says who of a policy's witnesses cosigned a note. Immutable in what it says, and safe to share between threads.

    Whether a line is a good signature is worked out once and remembered for the last CACHED lines: a thousand files
    with one note under them need not cost a thousand times its cosignatures, nor one file with eight orders of the
    same lines eight times. Whether it *counts* depends on the time of asking, and is not remembered.
    """

    __slots__ = ("_known", "_policy", "_together", "_verified")

    def __init__(self, policy: WitnessPolicy) -> None:
        self._policy = policy
        self._known = {(w.name, cosigner_key_id(w.name, w.key)): w for w in policy.witnesses}
        self._together = _quorum_key_id(policy)
        self._verified = lru_cache(maxsize=CACHED)(_is_good)

    def of(self, note: SignedNote, at: int) -> frozenset[str]:
        """Names of those that cosigned the note, as known at time `at` (seconds UTC).

        A cosignature counts if its time lies in the key's validity and at most CLOCK_SKEW after `at`. Lines of unknown
        keys say nothing. One bad line of a known key spoils the note (signed-note: "reject the whole note"): nobody
        counts. A quorum's aggregated line (`verifier.aggregate`) counts for all who signed it, where the extra `bls`
        is installed; elsewhere it is a line of an unknown key. It counts for all or for nobody: without one of them
        the sum of keys would be another.
        """
        text = note.checkpoint.note_text()
        found: set[str] = set()
        for line in dict.fromkeys(note.signatures):  # a line said twice is checked once
            try:
                said, signers = self._read(line)
            except Malformed:
                return frozenset()
            if said is None:
                continue
            if not self._verified(said, signers, text):
                return frozenset()
            if said.time <= at + CLOCK_SKEW and all(w.not_before <= said.time < w.not_after for w in signers):
                found |= {w.name for w in signers}
        return frozenset(found)

    def _read(self, line: NoteSignature) -> tuple[Cosignature | QuorumSignature | None, tuple[Witness, ...]]:
        """The line and who it says signed; nothing for a line of unknown keys. Raises Malformed."""
        place = (line.name, line.key_id)
        if self._together is not None and place == (self._policy.quorum, self._together):
            quorum, keys = QuorumSignature.from_line(line), self._policy.aggregating
            return quorum, tuple(keys[i] for i in quorum.signers(len(keys)))
        witness = self._known.get(place)
        return (None, ()) if witness is None else (Cosignature.from_line(line), (witness,))


def cosigners(note: SignedNote, policy: WitnessPolicy, at: int) -> frozenset[str]:
    """`Cosigners.of` for one note."""
    return Cosigners(policy).of(note, at)


def _is_good(said: Cosignature | QuorumSignature, signers: tuple[Witness, ...], text: str) -> bool:
    """Whether all of `signers` signed `text` by this line. Every signer of an aggregate must have proven possession."""
    if isinstance(said, Cosignature):
        return said.verify(signers[0].key, text)
    keys = [w.bls for w in signers if w.bls is not None]
    if not all(bls.verify_possession(bls_key.key, bls_key.possession) for bls_key in keys):
        return False
    message = aggregate.aggregate_message(text, said.time)
    return bls.verify_aggregate([bls_key.key for bls_key in keys], message, said.signature)


def _quorum_key_id(policy: WitnessPolicy) -> bytes | None:
    """Key id of the quorum's aggregated line; None if there can be none, or none can be checked here."""
    keys = [w.bls.key for w in policy.aggregating if w.bls is not None]
    return aggregate.aggregate_key_id(policy.quorum, keys) if keys and bls.available() else None
