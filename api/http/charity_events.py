"""Events of a charity's general book as they are sent: one model a kind, told apart by `kind`.

Members are those of docs/formats/charity-general.md by name; days are ISO dates, digests hexadecimal, amounts whole
fen.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from api.http.context import DATE, STRICT
from verifier.charity.members import MAX_AMOUNT

Day = Annotated[str, Field(pattern=DATE)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SM3, hexadecimal")]
Code = Annotated[str, Field(min_length=1, max_length=64)]
Uscc = Annotated[str, Field(pattern="^[0-9A-Z]{18}$")]
FilingNo = Annotated[str, Field(pattern="^[0-9A-Z]{24}$")]
Region = Annotated[str, Field(pattern="^[0-9]{6}$")]
Amount = Annotated[int, Field(ge=0, le=MAX_AMOUNT)]
Positive = Annotated[int, Field(ge=1, le=MAX_AMOUNT)]
Url = Annotated[str, Field(pattern="^https://[!-~]{1,292}$")]


class _Strict(BaseModel):
    model_config = STRICT


class Title(_Strict):
    """A short text in both languages."""

    zh: str = Field(min_length=1, max_length=120)
    en: str = Field(min_length=1, max_length=120)


class Words(_Strict):
    """A text in both languages."""

    zh: str = Field(min_length=1, max_length=1000)
    en: str = Field(min_length=1, max_length=1000)


class Registered(_Strict):
    kind: Literal["registered"]
    name: Title
    form: Literal[1, 2, 3]
    region: Region
    registrar: Title
    registered_on: Day
    recognised_on: Day


class RegistrationChanged(_Strict):
    kind: Literal["registration_changed"]
    name: Title
    region: Region
    registrar: Title


class RegistrationEnded(_Strict):
    kind: Literal["registration_ended"]
    ended_on: Day
    reason: Words


class Qualified(_Strict):
    kind: Literal["qualified"]
    certificate_no: Code
    valid_from: Day
    valid_to: Day | None = None


class QualificationEnded(_Strict):
    kind: Literal["qualification_ended"]
    certificate_no: Code
    ended_on: Day
    reason: Words


class TaxEligible(_Strict):
    kind: Literal["tax_eligible"]
    first_year: int = Field(ge=2000, le=2999)
    last_year: int = Field(ge=2000, le=2999)


class EmergencyBegan(_Strict):
    kind: Literal["emergency_began"]
    emergency: Code
    title: Title
    began_on: Day


class EmergencyEnded(_Strict):
    kind: Literal["emergency_ended"]
    emergency: Code
    ended_on: Day


class Terms(_Strict):
    """What a plan says, as far as it names nobody."""

    title: Title
    purpose: Words
    use: Words
    surplus: Words
    starts_on: Day
    ends_on: Day
    region: Region
    platforms: list[Uscc] = Field(default_factory=list, max_length=16)
    partners: list[Uscc] = Field(default_factory=list, max_length=64)
    individuals: int = Field(default=0, ge=0, le=1 << 31)
    target: Positive | None = None
    cost: Amount | None = None


class PlanFiled(_Strict):
    kind: Literal["plan_filed"]
    filing_no: FilingNo
    filed_on: Day
    emergency: Code | None = None
    terms: Terms


class PlanChanged(_Strict):
    kind: Literal["plan_changed"]
    filing_no: FilingNo
    filed_on: Day
    reason: Words
    terms: Terms


class PlanEnded(_Strict):
    kind: Literal["plan_ended"]
    filing_no: FilingNo
    ended_on: Day
    reason: Words


class Budget(_Strict):
    """By cost class, in fen."""

    direct_aid: Amount
    service: Amount
    fundraising: Amount
    admin: Amount


class ProjectOpened(_Strict):
    kind: Literal["project_opened"]
    project: Code
    title: Title
    category: Literal[1, 2, 3, 4, 5, 6]
    plans: list[FilingNo] = Field(default_factory=list, max_length=64)
    starts_on: Day
    ends_on: Day | None = None
    budget: Budget


class ProjectChanged(_Strict):
    kind: Literal["project_changed"]
    project: Code
    title: Title
    plans: list[FilingNo] = Field(default_factory=list, max_length=64)
    ends_on: Day | None = None
    budget: Budget
    reason: Words


class ProjectEnded(_Strict):
    kind: Literal["project_ended"]
    project: Code
    ended_on: Day
    surplus: Amount


class Disclosed(_Strict):
    kind: Literal["disclosed"]
    rule: Annotated[str, Field(pattern="^D([1-9]|1[0-9]|2[0-6])$")]
    subject: Code
    period: Annotated[list[Day], Field(min_length=2, max_length=2)] | None = None
    channel: Literal[1, 2, 3, 4]
    document: Digest
    published_on: Day
    url: Url | None = None


class CorrectionNote(_Strict):
    kind: Literal["correction_note"]
    about: int = Field(ge=0, le=1 << 31)
    effect: Literal[1, 2]
    reason: Words
    document: Digest | None = None
    published_on: Day


class Figures(_Strict):
    kind: Literal["figures"]
    year: int = Field(ge=2000, le=2999)
    income: Amount
    deferred: Amount
    released: Amount
    spending: Amount
    charitable: Amount
    admin: Amount
    fundraising: Amount
    net_assets: Amount
    audited: bool
    report: Digest


class RelatedParty(_Strict):
    """`name` is sealed; in public stands a commitment to it, which the answer gives."""

    kind: Literal["related_party"]
    name: str = Field(min_length=1, max_length=120)
    relation: Annotated[int, Field(ge=1, le=8)]
    important: bool
    since: Day


class RelatedPartyEnded(_Strict):
    kind: Literal["related_party_ended"]
    party: Digest
    ended_on: Day


class Transaction(_Strict):
    kind: Literal["transaction"]
    number: Code
    what: Annotated[int, Field(ge=1, le=8)]
    amount: Positive
    happened_on: Day
    major: bool
    party: Digest | None = None
    board: Annotated[list[Annotated[int, Field(ge=0, le=10_000)]], Field(min_length=2, max_length=2)] | None = None
    money: Literal[1, 2, 3]


class Trust(_Strict):
    kind: Literal["trust"]
    number: Code
    role: Literal[1, 2]
    title: Title
    trustee: Title
    amount: Positive
    set_up_on: Day


class TrustEnded(_Strict):
    kind: Literal["trust_ended"]
    number: Code
    ended_on: Day


GeneralEvent = Annotated[
    Registered | RegistrationChanged | RegistrationEnded | Qualified | QualificationEnded | TaxEligible
    | EmergencyBegan | EmergencyEnded | PlanFiled | PlanChanged | PlanEnded | ProjectOpened | ProjectChanged
    | ProjectEnded | Disclosed | CorrectionNote | Figures | RelatedParty | RelatedPartyEnded | Transaction | Trust
    | TrustEnded,
    Field(discriminator="kind"),
]  # fmt: skip


class GeneralRequest(_Strict):
    """`ref`: the charity's own number of the event; the same number with the same event is recorded once."""

    ref: str = Field(min_length=1, max_length=64)
    event: GeneralEvent


SAMPLE: Final = {
    "ref": "2026-0017",
    "event": {
        "kind": "plan_ended",
        "filing_no": "53990000MJ9T00037AA26001",
        "ended_on": "2026-11-01",
        "reason": {"zh": "提前结束", "en": "Ended early"},
    },
}
