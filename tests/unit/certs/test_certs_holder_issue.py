"""Kinds with one holder, issued and read back: the verifier knows them from the bundle's manifests alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from certs.civilday import day_after
from certs.export import assemble
from certs.issue import RowOutcome, issue, issue_batch
from certs.kinds import KINDS, kind_by_name
from certs.kinds.base import Draft, Stamp
from certs.records import open_record
from certs.registry import Registry
from tests.simulators.holders import BUREAU, HOLDER_ROWS, PARLOUR, holder_registry
from tests.simulators.office import NOW, draft, id_number
from tests.simulators.stores import MemoryDatabase
from verifier.assess import Verifier
from verifier.code import encode_code
from verifier.credential import Certificate
from verifier.report import Outcome, Reason


@pytest.fixture(scope="module")
def registry() -> Registry:
    return holder_registry()


@pytest.fixture
def db() -> MemoryDatabase:
    return MemoryDatabase()


def verifier(registry: Registry, db: MemoryDatabase) -> Verifier:
    return Verifier(registry.trust, db.tables.tokens.values())


@pytest.mark.parametrize("name", HOLDER_ROWS)
async def test_code_and_file_verify(name: str, registry: Registry, db: MemoryDatabase) -> None:
    d = draft(name, HOLDER_ROWS[name]())
    result = await issue(d, registry, db.begin)
    (stored,) = (db.tables.certificates[cti] for cti in result.ctis)
    assert stored.role == "holder"
    code = encode_code(stored.statement)
    assert len(code) <= 430
    report = verifier(registry, db).assess(code, at=NOW)
    assert (report.outcome, report.public) == (Outcome.PASSED, {})
    record = open_record(stored, registry)
    file = assemble(stored.statement, record, (), registry)
    seen = Verifier(registry.trust, db.tables.tokens.values()).assess(file, at=NOW, level="L1")
    assert seen.outcome is Outcome.PASSED
    expected = {claim: value for _, claim, value in kind_by_name(name).claims(d, "holder", _stamp(record.values()))}
    assert seen.disclosed == expected


def _stamp(values: Mapping[str, object]) -> Stamp:
    return Stamp(*(str(values[n]) for n in ("cert_identifier", "issuer_name", "issuer_uscc")))


async def test_a_certificate_ends_with_its_period(registry: Registry, db: MemoryDatabase) -> None:
    result = await issue(draft("elder-care", HOLDER_ROWS["elder-care"]()), registry, db.begin)
    statement = db.tables.certificates[result.ctis[0]].statement
    claims, code = Certificate.parse(statement).claims, encode_code(statement)
    end = day_after(date(2028, 11, 9))
    assert (claims.nbf, claims.exp) == (None, end)
    assert end == 1857398400  # 2028-11-10T00:00+08:00
    last, over = (Verifier(replace(registry.trust, expires=end + 9)).assess(code, at=t) for t in (end - 1, end))
    assert last.reason is not Reason.EXPIRED
    assert (over.outcome, over.reason) == (Outcome.FAILED, Reason.EXPIRED)


async def test_a_childs_code_does_not_tell_the_birthday(registry: Registry, db: MemoryDatabase) -> None:
    result = await issue(draft("child-welfare", HOLDER_ROWS["child-welfare"]()), registry, db.begin)
    claims = Certificate.parse(db.tables.certificates[result.ctis[0]].statement).claims
    assert claims.exp == day_after(date(2027, 12, 31))


async def test_a_renewal_ends_the_holders_earlier_certificate(registry: Registry, db: MemoryDatabase) -> None:
    row = HOLDER_ROWS["minimum-living-allowance"]
    first = draft("minimum-living-allowance", row(1))
    changed = draft(
        "minimum-living-allowance", row(1, certificate_no="DB-000900", replaces_no="DB-000001", members="4")
    )
    one, two = await issue_batch([first, changed], registry, db.begin)
    assert two.superseded == one.ctis
    report = verifier(registry, db).assess(encode_code(db.tables.certificates[two.ctis[0]].statement), at=NOW)
    assert report.outcome is Outcome.PASSED
    assert db.tables.certificates[one.ctis[0]].revoked_at == NOW


async def test_a_second_replacement_of_the_same_number_ends_the_first_one(
    registry: Registry, db: MemoryDatabase
) -> None:
    row = HOLDER_ROWS["disability-subsidy"]
    numbers = (("CB-000001", ""), ("CB-000002", "CB-000001"), ("CB-000003", "CB-000001"))
    rows = [row(1, certificate_no=number, replaces_no=old) for number, old in numbers]
    one, two, three = await issue_batch([draft("disability-subsidy", r) for r in rows], registry, db.begin)
    assert (two.superseded, three.superseded) == (one.ctis, two.ctis)


async def test_nobody_ends_a_strangers_certificate(registry: Registry, db: MemoryDatabase) -> None:
    row = HOLDER_ROWS["minimum-living-allowance"]
    one = draft("minimum-living-allowance", row(1))
    stranger = draft("minimum-living-allowance", row(2, replaces_no="DB-000001", holder_name="另一样例"))
    _, refused = await issue_batch([one, stranger], registry, db.begin)
    assert refused.outcome is RowOutcome.REJECTED
    assert [(e.field, e.code) for e in refused.errors] == [("replaces_no", "OLD_OF_OTHER_PEOPLE")]


async def test_one_person_is_cremated_once(registry: Registry, db: MemoryDatabase) -> None:
    row = HOLDER_ROWS["cremation"]
    other = {"applicant_name": "样例另一子女", "applicant_document_number": id_number("1970-01-01", "008")}

    def made(number: int, replaces: str = "", **changes: str) -> Draft:
        replaced: Draft = draft("cremation", row(1, certificate_no=f"HH-{number:06d}", replaces_no=replaces, **changes))
        return replaced

    batch = [made(1), made(2), made(3, "HH-000999"), made(4, "HH-000001", **other), made(5, "HH-000004"), made(6)]
    results = await issue_batch(batch, registry, db.begin)
    issued, refused = RowOutcome.ISSUED, RowOutcome.REJECTED
    assert [r.outcome for r in results] == [issued, refused, refused, issued, issued, refused]
    codes = {(e.field, e.code) for r in results for e in r.errors}
    assert codes == {("deceased_document_number", "HAS_ONE_ALREADY")}  # a number that nobody has replaces nothing
    assert (results[3].superseded, results[4].superseded) == (results[0].ctis, results[3].ctis)


async def test_a_replaced_cremation_certificate_is_of_the_same_deceased(registry: Registry, db: MemoryDatabase) -> None:
    row = HOLDER_ROWS["cremation"]
    first = draft("cremation", row(1))
    same_applicant = {"applicant_document_number": row(1)["applicant_document_number"]}
    mistaken = draft("cremation", row(2, replaces_no="HH-000001", deceased_name="另一逝者", **same_applicant))
    _, refused = await issue_batch([first, mistaken], registry, db.begin)
    assert [(e.field, e.code) for e in refused.errors] == [("replaces_no", "OLD_OF_OTHER_PEOPLE")]


async def test_a_body_issues_its_own_kinds_only(registry: Registry, db: MemoryDatabase) -> None:
    wrong = draft("cremation", HOLDER_ROWS["cremation"](1, issuer_uscc=BUREAU))
    far = draft("elder-care", HOLDER_ROWS["elder-care"](1, issuer_uscc=PARLOUR))
    results = await issue_batch([wrong, far], registry, db.begin)
    assert [r.errors[0].code for r in results] == ["KIND_NOT_ALLOWED", "KIND_NOT_ALLOWED"]


async def test_an_odd_region_is_noted_on_the_result(registry: Registry, db: MemoryDatabase) -> None:
    number = id_number("1948-12-31", "001", region="123456")
    d = draft("elder-care", HOLDER_ROWS["elder-care"](holder_document_number=number))
    result = await issue(d, registry, db.begin)
    assert (result.outcome, result.notes) == (RowOutcome.ISSUED, ("REGION_UNKNOWN",))


def test_manifests_name_every_slot(registry: Registry) -> None:
    for kind in KINDS.values():
        manifest = registry.trust.manifest(kind.number, kind.info.version)
        assert manifest is not None
        assert [s.name for s in manifest.slots] == [s.name for s in kind.info.slots]
        assert (manifest.depth, manifest.notice) == (kind.info.depth, kind.info.notice)
