"""Values of a witness. Times are whole UTC seconds, roots 32 bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from chain.ports import LogSigner
from verifier.cose import CoseKey
from verifier.merkle import TreeHash

TEXT: Final = "text/plain; charset=utf-8"
SIZE_TYPE: Final = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A log that this witness follows: its origin, the hash of its tree, and the keys that may sign for it."""

    origin: str
    tree: TreeHash
    keys: tuple[CoseKey, ...]


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness key under its name, e.g. `witness.north.example/w1`. Two keys of a witness may share the name."""

    name: str
    signer: LogSigner


@dataclass(frozen=True, slots=True)
class Held:
    """The latest checkpoint that this witness cosigned for a log.

    `note` is the checkpoint with the log's own lines, `lines` are the witness's, exactly as they were sent.
    """

    origin: str
    size: int
    root: bytes
    note: bytes
    lines: bytes
    signed_at: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """A checkpoint that the log signed and that did not fit to what is held. `proven`: same size, another root, so the
    two notes alone convict the log; otherwise the consistency proof was wrong, which may be a bad client's doing."""

    origin: str
    size: int
    root: bytes
    note: bytes
    held: bytes
    proven: bool
    seen_at: int


class Verdict(IntEnum):
    """What became of a request; the numbers are the protocol's, which are HTTP's."""

    COSIGNED = 200
    MALFORMED = 400
    NOT_SIGNED = 403
    UNKNOWN_LOG = 404
    OTHER_SIZE = 409
    INCONSISTENT = 422
    TOO_MANY = 429


@dataclass(frozen=True, slots=True)
class Answer:
    """Verdict and body. Only COSIGNED bodies hold signatures, OTHER_SIZE ones the size held: `20852163\\n`."""

    verdict: Verdict
    body: bytes
    content_type: str = TEXT
    origin: str = ""
    retry_after: int = 0
