"""Open verification: three outcomes, no login, a limit per address, and the server's own trust material."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from typing import Any

import httpx
import pytest

from api.chainlink import unreachable
from api.main import create_app
from api.services.anchors import AnchorService
from api.services.verification import VerificationService
from api.settings import Limits
from tests.support import api_lab
from tests.support.api_lab import Lab, problem

DATABASES = ("sqlite", "postgresql")


async def verify_file(lab: Lab, data: bytes, level: str | None = None) -> dict[str, Any]:
    form = {} if level is None else {"level": level}
    answer = await lab.client.post("/v1/verify", files={"file": ("x.mzc", data)}, data=form)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    return body


async def test_a_code_passes_at_l1(lab: Lab) -> None:
    code = (await lab.issue()).json()["certificates"][0]["code"]
    report = (await lab.client.post("/v1/verify", json={"code": code})).json()
    assert (report["outcome"], report["reason"], report["level"]) == ("PASSED", "OK", "L1")
    assert report["certificate"]["kind_name"] == "marriage"
    assert report["disclosed"] == {}


async def test_a_file_reaches_l3_with_a_checkpoint_and_l5_with_an_anchor(lab: Lab) -> None:
    cti = (await lab.issue()).json()["certificates"][0]["cti"]
    early = await verify_file(lab, await lab.file(cti))
    assert (early["outcome"], early["reason"]) == ("INDETERMINATE", "RECEIPT_MISSING")
    await lab.service.ledger.sequence()
    await lab.service.ledger.checkpoint()
    file = await lab.file(cti)
    assert (await verify_file(lab, file))["level"] == "L3"
    not_anchored = await verify_file(lab, file, "L5")
    assert (not_anchored["outcome"], not_anchored["reason"]) == ("INDETERMINATE", "ANCHOR_MISSING")
    await lab.service.ledger.settle()
    file = await lab.file(cti)
    anchored = await verify_file(lab, file, "L5")
    assert (anchored["outcome"], anchored["level"]) == ("PASSED", "L5")
    bare = await lab.client.post(
        "/v1/verify?level=L5", content=file, headers={"Content-Type": "application/octet-stream"}
    )
    assert bare.json()["outcome"] == "PASSED"


@pytest.mark.parametrize("code", ["", "x", "MZ1:", "MZ1:::::", "https://minzheng.example/v#AAAA", "http://a/v#AA"])
async def test_garbage_is_an_answer_and_not_an_error(lab: Lab, code: str) -> None:
    answer = await lab.client.post("/v1/verify", json={"code": code})
    assert answer.status_code == 200
    assert answer.json()["outcome"] == "FAILED"
    assert (await verify_file(lab, code.encode()))["outcome"] == "FAILED"


@pytest.mark.parametrize("body", [{"code": 1}, {"code": "x" * 5000}, {"code": "x", "level": "L9"}, {"kode": "x"}, []])
async def test_another_shape_is_refused(lab: Lab, body: object) -> None:
    answer = await lab.client.post("/v1/verify", json=body)
    assert answer.status_code == 422
    assert problem(answer)["code"] == "invalid-fields"


async def test_a_form_without_a_file_is_refused(lab: Lab) -> None:
    for kind, content in (
        ("multipart/form-data; boundary=b", b"--b\r\n"),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=b", b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n--b--\r\n'),
    ):
        answer = await lab.client.post("/v1/verify", content=content, headers={"Content-Type": kind})
        assert answer.status_code == 400
        assert problem(answer)["code"] == "malformed-multipart"
    answer = await lab.client.post("/v1/verify", files={"file": ("x", b"x")}, data={"level": "L9"})
    assert problem(answer)["code"] == "bad-parameter"


async def test_an_address_that_asks_too_often_waits(api_template: Any, tmp_path: Any) -> None:
    limits = Limits(verify_burst=3, verify_per_minute=60)
    async with api_lab.running(api_template, tmp_path / "data", limits) as lab:
        answers = [await lab.client.post("/v1/verify", json={"code": "x"}) for _ in range(4)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert problem(answers[-1])["code"] == "rate-limited"
        assert (await lab.client.get("/v1/trust-bundle")).status_code == 200  # only verification is counted


@pytest.mark.parametrize(("behind_proxy", "last"), [(True, 200), (False, 429)])
async def test_whose_address_counts(api_template: Any, tmp_path: Any, behind_proxy: bool, last: int) -> None:
    """Behind a proxy its own entry counts, the last one; without a proxy the header is a stranger's word."""
    limits = Limits(verify_burst=1, verify_per_minute=1)
    async with api_lab.running(api_template, tmp_path / "data", limits, behind_proxy=behind_proxy) as lab:
        for number, expected in ((1, 200), (2, last)):
            headers = {"X-Forwarded-For": f"203.0.113.9, 192.0.2.{number}"}
            answer = await lab.client.post("/v1/verify", json={"code": "x"}, headers=headers)
            assert answer.status_code == expected


async def test_a_chain_that_is_down_is_neither_valid_nor_invalid(lab: Lab) -> None:
    cti = (await lab.issue()).json()["certificates"][0]["cti"]
    await lab.service.ledger.settle()
    file = await lab.file(cti)
    link = unreachable(lab.service.chain.capabilities())
    service = lab.service
    anchors = AnchorService(service.database, service.identity, link.port, service.clock)
    verification = VerificationService(service.database, service.identity, service.trust, anchors, service.clock)
    dark = replace(service, chain=link.port, anchors=anchors, verification=verification)
    transport = httpx.ASGITransport(create_app(dark))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        other = Lab(dark, client, lab.clock)
        report = await verify_file(other, file, "L5")
        assert (report["outcome"], report["reason"]) == ("INDETERMINATE", "ANCHOR_MISSING")
        assert (await verify_file(other, file, "L3"))["outcome"] == "PASSED"
        ready = await client.get("/readyz")
        assert ready.status_code == 200
        assert ready.json()["degraded"] == ["chain"]
        assert problem(await client.get("/v1/anchors/latest"))["code"] == "chain-unavailable"
    link.close()


async def test_a_proxy_that_adds_a_line_of_its_own_is_believed_and_the_client_s_line_is_not(
    api_template: Any, tmp_path: Any
) -> None:
    limits = Limits(verify_burst=1, verify_per_minute=1)
    async with api_lab.running(api_template, tmp_path / "data", limits, behind_proxy=True) as lab:
        answers = []
        for number in range(2):
            headers = [("X-Forwarded-For", f"192.0.2.{number}"), ("X-Forwarded-For", "203.0.113.9")]
            answers.append(await lab.client.post("/v1/verify", json={"code": "MZ1:"}, headers=headers))
        assert [answer.status_code for answer in answers] == [200, 429]


async def test_no_part_of_an_upload_is_written_to_disk(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def rollover(_: object) -> None:
        raise AssertionError("somebody's document in a file")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", rollover)
    answer = await lab.client.post("/v1/verify", files={"file": ("x.pdf", b"%PDF-1.7\n" + bytes(3 << 19))})
    assert (answer.status_code, answer.json()["reason"]) == (200, "MALFORMED_FILE")
