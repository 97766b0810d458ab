"""Rules of the kinds with one holder: each broken rule is named, at its field, and nothing else is."""

from __future__ import annotations

import csv
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from certs.authority import Authority
from certs.kinds import KINDS, kind_by_name
from certs.kinds.base import Form, Rejected, RowError, Stamp, Validity
from certs.kinds.elder_care import grade_of
from certs.kinds.legacy import iso_day
from certs.kinds.messages import CODES
from certs.kinds.rules import years_after
from tests.simulators.holders import BUREAU, HOLDER_CODES, HOLDER_ROWS
from tests.simulators.office import TODAY, draft, id_number, marriage_row, new_signer

STAMP = Stamp("1.2.156.3005.2.x", "示例机构", BUREAU)
BODY = "11990000MB9T01030P"

GOOD: list[tuple[str, dict[str, str]]] = [
    *((name, {}) for name in HOLDER_ROWS),
    ("minimum-living-allowance", {"address": "", "paid_from": "2027-01", "valid_until": TODAY.isoformat()}),
    ("minimum-living-allowance", {"holder_name": "阿卜杜·𠮷示例", "covered_members": "3"}),
    ("disability-subsidy", {"living_fen": ""}),
    ("disability-subsidy", {"holder_document_type": "516", "holder_document_number": "H00000001"}),
    ("elder-care", {"service": "1", "facility": "", "subsidy_fen": ""}),
    ("elder-care", {"finding": "1", "grade": "3"}),
    ("elder-care", {"finding": "2", "score": "90", "grade": "4"}),
    ("child-welfare", {"placement": "2", "guardian_document_type": "001", "guardian_document_number": BODY}),
    ("child-welfare", {"holder_ethnicity": "", "valid_until": "2029-10-31"}),
    ("cremation", {"died_on": "2026-11-18", "proof_number": ""}),
    ("cremation", {"applicant_document_type": "414", "applicant_document_number": "X00000001"}),
]

_SEVENTEEN = id_number("2009-11-04", "001")
_GROWN = id_number("2008-11-03", "001")
BAD: list[tuple[str, dict[str, str], set[tuple[str, str]]]] = [
    ("minimum-living-allowance", {"covered_members": "4"}, {("covered_members", "COVERED_MEMBERS")}),
    ("minimum-living-allowance", {"members": "0"}, {("members", "RANGE")}),
    ("minimum-living-allowance", {"members": "31"}, {("members", "RANGE")}),
    ("minimum-living-allowance", {"monthly_fen": "0"}, {("monthly_fen", "AMOUNT")}),
    ("minimum-living-allowance", {"monthly_fen": "10000000000"}, {("monthly_fen", "AMOUNT")}),
    ("minimum-living-allowance", {"monthly_fen": "1820.50"}, {("monthly_fen", "NUMBER")}),
    ("minimum-living-allowance", {"household_class": "D"}, {("household_class", "CODE")}),
    ("minimum-living-allowance", {"approved_on": "2026-02-30"}, {("approved_on", "DATE")}),
    ("minimum-living-allowance", {"approved_on": "2026-11-22"}, {("approved_on", "FUTURE_DATE")}),
    ("minimum-living-allowance", {"valid_until": "2026-10-11"}, {("valid_until", "PERIOD_ORDER")}),
    ("minimum-living-allowance", {"valid_until": "2026-11-20"}, {("valid_until", "PERIOD_OVER")}),
    ("minimum-living-allowance", {"valid_until": "2029-10-12"}, {("valid_until", "PERIOD_TOO_LONG")}),
    ("minimum-living-allowance", {"paid_from": "2026-09"}, {("paid_from", "PAID_FROM")}),
    ("minimum-living-allowance", {"paid_from": "2027-02"}, {("paid_from", "PAID_FROM")}),
    ("minimum-living-allowance", {"paid_from": "2026-13"}, {("paid_from", "MONTH_FORMAT")}),
    ("minimum-living-allowance", {"region": "9901"}, {("region", "REGION")}),
    ("minimum-living-allowance", {"replaces_no": "DB-000001"}, {("replaces_no", "REPLACES_ITSELF")}),
    ("minimum-living-allowance", {"holder_birth_date": "1971-05-07"}, {("holder_birth_date", "BIRTH_MISMATCH")}),
    ("minimum-living-allowance", {"holder_sex": "2"}, {("holder_sex", "SEX_MISMATCH")}),
    ("minimum-living-allowance", {"holder_sex": "0"}, {("holder_sex", "CODE")}),
    ("minimum-living-allowance", {"holder_document_type": "414"}, {("holder_document_type", "CODE")}),
    ("minimum-living-allowance", {"holder_name": ""}, {("holder_name", "MISSING")}),
    ("minimum-living-allowance", {"remark": "=1+1"}, {("remark", "FORMULA")}),
    ("disability-subsidy", {"living_fen": "", "nursing_fen": ""}, {("living_fen", "NO_SUBSIDY")}),
    ("disability-subsidy", {"card_number": "1"}, {("card_number", "CARD_NUMBER")}),
    (
        "disability-subsidy",
        {"card_number": id_number("1988-02-29", "003") + "41"},
        {("card_number", "CARD_OF_OTHER_PERSON")},
    ),
    ("disability-subsidy", {"disability_category": "2"}, {("card_number", "CARD_CATEGORY")}),
    ("disability-subsidy", {"disability_grade": "2"}, {("card_number", "CARD_GRADE")}),
    ("elder-care", {"grade": "1"}, {("grade", "GRADE_FOR_SCORE")}),
    ("elder-care", {"finding": "1"}, {("grade", "GRADE_FOR_SCORE")}),
    ("elder-care", {"score": "91"}, {("score", "RANGE")}),
    ("elder-care", {"facility": ""}, {("facility", "MISSING")}),
    (
        "elder-care",
        {"holder_birth_date": "1966-11-11", "holder_document_number": id_number("1966-11-11", "001")},
        {("holder_birth_date", "NOT_OLD")},
    ),
    (
        "child-welfare",
        {"holder_birth_date": "2008-11-03", "holder_document_number": _GROWN},
        {("holder_birth_date", "NOT_A_CHILD")},
    ),
    (
        "child-welfare",
        {"holder_birth_date": "2009-11-04", "holder_document_number": _SEVENTEEN, "valid_until": "2027-11-04"},
        {("valid_until", "PAST_MAJORITY")},
    ),
    ("child-welfare", {"placement": "2"}, {("guardian_document_type", "GUARDIAN_FOR_PLACEMENT")}),
    ("child-welfare", {"at_school": "yes"}, {("at_school", "CODE")}),
    (
        "child-welfare",
        {"guardian_document_number": id_number("2008-11-04", "002")},
        {("guardian_document_number", "GUARDIAN_MINOR")},
    ),
    (
        "child-welfare",
        {"guardian_document_type": "001", "guardian_document_number": "11990000MB9T01030Q"},
        {("guardian_document_number", "CHECK_CHARACTER")},
    ),
    ("cremation", {"cremated_on": "2026-11-14"}, {("cremated_on", "CREMATION_BEFORE_DEATH")}),
    (
        "cremation",
        {"deceased_birth_date": "2026-11-16", "deceased_document_number": id_number("2026-11-16", "001")},
        {("died_on", "DEATH_BEFORE_BIRTH")},
    ),
    (
        "cremation",
        {"applicant_document_number": id_number("2008-11-19", "001")},
        {("applicant_document_number", "APPLICANT_MINOR")},
    ),
    ("cremation", {"cremated_on": "2026-11-22"}, {("cremated_on", "FUTURE_DATE")}),
    ("cremation", {"ashes": ""}, {("ashes", "MISSING")}),
]


def parse(name: str, changes: dict[str, str]) -> Any:
    return kind_by_name(name).parse_row(HOLDER_ROWS[name](**changes), today=TODAY)


@pytest.mark.parametrize(("name", "changes"), GOOD)
def test_rows_that_keep_every_rule(name: str, changes: dict[str, str]) -> None:
    result = parse(name, changes)
    assert not isinstance(result, Rejected), result
    claims = kind_by_name(name).claims(result, "holder", STAMP)
    slots = kind_by_name(name).info.slots
    assert [slot for slot, _, _ in claims] == sorted({slot for slot, _, _ in claims})
    assert all(slots[slot].name == said for slot, said, _ in claims)


@pytest.mark.parametrize(("name", "changes", "broken"), BAD)
def test_a_broken_rule_is_named_at_its_field_and_alone(
    name: str, changes: dict[str, str], broken: set[tuple[str, str]]
) -> None:
    result = parse(name, changes)
    assert isinstance(result, Rejected)
    assert {(e.field, e.code) for e in result.errors} == broken
    assert {code for _, code in broken} <= CODES


def test_the_same_person_twice() -> None:
    row = HOLDER_ROWS["cremation"]()
    result = parse("cremation", {"applicant_document_number": row["deceased_document_number"]})
    assert isinstance(result, Rejected)
    assert [(e.field, e.code) for e in result.errors] == [("applicant_document_number", "SAME_PERSON")]


def test_nursing_is_for_severe_disability_and_for_the_mind() -> None:
    def codes(category: str, grade: str) -> list[str]:
        card = HOLDER_ROWS["disability-subsidy"]()["card_number"][:18] + category + grade
        result = parse(
            "disability-subsidy", {"disability_category": category, "disability_grade": grade, "card_number": card}
        )
        return [e.code for e in result.errors] if isinstance(result, Rejected) else []

    assert [codes("4", g) for g in "1234"] == [[], [], ["NURSING_GRADE"], ["NURSING_GRADE"]]
    assert [codes("6", g) for g in "1234"] == [[], [], [], []]


def test_a_replaced_disability_card_has_a_letter_and_a_count() -> None:
    card = HOLDER_ROWS["disability-subsidy"]()["card_number"]
    assert not isinstance(parse("disability-subsidy", {"card_number": card + "B1"}), Rejected)
    assert isinstance(parse("disability-subsidy", {"card_number": card + "B0"}), Rejected)


def test_grades_of_scores() -> None:
    """Bands of GB/T 42195-2022: 90, 66 to 89, 46 to 65, 30 to 45, 0 to 29."""
    bands = {"0": [90], "1": [66, 89], "2": [46, 65], "3": [30, 45], "4": [0, 29]}
    for grade, scores in bands.items():
        for score in scores:
            assert grade_of(score, "0") == grade
            assert grade_of(score, "1") == str(min(int(grade) + 1, 4))
            assert grade_of(score, "2") == "4"


def test_majority_of_who_was_born_on_a_leap_day() -> None:
    assert years_after(date(2008, 2, 29), 18) == date(2026, 3, 1)
    assert years_after(date(2008, 2, 29), 20) == date(2028, 2, 29)


@pytest.mark.parametrize("name", list(HOLDER_ROWS))
def test_the_last_days_of_the_calendar_are_refused_and_never_raise(name: str) -> None:
    """A rule that raised would answer one row with an internal error, and stop a file of a million."""
    for column, day in product(HOLDER_ROWS[name](), ("9999-12-31", "9990-01-01", "0001-01-01")):
        row = HOLDER_ROWS[name](**{column: day})
        assert kind_by_name(name).parse_row(row, today=TODAY)
        assert kind_by_name(name).parse_archive(row, today=TODAY)


def test_everything_but_the_issuer_is_personal() -> None:
    for name in HOLDER_ROWS:
        open_slots = {slot.name for slot in kind_by_name(name).info.slots if not slot.personal}
        assert open_slots == {"issuer_name", "issuer_uscc"}
        assert kind_by_name(name).public(draft(name, HOLDER_ROWS[name]())) is None


def test_the_code_tells_the_last_day_but_not_a_childs_birthday() -> None:
    def validity(name: str, **changes: str) -> Validity:
        return kind_by_name(name).validity(draft(name, HOLDER_ROWS[name](**changes)))

    assert validity("minimum-living-allowance") == Validity(None, date(2027, 9, 30))
    assert validity("cremation") == Validity(None, None)
    birthday = {"holder_birth_date": "2009-11-04", "holder_document_number": _SEVENTEEN, "valid_until": "2027-11-03"}
    assert validity("child-welfare", **birthday) == Validity(None, date(2027, 12, 31))


def test_people_are_found_by_document_and_by_birth() -> None:
    d = draft("cremation", HOLDER_ROWS["cremation"]())
    terms = [term for term, _ in kind_by_name("cremation").terms(d, "holder")]
    assert terms == ["certificate_no", "applicant", "deceased", "deceased_person"]
    assert [t for _, t, _ in kind_by_name("cremation").exclusive_terms(d)] == ["certificate_no"]
    assert [t for _, t, _ in kind_by_name("cremation").once_terms(d)] == ["deceased"]
    later = draft("cremation", HOLDER_ROWS["cremation"](2, replaces_no="HH-000001"))
    assert kind_by_name("cremation").supersedes(later) == (
        "replaces_no",
        "certificate_no",
        f"{later.issuer_uscc}:HH-000001",
    )


def test_the_region_must_be_the_offices() -> None:
    authority = Authority(BUREAU, "示例市民政局", new_signer(), HOLDER_CODES, frozenset({"990102"}))
    d = draft("elder-care", HOLDER_ROWS["elder-care"]())
    assert kind_by_name("elder-care").check_authority(d, authority) == (RowError("region", "REGION_FOR_OFFICE"),)
    anywhere = Authority(BUREAU, "示例市民政局", new_signer(), HOLDER_CODES)
    assert kind_by_name("elder-care").check_authority(d, anywhere) == ()


def test_an_unknown_region_is_a_note_and_never_a_refusal() -> None:
    number = id_number("1948-12-31", "001", region="123456")
    kind = kind_by_name("elder-care")
    assert kind.notes(draft("elder-care", HOLDER_ROWS["elder-care"]())) == ()
    odd = draft("elder-care", HOLDER_ROWS["elder-care"](region="118888", holder_document_number=number))
    assert [(n.field, n.code) for n in kind.notes(odd)] == [
        ("region", "REGION_UNKNOWN"),
        ("holder_document_number", "REGION_UNKNOWN"),
    ]
    abolished = id_number("1948-12-31", "001", region="110103")  # 崇文区, until 2010
    old = draft("elder-care", HOLDER_ROWS["elder-care"](region="110101", holder_document_number=abolished))
    assert kind.notes(old) == ()
    couple = kind_by_name("marriage")
    assert couple.notes(draft("marriage", marriage_row())) == ()
    far = marriage_row(zihao="J128888-2025-000001", cert_num_man=id_number("1995-01-02", "003", region="123456"))
    assert [n.field for n in couple.notes(draft("marriage", far))] == ["zihao", "cert_num_man"]


def test_nothing_of_a_row_shows_in_its_repr() -> None:
    for name, row in HOLDER_ROWS.items():
        shown = repr(draft(name, row()))
        assert not any(
            value in shown for value in row().values() if len(value) > 3 and value != draft(name, row()).issuer_uscc
        )


def test_code_lists_and_headings_have_both_languages() -> None:
    for number in HOLDER_CODES:
        info = KINDS[number].info
        assert info.headings.keys() == set(info.columns)
        assert all(zh and en for zh, en in info.headings.values())
        for slot in info.slots:
            assert (slot.form is Form.CODE) == (slot.codes is not None)
            assert all(zh and en for zh, en in (slot.codes or {}).values())
        assert info.notice is not None
        assert all(info.notice)


def test_an_archives_row_has_days_of_any_province_and_short_numbers() -> None:
    kind, row = kind_by_name("elder-care"), HOLDER_ROWS["elder-care"]()
    number = row["holder_document_number"]
    old = row | {
        "assessed_on": "20261110000000",
        "valid_until": "2028-11-09 00:00:00",
        "holder_birth_date": "19481231",
        "holder_document_number": number[:6] + number[8:17],
    }
    assert isinstance(kind.parse_row(old, today=TODAY), Rejected)
    read = kind.parse_archive(old, today=TODAY)
    assert not isinstance(read, Rejected)
    assert kind.content(read) == kind.content(draft("elder-care", row))
    assert kind.notes(read) == (RowError("holder_document_number", "ID_15_DIGITS"),)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2025-05-20", "2025-05-20"),
        ("2025-05-20 09:30:00", "2025-05-20"),
        ("20250520", "2025-05-20"),
        ("20250520000000", "2025-05-20"),
        ("2025/5/20", "2025/5/20"),
        ("20250520093000", "20250520093000"),
        ("", ""),
    ],
)
def test_days_as_provinces_write_them(text: str, day: str) -> None:
    assert iso_day(text) == day


EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [*((n, n, f"bad-{n}") for n in HOLDER_ROWS), ("divorce", "divorce-registrations", "bad-divorces")],
)
def test_the_examples_are_good_and_the_bad_ones_have_one_fault_each(name: str, right: str, wrong: str) -> None:
    def rows(file: str) -> list[dict[str, str]]:
        with (EXAMPLES / file).open(encoding="utf-8", newline="") as text:
            return list(csv.DictReader(text))

    kind = kind_by_name(name)
    good = [kind.parse_row(row, today=date(2026, 11, 22)) for row in rows(f"{right}.csv")]
    assert len(good) >= 4
    assert [r for r in good if isinstance(r, Rejected)] == []
    bad = [kind.parse_row(row, today=date(2026, 11, 22)) for row in rows(f"{wrong}.csv")]
    assert len(bad) >= 5
    assert [len(r.errors) if isinstance(r, Rejected) else 0 for r in bad] == [1] * len(bad)
