"""Donors who asked that no single amount be shown: as soon as enough of them wait, one leaf for all.

The group shows its own day and its total, and its members stand in an order that tells nothing. So what a member's leaf
commits to is made anew, with the group's day: the day of the gift stays in the sealed record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from api.db.repositories.charity_donations import DonationRow
from api.services.charity.books import Change
from certs.charity.keyed import PSEUDONYM
from certs.charity.records import DonationRecord, open_donation
from certs.ports import Entropy, Sealer
from verifier.charity.events import Grouped
from verifier.charity.group import group_root
from verifier.charity.line import In, Inflow
from verifier.charity.opening import Details, Foreign
from verifier.merkle import TreeHash


def details_of(row: DonationRow, record: DonationRecord, charity: str) -> Details:
    """What the donation's leaf commits to."""
    rate, currency, minor = record.rate(), record["currency"], record["foreign_minor"]
    foreign = None if rate is None or currency is None or minor is None else Foreign(currency, minor, rate)
    pseudonym = None if row.donor_tag is None else row.donor_tag[:PSEUDONYM]
    return Details(row.donation_id, row.book_id, row.amount, row.day, pseudonym, charity, record["kind"], foreign)


@dataclass(frozen=True, slots=True)
class _Member:
    donation: bytes
    day: int
    leaf: Inflow = field(repr=False)


async def settle_groups(
    change: Change, book_id: bytes, h: TreeHash, least: int, sealer: Sealer, entropy: Entropy
) -> None:
    """Make one group of all who wait, if they are `least` different donors. Whoever is anonymous counts as one each.

    Five gifts of one donor are no group: their total would be that donor's.
    """
    waiting = await change.work.charity.donations.waiting(book_id)
    donors = {row.donor_tag or row.donation_id for row in waiting}
    if not waiting or len(donors) < least:
        return
    book = await change.book(book_id)
    if book.closed or book.opened is None:
        return  # nothing comes in any more; whoever waits is to be paid back by hand
    members = [_member(row, change.day, book.opened.charity, sealer) for row in _shuffled(waiting, entropy)]
    leaves = [member.leaf for member in members]
    root = group_root(h, leaves)
    change.record(book, Grouped(book.size, change.day, root.hash, len(leaves), root.sum))
    await change.work.charity.donations.place(
        [
            (member.donation, book.in_count - 1, position, member.day, member.leaf.ref)
            for position, member in enumerate(members)
        ]
    )


def _member(row: DonationRow, day: int, charity: str, sealer: Sealer) -> _Member:
    record = open_donation(row.donation_id, row.sealed, sealer)
    details = details_of(_on(row, day), record, charity)
    return _Member(row.donation_id, day, Inflow(int(In.DONATION), day, details.commitment(record.secret), row.amount))


def _on(row: DonationRow, day: int) -> DonationRow:
    return DonationRow(
        row.donation_id, row.book_id, row.idx, row.position, row.amount, day, row.commitment, row.number_tag,
        row.bank_tag, row.donor_tag, row.published, row.recorded_at, row.sealed,
    )  # fmt: skip


def _shuffled(rows: Sequence[DonationRow], entropy: Entropy) -> list[DonationRow]:
    """In the order of random numbers drawn for them."""
    return [rows[n] for _, n in sorted((entropy(16), n) for n in range(len(rows)))]


def leaves_of(members: Sequence[DonationRow]) -> list[Inflow]:
    """The leaves of a group's own tree, from its rows in order of position."""
    return [Inflow(int(In.DONATION), row.day, row.commitment, row.amount) for row in members]
