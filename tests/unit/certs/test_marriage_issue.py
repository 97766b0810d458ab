"""Marriages and divorces against what is recorded: what is issued, refused, noted and ended."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from certs.errors import InvalidField, SelfCheckFailed
from certs.issue import RowOutcome, issue, issue_batch
from certs.kinds import kind_by_name
from certs.kinds.base import Rejected
from certs.marriage.acts import parse_act
from certs.marriage.events import Registration
from certs.marriage.record import record_registrations
from certs.marriage.register import record_act
from certs.registry import Registry
from certs.revoke import open_reason
from tests.simulators.office import (
    NOW,
    OFFICE,
    OFFICE_2,
    TODAY,
    divorce_row,
    draft,
    make_registry,
    marriage_row,
    reissue_row,
)
from tests.simulators.stores import MemoryDatabase
from verifier.credential import Certificate

OTHER = {"old_zihao": "", "record_no": "MR-000002", "zihao": "J990101-2025-000002"}


@pytest.fixture
def registry() -> Registry:
    return make_registry()


@pytest.fixture
def db() -> MemoryDatabase:
    return MemoryDatabase()


def act(op: str, n: int = 1, of: int = 1, **changes: str) -> Registration:
    """An event of the two of registration `of`."""
    people = {k: v for k, v in marriage_row(of).items() if k.endswith(("_man", "_woman"))}
    row = {
        "record_no": f"AR-{n:06d}",
        "op_type": op,
        "reg_office_uscc": OFFICE,
        "registrar": "示例登记员",
        "op_date": "2026-05-05",
        "effective_from": "2026-05-01",
        "document_ref": "示例法院民初1号",
        **({} if op == "CORRECTION" else people),
        **changes,
    }
    found = parse_act({k: v for k, v in row.items() if v}, today=TODAY)
    assert not isinstance(found, Rejected), found
    return found


def live(db: MemoryDatabase, kind: int = 1) -> set[bytes]:
    return {c.cti for c in db.tables.certificates.values() if c.kind == kind and c.revoked_at is None}


async def refused(row: dict[str, str], registry: Registry, db: MemoryDatabase, kind: str = "marriage") -> str:
    before = db.tables.copy()
    with pytest.raises(InvalidField) as error:
        await issue(draft(kind, row), registry, db.begin)
    assert db.tables == before
    return f"{error.value.field} {error.value.rule}"


class TestMarriage:
    @pytest.mark.parametrize("who", ["man", "woman"])
    async def test_who_is_married_cannot_marry(self, registry: Registry, db: MemoryDatabase, who: str) -> None:
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        same = {k: v for k, v in marriage_row(1).items() if k.endswith(f"_{who}")}
        assert await refused(marriage_row(2, **same), registry, db) == f"cert_num_{who} ALREADY_MARRIED"

    async def test_not_at_another_office_nor_in_one_file(self, registry: Registry, db: MemoryDatabase) -> None:
        man = {k: v for k, v in marriage_row(1).items() if k.endswith("_man")}
        elsewhere = {"reg_office_uscc": OFFICE_2, "zihao": "J990102-2025-000002"}
        rows = [marriage_row(1), marriage_row(2, **man, **elsewhere), marriage_row(3)]
        results = await issue_batch([draft("marriage", row) for row in rows], registry, db.begin)
        assert [r.outcome.name for r in results] == ["ISSUED", "REJECTED", "ISSUED"]
        assert results[1].errors[0].code == "ALREADY_MARRIED"
        assert len(db.tables.registrations) == 2

    async def test_a_temporary_identity_card_is_the_same_person(self, registry: Registry, db: MemoryDatabase) -> None:
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        man = {k: v for k, v in marriage_row(1).items() if k.endswith("_man")} | {"cert_type_man": "112"}
        assert await refused(marriage_row(2, **man), registry, db) == "cert_num_man ALREADY_MARRIED"

    async def test_a_namesake_is_noted_and_not_refused(self, registry: Registry, db: MemoryDatabase) -> None:
        passport = {"cert_type_man": "414", "nation_man": "840", "id_type_man": "6", "name_man": "SPECIMEN ONE"}
        await issue(draft("marriage", marriage_row(1, **passport, cert_num_man="X0000001")), registry, db.begin)
        again = marriage_row(2, **passport, cert_num_man="X0000002")
        result = await issue(draft("marriage", again), registry, db.begin)
        assert (result.outcome, result.notes) == (RowOutcome.ISSUED, ("SAME_NAME_AND_BIRTH",))

    async def test_two_citizens_of_one_name_and_birth_date_are_two(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        """All rows of the simulator share names and birth dates, and differ in their numbers."""
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        second = await issue(draft("marriage", marriage_row(2)), registry, db.begin)
        assert first.notes == second.notes == ()

    async def test_a_remedial_marriage_must_not_reach_into_another_one(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        await issue(
            draft("marriage", marriage_row(1, op_date="2025-01-10", effective_from="2025-01-10")), registry, db.begin
        )
        await issue(draft("divorce", divorce_row(1)), registry, db.begin)  # 2026-04-04
        man = {k: v for k, v in marriage_row(1).items() if k.endswith("_man")}
        late = {**man, "op_date": "2026-06-01", "zihao": "J990101-2026-000002", "remedy_flag": "1"}
        assert "ALREADY_MARRIED" in await refused(marriage_row(2, **late, effective_from="2026-04-03"), registry, db)
        result = await issue(
            draft("marriage", marriage_row(2, **late, effective_from="2026-04-04")), registry, db.begin
        )
        assert result.outcome is RowOutcome.ISSUED

    async def test_remarriage_of_the_same_two_is_flagged(self, registry: Registry, db: MemoryDatabase) -> None:
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        await issue(draft("divorce", divorce_row(1)), registry, db.begin)
        again = {**OTHER, "zihao": "J990101-2026-000002", "op_date": "2026-06-01", "effective_from": "2026-06-01"}
        assert await refused(marriage_row(1, **again), registry, db) == "renew_flag RENEWAL_NOT_FLAGGED"
        result = await issue(draft("marriage", marriage_row(1, **again, renew_flag="1")), registry, db.begin)
        assert (result.outcome, result.notes) == (RowOutcome.ISSUED, ())
        assert live(db) == set(result.ctis)

    async def test_remarriage_without_a_recorded_divorce_is_noted(self, registry: Registry, db: MemoryDatabase) -> None:
        result = await issue(draft("marriage", marriage_row(1, renew_flag="1")), registry, db.begin)
        assert result.notes == ("EARLIER_MARRIAGE_NOT_HERE",)

    async def test_the_dead_do_not_marry(self, registry: Registry, db: MemoryDatabase) -> None:
        woman = {f"{name}_woman": "" for name in ("name", "birth", "cert_type", "cert_num", "nation", "id_type")}
        await record_act(act("DEATH", effective_from="2025-01-01", **woman), registry, db.begin)
        assert await refused(marriage_row(1), registry, db) == "cert_num_man PARTY_DECEASED"

    async def test_widowed_people_marry_again(self, registry: Registry, db: MemoryDatabase) -> None:
        """The death names the one who died only; it is found through the marriage."""
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        man = {f"{name}_man": "" for name in ("name", "birth", "cert_type", "cert_num", "nation", "id_type")}
        another = {name: value for name, value in marriage_row(3).items() if name.endswith("_woman")}
        new = {**OTHER, "zihao": "J990101-2026-000002", "op_date": "2026-06-06", "effective_from": "2026-06-06"}
        row = marriage_row(1, **new, **another)
        assert await refused(row, registry, db) == "cert_num_man ALREADY_MARRIED"
        await record_act(act("DEATH", effective_from="2026-05-01", **man), registry, db.begin)
        early = {**row, "remedy_flag": "1", "effective_from": "2026-04-30"}
        assert await refused(early, registry, db) == "cert_num_man ALREADY_MARRIED"
        assert (await issue(draft("marriage", row), registry, db.begin)).outcome is RowOutcome.ISSUED

    async def test_a_death_that_was_taken_back_leaves_the_other_married(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        man = {f"{name}_man": "" for name in ("name", "birth", "cert_type", "cert_num", "nation", "id_type")}
        await record_act(act("DEATH", effective_from="2026-05-01", **man), registry, db.begin)
        back = {"corrects_kind": "act", "corrects": "AR-000001", "withdrawn": "1", "effective_from": ""}
        await record_act(act("CORRECTION", 2, **back), registry, db.begin)
        another = {name: value for name, value in marriage_row(3).items() if name.endswith("_woman")}
        new = {**OTHER, "zihao": "J990101-2026-000002", "op_date": "2026-06-06", "effective_from": "2026-06-06"}
        row = marriage_row(1, **new, **another)
        assert await refused(row, registry, db) == "cert_num_man ALREADY_MARRIED"


class TestDivorce:
    async def test_ends_both_marriage_certificates_and_says_why_to_nobody(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        result = await issue(draft("divorce", divorce_row(1)), registry, db.begin)
        assert set(result.ended) == set(first.ctis)
        assert live(db) == set()
        assert live(db, 2) == set(result.ctis)
        assert {open_reason(db.tables.events[cti], registry) for cti in first.ctis} == {"DIVORCED"}
        assert all(b"DIVORCED" not in db.tables.events[cti].statement for cti in first.ctis)
        assert db.tables.registrations.keys() == {
            db.tables.certificates[c].business for c in (*first.ctis, *result.ctis)
        }

    async def test_ends_reissued_certificates_whatever_number_is_handed_in(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        again = await issue(draft("marriage", reissue_row(9, of=1)), registry, db.begin)
        result = await issue(draft("divorce", divorce_row(1, old_zihao="J990101-2025-1")), registry, db.begin)
        assert set(result.ended) == set(again.ctis)

    async def test_at_another_office(self, registry: Registry, db: MemoryDatabase) -> None:
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        row = divorce_row(1, reg_office_uscc=OFFICE_2, zihao="L990102-2026-000001")
        assert len((await issue(draft("divorce", row), registry, db.begin)).ended) == 2

    async def test_in_one_file_after_the_marriage(self, registry: Registry, db: MemoryDatabase) -> None:
        drafts = [draft("marriage", marriage_row(1)), draft("divorce", divorce_row(1))]
        married, divorced = await issue_batch(drafts, registry, db.begin)
        assert set(divorced.ended) == set(married.ctis)

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"op_date": "2025-05-19", "effective_from": "2025-05-19", "zihao": "L990101-2025-000001"},
             "op_date DIVORCE_BEFORE_MARRIAGE"),
            ({"old_zihao": "J990101-2025-000002"}, "old_zihao OLD_OF_OTHER_PEOPLE"),
        ],
    )  # fmt: skip
    async def test_what_the_record_contradicts(
        self, registry: Registry, db: MemoryDatabase, changes: dict[str, str], code: str
    ) -> None:
        drafts = [draft("marriage", marriage_row(n)) for n in (1, 2)]
        await issue_batch(drafts, registry, db.begin)
        assert await refused(divorce_row(1, **changes), registry, db, "divorce") == code

    async def test_twice(self, registry: Registry, db: MemoryDatabase) -> None:
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        await issue(draft("divorce", divorce_row(1)), registry, db.begin)
        assert await refused(divorce_row(2), registry, db, "divorce") == "old_zihao NOT_MARRIED"

    async def test_of_a_paper_marriage_is_allowed_and_said(self, registry: Registry, db: MemoryDatabase) -> None:
        result = await issue(draft("divorce", divorce_row(1)), registry, db.begin)
        assert result.notes == ("MARRIAGE_NOT_HERE",)
        assert await refused(divorce_row(2, of=2, old_zihao=""), registry, db, "divorce") == "old_zihao NOT_MARRIED"

    async def test_of_somebody_who_is_married_to_another(self, registry: Registry, db: MemoryDatabase) -> None:
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        man = {k: v for k, v in marriage_row(1).items() if k.endswith("_man")}
        row = divorce_row(1, of=2, **man)
        assert await refused(row, registry, db, "divorce") == "cert_num_man MARRIED_TO_ANOTHER"

    async def test_a_namesake_of_somebody_who_is_married_may_divorce(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        passport = {"cert_type_man": "414", "nation_man": "840", "id_type_man": "6", "name_man": "SPECIMEN ONE"}
        await issue(draft("marriage", marriage_row(1, **passport, cert_num_man="X0000001")), registry, db.begin)
        row = divorce_row(1, of=2, **passport, cert_num_man="X0000002")
        result = await issue(draft("divorce", row), registry, db.begin)
        assert set(result.notes) == {"SAME_NAME_AND_BIRTH", "MARRIAGE_NOT_HERE"}
        assert len(live(db)) == 2

    async def test_with_a_renewed_passport(self, registry: Registry, db: MemoryDatabase) -> None:
        passport = {"cert_type_woman": "414", "nation_woman": "840", "id_type_woman": "6", "name_woman": "SPECIMEN TWO"}
        first = await issue(
            draft("marriage", marriage_row(1, **passport, cert_num_woman="X0000001")), registry, db.begin
        )
        row = divorce_row(1, **passport, cert_num_woman="X0000009")
        assert set((await issue(draft("divorce", row), registry, db.begin)).ended) == set(first.ctis)

    async def test_of_two_who_married_with_passports_and_have_other_documents_now(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        """By the number that they hand in, and their names and birth dates."""
        names = {"name_man": "SPECIMEN ONE", "name_woman": "SPECIMEN TWO"}
        abroad = {f"{k}_{who}": v for who in ("man", "woman")
                  for k, v in (("cert_type", "414"), ("nation", "156"), ("id_type", "5"))}  # fmt: skip
        then = marriage_row(1, **names, **abroad, cert_num_man="E0000001", cert_num_woman="E0000002")
        first = await issue(draft("marriage", then), registry, db.begin)
        result = await issue(draft("divorce", divorce_row(1, **names)), registry, db.begin)
        assert (set(result.ended), result.notes) == (set(first.ctis), ())

    async def test_reissue_of_a_divorce(self, registry: Registry, db: MemoryDatabase) -> None:
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        first = await issue(draft("divorce", divorce_row(1)), registry, db.begin)
        again = {"op_type": "ICB", "zihao": "BL990101-2026-000002", "old_zihao": "L990101-2026-000001"}
        late = divorce_row(2, **again, op_date="2026-07-07")
        assert (
            await refused(late | {"effective_from": "2026-04-05"}, registry, db, "divorce")
            == "effective_from EFFECT_DIFFERS"
        )
        second = await issue(draft("divorce", late), registry, db.begin)
        assert set(second.superseded) == set(first.ctis)
        assert second.ended == ()
        assert live(db, 2) == set(second.ctis)

    async def test_nothing_half_done(self, db: MemoryDatabase) -> None:
        """The divorce cannot be signed for: the marriage certificates stay."""
        registry = make_registry()
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        before = db.tables.copy()
        others = tuple(issuer for issuer in registry.trust.issuers if issuer.uscc != OFFICE)
        broken = replace(registry, trust=replace(registry.trust, issuers=others))
        with pytest.raises(SelfCheckFailed):
            await issue(draft("divorce", divorce_row(1)), broken, db.begin)
        assert db.tables == before
        assert live(db) == set(first.ctis)


class TestReissueIsNoSecondMarriage:
    async def test_an_outsider_sees_no_difference(self, registry: Registry, db: MemoryDatabase) -> None:
        """Log entries, signed bytes and their sizes, times: those of a re-issue are those of a first issue."""
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        staged = len(db.tables.staged)
        first = await issue(draft("marriage", marriage_row(2)), registry, db.begin)
        middle = len(db.tables.staged)
        again = await issue(draft("marriage", reissue_row(9, of=7)), registry, db.begin)  # its original is on paper
        assert len(db.tables.staged) - middle == middle - staged == 3
        assert {len(entry) for entry in db.tables.staged.values()} == {38}
        pairs = [[db.tables.certificates[cti] for cti in result.ctis] for result in (first, again)]
        claims = [[Certificate.parse(c.statement).claims for c in pair] for pair in pairs]
        shapes = [
            [(c.kind, c.kind_version, c.iss, c.iat, len(c.cti), len(c.root), c.public) for c in pair] for pair in claims
        ]
        assert shapes[0] == shapes[1]
        index = [len(bytes(c.statement)) - len(str(c.status_index)) // 6 for pair in pairs for c in pair]
        assert max(index) - min(index) <= 2  # the status index takes three bytes or five
        assert {c.status_list for pair in pairs for c in pair} == {1}

    async def test_nor_of_one_that_supersedes(self, registry: Registry, db: MemoryDatabase) -> None:
        """What ends the old ones is what ends any certificate: an event as of a divorce, and a bit."""
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        await issue(draft("marriage", marriage_row(2)), registry, db.begin)
        again = await issue(draft("marriage", reissue_row(9, of=1)), registry, db.begin)
        divorced = await issue(draft("divorce", divorce_row(1, of=2)), registry, db.begin)
        events = [db.tables.events[cti] for cti in (*again.superseded, *divorced.ended)]
        assert set(again.superseded) == set(first.ctis)
        assert len(events) == 4
        assert len({len(e.statement) for e in events}) == 1
        assert len({e.at for e in events}) == 1

    async def test_is_not_married_a_second_time(self, registry: Registry, db: MemoryDatabase) -> None:
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        wrong = reissue_row(9, of=1, effective_from="2025-05-19")
        assert await refused(wrong, registry, db) == "effective_from EFFECT_DIFFERS"
        await issue(draft("marriage", reissue_row(9, of=1)), registry, db.begin)
        await issue(draft("divorce", divorce_row(1)), registry, db.begin)
        late = reissue_row(10, of=1, old_zihao="BJ990101-2026-000009", op_date="2026-05-05")
        assert await refused(late, registry, db) == "old_zihao NOT_MARRIED"


class TestActs:
    @pytest.mark.parametrize("op", ["COURT_DIVORCE", "COURT_VOID", "COURT_REVOKED", "ID"])
    async def test_a_court_ends_both_certificates(self, registry: Registry, db: MemoryDatabase, op: str) -> None:
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        result = await record_act(act(op), registry, db.begin)
        assert (result.outcome, set(result.ended)) == (RowOutcome.RECORDED, set(first.ctis))
        assert {open_reason(db.tables.events[cti], registry) for cti in first.ctis} == {op}
        again = await record_act(act(op), registry, db.begin)
        assert (again.outcome, again.ended) == (RowOutcome.ALREADY, ())
        assert len(db.tables.registrations) == 2

    async def test_a_late_judgment_leaves_the_second_marriage_alone(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        """Voided is the marriage that is named; the two have married again since."""
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        await issue(draft("divorce", divorce_row(1)), registry, db.begin)
        again = {**OTHER, "zihao": "J990101-2026-000002", "op_date": "2026-06-01", "effective_from": "2026-06-01"}
        second = await issue(draft("marriage", marriage_row(1, **again, renew_flag="1")), registry, db.begin)
        late = {"op_date": "2026-07-07", "effective_from": "2026-07-01"}
        named = act("COURT_VOID", old_zihao="J990101-2025-000001", **late)
        assert (await record_act(named, registry, db.begin)).ended == ()
        assert live(db) == set(second.ctis)
        assert set((await record_act(act("COURT_VOID", 2, **late), registry, db.begin)).ended) == set(second.ctis)

    async def test_a_death_ends_no_certificate(self, registry: Registry, db: MemoryDatabase) -> None:
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        man = {f"{name}_man": "" for name in ("name", "birth", "cert_type", "cert_num", "nation", "id_type")}
        assert (await record_act(act("DEATH", **man), registry, db.begin)).ended == ()
        assert live(db) == set(first.ctis)
        with pytest.raises(InvalidField, match="cert_num_woman: PARTY_DECEASED"):
            await record_act(act("DEATH", 2, **man, effective_from="2026-04-30"), registry, db.begin)

    async def test_a_correction_ends_the_certificates_of_its_entry(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        stays = await issue(draft("marriage", marriage_row(2)), registry, db.begin)
        row = {"corrects_kind": "marriage", "corrects": "MR-000001", "document_ref": ""}
        corrected = act("CORRECTION", withdrawn="0", **row, effective_from="2025-05-19")
        assert set((await record_act(corrected, registry, db.begin)).ended) == set(first.ctis)
        assert live(db) == set(stays.ctis)
        reissued = reissue_row(9, of=1, effective_from="2025-05-19")
        assert (await issue(draft("marriage", reissued), registry, db.begin)).notes == ()
        with pytest.raises(InvalidField, match="corrects: NO_SUCH_REGISTRATION"):
            await record_act(
                act("CORRECTION", 2, withdrawn="1", **{**row, "corrects": "MR-000077"}), registry, db.begin
            )

    async def test_what_was_taken_back_never_was(self, registry: Registry, db: MemoryDatabase) -> None:
        await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        row = {"corrects_kind": "marriage", "corrects": "MR-000001", "document_ref": "", "effective_from": ""}
        await record_act(act("CORRECTION", withdrawn="1", **row), registry, db.begin)
        again = marriage_row(1, **OTHER)
        assert (await issue(draft("marriage", again), registry, db.begin)).outcome is RowOutcome.ISSUED


def archived(kind: str, row: dict[str, str]) -> object:
    found = kind_by_name(kind).parse_archive(row, today=TODAY)
    assert not isinstance(found, Rejected), found
    return found


class TestArchive:
    async def test_records_events_without_certificates(self, registry: Registry, db: MemoryDatabase) -> None:
        rows = [marriage_row(n) for n in (1, 2, 3)]
        drafts = [archived("marriage", row) for row in (*rows, rows[0], rows[1] | {"remark": "示例"})]
        drafts.append(archived("marriage", marriage_row(4, zihao=rows[0]["zihao"])))
        drafts.append(archived("divorce", divorce_row(1)))
        results = await record_registrations(drafts, registry, db.begin)  # type: ignore[arg-type]
        outcomes = ["RECORDED", "RECORDED", "RECORDED", "ALREADY", "CONFLICT", "REJECTED", "RECORDED"]
        assert [r.outcome.name for r in results] == outcomes
        assert results[5].errors[0].code == "NUMBER_TAKEN"
        assert (len(db.tables.registrations), len(db.tables.staged), len(db.tables.certificates)) == (4, 4, 0)
        again = await record_registrations(drafts[:3], registry, db.begin)  # type: ignore[arg-type]
        assert {r.outcome.name for r in again} == {"ALREADY"}
        man = {k: v for k, v in marriage_row(2).items() if k.endswith("_man")}
        assert await refused(marriage_row(5, **man), registry, db) == "cert_num_man ALREADY_MARRIED"
        assert await refused(marriage_row(6, zihao=rows[2]["zihao"]), registry, db) == "zihao NUMBER_TAKEN"

    async def test_certificates_of_an_archived_registration_come_later(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        await record_registrations([draft("marriage", marriage_row(1))], registry, db.begin)
        result = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        assert result.outcome is RowOutcome.ISSUED
        assert len(db.tables.registrations) == 1
        assert await refused_as_conflict(marriage_row(1, remark="示例"), registry)

    async def test_free_forms_of_numbers_are_nobody_s_alone(self, registry: Registry, db: MemoryDatabase) -> None:
        drafts: list[Any] = [archived("marriage", marriage_row(n, zihao="政字第12号")) for n in (1, 2)]
        results = await record_registrations(drafts, registry, db.begin)
        assert [r.outcome.name for r in results] == ["RECORDED", "RECORDED"]
        assert results[0].notes == ("LEGACY_NUMBER",)

    async def test_certificates_of_a_release_without_events_get_theirs(
        self, registry: Registry, db: MemoryDatabase
    ) -> None:
        first = await issue(draft("marriage", marriage_row(1)), registry, db.begin)
        db.tables.registrations.clear()
        db.tables.by_registration_term.clear()
        db.tables.staged.clear()
        divorced = await issue(draft("divorce", divorce_row(1)), registry, db.begin)
        assert (set(divorced.ended), divorced.notes) == (set(first.ctis), ("MARRIAGE_NOT_HERE",))
        results = await record_registrations([draft("marriage", marriage_row(1))], registry, db.begin)
        assert [r.outcome.name for r in results] == ["RECORDED"]
        assert await refused(divorce_row(2), registry, db, "divorce") == "old_zihao NOT_MARRIED"

    def test_old_forms_are_taken_and_flagged(self) -> None:
        old = marriage_row(
            1, zihao="政字第12号", op_date="19970301", effective_from="",
            cert_num_man="990101750102001", birth_man="1975-01-02",
            birth_woman="1978-03-04 00:00:00", cert_num_woman="990101780304002",
        )  # fmt: skip
        found = kind_by_name("marriage").parse_archive(old, today=TODAY)
        assert not isinstance(found, Rejected), found
        assert found.flags == ("LEGACY_NUMBER", "ID_15_DIGITS", "AGE_OF_ITS_TIME")
        assert found.man.document_number == "990101197501020011"
        assert found.op_date == found.effective_from == date(1997, 3, 1)
        today = kind_by_name("marriage").parse_row(old, today=TODAY)
        assert isinstance(today, Rejected)
        assert {e.code for e in today.errors} >= {"STRUCTURE", "DATE_FORMAT", "LENGTH"}


async def refused_as_conflict(row: dict[str, str], registry: Registry) -> bool:
    """An archived row of other content under the same number."""
    db = MemoryDatabase()
    await record_registrations([draft("marriage", marriage_row(1))], registry, db.begin)
    results = await issue_batch([draft("marriage", row)], registry, db.begin)
    return results[0].outcome is RowOutcome.CONFLICT and registry.clock() == NOW
