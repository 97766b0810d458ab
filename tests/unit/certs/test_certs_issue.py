"""Issuing: whole or not at all, once, and only what the verifier passes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from certs.errors import Conflict, InvalidField, SelfCheckFailed
from certs.idem import certificate_idem
from certs.issue import NOTE_OLD_ON_PAPER, RowOutcome, issue, issue_batch
from certs.keyed import term_key
from certs.records import find_by_business, open_record
from certs.registry import Registry
from tests.simulators.office import (
    FOUNDATION,
    NOW,
    OFFICE,
    OFFICE_2,
    donation_row,
    draft,
    make_registry,
    marriage_row,
    new_signer,
    reissue_row,
    trust_for,
)
from tests.simulators.stores import MemoryDatabase
from verifier.assess import Verifier
from verifier.code import encode_code
from verifier.credential import Certificate
from verifier.receipt import entry_body, entry_commitment
from verifier.report import Outcome, Reason


@pytest.fixture
def registry() -> Registry:
    return make_registry()


@pytest.fixture
def db() -> MemoryDatabase:
    return MemoryDatabase()


def verifier(registry: Registry, db: MemoryDatabase) -> Verifier:
    return Verifier(registry.trust, db.tables.tokens.values())


async def test_one_registration_makes_two_certificates_that_verify(registry: Registry, db: MemoryDatabase) -> None:
    result = await issue(draft("marriage", marriage_row()), registry, db.begin)
    assert result.outcome is RowOutcome.ISSUED
    man, woman = (db.tables.certificates[cti] for cti in result.ctis)
    assert (man.role, woman.role) == ("man", "woman")
    assert man.business == woman.business
    assert (man.status_list, man.status_index) != (woman.status_list, woman.status_index)
    for certificate in (man, woman):
        code = encode_code(certificate.statement)
        assert len(code) <= 419
        assert verifier(registry, db).assess(code, at=NOW).outcome is Outcome.PASSED


async def test_donation_code_is_short_and_says_plan_amount_and_day(registry: Registry, db: MemoryDatabase) -> None:
    result = await issue(draft("donation", donation_row(amount_fen="10000000000")), registry, db.begin)
    code = encode_code(db.tables.certificates[result.ctis[0]].statement)
    assert len(code) <= 483
    report = verifier(registry, db).assess(code, at=NOW)
    assert report.outcome is Outcome.PASSED
    assert report.public == {
        "plan_filing_no": f"{FOUNDATION}A26001",
        "amount_fen": 10000000000,
        "received_day": 20605,
    }


async def test_log_entry_commits_to_the_statement_under_the_sealed_salt(registry: Registry, db: MemoryDatabase) -> None:
    result = await issue(draft("marriage", marriage_row()), registry, db.begin)
    for cti in result.ctis:
        certificate = db.tables.certificates[cti]
        record = open_record(certificate, registry)
        assert certificate.entry == entry_body(entry_commitment(record.entry_salt, certificate.statement))
        assert db.tables.staged[certificate_idem(cti, certificate.issued_at)] == certificate.entry
        assert len(certificate.entry) == 38


async def test_the_same_again_gives_the_first_certificates(registry: Registry, db: MemoryDatabase) -> None:
    first = await issue(draft("marriage", marriage_row()), registry, db.begin)
    again = await issue(draft("marriage", marriage_row()), registry, db.begin)
    assert again.outcome is RowOutcome.ALREADY
    assert again.ctis == first.ctis
    assert len(db.tables.certificates) == 2
    assert len(db.tables.registrations) == 1
    assert len(db.tables.staged) == 3


async def test_other_content_under_one_business_id_is_a_conflict(registry: Registry, db: MemoryDatabase) -> None:
    await issue(draft("marriage", marriage_row()), registry, db.begin)
    with pytest.raises(Conflict, match="other content"):
        await issue(draft("marriage", marriage_row(remark="示例")), registry, db.begin)
    assert len(db.tables.certificates) == 2


async def test_a_number_in_use_is_refused(registry: Registry, db: MemoryDatabase) -> None:
    await issue(draft("marriage", marriage_row(1)), registry, db.begin)
    with pytest.raises(InvalidField, match="zihao: NUMBER_TAKEN"):
        await issue(draft("marriage", marriage_row(2, zihao="J990101-2025-000001")), registry, db.begin)
    await issue(draft("donation", donation_row(1)), registry, db.begin)
    with pytest.raises(InvalidField, match="receipt_number: NUMBER_TAKEN"):
        await issue(draft("donation", donation_row(2, receipt_number="0000000001")), registry, db.begin)


async def test_batch_reports_each_row_and_issues_the_good_ones_once(registry: Registry, db: MemoryDatabase) -> None:
    rows = [
        marriage_row(1),
        marriage_row(1),  # twice in one file
        marriage_row(1, remark="示例"),
        marriage_row(2, reg_office_uscc=OFFICE_2),  # region of another office
        marriage_row(3, reg_office_uscc="11990000MB9T00011H"),
        marriage_row(4, zihao="J990101-2025-000001"),
        marriage_row(5),
    ]
    drafts = [draft("marriage", row) for row in rows]
    results = await issue_batch(drafts, registry, db.begin)
    assert [r.outcome.name for r in results] == [
        "ISSUED",
        "ALREADY",
        "CONFLICT",
        "REJECTED",
        "REJECTED",
        "REJECTED",
        "ISSUED",
    ]
    assert results[1].ctis == results[0].ctis
    assert [(e.field, e.code) for r in results for e in r.errors] == [
        ("record_no", "CONFLICT"),
        ("zihao", "REGION_FOR_OFFICE"),
        ("issuer", "ISSUER_UNKNOWN"),
        ("zihao", "NUMBER_TAKEN"),
    ]
    again = await issue_batch(drafts, registry, db.begin)
    assert [r.outcome.name for r in again][::6] == ["ALREADY", "ALREADY"]
    assert len(db.tables.certificates) == 4


async def test_an_authority_issues_only_its_kinds(db: MemoryDatabase) -> None:
    registry = make_registry()
    authorities = dict(registry.authorities)
    authorities[OFFICE] = replace(authorities[OFFICE], type_codes={3: authorities[FOUNDATION].type_codes[3]})
    registry = replace(registry, authorities=authorities)
    result = await issue_batch([draft("marriage", marriage_row())], registry, db.begin)
    assert result[0].errors[0].code == "KIND_NOT_ALLOWED"


class TestReissue:
    async def test_ends_both_old_certificates_in_the_same_transaction(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        second = await issue(draft("marriage", reissue_row(9, of=1)), registry, db.begin)
        assert set(second.superseded) == set(first.ctis)
        assert second.notes == ()
        assert all(db.tables.certificates[cti].revoked_at == NOW for cti in first.ctis)
        async with db.begin() as uow:
            await registry.publisher.publish(uow, NOW)
        check = verifier(registry, db)
        for cti in first.ctis:
            report = check.assess(encode_code(db.tables.certificates[cti].statement), at=NOW)
            assert report.reason is Reason.STATUS_NOT_VALID
        for cti in second.ctis:
            report = check.assess(encode_code(db.tables.certificates[cti].statement), at=NOW)
            assert report.outcome is Outcome.PASSED

    async def test_finds_the_original_by_the_unpadded_number_too(self, registry: Registry, db: MemoryDatabase) -> None:
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        row = reissue_row(9, of=1, old_zihao="J990101-2025-1")
        second = await issue(draft("marriage", row), registry, db.begin)
        assert set(second.superseded) == set(first.ctis)

    async def test_in_one_file_with_its_first_issue(self, registry: Registry, db: MemoryDatabase) -> None:
        drafts = [draft("marriage", marriage_row(1)), draft("marriage", reissue_row(9, of=1))]
        results = await issue_batch(drafts, registry, db.begin)
        assert set(results[1].superseded) == set(results[0].ctis)

    async def test_of_a_reissue_leaves_one_valid_pair(self, registry: Registry, db: MemoryDatabase) -> None:
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        await issue(draft("marriage", reissue_row(8, of=1)), registry, db.begin)
        await issue(draft("marriage", reissue_row(9, of=1)), registry, db.begin)
        live = [c for c in db.tables.certificates.values() if c.revoked_at is None]
        assert len(live) == 2
        assert len(db.tables.certificates) == 6

    async def test_of_an_older_paper_record_is_allowed_and_said(self, registry: Registry, db: MemoryDatabase) -> None:
        result = await issue(draft("marriage", reissue_row(9, of=1)), registry, db.begin)
        assert result.notes == (NOTE_OLD_ON_PAPER,)
        assert result.superseded == ()

    async def test_a_mistyped_number_does_not_end_strangers_certificates(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        mistyped = draft(
            "marriage",
            reissue_row(9, of=2, old_zihao="J990101-2025-000001", name_man="样例丙", name_woman="样例丁"),
        )
        with pytest.raises(InvalidField, match="old_zihao: OLD_OF_OTHER_PEOPLE"):
            await issue(mistyped, registry, db.begin)
        assert all(db.tables.certificates[cti].revoked_at is None for cti in first.ctis)
        assert len(db.tables.certificates) == 2

    @pytest.mark.parametrize("other", ["man", "woman"])
    async def test_one_matching_spouse_is_not_enough(self, registry: Registry, db: MemoryDatabase, other: str) -> None:
        """A number tried on purpose, with one real spouse, ended another office's certificates once."""
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        stranger = marriage_row(2)[f"cert_num_{other}"]
        changes = {f"cert_num_{other}": stranger, f"name_{other}": "样例丙"}
        with pytest.raises(InvalidField, match="old_zihao: OLD_OF_OTHER_PEOPLE"):
            await issue(draft("marriage", reissue_row(9, of=1, **changes)), registry, db.begin)
        assert all(db.tables.certificates[cti].revoked_at is None for cti in first.ctis)

    async def test_a_renewed_document_is_matched_by_name_and_birth_date(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        renewed = {"cert_type_woman": "414", "cert_num_woman": "X1234567", "nation_woman": "840", "id_type_woman": "6"}
        result = await issue(draft("marriage", reissue_row(9, of=1, **renewed)), registry, db.begin)
        assert set(result.superseded) == set(first.ctis)


class TestDate:
    async def test_a_certificate_is_dated_by_the_day(self, registry: Registry, db: MemoryDatabase) -> None:
        """Two certificates that show one second, which no others show, would be recognised as a couple's."""
        result = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        for cti in result.ctis:
            claims = Certificate.parse(db.tables.certificates[cti].statement).claims
            assert (claims.iat + 8 * 3600) % 86400 == 0
            assert 0 <= registry.clock() - claims.iat < 86400


class BadSigner:
    """Signs wrongly from the n-th message on: a broken key or a fault in the machine."""

    def __init__(self, good: int) -> None:
        self._signer = new_signer()
        self._left = good

    def __getattr__(self, name: str) -> Any:
        return getattr(self._signer, name)

    def sign(self, message: bytes) -> bytes:
        self._left -= 1
        return self._signer.sign(message if self._left >= 0 else message + b"\x00")

    def sign_many(self, messages: Any) -> Any:
        return map(self.sign, messages)


async def test_a_wrong_signature_releases_nothing(db: MemoryDatabase) -> None:
    registry = make_registry(signer=BadSigner(good=4))  # status list, two certificates, one more
    before = db.tables.copy()
    drafts = [draft("marriage", marriage_row(n)) for n in (1, 2)]
    with pytest.raises(SelfCheckFailed, match="SIGNATURE_INVALID"):
        await issue_batch(drafts, registry, db.begin)
    assert db.tables == before


async def test_a_key_that_the_bundle_does_not_allow_releases_nothing(db: MemoryDatabase) -> None:
    signer = new_signer()
    trust = trust_for((OFFICE, signer, frozenset({3})))
    registry = make_registry(signer=signer, trust=trust)
    with pytest.raises(SelfCheckFailed, match="KEY_NOT_ALLOWED_FOR_KIND"):
        await issue(draft("marriage", marriage_row()), registry, db.begin)
    assert not db.tables.certificates
    assert not db.tables.tokens


async def test_an_expired_bundle_releases_nothing(db: MemoryDatabase) -> None:
    registry = make_registry()
    trust = replace(registry.trust, expires=NOW)
    with pytest.raises(SelfCheckFailed, match="TRUST_EXPIRED"):
        await issue(draft("marriage", marriage_row()), replace(registry, trust=trust), db.begin)
    assert not db.tables.certificates


async def test_certificates_are_found_by_keyed_hashes_only(registry: Registry, db: MemoryDatabase) -> None:
    d = draft("marriage", marriage_row(1))
    result = await issue(d, registry, db.begin)
    async with db.begin() as uow:
        by_id = await find_by_business(uow, registry, kind=1, issuer=OFFICE, business_id="MR-000001")
        ours = [
            term_key(registry.lookup, 1, "zihao", d.zihao.text),
            term_key(registry.lookup, 1, "holder", d.man.document_key),
        ]
        other = term_key(make_registry().lookup, 1, "zihao", d.zihao.text)
        found = await uow.certificates.by_terms([*ours, other])
    assert {c.cti for c in by_id} == {c.cti for c in found[ours[0]]} == set(result.ctis)
    assert [c.cti for c in found[ours[1]]] == [result.ctis[0]]
    assert other not in found


async def test_stored_rows_hold_no_personal_value(registry: Registry, db: MemoryDatabase) -> None:
    row = marriage_row(1, remark="示例备注原证遗失")
    await issue(draft("marriage", row), registry, db.begin)
    stored = b"".join(
        value if isinstance(value, bytes) else repr(value).encode("utf-8")
        for r in db.rows()
        for value in (*r.values(), *r["sealed"].values())
    )
    personal = ("record_no", "zihao", "registrar", "name_man", "cert_num_man", "name_woman", "cert_num_woman", "remark")
    for column in (*personal, "birth_man", "op_date"):
        assert row[column].encode("utf-8") not in stored
