"""The public audit: everything a charity published about its money, checked by somebody who trusts none of it.

    report = audit_export(read_folder(Path("export/charity")), Verifier(trust), at=now)

What PASSED means, by the rules of fund tracing: what was received is what is unallocated, allocated, reserved, paid,
acknowledged, returned and gone (I1, I2); no account was below zero at any time (I3); no payment was acknowledged or
returned beyond its amount (I4); restricted money went where it was given for (I5); every donation is on one leaf (I7);
a bank's totals are those of the statement with them, whose signature is for who has the bank's key (I8); the ranges of
serials tile both lines (I9); a closed fund had nothing left (I10); and all of it is what the charity signed, epoch by
epoch, and what a log shows. The shares of cost (I6) are judged with the yearly figures, not here. That a payee exists
or a voucher is true, no audit of a ledger can say.
"""

from __future__ import annotations

from pathlib import Path

from ..assess import DEFAULT_LEVEL_FILE, LEVELS, Verifier
from ..errors import Malformed, VerifierError
from ..fields import CLOCK_SKEW
from ..levels import read_notes
from ..report import Outcome, Reason, outcome_of
from .auditbook import BookAudit, audit_book
from .auditreport import AuditFinding, AuditReport
from .bankbooks import BankTable, bank_table
from .bankday import SignedBankDay
from .epoch import Epoch, judge_signed, needs_older_receipt
from .events import Redirected, RedirectedIn, TransferIn, Transferred
from .export import FORMAT, INDEX, Files, Read, read_index

_MAX_FILE = 1 << 32


def read_folder(folder: Path) -> Read:
    """Reader of an export on disk; `folder` is its `charity` folder, or the one that holds it."""
    root = folder / "charity" if (folder / "charity" / INDEX).is_file() else folder

    def read(name: str) -> bytes:
        path = root / name
        try:
            if path.stat().st_size > _MAX_FILE:
                raise Malformed(FORMAT, "too-large", name)
            return path.read_bytes()
        except OSError:
            raise Malformed(FORMAT, "missing", name) from None

    return read


def audit_export(read: Read, verifier: Verifier, *, at: int, level: str | None = None) -> AuditReport:
    """Audit an export at time `at` (seconds UTC) by the verifier's trust and evidence. `level` as in
    `Verifier.assess`, by default L3. Never raises on bad input; ValueError for a level that is none."""
    if level is not None and level not in LEVELS:
        raise ValueError("level: expected one of L1 to L5")
    return _Audit(verifier, at, level or DEFAULT_LEVEL_FILE).report(read)


class _Audit:
    """State of one audit."""

    def __init__(self, verifier: Verifier, at: int, level: str) -> None:
        self.v, self.at, self.level = verifier, at, level
        self.findings: list[AuditFinding] = []
        self.levels: dict[str, list[Reason]] = {name: [] for name in ("L1", "L3", "L4", "L5")}
        self.bank_days = 0
        self.banks: list[BankTable] = []
        self.in_transit = 0

    def note(self, code: str, book: bytes = b"", where: str = "", detail: str = "") -> None:
        self.findings.append(AuditFinding(code, book, where, detail))

    def report(self, read: Read) -> AuditReport:
        trust = self.v.trust
        if not trust.issued_at - CLOCK_SKEW <= self.at < trust.expires:
            self.note(Reason.TRUST_EXPIRED.value)
        audits = self._books(read)
        for audit in audits:
            self.findings += audit.findings
            self._signed(audit)
        if all(a.table is not None or a.opened is None for a in audits):  # else what they say of each other is worth
            self._transfers({a.book: a for a in audits})  # nothing
        self._once(audits)
        self._banks(audits)
        return AuditReport(
            checked_at=self.at,
            findings=tuple(self.findings),
            funds=tuple(a.table for a in audits if a.table),
            books=len(audits),
            events=sum(a.events for a in audits),
            donations=sum(len(a.commitments) for a in audits),
            in_transit=self.in_transit,
            bank_days=self.bank_days,
            banks=tuple(self.banks),
            levels={name: _worst(reasons) for name, reasons in self.levels.items()},
        )

    def _books(self, read: Read) -> list[BookAudit]:
        try:
            books = read_index(read(INDEX))
        except Malformed as e:
            self.note(_not_read(e), where=INDEX, detail=str(e))
            return []
        if not books:
            self.note("EMPTY")
        found = []
        for book in books:
            try:
                found.append(audit_book(book, Files.read(book, read)))
            except Malformed as e:
                self.note(_not_read(e), book, e.detail.rpartition("/")[2], str(e))
        return found

    # signatures and the log ----------------------------------------------------------------------------------------

    def _signed(self, audit: BookAudit) -> None:
        """Every epoch is signed; the last one, which names all before it, is in a log."""
        for number, epoch in enumerate(audit.epochs, 1):
            reason = judge_signed(epoch, self.v.trust, self.at)
            self.levels["L1"].append(reason)
            if reason is not Reason.OK:
                self.note(reason.value, audit.book, f"epoch {number}")
                return
        if audit.epochs:
            self._logged(audit, audit.epochs[-1])

    def _logged(self, audit: BookAudit, epoch: Epoch) -> None:
        where = f"epoch {len(audit.epochs)}"
        good, reason = epoch.trees(self.v.trust, self.at)
        answers = {
            "L3": reason,
            "L4": self.v.evidence.witnessed(good, read_notes(epoch.checkpoints), self.at).reason,
            "L5": self.v.evidence.anchored(good).reason,
        }
        for name, found in answers.items():
            self.levels[name].append(found)
            asked = name == self.level or (name == "L3" and self.level != "L1")
            if found is not Reason.OK and (asked or outcome_of(found) is Outcome.FAILED):
                self.note(found.value, audit.book, where)
        # A revoked key can back-date an epoch; any of them that a log shows to be older proves the key's time for all
        # before it, so it is asked of the last one only.
        if reason is not Reason.RECEIPT_INVALID and needs_older_receipt(epoch, self.v.trust, good):
            self.note(Reason.KEY_REVOKED.value, audit.book, where)

    # between books -------------------------------------------------------------------------------------------------

    def _transfers(self, books: dict[bytes, BookAudit]) -> None:
        """What came in from another fund left it, in the same amount and under the same restriction."""
        arrived = set()
        for audit in books.values():
            for event in audit.entering:
                where = f"event {event.seq}"
                source = books.get(event.source)
                left = None if source is None else source.leaving.get(event.event)
                if source is None or left is None:
                    self.note("TRANSFER_SOURCE_MISSING", audit.book, where)
                elif not _fits(left, source, event, audit):
                    self.note("TRANSFER_DIFFERS", audit.book, where)
                arrived.add(event.event)
        for audit in books.values():
            for ref, left in audit.leaving.items():
                if ref not in arrived:
                    self.in_transit += left.amount
                    self._under_way(audit.book, left, books.get(left.target))

    def _under_way(self, book: bytes, left: Transferred | Redirected, target: BookAudit | None) -> None:
        """Money that left and is in no other book: for a day at most, or a charity could spend it there for ever."""
        where = f"event {left.seq}"
        if target is None or not target.epochs:
            self.note("TRANSFER_TARGET_MISSING", book, where)
        elif target.epochs[-1].claims.day > left.day:  # both ends are written at once; so this epoch knew of it
            self.note("TRANSFER_NOT_TAKEN_IN", book, where)

    def _once(self, audits: list[BookAudit]) -> None:
        """I7: a commitment opens one donation; the same on two leaves shows two donors one leaf of money."""
        seen: set[bytes] = set()
        for audit in audits:
            here = set(audit.commitments)
            if len(here) < len(audit.commitments) or not seen.isdisjoint(here):
                self.note("DONATION_TWICE", audit.book)
            seen |= here

    def _banks(self, audits: list[BookAudit]) -> None:
        """I8: a bank's day is what the statement with it says. Whose key signed that, only who has it can say."""
        for audit in audits:
            if audit.standing:
                books = (fund.moved for fund in audits if fund.charity == audit.charity)
                self.banks.append(bank_table(audit.charity, audit.standing, books))
            for day in audit.bank_days:
                self.bank_days += 1
                if day.statement is None:
                    continue
                try:
                    signed = SignedBankDay.parse(day.statement).totals
                except VerifierError as e:
                    self.note("BANK_DAY_DIFFERS", audit.book, f"event {day.seq}", str(e))
                    continue
                said = (day.of_day, day.account, day.credits, day.credit_count, day.debits, day.debit_count)
                their = (signed.day, signed.account, signed.credits, signed.credit_count, signed.debits,
                         signed.debit_count)  # fmt: skip
                if said != their or signed.charity != audit.charity:
                    self.note("BANK_DAY_DIFFERS", audit.book, f"event {day.seq}")


def _fits(left: Transferred | Redirected, source: BookAudit, event: TransferIn | RedirectedIn, into: BookAudit) -> bool:
    """Whether the two ends of a transfer or redirection belong to each other."""
    assert source.opened is not None
    assert into.opened is not None
    if isinstance(left, Transferred) is not isinstance(event, TransferIn):
        return False
    if isinstance(left, Transferred) and left.restriction != into.opened.restriction:
        return False
    if source.opened.charity != into.opened.charity:  # what goes to another charity is surplus, in the open
        return False
    same_unit = source.opened.unit == into.opened.unit
    return same_unit and left.target == into.book and left.amount == event.amount


def _not_read(fault: Malformed) -> str:
    """A file that is not at hand says nothing against anybody; one that is of no format does."""
    return "FILE_MISSING" if fault.reason in ("missing", "too-large") else "UNREADABLE"


def _worst(reasons: list[Reason]) -> Reason:
    """The first failure, else the first that is open, else OK."""
    bad = [r for r in reasons if r is not Reason.OK]
    failed = (r for r in bad if outcome_of(r) is Outcome.FAILED)
    return next(failed, bad[0] if bad else Reason.OK)
