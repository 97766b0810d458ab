"""A charity's books made, sealed epoch by epoch, and exported; every file can then be spoilt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from tests.support import kit
from tests.support.fund_story import MADE, sealed
from verifier.charity import conduct as c
from verifier.charity import events as e
from verifier.charity import generalevents
from verifier.charity import organisation as o
from verifier.charity.book import Book, wants
from verifier.charity.epoch import Epoch, EpochClaims, Head, settled_root
from verifier.charity.export import INDEX, index_text, join_records
from verifier.charity.line import Inflow, event_ref
from verifier.charity.state import At, Batch
from verifier.charity.sumtree import root_of
from verifier.errors import Malformed
from verifier.hazmat.sm3 import sm3
from verifier.merkle import Frontier, TreeHash

CLINICS, CLOTHES, GENERAL = (sm3(name)[:16] for name in (b"clinics", b"clothes", b"general"))
DAY = MADE // 86400 - 30
WHY = e.Because("agreed")
DIGEST = bytes(range(32))


@dataclass
class Made:
    """A book as its charity keeps it."""

    book: bytes
    bodies: list[bytes] = field(default_factory=list)
    line: list[Inflow] = field(default_factory=list)
    state: Book = field(init=False)
    epochs: list[Epoch] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.state = Book(self.book)

    def add(self, kind: type[e.Event], *members: Any, leaves: tuple[int, ...] = ()) -> bytes:
        """One event, for `Received` with donations of these amounts; its reference."""
        event = kind(len(self.bodies), DAY + len(self.bodies), *members)
        new = [Inflow(1, event.day, sm3(self.book + bytes([len(self.line) + i])), a) for i, a in enumerate(leaves)]
        idx = wants(event)
        at = None if idx is None else At(idx, self.line[idx].kind, self.start(idx), self.line[idx].amount)
        change = self.state.apply(event, Batch.of(new) if leaves else None, at)
        self.line += new + ([change.inflow] if change.inflow else [])
        self.bodies.append(event.encode())
        return event_ref(self.book, self.bodies[-1])

    def start(self, idx: int) -> int:
        return sum(leaf.amount for leaf in self.line[:idx])

    def claims(self, **changes: Any) -> EpochClaims:
        """The book as it stands."""
        h = TreeHash.SM3
        outs, settled = [x.encode() for x in self.state.outflows], [x.encode() for x in self.state.settlements]
        made = EpochClaims(
            iss=kit.CHARITY,
            iat=MADE + len(self.epochs),
            book=self.book,
            epoch=len(self.epochs) + 1,
            tree=h,
            inflows=Head(len(self.line), root_of(h, [leaf.encode() for leaf in self.line])),
            outflows=Head(len(outs), root_of(h, outs)),
            settled=settled_root(h, outs, settled).hash,
            acknowledged=self.state.acknowledged,
            returned=self.state.returned,
            events=len(self.bodies),
            events_root=Frontier(h).extend([h.leaf(body) for body in self.bodies]).root(),
            previous=self.epochs[-1].digest if self.epochs else None,
            day=DAY + len(self.bodies),
        )
        return replace(made, **changes)

    def seal(self, **changes: Any) -> None:
        """An epoch of it, signed and logged."""
        self.epochs.append(sealed(self.claims(**changes)))

    def files(self) -> dict[str, bytes]:
        """The five files."""
        return {
            "events.bin": join_records(self.bodies),
            "in.bin": b"".join(leaf.encode() for leaf in self.line),
            "out.bin": b"".join(leaf.encode() for leaf in self.state.outflows),
            "settlement.bin": b"".join(s.encode() for s in self.state.settlements),
            "epochs.bin": join_records([epoch.encode() for epoch in self.epochs]),
        }


def clinics() -> Made:
    """A fund with donations, a hole, payments that are acknowledged and returned in part, in two epochs."""
    made = Made(CLINICS)
    made.add(e.Opened, CLINICS, kit.CHARITY, ("乡村医疗", "Clinics"), e.Restriction("clinics"), None, None)
    made.add(e.Received, 0, 3, 15_001, leaves=(10_000, 5_000, 1))
    made.add(e.Grouped, DIGEST, 5, 2_000)
    made.add(e.Allocated, 1, "clinics", "medicine", 12_000, DIGEST)
    made.add(e.DonationReturned, 1, 11_000, 500, WHY)
    made.add(e.Reserved, 1, 1, 11_200, 1, 3)
    made.add(e.Paid, 1, b"\x0a" * 32)
    made.seal()
    made.add(e.Acknowledged, 1, 11_000, b"\x0b" * 32, None, 2)
    made.add(e.PaymentReturned, 1, 200, e.Because("overpaid"))
    return made


def general() -> Made:
    """The charity's general book."""
    made = Made(GENERAL)
    day = DAY
    opened = o.Registered(
        day, 0, kit.CHARITY, ("示例慈善基金会", "Sample Charity"), 1, "990000", ("示例民政局", "Sample Bureau"),
        day - 800, day - 700,
    )  # fmt: skip
    bank = c.BankDay(day + 1, 1, day, DIGEST, 15_001, 3, 0, 0, None)
    made.bodies = [generalevents.encode(opened), generalevents.encode(bank)]
    made.seal()
    return made


@dataclass
class World:
    """All books of a charity and their files by name."""

    books: dict[bytes, Made]
    spoilt: dict[str, bytes] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        found = {INDEX: index_text(self.books)}
        for book, made in self.books.items():
            found |= {f"{book.hex()}/{name}": data for name, data in made.files().items()}
        return found | self.spoilt

    def read(self) -> Callable[[str], bytes]:
        files = self.files()

        def read(name: str) -> bytes:
            if name not in files:
                raise Malformed("charity-export", "missing", name)
            return files[name]

        return read

    def spoil(self, name: str, change: Callable[[bytes], bytes], book: bytes = CLINICS) -> None:
        """Change one file of a book after it was sealed."""
        self.spoilt[f"{book.hex()}/{name}"] = change(self.books[book].files()[name])


def world() -> World:
    """Two funds between which money moved, and the general book; all sealed."""
    first, second = clinics(), Made(CLOTHES)
    second.add(
        e.Opened, CLOTHES, kit.CHARITY, ("诊所药品", "Medicine"), e.Restriction("clinics", "medicine"), None, None
    )
    ref = first.add(e.Transferred, CLOTHES, e.Restriction("clinics", "medicine"), 1_500, DIGEST)
    second.add(e.TransferIn, CLINICS, ref, 1_500)
    ref = first.add(e.Redirected, 3, 15_001 + 1_500, 400, CLOTHES, DIGEST)
    second.add(e.RedirectedIn, CLINICS, ref, 400)
    first.seal()
    second.seal()
    return World({made.book: made for made in (first, second, general())})
