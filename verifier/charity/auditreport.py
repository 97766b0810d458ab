"""What a public audit of the ledger found: every finding with its place, and for each fund where its money is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from ..report import Outcome, Reason, iso, outcome_of
from .bankbooks import BankTable

FAILS: Final = MappingProxyType(
    {
        "UNREADABLE": ("文件不符合格式", "a file is not of its format"),
        "REFUSED": ("事项不符合账本规则", "an event breaks the book's rules"),
        "IN_LINE_DIFFERS": ("收入序列与事项不符", "the in-line is not what the events say"),
        "OUT_LINE_DIFFERS": ("支出序列与事项不符", "the out-line is not what the events lead to"),
        "SETTLEMENT_DIFFERS": ("签收与退回情况与事项不符", "a settlement is not what the events lead to"),
        "EPOCH_OF_ANOTHER": ("账期声明属于其他账本或机构", "an epoch of another book or charity"),
        "EPOCH_CHAIN_BROKEN": ("账期声明前后不连贯", "an epoch does not follow the one before"),
        "EPOCH_SIZE_DIFFERS": ("账期声明的数量与账本不符", "an epoch counts otherwise than the book"),
        "EPOCH_INFLOWS_DIFFER": ("账期声明的收入与账本不符", "an epoch states other inflows"),
        "EPOCH_OUTFLOWS_DIFFER": ("账期声明的支出与账本不符", "an epoch states other outflows"),
        "EPOCH_SETTLED_DIFFERS": ("账期声明的签收退回与账本不符", "an epoch states other settlements"),
        "EPOCH_EVENTS_DIFFER": ("账期声明的事项与账本不符", "an epoch states other events"),
        "BEYOND_EPOCH": ("有内容不在任何账期声明之内", "something is covered by no epoch"),
        "DONATION_TWICE": ("同一笔捐赠被登记两次", "one donation is on two leaves"),
        "TRANSFER_DIFFERS": ("转入与转出不一致", "a transfer's two ends differ"),
        "TRANSFER_NOT_TAKEN_IN": ("转出的款项没有进入对方账本", "what was transferred is not in the other fund's book"),
        "BANK_DAY_DIFFERS": (
            "日结数与所附银行声明不一致",
            "totals that are not those of the bank's statement with them",
        ),
    }
)
OPEN: Final = MappingProxyType(
    {
        "EMPTY": ("没有任何账本", "there is no book"),
        "NO_EPOCH": ("该账本还没有签署的账期声明", "the book has no signed epoch yet"),
        "FILE_MISSING": ("文件缺失或无法读取", "a file is missing or cannot be read"),
        "TRANSFER_TARGET_MISSING": ("转出的去向不在本次导出之内", "where a transfer went is not in this export"),
        "TRANSFER_SOURCE_MISSING": ("转入的来源不在本次导出之内", "where a transfer came from is not in this export"),
    }
)


def outcome_of_code(code: str) -> Outcome:
    """What a finding of this code comes to; other codes are those of a certificate's report."""
    if code in FAILS:
        return Outcome.FAILED
    return Outcome.INDETERMINATE if code in OPEN else outcome_of(Reason(code))


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """`book`: 16 bytes, or none; `where`: "event 17", "leaf 3", "epoch 2", a file; `detail`: a stable short code."""

    code: str
    book: bytes = b""
    where: str = ""
    detail: str = ""

    @property
    def outcome(self) -> Outcome:
        """What it comes to."""
        return outcome_of_code(self.code)

    def to_json(self) -> dict[str, str]:
        """Members for JSON."""
        return {"code": self.code, "book": self.book.hex(), "where": self.where, "detail": self.detail,
                "outcome": self.outcome.value}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FundTable:
    """Where a fund's money is, as of its last epoch. Amounts in fen or `unit`s; `accounts` as in `accounts`."""

    book: bytes
    charity: str
    title: tuple[str, str]
    unit: tuple[str, str] | None
    accounts: Mapping[str, int]
    donations: int
    payments: int
    waiting_holes: int
    closed: bool
    epochs: int
    as_of: int | None  # seconds UTC of the last epoch

    def total(self, name: str) -> int:
        """Sum of an account and those below it ("paid" is "paid:1", "paid:2", …)."""
        return sum(v for k, v in self.accounts.items() if k == name or k.startswith(name + ":"))

    @property
    def left_after_closing(self) -> int:
        """What came back after the fund was closed and has not been disposed of."""
        return sum(map(self.total, ("unallocated", "allocated", "reserved"))) if self.closed else 0

    def to_json(self) -> dict[str, Any]:
        """Members for JSON."""
        names = ("received", "unallocated", "allocated", "reserved", "paid", "acknowledged", "returned", "out")
        return {
            "book": self.book.hex(),
            "charity": self.charity,
            "title": {"zh": self.title[0], "en": self.title[1]},
            "unit": None if self.unit is None else {"item": self.unit[0], "unit": self.unit[1]},
            "totals": {name: self.total(name) for name in names},
            "accounts": {k: v for k, v in sorted(self.accounts.items()) if v},
            "donations": self.donations,
            "payments": self.payments,
            "waiting_to_return": self.waiting_holes,
            "closed": self.closed,
            "left_after_closing": self.left_after_closing,
            "epochs": self.epochs,
            "as_of": None if self.as_of is None else iso(self.as_of),
        }


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The verdict. PASSED only if every book was read, follows its rules and is what its signed, logged epochs say."""

    checked_at: int
    findings: tuple[AuditFinding, ...]
    funds: tuple[FundTable, ...] = ()
    books: int = 0
    events: int = 0
    donations: int = 0
    in_transit: int = 0  # transfers that their target's last epoch does not show yet
    bank_days: int = 0
    banks: tuple[BankTable, ...] = ()
    levels: Mapping[str, Reason] = field(default_factory=dict)

    @property
    def decisive(self) -> AuditFinding | None:
        """The finding that the outcome rests on: the first failure, or else the first thing that is open."""
        failed = (f for f in self.findings if f.outcome is Outcome.FAILED)
        return next(failed, self.findings[0] if self.findings else None)

    @property
    def outcome(self) -> Outcome:
        """PASSED without findings."""
        return Outcome.PASSED if self.decisive is None else self.decisive.outcome

    def to_json(self) -> dict[str, Any]:
        """Members for JSON."""
        return {
            "outcome": self.outcome.value,
            "reason": self.decisive.code if self.decisive else "OK",
            "checked_at": iso(self.checked_at),
            "books": self.books,
            "events": self.events,
            "donations": self.donations,
            "in_transit": self.in_transit,
            "bank_days": self.bank_days,
            "banks": [bank.to_json() for bank in self.banks],
            "levels": {n: {"outcome": outcome_of(r).value, "reason": r.value} for n, r in self.levels.items()},
            "findings": [f.to_json() for f in self.findings],
            "funds": [fund.to_json() for fund in self.funds],
        }
