"""The samples in docs/formats are real: they parse, verify and lead to each other."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from certs.kinds import KINDS
from tests.simulators.office import draft
from verifier import cbor
from verifier.code import encode_code
from verifier.cose import CoseKey
from verifier.credential import Certificate, Disclosure
from verifier.labels import CRV_SM2

FORMATS = Path(__file__).parents[3] / "docs" / "formats"


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (FORMATS / name).read_text(encoding="utf-8"), re.DOTALL)


def test_certificate_page() -> None:
    statement_hex, code, key_hex, _, disclosure_hex = blocks("certificate.md", "text")
    statement = bytes.fromhex(statement_hex)
    certificate = Certificate.parse(statement)
    assert certificate.sign1.verify(CoseKey(CRV_SM2, bytes.fromhex(key_hex)))
    assert encode_code(statement) == code.rstrip("\n")
    disclosure = Disclosure.from_list(cbor.decode(bytes.fromhex(disclosure_hex)))
    assert disclosure.root() == certificate.claims.root
    assert (disclosure.slot, disclosure.name) == (10, "holder_name")
    assert len(disclosure.path) == KINDS[1].info.depth


@pytest.mark.parametrize("number", KINDS)
def test_rows_of_the_kinds_page(number: int) -> None:
    rows = list(csv.DictReader(blocks("kinds.md", "csv")[sorted(KINDS).index(number)].splitlines()))
    assert len(rows) == 1
    assert draft(KINDS[number].name, rows[0]).kind_number == number


def test_the_kinds_page_names_every_slot() -> None:
    text = (FORMATS / "kinds.md").read_text(encoding="utf-8")
    marriage = [slot.name for slot in KINDS[1].info.slots]
    assert [n.replace("holder_", "spouse_") for n in marriage[10:16]] == marriage[16:22]  # so one list serves both
    written = marriage[:11] + [n.removeprefix("holder") for n in marriage[11:16]]
    written += [slot.name for number in (3, 4, 5, 6, 7, 8) for slot in KINDS[number].info.slots]
    for name in written:
        assert f"`{name}`" in text, name


@pytest.mark.parametrize("number", [4, 5, 6, 7, 8])
def test_the_kinds_page_has_every_own_slot_under_its_number(number: int) -> None:
    text = (FORMATS / "kinds.md").read_text(encoding="utf-8")
    section = text[text.index(f", kind {number}, version 1, 32 slots") :]
    section = section[: section.index("```csv")].replace("\n", " ")
    for slot in KINDS[number].info.slots[5:]:
        assert f"{slot.index} `{slot.name}`" in section
