"""The holder's page for everybody: small phones, keyboard, two languages; and nothing personal leaves it or stays."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.holder_double import BANK, item
from tests.e2e.holder_phone import PIN, Phone
from tests.e2e.test_access import CONTRAST, OVERFLOW, UNNAMED

pytestmark = pytest.mark.browser

CHINESE = re.compile("[\\u4e00-\\u9fff]")


def test_a_scanned_code_leaves_the_address_and_is_not_opened(active: Phone) -> None:
    active.page.goto(f"{active.site.url}/h#AAAAAAAAAAAAAAAAAAAAAA")
    expect(active.page.locator("#scanned")).to_be_visible()
    assert active.page.url == f"{active.site.url}/h"


def test_nothing_personal_leaves_or_stays(active: Phone) -> None:
    seen: list[str] = []
    active.page.on("request", lambda request: seen.append(request.url))
    active.double.items = [item(1)]
    active.request(f"{1:032x}")
    active.page.click("#grant")
    expect(active.page.locator("#said")).not_to_be_empty()
    active.open("home")
    active.page.click("[data-cti]")
    expect(active.page.locator("#disclose")).to_be_visible()
    active.page.click("#language")
    assert active.page.url == f"{active.site.url}/h"
    assert all(url.startswith(active.site.url) and "?" not in url and "#" not in url for url in seen)
    assert {url.removeprefix(active.site.url) for url in seen} <= {
        f"/v1/holder/{name}" for name in ("consents", "consents/decide", "certificates")
    }
    stored = active.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert stored == '[{"language":"en"},{},""]'
    record = active.page.evaluate(RECORD)
    assert set(record) == {"salt", "iv", "iterations", "guard", "public", "failures", "pending", "box"}
    assert record["guard"] == "extractable: false"
    headers = "".join(r.headers for r in active.site.requests)
    assert PIN not in headers
    assert not any(PIN.encode() in r.body for r in active.site.requests)


RECORD = """() => new Promise((done) => {
  const opening = indexedDB.open('mz-holder', 1);
  opening.onsuccess = () => {
    const reading = opening.result.transaction('device').objectStore('device').get(1);
    reading.onsuccess = () => {
      const found = {};
      for (const [name, value] of Object.entries(reading.result))
        found[name] = value instanceof CryptoKey ? `extractable: ${value.extractable}` : String(value);
      done(found);
    };
  };
})"""


def test_headers_of_the_page(active: Phone) -> None:
    answer = active.page.goto(f"{active.site.url}/h")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    for part in ("default-src 'none'", "connect-src 'self'", "trusted-types 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert "worker" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "camera=()" in answer.headers["permissions-policy"]
    assert active.page.evaluate("async () => (await fetch('/static/holder.html')).status") >= 400
    inline = active.page.evaluate(
        """() => { try { document.body.innerHTML = '<p></p>'; return 'taken'; } catch (e) { return e.name; } }"""
    )
    assert inline == "TypeError"  # trusted types: no string becomes markup


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_view_is_readable_on_a_small_phone(active: Phone, lang: str) -> None:
    phone, page = active, active.page
    page.set_viewport_size({"width": 320, "height": 640})
    if lang == "en":
        page.click("#language")
    names = {"recipient": {"contact": "010-00000000", "name": "SAMPLE BANK", "uscc": BANK}}
    phone.double.items = [item(1, **names)]
    purpose = {"code": "x", "zh": "办理住房贷款", "en": "a housing loan"}
    party = {"uscc": BANK, "name": "SAMPLE BANK"}
    what = ["registered_married", "marriage.registration_date"]
    phone.double.uses = [
        {"at": 1800000000, "recipient": party, "purpose": purpose, "action": a, "what": what, "result": "UNDETERMINED"}
        for a in ("consent-begin", "consent-fetch", "match")
    ]

    def check(name: str) -> None:
        expect(page.locator("#view > *").first).to_be_visible()
        expect(page.locator("#title")).to_be_focused()
        texts = page.evaluate(CONTRAST)
        assert [t for t in texts if t[1] < 7] == [], name
        assert [t for t in texts if t[2] < 16] == [], name
        assert page.evaluate(UNNAMED) == [], name
        assert page.evaluate(OVERFLOW) <= 0, name
        small = "(ns) => ns.filter((n) => n.getClientRects().length && n.getBoundingClientRect().height < 44).length"
        assert page.locator("main button, nav button").evaluate_all(small) == 0, name
        if lang == "en" and name not in ("home", "certificate", "disclose"):  # these show the sample's own Chinese
            assert CHINESE.findall(page.locator("main").inner_text()) == [], name

    phone.open("home")
    check("home")
    page.click("#show-code")
    expect(page.locator("svg.code")).to_be_visible()
    check("code")
    phone.request(f"{1:032x}")
    check("request")
    for tab in ("requests", "uses", "device"):
        phone.open(tab)
        check(tab)
    phone.open("home")
    page.click("[data-cti]")
    check("certificate")
    page.click("#disclose")
    check("disclose")


def test_by_keyboard_with_the_back_button(active: Phone) -> None:
    page = active.page
    active.double.items = [item(1)]
    active.open("requests")
    page.locator("[data-trx]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#grant")).to_be_visible()
    page.locator("#refuse").focus()
    width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
    assert width >= 3
    page.go_back()
    expect(page.locator("#title")).to_have_text("申请")
    page.locator("[data-trx]").press("Enter")
    page.locator("#refuse").press("Enter")
    expect(page.locator("#said")).to_contain_text("您不同意")
    page.emulate_media(reduced_motion="reduce")
    assert page.locator("#back").evaluate("(n) => getComputedStyle(n).transitionDuration") == "0s"
