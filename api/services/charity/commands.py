"""What a charity does with a fund: open it, and every act but taking in donations, one transaction each.

An act comes as plain values under the names of the event's members, and with the charity's own number of it. The same
number with the same act gives the first answer again; with another act it is a conflict. Acts that concern one donation
name it by its id: the serials that are the donor's own, and still there, are found here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from api.db.repositories.charity_books import FUND, BookRow
from api.errors import NotFound
from api.services.charity.books import Books, Change
from api.services.charity.funds import iso_day
from api.services.parties import Principal
from certs.charity.beneficiary import hidden
from certs.charity.private import PrivatePart, open_private, seal_private
from certs.charity.rules.publishing import personal, texts
from certs.errors import Conflict, InvalidField
from certs.ports import Entropy, Sealer
from verifier.charity.book import Book
from verifier.charity.errors import LedgerRefused, Refusal
from verifier.charity.eventform import Because, Event, Restriction, Unit
from verifier.charity.events import (
    NAMES,
    Closed,
    Opened,
    Redirected,
    RedirectedIn,
    TransferIn,
    Transferred,
    parse_event,
)
from verifier.charity.line import CostClass
from verifier.charity.state import At
from verifier.hazmat.sm3 import sm3
from verifier.merkle import TreeHash

BOOK_BYTES: Final = 16
ACTS: Final = (
    "income", "allocated", "released", "reserved", "cancelled", "paid", "acknowledged", "acknowledgement_withdrawn",
    "payment_returned", "donation_returned", "donation_reversed", "redirected", "transferred", "surplus", "pledged",
    "pledge_kept", "pledge_withdrawn", "correction", "closed",
)  # fmt: skip
"""What a charity may record by itself; the other kinds of events follow from what it does."""
PAYEES: Final = {"beneficiary": 1, "implementer": 2, "supplier": 3, "staff": 4}
SIGNERS: Final = {"beneficiary": 1, "two_witnesses": 2}
_EPOCH: Final = date(1970, 1, 1).toordinal()
_OCTETS: Final = frozenset({"decision", "voucher", "evidence", "beneficiary", "consent", "target"})
_NUMBERED: Final = {"allocated": "allocations", "reserved": "disbursements", "pledged": "pledges"}
"""Acts that open a number, and which numbers they are: the next one where the charity gives none."""
_HOLES: Final = frozenset({"donation_returned", "donation_reversed", "redirected"})


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event that is in its book. `ref`: how leaves and other books name it; `no`: the number that it opens or is
    about, if any; `created`: now, and not before."""

    book: bytes
    seq: int
    kind: str
    day: int
    ref: bytes
    no: int | None
    created: bool


@dataclass(frozen=True, slots=True)
class NewFund:
    """What opens a fund. Texts in Chinese and English."""

    title: tuple[str, str]
    restriction: Restriction
    unit: Unit | None
    plan: str | None
    since: date | None = None
    tree: TreeHash = TreeHash.SM3


class Commands:
    def __init__(self, books: Books, sealer: Sealer, entropy: Entropy) -> None:
        self._books, self._sealer, self._entropy = books, sealer, entropy

    async def open_fund(self, party: Principal, charity: str, reference: str, fund: NewFund) -> Recorded:
        """A new fund of the charity. Raises NotFound (not the party's charity), Conflict, Malformed, InvalidField,
        StoreConflict."""
        if not party.acts_for(charity):
            raise NotFound
        request = sm3(repr((fund.title, fund.restriction, fund.unit, fund.plan, fund.since, fund.tree.value)).encode())
        idem = self._books.key(charity, b"", reference)
        async with self._books.change() as change:
            known = await self._known(change, idem, request)
            if known is not None:
                return known
            book_id = self._entropy(BOOK_BYTES)
            await change.work.charity.books.add(BookRow(book_id, charity, FUND, fund.tree.value, change.now))
            book = await change.book(book_id)
            since = None if fund.since is None else fund.since.toordinal() - _EPOCH
            event = Opened(0, change.day, book_id, charity, fund.title, fund.restriction, fund.unit, fund.plan, since)
            return self._record(change, book, event, idem, PrivatePart(request))

    async def act(
        self, party: Principal, book_id: bytes, reference: str, act: Mapping[str, Any], notes: Mapping[str, str]
    ) -> Recorded:
        """Record one act. `act`: {"kind": one of ACTS, …}; `notes` are sealed. Raises NotFound, Conflict, Malformed,
        InvalidField (a text with somebody's number), LedgerRefused (and nothing was recorded), StoreConflict,
        Unavailable."""
        request = sm3(json.dumps([act, dict(notes)], sort_keys=True).encode())
        async with self._books.change() as change:
            charity = await self._books.own(change.work, party, book_id)
            idem = self._books.key(charity, book_id, reference)
            known = await self._known(change, idem, request)
            if known is not None:
                return known
            book = await change.book(book_id)
            act, notes = hidden(act, notes, self._entropy)
            event, at = await self._event(change, book, act)
            target = await self._target(change, party, book, event)
            if isinstance(event, Closed) and await change.work.charity.donations.waiting(book_id):
                raise LedgerRefused(Refusal.NOT_EMPTY, "donors wait for a group")  # money that no book would ever hold
            done = self._record(change, book, event, idem, PrivatePart(request, notes), at)
            if target is not None:
                other = _arriving(event)(target.size, change.day, book_id, done.ref, event.amount)  # type: ignore[attr-defined]
                change.record(target, other)
            return done

    def _record(
        self, change: Change, book: Book, event: Event, idem: bytes, part: PrivatePart, at: At | None = None
    ) -> Recorded:
        if any(kind for text in texts(event) for kind in personal(text)):
            raise InvalidField("event", "PERSONAL_NUMBER")  # what is published stays (Charity Law art. 82)
        sealed = seal_private(book.book, event.seq, part, self._sealer)
        change.record(book, event, idem, at=at, sealed=sealed)
        return recorded(book.book, event, created=True)

    async def _known(self, change: Change, idem: bytes, request: bytes) -> Recorded | None:
        """The event that was recorded under this number. Raises Conflict if that was another."""
        row = await change.work.charity.books.by_idem(idem)
        if row is None:
            return None
        if row.sealed is None or open_private(row.book_id, row.seq, row.sealed, self._sealer).request != request:
            raise Conflict("this number was used for another event")
        return recorded(row.book_id, parse_event(row.body), created=False)

    async def _event(self, change: Change, book: Book, act: Mapping[str, Any]) -> tuple[Event, At | None]:
        """The event of an act, next in its book, and the in-leaf that it is about."""
        values = dict(act)
        name = values.pop("kind")
        at: At | None = None
        if "donation" in values:
            at, low, high = await self._donation(change, book, bytes.fromhex(values.pop("donation")))
            values["idx"] = at.idx
            if name in _HOLES:
                values["start"], values["amount"] = own_range(book, low, high, values.get("amount"))
        if name in _NUMBERED and values.get("no") is None:
            values["no"] = 1 + max(getattr(book, _NUMBERED[name]), default=0)
        if name == "transferred":
            values["restriction"] = (await self._other(change, values)).restriction
        if values.get("on") == iso_day(change.day):
            values["on"] = None  # an event says only what differs from the day of recording
        return NAMES[name](book.size, change.day, **{key: _value(key, value) for key, value in values.items()}), at

    async def _donation(self, change: Change, book: Book, donation_id: bytes) -> tuple[At, int, int]:
        """(its leaf, or its group's; the serials [low, high) that are its own). Raises LedgerRefused."""
        stores = change.work.charity
        row = await stores.donations.get(donation_id)
        if row is None or row.book_id != book.book or row.idx is None:
            raise LedgerRefused(Refusal.UNKNOWN_NUMBER, "donation")
        at = (await stores.lines.located(book.book, [row.idx]))[row.idx]
        low = at.start
        if row.position is not None:
            members = await stores.donations.at(book.book, row.idx)
            low += sum(member.amount for member in members[: row.position])
        return at, low, low + row.amount

    async def _other(self, change: Change, values: Mapping[str, Any]) -> Opened:
        other = await change.book(bytes.fromhex(values["target"]))
        assert other.opened is not None
        return other.opened

    async def _target(self, change: Change, party: Principal, book: Book, event: Event) -> Book | None:
        """The fund that the money goes to, if it goes to one: the same charity's, counting in the same unit."""
        if not isinstance(event, Transferred | Redirected):
            return None
        await self._books.own(change.work, party, event.target)
        target = await change.book(event.target)
        assert book.opened is not None
        assert target.opened is not None
        if book.opened.charity != target.opened.charity:
            raise NotFound
        if book.opened.unit != target.opened.unit:
            raise LedgerRefused(Refusal.UNIT_MISMATCH)
        return target


def recorded(book_id: bytes, event: Event, *, created: bool) -> Recorded:
    """An event as the answer to who recorded it."""
    no: int | None = getattr(event, "no", None)
    return Recorded(book_id, event.seq, event.NAME, event.day, event.ref(book_id), no, created)


def own_range(book: Book, low: int, high: int, amount: int | None) -> tuple[int, int]:
    """(first serial, amount) of what can go back of the serials [low, high): without `amount` all that is left, else so
    much from its end, where spending comes last. Raises LedgerRefused."""
    low = max(low, book.frontier)
    for hole in book.holes:
        if hole.end > low and hole.start < high:
            high = hole.start
            break
    left = max(0, high - low)
    if amount is None:
        amount = left
    if not 0 < amount <= left:
        raise LedgerRefused(Refusal.ALREADY_SPENT)
    return high - amount, amount


def _arriving(event: Event) -> type[TransferIn] | type[RedirectedIn]:
    return TransferIn if isinstance(event, Transferred) else RedirectedIn


def _value(name: str, value: Any) -> Any:
    """A member as events have it, from the interface's plain form."""
    if value is None:
        return None
    if name in _OCTETS:
        return bytes.fromhex(value)
    if name in ("reason", "source"):
        return Because(value["code"], value.get("text"))
    if name == "words":
        return value["zh"], value["en"]
    if name == "cost_class":
        return int(CostClass[value.upper()])
    if name == "payee_type":
        return PAYEES[value]
    if name == "signer":
        return SIGNERS[value]
    if name in ("due", "on"):
        return date.fromisoformat(value).toordinal() - _EPOCH
    return value
