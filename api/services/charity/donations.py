"""Donations coming in: a batch is one transaction, every row of it whole or refused with all its reasons.

    rows ──► parse (rules of a row) ──► id, secret, commitment, tags, sealed record      in a thread: no lock is held
         ──► one transaction: numbers and bank references looked up; one `Received` and its leaves; what goes with
             them (fair values, pledges kept); records
         ──► receipt codes, which nobody is told before the commit

The same row again gives the first answer. A row whose number or bank reference stands for something else is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from api.db.repositories.charity_donations import DonationRow
from api.services.charity.books import Books, Change, civil_day_number
from api.services.parties import Principal
from certs.charity.draft import GOODS, Accepted, FundTerms
from certs.charity.intake import Rejected, parse_donation
from certs.charity.keyed import PSEUDONYM, bank_tag, donor_tag, number_tag, plain_reference
from certs.charity.records import SECRET, open_donation, seal_donation
from certs.ports import Entropy, Sealer
from verifier.charity.book import Book
from verifier.charity.errors import LedgerRefused, Refusal
from verifier.charity.eventform import Because
from verifier.charity.events import PledgeKept, Received, Valued
from verifier.charity.line import In
from verifier.charity.opening import DONATION_BYTES, Details, Foreign, ReceiptCode
from verifier.charity.state import At, Batch, PledgeState

MAX_ROWS: Final = 2000
_EPOCH: Final = date(1970, 1, 1).toordinal()
_AT_ONCE: Final = 50  # rows prepared on the loop; more of them in a thread
_BASIS: Final = {"1": "voucher", "2": "market-price", "3": "appraisal"}
Errors = tuple[tuple[str, str], ...]
"""(field, code) pairs."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one row: its receipt code, or its errors. `state`: recorded, waiting (for a group), existing."""

    state: str
    code: ReceiptCode | None = field(default=None, repr=False)
    errors: Errors = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """A good row on its way. Everything but its place on the line."""

    row: Accepted = field(repr=False)
    code: ReceiptCode = field(repr=False)
    record: DonationRow


class DonationIntake:
    def __init__(self, books: Books, sealer: Sealer, entropy: Entropy) -> None:
        self._books, self._sealer, self._entropy = books, sealer, entropy
        self._terms: dict[bytes, tuple[str, FundTerms]] = {}  # of a fund for good: its first event says them

    async def take(self, party: Principal, book_id: bytes, rows: Sequence[Mapping[str, object]]) -> list[Taken]:
        """Record the good rows, report the others; in order. Raises NotFound, LedgerRefused (the fund is closed, or
        would hold more than can be counted exactly: nothing was recorded), StoreConflict, Unavailable."""
        charity, terms = await self.terms(party, book_id)
        now = self._books.clock()
        if len(rows) > _AT_ONCE:
            made = await asyncio.to_thread(self._prepare, charity, book_id, terms, rows, now)
        else:
            made = self._prepare(charity, book_id, terms, rows, now)
        return await self.record(book_id, made)

    async def record(self, book_id: bytes, made: Sequence[Prepared | Taken]) -> list[Taken]:
        """Record what was prepared, in a transaction of its own."""
        async with self._books.change() as change:
            return await self.record_in(change, book_id, made)

    async def record_in(self, change: Change, book_id: bytes, made: Sequence[Prepared | Taken]) -> list[Taken]:
        """Record what was prepared, in the caller's transaction. Rows that were refused stay as they are."""
        book = await change.book(book_id)
        taken = await self._known(change, made)
        fresh = [n for n, one in enumerate(made) if taken[n] is None and isinstance(one, Prepared)]
        pledged: dict[int, int] = {}
        waiting: list[Prepared] = []
        entering: list[Prepared] = []
        for n in fresh:
            one = made[n]
            assert isinstance(one, Prepared)
            refused = _pledge_error(book, one.row, pledged)
            if refused:
                taken[n] = Taken("rejected", errors=refused)
                continue
            (waiting if one.row.group else entering).append(one)
            taken[n] = Taken("waiting" if one.row.group else "recorded", one.code)
        if waiting and book.closed:  # they enter no event yet that would be refused
            raise LedgerRefused(Refusal.CLOSED)
        placed = self._enter(change, book, entering)
        await change.work.charity.donations.add([*placed, *(one.record for one in waiting)])
        return [one if one is not None else Taken("rejected") for one in taken]

    # -- before the transaction

    async def terms(self, party: Principal, book_id: bytes) -> tuple[str, FundTerms]:
        """(charity, what its fund takes). Raises NotFound, for "unknown" and "not yours" alike."""
        known = self._terms.get(book_id)
        if known is None or not party.acts_for(known[0]):
            async with self._books.change() as change:
                charity = await self._books.own(change.work, party, book_id)
                known = self._terms[book_id] = charity, terms_of(await change.book(book_id))
        return known

    def prepare(
        self, charity: str, book_id: bytes, terms: FundTerms, rows: Sequence[Mapping[str, object]]
    ) -> list[Prepared | Taken]:
        """Rows of a file, for `record_in`."""
        return self._prepare(charity, book_id, terms, rows, self._books.clock())

    def _prepare(
        self, charity: str, book_id: bytes, terms: FundTerms, rows: Sequence[Mapping[str, object]], now: int
    ) -> list[Prepared | Taken]:
        today = date.fromordinal(civil_day_number(now) + _EPOCH)
        made: list[Prepared | Taken] = []
        numbers: set[str] = set()
        references: set[str] = set()
        for row in rows:
            found = parse_donation(row, terms, today=today)
            if isinstance(found, Rejected):
                made.append(Taken("rejected", errors=tuple((e.field, e.code) for e in found.errors)))
            elif errors := _within_batch(found, numbers, references):
                made.append(Taken("rejected", errors=errors))
            else:
                made.append(self._made(charity, book_id, found, now))
        return made

    def _made(self, charity: str, book_id: bytes, row: Accepted, now: int) -> Prepared:
        lookup, random = self._books.lookup, self._entropy(DONATION_BYTES + SECRET)
        donation, secret = random[:DONATION_BYTES], random[DONATION_BYTES:]
        tag = None if row.donor_identity is None else donor_tag(lookup, book_id, row.donor_identity)
        foreign = None
        if row.currency is not None and row.foreign_minor is not None and row.rate is not None:
            foreign = Foreign(row.currency, row.foreign_minor, row.rate)
        pseudonym = None if tag is None else tag[:PSEUDONYM]
        details = Details(donation, book_id, row.amount, row.day, pseudonym, charity, row.kind, foreign)
        record = DonationRow(
            donation_id=donation,
            book_id=book_id,
            idx=None,
            position=None,
            amount=row.amount,
            day=row.day,
            commitment=details.commitment(secret),
            number_tag=number_tag(lookup, charity, row.donation_no),
            bank_tag=None if row.bank_reference is None else bank_tag(lookup, charity, row.bank_reference),
            donor_tag=tag,
            published=row.publish_name,
            recorded_at=now,
            sealed=seal_donation(donation, secret, row, self._sealer),
        )
        return Prepared(row, ReceiptCode(donation, secret), record)

    # -- within it

    async def _known(self, change: Change, made: Sequence[Prepared | Taken]) -> list[Taken | None]:
        """What is decided by what is recorded already: refused rows, repeated ones, used numbers and references."""
        store = change.work.charity.donations
        new = [one for one in made if isinstance(one, Prepared)]
        numbers = await store.by_numbers([one.record.number_tag for one in new])
        banked = await store.banked([one.record.bank_tag for one in new if one.record.bank_tag is not None])
        found: list[Taken | None] = []
        for one in made:
            if isinstance(one, Taken):
                found.append(one)
            elif (known := numbers.get(one.record.number_tag)) is not None:
                found.append(self._again(one, known))
            elif one.record.bank_tag in banked:
                found.append(Taken("rejected", errors=(("bank_reference", "BANK_USED"),)))
            else:
                found.append(None)
        return found

    def _again(self, one: Prepared, known: DonationRow) -> Taken:
        """The first answer to the same row; a refusal of another row under its number, or of one that was erased."""
        if known.sealed is not None and known.book_id == one.record.book_id:
            record = open_donation(known.donation_id, known.sealed, self._sealer)
            if record.values == one.row.content():
                return Taken("existing", ReceiptCode(known.donation_id, record.secret))
        return Taken("rejected", errors=(("donation_no", "NUMBER_USED"),))

    def _enter(self, change: Change, book: Book, entering: Sequence[Prepared]) -> list[DonationRow]:
        """Post the donations as one event, and what goes with each."""
        if not entering:
            return []
        first, serial = book.in_count, book.in_total
        amount = sum(one.row.amount for one in entering)
        event = Received(book.size, change.day, first, len(entering), amount)
        days = [one.row.day for one in entering]
        batch = Batch(len(entering), amount, max(days), min(days))
        change.record(book, event, batch=batch)
        mine, leaves, placed, places = book.book, [], [], []
        for idx, one in enumerate(entering, first):
            leaf = (mine, idx, int(In.DONATION), one.row.day, one.record.commitment, one.row.amount, serial, event.seq)
            leaves.append(leaf)
            places.append(At(idx, int(In.DONATION), serial, one.row.amount))
            placed.append(_at(one.record, idx))
            serial += one.row.amount
        change.add_leaves(leaves)
        for one, at in zip(entering, places, strict=True):
            if one.row.kind == GOODS and one.row.fair_value_fen is not None:
                basis = Because(_BASIS[one.row.fair_value_basis or "1"])
                change.record(book, Valued(book.size, change.day, at.idx, one.row.fair_value_fen, basis), at=at)
            if one.row.pledge is not None:
                change.record(book, PledgeKept(book.size, change.day, one.row.pledge, at.idx), at=at)
        return placed


def _at(record: DonationRow, idx: int) -> DonationRow:
    """The record with its place on the line."""
    return DonationRow(
        record.donation_id, record.book_id, idx, None, record.amount, record.day, record.commitment, record.number_tag,
        record.bank_tag, record.donor_tag, record.published, record.recorded_at, record.sealed,
    )  # fmt: skip


def terms_of(book: Book) -> FundTerms:
    """What a fund takes, by its first event."""
    opened = book.opened
    assert opened is not None  # event 0 of every fund
    restricted = opened.restriction.project is not None or opened.restriction.purpose is not None
    goods = None if opened.unit is None else (opened.unit.item, opened.unit.unit)
    return FundTerms(date.fromordinal(opened.first_day + _EPOCH), restricted, goods)


def _within_batch(row: Accepted, numbers: set[str], references: set[str]) -> Errors:
    """What only the rows before it tell of a row."""
    if row.group and (row.kind == GOODS or row.pledge is not None):
        return (("group", "GROUP_KIND"),)
    if row.donation_no in numbers:
        return (("donation_no", "NUMBER_TWICE"),)
    bank = None if row.bank_reference is None else plain_reference(row.bank_reference)
    if bank is not None and bank in references:
        return (("bank_reference", "BANK_USED"),)
    numbers.add(row.donation_no)
    if bank is not None:
        references.add(bank)
    return ()


def _pledge_error(book: Book, row: Accepted, kept: dict[int, int]) -> Errors:
    """Whether the pledge that the row keeps is open still; `kept`: by the rows before it in this batch."""
    if row.pledge is None:
        return ()
    pledge = book.pledges.get(row.pledge)
    so_far = kept.get(row.pledge, 0)
    if pledge is None or pledge.state is not PledgeState.OPEN or pledge.kept + so_far >= pledge.amount:
        return (("pledge_no", "PLEDGE_UNKNOWN"),)
    kept[row.pledge] = so_far + row.amount
    return ()
