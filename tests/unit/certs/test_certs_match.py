"""Answers to relying parties in cases that have names; random histories are in tests/property/test_match_model.py."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from certs.errors import InvalidField
from certs.marriage.events import Op, Registration
from certs.marriage.history import Known
from certs.marriage.party import Party
from certs.match import (
    NO_RECORD,
    NOT_ESTABLISHED,
    RECORDED,
    RECORDED_OTHERWISE,
    Rendered,
    Subject,
    certificate_valid,
    document_authentic,
    make_subject,
    registered_between,
    registered_divorce_within,
    registered_married,
    spouses_match,
    window_start,
)
from verifier.answer import Result
from verifier.report import Reason, Report, outcome_of

OFFICE = "11990000MB9T010142"
HE = Party("张示例", "1", date(1998, 3, 7), "111", "990101199803070013", "156", "1")
SHE = Party("李样例", "2", date(1999, 8, 12), "111", "990101199908120021", "156", "1")
OTHER = Party("赵样本", "2", date(1997, 2, 14), "111", "990101199702140043", "156", "1")
ANNA_OLD = Party("ANNA EXAMPLE", "2", date(1990, 1, 1), "414", "P1111111", "840", "5")
ANNA = Party("ANNA EXAMPLE", "2", date(1990, 1, 1), "414", "P2222222", "840", "5")
TODAY = date(2027, 1, 15)


def entry(n: int, op: Op, day: str, man: Party | None = HE, woman: Party | None = SHE, **more: Any) -> Known:
    on = date.fromisoformat(day)
    return b"%d" % n, Registration(op, 1, OFFICE, f"r{n}", None, None, on, on, man, woman, **more), n


def as_subject(p: Party) -> Subject:
    return make_subject(p.document_type, p.document_number, p.name, p.nation, p.birth)


def married(p: Party, *known: Known, as_of: date = TODAY, known_at: int = 99, **more: Any) -> Any:
    return registered_married(as_subject(p), known, as_of=as_of, known_at=known_at, **more)


WEDDING = entry(1, Op.MARRIAGE, "2020-05-20")
DIVORCE = entry(2, Op.DIVORCE, "2023-06-01")


def test_nothing_recorded_is_never_single() -> None:
    assert married(HE) == NOT_ESTABLISHED
    assert married(OTHER, WEDDING) == NOT_ESTABLISHED
    assert married(HE, WEDDING, as_of=date(2020, 5, 19)) == NOT_ESTABLISHED
    assert married(HE, no_record=True) == NO_RECORD
    assert married(HE, WEDDING, no_record=True) == RECORDED
    namesake = Party(HE.name, "1", HE.birth, "414", "P9", "156", "1")
    assert married(HE, entry(1, Op.MARRIAGE, "2020-05-20", namesake), no_record=True) == NOT_ESTABLISHED


def test_ends_look_alike_and_a_second_marriage_counts() -> None:
    widowed = entry(2, Op.DEATH, "2023-06-01", HE, None)
    void = entry(2, Op.COURT_VOID, "2023-06-01")
    for end in (DIVORCE, widowed, void):
        assert married(SHE, WEDDING, end) == RECORDED_OTHERWISE
    again = entry(3, Op.MARRIAGE, "2024-01-01", HE, OTHER)
    assert married(HE, WEDDING, DIVORCE, again) == RECORDED
    assert married(SHE, WEDDING, DIVORCE, again) == RECORDED_OTHERWISE
    he, she, other = as_subject(HE), as_subject(SHE), as_subject(OTHER)
    known = [WEDDING, DIVORCE, again]
    pairs = {
        (he, other): RECORDED,
        (he, she): RECORDED_OTHERWISE,
        (she, other): RECORDED_OTHERWISE,  # she is divorced, and the other one is married to him
    }
    for (a, b), expected in pairs.items():
        assert spouses_match(a, b, known, as_of=TODAY, known_at=99) == expected


def test_an_answer_hangs_on_what_was_known() -> None:
    assert married(HE, WEDDING, DIVORCE, known_at=1) == RECORDED
    assert married(HE, WEDDING, DIVORCE, known_at=0) == NOT_ESTABLISHED


def test_a_renewed_passport() -> None:
    wedding = entry(1, Op.MARRIAGE, "2020-05-20", HE, ANNA_OLD)
    divorce = entry(2, Op.DIVORCE, "2023-06-01", HE, ANNA)
    now, he = as_subject(ANNA), as_subject(HE)
    assert spouses_match(he, now, [wedding], as_of=TODAY, known_at=99) == RECORDED
    assert spouses_match(he, now, [wedding, divorce], as_of=TODAY, known_at=99) == RECORDED_OTHERWISE
    assert married(ANNA, wedding) == NOT_ESTABLISHED, "alone she may be a namesake"
    assert married(ANNA_OLD, wedding) == RECORDED
    assert married(ANNA_OLD, wedding, divorce) == NOT_ESTABLISHED, "the divorce may be hers"


def test_fifteen_digits_and_a_temporary_card_are_the_same_person() -> None:
    short = make_subject("111", "990101980307001", HE.name)
    assert short.party.document_number == "990101199803070013"
    assert short.party.birth == HE.birth
    assert registered_married(short, [WEDDING], as_of=TODAY, known_at=99) == RECORDED
    temporary = make_subject("112", HE.document_number.lower(), HE.name)
    assert registered_married(temporary, [WEDDING], as_of=TODAY, known_at=99) == RECORDED


def test_a_wrong_digit_tells_no_couple_that_they_are_strangers() -> None:
    mistyped = Party(SHE.name, "2", SHE.birth, "111", "990101199908120048", "156", "1")
    found = spouses_match(as_subject(HE), as_subject(mistyped), [WEDDING], as_of=TODAY, known_at=99)
    assert found == NOT_ESTABLISHED


def test_the_name_and_a_stated_birth_date_have_to_be_the_recorded_ones() -> None:
    assert registered_married(Subject(HE, True), [WEDDING], as_of=TODAY, known_at=99) == RECORDED
    for wrong in (
        Subject(Party("王示例", "", HE.birth, "111", HE.document_number, "156", ""), False),
        Subject(Party(HE.name, "", date(1998, 3, 8), "111", HE.document_number, "156", ""), True),
    ):
        assert registered_married(wrong, [WEDDING], as_of=TODAY, known_at=99) == NOT_ESTABLISHED
    renamed = Party("王示例", "1", HE.birth, "111", HE.document_number, "156", "1")
    reissue = entry(3, Op.REISSUE_MARRIAGE, "2020-05-20", renamed)
    for name in (HE, renamed):  # both names are recorded
        assert married(name, WEDDING, reissue) == RECORDED


@pytest.mark.parametrize(
    ("as_of", "months", "first"),
    [
        ("2027-01-15", 12, "2026-01-15"),
        ("2027-02-28", 1, "2027-01-28"),
        ("2027-03-31", 1, "2027-03-01"),
        ("2028-02-29", 12, "2027-03-01"),
        ("2027-03-01", 36, "2024-03-01"),
    ],
)
def test_months_end_on_the_day_of_their_number(as_of: str, months: int, first: str) -> None:
    assert window_start(date.fromisoformat(as_of), months) == date.fromisoformat(first)


def test_divorces_and_registrations_of_a_time() -> None:
    he, known = as_subject(HE), [WEDDING, DIVORCE]
    for as_of, expected in (
        ("2023-12-01", RECORDED),
        ("2023-12-02", RECORDED_OTHERWISE),
        ("2020-06-01", NOT_ESTABLISHED),
    ):
        day = date.fromisoformat(as_of)
        assert registered_divorce_within(he, 6, known, as_of=day, known_at=99) == expected
    for first, last, expected in (
        ("2020-05-20", "2020-05-20", RECORDED),
        ("2020-05-21", "2026-12-31", RECORDED_OTHERWISE),
        ("2019-01-01", "2020-05-19", NOT_ESTABLISHED),
    ):
        found = registered_between(he, date.fromisoformat(first), date.fromisoformat(last), known, known_at=99)
        assert found == expected


@pytest.mark.parametrize(
    ("kind", "number", "name", "birth", "field"),
    [
        ("111", "990101199803070014", "张示例", None, "cert_num"),
        ("111", "99010119980307", "张示例", None, "cert_num"),
        ("111", "990101199803070013", "张示例", date(1998, 3, 8), "birth"),
        ("414", "P1234567", "ANNA EXAMPLE", None, "birth"),
        ("111", "990101199803070013", "张\u200b示例", None, "name"),
    ],
)
def test_what_is_no_subject(kind: str, number: str, name: str, birth: date | None, field: str) -> None:
    with pytest.raises(InvalidField) as refused:
        make_subject(kind, number, name, birth=birth)
    assert refused.value.field == field


def report(reason: Reason, **levels: Reason) -> Report:
    return Report(outcome_of(reason), reason, 0, (), levels)


def test_certificates_and_documents() -> None:
    for reason, ended, expected in (
        (Reason.OK, False, (Result.TRUE, "OK")),
        (Reason.OK, True, (Result.FALSE, "STATUS_NOT_VALID")),
        (Reason.STATUS_STALE, False, (Result.UNDETERMINED, "STATUS_STALE")),
        (Reason.STATUS_STALE, True, (Result.FALSE, "STATUS_NOT_VALID")),
        (Reason.EXPIRED, True, (Result.FALSE, "EXPIRED")),
    ):
        found = certificate_valid(report(reason, L1=Reason.OK), ended=ended)
        assert (found.result, found.reasons[0]) == expected
    unproven = certificate_valid(report(Reason.KEY_UNKNOWN), ended=True)
    assert unproven.result is Result.UNDETERMINED, "a name on an unproven statement ends nothing"
    for file, expected_result in (
        (None, Result.UNDETERMINED),
        (Rendered(None, None), Result.TRUE),
        (Rendered(10, None), Result.FALSE),
        (Rendered(11, None), Result.TRUE),
        (Rendered(None, 5), Result.FALSE),
    ):
        assert document_authentic(file, 10).result is expected_result
