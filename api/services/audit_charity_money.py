"""Statements of banks and files of platforms: every kept row opens under its key, and files add up.

What a row of a statement matches is found by its keyed reference each time it is asked, so nobody can match it with
something else but by changing the reference: then it does not open any more, or names another credit than it holds.
"""

from __future__ import annotations

import json
from typing import Any, Final

from sqlalchemy import func, select

from api.db.audit_reader import pages, rows_of
from api.db.charity_tables import charity_bank_row, charity_book, charity_import
from api.db.tables import party
from api.services.audit_context import NO_KEYS, Context
from certs.charity.bankrows import open_row
from certs.charity.keyed import bank_tag
from certs.errors import CertsError
from certs.ports import Sealed
from chain.audit.model import Check

MONEY: Final = "charity money"
_IMPORT, _ROW = "charity_import", "charity_bank_row"
_CREDIT, _DEBIT = 1, 2


def check_charity_money(context: Context) -> None:
    """Imports, then their rows."""
    check = context.checks[MONEY]
    if context.secrets is None:
        check.cannot(NO_KEYS)
    parties = set(context.connection.scalars(select(party.c.uscc)))
    owners: dict[bytes, str] = {
        bytes(book): uscc
        for book, uscc in context.connection.execute(select(charity_book.c.book_id, charity_book.c.charity))
    }
    imports: dict[bytes, Any] = {}
    for row in rows_of(context.connection, charity_import, charity_import.c.import_id):
        check.counted += 1
        imports[bytes(row.import_id)] = row
        _import(check, row, parties, owners)
    for page in pages(context.connection, select(charity_bank_row), charity_bank_row.c.ordinal, None):
        for row in page:
            check.counted += 1
            _row(context, check, row, imports.get(bytes(row.import_id)))
    _sums(context, check, imports)


def _import(check: Check, row: Any, parties: set[str], owners: dict[bytes, str]) -> None:
    place = bytes(row.import_id).hex()
    check.expect(row.charity in parties, _IMPORT, place, "charity", "no such party")
    try:
        report = json.loads(row.report)
        said = {name: report[name] for name in ("source", "rows", "first_day", "last_day")}
        classes, amount = report["classes"], report.get("amount")
        whole = sum(classes.values()) == report["rows"]
    except (ValueError, KeyError, TypeError, AttributeError):
        check.fault(_IMPORT, place, "report", "cannot be read")
        return
    check.expect(whole, _IMPORT, place, "report", "does not add up")
    for column, value in said.items():
        check.expect(getattr(row, column) == value, _IMPORT, place, column, "is not what the report says")
    if row.amount is not None:
        check.expect(row.amount == amount, _IMPORT, place, "amount", "is not what the report says")
    check.expect((row.settlement is None) == (row.amount is None), _IMPORT, place, "settlement", "without an amount")
    if row.source == "platform":
        mine = owners.get(bytes(row.book_id or b"")) == row.charity
        check.expect(mine, _IMPORT, place, "book_id", "is no fund of the charity")
    else:
        check.expect(row.book_id is None, _IMPORT, place, "book_id", "a statement is of no fund")


def _row(context: Context, check: Check, row: Any, found: Any) -> None:
    place = row.ordinal
    if not check.expect(found is not None, _ROW, place, "import_id", "no such import"):
        return
    check.expect(found.charity == row.charity, _ROW, place, "charity", "is not whose import it is")
    covered = found.first_day is not None and found.first_day <= row.day <= found.last_day
    check.expect(covered, _ROW, place, "day", "is not within the statement")
    if context.secrets is None:
        return
    tag = bytes(row.reference)
    try:
        text, said = open_row(tag, Sealed(row.sealed_key, row.sealed_body), context.secrets.sealer)
    except (CertsError, TypeError, ValueError):
        check.fault(_ROW, place, "sealed_body", "does not open under its reference")
        return
    for column, value in zip(("line", "day", "direction", "amount"), said, strict=True):
        check.expect(getattr(row, column) == value, _ROW, place, column, "is not what was sealed with it")
    own = bank_tag(context.secrets.lookup, row.charity, text) == tag
    check.expect(own, _ROW, place, "reference", "is not the key of the reference that it holds")


def _sums(context: Context, check: Check, imports: dict[bytes, Any]) -> None:
    """The rows that a statement brought are as many as its report says, and no more money than it names."""
    t = charity_bank_row.c
    query = select(t.import_id, t.direction, func.count(), func.sum(t.amount)).group_by(t.import_id, t.direction)
    sums = {(bytes(i), d): (n, s) for i, d, n, s in context.connection.execute(query)}
    for number, row in imports.items():
        try:
            report = json.loads(row.report)
            taken, known = report["classes"].get("taken"), report["classes"].get("known", 0)
            told = {_CREDIT: report.get("credits"), _DEBIT: report.get("debits")}
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # see `_import`
        if row.source != "bank":
            continue
        found = {d: sums.get((number, d), (0, 0)) for d in (_CREDIT, _DEBIT)}
        place = number.hex()
        same = sum(n for n, _ in found.values()) == taken
        check.expect(same, _IMPORT, place, "rows", "has another number of rows than it took")
        exact = not known and not report["classes"].get("rejected")
        for direction, (_, total) in found.items():
            most = told[direction] or 0
            good = total == most if exact else total <= most
            check.expect(good, _IMPORT, place, "report", "its rows do not add up to its sums")
