"""Donations: every record opens, is on the leaf that commits to it, and is found under its own keys.

An intruder can take away a donation with its leaf and change every sum; the epoch that was signed before holds the tree
that had it. Here it is held that leaves and records belong to each other, one to one.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from sqlalchemy import func, select

from api.db.audit_reader import pages, rows_of
from api.db.charity_tables import (
    charity_book,
    charity_donation,
    charity_event,
    charity_line_in,
    charity_notice,
    charity_watch,
)
from api.services.audit_charity import place_of
from api.services.audit_context import NO_KEYS, Context, Secrets
from api.services.charity.grouping import details_of, leaves_of
from certs.charity.draft import identity_of
from certs.charity.keyed import bank_tag, donor_tag, number_tag
from certs.charity.records import DonationRecord, open_donation
from certs.charity.watch import address_tag, open_contact, token_tag, watch_aad
from certs.errors import CertsError
from certs.ports import Sealed
from chain.audit.model import Check
from verifier.charity.events import Grouped, parse_event
from verifier.charity.group import group_root
from verifier.charity.line import In
from verifier.errors import VerifierError
from verifier.merkle import TreeHash

DONATIONS: Final = "charity donations"
_EPOCH: Final = date(1970, 1, 1).toordinal()
_DONATION, _IN, _WATCH, _NOTICE = "charity_donation", "charity_line_in", "charity_watch", "charity_notice"


def check_charity_donations(context: Context) -> None:
    """Records, leaves, groups, and who asked to be told."""
    check = context.checks[DONATIONS]
    if context.secrets is None:
        check.cannot(NO_KEYS)
    books = {bytes(r.book_id): r for r in rows_of(context.connection, charity_book, charity_book.c.book_id)}
    members: dict[tuple[bytes, int], list[Any]] = {}
    placed: dict[bytes, int] = {}
    for page in pages(context.connection, select(charity_donation), charity_donation.c.donation_id, None):
        leaves = _leaves(context, page)
        for row in page:
            check.counted += 1
            book = books.get(bytes(row.book_id))
            if not check.expect(book is not None, _DONATION, _id(row), "book_id", "no such fund"):
                continue
            if row.position is not None:
                members.setdefault((bytes(row.book_id), row.idx), []).append(row)
            elif row.idx is not None:
                placed[bytes(row.book_id)] = placed.get(bytes(row.book_id), 0) + 1
            _row(context, check, row, book, leaves.get((bytes(row.book_id), row.idx)))
    _groups(context, check, books, members)
    _every_leaf(context, check, placed)
    _watches(context, check)


def _id(row: Any) -> str:
    return bytes(row.donation_id).hex()


def _leaves(context: Context, page: list[Any]) -> dict[tuple[bytes, int], Any]:
    """Leaves that the rows of a page name, with the times of their events."""
    t, e, found = charity_line_in.c, charity_event.c, {}
    wanted: dict[bytes, set[int]] = {}
    for row in page:
        if row.idx is not None:
            wanted.setdefault(bytes(row.book_id), set()).add(row.idx)
    for book, indices in wanted.items():
        for part in (sorted(indices)[i : i + 500] for i in range(0, len(indices), 500)):
            query = select(t.idx, t.kind, t.day, t.ref, t.amount, e.recorded_at).join_from(
                charity_line_in, charity_event, (e.book_id == t.book_id) & (e.seq == t.seq)
            )
            for row in context.connection.execute(query.where(t.book_id == book, t.idx.in_(part))):
                found[book, row.idx] = row
    return found


def _row(context: Context, check: Check, row: Any, book: Any, leaf: Any) -> None:
    place = _id(row)
    if row.idx is not None and check.expect(leaf is not None, _DONATION, place, "idx", "no such leaf"):
        if row.position is None:
            for column, said in (("commitment", leaf.ref), ("amount", leaf.amount), ("day", leaf.day)):
                check.expect(getattr(row, column) == said, _DONATION, place, column, "differs from its leaf's")
            check.expect(leaf.kind == In.DONATION, _DONATION, place, "position", "a leaf of its own is no donation's")
        else:
            check.expect(leaf.kind == In.GROUP, _DONATION, place, "position", "its leaf is no group's")
        late = row.recorded_at > leaf.recorded_at
        check.expect(not late, _DONATION, place, "recorded_at", "is after the event that posted it")
    elif row.idx is None:
        check.expect(row.position is None, _DONATION, place, "position", "of no leaf")
    if context.secrets is None:
        return
    try:
        record = open_donation(bytes(row.donation_id), Sealed(row.sealed_key, row.sealed_body), context.secrets.sealer)
    except (CertsError, OverflowError, TypeError, ValueError):
        check.fault(_DONATION, place, "sealed_body", "does not open under its id")
        return
    _record(context.secrets, check, row, book, record)


def _record(secrets: Secrets, check: Check, row: Any, book: Any, record: DonationRecord) -> None:
    """What the record says, again in every column."""
    place, lookup, mine = _id(row), secrets.lookup, bytes(row.book_id)
    reference = record["bank_reference"]
    donor = identity_of(record["donor_ref"], record["donor_name"], record["donor_contact"])
    expected: list[tuple[str, Any]] = [
        ("amount", record["amount"]),
        ("number_tag", number_tag(lookup, book.charity, record["donation_no"])),
        ("bank_tag", None if reference is None else bank_tag(lookup, book.charity, reference)),
        ("donor_tag", None if donor is None else donor_tag(lookup, mine, donor)),
    ]
    if row.position is None and record["received_on"] is not None:
        expected.append(("day", date.fromisoformat(record["received_on"]).toordinal() - _EPOCH))
    for column, value in expected:
        check.expect(getattr(row, column) == value, _DONATION, place, column, "is not what the record says")
    said = "the donor did not agree to it" if row.published else "the donor agreed, and did not take it back"
    check.expect(row.published == int(record.published), _DONATION, place, "published", said)
    try:
        details = details_of(row, record, book.charity)
        same = details.commitment(record.secret) == row.commitment
    except (VerifierError, ValueError, TypeError, OverflowError):
        same = False
    check.expect(same, _DONATION, place, "commitment", "is not the record's")


def _groups(
    context: Context, check: Check, books: dict[bytes, Any], members: dict[tuple[bytes, int], list[Any]]
) -> None:
    """The members of every group, in their order, are what its event says."""
    t, e = charity_line_in.c, charity_event.c
    query = select(t.book_id, t.idx, e.body).join_from(
        charity_line_in, charity_event, (e.book_id == t.book_id) & (e.seq == t.seq)
    )
    for row in context.connection.execute(query.where(t.kind == In.GROUP).order_by(t.book_id, t.idx)):
        found = sorted(members.get((bytes(row.book_id), row.idx), []), key=lambda m: m.position)
        place = place_of(row.book_id, row.idx)
        try:
            event = parse_event(row.body)
            assert isinstance(event, Grouped)
            root = group_root(TreeHash(books[bytes(row.book_id)].tree), leaves_of(found))
            good = [m.position for m in found] == list(range(event.count)) and root.hash == event.root
        except (VerifierError, AssertionError, KeyError, ValueError, OverflowError):
            good = False
        check.expect(good, _IN, place, "ref", "is not the leaf of the group's members")


def _every_leaf(context: Context, check: Check, placed: dict[bytes, int]) -> None:
    """As many donations have a leaf as there are leaves of donations; each names its own, so none is without."""
    t = charity_line_in.c
    query = select(t.book_id, func.count()).where(t.kind == In.DONATION).group_by(t.book_id).order_by(t.book_id)
    for book, count in context.connection.execute(query):
        same = placed.get(bytes(book), 0) == count
        check.expect(same, _DONATION, place_of(bytes(book)), "idx", "a leaf has no donation, or two have one leaf")


def _watches(context: Context, check: Check) -> None:
    d = charity_donation.c
    known = set()
    for row in rows_of(context.connection, charity_watch, charity_watch.c.watch_id):
        check.counted += 1
        place, mine = bytes(row.watch_id).hex(), bytes(row.watch_id)
        known.add(mine)
        there = context.connection.scalar(select(d.amount).where(d.donation_id == row.donation_id))
        check.expect(there is not None, _WATCH, place, "donation_id", "no such donation")
        if context.secrets is None:
            continue
        aad = watch_aad(mine, bytes(row.donation_id), row.channel)
        try:
            contact = open_contact(context.secrets.sealer, Sealed(row.sealed_key, row.sealed_body), aad)
        except (CertsError, TypeError, ValueError):
            check.fault(_WATCH, place, "sealed_body", "does not open under its id, donation and channel")
            continue
        lookup = context.secrets.lookup
        own = row.confirm_tag == token_tag(lookup, mine, contact.token)
        check.expect(own, _WATCH, place, "confirm_tag", "is not the contact's token")
        same = row.address_tag == address_tag(lookup, row.channel, contact.address)
        check.expect(same, _WATCH, place, "address_tag", "is not the contact's address")
    for row in rows_of(context.connection, charity_notice, charity_notice.c.ordinal):
        check.counted += 1
        check.expect(bytes(row.watch_id) in known, _NOTICE, row.ordinal, "watch_id", "nobody asked to be told")
