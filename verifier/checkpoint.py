"""Checkpoints as C2SP signed notes (tlog-checkpoint, signed-note).

    log.minzheng.example/sm3-2026
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — log.minzheng.example/sm3-2026 <base64 of 4-byte key id || signature>

Three lines of text, an empty line, one line a signature. SM2 has no assigned signature type, so its lines use type 0xff
with a long identifier, as the note format provides. Lines of unknown keys are ignored when verifying, never when
parsing: a note is strict text from end to end.

Public keys are exchanged as verifier keys ("vkey"), one word of text: `<name>+<key id in hex>+<base64(type || key)>`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from .cose import CoseKey
from .errors import Malformed, Unsupported
from .fields import base64_text, is_key_name
from .labels import CRV_ED25519, CRV_SM2
from .merkle import MAX_TREE_SIZE

FORMAT: Final = "checkpoint"
VKEY_FORMAT: Final = "vkey"
MAX_NOTE_BYTES: Final = 64 * 1024
MAX_SIGNATURES: Final = 64
MAX_VKEY: Final = 4096  # characters; post-quantum keys of others are to be told from garbage
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_DASH: Final = "\u2014 "


class KeyUse(StrEnum):
    """What a note key signs: the note text itself, or a time and the text (a cosignature). Never both."""

    LOG = "log"
    COSIGNER = "cosigner"


_TYPES: Final = (
    (KeyUse.LOG, CRV_ED25519, b"\x01"),
    (KeyUse.LOG, CRV_SM2, b"\xffSM2-SM3-GBT32918"),
    (KeyUse.COSIGNER, CRV_ED25519, b"\x04"),
    (KeyUse.COSIGNER, CRV_SM2, b"\xffSM2-SM3-GBT32918/cosignature/v1"),
)
_TYPE_OF: Final = {(use, crv): kind for use, crv, kind in _TYPES}
_KEY_BYTES: Final = {CRV_ED25519: 32, CRV_SM2: 65}


def note_key_id(name: str, key: CoseKey, use: KeyUse = KeyUse.LOG) -> bytes:
    """Four-byte key id of signed-note: SHA-256(name || 0x0A || type || public key)[:4]. Raises Unsupported."""
    return hashlib.sha256(name.encode() + b"\n" + _typed_key(key, use)).digest()[:4]


def _typed_key(key: CoseKey, use: KeyUse) -> bytes:
    kind = _TYPE_OF.get((use, key.crv))
    if kind is None:
        raise Unsupported("signed note: no signature type for this algorithm")
    return kind + key.public


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key with its name and use: what a vkey says.

    `PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW` is one of type 0x01.
    """

    name: str
    key: CoseKey
    use: KeyUse

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise Malformed(VKEY_FORMAT, "name")
        _typed_key(self.key, self.use)

    @property
    def key_id(self) -> bytes:
        """Four bytes, as in the signature lines."""
        return note_key_id(self.name, self.key, self.use)

    def encode(self) -> str:
        """The vkey."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_typed_key(self.key, self.use)).decode()}"

    @classmethod
    def parse(cls, text: str) -> NoteKey:
        """Parse a vkey; encoding it again gives the same text. Raises Malformed, or Unsupported for other types."""
        name, plus, rest = text[:MAX_VKEY].partition("+")
        key_id, second, value = rest.partition("+")
        if not plus or not second or len(text) > MAX_VKEY:
            raise Malformed(VKEY_FORMAT, "structure", "expected name+id+key")
        raw = base64_text(VKEY_FORMAT, value)
        # By type *and* length: one long identifier is the beginning of another.
        for use, crv, kind in _TYPES:
            if raw.startswith(kind) and len(raw) == len(kind) + _KEY_BYTES[crv]:
                parsed = cls(name, CoseKey(crv, raw[len(kind) :]), use)
                break
        else:
            raise Unsupported("signed note: key type not known")
        if parsed.key_id.hex() != key_id:
            raise Malformed(VKEY_FORMAT, "key-id", "not that of name and key")
        return parsed


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Head of a log: origin line, number of leaves, root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.origin):
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
        checkpoint = Checkpoint(lines[0], int(lines[1]), base64_text(FORMAT, lines[2]))
        signature_lines = tail.split("\n")
        if signature_lines.pop() != "" or not 0 < len(signature_lines) <= MAX_SIGNATURES:
            raise Malformed(FORMAT, "signatures")
        return cls(checkpoint, tuple(_signature(line) for line in signature_lines))

    def with_lines(self, lines: Iterable[NoteSignature]) -> SignedNote:
        """The note with these lines behind its own; a line that it has already is not added. Raises Malformed."""
        note = replace(self, signatures=tuple(dict.fromkeys((*self.signatures, *lines))))
        if len(note.signatures) > MAX_SIGNATURES or len(note.encode()) > MAX_NOTE_BYTES:
            raise Malformed(FORMAT, "too-large", "too many signature lines")
        return note

    def verify(self, name: str, key: CoseKey) -> bool:
        """Whether at least one line of this name and key id is a good signature, and none of them is bad."""
        key_id = note_key_id(name, key)
        message = self.checkpoint.note_text().encode()
        # A line said many times is checked once: nobody pays a signature check for a copied line.
        mine = {s.signature for s in self.signatures if s.name == name and s.key_id == key_id}
        return bool(mine) and all(key.verify(signature, message) for signature in mine)


def _signature(line: str) -> NoteSignature:
    if not line.startswith(_DASH):
        raise Malformed(FORMAT, "signature-line")
    name, space, value = line[len(_DASH) :].partition(" ")
    raw = base64_text(FORMAT, value)
    if not space or not is_key_name(name) or len(raw) < 5:
        raise Malformed(FORMAT, "signature-line")
    return NoteSignature(name, raw[:4], raw[4:])
