"""Imports: received sealed, run row by row, resumed, cancelled, reported on; and nothing twice."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from api.bootstrap import open_service
from api.jobs import loops
from api.metrics import Metrics
from api.services.importing import deciding
from api.services.importing.deciding import Mode
from api.services.importing.spool import CHUNK
from api.settings import Limits
from tests.support import api_lab
from tests.support.api_lab import EXAMPLES, OFFICE_1, OFFICE_2, Lab, problem
from tests.support.spreadsheets import workbook

DATABASES = ("sqlite", "postgresql")

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS = list(csv.DictReader(io.StringIO((EXAMPLES / "marriage-registrations.csv").read_text("utf-8"))))
OWN = [row for row in ROWS if row["reg_office_uscc"] == "11990000MB9T010142"]


def table(rows: Sequence[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(ROWS[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


async def send(lab: Lab, data: bytes, media: str = "text/csv", query: str = "", slug: str = OFFICE_1) -> httpx.Response:
    own = lab.token(slug) | {"Content-Type": media}
    return await lab.client.post(f"/v1/imports?kind=marriage{query}", content=data, headers=own)


async def taken(lab: Lab, data: bytes, media: str = "text/csv", query: str = "") -> str:
    answer = await send(lab, data, media, query)
    assert answer.status_code == 202, answer.text
    job: dict[str, Any] = answer.json()
    assert (job["state"], answer.headers["location"]) == ("received", f"/v1/imports/{job['id']}")
    return str(job["id"])


async def shown(lab: Lab, job: str) -> dict[str, Any]:
    answer = await lab.client.get(f"/v1/imports/{job}", headers=lab.token(OFFICE_1))
    body: dict[str, Any] = answer.json()
    return body


async def remarks(lab: Lab, job: str, lang: str = "en") -> list[tuple[int, str, str, str]]:
    own = lab.token(OFFICE_1) | {"Accept-Language": lang}
    answer = await lab.client.get(f"/v1/imports/{job}/report?format=ndjson", headers=own)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert all(line["message"] for line in lines)
    return [(line["line"], line["field"], line["code"], line["severity"]) for line in lines]


async def counts(lab: Lab) -> tuple[int, int, int]:
    """Certificates, registration events, entries that wait for the log or are in it."""
    async with lab.service.database.read() as work:
        made = []
        for query in ("certificate", "registration_event", "outbox where kind = 'log'"):
            result = await work.connection.exec_driver_sql(f"select count(*) from {query}")
            made.append(int(result.scalar_one()))
        return made[0], made[1], made[2]


def spooled(lab: Lab) -> list[bytes]:
    directory = lab.service.settings.data_dir / "spool"
    return [path.read_bytes() for path in directory.iterdir()] if directory.exists() else []


async def test_a_file_is_taken_then_issued_then_gone(lab: Lab) -> None:
    bad = OWN[1] | {"record_no": "X-1", "birth_man": "2025-02-30"}
    job = await taken(lab, table([*OWN, ROWS[2], bad]))
    (file,) = spooled(lab)
    assert "张示例".encode() not in file
    assert (await counts(lab))[0] == 0
    assert await lab.service.imports.run_pending() == 1
    done = await shown(lab, job)
    assert (done["state"], done["rows"], done["position"]) == ("done", len(OWN) + 2, len(OWN) + 2)
    assert (done["issued"], done["existing"], done["rejected"]) == (len(OWN), 0, 2)
    assert (await counts(lab))[0] == 2 * len(OWN)
    found = await remarks(lab, job)
    assert [(line, field, code) for line, field, code, severity in found if severity == "error"] == [
        (len(OWN) + 2, "issuer", "not-yours"),
        (len(OWN) + 3, "birth_man", "DATE"),
    ]
    assert spooled(lab) == []
    again = await taken(lab, table(OWN))
    assert await lab.service.imports.run_pending() == 1
    assert ((await shown(lab, again))["issued"], (await shown(lab, again))["existing"]) == (0, len(OWN))


async def test_spreadsheets_and_ndjson_and_gb18030_say_the_same(lab: Lab) -> None:
    columns = list(ROWS[0])
    files = [
        (table(OWN).decode().encode("gb18030"), "text/csv; charset=gb18030"),
        (workbook([columns, *([row[c] for c in columns] for row in OWN)]), XLSX),
        ("\n".join(json.dumps(row) for row in OWN).encode(), "application/x-ndjson"),
    ]
    results = []
    for data, media in files:
        job = await taken(lab, data, media)
        await lab.service.imports.run_pending()
        done = await shown(lab, job)
        results.append((done["state"], done["issued"], done["existing"]))
    assert results == [("done", len(OWN), 0), ("done", 0, len(OWN)), ("done", 0, len(OWN))]


async def test_what_was_cut_short_goes_on_and_doubles_nothing(
    api_template: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with api_lab.running(api_template, tmp_path / "data", Limits(served_transaction=3)) as lab:
        bad = OWN[0] | {"record_no": "X-1", "op_type": "?"}
        job = await taken(lab, table([bad, *OWN]))
        done, made = 0, deciding.made

        async def failing(*arguments: Any) -> Any:
            nonlocal done
            done += 1
            result = await made(*arguments)
            if done == 3:
                raise OSError("the power fails before the commit")
            return result

        monkeypatch.setattr(deciding, "made", failing)
        with pytest.raises(OSError, match="power"):
            await lab.service.imports.run_pending()
        assert ((await shown(lab, job))["state"], (await shown(lab, job))["position"]) == ("running", 6)
        assert (await counts(lab))[0] == 10
        assert await lab.service.imports.run_pending() == 1
        assert (await shown(lab, job)) | {"updated_at": 0} == (await shown(lab, job)) | {
            "updated_at": 0, "state": "done", "issued": len(OWN), "existing": 0, "rejected": 1,
        }  # fmt: skip
        assert (await counts(lab))[0] == 2 * len(OWN)
        assert [line for line, _, _, severity in await remarks(lab, job) if severity == "error"] == [2]


async def test_a_cancelled_import_stops_and_keeps_what_it_made(
    api_template: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with api_lab.running(api_template, tmp_path / "data", Limits(served_transaction=2)) as lab:
        job = await taken(lab, table(OWN))
        admit, calls = lab.service.imports._admit, 0

        async def cancelling() -> None:
            nonlocal calls
            calls += 1
            if calls == 3:
                answer = await lab.client.delete(f"/v1/imports/{job}", headers=lab.token(OFFICE_1))
                assert answer.json()["state"] == "cancelled"
            await admit()

        monkeypatch.setattr(lab.service.imports, "_admit", cancelling)
        await lab.service.imports.run_pending()
        done = await shown(lab, job)
        assert (done["state"], done["position"]) == ("cancelled", 4)
        assert (await counts(lab))[0] == 8
        assert spooled(lab) == []
        assert await lab.service.imports.run_pending() == 0


async def test_a_file_that_cannot_be_read_is_stopped_with_its_line(lab: Lab) -> None:
    data = table(OWN[:2]) + "坏\n".encode("gb18030")
    job = await taken(lab, data, "text/csv; charset=utf-8")
    await lab.service.imports.run_pending()
    assert (await shown(lab, job))["state"] == "stopped"
    assert await remarks(lab, job) == [(4, "", "encoding-invalid", "error")]
    answer = await lab.client.get(f"/v1/imports/{job}/report", headers=lab.token(OFFICE_1))
    assert "该行不符合文件的编码" in answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    assert (await counts(lab))[0] == 0


async def test_a_dry_run_says_all_and_changes_nothing(lab: Lab) -> None:
    bad = OWN[1] | {"record_no": "X-1", "birth_man": "2025-02-30"}
    before = await counts(lab)
    job = await taken(lab, table([*OWN, bad]), query="&dry_run=true")
    await lab.service.imports.run_pending()
    done = await shown(lab, job)
    assert (done["dry_run"], done["issued"], done["rejected"]) == (True, len(OWN), 1)
    assert await counts(lab) == before
    async with lab.service.database.read() as work:
        assert await work.statuses.lists() == []


async def test_an_archive_is_recorded_without_certificates(lab: Lab) -> None:
    job = await taken(lab, table(OWN), query="&mode=archive")
    await lab.service.imports.run_pending()
    done = await shown(lab, job)
    assert (done["state"], done["mode"], done["issued"]) == ("done", "archive", len(OWN))
    certificates, events, _ = await counts(lab)
    assert (certificates, events) == (0, len(OWN))
    again = await taken(lab, table(OWN), query="&mode=archive")
    await lab.service.imports.run_pending()
    assert (await shown(lab, again))["existing"] == len(OWN)
    assert (await counts(lab))[1] == len(OWN)


async def test_jobs_are_their_sender_s(lab: Lab) -> None:
    job = await taken(lab, table(OWN))
    for path in (f"/v1/imports/{job}", f"/v1/imports/{job}/report"):
        assert (await lab.client.get(path, headers=lab.token(OFFICE_2))).status_code == 404
        assert (await lab.client.get(path, headers=lab.token("auditor"))).status_code == 403
        assert (await lab.client.get(path)).status_code == 401
    assert (await lab.client.delete(f"/v1/imports/{job}", headers=lab.token(OFFICE_2))).status_code == 404
    assert (await lab.client.get("/v1/imports/none", headers=lab.token(OFFICE_1))).status_code == 400
    assert (await send(lab, table(OWN))).json()["id"] == job  # the same file, while it waits, is the same job
    assert len(spooled(lab)) == 1


async def test_bounds_and_other_media(api_template: Any, tmp_path: Any) -> None:
    limits = Limits(import_body=2 * CHUNK, import_rows=5, imports_open=1)
    async with api_lab.running(api_template, tmp_path / "data", limits) as lab:
        assert (await send(lab, b"x", "application/json")).status_code == 415
        assert problem(await send(lab, b"x", query="&mode=other"))["code"] == "bad-parameter"
        csv = lab.token(OFFICE_1) | {"Content-Type": "text/csv"}
        wrong = await lab.client.post("/v1/imports?kind=marriages", content=b"x", headers=csv)
        assert [(e["field"], e["code"]) for e in problem(wrong)["errors"]] == [("kind", "CODE")]
        own = lab.token(OFFICE_1) | {"Content-Type": "text/csv"}

        async def endless() -> Any:
            for _ in range(8):
                yield bytes(CHUNK)

        answer = await lab.client.post("/v1/imports?kind=marriage", content=endless(), headers=own)
        assert problem(answer)["code"] == "body-too-large"
        assert spooled(lab) == []
        job = await taken(lab, table(OWN))
        full = await send(lab, table(OWN[:1]))
        assert (full.status_code, int(full.headers["retry-after"]) > 0) == (429, True)
        await lab.service.imports.run_pending()
        assert await remarks(lab, job) == [(0, "", "too-many-rows", "error")]


async def test_after_a_restart_the_service_goes_on_and_clears_up(api_template: Any, tmp_path: Any) -> None:
    async with api_lab.running(api_template, tmp_path / "data") as lab:
        await taken(lab, table(OWN))
        settings = lab.service.settings
    orphan = settings.data_dir / "spool" / f"{'00' * 16}.part"
    orphan.write_bytes(b"half a file")
    async with open_service(settings, clock=api_lab.Clock()) as service:
        await loops._import(service, Metrics())
        async with service.database.read() as work:
            (job,) = (await work.connection.exec_driver_sql("select state, issued from import_job")).all()
    assert tuple(job) == ("done", len(OWN))
    assert list(orphan.parent.iterdir()) == []


async def test_a_damaged_spool_file_stops_its_job(lab: Lab) -> None:
    job = await taken(lab, table(OWN))
    (path,) = (lab.service.settings.data_dir / "spool").iterdir()
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    await lab.service.imports.run_pending()
    assert ((await shown(lab, job))["state"], await remarks(lab, job)) == (
        "stopped",
        [(0, "", "spool-damaged", "error")],
    )
    assert (await counts(lab))[0] == 0


def test_every_mode_has_its_word() -> None:
    assert {Mode.of(archive=a, check=c) for a in (False, True) for c in (False, True)} == set(Mode)


async def test_a_job_that_fails_does_not_keep_others_waiting(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = await taken(lab, table(OWN[:1])), await taken(lab, table(OWN[1:]))
    order = [job.job_id.hex() for job in await lab.service.imports._open()]
    run = lab.service.imports._run

    async def failing(job: Any, progress: Any) -> None:
        if job.job_id.hex() == order[0]:
            raise RuntimeError
        await run(job, progress)

    monkeypatch.setattr(lab.service.imports, "_run", failing)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await lab.service.imports.run_pending()
    assert {first, second} == set(order)
    assert [(await shown(lab, job))["state"] for job in order] == ["received", "done"]


async def test_a_job_cancelled_while_it_waits_for_another_is_left_out(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rows in (OWN[:1], OWN[1:2], OWN[2:]):
        await taken(lab, table(rows))
    order = [job.job_id.hex() for job in await lab.service.imports._open()]
    run = lab.service.imports._run

    async def cancelling(job: Any, progress: Any) -> None:
        await run(job, progress)
        if job.job_id.hex() == order[0]:
            await lab.client.delete(f"/v1/imports/{order[1]}", headers=lab.token(OFFICE_1))

    monkeypatch.setattr(lab.service.imports, "_run", cancelling)
    await lab.service.imports.run_pending()
    assert [(await shown(lab, job))["state"] for job in order] == ["done", "cancelled", "done"]


async def test_files_that_still_arrive_count_as_open(api_template: Any, tmp_path: Any) -> None:
    async with api_lab.running(api_template, tmp_path / "data", Limits(imports_open=1)) as lab:
        answers: list[httpx.Response] = []

        async def slowly() -> Any:
            yield table(OWN[:1])
            answers.append(await send(lab, table(OWN[1:2])))

        own = lab.token(OFFICE_1) | {"Content-Type": "text/csv"}
        first = await lab.client.post("/v1/imports?kind=marriage", content=slowly(), headers=own)
        assert (first.status_code, [answer.status_code for answer in answers]) == (202, [429])
