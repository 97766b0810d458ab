"""What a donor holds: the donation's details behind its leaf, and the receipt code that opens them.

The leaf of a donation shows its commitment: HMAC-SM3(salt, SM3(details)), salt = SM3("mz-donation-salt" ‖ 0 ‖ secret 16
‖ donation id 16). Whoever has the secret can check the details against the leaf; nobody else can even try guesses.

    details  {1: h'…16' donation, 2: h'…16' book, 3: 10000 amount, 4: 20700 day, 5: h'…16' donor's pseudonym or null,
              6: 1 money | 2 goods, 7: "USD" or null, 8: 1400 minor units of it or null, 9: [712, 100] rate or null,
              10: "53990000MJ0000019X" the charity}

The rate is fen for one minor unit, as a fraction; the amount is rounded half up to a fen. The charity stands in the
details, so that no other charity's key can state anything about this donation.

The receipt code has the donation's id and secret: 34 bytes, the last two of them a check against slips.

    MZD1:…51 characters                       base45 of id 16 ‖ secret 16 ‖ check 2
    https://minzheng.example/d#…46 characters  base64url of the same; the fragment never reaches a server's log
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from typing import Any, Final

from .. import cbor, fields
from ..code import b45decode, b45encode, b64url_decode
from ..errors import Malformed
from ..hazmat.sm3 import hmac_sm3, sm3
from .line import BOOK_BYTES, MAX_AMOUNT, MAX_DAY

FORMAT: Final = "donation-details"
CODE_FORMAT: Final = "receipt-code"
DONATION_BYTES: Final = 16
SECRET_BYTES: Final = 16
CODE_BYTES: Final = DONATION_BYTES + SECRET_BYTES + 2
PREFIX: Final = "MZD1:"
MONEY: Final = 1
GOODS: Final = 2
MAX_DETAILS: Final = 512
_MAX_URL: Final = 320
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_URL: Final = re.compile(r"https://[A-Za-z0-9.-]{1,253}(?::[0-9]{1,5})?/d#([A-Za-z0-9_-]{46})")


@dataclass(frozen=True, slots=True)
class Foreign:
    """Money that was given in another currency: `minor` of its smallest units at `rate` fen for one of them."""

    currency: str
    minor: int
    rate: tuple[int, int]

    def fen(self) -> int:
        """What it comes to, rounded half up."""
        numerator, denominator = self.rate
        return (2 * self.minor * numerator + denominator) // (2 * denominator)


@dataclass(frozen=True, slots=True)
class Details:
    """What a donation's leaf commits to. `amount` in fen or units of goods, `day` since 1970-01-01 (UTC+8)."""

    donation: bytes
    book: bytes
    amount: int
    day: int
    pseudonym: bytes | None
    charity: str
    property: int = MONEY
    foreign: Foreign | None = None

    def to_map(self) -> dict[int, Any]:
        """Wire form."""
        f = self.foreign
        abroad = (None, None, None) if f is None else (f.currency, f.minor, list(f.rate))
        values = (self.donation, self.book, self.amount, self.day, self.pseudonym, self.property, *abroad, self.charity)
        return dict(enumerate(values, 1))

    def encode(self) -> bytes:
        """Deterministic CBOR: what the commitment is over. Raises Malformed for details that could not be read back."""
        m = self.to_map()
        Details.from_map(m)
        return cbor.encode(m)

    @classmethod
    def parse(cls, data: bytes) -> Details:
        """Inverse of `encode`. Raises Malformed."""
        return cls.from_map(cbor.decode(data, max_bytes=MAX_DETAILS))

    @classmethod
    def from_map(cls, value: object) -> Details:
        """Parse the wire form. Raises Malformed."""
        m = fields.mapping(FORMAT, value, range(1, 11))
        details = cls(
            fields.octets(FORMAT, m, 1, DONATION_BYTES),
            fields.octets(FORMAT, m, 2, BOOK_BYTES),
            _positive(m, 3, MAX_AMOUNT),
            fields.uint(FORMAT, m, 4, MAX_DAY),
            None if m[5] is None else fields.octets(FORMAT, m, 5, 16),
            fields.uscc(FORMAT, m, 10),
            _positive(m, 6, GOODS),
            _foreign(m),
        )
        if details.foreign is not None and (details.property != MONEY or details.foreign.fen() != details.amount):
            raise Malformed(FORMAT, "foreign-money", "not the amount that the rate gives")
        return details

    def commitment(self, secret: bytes) -> bytes:
        """`ref` of the donation's leaf, 32 bytes."""
        return hmac_sm3(salt(secret, self.donation), sm3(self.encode()))


def salt(secret: bytes, donation: bytes) -> bytes:
    """The 32 bytes that hide the details: SM3 of a label, the secret and the donation's id."""
    if len(secret) != SECRET_BYTES or len(donation) != DONATION_BYTES:
        raise Malformed(FORMAT, "secret")
    return sm3(b"mz-donation-salt\x00" + secret + donation)


@dataclass(frozen=True, slots=True)
class ReceiptCode:
    """What a donor is given on paper: the donation's id, and the secret that opens its leaf."""

    donation: bytes
    secret: bytes = field(repr=False)

    def _raw(self) -> bytes:
        if len(self.donation) != DONATION_BYTES or len(self.secret) != SECRET_BYTES:
            raise Malformed(CODE_FORMAT, "length")
        return self.donation + self.secret + _check(self.donation + self.secret)

    def text(self) -> str:
        """`MZD1:` form, 56 characters with the prefix."""
        return PREFIX + b45encode(self._raw())

    def url(self, host: str) -> str:
        """URL form; `host` is a DNS name with optional port. Raises Malformed."""
        address = f"https://{host}/d#{base64.urlsafe_b64encode(self._raw()).rstrip(b'=').decode('ascii')}"
        if not _URL.fullmatch(address):
            raise Malformed(CODE_FORMAT, "host")
        return address

    @classmethod
    def parse(cls, text: str) -> ReceiptCode:
        """Read either form. Raises Malformed: `check` for a slip of the hand."""
        if text.startswith(PREFIX):
            if len(text) > len(PREFIX) + 2 * CODE_BYTES:
                raise Malformed(CODE_FORMAT, "length")
            raw = b45decode(text[len(PREFIX) :])
        else:
            match = _URL.fullmatch(text) if len(text) <= _MAX_URL else None
            if match is None:
                raise Malformed(CODE_FORMAT, "prefix", "neither MZD1: nor an https address with /d#")
            raw = b64url_decode(match[1])
        if len(raw) != CODE_BYTES:
            raise Malformed(CODE_FORMAT, "length")
        if raw[-2:] != _check(raw[:-2]):
            raise Malformed(CODE_FORMAT, "check")
        return cls(raw[:DONATION_BYTES], raw[DONATION_BYTES:-2])


def _check(raw: bytes) -> bytes:
    return sm3(b"mz-receipt-code\x00" + raw)[:2]


def _positive(m: dict[Any, Any], key: int, maximum: int) -> int:
    value = fields.uint(FORMAT, m, key, maximum)
    if value == 0:
        raise Malformed(FORMAT, "integer", f"key {key}")
    return value


def _foreign(m: dict[Any, Any]) -> Foreign | None:
    if m[7] is None and m[8] is None and m[9] is None:
        return None
    currency, rate = fields.text(FORMAT, m, 7, 3), fields.array(FORMAT, m, 9, 2)
    if not _CURRENCY.fullmatch(currency) or currency == "CNY" or len(rate) != 2:
        raise Malformed(FORMAT, "foreign-money")
    parts = dict(enumerate(rate))
    return Foreign(currency, _positive(m, 8, MAX_AMOUNT), (_positive(parts, 0, 1 << 53), _positive(parts, 1, 1 << 53)))
