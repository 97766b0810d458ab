"""What is kept of one donation, sealed: the row as the charity brought it in, and the secret of the receipt code.

    sealed     dCBOR {1: 1, 2: secret 16, 3: "[…]"}, in JSON the values of `FIELDS` in order
               {1: 1, 2: …, 3: …, 4: 1800000000} once the donor took back that the name be shown, with the time

The list is also what "the same donation again" means: equal numbers with equal lists are one request, told twice.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from certs.errors import Erased, SealBroken
from certs.ports import Sealed, Sealer
from verifier import cbor
from verifier.errors import Malformed

from .draft import Accepted
from .keyed import donation_aad

SECRET: Final = 16
_VERSION: Final = 1
FIELDS: Final = (
    "donation_no", "kind", "amount", "received_on", "donor_type", "donor_name", "donor_contact", "donor_ref",
    "anonymous", "publish_name", "publish_amount", "publish_contact", "group", "directed", "pledge", "currency",
    "foreign_minor", "rate", "item", "unit", "fair_value_fen", "fair_value_basis", "channel", "handler", "agreement_no",
    "bank_reference", "receipt_status", "receipt_code", "receipt_number",
)  # fmt: skip
"""Members of a row of version 1, as `Accepted.content` gives them. A further one makes another version."""


@dataclass(frozen=True, slots=True)
class DonationRecord:
    """A donation in the clear, for the moment of use only. `values` go with `FIELDS`."""

    secret: bytes = field(repr=False)
    values: tuple[Any, ...] = field(repr=False)
    withdrawn_at: int | None = None

    @property
    def published(self) -> bool:
        """Whether the donor's name may be shown: the donor agreed, and did not take it back."""
        return bool(self["publish_name"]) and self.withdrawn_at is None

    def __getitem__(self, name: str) -> Any:
        """One value by its name in `FIELDS`."""
        return self.values[FIELDS.index(name)]

    def rate(self) -> tuple[int, int] | None:
        """Fen for one smallest unit of foreign money, as a fraction."""
        text = self["rate"]
        if text is None:
            return None
        numerator, _, denominator = text.partition("/")
        return int(numerator), int(denominator)


def seal_donation(donation_id: bytes, secret: bytes, row: Accepted, sealer: Sealer) -> Sealed:
    """The sealed record of an accepted row."""
    plain = cbor.encode({1: _VERSION, 2: secret, 3: json.dumps(row.content(), ensure_ascii=False)})
    return sealer.seal(plain, donation_aad(donation_id))


def seal_withdrawn(donation_id: bytes, record: DonationRecord, at: int, sealer: Sealer) -> Sealed:
    """The same record, saying that its name is shown no more. `at`: UTC seconds. A flag in the database cannot undo it:
    who lists donors and who audits both read it here."""
    plain = cbor.encode({1: _VERSION, 2: record.secret, 3: json.dumps(record.values, ensure_ascii=False), 4: at})
    return sealer.seal(plain, donation_aad(donation_id))


def open_donation(donation_id: bytes, sealed: Sealed | None, sealer: Sealer) -> DonationRecord:
    """Inverse of both. Raises Erased, SealBroken."""
    if sealed is None:
        raise Erased("the donation's data key was destroyed")
    try:
        m: dict[int, Any] = cbor.decode(sealer.open(sealed, donation_aad(donation_id)))
        values, withdrawn_at = json.loads(m[3]), m.get(4)
        if type(withdrawn_at) not in (int, type(None)):
            raise SealBroken("the sealed donation has another format")
        if m[1] != _VERSION or len(m[2]) != SECRET or len(values) != len(FIELDS):
            raise SealBroken("the sealed donation has another format")
        return DonationRecord(m[2], tuple(values), withdrawn_at)
    except (Malformed, KeyError, TypeError, ValueError):
        raise SealBroken("the sealed donation has another format") from None
