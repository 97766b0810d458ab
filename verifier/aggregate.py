"""One signature for a whole quorum of witnesses: BLS12-381, aggregated, with a bitmap of who signed.

    — registries <base64 of 4-byte key id || 8-byte time || 8-byte bitmap || 96-byte signature>

All witnesses of a round sign the same bytes, so the round's time is common (a C2SP cosignature has its own):

    cosignature/bls12-381/v1
    time 1767225600
    log.minzheng.example/sm3-2026
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

The line's name is the policy's quorum. Bit i of the bitmap (least significant first) is the i-th witness of the policy
that has a BLS key. Pays from some fifty witnesses on; on a chain with EIP-2537 the contract WitnessQuorum checks it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .checkpoint import NoteSignature
from .errors import Malformed
from .hazmat.bls import KEY_BYTES, SIGNATURE_BYTES

FORMAT: Final = "quorum-signature"
HEADER: Final = "cosignature/bls12-381/v1"
MAX_WITNESSES: Final = 64
_TYPE: Final = b"\xffBLS12-381/quorum/v1"
_LENGTH: Final = 8 + 8 + SIGNATURE_BYTES
_MAX_TIME: Final = (1 << 63) - 1


def aggregate_message(note_text: str, time: int) -> bytes:
    """What every witness of a round signs at the round's `time` (seconds UTC) for a checkpoint's `note_text`."""
    return f"{HEADER}\ntime {time}\n{note_text}".encode()


def aggregate_key_id(name: str, keys: Sequence[bytes]) -> bytes:
    """Four-byte key id: it names the quorum *and* the order of its keys, which the bitmap counts in."""
    if not 0 < len(keys) <= MAX_WITNESSES or any(len(key) != KEY_BYTES for key in keys):
        raise Malformed(FORMAT, "keys")
    return hashlib.sha256(name.encode() + b"\n" + _TYPE + b"".join(keys)).digest()[:4]


@dataclass(frozen=True, slots=True)
class QuorumSignature:
    """A quorum's line, *unverified*. `bitmap` says which of the policy's keys signed."""

    name: str
    key_id: bytes
    time: int
    bitmap: int
    signature: bytes

    def to_line(self) -> NoteSignature:
        """As the signature line of a note. Raises Malformed."""
        if not 0 <= self.time <= _MAX_TIME or not 0 < self.bitmap < 1 << MAX_WITNESSES:
            raise Malformed(FORMAT, "time-or-bitmap")
        raw = self.time.to_bytes(8, "big") + self.bitmap.to_bytes(8, "big") + self.signature
        return NoteSignature(self.name, self.key_id, raw)

    @classmethod
    def from_line(cls, line: NoteSignature) -> QuorumSignature:
        """Read a line that its key id says to be a quorum's. Raises Malformed."""
        raw = line.signature
        time, bitmap = int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:16], "big")
        if len(raw) != _LENGTH or time > _MAX_TIME or bitmap == 0:
            raise Malformed(FORMAT, "length-or-bitmap")
        return cls(line.name, line.key_id, time, bitmap, raw[16:])

    def signers(self, count: int) -> tuple[int, ...]:
        """Indices of the keys that signed, of `count`. Raises Malformed if a bit stands for nobody."""
        if self.bitmap >> count:
            raise Malformed(FORMAT, "bitmap", "a bit stands for no witness")
        return tuple(i for i in range(count) if self.bitmap >> i & 1)
