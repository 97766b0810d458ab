"""Books of charities: every event next in its book, every other table of the ledger what the events lead to.

The book that decides what may happen (`verifier.charity.book`) is folded again from the stored bodies. What it comes
to, row by row and column by column, is what must stand in the tables: lines, settlements, accounts, postings,
allocations and payments hold nothing of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Table, select

from api.db.audit_reader import pages, rows_of
from api.db.charity_tables import (
    charity_account,
    charity_allocation,
    charity_book,
    charity_disbursement,
    charity_event,
    charity_line_in,
    charity_line_out,
    charity_posting,
    charity_settling,
)
from api.db.tables import party
from api.services.audit_context import NO_KEYS, Context
from certs.charity.keyed import own_event_key
from certs.charity.private import open_private
from certs.civilday import DAY, UTC_OFFSET
from certs.errors import CertsError
from certs.ports import Sealed
from chain.audit.model import Check
from verifier.charity.book import Book, wants
from verifier.charity.errors import LedgerRefused
from verifier.charity.events import Received, parse_event
from verifier.charity.general import General
from verifier.charity.generalevents import parse as parse_general
from verifier.charity.line import In
from verifier.charity.state import At, Batch, Effects
from verifier.errors import Malformed
from verifier.merkle import TreeHash

BOOKS: Final = "charity books"
FUND: Final = 2
_BOOK, _EVENT, _IN = "charity_book", "charity_event", "charity_line_in"
Expected = dict[tuple[Any, ...], dict[str, Any]]


def place_of(*parts: Any) -> str:
    """How a row of a book is named: "<hex of the book>/17"."""
    return "/".join(part.hex() if isinstance(part, bytes) else str(part) for part in parts)


def check_charity_books(context: Context) -> None:
    """Every book, and after them the rows that are of no book."""
    check = context.checks[BOOKS]
    if context.secrets is None:
        check.cannot(NO_KEYS)
    parties = set(context.connection.scalars(select(party.c.uscc)))
    books = list(rows_of(context.connection, charity_book, charity_book.c.book_id))
    known = {bytes(row.book_id) for row in books}
    for table in (charity_event, charity_line_in, charity_line_out, charity_settling, charity_account, charity_posting,
                  charity_allocation, charity_disbursement):  # fmt: skip
        for stray in context.connection.scalars(select(table.c.book_id).distinct()):
            check.expect(bytes(stray) in known, table.name, place_of(bytes(stray)), "book_id", "is of no book")
    for row in books:
        check.counted += 1
        check.expect(row.charity in parties, _BOOK, place_of(row.book_id), "charity", "no such party")
        check.expect(row.tree in {h.value for h in TreeHash}, _BOOK, place_of(row.book_id), "tree", "is no hash")
        if row.kind == FUND:
            _Fund(context, check, row).run()
        else:
            _general(context, check, row)


def events_of(context: Context, check: Check, book: Any) -> list[Any]:
    """A book's rows in order, each held against its body's first members; only as far as none is missing."""
    t, mine = charity_event.c, bytes(book.book_id)
    found: list[Any] = []
    query = select(charity_event).where(t.book_id == mine)
    before: Any = None
    for page in pages(context.connection, query, t.seq, None):
        for row in page:
            check.counted += 1
            place = place_of(mine, row.seq)
            if not check.expect(row.seq == len(found), _EVENT, place_of(mine, len(found)), "seq", "missing"):
                return found
            check.expect(_day(row.recorded_at) == row.day, _EVENT, place, "recorded_at", "is not of the event's day")
            late = before is not None and (row.ordinal <= before.ordinal or row.recorded_at < before.recorded_at)
            check.expect(not late, _EVENT, place, "ordinal", "was recorded before the event that it follows")
            _keys(context, check, row, place)
            found.append(row)
            before = row
    if check.expect(bool(found), _BOOK, place_of(mine), "book_id", "has no event"):
        opened = book.opened_at == found[0].recorded_at
        check.expect(opened, _BOOK, place_of(mine), "opened_at", "is not when its first event was recorded")
    return found


def _day(seconds: int) -> int:
    return (seconds + UTC_OFFSET) // DAY


def _keys(context: Context, check: Check, row: Any, place: str) -> None:
    """The sealed part opens where it stands. An event without one was made by the service, under a key of its own."""
    if context.secrets is None:
        return
    if row.sealed_body is None:
        own = own_event_key(context.secrets.lookup, bytes(row.book_id), row.seq)
        check.expect(row.idem == own, _EVENT, place, "idem", "is not the key of an event that the service adds")
        return
    try:
        open_private(bytes(row.book_id), row.seq, Sealed(row.sealed_key, row.sealed_body), context.secrets.sealer)
    except (CertsError, OverflowError, TypeError, ValueError):
        check.fault(_EVENT, place, "sealed_body", "does not open under its book and position")


def _general(context: Context, check: Check, book: Any) -> None:
    folded = General()
    for row in events_of(context, check, book):
        place = place_of(row.book_id, row.seq)
        try:
            event = parse_general(row.body)
            same = (event.KIND, event.day) == (row.kind, row.day)
            check.expect(same, _EVENT, place, "body", "is of another kind or day than its row")
            folded.apply(event)
        except (Malformed, LedgerRefused) as error:
            check.fault(_EVENT, place, "body", str(error))
            return
    if folded.registered is not None:
        mine = folded.registered.charity == book.charity
        check.expect(mine, _BOOK, place_of(book.book_id), "charity", "is not who its first event names")


class _Fund:
    """One fund: its events folded, its rows compared."""

    def __init__(self, context: Context, check: Check, row: Any) -> None:
        self.context, self.check, self.row = context, check, row
        self.mine = bytes(row.book_id)
        self.book = Book(self.mine)
        self.leaves: list[tuple[int, int, int]] = []  # kind, day, amount
        self.starts: list[int] = [0]
        self.postings: Expected = {}
        self.entering: Expected = {}
        self.leaving: Expected = {}
        self.steps: Expected = {}

    def run(self) -> None:
        rows = events_of(self.context, self.check, self.row)
        if not self._line_in() or not self._fold(rows):
            return
        check, row = self.check, self.row
        opened = self.book.opened
        good = opened is not None and opened.charity == row.charity
        check.expect(good, _BOOK, place_of(self.mine), "charity", "is not who its first event names")
        whole = self.book.in_count == len(self.leaves)
        check.expect(whole, _IN, place_of(self.mine, self.book.in_count), "idx", "no event leads to it")
        self._compare(charity_line_in, ("idx",), self.entering)
        self._settled()
        self._compare(charity_line_out, ("idx",), self.leaving)
        self._compare(charity_settling, ("idx", "step"), self.steps)
        self._compare(charity_posting, ("seq", "line"), self.postings)
        accounts: Expected = {(k,): {"balance": v} for k, v in self.book.accounts.balances.items()}
        self._compare(charity_account, ("account",), accounts)
        check.expect(self.book.accounts.conserve(), "charity_account", place_of(self.mine), "balance", "do not balance")
        self._numbers()

    def _line_in(self) -> bool:
        """Leaves one after the other, each beginning where the one before ends."""
        t, check = charity_line_in.c, self.check
        query = select(t.idx, t.kind, t.day, t.amount, t.start).where(t.book_id == self.mine)
        for page in pages(self.context.connection, query, t.idx, None):
            for row in page:
                check.counted += 1
                n = len(self.leaves)
                if not check.expect(row.idx == n, _IN, place_of(self.mine, n), "idx", "missing"):
                    return False
                tiled = row.start == self.starts[-1]
                if not check.expect(tiled, _IN, place_of(self.mine, n), "start", "is not where the last one ends"):
                    return False
                self.leaves.append((row.kind, row.day, row.amount))
                self.starts.append(row.start + row.amount)
        return True

    def _at(self, idx: int | None) -> At | None:
        if idx is None or idx >= len(self.leaves):
            return None
        kind, _, amount = self.leaves[idx]
        return At(idx, kind, self.starts[idx], amount)

    def _batch(self, event: Received) -> Batch | None:
        part = self.leaves[event.start : event.start + event.count]
        if len(part) != event.count or any(kind != In.DONATION for kind, _, _ in part):
            return None
        days = [day for _, day, _ in part]
        return Batch(event.count, sum(amount for *_, amount in part), max(days), min(days))

    def _fold(self, rows: Iterable[Any]) -> bool:
        for row in rows:
            place = place_of(self.mine, row.seq)
            try:
                event = parse_event(row.body)
                same = (event.KIND, event.day, event.seq) == (row.kind, row.day, row.seq)
                if not self.check.expect(same, _EVENT, place, "body", "is of another kind, day or place than its row"):
                    return False
                batch = self._batch(event) if isinstance(event, Received) else None
                entered = self.book.in_count
                change = self.book.apply(event, batch, self._at(wants(event)))
            except (Malformed, LedgerRefused) as error:
                self.check.fault(_EVENT, place, "body", str(error))
                return False
            self._note(change, entered)
        return True

    def _note(self, change: Effects, entered: int) -> None:
        """What the event puts into the tables."""
        for line, p in enumerate(change.postings):
            self.postings[change.seq, line] = {"debit": p.debit, "credit": p.credit, "amount": p.amount}
        for idx in range(entered, entered + change.received):  # what the leaves say, the donations say again
            self.entering[idx,] = {"seq": change.seq}
        if change.inflow is not None:
            self.entering[entered,] = change.inflow._asdict() | {"seq": change.seq, "start": self.book.in_total
                                                                 - change.inflow.amount}  # fmt: skip
        for out in change.outflows:
            columns = {"start": out.start, "seq": out.seq, "disbursement": out.disbursement}
            self.leaving[out.idx,] = out.leaf._asdict() | columns
        for idx, step in change.settled:
            number = len(self.book.operations(idx)) - 1
            self.steps[idx, number] = step._asdict() | {"seq": change.seq}

    def _settled(self) -> None:
        for (idx,), columns in self.leaving.items():
            columns.update(self.book.settlements[idx]._asdict())

    def _numbers(self) -> None:
        allocations: Expected = {
            (a.no,): {"project": a.project, "amount": a.amount, "used": a.used} for a in self.book.allocations.values()
        }
        self._compare(charity_allocation, ("number",), allocations)
        payments: Expected = {
            (p.no,): {
                "allocation": p.allocation, "cost_class": p.cost_class, "amount": p.amount, "state": p.state.value,
                "acknowledged": p.acknowledged, "returned": p.returned,
            }
            for p in self.book.disbursements.values()
        }  # fmt: skip
        self._compare(charity_disbursement, ("number",), payments)

    def _compare(self, table: Table, keys: tuple[str, ...], expected: Expected) -> None:
        """Every row as expected, none more, none less. O(rows)."""
        query = select(table).where(table.c.book_id == self.mine)
        seen = set()
        for row in self.context.connection.execute(query.order_by(*(table.c[k] for k in keys))):
            self.check.counted += 1
            key = tuple(getattr(row, k) for k in keys)
            seen.add(key)
            self._row(table.name, place_of(self.mine, *key), keys[-1], row, expected.get(key))
        for key in sorted(expected.keys() - seen):
            self.check.fault(table.name, place_of(self.mine, *key), keys[-1], "missing")

    def _row(self, table: str, place: str, key: str, row: Any, expected: Mapping[str, Any] | None) -> None:
        if expected is None:
            self.check.fault(table, place, key, "no event leads to it")
            return
        for column, value in expected.items():
            if not self.check.expect(getattr(row, column) == value, table, place, column, "is not what events lead to"):
                return
