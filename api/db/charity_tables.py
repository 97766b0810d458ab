"""Tables of the charity ledger: books of events, both lines of every fund, accounts, epochs, reconciliation, notices.

The three rules of `tables` hold here too. Books and lines are append-only: a row of `charity_event`, `charity_line_in`,
`charity_line_out`, `charity_settling` or `charity_posting` is never changed, but for an outflow's settlement, which its
rows of `charity_settling` add up to.
Accounts, allocations and disbursements are sums of events; their constraints refuse what the domain refuses already, so
that no other way into the database can overdraw a fund. Amounts are whole fen, in a fund of goods whole units; days are
counted from 1970-01-01.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from api.db.metadata import COUNTER, characters, metadata

charity_book = Table(
    "charity_book",
    metadata,
    Column("book_id", LargeBinary(16), primary_key=True),
    Column("charity", characters(18), ForeignKey("party.uscc"), nullable=False),
    Column("kind", Integer, nullable=False),  # 1 the charity's general book, 2 a fund
    Column("tree", characters(8), nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("settlement", LargeBinary),  # settlement leaves as of the last epoch: what its traces are made of
    CheckConstraint("kind in (1, 2)", name="kind"),
    CheckConstraint("tree in ('sm3', 'sha-256')", name="tree"),
    CheckConstraint("length(book_id) = 16", name="lengths"),
)
Index(
    "uq_charity_book_general",
    charity_book.c.charity,
    unique=True,
    sqlite_where=text("kind = 1"),
    postgresql_where=text("kind = 1"),
)

charity_event = Table(
    "charity_event",
    metadata,
    Column("ordinal", COUNTER, primary_key=True),
    Column("book_id", LargeBinary(16), ForeignKey("charity_book.book_id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),  # public, deterministic CBOR
    Column("idem", LargeBinary(32), nullable=False, unique=True),  # HMAC of charity, book and the charity's own number
    Column("sealed_key", LargeBinary),
    Column("sealed_body", LargeBinary),  # what is not public: payees, salts, names of documents
    UniqueConstraint("book_id", "seq"),
    CheckConstraint("seq >= 0 and length(idem) = 32", name="numbers"),
    sqlite_autoincrement=True,
)

Index(
    "ix_charity_event_hole",  # what was taken out of a donation, perhaps ahead of spending
    charity_event.c.book_id,
    charity_event.c.seq,
    sqlite_where=text("kind in (30, 31, 32)"),
    postgresql_where=text("kind in (30, 31, 32)"),
)

charity_line_in = Table(
    "charity_line_in",
    metadata,
    Column("book_id", LargeBinary(16), ForeignKey("charity_book.book_id"), nullable=False),
    Column("idx", Integer, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("ref", LargeBinary(32), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("start", BigInteger, nullable=False),  # first serial: the sum of all before it
    Column("seq", Integer, nullable=False),  # the event that posted it
    PrimaryKeyConstraint("book_id", "idx"),
    CheckConstraint("idx >= 0 and amount > 0 and start >= 0 and length(ref) = 32", name="numbers"),
    sqlite_with_rowid=False,
)
Index(
    "ix_charity_line_in_ref",  # of the few that are no donations: where money that went on has arrived
    charity_line_in.c.book_id,
    charity_line_in.c.ref,
    sqlite_where=text("kind <> 1"),
    postgresql_where=text("kind <> 1"),
)

charity_donation = Table(
    "charity_donation",
    metadata,
    Column("donation_id", LargeBinary(16), primary_key=True),
    Column("book_id", LargeBinary(16), ForeignKey("charity_book.book_id"), nullable=False),
    Column("idx", Integer),  # its leaf on the line; of a group member the group's; null while it waits for a group
    Column("position", Integer),  # within its group
    Column("amount", BigInteger, nullable=False),
    Column("day", Integer, nullable=False),
    Column("commitment", LargeBinary(32), nullable=False),
    Column("number_tag", LargeBinary(32), nullable=False, unique=True),  # HMAC of charity and its donation number
    Column("bank_tag", LargeBinary(32), unique=True),  # HMAC of charity and bank reference: one credit, one donation
    Column("donor_tag", LargeBinary(32)),  # HMAC of the donor within this fund; null if anonymous
    Column("published", Integer, nullable=False),  # 1: the donor's name may be shown
    Column("recorded_at", BigInteger, nullable=False),
    Column("sealed_key", LargeBinary),
    Column("sealed_body", LargeBinary, nullable=False),
    CheckConstraint("amount > 0 and length(donation_id) = 16 and length(commitment) = 32", name="numbers"),
    CheckConstraint("published in (0, 1)", name="published"),
    sqlite_with_rowid=False,
)
Index("ix_charity_donation_line", charity_donation.c.book_id, charity_donation.c.idx, charity_donation.c.position)
Index(
    "ix_charity_donation_waiting",  # for a group
    charity_donation.c.book_id,
    sqlite_where=text("idx is null"),
    postgresql_where=text("idx is null"),
)
Index(
    "ix_charity_donation_published",
    charity_donation.c.book_id,
    charity_donation.c.idx,
    sqlite_where=text("published = 1"),
    postgresql_where=text("published = 1"),
)

charity_line_out = Table(
    "charity_line_out",
    metadata,
    Column("book_id", LargeBinary(16), ForeignKey("charity_book.book_id"), nullable=False),
    Column("idx", Integer, nullable=False),
    Column("kind", Integer, nullable=False),
    Column("day", Integer, nullable=False),
    Column("allocation", Integer, nullable=False),
    Column("cost_class", Integer, nullable=False),
    Column("ref", LargeBinary(32), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("start", BigInteger, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("disbursement", Integer, nullable=False),  # 0 for what is no payment
    Column("acknowledged", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),  # chain over what was acknowledged and returned
    PrimaryKeyConstraint("book_id", "idx"),
    CheckConstraint("idx >= 0 and amount > 0 and start >= 0 and length(ref) = 32", name="numbers"),
    CheckConstraint("acknowledged >= 0 and returned >= 0 and acknowledged + returned <= amount", name="settlement"),
    sqlite_with_rowid=False,
)
Index("ix_charity_line_out_start", charity_line_out.c.book_id, charity_line_out.c.start)
Index("ix_charity_line_out_payment", charity_line_out.c.book_id, charity_line_out.c.disbursement)

charity_settling = Table(
    "charity_settling",
    metadata,
    Column("book_id", LargeBinary(16), nullable=False),
    Column("idx", Integer, nullable=False),  # out-leaf
    Column("step", Integer, nullable=False),  # from 0: the digest of the leaf is a chain over its steps
    Column("op", Integer, nullable=False),  # 1 acknowledged, 2 returned, 3 acknowledgement withdrawn
    Column("amount", BigInteger, nullable=False),
    Column("ref", LargeBinary(32), nullable=False),
    Column("seq", Integer, nullable=False),  # the event that said so
    PrimaryKeyConstraint("book_id", "idx", "step"),
    ForeignKeyConstraint(["book_id", "idx"], ["charity_line_out.book_id", "charity_line_out.idx"]),
    CheckConstraint("op in (1, 2, 3) and amount > 0 and step >= 0 and length(ref) = 32", name="numbers"),
    sqlite_with_rowid=False,
)

charity_account = Table(
    "charity_account",
    metadata,
    Column("book_id", LargeBinary(16), ForeignKey("charity_book.book_id"), nullable=False),
    Column("account", characters(32), nullable=False),
    Column("balance", BigInteger, nullable=False),
    PrimaryKeyConstraint("book_id", "account"),
    CheckConstraint("balance >= 0", name="balance"),
    sqlite_with_rowid=False,
)

charity_posting = Table(
    "charity_posting",
    metadata,
    Column("book_id", LargeBinary(16), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("line", Integer, nullable=False),
    Column("debit", characters(32), nullable=False),
    Column("credit", characters(32), nullable=False),
    Column("amount", BigInteger, nullable=False),
    PrimaryKeyConstraint("book_id", "seq", "line"),
    ForeignKeyConstraint(["book_id", "seq"], ["charity_event.book_id", "charity_event.seq"]),
    CheckConstraint("amount > 0 and debit <> credit", name="balanced"),
    sqlite_with_rowid=False,
)

charity_allocation = Table(
    "charity_allocation",
    metadata,
    Column("book_id", LargeBinary(16), ForeignKey("charity_book.book_id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("project", characters(64), nullable=False),
    Column("amount", BigInteger, nullable=False),  # what was released again is subtracted
    Column("used", BigInteger, nullable=False),  # reserved and paid
    PrimaryKeyConstraint("book_id", "number"),
    CheckConstraint("used >= 0 and used <= amount", name="used"),
    sqlite_with_rowid=False,
)

charity_disbursement = Table(
    "charity_disbursement",
    metadata,
    Column("book_id", LargeBinary(16), ForeignKey("charity_book.book_id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("allocation", Integer, nullable=False),
    Column("cost_class", Integer, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("state", characters(16), nullable=False),
    Column("acknowledged", BigInteger, nullable=False),
    Column("returned", BigInteger, nullable=False),
    PrimaryKeyConstraint("book_id", "number"),
    CheckConstraint("state in ('reserved', 'cancelled', 'paid', 'acknowledged', 'returned')", name="state"),
    CheckConstraint(
        "amount > 0 and acknowledged >= 0 and returned >= 0 and acknowledged + returned <= amount", name="settlement"
    ),
    sqlite_with_rowid=False,
)

charity_epoch = Table(
    "charity_epoch",
    metadata,
    Column("book_id", LargeBinary(16), ForeignKey("charity_book.book_id"), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("events", Integer, nullable=False),  # sizes of the three append-only trees
    Column("inflows", Integer, nullable=False),
    Column("outflows", Integer, nullable=False),
    Column("statement", LargeBinary, nullable=False),
    Column("entry", LargeBinary, nullable=False),
    Column("salt", LargeBinary(32), nullable=False),  # opens its log entry; public
    PrimaryKeyConstraint("book_id", "epoch"),
    CheckConstraint("epoch >= 1 and events >= 0 and inflows >= 0 and outflows >= 0", name="numbers"),
    sqlite_with_rowid=False,
)

charity_tile = Table(
    "charity_tile",
    metadata,
    Column("book_id", LargeBinary(16), ForeignKey("charity_book.book_id"), nullable=False),
    Column("tree", Integer, nullable=False),  # 1 inflows, 2 outflows, 3 events
    Column("level", Integer, nullable=False),
    Column("n", Integer, nullable=False),
    Column("nodes", LargeBinary, nullable=False),  # 256 of 40 bytes (hash and sum), of events 32
    PrimaryKeyConstraint("book_id", "tree", "level", "n"),
    CheckConstraint("tree in (1, 2, 3)", name="tree"),
    sqlite_with_rowid=False,
)

charity_import = Table(
    "charity_import",
    metadata,
    Column("import_id", LargeBinary(16), primary_key=True),
    Column("charity", characters(18), ForeignKey("party.uscc"), nullable=False),
    Column("source", characters(16), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),  # HMAC of the file's SHA-256
    Column("recorded_at", BigInteger, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("first_day", Integer),  # what a statement covers: a payment of these days must have its debit
    Column("last_day", Integer),
    Column("book_id", LargeBinary(16), ForeignKey("charity_book.book_id")),  # the fund of a platform's donations
    Column("settlement", LargeBinary(32), unique=True),  # as charity_donation.bank_tag, of the credit that pays for all
    Column("amount", BigInteger),  # what that credit must be
    Column("report", LargeBinary, nullable=False),  # JSON: numbers, line numbers, codes; nothing personal
    UniqueConstraint("charity", "digest"),
    CheckConstraint("source in ('bank', 'platform')", name="source"),
    CheckConstraint("(settlement is null) = (amount is null)", name="settlement"),
)

charity_bank_row = Table(
    "charity_bank_row",
    metadata,
    Column("ordinal", COUNTER, primary_key=True),
    Column("charity", characters(18), ForeignKey("party.uscc"), nullable=False),
    Column("import_id", LargeBinary(16), ForeignKey("charity_import.import_id"), nullable=False),
    Column("line", Integer, nullable=False),
    Column("reference", LargeBinary(32), nullable=False, unique=True),  # as charity_donation.bank_tag
    Column("day", Integer, nullable=False),
    Column("direction", Integer, nullable=False),  # 1 credit, 2 debit
    Column("amount", BigInteger, nullable=False),
    Column("sealed_key", LargeBinary),
    Column("sealed_body", LargeBinary, nullable=False),  # what it matches is found by its reference, never stored
    CheckConstraint("direction in (1, 2) and amount > 0", name="numbers"),
    sqlite_autoincrement=True,
)
Index("ix_charity_bank_row_day", charity_bank_row.c.charity, charity_bank_row.c.day)

charity_watch = Table(
    "charity_watch",
    metadata,
    Column("watch_id", LargeBinary(16), primary_key=True),
    Column("donation_id", LargeBinary(16), ForeignKey("charity_donation.donation_id"), nullable=False),
    Column("channel", characters(8), nullable=False),
    Column("state", characters(8), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen", LargeBinary(32), nullable=False),  # digest of the state that was told last
    Column("confirm_tag", LargeBinary(32), nullable=False),  # HMAC of the token that confirms it and ends it
    Column("address_tag", LargeBinary(32), nullable=False),  # HMAC of the address: how often it is written to
    Column("sealed_key", LargeBinary),
    Column("sealed_body", LargeBinary, nullable=False),  # address or URL and secret
    CheckConstraint("channel in ('mail', 'webhook')", name="channel"),
    CheckConstraint("state in ('asked', 'live')", name="state"),  # an ended one is erased
)
Index("ix_charity_watch_donation", charity_watch.c.donation_id)
Index("ix_charity_watch_address", charity_watch.c.address_tag, charity_watch.c.state)

charity_notice = Table(
    "charity_notice",
    metadata,
    Column("ordinal", COUNTER, primary_key=True),
    Column("watch_id", LargeBinary(16), ForeignKey("charity_watch.watch_id"), nullable=False),
    Column("what", characters(16), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("state", characters(8), nullable=False),
    Column("trouble", characters(32)),
    CheckConstraint("state in ('waiting', 'sent', 'failed')", name="state"),
    CheckConstraint("what in ('confirm', 'moved')", name="what"),
    sqlite_autoincrement=True,
)
Index("ix_charity_notice_next", charity_notice.c.state, charity_notice.c.next_at)
