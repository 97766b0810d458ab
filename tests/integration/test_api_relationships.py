"""Events and states over HTTP and the command line: who may, what is answered, and what is never said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.http.relationships import EVENT_EXAMPLE
from api.http.schemas import MARRIAGE_EXAMPLE
from certs.kinds import kind_by_name
from certs.kinds.base import Rejected
from certs.marriage.record import record_registrations
from tests.simulators.office import TODAY, divorce_row, marriage_row
from tests.support.api_lab import AUDITOR, CHARITY, OFFICE_1, OFFICE_2, Lab, problem

DATABASES = ("sqlite", "postgresql")
MAN = {"cert_type": "111", "cert_num": MARRIAGE_EXAMPLE["cert_num_man"]}
WOMAN = {"cert_type": "111", "cert_num": MARRIAGE_EXAMPLE["cert_num_woman"]}


async def ask(lab: Lab, *subjects: dict[str, str], slug: str = OFFICE_2, **more: str) -> httpx.Response:
    body = {"subjects": list(subjects), **more}
    return await lab.client.post("/v1/relationships/query", json=body, headers=lab.token(slug))


async def state(lab: Lab, *subjects: dict[str, str], **more: str) -> str:
    answer = await ask(lab, *subjects, **more)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["state"])


async def tell(lab: Lab, slug: str = OFFICE_1, **changes: str) -> httpx.Response:
    body = {"record": {**EVENT_EXAMPLE, **changes}}
    return await lab.client.post("/v1/registrations/events", json=body, headers=lab.token(slug))


async def test_a_marriage_and_the_judgment_that_ended_it(lab: Lab) -> None:
    issued = (await lab.issue()).json()["certificates"]
    married = await ask(lab, MAN, as_of="2026-01-01")
    assert married.json() == {"state": "MARRIED", "as_of": "2026-01-01", "known_at": "2027-01-15T08:00:00Z"}
    assert await state(lab, MAN, WOMAN) == "MARRIED"
    lab.clock.now += 60
    told = await tell(lab)
    assert (told.status_code, told.json()) == (201, {"created": True, "ended": 2, "notes": []})
    assert [await state(lab, MAN, as_of=day) for day in ("2025-05-19", "2026-05-11", "2026-05-12")] == [
        "NONE_KNOWN",
        "MARRIED",
        "DIVORCED_COURT",
    ]
    assert await state(lab, WOMAN, MAN, as_of="2026-05-12", known_at="2027-01-15T08:00:59Z") == "MARRIED"
    again = await tell(lab)
    assert (again.status_code, again.json()["ended"]) == (200, 0)
    for view in issued:
        found = await lab.client.post(
            "/v1/certificates/lookup", json={"zihao": MARRIAGE_EXAMPLE["zihao"]}, headers=lab.token(OFFICE_1)
        )
        assert {c["cti"]: c["valid"] for c in found.json()["certificates"]}[view["cti"]] is False


async def test_a_death_widows_the_other_one(lab: Lab) -> None:
    """Asked about by the survivor's document alone: the death does not name it."""
    await lab.issue()
    man = {name: "" for name in EVENT_EXAMPLE if name.endswith("_man")}
    lab.clock.now += 60
    died = await tell(lab, **man, op_type="DEATH", old_zihao="", effective_from="2026-05-10", op_date="2026-05-12")
    assert died.status_code == 201, died.text
    for subjects in ((MAN,), (WOMAN,), (MAN, WOMAN)):
        days = ("2026-05-09", "2026-05-10")
        assert [await state(lab, *subjects, as_of=day) for day in days] == ["MARRIED", "ENDED_DEATH"]
        assert await state(lab, *subjects, as_of=days[1], known_at="2027-01-15T08:00:59Z") == "MARRIED"


async def test_an_answer_says_one_word(lab: Lab) -> None:
    await lab.issue()
    answer = await ask(lab, MAN)
    assert answer.json().keys() == {"state", "as_of", "known_at"}
    for value in ("name_woman", "cert_num_woman", "zihao", "reg_office_uscc", "record_no"):
        assert MARRIAGE_EXAMPLE[value] not in answer.text
    stranger = {"cert_type": "111", "cert_num": "990101199003070016"}
    assert await state(lab, stranger) == "NONE_KNOWN"
    assert await state(lab, MAN, stranger) == "NONE_KNOWN"


async def test_who_may(lab: Lab) -> None:
    for slug, asked in ((CHARITY, 403), (AUDITOR, 403), (OFFICE_1, 200)):
        assert (await ask(lab, MAN, slug=slug)).status_code == asked
    assert (await tell(lab, slug=OFFICE_2)).status_code == 403  # under another office's code
    assert (await lab.client.post("/v1/relationships/query", json={"subjects": [MAN]})).status_code == 401
    parlour = next(o for o in lab.service.institution.organisations if 8 in o.type_codes)
    assert (await ask(lab, MAN, slug=parlour.slug)).status_code == 403  # a registry, and not of marriages


BROKEN: list[tuple[dict[str, str], str, str]] = [
    ({"op_type": "IA"}, "op_type", "CODE"),
    ({"document_ref": ""}, "document_ref", "MISSING"),
    ({"effective_from": "2026-06-02"}, "effective_from", "EFFECTIVE_AFTER_REGISTRATION"),
    ({"cert_num_man": MARRIAGE_EXAMPLE["cert_num_man"][:17] + "1"}, "cert_num_man", "CHECK_CHARACTER"),
    ({"old_zihao": "L990101-2025-000001"}, "old_zihao", "PREFIX_FOR_OPERATION"),
    ({"op_type": "DEATH", "old_zihao": ""}, "cert_num_man", "ONE_PERSON"),
    ({"op_type": "CORRECTION", "withdrawn": "1", "old_zihao": ""}, "cert_num_man", "MUST_BE_EMPTY"),
    ({"corrects": "MR-000001"}, "corrects", "MUST_BE_EMPTY"),
]


async def test_a_broken_rule_is_named_and_no_value(lab: Lab) -> None:
    for changes, field, code in BROKEN:
        answer = await tell(lab, **changes)
        found = problem(answer)
        assert (found["status"], found["code"]) == (422, "rejected")
        assert [(e["field"], e["code"]) for e in found["errors"]] == [(field, code)]
        assert MARRIAGE_EXAMPLE["cert_num_woman"] not in answer.text


async def test_nobody_knows_the_future(lab: Lab) -> None:
    for more in ({"as_of": "2027-01-16"}, {"known_at": "2027-01-15T08:00:01Z"}, {"as_of": "2026-02-30"}):
        answer = await ask(lab, MAN, **more)
        assert (answer.status_code, problem(answer)["code"]) == (400, "bad-parameter")


async def test_other_content_under_one_number_is_a_conflict(lab: Lab) -> None:
    await tell(lab)
    answer = await tell(lab, document_ref="（2026）示例民初2号")
    assert (answer.status_code, problem(answer)["code"]) == (409, "conflict")


async def test_issuing_asks_the_record(lab: Lab) -> None:
    """On the database: the second marriage is refused, the divorce ends the first one's certificates."""
    await lab.issue()
    again = await lab.issue({"record_no": "MR-000002", "zihao": "J990101-2025-000002"})
    assert [(e["field"], e["code"]) for e in problem(again)["errors"]] == [("cert_num_man", "ALREADY_MARRIED")]
    names = kind_by_name("divorce").info.columns
    row = {name: MARRIAGE_EXAMPLE[name] for name in names} | {
        "record_no": "DR-000001", "op_type": "IB", "zihao": "L990101-2026-000001", "op_date": "2026-04-04",
        "effective_from": "2026-04-04", "old_zihao": MARRIAGE_EXAMPLE["zihao"],
    }  # fmt: skip
    body = {"kind": "divorce", "record": row}
    divorced = await lab.client.post("/v1/certificates", json=body, headers=lab.token(OFFICE_1))
    assert divorced.status_code == 201, divorced.text
    assert "notes" not in divorced.json()
    assert await state(lab, MAN, WOMAN) == "DIVORCED"
    renewed = {"record_no": "MR-000003", "zihao": "J990101-2026-000003", "op_date": "2026-06-01", "renew_flag": "1"}
    assert (await lab.issue({**renewed, "effective_from": "2026-06-01"})).status_code == 201
    assert await state(lab, MAN) == "MARRIED"
    async with lab.service.database.read() as work:
        found = await work.connection.exec_driver_sql("SELECT count(*) FROM certificate WHERE revoked_at IS NOT NULL")
        assert found.scalar_one() == 2


async def test_what_is_on_paper_is_said(lab: Lab) -> None:
    answer = await lab.issue({"renew_flag": "1"}, **{"Idempotency-Key": "b7c1f0de-0009"})
    assert answer.json()["notes"] == ["EARLIER_MARRIAGE_NOT_HERE"]
    again = await lab.issue({"renew_flag": "1"}, **{"Idempotency-Key": "b7c1f0de-0009"})
    assert again.json() == answer.json()


async def test_an_archive_is_recorded_whole_or_not_at_all(lab: Lab) -> None:
    registry, begin = lab.service.makers.registry, lab.service.makers.begin
    drafts: list[Any] = [kind_by_name("marriage").parse_archive(marriage_row(n), today=TODAY) for n in range(1, 201)]
    drafts.append(kind_by_name("divorce").parse_archive(divorce_row(1), today=TODAY))
    assert not any(isinstance(d, Rejected) for d in drafts)
    results = await record_registrations(drafts, registry, begin)
    assert {r.outcome.name for r in results} == {"RECORDED"}
    again = await record_registrations(drafts, registry, begin)
    assert {r.outcome.name for r in again} == {"ALREADY"}
    await lab.service.ledger.sequence()
    man = {"cert_type": "111", "cert_num": marriage_row(1)["cert_num_man"]}
    assert await state(lab, man) == "DIVORCED"
    assert await state(lab, man, known_at="2027-01-15T07:59:59Z") == "NONE_KNOWN"  # it became known by the import


async def test_events_from_a_file(
    lab: Lab, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command's own parts, on the service that is open."""
    import api.commands.event as command

    class Opened:
        async def __aenter__(self) -> Any:
            return lab.service

        async def __aexit__(self, *_: object) -> None: ...

    monkeypatch.setattr(command, "open_service", lambda _: Opened())
    await lab.issue()
    rows = [EVENT_EXAMPLE, EVENT_EXAMPLE, {**EVENT_EXAMPLE, "record_no": "AR-000002"}]
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    arguments = type("Arguments", (), {"file": str(file), "as_": None})()
    assert await command.record(lab.service.settings, arguments) == 1
    shown = capsys.readouterr()
    assert "1 recorded, 1 known before, 1 refused; 2 certificates ended" in shown.out
    assert "line 3: old_zihao NOT_MARRIED" in shown.err
    file.write_text(json.dumps({"subjects": [MAN, WOMAN], "as_of": "2026-05-12"}), encoding="utf-8")
    assert await command.state(lab.service.settings, arguments) == 0
    assert capsys.readouterr().out.startswith("DIVORCED_COURT 2026-05-12 2027-")
