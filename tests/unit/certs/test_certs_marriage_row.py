"""Rules of a marriage registration: each broken rule by name, all of a row at once, and never the value."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from certs.kinds import KINDS
from certs.kinds.base import Rejected
from certs.kinds.marriage.row import years_before
from tests.simulators.office import TODAY, draft, id_number, marriage_row, reissue_row

FOREIGN = {"cert_type_man": "414", "cert_num_man": "X1234567", "nation_man": "840", "id_type_man": "6"}


def errors(row: dict[str, str]) -> set[tuple[str, str]]:
    result = KINDS[1].parse_row(row, today=TODAY)
    return {(e.field, e.code) for e in result.errors} if isinstance(result, Rejected) else set()


def test_good_row() -> None:
    d = draft("marriage", marriage_row())
    assert d.man.sex == "1"
    assert d.woman.sex == "2"
    assert d.effective_from == d.op_date == date(2025, 5, 20)
    assert d.old_zihao is None


def test_foreign_spouse() -> None:
    d = draft("marriage", marriage_row(**FOREIGN))
    assert d.man.document_key == "414:840:X1234567"


def test_remedial_registration_has_earlier_effect() -> None:
    d = draft("marriage", marriage_row(remedy_flag="1", effective_from="2019-10-01"))
    assert d.remedy
    assert d.effective_from == date(2019, 10, 1)


def test_reissue_names_the_original_even_an_old_unpadded_one() -> None:
    d = draft("marriage", reissue_row(9, effective_from="2025-05-20"))
    assert d.old_zihao is not None
    legacy = draft("marriage", reissue_row(9, old_zihao="J990101-2019-45"))
    assert legacy.old_zihao is not None
    assert legacy.old_zihao.legacy


CASES: list[tuple[dict[str, str], set[tuple[str, str]]]] = [
    ({"op_type": "IB"}, {("op_type", "CODE")}),
    ({"zihao": "BJ990101-2025-000001"}, {("zihao", "PREFIX_FOR_OPERATION")}),
    ({"zihao": "J990101-2024-000001"}, {("zihao", "YEAR_FOR_DATE")}),
    ({"old_zihao": "J990101-2020-000001"}, {("old_zihao", "MUST_BE_EMPTY")}),
    ({"reg_office_uscc": "11990000MB9T010143"}, {("reg_office_uscc", "CHECK_CHARACTER")}),
    ({"op_date": "2025-02-30"}, {("op_date", "DATE")}),
    ({"op_date": "20250520"}, {("op_date", "DATE_FORMAT")}),
    ({"effective_from": "2019-01-01"}, {("effective_from", "EFFECTIVE_NEEDS_REMEDY")}),
    ({"effective_from": "2025-05-21"}, {("effective_from", "EFFECTIVE_AFTER_REGISTRATION")}),
    ({"remedy_flag": "1"}, {("effective_from", "REMEDY_NEEDS_EARLIER")}),
    ({"remedy_flag": "yes"}, {("remedy_flag", "CODE")}),
    ({"name_man": ""}, {("name_man", "MISSING")}),
    ({"name_woman": "示\u202e例"}, {("name_woman", "FORBIDDEN_CHARACTER")}),
    ({"birth_man": "1995-01-03"}, {("birth_man", "BIRTH_MISMATCH")}),
    ({"cert_num_man": id_number("1995-01-02", "002")}, {("cert_num_man", "SEX_MISMATCH")}),
    ({"nation_man": "840"}, {("nation_man", "NATION_FOR_STATUS")}),
    ({"nation_man": "999"}, {("nation_man", "CODE")}),
    ({"id_type_man": "2"}, {("cert_type_man", "DOCUMENT_FOR_STATUS")}),
    ({**FOREIGN, "cert_num_man": "x 1"}, {("cert_num_man", "DOCUMENT_NUMBER")}),
    ({**FOREIGN, "nation_man": "156"}, {("nation_man", "NATION_FOR_STATUS")}),
    ({"remark": "示" * 201}, {("remark", "TOO_LONG")}),
    ({"extra": "1"}, {("*", "UNKNOWN_COLUMN")}),
]


@pytest.mark.parametrize(("changes", "expected"), CASES)
def test_one_broken_rule(changes: dict[str, str], expected: set[tuple[str, str]]) -> None:
    assert errors(marriage_row(**changes)) == expected


def test_future_dates_depend_on_today_only() -> None:
    row = marriage_row(op_date="2026-11-22", effective_from="2026-11-22", zihao="J990101-2026-000001")
    assert errors(row) == {("op_date", "FUTURE_DATE"), ("effective_from", "FUTURE_DATE")}
    assert not isinstance(KINDS[1].parse_row(row, today=date(2026, 11, 22)), Rejected)


@pytest.mark.parametrize(
    ("who", "birth", "order", "ok"),
    [
        ("man", "2003-05-20", "001", True),  # 22 on the day
        ("man", "2003-05-21", "001", False),
        ("woman", "2005-05-20", "002", True),  # 20 on the day
        ("woman", "2005-05-21", "002", False),
    ],
)
def test_age_of_marriage_on_the_day(who: str, birth: str, order: str, ok: bool) -> None:
    row = marriage_row(**{f"birth_{who}": birth, f"cert_num_{who}": id_number(birth, order)})
    assert errors(row) == (set() if ok else {(f"birth_{who}", "UNDER_AGE")})


def test_age_counts_on_the_day_of_effect() -> None:
    row = marriage_row(remedy_flag="1", effective_from="2016-01-02")
    assert errors(row) == {("birth_man", "UNDER_AGE"), ("birth_woman", "UNDER_AGE")}


def test_leap_day_birthdays() -> None:
    assert years_before(date(2024, 2, 29), 22) == date(2002, 2, 28)
    assert years_before(date(2024, 2, 29), 20) == date(2004, 2, 29)


def test_same_person_twice() -> None:
    same = {"cert_type_woman": "414", "cert_num_woman": "X1234567", "nation_woman": "840", "id_type_woman": "6"}
    assert errors(marriage_row(**FOREIGN, **same)) == {("cert_num_woman", "SAME_PERSON")}
    same["nation_woman"] = "250"  # two countries may use one number
    assert errors(marriage_row(**FOREIGN, **same)) == set()


def test_reissue_rules() -> None:
    assert errors(reissue_row(9, old_zihao="")) == {("old_zihao", "MISSING")}
    assert errors(reissue_row(9, old_zihao="L990101-2020-000001")) == {("old_zihao", "PREFIX_FOR_OPERATION")}
    assert errors(reissue_row(9, old_zihao="BJ990101-2026-000009")) == {("old_zihao", "SAME_ZIHAO")}
    assert errors(reissue_row(9, old_zihao="J990101-2027-000001")) == {("old_zihao", "OLD_AFTER_NEW")}
    assert errors(reissue_row(9, remedy_flag="1")) == {("remedy_flag", "REMEDY_WITH_REISSUE")}


def test_all_errors_of_a_row_are_reported_with_texts_and_without_values() -> None:
    row = dict.fromkeys(marriage_row(), "SECRET-VALUE=1")
    result = KINDS[1].parse_row(row, today=TODAY)
    assert isinstance(result, Rejected)
    assert len({e.field for e in result.errors}) >= 15
    for error in result.errors:
        for lang in ("zh", "en"):
            assert error.message(lang)
            assert "SECRET" not in error.message(lang) + repr(error)


def test_missing_columns_and_short_lines() -> None:
    row = marriage_row()
    del row["registrar"]
    assert errors(row) == {("registrar", "MISSING_COLUMN")}
    short: dict[str, str] = {**marriage_row(), "registrar": None}  # type: ignore[dict-item]
    assert errors(short) == {("registrar", "MISSING_COLUMN")}


def test_repr_of_a_draft_shows_nothing_personal() -> None:
    row = marriage_row(remark="示例备注")
    text = repr(draft("marriage", row))
    for column in ("zihao", "name_man", "cert_num_man", "name_woman", "cert_num_woman", "remark", "record_no"):
        assert row[column] not in text


def test_the_committed_examples_are_all_good() -> None:
    examples = Path(__file__).parents[3] / "examples"
    for name, kind in (("marriage-registrations.csv", "marriage"), ("donations.csv", "donation")):
        with (examples / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) >= 20
        for row in rows:
            draft(kind, row)


def test_the_committed_bad_rows_are_all_refused() -> None:
    path = Path(__file__).parents[3] / "examples" / "bad-rows.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 10
    assert all(isinstance(KINDS[1].parse_row(row, today=TODAY), Rejected) for row in rows)
