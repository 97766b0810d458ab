"""The printed sheet of a donation, through the API: for who has the code, and nobody else."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import httpx
from pypdf import PdfReader

from tests.support.api_lab import Lab, problem
from tests.support.charity_lab import epoch, opened
from verifier.assess import Verifier
from verifier.charity.opening import ReceiptCode
from verifier.charity.trace import check_trace

DATABASES = ("sqlite",)


async def sheet(lab: Lab, **body: Any) -> httpx.Response:
    return await lab.client.post("/v1/charity/trace/certificate", json=body)


async def test_who_has_the_code_gets_a_sheet_with_the_trace_inside(lab: Lab) -> None:
    fund = await opened(lab)
    (taken,) = await fund.donate(fund.row(10_000))
    await fund.spend(6_240, acknowledged=5_000)
    assert problem(await sheet(lab, code=taken["code"]))["code"] == "not-found"  # no epoch has it
    await epoch(lab)
    answer = await sheet(lab, code=taken["url"], lang="en")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    pdf = PdfReader(io.BytesIO(answer.content))
    text = pdf.pages[0].extract_text()
    for words in (
        "非捐赠票据",
        "Example fund",
        "¥100.00",
        "¥50.00",
        "¥12.40",
        "waiting to be used",
        "in the public log",
    ):
        assert words in text, words
    assert "张示例" not in text  # the donor's own name
    (trace,) = pdf.attachments["donation.mzd"]
    report = check_trace(trace, Verifier(lab.service.trust.bundle), at=lab.clock.now + 1)
    assert (report.outcome.value, report.donated is not None and report.donated.opened) == ("PASSED", True)
    code = ReceiptCode.parse(taken["code"])
    for wrong in (replace(code, secret=bytes(16)), replace(code, donation=bytes(16))):
        assert problem(await sheet(lab, code=wrong.text()))["code"] == "not-found"
    slip = taken["code"][:-1] + ("A" if taken["code"][-1] != "A" else "B")
    for body in ({"code": slip}, {"code": "MZ1:XX"}, {"code": taken["code"], "lang": "de"}):
        assert problem(await sheet(lab, **body))["code"] == "invalid-fields"
