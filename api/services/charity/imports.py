"""Statements of a bank and donation files of a platform: read, judged row by row, kept once, reported.

A bad row is reported and nothing of it is kept. The same file again changes nothing: rows are known by the bank's
reference, donations by the platform's number. A statement posts nothing to any book at all; it is what the books are
held against (`reconciling`).
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from api.db.repositories.charity_imports import BANK, PLATFORM, BankRow, ImportRow
from api.db.uow import Work
from api.errors import BatchUnreadable, NotFound
from api.services.charity.books import Books, civil_day_number
from api.services.charity.donations import MAX_ROWS, DonationIntake, Prepared, Taken
from api.services.charity.moneyreport import Problem, Tally, encode_report
from api.services.importing import csvfile, reading
from api.services.importing.encoding import ENCODINGS, detect
from api.services.importing.headings import Sheet
from api.services.importing.rows import RawRow, Row
from api.services.parties import Principal
from certs.charity.bank import Line, Movement, read_statement
from certs.charity.bankrows import seal_reference
from certs.charity.intake import COLUMNS
from certs.charity.keyed import bank_tag
from certs.charity.layouts import CREDIT, Layouts
from certs.charity.platform import HEADINGS, LEFT_OUT, OPTIONAL
from certs.errors import InvalidField
from certs.ports import Entropy, Sealer
from certs.text import check_text

SHEET: Final = Sheet(COLUMNS, HEADINGS, OPTIONAL, frozenset(LEFT_OUT))
MAX_LINES: Final = 100_000
"""Rows of one file. A year of a large charity's account; a day of a platform."""
_ID: Final = 16
AUDITOR: Final = "auditor"
_EPOCH: Final = date(1970, 1, 1).toordinal()
_SAME: Final = ("day", "direction", "amount")


@dataclass(frozen=True, slots=True)
class Imported:
    """An import's row, and of a platform's file what became of each line: (line, taken)."""

    row: ImportRow
    taken: tuple[tuple[int, Taken], ...] = field(default=(), repr=False)


class MoneyImports:
    def __init__(
        self,
        books: Books,
        intake: DonationIntake,
        sealer: Sealer,
        entropy: Entropy,
        layouts: Layouts,
        admit: Callable[[], Awaitable[None]],
    ) -> None:
        """`admit` raises if the register must not grow."""
        self._books, self._intake, self._sealer, self._entropy = books, intake, sealer, entropy
        self._layouts, self._admit = layouts, admit

    async def bank(self, party: Principal, data: bytes, encoding: str = "auto") -> Imported:
        """Keep the movements of a statement. Raises BatchUnreadable, Unavailable."""
        await self._admit()
        digest = self._digest(BANK, data)
        today = self._today()
        lines = await asyncio.to_thread(lambda: list(statement_lines(data, encoding, self._layouts, today)))
        tally = Tally.of("taken", "known", "rejected")
        async with self._books.database.write() as work:
            before = await work.charity.imports.by_digest(party.uscc, digest)
            if before is not None:
                return Imported(before)
            import_id = self._entropy(_ID)
            fresh = await self._new_rows(work, party.uscc, import_id, lines, tally)
            row = self._statement_row(party.uscc, import_id, digest, tally, lines)
            await work.charity.imports.add(row)
            await work.charity.imports.add_rows(fresh)
        return Imported(row)

    async def _new_rows(
        self, work: Work, charity: str, import_id: bytes, lines: list[Movement | Problem], tally: Tally
    ) -> list[BankRow]:
        tags = [bank_tag(self._books.lookup, charity, m.reference) for m in lines if isinstance(m, Movement)]
        known = await work.charity.imports.rows_by_tags(tags)
        times = Counter(tags)
        fresh: list[BankRow] = []
        coming = iter(tags)
        for line in lines:
            if isinstance(line, Problem):
                tally.add("rejected", [line])
                continue
            tag = next(coming)
            before = known.get(tag)
            if times[tag] > 1:  # which of the lines is the movement, nobody here can tell
                tally.add("rejected", [Problem(line.line, "reference", "REFERENCE_TWICE")])
            elif before is None:
                said = (line.line, line.day, line.direction, line.amount)
                sealed = seal_reference(line.reference, tag, said, self._sealer)
                row = BankRow(charity, import_id, line.line, tag, line.day, line.direction, line.amount, sealed)
                fresh.append(row)
                tally.add("taken")
            elif all(getattr(before, name) == getattr(line, name) for name in _SAME):
                tally.add("known")
            else:
                tally.add("rejected", [Problem(line.line, "reference", "REFERENCE_DIFFERS")])
        return fresh

    def _statement_row(
        self, charity: str, import_id: bytes, digest: bytes, tally: Tally, lines: list[Movement | Problem]
    ) -> ImportRow:
        moved = [line for line in lines if isinstance(line, Movement)]
        first = min((m.day for m in moved), default=None)
        last = max((m.day for m in moved), default=None)
        figures = {"first_day": first, "last_day": last}
        for name, direction in (("credits", CREDIT), ("debits", 2)):
            amounts = [m.amount for m in moved if m.direction == direction]
            figures |= {name: sum(amounts), f"{name}_count": len(amounts)}
        report = encode_report(BANK, tally, figures)
        now = self._books.clock()
        return ImportRow(import_id, charity, BANK, digest, now, tally.rows, first, last, None, None, None, report)

    async def platform(
        self,
        party: Principal,
        book_id: bytes,
        data: bytes,
        form: str,
        encoding: str = "auto",
        settlement: str | None = None,
    ) -> Imported:
        """Record the donations of a platform's file in a fund. `settlement`: the bank's reference of the one credit
        that the platform pays them with.

        Several transactions: cut short, it can be sent again. Raises BatchUnreadable, BadRequest, NotFound,
        LedgerRefused, StoreConflict, Unavailable.
        """
        await self._admit()
        charity, terms = await self._intake.terms(party, book_id)
        if terms.goods is not None and settlement is not None:
            raise InvalidField("settlement", "PROPERTY_FOR_FUND")
        tag = await self._settlement(charity, settlement)
        rows = await asyncio.to_thread(platform_rows, data, form, encoding)
        work = _PlatformWork(Tally.of("recorded", "waiting", "existing", "rejected"))
        good: list[RawRow] = []
        for row in rows:
            if isinstance(row, RawRow):
                good.append(row)
            else:
                work.tally.add("rejected", [Problem(bad.line, bad.field, bad.code) for bad in row])
        for start in range(0, len(good), MAX_ROWS):
            part = good[start : start + MAX_ROWS]
            values = [row.values for row in part]
            made = await asyncio.to_thread(self._intake.prepare, charity, book_id, terms, values)
            work.note(part, made, await self._intake.record(book_id, made))
        digest = self._digest(f"{PLATFORM} {book_id.hex()} {settlement or ''}", data)
        return await self._kept(charity, book_id, digest, tag, work)

    async def _settlement(self, charity: str, reference: str | None) -> bytes | None:
        """Tag of the credit, which no single donation may have for its own. Raises InvalidField."""
        if reference is None:
            return None
        tag = bank_tag(self._books.lookup, charity, check_text(reference, field="settlement", maximum=64))
        async with self._books.database.read() as work:
            if await work.charity.donations.banked([tag]):
                raise InvalidField("settlement", "BANK_USED")
        return tag

    async def _kept(
        self, charity: str, book_id: bytes, digest: bytes, tag: bytes | None, done: _PlatformWork
    ) -> Imported:
        settled = None if tag is None or not done.amount else tag
        first, last = min(done.days, default=None), max(done.days, default=None)
        report = encode_report(PLATFORM, done.tally, {"amount": done.amount, "first_day": first, "last_day": last})
        row = ImportRow(
            import_id=self._entropy(_ID),
            charity=charity,
            source=PLATFORM,
            digest=digest,
            recorded_at=self._books.clock(),
            rows=done.tally.rows,
            first_day=first,
            last_day=last,
            book_id=book_id,
            settlement=settled,
            amount=done.amount if settled else None,
            report=report,
        )
        async with self._books.database.write() as work:
            before = await work.charity.imports.by_digest(charity, digest)
            if before is None and settled and await work.charity.imports.by_settlement(settled):
                raise InvalidField("settlement", "BANK_USED")
            if before is None:
                await work.charity.imports.add(row)
        return Imported(before or row, tuple(done.taken))

    async def get(self, party: Principal, import_id: bytes) -> ImportRow:
        """Raises NotFound, for another charity's as for none. An auditor sees every charity's."""
        async with self._books.database.read() as work:
            row = await work.charity.imports.get(import_id)
        if row is None or not (party.acts_for(row.charity) or party.role == AUDITOR):
            raise NotFound
        return row

    async def newest(self, charity: str) -> list[ImportRow]:
        """A charity's last hundred, the newest first."""
        async with self._books.database.read() as work:
            return await work.charity.imports.newest(charity)

    def _digest(self, what: str, data: bytes) -> bytes:
        """Keyed: the plain digest of a short file could be guessed."""
        return self._books.lookup.hmac(f"charity-file\x1f{what}\x1f{hashlib.sha256(data).hexdigest()}")

    def _today(self) -> date:
        return date.fromordinal(civil_day_number(self._books.clock()) + _EPOCH)


@dataclass(slots=True)
class _PlatformWork:
    """What became of a platform's rows so far. `amount` and `days` of those that are in the book."""

    tally: Tally
    taken: list[tuple[int, Taken]] = field(default_factory=list)
    amount: int = 0
    days: set[int] = field(default_factory=set)

    def note(self, rows: Sequence[RawRow], made: Sequence[Prepared | Taken], results: Sequence[Taken]) -> None:
        """Add a part of the file."""
        for row, one, taken in zip(rows, made, results, strict=True):
            self.tally.add(taken.state, [Problem(row.line, name, code) for name, code in taken.errors])
            self.taken.append((row.line, taken))
            if taken.code is not None and isinstance(one, Prepared):
                self.amount += one.row.amount
                self.days.add(one.row.day)


def statement_lines(data: bytes, encoding: str, layouts: Layouts, today: date) -> Iterator[Movement | Problem]:
    """Lines of a statement below its headings. Raises BatchUnreadable."""
    if encoding not in ENCODINGS:
        raise BatchUnreadable("encoding-unsupported")
    text = detect(io.BytesIO(data), encoding, lambda line: layouts.columns(_cells(line)) is not None)
    if text.lines > MAX_LINES:
        raise BatchUnreadable("too-many-rows", detail=f"more than {MAX_LINES}")
    records = csvfile.records(io.BytesIO(data), text)
    lines: Iterator[Line] = ((number, "csv-syntax" if cells is None else cells) for number, cells in records)
    try:
        for line in read_statement(lines, layouts, today=today):
            yield line if isinstance(line, Movement) else Problem(line.line, line.field, line.code)
    except InvalidField as broken:
        raise BatchUnreadable(broken.rule) from None


def _cells(line: str) -> list[str]:
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error:
        return []


def platform_rows(data: bytes, form: str, encoding: str) -> list[Row]:
    """Rows of a platform's file, readable or not. Raises BatchUnreadable."""
    surveyed = reading.survey(lambda: io.BytesIO(data), form, SHEET, encoding=encoding, max_rows=MAX_LINES)
    return list(reading.rows(lambda: io.BytesIO(data), surveyed, SHEET))
