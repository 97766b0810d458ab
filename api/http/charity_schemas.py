"""Shapes of what a charity sends: funds, donations, acts. Rules of a donation's row are `certs.charity.intake`'s."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, Field

from api.http.context import DATE, STRICT
from api.services.charity.donations import MAX_ROWS

MAX_AMOUNT: Final = (1 << 53) - 1
Hex16 = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SM3 of the published document, hexadecimal")]
Amount = Annotated[int, Field(ge=1, le=MAX_AMOUNT, description="fen; in a fund of goods, units")]
Number = Annotated[int, Field(ge=1, le=(1 << 32) - 1)]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Reference = Annotated[str, Field(min_length=1, max_length=64, description="the charity's own number of this event")]


def _real(text: str) -> str:
    date.fromisoformat(text)  # ValueError for the 30th of February: pydantic makes it a broken rule
    return text


Day = Annotated[str, Field(pattern=DATE), AfterValidator(_real)]
Earlier = Annotated[Day | None, Field(description="the day on which it happened, where that is before today")]
CostClass = Literal["direct_aid", "service_cost", "fundraising_cost", "admin"]


class Why(BaseModel):
    """A short code and, where needed, some words. Published: nothing about a person."""

    model_config = STRICT

    code: str = Field(pattern="^[a-z][a-z0-9-]{0,31}$")
    text: str | None = Field(default=None, min_length=1, max_length=200)


class Both(BaseModel):
    """A text in Chinese and in English."""

    model_config = STRICT

    zh: str = Field(min_length=1, max_length=1000)
    en: str = Field(min_length=1, max_length=1000)


class FundRestriction(BaseModel):
    """What the fund's money may be used for; null is no bound."""

    model_config = STRICT

    project: Code | None = None
    purpose: Code | None = None


class FundUnit(BaseModel):
    """What a fund of goods counts."""

    model_config = STRICT

    item: Code
    unit: Code


class FundRequest(BaseModel):
    """A new fund. The same `ref` with the same fund gives the same book. `since`: an earlier day, from which on its
    donations and payments will be entered; it is published."""

    model_config = STRICT

    ref: Reference
    title: Both
    restriction: FundRestriction = FundRestriction()
    unit: FundUnit | None = None
    plan: str | None = Field(default=None, min_length=24, max_length=24, description="filing number of the plan")
    since: Day | None = None
    tree: Literal["sm3", "sha-256"] = "sm3"


Cell = Annotated[str, Field(max_length=1000)] | int | float | bool | None  # a fraction is refused at its field
Column = Annotated[str, Field(max_length=32)]


class DonationsRequest(BaseModel):
    """Rows of donations; columns as in docs/charity-import.md."""

    model_config = STRICT

    donations: list[Annotated[dict[Column, Cell], Field(max_length=40)]] = Field(min_length=1, max_length=MAX_ROWS)


class FindRequest(BaseModel):
    """A donation by the charity's own number."""

    model_config = STRICT

    donation_no: Code


class TraceRequest(BaseModel):
    """`secret`: of the receipt code; without it the file is not opened, and the donor opens it."""

    model_config = STRICT

    donation: Hex16
    secret: Hex16 | None = None


class _Act(BaseModel):
    model_config = STRICT


class Income(_Act):
    """Money that no donor gave."""

    kind: Literal["income"]
    amount: Amount
    source: Why


class Allocated(_Act):
    """What money is for. `no`: the next number without."""

    kind: Literal["allocated"]
    no: Number | None = None
    project: Code
    purpose: Code
    amount: Amount
    decision: Digest


class Released(_Act):
    """A part of an allocation that is not needed."""

    kind: Literal["released"]
    no: Number
    amount: Amount
    reason: Why


class Reserved(_Act):
    """A payment is prepared. `no`: the next number without."""

    kind: Literal["reserved"]
    no: Number | None = None
    allocation: Number
    amount: Amount
    cost_class: CostClass
    payee_type: Literal["beneficiary", "implementer", "supplier", "staff"]


class Cancelled(_Act):
    """A prepared payment will not be made."""

    kind: Literal["cancelled"]
    no: Number
    reason: Why


class Paid(_Act):
    """A prepared payment was made, whole: today, or `on` an earlier day."""

    kind: Literal["paid"]
    no: Number
    voucher: Digest
    on: Earlier = None


class Acknowledged(_Act):
    """Who was paid says so: today, or `on` an earlier day. `beneficiary`: a commitment under a random salt, never a
    name or a bare hash of one. Left out, it is made of the note `beneficiary`, which is sealed with its salt."""

    kind: Literal["acknowledged"]
    no: Number
    amount: Amount
    evidence: Digest
    beneficiary: Digest | None = None
    signer: Literal["beneficiary", "two_witnesses"]
    on: Earlier = None


class AcknowledgementWithdrawn(_Act):
    """An acknowledgement was recorded wrongly."""

    kind: Literal["acknowledgement_withdrawn"]
    no: Number
    amount: Amount
    reason: Why


class PaymentReturned(_Act):
    """A part of a payment came back."""

    kind: Literal["payment_returned"]
    no: Number
    amount: Amount
    reason: Why


class DonationReturned(_Act):
    """What is left of a donation goes back to its donor. `amount`: all that is left without."""

    kind: Literal["donation_returned"]
    donation: Hex16
    amount: Amount | None = None
    reason: Why


class DonationReversed(_Act):
    """It never was a donation: reverses what was recorded wrongly."""

    kind: Literal["donation_reversed"]
    donation: Hex16
    amount: Amount | None = None
    reason: Why


class Redirected(_Act):
    """The donor agreed that what is left goes to another fund."""

    kind: Literal["redirected"]
    donation: Hex16
    amount: Amount | None = None
    target: Hex16
    consent: Digest


class Transferred(_Act):
    """Unallocated money goes to another fund of the charity that is bound no wider."""

    kind: Literal["transferred"]
    target: Hex16
    amount: Amount
    decision: Digest


class Surplus(_Act):
    """What was left went to another charity of a like purpose."""

    kind: Literal["surplus"]
    amount: Amount
    recipient: str = Field(min_length=18, max_length=18)
    decision: Digest


class Pledged(_Act):
    """A promise. `no`: the next number without."""

    kind: Literal["pledged"]
    no: Number | None = None
    amount: Amount
    due: Day


class PledgeKept(_Act):
    """A donation that was recorded keeps a pledge."""

    kind: Literal["pledge_kept"]
    no: Number
    donation: Hex16


class PledgeWithdrawn(_Act):
    """The pledge will not be kept."""

    kind: Literal["pledge_withdrawn"]
    no: Number
    reason: Why


class Correction(_Act):
    """A published note about event `about`. It moves nothing."""

    kind: Literal["correction"]
    about: int = Field(ge=0, le=(1 << 32) - 1)
    reason: Why
    words: Both


class Closed(_Act):
    """Nothing is left, and nothing more is taken in."""

    kind: Literal["closed"]
    reason: Why


Act = Annotated[
    Income | Allocated | Released | Reserved | Cancelled | Paid | Acknowledged | AcknowledgementWithdrawn
    | PaymentReturned | DonationReturned | DonationReversed | Redirected | Transferred | Surplus | Pledged | PledgeKept
    | PledgeWithdrawn | Correction | Closed,
    Field(discriminator="kind"),
]  # fmt: skip


class EventRequest(BaseModel):
    """One act. `notes`: the charity's own words by name, such as the payee's name; sealed, never published."""

    model_config = STRICT

    ref: Reference
    event: Act
    notes: Annotated[
        dict[Annotated[str, Field(pattern="^[a-z_]{1,32}$")], Annotated[str, Field(max_length=500)]],
        Field(max_length=16),
    ] = {}


BOOK_EXAMPLE: Final = "00112233445566778899aabbccddeeff"
FUND_EXAMPLE: Final[dict[str, Any]] = {
    "ref": "fund-2026-01",
    "title": {"zh": "示例儿童阅读基金", "en": "Example reading fund"},
    "restriction": {"project": "reading-corner", "purpose": None},
    "unit": None,
    "plan": "53990000MJ9T00037AA26001",
}
ROW_EXAMPLE: Final[dict[str, Any]] = {
    "donation_no": "DN-2026-000001", "amount_yuan": "100.00", "donor_type": "1", "donor_name": "张示例",
    "received_on": "2027-01-15", "channel": "银行转账", "handler": "样例经办人甲", "receipt_status": "WAIVED",
}  # fmt: skip
ACT_EXAMPLE: Final[dict[str, Any]] = {
    "ref": "allocation-1",
    "event": {
        "kind": "allocated",
        "project": "reading-corner",
        "purpose": "books",
        "amount": 6000,
        "decision": "ab" * 32,
    },
    "notes": {"document": "理事会决议 2026-3"},
}
