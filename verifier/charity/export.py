"""A static export of the ledger: files that anybody can fetch, keep and audit without the service.

    charity/index.json               {"version": 1, "books": ["<hex of 16 bytes>", …]}
    charity/<hex>/events.bin         (length u32 ‖ body)*
    charity/<hex>/in.bin             45 bytes a leaf (`line`)
    charity/<hex>/out.bin            50 bytes a leaf
    charity/<hex>/settlement.bin     48 bytes a settlement, one for each out-leaf
    charity/<hex>/epochs.bin         (length u32 ‖ epoch statement with its way into the log)*

All files of a book are as of its last epoch: what is newer is not in them. A charity's general book has only events and
epochs; its lines are empty files. Sample of events.bin: `00000018 a6010b…` (a body of 24 bytes).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, TypeAlias

from ..errors import Malformed
from . import line
from .line import INFLOW_BYTES, In
from .state import At, Batch

FORMAT: Final = "charity-export"
VERSION: Final = 1
INDEX: Final = "index.json"
FILES: Final = ("events.bin", "in.bin", "out.bin", "settlement.bin", "epochs.bin")
_MAX_RECORD: Final = 1 << 16
_MAX_INDEX: Final = 1 << 22
Read: TypeAlias = Callable[[str], bytes]
"""Content of a file by its path below charity/. Raises Malformed if there is none."""


@dataclass(frozen=True, slots=True)
class Files:
    """The five files of a book."""

    events: bytes
    inflows: bytes
    outflows: bytes
    settlements: bytes
    epochs: bytes

    @classmethod
    def read(cls, book: bytes, read: Read) -> Files:
        """Raises Malformed for a file that is missing."""
        return cls(*(read(f"{book.hex()}/{name}") for name in FILES))


def index_text(books: Iterable[bytes]) -> bytes:
    """Content of index.json."""
    return json.dumps({"version": VERSION, "books": [b.hex() for b in books]}, indent=1).encode() + b"\n"


def read_index(data: bytes) -> tuple[bytes, ...]:
    """The books of an export, each once. Raises Malformed."""
    try:
        found = json.loads(data) if len(data) <= _MAX_INDEX else {}
        books = [bytes.fromhex(text) for text in found["books"]]
        known = found["version"] == VERSION
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Malformed(FORMAT, "index") from None
    if not known or any(len(book) != line.BOOK_BYTES for book in books) or len(set(books)) != len(books):
        raise Malformed(FORMAT, "index")
    return tuple(books)


def join_records(items: Iterable[bytes]) -> bytes:
    """(length u32 ‖ item)*."""
    return b"".join([len(item).to_bytes(4, "big") + item for item in items])


def split_records(data: bytes) -> list[bytes]:
    """Inverse of `join_records`. Raises Malformed."""
    found, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        item = data[at + 4 : at + 4 + size]
        if not 0 < size <= _MAX_RECORD or len(item) != size:
            raise Malformed(FORMAT, "record")
        found.append(item)
        at += 4 + size
    return found


class InLine:
    """The in-leaves of a file by column: an object for each of a million would take longer than hashing them."""

    __slots__ = ("amounts", "data", "days", "kinds", "starts")

    def __init__(self, data: bytes) -> None:
        """Raises Malformed for what is no in-leaf."""
        leaves = line.parse_inflows(data)
        self.data = data
        self.kinds = data[::INFLOW_BYTES]
        self.days = [leaf.day for leaf in leaves]
        self.amounts = [leaf.amount for leaf in leaves]
        self.starts = list(accumulate(self.amounts, initial=0))

    def __len__(self) -> int:
        return len(self.kinds)

    def leaf(self, idx: int) -> bytes:
        """The 45 bytes of a leaf; nothing for one that is not there."""
        return self.data[INFLOW_BYTES * idx : INFLOW_BYTES * (idx + 1)]

    def leaves(self) -> list[bytes]:
        """All of them."""
        return [self.data[at : at + INFLOW_BYTES] for at in range(0, len(self.data), INFLOW_BYTES)]

    def commitments(self) -> list[bytes]:
        """Refs of the donations."""
        return [
            self.data[at + 5 : at + 37]
            for at, kind in zip(range(0, len(self.data), INFLOW_BYTES), self.kinds, strict=True)
            if kind == In.DONATION
        ]

    def batch(self, start: int, count: int) -> Batch | None:
        """What `Batch.of` says of leaves start … start+count-1; None if not all are there, or are donations."""
        end = start + count
        if end > len(self) or self.kinds[start:end] != bytes([In.DONATION]) * count:
            return None
        return Batch(count, self.starts[end] - self.starts[start], max(self.days[start:end]), min(self.days[start:end]))

    def at(self, idx: int) -> At | None:
        """Where a leaf lies; None if there is none."""
        if idx >= len(self):
            return None
        return At(idx, self.kinds[idx], self.starts[idx], self.amounts[idx])


def first_difference(a: Sequence[bytes], b: Sequence[bytes]) -> int | None:
    """Where two sequences differ first, the end of the shorter included; None if they are equal."""
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return i
    return None if len(a) == len(b) else min(len(a), len(b))
