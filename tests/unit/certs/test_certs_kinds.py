"""The registry of kinds, and what every kind must keep."""

from __future__ import annotations

from pathlib import Path

import pytest

from certs.charity.messages import MESSAGES
from certs.errors import UnknownKind
from certs.kinds import KINDS, kind_by_name, kind_by_number
from certs.kinds.base import KindInfo, Slot, Stamp
from certs.kinds.codes import COUNTRIES
from certs.kinds.messages import CODES, message
from tests.simulators.office import donation_row, draft, marriage_row, reissue_row
from verifier.labels import KIND_NAMES, SLOT_DEPTH

STAMP = Stamp("1.2.156.3005.2.x", "示例机构", "11990000MB9T010142")


def test_verifier_and_makers_agree_on_kinds() -> None:
    for number, version in SLOT_DEPTH:  # kinds that the verifier knows without a bundle's manifest
        assert (KINDS[number].info.version, KINDS[number].info.depth) == (version, SLOT_DEPTH[number, version])
    assert {number: KINDS[number].name for number in KIND_NAMES if number in KINDS}.items() <= KIND_NAMES.items()


def test_unknown_kinds() -> None:
    with pytest.raises(UnknownKind, match="kind number 77"):
        kind_by_number(77)
    with pytest.raises(UnknownKind, match="the kinds are marriage, divorce"):
        kind_by_name("nobody")
    assert kind_by_name("marriage").number == 1


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("marriage", marriage_row(remark="示例备注")),
        ("marriage", reissue_row(3)),
        ("donation", donation_row()),
    ],
)
def test_claims_are_in_their_slots_ascending(name: str, row: dict[str, str]) -> None:
    kind, d = kind_by_name(name), draft(name, row)
    for role in kind.roles(d):
        claims = list(kind.claims(d, role, STAMP))
        assert [slot for slot, _, _ in claims] == sorted({slot for slot, _, _ in claims})
        for slot, claim_name, value in claims:
            assert kind.info.slots[slot].name == claim_name
            assert type(value) in (str, int, bool)


def test_the_two_spouses_see_each_other() -> None:
    kind, d = kind_by_name("marriage"), draft("marriage", marriage_row())
    man, woman = ({n: v for _, n, v in kind.claims(d, role, STAMP)} for role in kind.roles(d))
    assert man["holder_name"] == woman["spouse_name"] == d.man.name
    assert woman["holder_document_number"] == man["spouse_document_number"] == d.woman.document_number
    assert (man["holder_role"], woman["holder_role"]) == ("man", "woman")


def test_country_codes_are_complete() -> None:
    assert len(COUNTRIES) == 249
    assert {"156", "840", "250", "344", "446", "158"} <= COUNTRIES.keys()


def test_every_rule_raised_anywhere_has_a_text() -> None:
    import re

    root = Path(__file__).parents[3] / "certs"
    # worded in api/services/messages.py, which has a test of its own
    elsewhere = {"documents", "consent", "match.py", "generaldraft.py"}
    sources = [p for p in root.rglob("*.py") if elsewhere.isdisjoint(p.parts)]
    pattern = re.compile(r"(?:InvalidField|RowError|\.note)\(\s*[^()]*?\"([A-Z][A-Z_]{2,})\"")
    used = {rule for path in sources for rule in pattern.findall(path.read_text(encoding="utf-8"))}
    assert len(used) > 30
    assert used <= CODES | MESSAGES.keys()  # those of incoming money are worded apart
    assert all(message(code, lang) for code in CODES for lang in ("zh", "en"))
    assert all(zh and en for zh, en in MESSAGES.values())


def test_slots_must_be_in_order_and_fit() -> None:
    with pytest.raises(ValueError, match="slots"):
        KindInfo(9, 1, "odd", "", "", 1, (Slot(1, "a", True, "", ""),), ())
