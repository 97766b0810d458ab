"""Registration records: one of each sort of event, and what is none. The bytes are written here member by member."""

from __future__ import annotations

from typing import Any

from tests.golden.world import b64
from tests.support import kit
from verifier import cbor

MAN = ["张示例", "1", "1998-03-07", "111", "990101199803070013", "156", "1"]
WOMAN = ["李样例", "2", "1999-08-12", "111", "990101199908120021", "156", "1"]
KNOWN_AT = 1_800_000_000


def record(**changes: Any) -> dict[int, Any]:
    """A judgment; `m2="IA"` changes member 2, None takes one out."""
    members: dict[int, Any] = {
        1: 1,
        2: "COURT_DIVORCE",
        3: 0,
        4: kit.REGISTRY,
        5: "AR-000001",
        7: "J990101-2025-000001",
        8: "2026-06-01",
        9: "2026-05-12",
        10: MAN,
        11: WOMAN,
        13: {"registrar": "样例登记员甲", "document_ref": "（2026）示例民初1号"},
        17: KNOWN_AT,
    }
    members |= {int(name[1:]): value for name, value in changes.items()}
    return {member: value for member, value in members.items() if value is not None}


def _marriage(**changes: Any) -> dict[int, Any]:
    of = {"m2": "IA", "m3": 1, "m5": "MR-000001", "m6": "J990101-2025-000001", "m7": None, "m8": "2025-05-20"}
    return record(**{**of, "m9": "2025-05-20", "m13": {"registrar": "样例登记员甲"}, **changes})


def _correction(**changes: Any) -> dict[int, Any]:
    return record(m2="CORRECTION", m7=None, m13=None, m14=f"1:{kit.REGISTRY}:MR-000001", **changes)


def registrations() -> dict[str, Any]:
    accepted = {
        "judgment": record(),
        "marriage": _marriage(),
        "late-marriage": _marriage(m9="2010-06-01"),
        "remarriage": _marriage(m12=True),
        "archived": _marriage(m6="政字第12号", m16=["LEGACY_NUMBER", "ID_15_DIGITS"]),
        "death": record(m2="DEATH", m7=None, m11=None),
        "correction": _correction(),
        "withdrawn": _correction(m15=True),
    }
    refused = {
        "other-version": record(m1=2),
        "unknown-operation": record(m2="COOLING_OFF"),
        "impossible-day": record(m9="2026-02-30"),
        "person-cut-short": record(m10=MAN[:3]),
        "without-known-at": record(m17=None),
        "unknown-member": record(m18=1),
    }
    good = cbor.encode(record())
    return {
        "accepted": [{"name": name, "record_b64": b64(cbor.encode(m))} for name, m in accepted.items()],
        "refused": [
            *({"name": name, "record_b64": b64(cbor.encode(m))} for name, m in refused.items()),
            {"name": "trailing-byte-of-record", "record_b64": b64(good + b"\x00")},
            {"name": "version-not-first", "record_b64": b64(good[:1] + good[3:] + good[1:3])},
        ],
    }
