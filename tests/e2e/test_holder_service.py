"""The holder's page before the real service: from the printed code to the answer that the bank gets, and back."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.e2e import holder_service
from tests.e2e.holder_phone import PIN
from tests.support.consenting import CONTEXT, MAN, MARRIED, SPOUSES, WOMAN
from verifier.answer import Answer, Result
from verifier.assess import Verifier
from verifier.presented import Expected, assess_presentation

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def real(real_service: holder_service.Running) -> holder_service.Running:
    return real_service


def telephone_of(browser: Browser, real: holder_service.Running, person: dict[str, str]) -> Page:
    """A telephone of that person, activated with the code from the counter."""
    page = browser.new_context(viewport={"width": 390, "height": 800}).new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{real.url}/h")
    page.fill("#activation-code", real.enrol(person))
    page.fill("#pin", PIN)
    page.fill("#pin-again", PIN)
    page.click("#activate [type=submit]")
    expect(page.locator("#show-code")).to_be_visible()
    return page


def code(page: Page) -> str:
    """A code as the bank's scanner reads it."""
    page.click("#menu [data-view=home]")
    page.click("#show-code")
    page.click("summary")
    return page.locator("#code-text").inner_text()


def open_request(page: Page, trx: str) -> None:
    page.click("#menu [data-view=requests]")
    page.click(f'[data-trx="{trx}"]')


def test_from_the_printed_code_to_the_answer_and_back(browser: Browser, real: holder_service.Running) -> None:
    page = telephone_of(browser, real, MAN)
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request))
    expect(page.locator("[data-cti]")).to_contain_text("结婚证")
    shown = code(page)
    trx = real.ask(shown, MARRIED, uses=2).raise_for_status().json()["trx"]
    assert real.ask(shown, MARRIED).status_code == 422  # used
    page.click("#check")
    page.click(f'[data-trx="{trx}"]')
    for words in ("示例机构", "010-00000000", "婚姻登记信息", "是否为已婚登记状态"):
        expect(page.locator("#view")).to_contain_text(words)
    assert real.fetch(trx).status_code == 409  # not before the holder agreed
    page.click("#grant")
    expect(page.locator("#said")).to_contain_text("已同意")
    (told,) = real.fetch(trx).raise_for_status().json()["answers"]
    assert Answer.parse(base64.b64decode(told["answer"])).claims.result is Result.TRUE
    page.click("#menu [data-view=uses]")
    for words in ("示例机构", "经您同意取得答复", "提出核验申请", "窗口为您开通"):
        expect(page.locator(".uses")).to_contain_text(words)
    assert CONTEXT["user"] not in page.content()
    open_request(page, trx)
    page.click("#withdraw")
    expect(page.locator("#said")).to_contain_text("已撤回")
    assert all(r.method == "POST" and r.url.startswith(f"{real.url}/v1/holder/") for r in seen)
    lines = "".join(f"{r.url} {r.headers}" for r in seen)
    for secret in (*MAN.values(), shown.partition("#")[2], trx, PIN):
        assert secret == MAN["cert_type"] or secret not in lines
    page.context.close()


def test_both_spouses(browser: Browser, real: holder_service.Running) -> None:
    his, hers = telephone_of(browser, real, MAN), telephone_of(browser, real, WOMAN)
    trx = real.ask(code(his), SPOUSES).raise_for_status().json()["trx"]
    hers.click("#menu [data-view=requests]")
    expect(hers.locator("#nothing")).to_be_visible()  # not before he has agreed
    open_request(his, trx)
    expect(his.locator("#other")).to_contain_text("对方会看到")
    his.click("#grant")
    expect(his.locator("#said")).to_contain_text("还要等另一方")
    open_request(hers, trx)
    expect(hers.locator("#role")).to_be_visible()
    assert real.fetch(trx).status_code == 409
    hers.click("#grant")
    expect(hers.locator("#said")).to_contain_text("已同意")
    (told,) = real.fetch(trx).raise_for_status().json()["answers"]
    assert told["result"] == "TRUE"
    for page in (his, hers):
        page.context.close()


def test_refused_shown_and_stopped(browser: Browser, real: holder_service.Running, tmp_path: Path) -> None:
    page = telephone_of(browser, real, WOMAN)
    trx = real.ask(code(page), MARRIED).raise_for_status().json()["trx"]
    open_request(page, trx)
    page.click("#refuse")
    expect(page.locator("#said")).to_contain_text("您不同意")
    assert real.fetch(trx).json()["code"] == "consent-state"
    page.click("#menu [data-view=home]")
    page.click("[data-cti]")
    page.click("#disclose")
    page.check("#slot-registration_date")
    nonce = bytes(range(16))
    page.fill("#challenge", f"{real.bank.owner} {base64.urlsafe_b64encode(nonce).decode().rstrip('=')}")
    with page.expect_download() as caught:
        page.click("#disclosing [type=submit]")
    verifier = Verifier(real.lab.service.trust.bundle, [])
    data = caught.value.path().read_bytes()
    report = assess_presentation(data, Expected(real.bank.owner, nonce), verifier, at=real.lab.clock())
    assert [f.reason.value for f in report.findings if f.step == 12] == ["OK"]
    assert set(report.disclosed) == {"registration_date"}
    page.click("#menu [data-view=device]")
    page.click("#erase")
    page.click("#erase-yes")
    expect(page.locator("#said")).to_contain_text("已在服务端停用")
    seen = json.dumps(page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])"))
    assert WOMAN["name"] not in seen
    page.context.close()
