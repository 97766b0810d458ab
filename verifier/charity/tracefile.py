"""A donor's trace (.mzd): what one donation's fen went to, with all that proves it. Deterministic CBOR.

    {1: 1, 2: {…} details or null, 3: h'…16' secret or null, 4: [hop, …], 5: {h'…16' book: h'…' epoch statement, …}}

Hops (`hop`): the donation first, then each inflow that a part of it entered again, after those it came from. Member 5
has one epoch for each book of the hops, with the statement's way into the log. Details and secret are there for the
donor, whose file it is; without both it still shows what became of a leaf, but not whose the leaf is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from .. import cbor, fields
from ..errors import Malformed, Unsupported
from ..labels import MAGIC_TRACE
from .epoch import Epoch
from .hop import FORMAT, Hop
from .line import BOOK_BYTES
from .opening import SECRET_BYTES, Details

MAX_BYTES: Final = 4 << 20
MAX_HOPS: Final = 16


@dataclass(frozen=True, slots=True)
class Trace:
    """A parsed, *unverified* trace. `secret` opens the donation's leaf: whoever has it can show whose it is."""

    hops: tuple[Hop, ...]
    epochs: Mapping[bytes, Epoch]
    details: Details | None = None
    secret: bytes | None = field(default=None, repr=False)

    def encode(self) -> bytes:
        """File bytes."""
        return cbor.encode(
            {
                1: 1,
                2: None if self.details is None else self.details.to_map(),
                3: self.secret,
                4: [hop.to_map() for hop in self.hops],
                5: {book: epoch.encode() for book, epoch in self.epochs.items()},
            }
        )

    @classmethod
    def parse(cls, data: bytes) -> Trace:
        """Parse file bytes. Raises Malformed, or Unsupported for another version."""
        m = fields.mapping(FORMAT, cbor.decode(data, max_bytes=MAX_BYTES), range(1, 6))
        if fields.uint(FORMAT, m, 1) != 1:
            raise Unsupported("donor's trace: version not known")
        if (m[2] is None) is not (m[3] is None):
            raise Malformed(FORMAT, "opening", "details and secret go together")
        hops = tuple(Hop.from_map(item) for item in fields.array(FORMAT, m, 4, MAX_HOPS))
        if not hops:
            raise Malformed(FORMAT, "no-hops")
        epochs = _epochs(m[5])
        if epochs.keys() != {hop.book for hop in hops}:
            raise Malformed(FORMAT, "epochs", "not of the hops' books")
        details = None if m[2] is None else Details.from_map(m[2])
        return cls(hops, epochs, details, None if m[3] is None else fields.octets(FORMAT, m, 3, SECRET_BYTES))

    def merkle_bytes(self) -> int:
        """Bytes of leaves and nodes in all hops."""
        return sum(hop.merkle_bytes() for hop in self.hops)


def is_trace(data: bytes) -> bool:
    """Whether the bytes begin as a trace does: nothing else of ours is a map of five members."""
    return data.startswith(MAGIC_TRACE)


def _epochs(value: object) -> dict[bytes, Epoch]:
    if type(value) is not dict or len(value) > MAX_HOPS:
        raise Malformed(FORMAT, "epochs")
    found: dict[bytes, Epoch] = {}
    for book, data in value.items():
        if type(book) is not bytes or len(book) != BOOK_BYTES or type(data) is not bytes:
            raise Malformed(FORMAT, "epochs")
        found[book] = Epoch.parse(data)
    return found
