"""A charity's general book with every kind of event; bodies that are refused, and events that do not follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.support import kit
from verifier import cbor
from verifier.charity import conduct as c
from verifier.charity import organisation as o
from verifier.charity.general import General
from verifier.charity.generalevents import GeneralEvent, encode

DAY = 20700
CHARITY = kit.CHARITY
PLAN = CHARITY + "A26001"
DIGEST, PARTY, ACCOUNT = bytes(range(32)), b"\x07" * 32, b"\x09" * 32
NAME = ("示例慈善基金会", "Example Charity Foundation")
WHY = ("合成数据", "Synthetic data")
PARTNERS = ("91990000MA9T00018W",)
TERMS = o.PlanTerms(NAME, WHY, WHY, WHY, DAY - 90, DAY + 90, "990000", PARTNERS, (), 1, 10_000_000, 200_000)
BUDGET = o.Budget(9_000_000, 700_000, 200_000, 100_000)

HISTORY: tuple[GeneralEvent, ...] = (
    o.Registered(DAY, 0, CHARITY, NAME, o.FOUNDATION, "990000", WHY, DAY - 900, DAY - 900),
    o.RegistrationChanged(DAY, 1, NAME, "990100", WHY),
    o.Qualified(DAY, 2, "Q-1", DAY - 400, None),
    o.TaxEligible(DAY, 3, 2026, 2028),
    o.EmergencyBegan(DAY, 4, "E-1", WHY, DAY - 91),
    o.PlanFiled(DAY, 5, PLAN, DAY - 85, "E-1", TERMS),
    o.EmergencyEnded(DAY, 6, "E-1", DAY - 1),
    o.PlanChanged(DAY, 7, PLAN, DAY - 2, WHY, replace(TERMS, ends_on=DAY + 30)),
    o.ProjectOpened(DAY + 1, 8, "clinics", NAME, 3, (PLAN,), DAY - 80, DAY + 30, BUDGET),
    o.ProjectChanged(DAY + 1, 9, "clinics", NAME, (PLAN,), None, BUDGET, WHY),
    c.Disclosed(
        DAY + 2, 10, "D4", PLAN, (DAY - 90, DAY - 86), c.TO_PUBLIC, DIGEST, DAY - 86, "https://charity.example/1"
    ),
    c.CorrectionNote(DAY + 2, 11, 10, c.AMENDED, WHY, None, DAY + 2),
    c.BankDay(DAY + 3, 12, DAY + 2, ACCOUNT, 1_250_000, 17, 300_000, 2, None),
    c.Figures(DAY + 3, 13, 2025, 100, 0, 0, 80, 70, 8, 2, 1_000, True, DIGEST),
    c.RelatedParty(DAY + 4, 14, PARTY, c.FOUNDER, True, DAY - 900),
    c.Transaction(DAY + 4, 15, "T-1", c.JOINT_INVESTMENT, 5_000, DAY + 4, True, PARTY, (10, 15), c.OWN_MONEY),
    c.RelatedPartyEnded(DAY + 5, 16, PARTY, DAY + 5),
    c.Trust(DAY + 5, 17, "X-1", c.TRUSTEE, NAME, NAME, 1_000_000, DAY - 10),
    c.TrustEnded(DAY + 6, 18, "X-1", DAY + 6),
    o.ProjectEnded(DAY + 7, 19, "clinics", DAY + 7, 1),
    o.PlanEnded(DAY + 7, 20, PLAN, DAY + 7, WHY),
    o.QualificationEnded(DAY + 8, 21, "Q-1", DAY + 8, WHY),
    o.RegistrationEnded(DAY + 9, 22, DAY + 9, WHY),
)


def _name(event: GeneralEvent) -> str:
    name = type(event).__name__
    return "".join(f"-{x.lower()}" if x.isupper() else x for x in name).lstrip("-")


def _refused() -> list[dict[str, str]]:
    """Bodies that no reader takes."""
    changed = cbor.decode(encode(HISTORY[1]))
    figures = cbor.decode(encode(HISTORY[13]))
    disclosed = cbor.decode(encode(HISTORY[10]))
    plan = cbor.decode(encode(HISTORY[5]))
    told: list[tuple[str, Any]] = [
        ("kind-of-a-fund", changed | {1: 1}),
        ("kind-unknown", changed | {1: 199}),
        ("member-missing", {k: v for k, v in changed.items() if k != 6}),
        ("member-added", changed | {7: None}),
        ("day-negative", changed | {2: -1}),
        ("one-language", changed | {4: ["合成数据"]}),
        ("text-not-nfc", changed | {4: ["合成数据", "e\u0301"]}),
        ("text-with-a-line-break", changed | {4: ["合成数据", "a\nb"]}),
        ("region-of-letters", changed | {5: "99000A"}),
        ("amount-negative", figures | {5: -1}),
        ("amount-2-to-the-53", figures | {5: 1 << 53}),
        ("flag-as-a-number", figures | {13: 1}),
        ("digest-short", figures | {14: bytes(31)}),
        ("period-of-one-day", disclosed | {6: [DAY]}),
        ("link-that-is-no-web-page", disclosed | {10: "javascript:alert(1)"}),
        ("filing-number-of-nobody", plan | {4: PLAN[:18] + "B26001"}),
        ("platform-twice", plan | {7: _with(plan[7], 7, [*PARTNERS, *PARTNERS])}),
    ]
    shown = [{"name": name, "body_hex": cbor.encode(value).hex()} for name, value in told]
    ordered = encode(HISTORY[1])
    return [*shown, {"name": "trailing-byte", "body_hex": (ordered + b"\x00").hex()}]


def _with(values: list[Any], place: int, value: Any) -> list[Any]:
    return [*values[:place], value, *values[place + 1 :]]


def _unfit() -> list[dict[str, Any]]:
    """(events that the book has, one that does not follow, the code of the refusal)."""
    first, qualified = HISTORY[0], o.Qualified(DAY, 1, "Q-1", DAY, None)
    disclosed = c.Disclosed(DAY, 1, "D11", "2025", None, c.TO_PUBLIC, DIGEST, DAY, None)
    told: list[tuple[str, tuple[GeneralEvent, ...], GeneralEvent, str]] = [
        ("begins-with-anything-else", (), replace(qualified, seq=0), "out-of-order"),
        ("registered-twice", (first,), replace(first, seq=1), "duplicate-number"),
        ("position-left-out", (first,), replace(qualified, seq=2), "out-of-order"),
        ("day-before", (first,), replace(qualified, day=DAY - 1), "day-before"),
        ("published-tomorrow", (first,), replace(disclosed, published_on=DAY + 1), "day-ahead"),
        ("rule-that-is-none", (first,), replace(disclosed, rule="D27"), "unknown-number"),
        ("certificate-twice", (first, qualified), replace(qualified, seq=2), "duplicate-number"),
        ("plan-of-another-charity", (first,), _plan(filing_no="53990000MJ9T00045X" + "A26001"), "unknown-number"),
        ("plan-that-ends-before-it-starts", (first,), _plan(terms=replace(TERMS, ends_on=DAY - 91)), "out-of-order"),
        ("emergency-of-nobody", (first,), _plan(emergency="E-9"), "unknown-number"),
        ("note-about-a-note", (first, disclosed, _note(2, 1)), _note(3, 2), "unknown-number"),
        ("taken-back-twice", (first, disclosed, _note(2, 1)), _note(3, 1), "closed"),
        ("parts-above-the-whole", (first,), replace(HISTORY[13], day=DAY, seq=1, spending=79), "amount-out-of-range"),
        ("party-of-nobody", (first,), replace(HISTORY[15], day=DAY + 4, seq=1), "unknown-number"),
    ]  # type: ignore[list-item]
    return [
        {"name": name, "events_hex": [encode(e).hex() for e in before], "next_hex": encode(after).hex(), "code": code}
        for name, before, after, code in told
    ]


def _plan(**changes: Any) -> o.PlanFiled:
    return replace(o.PlanFiled(DAY, 1, PLAN, DAY - 85, None, TERMS), **changes)


def _note(seq: int, about: int) -> c.CorrectionNote:
    return c.CorrectionNote(DAY, seq, about, c.WITHDRAWN, WHY, None, DAY)


def document() -> dict[str, Any]:
    """The vectors."""
    General.replay(HISTORY)
    return {
        "about": "docs/formats/charity-general.md: bodies of a general book in order, refused bodies, refused events",
        "accepted": [{"name": _name(event), "body_hex": encode(event).hex()} for event in HISTORY],
        "refused": _refused(),
        "unfit": _unfit(),
    }
