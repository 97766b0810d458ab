"""Signed epochs of the books: signed by a key that could, logged, each after the one before; what they state is so.

A book is given to the public audit (`verifier.charity.auditbook`) cut down to its last epoch: the same code that a
stranger runs over the export says whether events, lines, settlements, roots and totals are what was signed.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from sqlalchemy import select

from api.db.audit_reader import pages, rows_of
from api.db.charity_tables import (
    charity_book,
    charity_epoch,
    charity_event,
    charity_line_in,
    charity_line_out,
    charity_tile,
)
from api.services.audit_charity import place_of
from api.services.audit_context import Context, bad_signature, settle, usable
from certs.idem import epoch_idem
from chain.audit.model import Check
from chain.audit.ports import Job
from verifier.charity.auditbook import audit_book
from verifier.charity.epoch import Epoch
from verifier.charity.export import Files, join_records
from verifier.charity.line import Inflow, Outflow
from verifier.charity.sumtree import levels_of
from verifier.cose import sig_structure
from verifier.errors import VerifierError
from verifier.labels import KIND_DONATION
from verifier.merkle import TreeHash
from verifier.receipt import entry_body, entry_commitment

EPOCHS: Final = "charity epochs"
_EPOCH, _TILE, _BOOK = "charity_epoch", "charity_tile", "charity_book"
_WIDTH, _BITS = 256, 8
Claim = tuple[partial[None], Job]
_WHERE: Final = {"SETTLEMENT_DIFFERS": (_BOOK, "settlement"), "EPOCH_SETTLED_DIFFERS": (_EPOCH, "statement")}
"""Where a code of the public audit points; other codes of epochs at the statement, the rest at the book."""


def check_charity_epochs(context: Context) -> None:
    """Every epoch, every book as of its last one, every tile."""
    check, claims = context.checks[EPOCHS], list[Claim]()
    books = {bytes(r.book_id): r for r in rows_of(context.connection, charity_book, charity_book.c.book_id)}
    epochs: dict[bytes, list[Any]] = {book: [] for book in books}
    query = select(charity_epoch).order_by(charity_epoch.c.book_id, charity_epoch.c.epoch)
    for row in context.connection.execute(query):
        check.counted += 1
        mine = epochs.get(bytes(row.book_id))
        if check.expect(mine is not None, _EPOCH, place_of(row.book_id, row.epoch), "book_id", "no such book"):
            assert mine is not None
            mine.append(row)
            claims += _statement(context, check, row)
    settle(claims, context.verify)
    for book, rows in epochs.items():
        if rows:
            _book(context, check, books[book], rows)
        else:
            empty = books[book].settlement is None
            check.expect(empty, _BOOK, place_of(book), "settlement", "is of an epoch that is not here")
    strays = context.connection.scalars(select(charity_tile.c.book_id).distinct())
    for stray in strays:
        check.expect(bool(epochs.get(bytes(stray))), _TILE, place_of(bytes(stray)), "book_id", "is of no epoch's tree")


def _statement(context: Context, check: Check, row: Any) -> list[Claim]:
    place = place_of(row.book_id, row.epoch)
    try:
        epoch = Epoch.parse(row.statement)
    except VerifierError as error:
        check.fault(_EPOCH, place, "statement", str(error))
        return []
    said = epoch.claims
    for column, value in (("book_id", said.book), ("epoch", said.epoch), ("at", said.iat), ("events", said.events),
                          ("inflows", said.inflows.size), ("outflows", said.outflows.size)):  # fmt: skip
        check.expect(getattr(row, column) == value, _EPOCH, place, column, "differs from the statement's")
    check.expect(epoch.statement == row.statement, _EPOCH, place, "statement", "is not the bare statement")
    body = entry_body(entry_commitment(bytes(row.salt), row.statement)) if len(row.salt) == 32 else b""
    check.expect(body == row.entry, _EPOCH, place, "entry", "does not commit to the statement")
    _entry(context, check, row, said.epoch, place)
    key = usable(context.issuer_key(said.iss, epoch.sign1.kid), said.iat)
    if key is None or KIND_DONATION not in key.kinds or epoch.sign1.alg != key.key.alg:
        check.fault(_EPOCH, place, "statement", "no key of the trust bundle could sign it then")
        return []
    message = sig_structure(epoch.sign1.protected, epoch.sign1.payload or b"")
    job = Job(key.key.crv, key.key.public, epoch.sign1.signature, message)
    return [(bad_signature(check, _EPOCH, place, "statement"), job)]


def _entry(context: Context, check: Check, row: Any, number: int, place: str) -> None:
    """In the log under its own key, or waiting for it."""
    try:
        idem = epoch_idem(bytes(row.book_id), number, row.at)
    except OverflowError:  # where the time cannot be one: a key that no entry has
        idem = b""
    found = context.ledger.entries_by_idem([idem]).get(idem)
    if found is not None:
        context.known_entries += 1
        check.expect(found[1] == row.entry, _EPOCH, place, "entry", f"differs from entry {found[0]} of the log")
        return
    waits = context.staged.get(idem) == row.entry
    check.expect(waits, _EPOCH, place, "entry", "is not in the log under its book, number and time")


def _book(context: Context, check: Check, book: Any, rows: list[Any]) -> None:
    last, mine = rows[-1], bytes(book.book_id)
    bodies = _bodies(context, mine, last.events)
    inflows = _leaves(context, charity_line_in, mine, last.inflows, Inflow)
    outflows = _leaves(context, charity_line_out, mine, last.outflows, Outflow)
    files = Files(
        join_records(bodies), b"".join(inflows), b"".join(outflows), bytes(book.settlement or b""),
        join_records([bytes(row.statement) for row in rows]),
    )  # fmt: skip
    for finding in audit_book(mine, files).findings:
        if finding.code.startswith("EPOCH"):
            number = finding.where.removeprefix("epoch ")
            check.fault(_EPOCH, place_of(mine, number), "statement", f"{finding.code} {finding.detail}".strip())
        else:
            table, column = _WHERE.get(finding.code, (_BOOK, "book_id"))
            check.fault(table, place_of(mine), column, f"{finding.code} {finding.where} {finding.detail}".strip())
    said = Epoch.parse(rows[0].statement).claims if _parses(rows[0].statement) else None
    if said is not None and check.expect(
        said.tree.value == book.tree, _BOOK, place_of(mine), "tree", "is not the hash that was signed"
    ):
        _tiles(context, check, mine, said.tree, {1: inflows, 2: outflows, 3: bodies})


def _parses(statement: bytes) -> bool:
    try:
        Epoch.parse(statement)
    except VerifierError:
        return False
    return True


def _bodies(context: Context, book: bytes, stop: int) -> list[bytes]:
    t = charity_event.c
    query = select(t.body).where(t.book_id == book, t.seq < stop).order_by(t.seq)
    return [bytes(body) for body in context.connection.scalars(query)]


def _leaves(context: Context, table: Any, book: bytes, stop: int, leaf: type[Inflow] | type[Outflow]) -> list[bytes]:
    t, found = table.c, []
    query = select(t.idx, *(t[name] for name in leaf._fields)).where(t.book_id == book, t.idx < stop)
    for page in pages(context.connection, query, t.idx, None):
        for row in page:
            try:
                found.append(leaf(*row[1:]).encode())
            except (VerifierError, OverflowError, TypeError):
                return found  # no leaf at all: what is missing then does not fit the epoch
    return found


def _tiles(context: Context, check: Check, book: bytes, h: TreeHash, leaves: dict[int, list[bytes]]) -> None:
    """Every full tile of the trees as of the last epoch, and no other."""
    expected: dict[tuple[int, int, int], bytes] = {}
    for tree, data in leaves.items():
        levels = _levels(h, tree, data) if len(data) >= _WIDTH else []
        for level in range(0, len(levels), _BITS):
            nodes = levels[level]
            for n in range(len(nodes) // _WIDTH):
                expected[tree, level // _BITS, n] = b"".join(nodes[n * _WIDTH : (n + 1) * _WIDTH])
    t = charity_tile.c
    query = select(charity_tile).where(t.book_id == book).order_by(t.tree, t.level, t.n)
    for row in context.connection.execute(query):
        check.counted += 1
        place = place_of(book, row.tree, row.level, row.n)
        wanted = expected.pop((row.tree, row.level, row.n), None)
        if check.expect(wanted is not None, _TILE, place, "n", "is no full tile of the tree"):
            check.expect(row.nodes == wanted, _TILE, place, "nodes", "are not those of the leaves")
    for tree, level, n in sorted(expected):
        check.fault(_TILE, place_of(book, tree, level, n), "n", "missing")


def _levels(h: TreeHash, tree: int, leaves: list[bytes]) -> list[list[bytes]]:
    if tree != 3:
        return levels_of(h, leaves)
    levels = [[h.leaf(body) for body in leaves]]
    while len(levels[-1]) > 1:
        row = levels[-1]
        levels.append([h.node(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)])
    return levels
