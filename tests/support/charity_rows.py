"""A fund with three donations and a payment, as rows: for what is told of donations, without the ledger behind."""

from __future__ import annotations

from typing import Final

from sqlalchemy import insert

from api.db.charity_tables import charity_book, charity_donation, charity_line_in, charity_line_out
from api.db.uow import Database
from tests.support.kit import CHARITY

BOOK: Final = b"b" * 16
DONATION: Final = b"d" * 16
GROUPED: Final = b"g" * 16
"""The second member of a group of two."""


async def stocked(database: Database) -> None:
    """One donation of 100.00 and a group of two such; a payment took 62.40 of the first."""
    leaf = {"book_id": BOOK, "kind": 1, "day": 20_000, "ref": bytes(32), "amount": 10_000, "seq": 1}
    given = {"book_id": BOOK, "amount": 10_000, "day": 20_000, "commitment": bytes(32), "published": 0,
             "recorded_at": 1, "sealed_key": None, "sealed_body": b""}  # fmt: skip
    paid = {"book_id": BOOK, "idx": 0, "kind": 1, "day": 20_001, "allocation": 1, "cost_class": 1, "ref": bytes(32),
            "amount": 6240, "start": 0, "seq": 4, "disbursement": 1, "acknowledged": 0, "returned": 0,
            "digest": bytes(32)}  # fmt: skip
    async with database.write() as work:
        run = work.connection.execute
        await run(insert(charity_book).values(book_id=BOOK, charity=CHARITY, kind=2, tree="sm3", opened_at=1))
        await run(insert(charity_line_in).values(**leaf, idx=0, start=0))
        await run(insert(charity_line_in).values(**{**leaf, "kind": 2, "amount": 20_000}, idx=1, start=10_000))
        for number, (name, idx, position) in enumerate(
            [(DONATION, 0, None), (b"h" * 16, 1, 0), (GROUPED, 1, 1)], start=1
        ):
            tags = {"donation_id": name, "idx": idx, "position": position, "number_tag": bytes([number]) * 32}
            await run(insert(charity_donation).values(**given, **tags))
        await run(insert(charity_line_out).values(**paid))
