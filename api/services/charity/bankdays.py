"""Daily totals that a bank signed: taken in, put into the charity's public book, held against statements and books.

Whoever brings the statement, its signature counts: by a key that the bank registered here as a relying party, good when
the statement was made. A key that was revoked since does not put in a new day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from api.db.repositories.clients import PARTY, SIGN, ClientKey
from api.db.uow import Work
from api.errors import Forbidden, StatementRefused
from api.services.charity.books import Books
from api.services.charity.reconciling import MAX_MOVES, booked_days
from api.services.charity.register import GeneralEvents, Noted, Register
from api.services.clients import CURVES
from certs.charity.bankdays import Totals, by_day, compare
from certs.charity.private import PrivatePart
from certs.charity.reconcile import merged
from verifier.charity.bankday import BankDay, DayRow, SignedBankDay, against_books, judge_bank_day
from verifier.charity.conduct import BankDay as BankDayEvent
from verifier.charity.general import General
from verifier.cose import CoseKey
from verifier.hazmat.sm3 import sm3
from verifier.report import Reason

CATEGORY: Final = "bank"
_EPOCH: Final = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who brings it: a party's code, and whether it is a bank (else a charity)."""

    uscc: str
    bank: bool


@dataclass(frozen=True, slots=True)
class ComparedDay:
    """One day. `code`: a class of `certs.charity.bankdays`, None where the bank gave no totals and need not have;
    `signed`: whether every account's totals are; `books`: bank against books."""

    day: int
    totals: Totals
    signed: bool
    code: str | None
    books: DayRow


@dataclass(frozen=True, slots=True)
class _BankKey:
    """A registered key as statements are judged by it."""

    key: CoseKey
    not_before: int
    not_after: int
    revoked_from: int | None


class BankDays:
    def __init__(self, books: Books, events: GeneralEvents, register: Register) -> None:
        self._books, self._events, self._register = books, events, register

    async def take(self, sender: Sender, data: bytes) -> Noted:
        """Record a day in the general book of the charity that it is about; the same again gives the first answer.

        Raises Malformed, Forbidden (neither the bank nor the charity of the statement), StatementRefused,
        LedgerRefused (other totals of this account and day stand, or the charity has not registered), Unavailable.
        """
        signed = SignedBankDay.parse(data)
        said = signed.totals
        if sender.uscc != (said.bank if sender.bank else said.charity):
            raise Forbidden
        digest = sm3(data)
        # under its own digest: totals that a note took back may be followed by right ones
        idem = self._books.key(said.charity, b"bank-day", digest.hex())
        async with self._books.change() as change:
            if await _judged(change.work, signed, change.now) is not Reason.OK:
                raise StatementRefused
            known = await self._register.known(change, idem, digest)
            if known is not None:
                return known
            return await self._register.append(change, said.charity, _event(said, data), idem, PrivatePart(digest))

    async def compared(self, charity: str, first: int, last: int) -> list[ComparedDay]:
        """The days [first, last] that the bank gave totals of, or statements have lines of. The running difference
        begins with the first of them. Raises BadRequest for too long a span, Unavailable."""
        async with self._books.database.read() as work:
            row = await work.charity.books.general(charity)
            events = [] if row is None else await self._events.of(work, row.book_id)
            store = work.charity.imports
            moved = await store.rows_between(charity, first, last, MAX_MOVES)
            covered = merged(await store.spans(charity))
            booked = await booked_days(work, charity, first, last)
        stated, signed = _stated(General.replay(events) if events else General(), first, last)
        lines = by_day((r.day, r.direction, r.amount) for r in moved)
        classes = compare(stated, lines, covered)
        bank = {day: (t.credits, t.debits) for day, t in stated.items()}
        rows = against_books(bank, booked)
        return [ComparedDay(r.day, stated[r.day], r.day in signed, classes.get(r.day), r) for r in rows]


def _stated(book: General, first: int, last: int) -> tuple[dict[int, Totals], set[int]]:
    """(totals of all accounts by day, days whose every total is signed)."""
    found: dict[int, Totals] = {}
    unsigned: set[int] = set()
    for entry in book.kept(BankDayEvent):
        event = entry.event
        if first <= event.of_day <= last:
            one = Totals(event.credits, event.credit_count, event.debits, event.debit_count)
            found[event.of_day] = found.get(event.of_day, Totals()) + one
            if event.statement is None:
                unsigned.add(event.of_day)
    return found, found.keys() - unsigned


async def _judged(work: Work, signed: SignedBankDay, now: int) -> Reason:
    """Whether a registered key of that bank, good now and then, signed it."""
    keys = [key for key in await work.clients.keys_of(PARTY, signed.totals.bank) if key.purpose == SIGN]
    mine = next((key for key in keys if key.keyid == signed.sign1.kid.hex()), None)
    if mine is None:
        return Reason.KEY_UNKNOWN if keys else Reason.ISSUER_UNKNOWN
    known = await work.clients.known(mine.keyid)
    if known is None or known[1].category != CATEGORY or known[1].ended or not mine.good(now):
        return Reason.KEY_UNKNOWN
    return judge_bank_day(signed, _dated(mine), now, bank_known=True)


def _dated(key: ClientKey) -> _BankKey:
    return _BankKey(CoseKey(CURVES[key.alg], key.public_key), key.not_before, key.not_after, key.revoked_at)


def _event(said: BankDay, data: bytes) -> dict[str, Any]:
    return {
        "kind": "bank_day",
        "of_day": (_EPOCH + timedelta(days=said.day)).isoformat(),
        "account": said.account.hex(),
        "credits": said.credits,
        "credit_count": said.credit_count,
        "debits": said.debits,
        "debit_count": said.debit_count,
        "statement": data.hex(),
    }
