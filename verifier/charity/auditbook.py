"""Audit of one book: its events replayed over its in-line, and every epoch held against the state at its time.

The first thing wrong ends the audit of a book: what follows from a book that is not one means nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from ..errors import Malformed, VerifierError
from ..merkle import Frontier, TreeHash
from .auditreport import AuditFinding, FundTable
from .bankbooks import Moved, add_event, add_gifts
from .book import Book, wants
from .conduct import BankDay
from .epoch import Epoch, EpochClaims, Head
from .errors import LedgerRefused
from .events import Event, Opened, Paid, Received, Redirected, RedirectedIn, TransferIn, Transferred, parse_event
from .export import Files, InLine, first_difference, split_records
from .general import General
from .generalevents import parse as parse_general
from .line import OUTFLOW_BYTES, SETTLEMENT_BYTES, Outflow, event_ref, settled_leaf
from .settledtree import SettledTree
from .sumtree import SumFrontier, SumNode, empty, levels_of, range_root, reader_of

_OPENED_KIND: Final = 1
T = TypeVar("T")


class Wrong(Exception):
    """The first thing wrong of a book; never leaves `audit_book`."""

    def __init__(self, code: str, where: str, detail: str = "") -> None:
        super().__init__(code)
        self.code, self.where, self.detail = code, where, detail


@dataclass(slots=True)
class BookAudit:
    """What is known of a book after its audit."""

    book: bytes
    findings: list[AuditFinding] = field(default_factory=list)
    epochs: list[Epoch] = field(default_factory=list)
    events: int = 0
    opened: Opened | None = None
    table: FundTable | None = None
    commitments: list[bytes] = field(default_factory=list)
    leaving: dict[bytes, Transferred | Redirected] = field(default_factory=dict)  # by event_ref
    entering: list[TransferIn | RedirectedIn] = field(default_factory=list)
    bank_days: list[BankDay] = field(default_factory=list)
    standing: list[BankDay] = field(default_factory=list)  # that no note took back
    moved: Moved = field(default_factory=dict)  # at the bank, of a fund of money
    charity: str = ""


def audit_book(book: bytes, files: Files) -> BookAudit:
    """Audit one book by itself. Never raises on bad input; signatures and the log are the caller's business."""
    audit = BookAudit(book)
    try:
        bodies = _read("events.bin", lambda: split_records(files.events))
        audit.epochs = _read("epochs.bin", lambda: [Epoch.parse(data) for data in split_records(files.epochs)])
        audit.events = len(bodies)
        if bodies and _kind(bodies[0]) == _OPENED_KIND:
            _Fund(audit, files, bodies).run()
        else:
            _general(audit, files, bodies)
    except Wrong as wrong:
        audit.findings.append(AuditFinding(wrong.code, book, wrong.where, wrong.detail))
        audit.table = None
    if not audit.epochs:
        audit.findings.append(AuditFinding("NO_EPOCH", book))
    return audit


def _read(name: str, reader: Callable[[], T]) -> T:
    try:
        return reader()
    except VerifierError as e:
        raise Wrong("UNREADABLE", name, str(e)) from None


class _Trees:
    """Roots of a book's trees as it grows."""

    def __init__(self, h: TreeHash, inflows: InLine) -> None:
        self.hash = h
        self._in = reader_of(levels_of(h, inflows.leaves())) if len(inflows) else None
        self._out = SumFrontier(h)
        self._settled = SettledTree(h)
        self._events = Frontier(h)

    def inflows(self, size: int) -> Head:
        """The in-line's tree of the first `size` leaves."""
        if not size or self._in is None:
            return Head(0, empty(self.hash))
        return Head(size, SumNode.decode(range_root(self.hash, 0, size, self._in)))

    def outflows(self, leaves: Sequence[Outflow]) -> Head:
        """The out-line's tree with these leaves, not fewer than last time."""
        self._out = self._out.extend([leaf.encode() for leaf in leaves[self._out.size :]])
        return Head(self._out.size, self._out.root())

    def settled(self, book: Book, changed: set[int]) -> SumNode:
        """The settled tree, after the settlements of some leaves have changed."""
        for i in sorted(changed):
            self._settled.set(i, settled_leaf(book.settlements[i].encode(), book.outflows[i].encode()))
        return self._settled.root()

    def events(self, bodies: Sequence[bytes]) -> bytes:
        """The events tree with these bodies appended."""
        self._events = self._events.extend([self.hash.leaf(body) for body in bodies])
        return self._events.root()


class _Fund:
    """Audit of a fund's book."""

    def __init__(self, audit: BookAudit, files: Files, bodies: list[bytes]) -> None:
        self.audit, self.files, self.bodies = audit, files, bodies
        self.line = _read("in.bin", lambda: InLine(files.inflows))
        self.book = Book(audit.book)
        self.changed: set[int] = set()

    def run(self) -> None:
        epochs = self.audit.epochs
        for number, epoch in enumerate(epochs):
            before = epochs[number - 1] if number else None
            check_chain(self.audit.book, epoch, before, number + 1)
            if epoch.claims.events > len(self.bodies):
                raise Wrong("EPOCH_SIZE_DIFFERS", f"epoch {number + 1}", "events")
        trees = _Trees(epochs[0].claims.tree if epochs else TreeHash.SM3, self.line)
        done = 0
        for number, epoch in enumerate(epochs, 1):
            self._replay(done, epoch.claims.events)
            self._hold(epoch.claims, trees, f"epoch {number}", self.bodies[done : epoch.claims.events])
            done = epoch.claims.events
        self._replay(done, len(self.bodies))
        self._compare()
        if epochs and done < len(self.bodies):
            raise Wrong("BEYOND_EPOCH", f"event {done}")
        self.audit.commitments = self.line.commitments()
        if self.audit.opened is not None and self.audit.opened.unit is None:
            add_gifts(self.audit.moved, self.line.kinds, self.line.days, self.line.amounts)
        else:
            self.audit.moved.clear()  # things are in no account
        self.audit.table = self._table()

    def _replay(self, start: int, end: int) -> None:
        for seq in range(start, end):
            try:
                event = parse_event(self.bodies[seq])
                self._apply(event)
            except Malformed as e:
                raise Wrong("UNREADABLE", f"event {seq}", str(e)) from None
            except LedgerRefused as e:
                raise Wrong("REFUSED", f"event {seq}", e.code.value) from None

    def _apply(self, event: Event) -> None:
        idx = wants(event)
        batch = self.line.batch(event.start, event.count) if isinstance(event, Received) else None
        entered, size = self.book.in_count, self.book.out_count
        change = self.book.apply(event, batch, None if idx is None else self.line.at(idx))
        if change.inflow and self.line.leaf(entered) != change.inflow.encode():
            raise Wrong("IN_LINE_DIFFERS", f"leaf {entered}")
        self.changed.update(range(size, self.book.out_count))
        self.changed.update(i for i, _ in change.settled)
        paid = self.book.disbursements[event.no].amount if isinstance(event, Paid) else 0
        add_event(self.audit.moved, event, paid)
        if isinstance(event, Opened):
            self.audit.opened, self.audit.charity = event, event.charity
        elif isinstance(event, Transferred | Redirected):
            self.audit.leaving[event_ref(self.book.book, self.bodies[event.seq])] = event
        elif isinstance(event, TransferIn | RedirectedIn):
            self.audit.entering.append(event)

    def _hold(self, claims: EpochClaims, trees: _Trees, where: str, bodies: list[bytes]) -> None:
        """One epoch against the book as it was."""
        book = self.book
        if claims.iss != self.audit.charity or claims.tree is not trees.hash:
            raise Wrong("EPOCH_OF_ANOTHER", where)
        if claims.day < book.day:
            raise Wrong("EPOCH_CHAIN_BROKEN", where, "day")
        if (claims.inflows.size, claims.outflows.size) != (book.in_count, book.out_count):
            raise Wrong("EPOCH_SIZE_DIFFERS", where, "leaves")
        if claims.events_root != trees.events(bodies):
            raise Wrong("EPOCH_EVENTS_DIFFER", where)
        if claims.inflows != trees.inflows(book.in_count):
            raise Wrong("EPOCH_INFLOWS_DIFFER", where)
        if claims.outflows != trees.outflows(book.outflows):
            raise Wrong("EPOCH_OUTFLOWS_DIFFER", where)
        settled = trees.settled(book, self.changed).hash
        self.changed.clear()
        if (claims.settled, claims.acknowledged, claims.returned) != (settled, book.acknowledged, book.returned):
            raise Wrong("EPOCH_SETTLED_DIFFERS", where)

    def _compare(self) -> None:
        """The published lines against those that the events lead to."""
        if self.book.in_count != len(self.line):
            raise Wrong("IN_LINE_DIFFERS", f"leaf {min(self.book.in_count, len(self.line))}", "count")
        for code, made, published, size in (
            ("OUT_LINE_DIFFERS", [x.encode() for x in self.book.outflows], self.files.outflows, OUTFLOW_BYTES),
            ("SETTLEMENT_DIFFERS", [x.encode() for x in self.book.settlements], self.files.settlements,
             SETTLEMENT_BYTES),
        ):  # fmt: skip
            at = first_difference(made, [published[i : i + size] for i in range(0, len(published), size)])
            if at is not None:
                raise Wrong(code, f"leaf {at}")
        if not self.book.accounts.conserve():  # pragma: no cover - `Book` makes it so
            raise Wrong("REFUSED", "accounts", "conservation")

    def _table(self) -> FundTable:
        book, opened = self.book, self.book.opened
        assert opened is not None
        return FundTable(
            book=book.book,
            charity=opened.charity,
            title=opened.title,
            unit=None if opened.unit is None else (opened.unit.item, opened.unit.unit),
            accounts=dict(book.accounts.balances),
            donations=len(self.audit.commitments),
            payments=sum(1 for p in book.disbursements.values() if p.segments),
            waiting_holes=book.holes_total,
            closed=book.closed,
            epochs=len(self.audit.epochs),
            as_of=self.audit.epochs[-1].claims.iat if self.audit.epochs else None,
        )


def _general(audit: BookAudit, files: Files, bodies: list[bytes]) -> None:
    """Audit of a charity's general book, which has events only."""
    if not bodies:
        raise Wrong("UNREADABLE", "events.bin", "empty")
    if files.inflows or files.outflows or files.settlements:
        raise Wrong("UNREADABLE", "in.bin", "a general book has no lines")
    folded = General()
    roots = {}
    tree = audit.epochs[0].claims.tree if audit.epochs else TreeHash.SM3
    frontier, wanted = Frontier(tree), {epoch.claims.events for epoch in audit.epochs}
    for seq, body in enumerate(bodies):
        try:
            event = parse_general(body)
            folded.apply(event)
        except Malformed as e:
            raise Wrong("UNREADABLE", f"event {seq}", str(e)) from None
        except LedgerRefused as e:
            raise Wrong("REFUSED", f"event {seq}", e.code.value) from None
        if isinstance(event, BankDay):
            audit.bank_days.append(event)
        frontier = frontier.append(tree.leaf(body))
        if seq + 1 in wanted:
            roots[seq + 1] = frontier.root()
    assert folded.registered is not None  # a book begins with it
    audit.charity = folded.registered.charity
    audit.standing = [entry.event for entry in folded.kept(BankDay)]
    for number, epoch in enumerate(audit.epochs, 1):
        where = f"epoch {number}"
        check_chain(audit.book, epoch, audit.epochs[number - 2] if number > 1 else None, number)
        if epoch.claims.iss != audit.charity or epoch.claims.tree is not tree:
            raise Wrong("EPOCH_OF_ANOTHER", where)
        if epoch.claims.events not in roots or epoch.claims.inflows.size or epoch.claims.outflows.size:
            raise Wrong("EPOCH_SIZE_DIFFERS", where)
        if roots[epoch.claims.events] != epoch.claims.events_root:
            raise Wrong("EPOCH_EVENTS_DIFFER", where)
    if audit.epochs and audit.epochs[-1].claims.events < len(bodies):
        raise Wrong("BEYOND_EPOCH", f"event {audit.epochs[-1].claims.events}")


def check_chain(book: bytes, epoch: Epoch, before: Epoch | None, number: int) -> None:
    """An epoch against the one before: raises Wrong."""
    claims, where = epoch.claims, f"epoch {number}"
    if claims.book != book:
        raise Wrong("EPOCH_OF_ANOTHER", where)
    if claims.epoch != number or claims.previous != (before.digest if before else None):
        raise Wrong("EPOCH_CHAIN_BROKEN", where, "previous")
    if before is not None:
        old = before.claims
        grown = (
            (old.events, claims.events),
            (old.inflows.size, claims.inflows.size),
            (old.outflows.size, claims.outflows.size),
            (old.iat, claims.iat),
            (old.day, claims.day),
        )
        if any(was > now for was, now in grown):
            raise Wrong("EPOCH_CHAIN_BROKEN", where, "shrunk")


def _kind(body: bytes) -> int:
    """The kind of a body's event by its first bytes (`a6 01 01 …`); 0 if that cannot be seen."""
    return body[2] if len(body) > 2 and body[1] == 1 and body[2] < 24 else 0
