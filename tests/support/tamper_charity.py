"""Intruders in the charity ledger: whoever changes every table so that it adds up has an epoch against him."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from tests.support.audit_charity import UNNAMED
from tests.support.tamper import Place, Row, insert, put, remove, rows_of
from verifier.charity.events import Acknowledged, Event, Received, Reserved, parse_event

HEX: Final = "[0-9a-f]+"
ROW: Final = f"{HEX}/[0-9]+"
MORE: Final = f"{HEX}/.+"
NO_ROW: Final = "()"
FIRST: Final = 2
"""Donations before the batch that `audit_charity` withdraws one of."""


def _key(table: str, done: str) -> tuple[str, str, str]:
    """ "book_id flip" of a table; of whole rows "delete"."""
    *column, attack = done.split(" ")
    return table, "".join(column), attack


def _events(connection: sqlite3.Connection) -> list[tuple[Row, Event]]:
    return [(row, parse_event(row["body"])) for row in rows_of(connection, "charity_event")]


def _of(connection: sqlite3.Connection, table: str, book: bytes, **values: Any) -> Row:
    """The one row of a book that has these values."""
    (found,) = (
        row
        for row in rows_of(connection, table)
        if row["book_id"] == book and all(row[name] == value for name, value in values.items())
    )
    return found


def _add(connection: sqlite3.Connection, book: bytes, account: str, amount: int) -> None:
    row = _of(connection, "charity_account", book, account=account)
    put(connection, "charity_account", row, balance=row["balance"] + amount)


def _last_received(connection: sqlite3.Connection) -> tuple[Row, Received]:
    """The newest batch of donations in a fund that has paid nothing: everything about it can be made to agree."""
    spent = {row["book_id"] for row in rows_of(connection, "charity_line_out")}
    found = [(row, e) for row, e in _events(connection) if isinstance(e, Received) and row["book_id"] not in spent]
    return found[-1]


def _restated(connection: sqlite3.Connection, row: Row, event: Received, count: int, amount: int) -> None:
    """The event, its posting and both accounts, as if it had been so from the beginning."""
    put(connection, "charity_event", row, body=replace(event, count=count, amount=amount).encode())
    posting = _of(connection, "charity_posting", row["book_id"], seq=event.seq, line=0)
    put(connection, "charity_posting", posting, amount=amount)
    for account in (posting["debit"], posting["credit"]):
        _add(connection, row["book_id"], account, amount - event.amount)


def _donation_forgotten(connection: sqlite3.Connection) -> None:
    row, event = _last_received(connection)
    idx = event.start + event.count - 1
    leaf = _of(connection, "charity_line_in", row["book_id"], idx=idx)
    remove(connection, "charity_donation", _of(connection, "charity_donation", row["book_id"], idx=idx))
    remove(connection, "charity_line_in", leaf)
    _restated(connection, row, event, event.count - 1, event.amount - leaf["amount"])


def _amount_raised(connection: sqlite3.Connection) -> None:
    row, event = _last_received(connection)
    idx = event.start + event.count - 1
    for table in ("charity_line_in", "charity_donation"):
        found = _of(connection, table, row["book_id"], idx=idx)
        put(connection, table, found, amount=found["amount"] + 1000)
    _restated(connection, row, event, event.count, event.amount + 1000)


def _acknowledgement_forged(connection: sqlite3.Connection) -> None:
    """A whole further event, without the part that only the service can seal."""
    row, event = next((row, e) for row, e in _events(connection) if isinstance(e, Acknowledged))
    last = max((r for r, _ in _events(connection) if r["book_id"] == row["book_id"]), key=lambda r: r["seq"])
    forged = replace(event, seq=last["seq"] + 1, day=last["day"], amount=1)
    own = {"ordinal": 10**6, "seq": forged.seq, "day": forged.day, "kind": forged.KIND, "body": forged.encode()}
    hidden = {"idem": bytes(32), "sealed_key": None, "sealed_body": None}
    insert(connection, "charity_event", last | own | hidden)


def _class_moved(connection: sqlite3.Connection) -> None:
    """A payment for administration becomes direct aid, wherever it is said."""
    row, event = next(
        (row, e) for row, e in _events(connection) if isinstance(e, Reserved) and e.cost_class == 4
    )  # fmt: skip
    book = row["book_id"]
    put(connection, "charity_event", row, body=replace(event, cost_class=1).encode())
    put(
        connection, "charity_disbursement", _of(connection, "charity_disbursement", book, number=event.no), cost_class=1
    )
    for leaf in rows_of(connection, "charity_line_out"):
        if leaf["book_id"] == book and leaf["disbursement"] == event.no:
            put(connection, "charity_line_out", leaf, cost_class=1)
    for posting in rows_of(connection, "charity_posting"):
        for side, sign in (("debit", 1), ("credit", -1)):
            if posting["book_id"] == book and posting[side] == "paid:4":
                put(connection, "charity_posting", posting, **{side: "paid:1"})
                _add(connection, book, "paid:4", -sign * posting["amount"])
                _add(connection, book, "paid:1", sign * posting["amount"])
    remove(connection, "charity_account", _of(connection, "charity_account", book, account="paid:4"))


def _old_epoch(connection: sqlite3.Connection) -> None:
    first, second = [row for row in rows_of(connection, "charity_epoch") if row["outflows"]][:2]
    put(connection, "charity_epoch", second, statement=first["statement"], entry=first["entry"], salt=first["salt"])


def _rematched(connection: sqlite3.Connection) -> None:
    """A donation is said to be paid by another credit of the bank."""
    tags = {row["bank_tag"] for row in rows_of(connection, "charity_donation")}
    other = next(row for row in rows_of(connection, "charity_bank_row") if row["reference"] not in tags)
    mine = next(row for row in rows_of(connection, "charity_donation") if row["bank_tag"] is not None)
    put(connection, "charity_donation", mine, bank_tag=other["reference"])


def _named_again(connection: sqlite3.Connection) -> None:
    """A donor who took it back is shown again: the flag is all that the public list is made by."""
    rows = [row for row in rows_of(connection, "charity_donation") if row["idx"] == FIRST + UNNAMED]
    (mine,) = (row for row in rows if not row["published"])
    put(connection, "charity_donation", mine, published=1)


CHARITY: Final[tuple[tuple[str, Callable[[sqlite3.Connection], None], Place, str], ...]] = (
    ("a donation removed with its leaf, and every sum made anew", _donation_forgotten,
     Place("charity_epoch", ROW, "statement"), "the epoch that the charity signed counts it"),
    ("a donation's amount raised wherever it is said", _amount_raised,
     Place("charity_epoch", ROW, "statement"), "all but the epoch, which is signed and in the log"),
    ("an acknowledgement added", _acknowledgement_forged,
     Place("charity_event", ROW, "idem"),
     "what a charity does has a sealed part, what the service adds a keyed number"),
    ("a payment moved to another class of cost wherever it is said", _class_moved,
     Place("charity_epoch", ROW, "statement"), "events and leaves are under the epoch's roots"),
    ("an epoch exchanged for an older one", _old_epoch, Place("charity_epoch", ROW, "epoch"), ""),
    ("a donation matched with another credit of the bank", _rematched,
     Place("charity_donation", HEX, "bank_tag"), "the key is of the reference in the sealed record"),
    ("a name shown again whose donor took it back", _named_again,
     Place("charity_donation", HEX, "published"), "the sealed record says so; nobody is shown by the flag alone"),
)  # fmt: skip

_OWN: Final = "the charity's own number of an act, kept nowhere else: an act that is sent again is not done again"
_ORDER: Final = "the order of rows: their lines are sealed"
_MOMENT: Final = "a moment within what was posted later; the event that posted it has its time"
_FILE: Final = "of a file that is not kept: it recognises the same file, whose rows are recognised by themselves"
_TOLD: Final = "told to a mailbox, not to a court: what moved is in the books, and a watch can be asked for again"
UNFINDABLE: Final = {
    **{("charity_event", "idem", attack): _OWN for attack in ("flip", "swap")},
    ("charity_donation", "recorded_at", "flip"): _MOMENT,
    **{("charity_import", "digest", attack): _FILE for attack in ("flip", "swap")},
    **{("charity_import", "recorded_at", attack): _FILE for attack in ("flip", "swap")},
    **{("charity_bank_row", "ordinal", attack): _ORDER for attack in ("flip", "swap")},
    **{("charity_watch", "created_at", attack): _TOLD for attack in ("flip", "swap")},
    ("charity_watch", "seen", "flip"): _TOLD,
    **{("charity_notice", column, "flip"): _TOLD for column in ("ordinal", "at", "next_at", "attempts", "trouble")},
    **{("charity_notice", column, "swap"): _TOLD for column in ("ordinal", "watch_id", "at", "next_at")},
    **{("charity_notice", "", attack): _TOLD for attack in ("delete", "truncate", "duplicate")},
}  # fmt: skip

_FIRST: Final[tuple[tuple[str, Place, str], ...]] = (
    ("charity_book", Place("charity_event", HEX, "book_id"), "book_id flip, delete, truncate"),
    ("charity_book", Place("charity_book", HEX, "opened_at"), "book_id swap"),
    ("charity_book", Place("charity_event", ROW, "body"), "kind flip"),
    ("charity_book", Place("charity_book", HEX, "charity"), "duplicate"),
    ("charity_event", Place("charity_event", ROW, "ordinal"),
     "ordinal flip, ordinal swap, recorded_at flip, recorded_at swap"),
    ("charity_event", Place("charity_event", HEX, "book_id"), "book_id flip, duplicate"),
    ("charity_event", Place("charity_event", ROW, "sealed_body"), "seq swap, sealed_key flip, sealed_key swap"),
    ("charity_event", Place("charity_event", ROW, "body"), "kind flip, kind swap"),
    ("charity_event", Place("charity_event", ROW, "recorded_at"), "day flip"),
    ("charity_event", Place("charity_line_out", ROW, "ref"), "body flip"),
    ("charity_event", Place("charity_event", ROW, "seq"), "delete"),
    ("charity_event", Place("charity_posting", MORE, "line"), "truncate"),
    ("charity_line_in", Place("charity_line_in", HEX, "book_id"), "book_id flip, duplicate"),
    ("charity_line_in", Place("charity_line_in", ROW, "start"), "idx swap, amount flip, amount swap"),
    ("charity_line_in", Place("charity_event", ROW, "body"), "kind flip, day flip, truncate"),
    ("charity_line_in", Place("charity_epoch", ROW, "statement"), "ref flip"),
    ("charity_line_in", Place("charity_line_in", ROW, "idx"), "delete"),
    ("charity_donation", Place("charity_donation", HEX, "sealed_body"),
     "donation_id flip, donation_id swap, sealed_key flip, sealed_key swap"),
    ("charity_donation", Place("charity_donation", HEX, "idx"), "book_id swap, delete, truncate"),
    ("charity_donation", Place("charity_donation", HEX, "commitment"), "idx flip, idx swap, position swap"),
    ("charity_donation", Place("charity_donation", NO_ROW, "bank_tag"), "bank_tag flip, duplicate"),
    ("charity_line_out", Place("charity_line_out", HEX, "book_id"), "book_id flip, duplicate"),
    ("charity_line_out", Place("charity_line_out", ROW, "kind"), "idx swap"),
    ("charity_line_out", Place("charity_line_out", ROW, "idx"), "delete, truncate"),
    ("charity_settling", Place("charity_settling", HEX, "book_id"), "book_id flip, duplicate"),
    ("charity_settling", Place("charity_settling", MORE, "step"), "idx flip, delete, truncate"),
    ("charity_settling", Place("charity_settling", MORE, "op"), "idx swap"),
    ("charity_account", Place("charity_account", HEX, "book_id"), "book_id flip, duplicate"),
    ("charity_account", Place("charity_account", MORE, "account"), "book_id swap, account swap, delete, truncate"),
    ("charity_posting", Place("charity_posting", HEX, "book_id"), "book_id flip, duplicate"),
    ("charity_posting", Place("charity_posting", MORE, "credit"), "seq swap"),
    ("charity_posting", Place("charity_posting", MORE, "line"), "seq flip, delete, truncate"),
    ("charity_allocation", Place("charity_allocation", HEX, "book_id"), "book_id flip, duplicate"),
    ("charity_allocation", Place("charity_allocation", ROW, "amount"), "book_id swap, number swap"),
    ("charity_allocation", Place("charity_allocation", ROW, "number"), "delete, truncate"),
    ("charity_disbursement", Place("charity_disbursement", HEX, "book_id"), "book_id flip, duplicate"),
    ("charity_disbursement", Place("charity_disbursement", ROW, "cost_class"), "number swap"),
    ("charity_disbursement", Place("charity_disbursement", ROW, "number"), "delete, truncate"),
    ("charity_epoch", Place("charity_epoch", ROW, "entry"), "statement flip, salt flip, salt swap"),
    ("charity_epoch", Place("charity_epoch", ROW, "book_id"), "statement swap, duplicate"),
    ("charity_epoch", Place("charity_epoch", ROW, "statement"), "delete"),
    ("charity_epoch", Place("charity_book", HEX, "settlement"), "truncate"),
    ("charity_tile", Place("charity_tile", MORE, "n"), "book_id flip, tree flip, level flip, delete, truncate"),
    ("charity_tile", Place("charity_tile", HEX, "book_id"), "duplicate"),
    ("charity_watch", Place("charity_watch", HEX, "sealed_body"),
     "watch_id flip, watch_id swap, donation_id swap, channel flip, sealed_key flip, sealed_key swap, duplicate"),
    ("charity_watch", Place("charity_notice", "[0-9]+", "watch_id"), "delete, truncate"),
    ("charity_import", Place("charity_bank_row", "[0-9]+", "import_id"), "import_id flip, delete, truncate"),
    ("charity_import", Place("charity_bank_row", "[0-9]+", "day"), "import_id swap"),
    ("charity_import", Place("charity_import", NO_ROW, "book_id"), "book_id flip"),
    ("charity_import", Place("charity_import", NO_ROW, "settlement"), "settlement flip, duplicate"),
    ("charity_import", Place("charity_import", HEX, "settlement"), "amount swap"),
    ("charity_import", Place("charity_import", HEX, "source"), "report swap"),
    ("charity_bank_row", Place("charity_import", HEX, "report"), "import_id swap"),
    ("charity_bank_row", Place("charity_bank_row", "[0-9]+", "sealed_body"),
     "reference flip, reference swap, sealed_key flip, sealed_key swap, duplicate"),
    ("charity_bank_row", Place("charity_import", HEX, "rows"), "delete, truncate"),
    ("charity_watch", Place("database", NO_ROW, ""), "state flip"),
    ("charity_notice", Place("database", NO_ROW, ""), "what flip, state flip"),
)  # fmt: skip
"""Where the first fault is not in the column that was changed: (table, place, what was done)."""
ELSEWHERE: Final = {_key(table, attack): place for table, place, done in _FIRST for attack in done.split(", ")}
