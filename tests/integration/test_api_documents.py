"""Documents over HTTP: rendered, sealed, stated, logged; what a stranger makes of them, and what is refused."""

from __future__ import annotations

import asyncio
import base64
import io
from typing import Any

import httpx
import pypdf
import pytest
from PIL import Image

from tests.support.api_lab import OFFICE_1, OFFICE_2, Lab, problem
from verifier import package
from verifier.assess import Verifier
from verifier.documents import read_document
from verifier.ofdfile import read_entry
from verifier.policy import TrustBundle
from verifier.rendition import Rendition
from verifier.report import Outcome, Report
from verifier.wording import to_text

COPY = {"purpose": "办理示例贷款", "recipient": "示例银行"}


async def ordered(lab: Lab, cti: str, slug: str = OFFICE_1, **wanted: Any) -> httpx.Response:
    """The document, while the log's own job does what it does in a service that runs."""

    async def job() -> None:
        while True:
            await lab.service.database.news.wait()
            lab.service.database.news.clear()
            await lab.service.ledger.sequence()
            await lab.service.ledger.checkpoint()

    lab.service.database.news.clear()
    running = asyncio.create_task(job())
    answer = await lab.client.post("/v1/certificates/document", json={"cti": cti, **wanted}, headers=lab.token(slug))
    running.cancel()
    return answer


async def judged(lab: Lab, data: bytes, at: int | None = None) -> Report:
    """By somebody who has nothing but the public artefacts and the pin."""
    bundle = (await lab.client.get("/v1/trust-bundle")).content
    index = (await lab.client.get("/v1/status-lists")).json()
    lists = [
        (await lab.client.get(uri.removeprefix("https://minzheng.example"))).content for uri in index["status_lists"]
    ]
    trust = TrustBundle.parse(bundle, lab.service.trust.root_fingerprint)
    return Verifier(trust, lists).assess(data, at=lab.clock.now if at is None else at)


@pytest.fixture
async def cti(lab: Lab) -> str:
    issued: str = (await lab.issue()).json()["certificates"][0]["cti"]
    await lab.service.ledger.settle()
    await lab.service.publishing.publish()
    return issued


@pytest.mark.parametrize("form", ["pdf", "ofd"])
async def test_a_stranger_checks_the_file_alone(lab: Lab, cti: str, form: str) -> None:
    answer = await ordered(lab, cti, format=form)
    assert answer.status_code == 200, answer.text
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == (f"application/{form}", "no-store")
    report = await judged(lab, answer.content)
    assert (report.outcome, report.reason.value, report.level) == (Outcome.PASSED, "OK", "L3")
    assert report.document is not None
    assert report.document.copy is False
    assert (report.document.seal is not None) is (form == "ofd")
    assert ("  签章时间: " in to_text(report), "  sealed at: " in to_text(report, "en")) == (form == "ofd",) * 2
    statement = Rendition.parse(read_document(answer.content).statement or b"")
    assert statement.receipts
    public = await lab.client.get(f"/v1/renditions/{report.document.digest}")
    assert Rendition.parse(public.content).statement == statement.statement
    served = await lab.client.post(
        "/v1/verify", content=answer.content, headers={"Content-Type": "application/octet-stream"}
    )
    assert (served.json()["outcome"], served.json()["document"]["sm3"]) == ("PASSED", report.document.digest)


async def test_a_changed_byte_of_the_page_is_found(lab: Lab, cti: str) -> None:
    data = (await ordered(lab, cti, format="pdf")).content
    where = data.index(b"/Type/Page")
    altered = data[:where] + b"/Type/page" + data[where + 10 :]
    assert (await judged(lab, altered)).reason.value == "DOCUMENT_ALTERED"
    files = dict(package.read((await ordered(lab, cti, format="ofd")).content).files)
    name = next(n for n in files if n.endswith("Content.xml"))
    assert (await judged(lab, package.write({**files, name: files[name] + b" "}))).outcome is not Outcome.PASSED


@pytest.mark.parametrize("form", ["pdf", "ofd"])
async def test_an_annotated_copy_says_so_and_ends(lab: Lab, cti: str, form: str) -> None:
    expires = lab.clock.now + 3600
    answer = await ordered(lab, cti, format=form, copy_for={**COPY, "expires": expires})
    assert answer.status_code == 200, answer.text
    report = await judged(lab, answer.content, expires)
    assert report.outcome is Outcome.PASSED
    assert report.document is not None
    assert report.document.copy
    assert (await judged(lab, answer.content, expires + 1)).reason.value == "COPY_EXPIRED"
    if form == "ofd":
        custom = read_entry(package.read(answer.content)).custom
        assert (custom["JZJZZSY"], custom["ZZMC"]) == (COPY["purpose"], "结婚证")
    else:
        text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages)
        assert COPY["purpose"] in text
        assert COPY["recipient"] in text


async def test_a_photograph_is_printed_and_nothing_else_of_it_is_kept(lab: Lab, cti: str) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), (10, 120, 200)).save(picture, "JPEG", comment=b"taken at home")
    photo = base64.b64encode(picture.getvalue()).decode()
    data = (await ordered(lab, cti, photo=photo)).content
    assert b"taken at home" not in data
    assert (await judged(lab, data)).outcome is Outcome.PASSED
    for bad in ("AAAA", "no base64!", base64.b64encode(b"\xff\xd8\xff" + bytes(300)).decode()):
        refused = await ordered(lab, cti, photo=bad)
        assert refused.status_code in (400, 422), refused.text


async def test_who_may_and_what_is_refused(lab: Lab, cti: str) -> None:
    assert problem(await ordered(lab, cti, OFFICE_2))["code"] == "not-found"
    assert problem(await ordered(lab, "00" * 16))["code"] == "not-found"
    assert problem(await ordered(lab, cti, format="doc"))["code"] == "invalid-fields"
    past = {**COPY, "expires": lab.clock.now - 1}
    refused = problem(await ordered(lab, cti, copy_for=past))
    assert [(e["field"], e["code"], bool(e["reason"])) for e in refused["errors"]] == [("expires", "ANNOTATION", True)]
    hidden = {"purpose": "a\u202eb", "recipient": "示例银行", "expires": lab.clock.now + 60}
    assert problem(await ordered(lab, cti, copy_for=hidden))["code"] == "rejected"
    assert problem(await lab.client.get(f"/v1/renditions/{'0' * 64}"))["code"] == "not-found"
    body = {"cti": [cti], "reason": "test"}
    assert (await lab.client.post("/v1/certificates/revoke", json=body, headers=lab.token(OFFICE_1))).status_code == 200
    ended = problem(await ordered(lab, cti))
    assert (ended["status"], ended["errors"][0]["code"]) == (422, "CERTIFICATE_ENDED")
    assert ended["errors"][0]["reason"] == "该证照已失效，不再出具文件"


async def test_a_document_made_before_the_end_shows_the_end(lab: Lab, cti: str) -> None:
    data = (await ordered(lab, cti, format="ofd", lang="zh")).content
    body = {"cti": [cti], "reason": "test"}
    await lab.client.post("/v1/certificates/revoke", json=body, headers=lab.token(OFFICE_1))
    assert await lab.service.publishing.publish() == 1
    assert (await judged(lab, data)).reason.value == "STATUS_NOT_VALID"


async def test_without_the_log_s_answer_the_file_says_what_is_missing(
    lab: Lab, cti: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.services.documents._WAIT", 1)
    answer = await lab.client.post("/v1/certificates/document", json={"cti": cti}, headers=lab.token(OFFICE_1))
    report = await judged(lab, answer.content)
    assert (report.outcome, report.reason.value) == (Outcome.INDETERMINATE, "RECEIPT_MISSING")
    await lab.service.ledger.settle()
    assert report.document is not None
    later = Rendition.parse((await lab.client.get(f"/v1/renditions/{report.document.digest}")).content)
    assert later.receipts


async def test_only_lists_that_changed_are_signed_anew(lab: Lab, cti: str) -> None:
    await lab.donate()
    await lab.service.publishing.publish()
    index = (await lab.client.get("/v1/status-lists")).json()
    assert len(index["status_lists"]) == 2
    assert (index["publish_seconds"], index["ttl"]) == (60, 3600)
    before = [(await lab.client.get(f"/v1/status-lists/{n}")).content for n in (1, 2)]
    body = {"cti": [cti], "reason": "test"}
    await lab.client.post("/v1/certificates/revoke", json=body, headers=lab.token(OFFICE_1))
    lab.clock.now += 60
    assert await lab.service.publishing.publish() == 1
    after = [(await lab.client.get(f"/v1/status-lists/{n}")).content for n in (1, 2)]
    assert (before[0] != after[0], before[1] == after[1]) == (True, True)


async def test_a_record_erased_while_its_page_is_made_gets_no_document(
    lab: Lab, cti: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = lab.service.documents._seals.kit

    async def erasing(issuer: str) -> Any:
        body = {"cti": cti, "reason": "RETENTION_ENDED"}
        answer = await lab.client.post("/v1/certificates/erase", json=body, headers=lab.token(OFFICE_1))
        assert answer.status_code == 200
        return await kit(issuer)

    monkeypatch.setattr(lab.service.documents, "_render", lambda *_: b"rendered before")
    monkeypatch.setattr(lab.service.documents._seals, "kit", erasing)
    assert problem(await ordered(lab, cti))["code"] == "not-found"
    async with lab.service.database.read() as work:
        kept = await work.connection.exec_driver_sql("select count(*) from rendition where sealed_key is not null")
        assert kept.scalar_one() == 0
