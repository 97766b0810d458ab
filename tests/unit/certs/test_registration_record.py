"""The record of an event: the bytes of the document, and what must not open or decode."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from certs.errors import Erased, SealBroken
from certs.marriage.entry import decode_registration, encode_registration, make_event, open_event
from certs.marriage.events import Op, Registration, number_key
from certs.marriage.party import Party
from certs.ports import Sealed
from certs.sealing import HmacLookupKey
from tests.simulators.office import make_registry
from verifier import cbor

PAGE = Path(__file__).parents[3] / "docs" / "formats" / "registration-record.md"
MAN = Party("张示例", "1", date(1998, 3, 7), "111", "990101199803070013", "156", "1")
WOMAN = Party("李样例", "2", date(1999, 8, 12), "111", "990101199908120021", "156", "1")
JUDGMENT = Registration(
    op=Op.COURT_DIVORCE,
    kind=0,
    issuer="11990000MB9T010142",
    business_id="AR-000001",
    number=None,
    refers="J990101-2025-000001",
    day=date(2026, 6, 1),
    effective=date(2026, 5, 12),
    man=MAN,
    woman=WOMAN,
    details={"registrar": "样例登记员甲", "document_ref": "（2026）示例民初1号"},
)
KNOWN_AT = 1_800_000_000


def test_the_sample_of_the_page() -> None:
    sample = re.search(r"```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert sample is not None
    record = bytes.fromhex(sample[1])
    assert encode_registration(JUDGMENT, KNOWN_AT) == record
    assert decode_registration(record) == (JUDGMENT, KNOWN_AT)


def test_every_member_comes_back() -> None:
    full = replace(
        JUDGMENT,
        op=Op.CORRECTION,
        number="L990101-2026-000001",
        renew=True,
        corrects="1:11990000MB9T010142:MR-000001",
        withdrawn=True,
        flags=("LEGACY_NUMBER",),
    )
    assert decode_registration(encode_registration(full, 1)) == (full, 1)
    assert decode_registration(encode_registration(replace(full, man=None), 1)) == (replace(full, man=None), 1)


@pytest.mark.parametrize(
    "changes",
    [{1: 2}, {2: "IX"}, {8: "2026-02-30"}, {10: ["张示例"]}, {17: "now"}, {18: 1}],
)
def test_other_records_are_refused(changes: dict[int, object]) -> None:
    good = cbor.decode(encode_registration(JUDGMENT, KNOWN_AT))
    with pytest.raises(SealBroken):
        decode_registration(cbor.encode({**good, **changes}))
    with pytest.raises(SealBroken):
        decode_registration(cbor.encode({k: v for k, v in good.items() if k != 17}))


def test_a_sealed_record_opens_only_as_its_own_event() -> None:
    registry = make_registry(lookup=HmacLookupKey(bytes(32)))
    content = os.urandom(32)
    event = make_event(JUDGMENT, os.urandom(32), content, os.urandom(32), registry.lookup, registry.sealer, KNOWN_AT)
    assert open_event(event, registry.sealer) == JUDGMENT
    assert event.event_id == content[:16]
    assert len(event.terms) == 2  # two identity numbers; no name, for those stay
    assert event.sealed is not None
    for broken in (
        replace(event, event_id=os.urandom(16)),
        replace(event, sealed=Sealed(event.sealed.key, event.sealed.body[:-1] + bytes([event.sealed.body[-1] ^ 1]))),
    ):
        with pytest.raises(SealBroken):
            open_event(broken, registry.sealer)
    with pytest.raises(Erased):
        open_event(replace(event, sealed=None), registry.sealer)


def test_spellings_of_a_number() -> None:
    assert number_key("J990101-2025-1") == number_key("J990101-2025-000001") == "J990101-2025-000001"
    assert number_key("政字第12号") == "政字第12号"
    assert number_key("（97）政-字") == "（97）政-字"


def test_nothing_personal_is_shown_by_repr() -> None:
    shown = repr(JUDGMENT) + repr(MAN)
    for value in ("张示例", "990101199803070013", "1998", "J990101", "示例民初", "AR-000001", "2026"):
        assert value not in shown
