"""EXPERIMENTAL, and off by default: a day's donations with hidden amounts and an open total (docs/hidden-amounts.md).

    C = a·G + r·H      on BLS12-381 G1, 48 bytes compressed (ZCash form)

a is the amount in fen, r is worked out from the secret of the donor's receipt code, G the curve's generator, H a point
that hash-to-curve gives (RFC 9380), so that nobody knows its logarithm. Commitments add up as amounts do: the list's
total is opened by (sum of a, sum of r), and opens nothing else.

    list       dCBOR {1: 1, 2: book 16, 3: day, 4: [C, …] ascending, 5: sum of a, 6: sum of r modulo the order, 32}

There are no range proofs: one entry may hold a negative amount and hide that another is missing. Needs the optional
extra `bls` (arkworks); not audited, and no part of what `mz-verify` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

from verifier import cbor, fields
from verifier.charity.opening import ReceiptCode
from verifier.errors import Malformed
from verifier.hazmat.errors import BackendUnavailable
from verifier.hazmat.sm3 import hmac_sm3

try:
    import py_arkworks_bls12381 as _ark
except ImportError:
    _ark = None  # type: ignore[assignment]

FORMAT: Final = "hidden-amounts"
POINT: Final = 48
SCALAR: Final = 32
MAX_AMOUNT: Final = (1 << 53) - 1
MAX_ENTRIES: Final = 100_000
LEAST: Final = 5
"""Entries below which no list is made: with two, each donor knows the other's amount from the total."""
ORDER: Final = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
H_MESSAGE: Final = b"mz-hidden-amounts/1 H"
H_DOMAIN: Final = b"MZ-HIDDEN-AMOUNTS-V01-CS01-with-BLS12381G1_XMD:SHA-256_SSWU_RO_"
_INFINITY: Final = b"\xc0" + bytes(POINT - 1)


def available() -> bool:
    """Whether the extra is installed."""
    return _ark is not None


@dataclass(frozen=True, slots=True)
class HiddenDay:
    """A list as it is published. `total` in fen; `blinding` is the sum of all r."""

    book: bytes
    day: int
    commitments: tuple[bytes, ...]
    total: int
    blinding: bytes

    def encode(self) -> bytes:
        """The bytes of the list."""
        return cbor.encode(
            {1: 1, 2: self.book, 3: self.day, 4: list(self.commitments), 5: self.total, 6: self.blinding}
        )

    @classmethod
    def parse(cls, data: bytes) -> HiddenDay:
        """Parse a list. Its points are not looked at yet. Raises Malformed."""
        m = fields.mapping(FORMAT, cbor.decode(data, max_bytes=MAX_ENTRIES * 52), (1, 2, 3, 4, 5, 6))
        if fields.uint(FORMAT, m, 1) != 1:  # true equals 1 in Python, and is another byte
            raise Malformed(FORMAT, "version")
        entries = fields.array(FORMAT, m, 4, MAX_ENTRIES)
        points = tuple(fields.octets(FORMAT, {0: entry}, 0, POINT) for entry in entries)
        # two donors who are shown one commitment would each believe that it is theirs
        if len(points) < LEAST or any(a >= b for a, b in pairwise(points)):
            raise Malformed(FORMAT, "entries", f"at least {LEAST}, ascending, each once")
        return cls(
            book=fields.octets(FORMAT, m, 2, 16),
            day=fields.uint(FORMAT, m, 3),
            commitments=points,
            total=fields.uint(FORMAT, m, 5, (1 << 63) - 1),
            blinding=fields.octets(FORMAT, m, 6, SCALAR),
        )


def blinding_of(code: ReceiptCode) -> int:
    """r of a donation: 512 bits of HMAC-SM3 under its secret, modulo the order; the bias is below 2^-256."""
    wide = b"".join(hmac_sm3(code.secret, b"mz-hidden-amounts/1 r" + code.donation + bytes([n])) for n in (0, 1))
    return int.from_bytes(wide, "big") % ORDER


def commit(amount: int, blinding: int) -> bytes:
    """C, 48 bytes. Raises Malformed for an amount out of range, BackendUnavailable."""
    if not 0 < amount <= MAX_AMOUNT:
        raise Malformed(FORMAT, "amount")
    return _opened(amount, blinding)


def make(book: bytes, day: int, donations: Iterable[tuple[ReceiptCode, int]]) -> HiddenDay:
    """The list of (code, amount). Raises Malformed for fewer than LEAST, or one twice; BackendUnavailable."""
    total, blinding, points = 0, 0, []
    for code, amount in donations:
        r = blinding_of(code)
        points.append(commit(amount, r))
        total, blinding = total + amount, (blinding + r) % ORDER
    made = HiddenDay(book, day, tuple(sorted(points)), total, blinding.to_bytes(SCALAR, "big"))
    return HiddenDay.parse(made.encode())


def total_holds(hidden: HiddenDay) -> bool:
    """Whether the commitments add up to the total that is said. Raises BackendUnavailable, Malformed for what is no
    point of the group."""
    blinding = int.from_bytes(hidden.blinding, "big")
    if blinding >= ORDER:
        raise Malformed(FORMAT, "blinding")
    return _sum(hidden.commitments) == _opened(hidden.total, blinding)


def holds_mine(hidden: HiddenDay, code: ReceiptCode, amount: int) -> bool:
    """Whether a donor's own donation is in the list with its amount. Raises BackendUnavailable, Malformed."""
    return commit(amount, blinding_of(code)) in hidden.commitments


def _opened(amount: int, blinding: int) -> bytes:
    ark = _backend()
    return bytes((ark.G1Point() * _scalar(amount) + _other_generator() * _scalar(blinding)).to_compressed_bytes())


def _sum(points: Sequence[bytes]) -> bytes:
    ark = _backend()
    found = ark.G1Point.identity()
    for point in points:
        try:
            read = ark.G1Point.from_compressed_bytes(point)  # checks curve and subgroup
        except ValueError:
            raise Malformed(FORMAT, "point") from None
        # arkworks reads whatever has the infinity bit as infinity, so the bytes are compared, too
        if point == _INFINITY or bytes(read.to_compressed_bytes()) != point:
            raise Malformed(FORMAT, "point", "at infinity")
        found = found + read
    return bytes(found.to_compressed_bytes())


@lru_cache(maxsize=1)
def _other_generator() -> Any:
    return _backend().G1Point.hash_to_curve(H_MESSAGE, H_DOMAIN)


def _scalar(value: int) -> Any:
    return _backend().Scalar.from_be_bytes(value.to_bytes(SCALAR, "big"))


def _backend() -> Any:
    if _ark is None:
        raise BackendUnavailable("hidden amounts need the extra `bls`")
    return _ark
