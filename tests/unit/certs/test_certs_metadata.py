"""Metadata and directory entries: the standard's keys, and nothing that tells why a certificate ended."""

from __future__ import annotations

import base64
from datetime import date
from typing import Any

import pytest

from certs.civilday import day_after
from certs.issue import issue
from certs.kinds import kind_by_name
from certs.metadata import ENDED, IN_FORCE, Opened, SealFacts, directory_of, metadata_of, state_of
from certs.ports import StoredCertificate
from certs.records import open_record
from certs.registry import Registry
from tests.simulators.holders import BUREAU, HOLDER_CODES, HOLDER_ROWS, holder_registry
from tests.simulators.office import (
    NOW,
    OFFICE,
    TYPE_CODES,
    donation_row,
    draft,
    make_registry,
    marriage_row,
)
from tests.simulators.stores import MemoryDatabase
from verifier.credential import Certificate

ZZ = ("ZZMC", "ZZLXDM", "ZZBH", "ZZBS", "ZZBFJG", "ZZBFJGDM", "ZZBFRQ", "ZZYXQQSRQ", "ZZYXQJZRQ", "CJSJ")
CZ = ("CZZT", "CZZTDM", "CZZTDMLX", "CZZTDMLXDM")


async def opened(
    registry: Registry, name: str, row: dict[str, str], **changes: Any
) -> tuple[Opened, StoredCertificate]:
    db = MemoryDatabase()
    result = await issue(draft(name, row), registry, db.begin)
    stored = db.tables.certificates[result.ctis[0]]
    values: dict[str, Any] = {
        "kind": kind_by_name(name),
        "claims": Certificate.parse(stored.statement).claims,
        "values": open_record(stored, registry).values(),
        "made_at": stored.issued_at,
        "valid": True,
    }
    return Opened(**{**values, **changes}), stored


async def test_metadata_of_a_marriage_certificate() -> None:
    found, _ = await opened(make_registry(), "marriage", marriage_row())
    said = metadata_of(found)
    assert said.keys() >= {*ZZ, *CZ}
    assert (said["ZZMC"], said["ZZLXDM"], said["ZZBH"]) == ("结婚证", TYPE_CODES[1], "J990101-2025-000001")
    assert said["ZZBS"].split(".")[5:7] == [TYPE_CODES[1], OFFICE]
    assert (said["ZZBFJG"], said["ZZBFJGDM"]) == ("示例甲婚姻登记处", OFFICE)
    assert (said["ZZBFRQ"], said["CJSJ"]) == ("2026-11-21", "2026-11-21 12:00:00")
    assert (said["CZZT"], said["CZZTDMLX"], said["CZZTDMLXDM"]) == ("样例甲", "公民身份号码", "111")
    assert (said["ZZYXQQSRQ"], said["ZZYXQJZRQ"]) == ("2026-11-21", "9999-12-31")
    assert (said["KZ_REGISTRATION_DATE"], said["KZ_SPOUSE_NAME"]) == ("2025-05-20", "样例乙·示例")
    assert {"KZ_REMARK", "KZ_HOLDER_NAME", "KZ_ISSUER_USCC", "KZ_ZIHAO", "ZZQZR"}.isdisjoint(said)


async def test_metadata_of_a_kind_with_a_period_and_a_seal() -> None:
    seal = SealFacts("示例市民政局", NOW, "示例市民政局电子证照专用章")
    row = HOLDER_ROWS["child-welfare"](remark="示例")
    found, _ = await opened(holder_registry(), "child-welfare", row, seal=seal)
    said = metadata_of(found)
    assert (said["ZZYXQQSRQ"], said["ZZYXQJZRQ"]) == ("2026-11-03", "2027-10-31")
    assert (said["ZZQZR"], said["ZZQZSJ"], said["ZZQZMC"]) == (seal.signer, "2026-11-21 12:00:00", seal.name)
    assert said["CZZTDMLXDM"] == "111"  # a household register shows the citizen's number
    assert (said["ZZLXDM"], said["ZZBFJGDM"]) == (HOLDER_CODES[7], BUREAU)
    assert said["KZ_REMARK"] == "示例"


async def test_who_has_no_code_has_no_code_type() -> None:
    found, _ = await opened(make_registry(), "donation", donation_row())
    said = metadata_of(found)
    assert (said["CZZT"], said["ZZBFJG"], said["ZZBH"]) == ("样例捐赠人", "示例慈善基金会", "DN-000001")
    assert {"CZZTDM", "CZZTDMLX", "CZZTDMLXDM", "KZ_CHARITY_USCC", "KZ_CHARITY_NAME"}.isdisjoint(said)
    anonymous, _ = await opened(make_registry(), "donation", donation_row(anonymous="1", donor_name=""))
    assert "CZZT" not in metadata_of(anonymous)


@pytest.mark.parametrize(
    ("document", "number", "code", "name"),
    [("516", "H00000001", "516", "港澳居民来往内地通行证"), ("553", "XXX990101000000", "553", "外国人永久居留身份证")],
)
async def test_other_documents_are_their_own_code_type(document: str, number: str, code: str, name: str) -> None:
    row = HOLDER_ROWS["elder-care"](holder_document_type=document, holder_document_number=number)
    found, _ = await opened(holder_registry(), "elder-care", row)
    said = metadata_of(found)
    assert (said["CZZTDM"], said["CZZTDMLXDM"], said["CZZTDMLX"]) == (number, code, name)


async def test_directory_entry() -> None:
    found, stored = await opened(
        holder_registry(), "minimum-living-allowance", HOLDER_ROWS["minimum-living-allowance"]()
    )
    entry = directory_of(found, statement=stored.statement, at=NOW, batch="20261121-01")
    assert list(entry) == [
        "certificate_source_id", "certificate_name", "certificate_type", "certificate_type_code", "issue_dept",
        "issue_dept_code", "certificate_area_code", "certificate_holder", "certificate_holder_code",
        "certificate_holder_type", "certificate_number", "issue_date", "valid_start", "valid_end", "digital_sign",
        "surface", "cd_operation", "cd_time", "cd_batch",
    ]  # fmt: skip
    assert base64.b64decode(entry["digital_sign"]) == stored.statement
    assert (entry["certificate_area_code"], entry["certificate_holder_type"]) == ("990101", "111")
    assert (entry["cd_operation"], entry["cd_time"], entry["cd_batch"]) == ("I", "2026-11-21 12:00:00", "20261121-01")
    surface = {item["name"]: (item["label"], item["value"]) for item in entry["surface"]}
    assert surface["monthly_fen"] == ("月保障金额（分）", "1820.50元")
    assert surface["household_type"] == ("保障类别", "城市")
    assert surface["paid_from"] == ("起发月份", "2026-11")
    assert "issuer_uscc" not in surface


async def test_flags_are_words_and_a_body_without_region_has_its_codes() -> None:
    found, stored = await opened(holder_registry(), "cremation", HOLDER_ROWS["cremation"]())
    entry = directory_of(found, statement=stored.statement, at=NOW, batch="")
    assert entry["certificate_area_code"] == "990000"
    child, stored = await opened(holder_registry(), "child-welfare", HOLDER_ROWS["child-welfare"]())
    entry = directory_of(child, statement=stored.statement, at=NOW, batch="")
    assert next(i["value"] for i in entry["surface"] if i["name"] == "at_school") == "否"


async def test_what_ended_is_taken_back_without_a_reason() -> None:
    row = HOLDER_ROWS["elder-care"]()
    found, stored = await opened(holder_registry(), "elder-care", row)
    end = found.claims.exp
    assert end is not None
    assert [state_of(found, t) for t in (NOW, end - 1, end)] == [IN_FORCE, IN_FORCE, ENDED]
    revoked, stored = await opened(holder_registry(), "elder-care", row, valid=False)
    assert state_of(revoked, NOW) == ENDED
    assert directory_of(revoked, statement=stored.statement, at=NOW, batch="")["cd_operation"] == "D"
    assert end == day_after(date(2028, 11, 9))
