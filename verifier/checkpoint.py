"""Checkpoints as C2SP signed notes (tlog-checkpoint, signed-note).

    log.minzheng.example/sm3-2026
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — log.minzheng.example/sm3-2026 <base64 of 4-byte key id || signature>

Three lines of text, an empty line, one line a signature. SM2 has no assigned signature type, so its lines use type 0xff
with a long identifier, as the note format provides. Lines of unknown keys are ignored when verifying, never when
parsing: a note is strict text from end to end.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from .cose import CoseKey
from .errors import Malformed, Unsupported
from .labels import ALG_EDDSA, ALG_SM2
from .merkle import MAX_TREE_SIZE

FORMAT: Final = "checkpoint"
MAX_NOTE_BYTES: Final = 64 * 1024
MAX_SIGNATURES: Final = 64
_SIGNATURE_TYPE: Final = {ALG_SM2: b"\xffSM2-SM3-GBT32918", ALG_EDDSA: b"\x01"}
_NAME: Final = re.compile(r"[^\s+\x00-\x1f]{1,200}")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_DASH: Final = "\u2014 "


def note_key_id(name: str, key: CoseKey) -> bytes:
    """Four-byte key id of signed-note: SHA-256(name || 0x0A || type || public key)[:4]. Raises Unsupported."""
    kind = _SIGNATURE_TYPE.get(key.alg)
    if kind is None:
        raise Unsupported("signed note: no signature type for this algorithm")
    return hashlib.sha256(name.encode() + b"\n" + kind + key.public).digest()[:4]


def _b64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed(FORMAT, "base64") from None
    if base64.b64encode(raw).decode() != text:
        raise Malformed(FORMAT, "base64", "non-canonical")
    return raw


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Head of a log: origin line, number of leaves, root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.origin):
            raise Malformed(FORMAT, "origin")
        if not 0 <= self.size <= MAX_TREE_SIZE or len(self.root) != 32:
            raise Malformed(FORMAT, "size-or-root")

    def note_text(self) -> str:
        """The text that is signed, with its final newline."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """`— name base64`, with its newline."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A checkpoint and its signature lines; parsed, *unverified*."""

    checkpoint: Checkpoint
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """The note's bytes."""
        return (self.checkpoint.note_text() + "\n" + "".join(s.line() for s in self.signatures)).encode()

    @classmethod
    def parse(cls, data: bytes) -> SignedNote:
        """Parse strictly: re-encoding gives the same bytes. Raises Malformed."""
        if len(data) > MAX_NOTE_BYTES:
            raise Malformed(FORMAT, "too-large")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed(FORMAT, "utf8") from None
        body, separator, tail = text.partition("\n\n")
        lines = body.split("\n")
        if not separator or len(lines) != 3:  # extension lines are not recommended and not ours
            raise Malformed(FORMAT, "lines", "expected origin, size and root")
        if not _SIZE.fullmatch(lines[1]):
            raise Malformed(FORMAT, "size")
        checkpoint = Checkpoint(lines[0], int(lines[1]), _b64(lines[2]))
        signature_lines = tail.split("\n")
        if signature_lines.pop() != "" or not 0 < len(signature_lines) <= MAX_SIGNATURES:
            raise Malformed(FORMAT, "signatures")
        return cls(checkpoint, tuple(_signature(line) for line in signature_lines))

    def verify(self, name: str, key: CoseKey) -> bool:
        """Whether at least one line of this name and key id is a good signature, and none of them is bad."""
        key_id = note_key_id(name, key)
        message = self.checkpoint.note_text().encode()
        mine = [s.signature for s in self.signatures if s.name == name and s.key_id == key_id]
        return bool(mine) and all(key.verify(signature, message) for signature in mine)


def _signature(line: str) -> NoteSignature:
    if not line.startswith(_DASH):
        raise Malformed(FORMAT, "signature-line")
    name, space, value = line[len(_DASH) :].partition(" ")
    raw = _b64(value)
    if not space or not _NAME.fullmatch(name) or len(raw) < 5:
        raise Malformed(FORMAT, "signature-line")
    return NoteSignature(name, raw[:4], raw[4:])
