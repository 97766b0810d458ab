"""The donor's page in a browser: where the money went, and every way in which that may not be known."""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, Page, expect

from api.web.routes import is_built
from tests.e2e import pictures, server
from tests.e2e.donor_double import FUNDS, HOST, PDF, Double, receipt
from tests.e2e.test_access import CONTRAST, OVERFLOW, UNNAMED
from tests.support import kit
from tests.support.fund_story import BOOK_A, secret, story, trace_of
from verifier.assess import Verifier
from verifier.charity.follow import State
from verifier.charity.trace import check_trace
from verifier.charity.tracefile import Trace

pytestmark = pytest.mark.browser

CHINESE = re.compile("[\\u4e00-\\u9fff]")
BAD_WORDS = re.compile("核对不通过|does not add up")
CLASSES = {1: "直接用于受益人", 2: "服务成本", 3: "募捐费用", 4: "管理费用"}
WATCH = base64.urlsafe_b64encode(bytes(16) + b"\xee" * 16).decode().rstrip("=")


@dataclass
class Donor:
    """A page, the service behind it and what it was asked."""

    page: Page
    double: Double
    site: server.Site

    def start(self, hash_: str = "") -> None:
        self.page.goto("about:blank")
        self.page.goto(f"{self.site.url}/d{hash_}")

    def paste(self, text: str) -> None:
        self.page.fill("#text", text)
        self.page.click("#paste button")

    def opened(self, number: int) -> None:
        """By the address that is printed on the receipt."""
        self.start("#" + receipt(number).url(HOST).partition("#")[2])
        self.verdict()

    def verdict(self) -> tuple[str, str]:
        shown = self.page.locator(".verdict")
        expect(shown).to_be_visible()
        return shown.get_attribute("data-outcome") or "", shown.get_attribute("data-reason") or ""

    def rows(self, table: str) -> list[list[str]]:
        """Cells as they are read out, folded or not."""
        return [r.locator("th, td").all_text_contents() for r in self.page.locator(f"#{table} tbody tr").all()]


@pytest.fixture(scope="module")
def standing(browser: Browser) -> Iterator[Donor]:
    if not is_built():
        pytest.skip("the pages are not built (make web)")
    context = browser.new_context(viewport={"width": 320, "height": 640}, locale="zh-CN", permissions=["camera"])
    context.set_default_timeout(60_000)
    double = Double()
    with server.running(double.application()) as site:
        yield Donor(context.new_page(), double, site)
    context.close()


@pytest.fixture
def donor(standing: Donor) -> Iterator[Donor]:
    """Whatever the page reports as an error fails the test."""
    errors: list[str] = []
    standing.page.on("pageerror", lambda error: errors.append(str(error)))
    standing.page.on("console", lambda m: errors.append(m.text) if "Content Security" in m.text else None)
    yield standing
    standing.site.broken.clear()
    standing.site.requests.clear()
    standing.double.__dict__.update(Double().__dict__)
    assert errors == []


def test_a_photograph_of_the_receipt_is_enough(donor: Donor) -> None:
    page, code = donor.page, receipt(0)
    donor.start()
    image = {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": pictures.photograph(code.url(HOST))}
    page.set_input_files("#file", image)  # type: ignore[arg-type]
    assert donor.verdict() == ("PASSED", "OK")
    expect(page.locator("#outcome")).to_be_focused()
    expect(page.locator("#badge")).to_contain_text("已登入日志")
    expect(page.locator("#fact-amount")).to_have_text("100.00 元")
    expect(page.locator("#fact-fund")).to_have_text("校园午餐")
    expect(page.locator("#fact-serials")).to_have_text("本基金编号 0 至 9,999 的分")
    with page.expect_download() as caught:
        page.click("#save-trace")
    kept = caught.value.path().read_bytes()
    assert Trace.parse(kept).secret == code.secret
    assert check_trace(kept, Verifier(kit.bundle()), at=kit.AT).reason.value == "OK"
    asked = b"".join(r.body + r.target.encode() for r in donor.site.requests)
    raw = code.donation + code.secret
    for hidden in (code.secret.hex().encode(), base64.urlsafe_b64encode(raw)[20:40], code.text()[30:].encode()):
        assert hidden not in asked  # the secret stays here
    with page.expect_download() as caught:
        page.click("#save-certificate")
    assert caught.value.path().read_bytes() == PDF
    assert "secret" not in page.url
    donor.site.requests.clear()
    page.set_input_files("#file", {"name": "x.mzd", "mimeType": "", "buffer": kept})  # type: ignore[arg-type]
    expect(page.locator("#fact-amount")).to_have_text("100.00 元")
    assert donor.verdict() == ("PASSED", "OK")
    assert not any("/v1/charity/trace" in r.target for r in donor.site.requests)  # a file is enough
    expect(page.locator("#save-certificate")).to_have_count(0)


@pytest.mark.parametrize("number", [2, 5, 21])
def test_picture_and_tables_say_what_the_file_says(donor: Donor, number: int) -> None:
    report = check_trace(trace_of(story(), number).encode(), Verifier(kit.bundle()), at=kit.AT)
    assert report.donated is not None
    donor.opened(number)
    foreign = donor.page.locator("#fact-foreign")
    expect(foreign).to_have_text(["USD 14.00，按 1 单位折 7.12 元入账"] if number == 2 else [])
    flow, parts = donor.rows("flow-table"), donor.rows("parts-table")
    fen = lambda text: int(re.sub(r"\D", "", text))  # noqa: E731
    assert sorted(fen(row[1]) for row in parts) == sorted(p.amount for p in report.portions)
    ends = Counter[State]()
    for portion in report.portions:
        ends[portion.state] += portion.amount
    words = {State.ACKNOWLEDGED: "已签收", State.PAID: "已付，尚未签收", State.WAITING: "等待使用",
             State.RETURNED_TO_DONOR: "已退还给您", State.REVERSED: "登记有误，已冲销"}  # fmt: skip
    shown = Counter[str]()
    for row in flow:
        shown[row[2].partition("（")[0]] += fen(row[3])
    for state, amount in ends.items():
        assert shown[words[state]] == amount, state
    assert shown["您的捐赠"] == report.donated.amount
    spent = Counter[str]()
    for portion in report.portions:
        if portion.cost_class is not None:
            spent[CLASSES[portion.cost_class]] += portion.amount
    assert {row[2]: fen(row[3]) for row in flow if row[1] == "费用类别"} == spent
    there = (report.donated.start, report.donated.start + report.donated.amount)
    gone = [p for p in report.portions if p.book != BOOK_A]
    back = [p for p in report.portions if p.book == BOOK_A and not there[0] <= p.start < there[1]]
    assert donor.page.locator(".followed").count() == bool(gone) + bool(back)
    drawings = donor.page.locator("svg[role=img]")
    assert drawings.count() == 2
    for drawing in drawings.all():
        assert drawing.locator("rect").count() == len(flow)
        assert "下面的表格" in (drawing.get_attribute("aria-label") or "")
    assert donor.page.locator("svg.down").is_visible()
    assert not donor.page.locator("svg:not(.down)[role=img]").is_visible()


def test_a_slip_and_a_stranger_s_code_are_told_apart(donor: Donor) -> None:
    donor.start()
    problem = donor.page.locator("#problem-text")
    good = receipt(0).text()
    for text, words in (
        ("", "请先粘贴"),
        (good[:-1] + ("A" if good[-1] != "A" else "B"), "抄错了一个字"),
        (good[:30], "抄错了一个字"),
        ("MZ1:6BF", "抄错了一个字"),
    ):
        donor.paste(text)
        expect(problem).to_contain_text(words)
    assert not any("/v1/" in r.target for r in donor.site.requests)
    donor.paste(replace(receipt(0), donation=b"?" * 16).text())
    expect(problem).to_contain_text("这不说明捐款有问题")
    for waiting, words in (("group", "人数够了"), ("epoch", "还没有写进")):
        donor.double.waiting = waiting
        donor.paste(f"  {good}\n")
        expect(problem).to_contain_text(words)
    donor.double.waiting = None
    donor.page.click("#retry")
    assert donor.verdict()[0] == "PASSED"


def test_a_trace_that_was_changed_shows_nothing(donor: Donor) -> None:
    hop = trace_of(story(), 0).hops[0]
    leaf = hop.outflows[0].encode()
    settled = hop.settlements[0].encode()
    swaps = {
        leaf: leaf[:-1] + bytes([leaf[-1] ^ 1]),  # another amount
        settled: (hop.settlements[0].acknowledged + 1).to_bytes(8, "big") + settled[8:],  # more acknowledged
    }
    for old, new in swaps.items():
        donor.double.changed = {old: new}
        donor.opened(0)
        assert donor.verdict() == ("FAILED", "TRACE_INVALID")
        expect(donor.page.locator("#facts, table, svg[role=img], #save-certificate, #watch")).to_have_count(0)
    donor.double.changed = {}
    donor.double.instead = 1  # somebody else's, as good as it is
    donor.opened(0)
    assert donor.verdict() == ("FAILED", "DISCLOSURE_INVALID")
    donor.double.instead = None
    donor.page.click("#recheck")  # of the same file
    assert donor.verdict()[0] == "FAILED"


def test_an_outage_is_never_called_wrong(donor: Donor) -> None:
    donor.site.broken.add("/v1/charity/trace")
    donor.start()
    donor.paste(receipt(0).text())
    expect(donor.page.locator("#problem-text")).to_contain_text("这不说明捐款有任何问题")
    donor.site.broken = {"/v1/trust-bundle"}
    donor.page.click("#retry")
    assert donor.verdict() == ("INDETERMINATE", "TRUST_MISSING")
    expect(donor.page.locator("#facts")).to_have_count(0)
    assert not BAD_WORDS.search(donor.page.locator("main").inner_text())
    donor.site.broken = {"/v1/charity/books"}  # titles only
    donor.page.click("#recheck")
    expect(donor.page.locator("#fact-fund")).to_have_text(next(iter(FUNDS)))
    assert donor.verdict()[0] == "PASSED"


@pytest.mark.parametrize(("scheme", "lang"), [("light", "zh"), ("dark", "en")])
def test_it_is_readable_on_a_small_phone_by_day_and_by_night(donor: Donor, scheme: str, lang: str) -> None:
    page = donor.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    donor.start()
    if page.evaluate("document.documentElement.lang") != {"zh": "zh-CN", "en": "en"}[lang]:
        page.click("#language")
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(OVERFLOW) <= 0
    donor.paste(receipt(5).text())  # all of it, other fund included
    donor.verdict()
    for folded in page.locator("summary").all():
        folded.click()
    texts = page.evaluate(CONTRAST)
    assert len(texts) > 50
    assert [t for t in texts if t[1] < 7] == []
    assert [t for t in texts if t[2] < 16] == []
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate(OVERFLOW) <= 0
    if lang == "en":
        assert CHINESE.findall(page.locator("main").inner_text()) == []
        page.click("#language")  # a switch changes no answer and folds nothing up
        expect(page.locator("#fact-amount")).to_have_text("25.00 元")
        assert page.locator("#technical[open]").count() == 1
    page.emulate_media(color_scheme="light")


def test_the_camera_takes_no_other_code(donor: Donor) -> None:
    donor.start()
    donor.page.click("#scan")  # the browser's camera shows a marriage certificate's
    expect(donor.page.locator("#camera-status")).to_contain_text("不是捐赠回执码")
    donor.page.click("#stop")
    expect(donor.page.locator("#scan")).to_be_focused()


def test_being_told_is_asked_for_and_confirmed_by_a_press(donor: Donor) -> None:
    page = donor.page
    donor.opened(0)
    donor.double.mail = False
    page.fill("#watch-address", "donor@example.org")
    page.click("#watch-form button")
    expect(page.locator("#watch-said")).to_contain_text("没有开通邮件")
    donor.double.mail = True
    page.click("#watch-form button")
    expect(page.locator("#watch-said")).to_contain_text("一天内有效")
    told = {"donation": receipt(0).donation.hex(), "channel": "mail", "address": "donor@example.org"}
    assert donor.double.watches[-1] == ("", told)
    donor.double.watches.clear()
    donor.start(f"#w{WATCH}")
    expect(page.locator("#token-confirm")).to_be_visible()
    assert WATCH not in page.url
    assert donor.double.watches == []  # opening the address does nothing
    page.click("#token-confirm")
    expect(page.locator("#token-said")).to_contain_text("已确认")
    page.click("#token-end")
    expect(page.locator("#token-said")).to_contain_text("已经删除")
    body = {"watch": "00" * 16, "token": "ee" * 16}
    assert donor.double.watches == [("/confirm", body), ("/end", body)]
    assert secret(0).hex() not in str(donor.site.requests)
