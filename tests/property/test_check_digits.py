"""Check characters against oracles written from the standards' congruences, and what each of them notices.

The oracles share nothing with the code: they say when a whole number is right, not how its last character is made.
"""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certs.errors import InvalidField
from certs.identifiers import (
    CertIdentifier,
    id_check_character,
    lengthen_id_number,
    mod37_36,
    org_code_check_character,
    parse_cert_identifier,
    parse_id_number,
    parse_plan_filing_no,
    parse_uscc,
    uscc_check_character,
)

DIGITS = "0123456789"
A31 = "0123456789ABCDEFGHJKLMNPQRTUWXY"
A36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def right_mod_11_2(number: str) -> bool:
    """ISO 7064 pure system MOD 11-2: the values times 2^(place from the right) are 1 modulo 11; X is 10."""
    total = 0
    for c in number:
        total = total * 2 + (10 if c == "X" else int(c))
    return total % 11 == 1


def right_mod_31_3(number: str) -> bool:
    """GB 32100: values times powers of three, with weight 1 for the check character, are 0 modulo 31."""
    return (sum(A31.index(c) * 3**i for i, c in enumerate(number[:17])) + A31.index(number[17])) % 31 == 0


def right_org_code(code: str) -> bool:
    """GB 11714: with weight 1 for the check character the sum is 0 modulo 11; X is 10."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    last = 10 if code[8] == "X" else int(code[8])
    return (sum(w * A36.index(c) for w, c in zip(weights, code, strict=False)) + last) % 11 == 0


def right_mod_37_36(text: str) -> bool:
    """ISO 7064 hybrid system: products and sums in turn end at 1 modulo 36."""
    product_ = 36
    for c in text[:-1]:
        total = (product_ + A36.index(c)) % 36
        product_ = (total or 36) * 2 % 37
    return (product_ + A36.index(text[-1])) % 36 == 1


@pytest.mark.parametrize(("number", "total", "rest"), [("110101199003070011", 154, 0), ("330106200002290459", 190, 3)])
def test_sums_of_the_worked_identity_numbers(number: str, total: int, rest: int) -> None:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    assert sum(w * int(c) for w, c in zip(weights, number, strict=False)) == total
    assert total % 11 == rest
    assert right_mod_11_2(number)


def test_sum_of_the_worked_credit_code() -> None:
    total = sum(A31.index(c) * pow(3, i, 31) for i, c in enumerate("53990000MJ9T00037"))
    assert (total, total % 31, A31[31 - 21]) == (2129, 21, "A")


@given(body=st.text(DIGITS, min_size=17, max_size=17))
def test_identity_numbers_keep_the_congruence(body: str) -> None:
    good = body + id_check_character(body)
    assert right_mod_11_2(good)
    assert sum(right_mod_11_2(body + c) for c in DIGITS + "X") == 1
    for i in range(17):
        for digit in DIGITS:
            changed = good[:i] + digit + good[i + 1 :]
            assert right_mod_11_2(changed) == (changed == good)
    for i in range(16):
        swapped = good[:i] + good[i + 1] + good[i] + good[i + 2 :]
        assert right_mod_11_2(swapped) == (swapped == good)


@given(org=st.text(A31, min_size=8, max_size=8), region=st.text(DIGITS, min_size=6, max_size=6))
def test_credit_codes_keep_both_congruences(org: str, region: str) -> None:
    body = "53" + region + org + org_code_check_character(org)
    if body[-1] not in A31:
        return
    good = body + uscc_check_character(body)
    assert right_mod_31_3(good)
    assert right_org_code(good[8:17])
    assert parse_uscc(good) == good
    for i, c in product(range(18), A31):
        changed = good[:i] + c + good[i + 1 :]
        assert right_mod_31_3(changed) == (changed == good)
    for i in range(17):
        swapped = good[:i] + good[i + 1] + good[i] + good[i + 2 :]
        if swapped != good:
            with pytest.raises(InvalidField):
                parse_uscc(swapped)


@given(org=st.text(A31, min_size=8, max_size=8), place=st.integers(0, 7), to=st.sampled_from(A31))
def test_an_organisation_code_alone_misses_only_letters_eleven_apart(org: str, place: int, to: str) -> None:
    """Values go to 35 and the modulus is 11: hence the credit code's own check character, which misses nothing."""
    changed = org[:place] + to + org[place + 1 :]
    apart = (A36.index(org[place]) - A36.index(to)) % 11 == 0
    assert (org_code_check_character(org) == org_code_check_character(changed)) == apart


@given(text=st.text(A36, min_size=1, max_size=70))
def test_mod_37_36_keeps_its_congruence(text: str) -> None:
    good = text + mod37_36(text)
    assert right_mod_37_36(good)
    assert sum(right_mod_37_36(text + c) for c in A36) == 1
    for i, c in product(range(0, len(good), 7), A36):
        changed = good[:i] + c + good[i + 1 :]
        assert right_mod_37_36(changed) == (changed == good)


def test_mod_37_36_misses_few_exchanges_of_neighbours() -> None:
    """The hybrid system misses some exchanges by design; how many is a property of its arithmetic, here counted out."""

    def after(p: int, c: int) -> int:
        return ((p + c) % 36 or 36) * 2 % 37

    pairs = [(p, a, b) for p in range(1, 37) for a in range(36) for b in range(a)]
    missed = [1 for p, a, b in pairs if after(after(p, a), b) == after(after(p, b), a)]
    assert 0 < len(missed) / len(pairs) < 0.03


@given(serial=st.text(A36, min_size=20, max_size=20), version=st.integers(1, 999), place=st.integers(0, 19))
def test_a_changed_serial_or_version_is_another_certificates(serial: str, version: int, place: int) -> None:
    good = CertIdentifier("11990000MB9T00011H005", "11990000MB9T01030P", serial, version).format()
    assert right_mod_37_36("".join(good.split(".")[5:]))
    at = good.index(serial) + place
    to = A36[(A36.index(serial[place]) + 1) % 36]
    with pytest.raises(InvalidField, match="CHECK_CHARACTER"):
        parse_cert_identifier(good[:at] + to + good[at + 1 :])


@given(year=st.integers(0, 99), serial=st.integers(1, 999), place=st.integers(0, 17))
def test_a_plan_belongs_to_the_charity_whose_code_it_begins_with(year: int, serial: int, place: int) -> None:
    good = f"53990000MJ9T00037AA{year:02d}{serial:03d}"
    assert parse_plan_filing_no(good) == good
    to = A31[(A31.index(good[place]) + 1) % 31]
    with pytest.raises(InvalidField):
        parse_plan_filing_no(good[:place] + to + good[place + 1 :])


@given(region=st.integers(110000, 999999), yy=st.integers(0, 99), order=st.integers(1, 999))
def test_a_number_of_fifteen_digits_has_one_of_eighteen(region: int, yy: int, order: int) -> None:
    old = f"{region}{yy:02d}0307{order:03d}"
    number = parse_id_number(lengthen_id_number(old))
    assert right_mod_11_2(number.value)
    assert number.birth.year == (1800 if order >= 996 else 1900) + yy
    assert number.value[:6] + number.value[8:17] == old


@pytest.mark.parametrize(
    ("text", "rule"),
    [("99010190030700", "LENGTH"), ("9901019003070O1", "CHARACTERS"), ("９90101900307001", "CHARACTERS")],
)
def test_what_is_not_a_number_of_fifteen_digits(text: str, rule: str) -> None:
    with pytest.raises(InvalidField, match=rule):
        lengthen_id_number(text)
