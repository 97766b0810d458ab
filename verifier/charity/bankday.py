"""A bank's signed word on one account of a charity and one day: what came in, what went out, in sums and counts.

    protected    {1: -65537, 4: kid, 16: "mz-bankday+cwt"}
    payload      {1: "91990000MA9T000695", 2: "53990000MJ9T00037A", 6: 1795276800,
                  -65600: {1: 20778, 2: h'…32', 3: 1250000, 4: 17, 5: 300000, 6: 2}}
    unprotected  {}

`iss` (1) is the bank, `sub` (2) the charity; in the private claim: 1 day (days since 1970-01-01, UTC+8), 2 the
account's commitment SM3("mz-bank-account" || 0x00 || salt 16 || account number), 3 and 4 fen and number of credits,
5 and 6 of debits. It is signed when the day is over and not before. What a charity leaves out of its book altogether
shows against a sum that somebody else made, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from .. import cbor, fields
from ..cose import Sign1
from ..errors import Malformed
from ..hazmat.sm3 import sm3
from ..labels import CWT_IAT, CWT_ISS, CWT_MZ, CWT_SUB
from ..report import Reason
from ..statement import DatedKey, judge

FORMAT: Final = "bank-day"
TYP_BANK_DAY: Final = "mz-bankday+cwt"
MAX_BYTES: Final = 2048
MAX_FEN: Final = (1 << 53) - 1
MAX_COUNT: Final = (1 << 32) - 1
SALT: Final = 16
_UTC8: Final = 8 * 3600
_DAY: Final = 86400
_MAX_DAY: Final = fields.MAX_TIME // _DAY - 1


def account_commitment(salt: bytes, account: str) -> bytes:
    """32 bytes that name an account to whoever knows its number and the salt, and to nobody else. Raises Malformed."""
    if len(salt) != SALT or not account:
        raise Malformed(FORMAT, "account")
    return sm3(b"mz-bank-account\x00" + salt + account.encode())


@dataclass(frozen=True, slots=True)
class BankDay:
    """Totals of one account and day. `bank`, `charity`: social credit codes; amounts in fen; `made_at` seconds UTC."""

    bank: str
    charity: str
    made_at: int
    day: int
    account: bytes
    credits: int
    credit_count: int
    debits: int
    debit_count: int

    def encode(self) -> bytes:
        """Payload bytes. Raises Malformed for totals that no reader would take."""
        private = (self.day, self.account, self.credits, self.credit_count, self.debits, self.debit_count)
        claims: dict[int, Any] = {CWT_ISS: self.bank, CWT_SUB: self.charity, CWT_IAT: self.made_at}
        payload = cbor.encode({**claims, CWT_MZ: dict(enumerate(private, start=1))})
        self.parse(payload)
        return payload

    @classmethod
    def parse(cls, payload: bytes) -> BankDay:
        """Parse a payload. Raises Malformed."""
        m = fields.mapping(FORMAT, cbor.decode(payload, max_bytes=MAX_BYTES), (CWT_ISS, CWT_SUB, CWT_IAT, CWT_MZ))
        p = fields.mapping(FORMAT, m[CWT_MZ], (1, 2, 3, 4, 5, 6))
        found = cls(
            bank=fields.uscc(FORMAT, m, CWT_ISS),
            charity=fields.uscc(FORMAT, m, CWT_SUB),
            made_at=fields.time(FORMAT, m, CWT_IAT),
            day=fields.uint(FORMAT, p, 1, _MAX_DAY),
            account=fields.octets(FORMAT, p, 2, 32),
            credits=fields.uint(FORMAT, p, 3, MAX_FEN),
            credit_count=fields.uint(FORMAT, p, 4, MAX_COUNT),
            debits=fields.uint(FORMAT, p, 5, MAX_FEN),
            debit_count=fields.uint(FORMAT, p, 6, MAX_COUNT),
        )
        # every movement is at least a fen
        if not (_sound(found.credits, found.credit_count) and _sound(found.debits, found.debit_count)):
            raise Malformed(FORMAT, "totals", "a sum without items, or items without a sum")
        if found.made_at < (found.day + 1) * _DAY - _UTC8:
            raise Malformed(FORMAT, "early", "made before the day was over")
        return found


def _sound(total: int, count: int) -> bool:
    return total >= count and (count > 0 or total == 0)


@dataclass(frozen=True, slots=True)
class SignedBankDay:
    """A parsed, *unverified* statement."""

    sign1: Sign1
    totals: BankDay

    @classmethod
    def parse(cls, data: bytes) -> SignedBankDay:
        """Parse the bytes a bank sent. Nothing unsigned may come along. Raises Malformed."""
        sign1 = Sign1.parse(data, typ=TYP_BANK_DAY, max_bytes=MAX_BYTES)
        fields.mapping(FORMAT, dict(sign1.headers), (1, 4, 16))
        fields.mapping(FORMAT, dict(sign1.unprotected), ())
        if sign1.payload is None:
            raise Malformed(FORMAT, "payload")
        return cls(sign1, BankDay.parse(sign1.payload))


def judge_bank_day(signed: SignedBankDay, key: DatedKey | None, at: int, *, bank_known: bool) -> Reason:
    """OK if the bank's `key` signed it and was good when it did; `at` is the time of checking, seconds UTC. `key` None:
    none of that id is known to be the bank's; `bank_known`: whether any key is."""
    return judge(signed.sign1, key, signed.totals.made_at, at, signer_known=bank_known)


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day of bank and books, in fen. `running`: what the bank had more than the books, credits less debits, up to
    and with this day: gifts in cash and payments under way make it move, money that never got into a book keeps it up.
    """

    day: int
    credits: int
    debits: int
    received: int
    paid: int
    running: int


def against_books(
    bank: Mapping[int, tuple[int, int]], books: Mapping[int, tuple[int, int]], *, known: Collection[int] | None = None
) -> list[DayRow]:
    """Day by day: `bank` (credits, debits) of all accounts against `books` (received, paid) of all funds of money. Only
    days of the bank are compared, or of `known`: of other days nobody said anything."""
    rows: list[DayRow] = []
    running = 0
    for day in sorted(bank if known is None else known):
        (credits, debits), (received, paid) = bank.get(day, (0, 0)), books.get(day, (0, 0))
        running += credits - debits - received + paid
        rows.append(DayRow(day, credits, debits, received, paid, running))
    return rows
