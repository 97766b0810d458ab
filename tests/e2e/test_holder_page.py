"""The holder's page in a browser, before a service in memory: what it does, and what it makes of every failure."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from api.web.routes import is_built
from tests.e2e import server
from tests.e2e.holder_double import BANK, CODE, Double, item
from tests.e2e.test_access import CONTRAST, OVERFLOW, UNNAMED
from tests.e2e.world import World
from verifier.assess import Verifier
from verifier.cbor import decode
from verifier.hazmat.sm3 import sm3
from verifier.policy import TrustBundle
from verifier.presented import Expected, assess_presentation

pytestmark = pytest.mark.browser

PIN = "482915"
NONCE = bytes(range(16))
CHINESE = re.compile("[\\u4e00-\\u9fff]")


@dataclass
class Phone:
    """A page, the service behind it and everything that it was asked."""

    page: Page
    double: Double
    site: server.Site

    def activate(self, code: str = CODE, pin: str = PIN) -> None:
        self.page.fill("#activation-code", code)
        self.page.fill("#pin", pin)
        self.page.fill("#pin-again", pin)
        self.page.click("#activate [type=submit]")

    def open(self, tab: str) -> None:
        self.page.click(f"#menu [data-view={tab}]")
        expect(self.page.locator("#busy")).to_be_empty()

    def unlock(self, pin: str = PIN) -> None:
        self.page.fill("#pin", pin)
        self.page.click("#unlock [type=submit]")

    def request(self, trx: str) -> None:
        self.open("requests")
        self.page.click(f'[data-trx="{trx}"]')


@pytest.fixture(scope="module")
def made(browser: Browser, issued: World) -> Iterator[Phone]:
    """The page on a telephone, not activated. Whatever it reports as an error fails the test."""
    if not is_built():
        pytest.skip("the pages are not built (make web)")
    double = Double(issued)
    context = browser.new_context(viewport={"width": 390, "height": 800})
    context.set_default_timeout(60_000)
    with server.running(double.application()) as site:
        yield Phone(context.new_page(), double, site)
    context.close()


@pytest.fixture
def phone(made: Phone) -> Iterator[Phone]:
    """Nothing kept, nothing registered: as a telephone is when it first opens the page."""
    made.double.reset()
    made.site.broken.clear()
    made.site.requests.clear()
    made.page = made.page.context.new_page()
    with checked(made):
        made.page.goto(f"{made.site.url}/h")
        expect(made.page.locator("#view > *").first).to_be_visible()
        made.page.evaluate(FORGET)
        made.page.reload()
        yield made
    made.page.close()


@pytest.fixture
def active(made: Phone) -> Iterator[Phone]:
    """Activated and open, with nothing asked yet. The key of the test before serves if it is still there."""
    keys = dict(made.double.keys)
    made.double.reset()
    made.double.keys.update(keys)
    made.site.broken.clear()
    made.page = made.page.context.new_page()
    with checked(made):
        made.page.goto(f"{made.site.url}/h")
        ready = made.page.locator("#activate, #unlock")
        expect(ready).to_be_visible()
        made.page.evaluate("if (localStorage.getItem('language') === 'en') document.getElementById('language').click()")
        if made.page.locator("#activate").is_visible() or not keys:
            made.page.evaluate(FORGET)
            made.page.reload()
            made.activate()
        else:
            made.unlock()
        expect(made.page.locator("#show-code")).to_be_visible()
        made.site.requests.clear()
        yield made
    made.page.close()


@contextmanager
def checked(phone: Phone) -> Iterator[None]:
    """No error of a script, nothing that the content security policy had to stop."""
    errors: list[str] = []
    phone.page.on("pageerror", lambda error: errors.append(str(error)))
    phone.page.on("console", lambda m: errors.append(m.text) if "Security Policy" in m.text else None)
    yield
    assert errors == []


FORGET = """() => new Promise((done, failed) => {
  const opening = indexedDB.open('mz-holder', 1);
  opening.onsuccess = () => {
    const change = opening.result.transaction('device', 'readwrite');
    change.objectStore('device').clear();
    change.oncomplete = () => { localStorage.clear(); opening.result.close(); done(); };
    change.onerror = failed;
  };
})"""


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


def test_an_answer_lost_at_activation_does_not_cost_the_code(phone: Phone) -> None:
    phone.double.lose_activation = True
    phone.activate()
    expect(phone.page.locator("#show-code")).to_be_visible()
    phone.page.reload()
    phone.unlock()
    expect(phone.page.locator("#show-code")).to_be_visible()


def test_an_outage_at_activation_can_be_tried_again(phone: Phone) -> None:
    phone.site.broken.add("/v1/holder")
    phone.activate()
    expect(phone.page.locator("#problem-text")).to_contain_text("暂时联系不上")
    phone.site.broken.clear()
    phone.page.click("#activate [type=submit]")
    expect(phone.page.locator("#show-code")).to_be_visible()


def test_wrong_pins_are_counted_and_end_in_deletion(active: Phone) -> None:
    active.page.reload()
    for left in range(7, 0, -1):
        active.unlock("000111")
        expect(active.page.locator("#problem-text")).to_contain_text(f"还可以试 {left} 次")
        if left == 4:
            active.page.reload()  # gives no tries back
    active.unlock("000111")
    expect(active.page.locator("#problem-text")).to_contain_text("密钥已经删除")
    active.page.reload()
    expect(active.page.locator("#activate")).to_be_visible()


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


def test_a_notice_that_contradicts_itself_cannot_be_granted(active: Phone) -> None:
    changes = ({"trx": "ff" * 16}, {"notice": "{}"}, {"notice_sm3": "00" * 32}, {"notice": "x"})
    active.double.items = [{**item(n), **change} for n, change in enumerate(changes)]
    for n in range(len(changes)):
        active.open("requests")
        active.page.locator("[data-trx]").nth(n).click()
        expect(active.page.locator("#broken")).to_contain_text("不能同意")
        expect(active.page.locator("#grant")).to_have_count(0)


def test_a_request_that_ended_meanwhile(active: Phone) -> None:
    asked = item(1)
    active.double.items = [asked]
    active.request(asked["trx"])
    expect(active.page.locator("#grant")).to_be_visible()
    asked["decision"] = "refuse"  # from another device
    active.page.click("#grant")
    expect(active.page.locator("#problem-text")).to_contain_text("已经结束")


def test_an_outage_is_never_a_refusal(active: Phone) -> None:
    asked = item(1)
    active.double.items = [asked]
    active.request(asked["trx"])
    active.site.broken.add("/v1/holder/consents/decide")
    active.page.click("#grant")
    expect(active.page.locator("#problem-text")).to_contain_text("还不知道您的决定是否已经送到")
    active.site.broken = {"/v1/holder"}
    for tab in ("home", "requests", "uses", "device"):
        active.open(tab)
        expect(active.page.locator("#problem-text")).to_contain_text("不代表被拒绝，也不代表证照无效")
    assert not re.search("已失效|不能用|停用|未同意", active.page.locator("main").inner_text())
    active.site.broken.clear()
    active.page.click("#retry-load")
    expect(active.page.locator("#lock")).to_be_visible()


def test_foreign_answers_are_an_outage(active: Phone) -> None:
    """A captive portal's page, and a proxy's own 404: neither is the service's word."""
    answers = [(200, "<html>Welcome to the hotel</html>"), (404, "<html>no such host</html>"), (200, "")]

    def answer(route: Route) -> None:
        status, body = answers[0]
        route.fulfill(status=status, body=body, content_type="text/html")

    active.page.route("**/v1/holder/**", answer)
    while answers:
        active.open("uses")
        expect(active.page.locator("#problem-text")).to_contain_text("暂时联系不上")
        answers.pop(0)
    active.page.unroute("**/v1/holder/**")


def test_a_stopped_device_is_told_so_and_keeps_its_key(active: Phone) -> None:
    active.double.keys.clear()
    active.page.click("#menu [data-view=requests]")
    expect(active.page.locator("#not-known")).to_contain_text("证照本身不受影响")
    active.page.reload()
    expect(active.page.locator("#unlock")).to_be_visible()


def test_a_wrong_clock_is_put_right_by_the_service(active: Phone) -> None:
    active.page.clock.set_fixed_time("2020-01-01T00:00:00Z")
    active.open("requests")
    expect(active.page.locator("#nothing")).to_be_visible()


def test_a_code_vanishes_when_the_page_is_hidden_and_is_renewed(active: Phone) -> None:
    page = active.page
    page.clock.install()
    page.click("#show-code")
    expect(page.locator("svg.code")).to_be_visible()
    page.click("summary")
    first = page.locator("#code-text").inner_text()
    assert re.fullmatch(r"https://minzheng\.example/h#\d{22}", first)
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


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_view_is_readable_on_a_small_phone(active: Phone, lang: str) -> None:
    phone, page = active, active.page
    page.set_viewport_size({"width": 320, "height": 640})
    if lang == "en":
        page.click("#language")
    names = {"recipient": {"contact": "010-00000000", "name": "SAMPLE BANK", "uscc": BANK}}
    phone.double.items = [item(1, **names)]
    what = {"zh": "是否已婚登记", "en": "registered as married"}
    purpose = {"code": "x", "zh": "办理住房贷款", "en": "a housing loan"}
    party = {"uscc": BANK, "name": "SAMPLE BANK"}
    phone.double.uses = [{"at": 1800000000, "recipient": party, "purpose": purpose, "what": [what], "trx": None}]

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
