"""Properties of identifiers, rows and commitments over random input."""

from __future__ import annotations

import os
import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certs.commitment import commitment_root, decode_record, encode_record, encode_values, leaves
from certs.errors import InvalidField
from certs.identifiers import (
    CertIdentifier,
    mod37_36,
    org_code_check_character,
    parse_cert_identifier,
    parse_id_number,
    parse_plan_filing_no,
    parse_uscc,
    parse_zihao,
    uscc_check_character,
)
from certs.kinds import KINDS
from certs.kinds.base import Rejected
from certs.kinds.messages import CODES
from certs.text import check_name, check_text
from tests.simulators.holders import HOLDER_ROWS
from tests.simulators.office import TODAY, divorce_row, donation_row, id_number, marriage_row
from verifier import cbor
from verifier.credential import claim_leaf
from verifier.merkle import TreeHash, fixed_levels

A31 = "0123456789ABCDEFGHJKLMNPQRTUWXY"
A36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PARSERS = (
    parse_id_number,
    parse_uscc,
    parse_cert_identifier,
    parse_zihao,
    parse_plan_filing_no,
    check_text,
    check_name,
)


@pytest.mark.parametrize("parser", PARSERS)
@given(text=st.text())
def test_parsers_give_the_text_back_or_raise_typed_errors(parser: Any, text: str) -> None:
    error: InvalidField | None = None
    try:
        parser(text, field="f")
    except InvalidField as e:
        error = e
    assert error is None or (error.field == "f" and error.rule in CODES)
    assert error is None or len(text) < 5 or text.isascii() or text not in str(error)


@given(birth=st.dates(date(1900, 1, 1), date(2026, 12, 31)), order=st.integers(1, 999))
def test_made_id_numbers_are_read_back(birth: date, order: int) -> None:
    parsed = parse_id_number(id_number(birth.isoformat(), f"{order:03d}"))
    assert parsed.birth == birth
    assert parsed.sex == ("1" if order % 2 else "2")


@given(order=st.integers(1, 999), position=st.integers(0, 17), digit=st.sampled_from("0123456789"))
def test_one_changed_digit_of_an_id_number_is_noticed(order: int, position: int, digit: str) -> None:
    good = id_number("1990-03-07", f"{order:03d}")
    changed = good[:position] + digit + good[position + 1 :]
    if changed != good:
        with pytest.raises(InvalidField, match="CHECK_CHARACTER"):
            parse_id_number(changed)


@given(org=st.text(A31, min_size=8, max_size=8), change=st.integers(0, 17), to=st.sampled_from(A31))
def test_made_usccs_are_read_back_and_one_changed_character_is_noticed(org: str, change: int, to: str) -> None:
    body = "53990000" + org + org_code_check_character(org)
    good = body + uscc_check_character(body)
    assert parse_uscc(good) == good
    changed = good[:change] + to + good[change + 1 :]
    if changed != good:
        with pytest.raises(InvalidField):
            parse_uscc(changed)


@given(serial=st.text(A36, min_size=1, max_size=32), version=st.integers(1, 999))
def test_cert_identifiers_round_trip(serial: str, version: int) -> None:
    made = CertIdentifier("11990000MB9T00011H001", "11990000MB9T010142", serial, version)
    assert parse_cert_identifier(made.format()) == made


@given(text=st.text(A36, min_size=1, max_size=80), position=st.integers(0, 79), to=st.sampled_from(A36))
def test_mod37_36_notices_every_single_change(text: str, position: int, to: str) -> None:
    position %= len(text)
    changed = text[:position] + to + text[position + 1 :]
    assert (mod37_36(changed) == mod37_36(text)) == (changed == text)


cells = st.one_of(st.text(max_size=40), st.sampled_from(["IA", "ICA", "1", "0", "111", "414", "156", "2025-05-20", ""]))


GOOD_ROWS = {"marriage": marriage_row, "divorce": lambda: divorce_row(1), "donation": donation_row, **HOLDER_ROWS}


@pytest.mark.parametrize("number", KINDS)
@settings(max_examples=100)
@given(data=st.data())
def test_any_row_gives_a_draft_or_errors_with_texts(number: int, data: st.DataObject) -> None:
    kind = KINDS[number]
    good = GOOD_ROWS[kind.name]()
    changed = data.draw(st.dictionaries(st.sampled_from(sorted(good)), cells, max_size=6))
    result = kind.parse_row({**good, **changed}, today=TODAY)
    if isinstance(result, Rejected):
        assert result.errors
        for error in result.errors:
            assert error.code in CODES
            assert error.field in {*kind.info.columns, "*"}
    else:
        assert kind.content(result)


@settings(max_examples=50)
@given(row=st.dictionaries(st.text(max_size=20), st.text(max_size=20)))
def test_rows_of_other_columns_never_raise(row: dict[str, str]) -> None:
    for kind in KINDS.values():
        assert isinstance(kind.parse_row(row, today=TODAY), Rejected)


values = st.one_of(st.text(max_size=60), st.integers(-(1 << 53), 1 << 53), st.booleans())


@settings(max_examples=60)
@given(chosen=st.dictionaries(st.integers(0, 21), values))
def test_trees_of_any_filling_look_alike_and_open(chosen: dict[int, Any]) -> None:
    slots = KINDS[1].info.slots
    claims = [(i, slots[i].name, chosen[i]) for i in sorted(chosen)]
    random = os.urandom(32 * 32)
    encoded = encode_values(claims)
    made = leaves(random, claims, encoded)
    assert [len(leaf) for leaf in made] == [32] * 32
    assert commitment_root(random, claims, encoded) == fixed_levels(TreeHash.SM3, made)[-1][0]
    for slot, name, value in claims:
        assert made[slot] == claim_leaf(random[32 * slot : 32 * slot + 16], name, value)
    salt = os.urandom(32)
    plaintext = encode_record(salt, random, claims, encoded)
    assert cbor.decode(plaintext) == {1: salt, 2: random, 3: [[slot, value] for slot, _, value in claims]}
    record = decode_record(1, plaintext)
    assert (record.entry_salt, record.random, list(record.claims)) == (salt, random, claims)
    root = commitment_root(random, claims, encoded)
    disclosures = record.disclosures()
    assert len(disclosures) == len(claims)
    assert all(d.root() == root and len(d.path) == 5 for d in disclosures)


def test_every_plain_character_is_allowed() -> None:
    from certs import text as module

    plain = [chr(p) for p in range(0x10000) if module._PLAIN.fullmatch(chr(p))]
    assert len(plain) > 27000
    assert not any(map(module._forbidden, plain))
    assert all(unicodedata.is_normalized("NFC", c) and not c.isspace() for c in plain)
