"""Events of a general book from plain values: what becomes of each, and what is refused before it is public."""

from __future__ import annotations

import hmac
from typing import Any

import pytest

from certs.charity.generaldraft import NAMES, event_of, party_commitment
from certs.errors import InvalidField
from tests.golden.formats_charity_general import HISTORY
from tests.support.general_book import CHARITY, PLAN, day
from verifier.charity.generalevents import kinds
from verifier.charity.organisation import PlanFiled
from verifier.errors import Malformed
from verifier.hazmat.sm3 import hmac_sm3

BOTH = {"zh": "合成数据", "en": "synthetic"}
PLATFORM = "91990000MA9T00018W"
TERMS: dict[str, Any] = {
    "title": BOTH, "purpose": BOTH, "use": BOTH, "surplus": BOTH, "starts_on": "2026-08-01", "ends_on": "2026-09-10",
    "region": "990000", "platforms": [PLATFORM, PLATFORM], "partners": [CHARITY, PLATFORM], "individuals": 0,
    "target": None, "cost": 5,
}  # fmt: skip
PLAN_FILED: dict[str, Any] = {"filing_no": PLAN, "filed_on": "2026-07-20", "emergency": None, "terms": TERMS}


def test_every_kind_has_a_name() -> None:
    assert {cls.KIND for cls in NAMES} == kinds()
    assert NAMES[PlanFiled] == "plan_filed"
    assert len(set(NAMES.values())) == len(NAMES) == len(HISTORY)


def test_nested_values_are_read_and_sets_put_in_order() -> None:
    event = event_of("plan_filed", 20780, 3, PLAN_FILED)
    assert isinstance(event, PlanFiled)
    assert (event.filed_on, event.terms.starts_on) == (day("2026-07-20"), day("2026-08-01"))
    assert (event.terms.platforms, event.terms.partners) == ((PLATFORM,), (CHARITY, PLATFORM))
    assert event.terms.title == ("合成数据", "synthetic")


@pytest.mark.parametrize(
    ("change", "field", "rule"),
    [
        ({"filed_on": "2026-02-30"}, "filed_on", "DATE"),
        ({"filing_no": PLAN[:17] + "B" + PLAN[18:]}, "filing_no", "CHECK_CHARACTER"),
        ({"terms": TERMS | {"region": "00000"}}, "region", "REGION"),
        ({"terms": TERMS | {"platforms": [PLATFORM[:17] + "X"]}}, "platforms", "CHECK_CHARACTER"),
        ({"terms": TERMS | {"use": BOTH | {"en": "Call 13800000000"}}}, "event", "PERSONAL_NUMBER"),
    ],
)
def test_bad_values_are_named(change: dict[str, Any], field: str, rule: str) -> None:
    with pytest.raises(InvalidField) as refused:
        event_of("plan_filed", 20780, 3, PLAN_FILED | change)
    assert (refused.value.field, refused.value.rule) == (field, rule)


def test_what_no_reader_would_take_is_not_made() -> None:
    with pytest.raises(Malformed):
        event_of("plan_filed", 20780, 3, PLAN_FILED | {"terms": TERMS | {"cost": -1}})


def test_a_commitment_is_to_the_name_however_it_was_typed() -> None:
    salt = bytes(32)
    assert party_commitment(salt, "Cafe\u0301") == party_commitment(salt, "Café") == hmac_sm3(salt, "Café".encode())
    assert not hmac.compare_digest(party_commitment(salt, "Café"), party_commitment(b"\x01" * 32, "Café"))
