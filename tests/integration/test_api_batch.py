"""Batch files: good rows once, bad rows by line, field and rule, and safe to send again."""

from __future__ import annotations

import csv
import io
import json
import threading
from typing import Any

import httpx
import pytest

from api.services.importing import csvfile
from api.settings import Limits
from certs.kinds import kind_by_name
from tests.support import api_lab
from tests.support.api_lab import EXAMPLES, OFFICE_1, Lab, problem

DATABASES = ("sqlite", "postgresql")

MARRIAGES = (EXAMPLES / "marriage-registrations.csv").read_bytes()
BAD_ROWS = (EXAMPLES / "bad-rows.csv").read_bytes()


async def send(
    lab: Lab, data: bytes, kind: str = "text/csv", which: str = "marriage", **headers: str
) -> httpx.Response:
    own = lab.token(OFFICE_1) | {"Content-Type": kind} | headers
    return await lab.client.post(f"/v1/certificates/batch?kind={which}", content=data, headers=own)


async def report(lab: Lab, data: bytes, kind: str = "text/csv", **headers: str) -> dict[str, Any]:
    answer = await send(lab, data, kind, **headers)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def own_rows() -> list[dict[str, str]]:
    rows = csv.DictReader(io.StringIO(MARRIAGES.decode()))
    return [row for row in rows if row["reg_office_uscc"] == "11990000MB9T010142"]


async def test_own_rows_are_issued_and_others_reported(lab: Lab) -> None:
    done = await report(lab, MARRIAGES)
    assert done["rows"] == 26
    assert done["issued"] == len(own_rows())
    assert done["certificates"] == 2 * len(own_rows())
    assert {bad["code"] for bad in done["rejected"]} == {"not-yours"}
    again = await report(lab, MARRIAGES)
    assert (again["issued"], again["existing"], again["certificates"]) == (0, len(own_rows()), 0)


async def test_every_bad_row_is_named_and_nothing_of_it_issued(lab: Lab) -> None:
    done = await report(lab, BAD_ROWS, **{"Accept-Language": "en"})
    assert done["issued"] == 0
    assert sorted({bad["line"] for bad in done["rejected"]}) == list(range(2, 18))
    assert all(bad["code"] and bad["reason"] for bad in done["rejected"])
    async with lab.service.database.read() as work:
        assert await work.statuses.lists() == []


async def test_good_rows_among_bad_ones_are_issued_once(lab: Lab) -> None:
    good = MARRIAGES.decode().splitlines()
    bad = BAD_ROWS.decode().splitlines()
    mixed = "\r\n".join([good[0], bad[1], good[1], '"open quote never closed', *bad[2:4]]).encode()
    done = await report(lab, mixed)
    assert done["issued"] == 1
    assert sorted({b["line"] for b in done["rejected"]}) == [2, 4, 5, 6]  # the open quote costs its own row only
    assert (await report(lab, mixed))["existing"] == 1


async def test_both_encodings_are_taken_with_and_without_mark_and_no_other(lab: Lab) -> None:
    text = MARRIAGES.decode()
    assert (await report(lab, b"\xef\xbb\xbf" + MARRIAGES))["issued"] == len(own_rows())
    for data in (text.encode("gb18030"), "\ufeff".encode("gb18030") + text.encode("gb18030")):
        assert (await report(lab, data))["existing"] == len(own_rows())
    declared = await report(lab, text.encode("gb18030"), "text/csv; charset=GB18030")
    assert declared["existing"] == len(own_rows())
    found = problem(await send(lab, text.encode("utf-16")))
    assert (found["code"], found["errors"][0]["code"]) == ("batch-unreadable", "encoding-unsupported")
    found = problem(await send(lab, text.encode("gb18030"), "text/csv; charset=utf-8"))
    assert (found["errors"][0]["code"], found["detail"]) == ("encoding-invalid", "line 2")
    assert (await send(lab, MARRIAGES, "text/csv; charset=big5")).status_code == 415


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no-header"),
        (b"record_no,op_type\n1,2\n", "column-missing"),
        (MARRIAGES.replace(b"remark\n", b"remark,extra\n", 1), "column-unknown"),
        (MARRIAGES.replace(b"record_no,", b"record_no,record_no,", 1), "column-repeated"),
        (MARRIAGES + b"\x00", "nul-character"),
    ],
)
async def test_an_unreadable_file_is_refused_whole(lab: Lab, data: bytes, code: str) -> None:
    answer = await send(lab, data)
    assert answer.status_code == 400
    assert problem(answer)["errors"][0]["code"] == code


async def test_ndjson_rows_are_the_same_rows(lab: Lab) -> None:
    rows = own_rows()[:2]
    lines = [json.dumps(rows[0], ensure_ascii=False), "", "{", "[]", '{"op_type":"IA","op_type":"ICA"}', "[" * 20_000]
    typed = dict(rows[1]) | {"remedy_flag": False, "renew_flag": 0}
    lines += [json.dumps({"name": "x"}), json.dumps(typed), json.dumps(rows[1] | {"remark": 1.5})]
    done = await report(lab, "\n".join(lines).encode(), "application/x-ndjson")
    assert done["issued"] == 2
    assert [(b["line"], b["code"]) for b in done["rejected"]] == [
        (3, "json-syntax"),
        (4, "not-an-object"),
        (5, "json-syntax"),
        (6, "json-syntax"),
        (7, "column-unknown"),
        (9, "type"),
    ]
    as_csv = await report(lab, MARRIAGES)
    assert as_csv["existing"] == 2


async def test_a_kind_that_is_not_the_party_s_is_forbidden(lab: Lab) -> None:
    assert (await send(lab, MARRIAGES, which="donation")).status_code == 403
    assert (await send(lab, MARRIAGES, which="none")).status_code == 422
    assert (await send(lab, MARRIAGES, "application/json")).status_code == 415


async def test_reading_a_file_does_not_hold_up_others(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: set[int] = set()

    read = csvfile.read

    def watched(*arguments: Any, **named: Any) -> Any:
        for row in read(*arguments, **named):
            threads.add(threading.get_ident())
            yield row

    monkeypatch.setattr(csvfile, "read", watched)
    assert (await report(lab, MARRIAGES))["issued"] > 0
    assert threads
    assert threading.get_ident() not in threads


async def test_telling_every_reason_does_not_hold_up_others(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    import api.http.registry as routes

    told: list[int] = []

    def watched(code: str, lang: str) -> str:
        told.append(threading.get_ident())
        return code

    monkeypatch.setattr(routes, "reason_of", watched)
    monkeypatch.setattr(routes, "_PIECE", 2)
    empty = ",".join("" for _ in own_rows()[0])
    done = await report(lab, (",".join(own_rows()[0]) + f"\n{empty}\n{empty}\n").encode())
    assert (done["rows"], done["issued"]) == (2, 0)
    assert {bad["line"] for bad in done["rejected"]} == {2, 3}
    assert len(told) == len(done["rejected"]) > 20
    assert threading.get_ident() not in told


async def test_an_amount_that_no_total_can_hold_does_not_hold_up_its_neighbours(lab: Lab) -> None:
    rows = list(csv.DictReader(io.StringIO((EXAMPLES / "donations.csv").read_text(encoding="utf-8-sig"))))[:3]
    rows[1] |= {"amount_fen": str((1 << 53) - 1), "plan_filing_no": rows[0]["plan_filing_no"]}
    data = "\n".join(json.dumps(row) for row in rows).encode()
    headers = lab.token(api_lab.CHARITY)
    for issued in (2, 0):
        made = (await send(lab, data, "application/x-ndjson", "donation", **headers)).json()
        assert (made["issued"], made["existing"]) == (issued, 2 - issued)
        assert [(bad["line"], bad["field"], bad["code"]) for bad in made["rejected"]] == [(2, "amount_fen", "AMOUNT")]


async def test_too_many_rows_issue_nothing(api_template: Any, tmp_path: Any) -> None:
    async with api_lab.running(api_template, tmp_path / "data", Limits(batch_rows=5)) as lab:
        answer = await send(lab, MARRIAGES)
        assert problem(answer)["errors"][0]["code"] == "too-many-rows"
        async with lab.service.database.read() as work:
            assert await work.statuses.lists() == []


def test_the_examples_name_every_column() -> None:
    assert tuple(own_rows()[0]) == kind_by_name("marriage").info.columns
