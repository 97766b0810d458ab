"""The body of add-checkpoint (C2SP tlog-witness), strictly.

    old 20852014
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
    jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=

    log.minzheng.example/sm3-2026
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — log.minzheng.example/sm3-2026 <base64>

An old size, at most 63 hashes of a consistency proof, an empty line, a signed checkpoint. What was parsed encodes to
the same bytes again, so that nothing travels beside what is understood.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from verifier.checkpoint import SignedNote
from verifier.errors import Malformed
from verifier.merkle import HASH_BYTES, MAX_TREE_SIZE

FORMAT: Final = "add-checkpoint"
MAX_REQUEST_BYTES: Final = 32 * 1024
MAX_PROOF: Final = 63
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request: the size that the client believes the witness to hold, the proof from there, the checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: SignedNote

    def encode(self) -> bytes:
        """The body."""
        lines = "".join(base64.b64encode(h).decode() + "\n" for h in self.proof)
        return f"old {self.old}\n{lines}\n".encode() + self.note.encode()

    @classmethod
    def parse(cls, data: bytes) -> AddCheckpoint:
        """Raises Malformed."""
        if len(data) > MAX_REQUEST_BYTES:
            raise Malformed(FORMAT, "too-large")
        head, separator, note = data.partition(b"\n\n")
        if not separator:
            raise Malformed(FORMAT, "lines", "expected an empty line")
        try:
            first, *proof = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise Malformed(FORMAT, "ascii") from None
        if not first.startswith("old ") or len(proof) > MAX_PROOF:
            raise Malformed(FORMAT, "lines", "expected an old size and at most 63 hashes")
        return cls(parse_size(first[4:]), _hashes(proof), SignedNote.parse(note))


def parse_size(text: str) -> int:
    """A tree size in decimal without leading zeros. Raises Malformed."""
    if not _SIZE.fullmatch(text) or int(text) > MAX_TREE_SIZE:
        raise Malformed(FORMAT, "size")
    return int(text)


def parse_size_body(body: bytes) -> int:
    """The body of a 409: `20852163\\n`. Raises Malformed."""
    text = body[:32].decode("ascii", "replace")
    if len(body) > 32 or not text.endswith("\n"):
        raise Malformed(FORMAT, "size")
    return parse_size(text[:-1])


def _hashes(lines: Sequence[str]) -> tuple[bytes, ...]:
    return tuple(map(_hash, lines))


def _hash(line: str) -> bytes:
    try:
        raw = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(FORMAT, "proof") from None
    if len(raw) != HASH_BYTES or base64.b64encode(raw).decode() != line:
        raise Malformed(FORMAT, "proof", "expected 32 bytes in canonical base64")
    return raw
