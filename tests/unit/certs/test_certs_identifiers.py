"""Worked examples of the standards, and what each check refuses."""

from __future__ import annotations

from datetime import date

import pytest

from certs.errors import InvalidField
from certs.identifiers import (
    CertIdentifier,
    mod37_36,
    parse_cert_identifier,
    parse_id_number,
    parse_plan_filing_no,
    parse_uscc,
    parse_zihao,
)
from tests.simulators.office import id_number

ID_NUMBERS = [
    ("110101199003070011", date(1990, 3, 7), "1"),
    ("330106200002290459", date(2000, 2, 29), "1"),
    ("11010119900307002X", date(1990, 3, 7), "2"),
    ("310101198512310020", date(1985, 12, 31), "2"),
    ("440306199211050030", date(1992, 11, 5), "1"),
    ("510104199501019992", date(1995, 1, 1), "1"),
]
USCCS = [
    "11100000000013338W",
    "11100000000013127D",
    "53100000500021326D",
    "53330000501874064B",
    "91110000600037341L",
    "11990000MB9T00011H",
    "11990000MB9T010142",
    "11990000MB9T01022W",
    "53990000MJ9T00037A",
    "51990000MJ9T00045B",
    "52990000MJ9T000533",
    "91990000MA9T000695",
    "12990000MB9T0002X6",
]
CERT_IDENTIFIERS = [
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U",
    "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
    "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
    "1.2.156.3005.2.11990000MB9T00011H001.11990000MB9T010142.J9901012025000001.001.N",
    "1.2.156.3005.2.11990000MB9T00011H001.11990000MB9T010142.J9901012025000001.002.L",
    "1.2.156.3005.2.11990000MB9T00011H002.11990000MB9T01022W.L9901022026000007.001.4",
    "1.2.156.3005.2.11990000MB9T00011H001.11990000MB9T010142.20250520000000000123.001.1",
]


@pytest.mark.parametrize(("text", "birth", "sex"), ID_NUMBERS)
def test_id_number_examples(text: str, birth: date, sex: str) -> None:
    number = parse_id_number(text)
    assert (number.value, number.birth, number.sex) == (text, birth, sex)


def test_small_x_is_stored_as_capital() -> None:
    assert parse_id_number("11010119900307002x").value == "11010119900307002X"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("11010119900307001", "LENGTH"),
        ("110101900307001", "LENGTH"),
        ("1101011990030700A1", "CHARACTERS"),
        ("１10101199003070011", "CHARACTERS"),
        ("110101199003070012", "CHECK_CHARACTER"),
        (id_number("1990-02-30", "001"), "DATE"),
        (id_number("1990-03-07", "000"), "ORDER"),
    ],
)
def test_id_number_refusals_name_field_and_rule_but_not_the_value(text: str, rule: str) -> None:
    with pytest.raises(InvalidField, match=f"^cert_num_man: {rule}$") as caught:
        parse_id_number(text, field="cert_num_man")
    assert caught.value.rule == rule
    assert text not in str(caught.value)


@pytest.mark.parametrize("text", USCCS)
def test_uscc_examples(text: str) -> None:
    assert parse_uscc(text) == text


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("11990000MB9T01014", "LENGTH"),
        ("11990000MB9T01014I", "CHARACTERS"),
        ("11990000MB9T010143", "CHECK_CHARACTER"),
        ("1199A000MB9T010142", "CHARACTERS"),
    ],
)
def test_uscc_refusals(text: str, rule: str) -> None:
    with pytest.raises(InvalidField, match=rule):
        parse_uscc(text)


def test_uscc_with_right_own_and_wrong_embedded_check_is_refused() -> None:
    from certs.identifiers import uscc_check_character

    body = "11990000MB9T01015"  # organisation code should end in 4
    with pytest.raises(InvalidField, match="ORG_CODE_CHECK"):
        parse_uscc(body + uscc_check_character(body))


@pytest.mark.parametrize("text", CERT_IDENTIFIERS)
def test_cert_identifier_examples_round_trip(text: str) -> None:
    assert parse_cert_identifier(text).format() == text


def test_mod37_36_short_trace() -> None:
    assert mod37_36("AB1") == "M"


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1.2.156.3005.3" + CERT_IDENTIFIERS[3][14:], "STRUCTURE"),
        (CERT_IDENTIFIERS[3] + ".1", "STRUCTURE"),
        (CERT_IDENTIFIERS[3].replace("H001", "H01"), "TYPE_CODE"),
        (CERT_IDENTIFIERS[3][:-1] + "O", "CHECK_CHARACTER"),
        (CERT_IDENTIFIERS[3].replace(".001.", ".000."), "VERSION"),
        (CERT_IDENTIFIERS[3].replace("J9901", "j9901"), "SERIAL"),
    ],
)
def test_cert_identifier_refusals(text: str, rule: str) -> None:
    with pytest.raises(InvalidField, match=rule):
        parse_cert_identifier(text)


@pytest.mark.parametrize(
    ("text", "prefix", "year"),
    [
        ("J990101-2025-000001", "J", 2025),
        ("L990102-2026-000007", "L", 2026),
        ("BJ330106-2025-000045", "BJ", 2025),
        ("BL510104-2025-000002", "BL", 2025),
        ("J110101-2010-000001", "J", 2010),
    ],
)
def test_zihao_examples(text: str, prefix: str, year: int) -> None:
    zihao = parse_zihao(text)
    assert (zihao.text, zihao.prefix, zihao.year, zihao.legacy) == (text, prefix, year, False)
    assert zihao.reissue == (prefix in {"BJ", "BL"})


def test_unpadded_zihao_only_as_legacy() -> None:
    with pytest.raises(InvalidField, match="STRUCTURE"):
        parse_zihao("J990101-1999-0012")
    assert parse_zihao("J990101-1999-0012", legacy=True).legacy


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("K990101-2025-000001", "STRUCTURE"),
        ("J990101-2025-000001\n", "STRUCTURE"),
        ("J000101-2025-000001", "REGION"),
        ("J990101-1900-000001", "YEAR"),
        ("J990101-2025-000000", "SERIAL"),
    ],
)
def test_zihao_refusals(text: str, rule: str) -> None:
    with pytest.raises(InvalidField, match=rule):
        parse_zihao(text)


@pytest.mark.parametrize("text", ["53330000501874064BA18023", "53100000500021326DA18051", "53990000MJ9T00037AA26001"])
def test_plan_filing_no_examples(text: str) -> None:
    assert parse_plan_filing_no(text) == text


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("53990000MJ9T00037AA2600", "LENGTH"),
        ("53990000MJ9T00037BA26001", "CHECK_CHARACTER"),
        ("53990000MJ9T00037AB26001", "STRUCTURE"),
        ("53990000MJ9T00037AA26000", "SERIAL"),
    ],
)
def test_plan_filing_no_refusals(text: str, rule: str) -> None:
    with pytest.raises(InvalidField, match=rule):
        parse_plan_filing_no(text)


def test_reprs_show_nothing_personal() -> None:
    assert "1990" not in repr(parse_id_number("110101199003070011"))
    assert "990101" not in repr(parse_zihao("J990101-2025-000001"))
    assert "J990101" not in repr(CertIdentifier("x" * 21, "y" * 18, "J9901012025000001", 1))
