"""The holder's page in a browser, before a service in memory: what it does when all goes well."""

from __future__ import annotations

import io
import json
import re
from base64 import urlsafe_b64encode

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import expect

from tests.e2e.holder_double import BANK, CODE, item
from tests.e2e.holder_phone import PIN, Phone
from tests.e2e.world import World
from verifier.assess import Verifier
from verifier.cbor import decode
from verifier.hazmat.sm3 import sm3
from verifier.policy import TrustBundle
from verifier.presented import Expected, assess_presentation

pytestmark = pytest.mark.browser

NONCE = bytes(range(16))


def test_activation_refuses_weak_pins_and_wrong_codes(phone: Phone) -> None:
    problem = phone.page.locator("#problem-text")
    for code, pin, words in (
        (CODE, "123456", "太容易被猜到"),
        (CODE, "1234", "至少 6 位"),
        ("0A1B", PIN, "16 个字母或数字"),
    ):
        phone.activate(code, pin)
        expect(problem).to_contain_text(words)
    phone.activate("ZZZZ-ZZZZ-ZZZZ-ZZZZ")
    expect(problem).to_contain_text("这个开通码不能用")
    phone.activate(CODE.lower().replace("-", " ").replace("0", "o"))  # as people type it
    expect(phone.page.locator("#show-code")).to_be_visible()


def test_grant_signs_what_was_read(active: Phone) -> None:
    asked = item(1)
    active.double.items = [asked]
    active.request(asked["trx"])
    said = json.loads(asked["notice"])
    for words in (*(said[k]["zh"] for k in ("purpose", "method", "retention", "rights")), said["asks"][0]["zh"]):
        expect(active.page.locator("#view")).to_contain_text(words)
    for words in (said["recipient"]["name"], said["recipient"]["contact"], BANK, said["categories"][0]["zh"]):
        expect(active.page.locator("#view")).to_contain_text(words)
    active.page.click("#grant")
    expect(active.page.locator("#said")).to_contain_text("已同意")
    ((decision, payload),) = active.double.statements
    claims = decode(payload)
    assert decision == "grant"
    assert (claims[3], claims[7].hex()) == (BANK, asked["trx"])
    assert claims[-65600] == {1: sm3(asked["notice"].encode()), 2: 1}
    active.page.click(f'[data-trx="{asked["trx"]}"]')
    active.page.click("#withdraw")
    expect(active.page.locator("#said")).to_contain_text("已撤回")
    assert decode(active.double.statements[1][1])[-65600][2] == 3


def test_refuse_and_the_second_spouse(active: Phone) -> None:
    other = {"zh": "还需要您的配偶同意。", "en": "Your spouse has to agree, too."}
    active.double.items = [item(1), item(2, role="spouse"), item(3, other=other)]
    active.request(f"{1:032x}")
    active.page.click("#refuse")
    expect(active.page.locator("#said")).to_contain_text("您不同意")
    active.request(f"{2:032x}")
    expect(active.page.locator("#role")).to_contain_text("配偶")
    active.request(f"{3:032x}")
    expect(active.page.locator("#other")).to_contain_text("还需要您的配偶同意")
    active.page.click("#grant")
    expect(active.page.locator("#said")).to_contain_text("还要等另一方")
    assert [decision for decision, _ in active.double.statements] == ["refuse", "grant"]


def test_a_code_vanishes_when_the_page_is_hidden_and_is_renewed(active: Phone) -> None:
    page = active.page
    page.clock.install()
    page.click("#show-code")
    expect(page.locator("svg.code")).to_be_visible()
    page.click("summary")
    first = page.locator("#code-text").inner_text()
    assert re.fullmatch(r"https://minzheng\.example/h#\d{22}", first)
    picture = Image.open(io.BytesIO(page.locator("svg.code").screenshot()))
    (scanned,) = zxingcpp.read_barcodes(picture)  # as the party's scanner sees it
    assert scanned.text == first
    page.clock.run_for(61_000)
    expect(page.locator("#said")).to_contain_text("已换新码")
    page.click("summary")
    assert page.locator("#code-text").inner_text() != first
    page.evaluate(
        """() => { Object.defineProperty(document, 'hidden', { value: true, configurable: true });
        document.dispatchEvent(new Event('visibilitychange')); }"""
    )
    expect(page.locator("svg.code")).to_have_count(0)
    expect(page.locator("#put-away")).to_be_visible()
    assert "/h#" not in page.content()


def test_the_page_locks_itself(active: Phone) -> None:
    active.page.clock.install()
    active.open("uses")
    active.page.clock.run_for(310_000)
    expect(active.page.locator("#unlock")).to_be_visible()
    assert "示例" not in active.page.locator("#view").inner_text()


def test_a_presentation_shows_only_what_was_chosen(active: Phone, issued: World) -> None:
    active.page.click("[data-cti]")
    active.page.click("#disclose")
    assert active.page.locator("[name=slot]:checked").count() == 0
    active.page.check("#slot-registration_date")
    active.page.fill("#challenge", "not a challenge")
    active.page.click("#disclosing [type=submit]")
    expect(active.page.locator("#problem-text")).to_contain_text("这不是出示口令")
    active.page.fill("#challenge", f"{BANK} {urlsafe_b64encode(NONCE).decode().rstrip('=')}")
    with active.page.expect_download() as caught:
        active.page.click("#disclosing [type=submit]")
    data = caught.value.path().read_bytes()
    verifier = Verifier(TrustBundle.parse(issued.trust), [issued.status[1]])
    at = decode(decode(data).value[2])[6]
    report = assess_presentation(data, Expected(BANK, NONCE), verifier, at=at)
    assert (report.outcome.value, dict(report.disclosed)) == ("PASSED", {"registration_date": "2025-05-20"})
    bodies = b"".join(r.body for r in active.site.requests)
    assert b"registration_date" not in bodies  # nor does the service learn what was chosen
    active.page.check("#way-anyone")
    with active.page.expect_download() as caught:
        active.page.click("#disclosing [type=submit]")
    whole = caught.value.path().read_bytes()
    assert dict(verifier.assess(whole, at=at).disclosed) == {"registration_date": "2025-05-20"}


def test_devices(active: Phone) -> None:
    active.double.keys["00000000deadbeef"] = next(iter(active.double.keys.values()))
    active.open("device")
    active.page.click("[data-keyid='00000000deadbeef'] button")
    active.page.click("#revoke")
    expect(active.page.locator("#said")).to_contain_text("已停用")
    active.page.click("#invite")
    expect(active.page.locator("#invitation")).to_have_text("2222-3333-4444-5555")
    active.page.click("#erase")
    active.page.click("#erase-yes")
    expect(active.page.locator("#said")).to_contain_text("已在服务端停用")
    assert active.double.keys == {}
    active.page.reload()
    expect(active.page.locator("#activate")).to_be_visible()
