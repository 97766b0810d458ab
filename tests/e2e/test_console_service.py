"""The console and the regulator's page before the real service: from the key to the donor's trace."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.institution import SYNTHETIC
from tests.e2e.holder_service import Running
from tests.e2e.office import make_key
from tests.support.signing import add_party_key
from verifier.assess import Verifier
from verifier.charity.opening import ReceiptCode
from verifier.charity.trace import check_trace
from verifier.cose import CoseKey
from verifier.labels import CRV_SM2

pytestmark = [pytest.mark.browser, pytest.mark.slow]
USCC = {organisation.role: organisation.uscc for organisation in SYNTHETIC.organisations}


def office(browser: Browser, real: Running, path: str, role: str) -> Page:
    """The page of an office whose key administrators registered and released."""
    page = browser.new_context(viewport={"width": 1100, "height": 900}, locale="zh-CN").new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{real.url}/{path}")
    make_key(page)
    page.click("#check-key")
    expect(page.locator("#not-known")).to_be_visible()  # nobody has released it yet
    public = bytes.fromhex(page.locator("#public-key").inner_text())
    real.do(add_party_key(real.lab, USCC[role], CoseKey(CRV_SM2, public)))
    page.click("#check-key")
    return page


def record(page: Page, kind: str, /, **values: str) -> None:
    """Open a form, fill it, confirm it if it asks, and be told that it is recorded."""
    page.click(f"#act-{kind}")
    fill(page, values)
    page.click("#entry [type=submit]")
    done = page.locator("#said:not(:empty)")
    expect(done.or_(page.locator("#review"))).to_be_visible()
    if not done.is_visible():
        page.click("#record")
    expect(done).to_contain_text("已登记")


def fill(page: Page, values: dict[str, str]) -> None:
    expect(page.locator("#entry")).to_be_visible()
    for name, value in values.items():
        field = page.locator(f"#f-{name.replace('__', '-')}")
        kind = field.evaluate("node => node.type")
        if kind == "file":
            field.set_input_files(value)
            expect(page.locator(f"#f-{name}-digest code")).to_be_visible()
        elif kind.startswith("select"):
            field.select_option(value)
        else:
            field.fill(value)


def test_an_officer_enters_everything_and_a_donor_can_check_it(
    browser: Browser, real_service: Running, tmp_path: Path
) -> None:
    real = real_service
    document = tmp_path / "document.pdf"
    document.write_bytes(b"what was decided, paid and signed for")
    page = office(browser, real, "console", "charity")
    page.click("#open-fund")
    fill(page, {"title__zh": "示例助学基金", "title__en": "Example school fund"})
    page.click("#entry [type=submit]")
    page.click("#record")
    page.click("#donate")
    today = page.get_attribute("#f-received_on", "max") or ""
    row = {"donation_no": "C-1", "amount_fen": "1,000.00", "received_on": today, "channel": "银行转账"}
    fill(page, row | {"handler": "样例经办人", "donor_name": "样例捐赠人"})
    page.click("#entry [type=submit]")
    code = ReceiptCode.parse(page.locator("#code").inner_text())
    slip = page.locator(".frame").screenshot()
    brought = tmp_path / "platform.csv"
    heads = "donation_no,donor_type,anonymous,received_on,channel,handler,receipt_status,amount_yuan"
    rows = (f"P-{n},1,1,{today},示例平台,样例经办人,ANONYMOUS_RECORDED,{n}.00" for n in (0, 5))
    brought.write_text("\n".join((heads, *rows)), encoding="utf-8")
    page.click("#menu [data-view=files]")
    page.select_option("#source", "platform")
    page.set_input_files("#file", brought)
    page.click("#upload [type=submit]")
    expect(page.locator("tbody tr")).to_contain_text("amount_yuan")  # nothing is no donation
    with page.expect_download() as caught:
        page.click("#codes")
    assert caught.value.path().read_text(encoding="utf-8-sig").count("MZD1:") == 1
    page.click("#menu [data-view=home]")
    page.click("[data-book]")
    chosen = {"project": "school-meals", "purpose": "meals", "decision": str(document)}
    page.click("#act-allocated")
    fill(page, chosen | {"amount": "2000"})
    page.click("#entry [type=submit]")
    expect(page.locator("#problem-text")).to_contain_text("超过未分配的余额")
    page.fill("#f-amount", "600")
    page.click("#entry [type=submit]")
    expect(page.locator("#said")).to_contain_text("已登记")
    kinds = {"cost_class": "direct_aid", "payee_type": "supplier", "notes__payee": "示例食堂"}
    record(page, "reserved", allocation="1", amount="250.5", **kinds)
    record(page, "paid", no="1", voucher=str(document))
    record(page, "acknowledged", no="1", amount="200", evidence=str(document), signer="beneficiary")
    record(page, "payment_returned", no="1", amount="50.5", reason__code="over-paid")
    record(page, "donation_returned", donation_no="C-1", amount="100", reason__code="donor-asked")
    real.do(real.lab.service.charity.epochs.run())
    real.do(real.lab.service.ledger.settle())
    body = {"donation": code.donation.hex(), "secret": code.secret.hex()}
    answer = httpx.post(f"{real.url}/v1/charity/trace", json=body).raise_for_status().json()
    report = check_trace(
        base64.b64decode(answer["trace"]), Verifier(real.lab.service.trust.bundle), at=real.lab.clock()
    )
    parts: dict[str, int] = {}
    for part in report.portions:
        parts[part.state.value] = parts.get(part.state.value, 0) + part.amount
    assert parts == {"acknowledged": 20000, "returned-to-donor": 10000, "waiting": 70000}
    donor_checks(page, real, slip)
    assert "示例食堂" not in httpx.get(f"{real.url}/v1/charity/books/{answer_book(page)}/events").text
    page.context.close()


def donor_checks(page: Page, real: Running, slip: bytes) -> None:
    """The donor has the slip alone: a photograph of it on the donor's page, and the browser checks what comes."""
    donor = page.context.new_page()
    donor.goto(f"{real.url}/d")
    donor.set_input_files("#file", {"name": "slip.png", "mimeType": "image/png", "buffer": slip})
    verdict = donor.locator(".verdict")
    expect(verdict).to_be_visible()
    assert (verdict.get_attribute("data-outcome"), verdict.get_attribute("data-reason")) == ("PASSED", "OK")
    expect(donor.locator("main")).to_contain_text("已签收")
    donor.close()


def answer_book(page: Page) -> str:
    page.click("details summary")
    return page.locator("details a").inner_text()


def test_what_is_registered_is_due_and_the_regulator_sees_it(
    browser: Browser, real_service: Running, tmp_path: Path
) -> None:
    page = office(browser, real_service, "console", "charity")
    page.click("#menu [data-view=register]")
    names = {"name__zh": "示例慈善基金会", "name__en": "Example Charity Foundation", "form": "1", "region": "990000"}
    where = {"registrar__zh": "示例省民政厅", "registrar__en": "Example Department of Civil Affairs"}
    record(page, "registered", **names, **where, registered_on="2020-03-02", recognised_on="2020-03-02")
    expect(page.locator(".late-by").first).to_be_visible()  # annual reports that nobody has published
    statement = tmp_path / "statement.csv"
    statement.write_text("交易日期,收入金额,支出金额,交易流水号\n2026-11-02,100.00,,B-0001\n", encoding="utf-8")
    page.click("#menu [data-view=files]")
    page.set_input_files("#file", statement)
    page.click("#upload [type=submit]")
    expect(page.locator("#title")).to_have_text("导入报告")
    page.click("#menu [data-view=files]")
    page.click("#reconcile")
    expect(page.locator("#view")).to_contain_text("银行有收款")
    page.context.close()
    page = office(browser, real_service, "regulator", "auditor")
    expect(page.locator("tbody tr").first).to_contain_text("示例慈善基金会")
    expect(page.locator("td", has_text="D11").first).to_be_visible()
    page.click("#menu [data-view=gaps]")
    expect(page.locator("tbody tr")).to_contain_text("100.00")
    page.context.close()
