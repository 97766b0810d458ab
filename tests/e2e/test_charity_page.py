"""The charities' page: from the list to one payment, on a small phone, in two languages, when the service is down; and
nothing is asked, sent or kept but what is public."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from playwright.sync_api import Browser, Page, expect

from api.web.routes import is_built
from tests.e2e import server
from tests.e2e.charity_double import BOOK, CHARITY, CODE, Double
from tests.e2e.test_access import CONTRAST, OVERFLOW, UNNAMED
from tests.e2e.world import World
from tests.support import kit
from tests.support.charity_story import claims, lines
from tests.support.qbft_chain import Anchor
from tests.support.witnesses import NORTH, SOUTH, cosigned
from verifier import labels
from verifier.charity.epoch import Epoch
from verifier.checkpoint import Checkpoint

pytestmark = pytest.mark.browser

CHINESE = re.compile("[\\u4e00-\\u9fff]")
FUND = f"#{BOOK.hex()}"
ROOT = f"/v1/charity/books/{BOOK.hex()}"


@dataclass
class Reader:
    """A page, the service behind it and what it was asked."""

    page: Page
    double: Double
    site: server.Site

    def open(self, hash_: str) -> None:
        self.page.goto("about:blank")
        self.page.goto(f"{self.site.url}/c{hash_}")
        expect(self.page.locator("#busy")).to_be_empty()


@pytest.fixture(scope="module")
def standing(browser: Browser) -> Iterator[Reader]:
    if not is_built():
        pytest.skip("the pages are not built (make web)")
    context = browser.new_context(viewport={"width": 320, "height": 640})
    context.set_default_timeout(60_000)
    double = Double()
    with server.running(double.application()) as site:
        yield Reader(context.new_page(), double, site)
    context.close()


@pytest.fixture
def reader(standing: Reader) -> Iterator[Reader]:
    """Whatever the page reports as an error fails the test."""
    errors: list[str] = []
    note = errors.append
    standing.page.on("pageerror", lambda error: note(str(error)))
    standing.page.on("console", lambda m: note(m.text) if "Content Security" in m.text else None)
    yield standing
    standing.site.broken.clear()
    standing.site.requests.clear()
    standing.double.__init__()  # type: ignore[misc]
    assert errors == []


def test_from_the_list_to_a_project(reader: Reader) -> None:
    page = reader.page
    reader.open("")
    page.click("text=校园午餐")
    expect(page.locator("#title")).to_be_focused()
    for words in ("100,000.00 元", "8,500.00 元", "90,812.34 元", "募捐成本", "64.7%", "登记有误：数额录入有误"):
        expect(page.locator("#view")).to_contain_text(words)
    assert page.locator("#payments tbody tr").count() == 5
    assert page.locator("figure svg rect").count() == 8  # 25 days, two in a bar
    page.click("#allocations a")
    expect(page.locator("#title")).to_have_text("meals")
    page.click("#trail a:nth-child(3)")
    expect(page.locator("#donors")).to_have_count(0)  # nobody agreed
    page.click("#trail a:nth-child(2)")
    for words in ("D11 年度报告", "已逾期；迟 12 天", "慈善法第七十八条", "≥ 70 %", "100.00 元", "90,000.00 元"):
        expect(page.locator("#view")).to_contain_text(words)
    assert page.locator(".state-late").count() == 3  # what this page does not know is not shown as good


def test_named_donors_and_what_is_not_said_of_them(reader: Reader) -> None:
    reader.double.donors = [
        {"name": "王示例", "day": "2026-09-04", "amount": 90_000},
        {"name": "=cmd|<b>", "day": None, "amount": None},
    ]
    reader.open(FUND)
    rows = reader.page.locator("#donors tbody tr")
    expect(rows.nth(0)).to_contain_text("900.00 元")
    expect(rows.nth(1)).to_have_text("=cmd|<b>––")
    page = reader.page
    page.click("#donors summary")
    for code, words in (("MZD1:OTHER", "请核对"), (f" {CODE} ", "不再显示")):
        page.fill("#code", code)
        page.click("#withdraw button")
        expect(page.locator("#withdrawn")).to_contain_text(words)
    assert page.input_value("#code") == ""
    assert CODE not in "".join(record.target for record in reader.site.requests)
    reader.open(FUND)
    expect(page.locator("#donors")).to_have_count(0)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_view_is_readable_on_a_small_phone(reader: Reader, lang: str) -> None:
    page = reader.page
    reader.double.donors = [{"name": "Ann Sample", "day": "2026-09-04", "amount": 90_000}]
    for name, hash_ in {"list": "", "fund": FUND, "project": f"{FUND}/meals", "charity": f"#{CHARITY}"}.items():
        reader.open(hash_)
        if page.evaluate("document.documentElement.lang") != {"zh": "zh-CN", "en": "en"}[lang]:
            page.click("#language")
        for folded in page.locator("summary").all():
            folded.click()
        texts = page.evaluate(CONTRAST)
        assert len(texts) > 5
        assert [t for t in texts if t[1] < 7] == [], name
        assert [t for t in texts if t[2] < 16] == [], name
        assert page.evaluate(UNNAMED) == [], name
        assert page.evaluate(OVERFLOW) <= 0, name
        if lang == "en":  # the charity's own words about an entry are its own
            left = CHINESE.findall(page.locator("main").inner_text().replace("数额录入有误", ""))
            assert left == [], name


def test_an_outage_is_told_as_one_and_can_be_tried_again(reader: Reader) -> None:
    reader.site.broken.add("/v1/charity/books/")
    reader.open(FUND)
    expect(reader.page.locator("#problem-text")).to_have_text(
        re.compile("不说明该基金有任何问题|says nothing about the fund")
    )
    assert reader.page.locator("#view > *").count() == 0
    reader.site.broken.clear()
    reader.page.click("#retry")
    expect(reader.page.locator("#money")).to_be_visible()
    reader.open(f"#{'f' * 32}")
    expect(reader.page.locator("#problem-text")).to_have_text(re.compile("没有找到|Not found"))
    expect(reader.page.locator("#retry")).to_be_hidden()


@pytest.fixture
def checked(reader: Reader, issued: World) -> Reader:
    """The check can have what it needs: an epoch signed a day ago, logged, cosigned and anchored."""
    made = int(time.time()) - kit.DAY
    bare = Epoch.parse(kit.CHARITY_KEY.sign1(labels.TYP_FUND_EPOCH, claims(iat=made).encode()))
    log = kit.TestLog()
    log.fill(3)
    index = log.add(kit.ENTRY_SALT, bare.statement)
    head = Checkpoint(log.origin, len(log.bodies), log.root())
    note = cosigned(head, (NORTH, SOUTH), made + 90).encode()
    epoch = replace(bare, entry_salt=kit.ENTRY_SALT, receipts=(log.receipt(index, made + 60),), checkpoints=(note,))
    came, went = lines()
    reader.double.files = {
        "/v1/trust-bundle": issued.trust,
        f"{ROOT}/epoch": epoch.encode(),
        "/v1/anchors/proof": Anchor(head.origin, head.size, head.root).proof(),
        f"{ROOT}/in.bin": b"".join(came),
        f"{ROOT}/out.bin": b"".join(went),
    }
    return reader


def checks(reader: Reader) -> tuple[str, list[str]]:
    """The level reached, and what is right ("+…"), wrong ("!…") or open ("?…"); of the page that is open."""
    reader.page.click("#check")
    expect(reader.page.locator("#check")).to_be_enabled()
    signs = {"done": "+", "wrong": "!", "open": "?"}
    lines = reader.page.locator("#found li").all()
    found = [signs[line.get_attribute("class") or ""] + (line.get_attribute("data-check") or "")[6:] for line in lines]
    level = reader.page.locator("#level").inner_text()
    return level[-1:] if level.endswith("–") else level[-2:], found


GOOD = ["+signed", "+L3", "+L4", "+L5", "+in", "+out", "+page"]


def altered(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


CHANGES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("in.bin", lambda b: altered(b, 44), "!in-not"),  # one fen more or less
    ("in.bin", lambda b: b[:-45], "!in-not"),  # the last is left out
    ("out.bin", lambda b: altered(b, 9), "!out-not"),  # another class of cost
    ("out.bin", lambda b: b[50:100] + b[:50] + b[100:], "!out-not"),  # two change places
    ("epoch", lambda b: altered(b, len(b) - 1), "!signed-not"),
    ("epoch", lambda _: b"", "!signed-not"),
]


def test_the_check_reaches_the_anchor_and_finds_what_was_changed(checked: Reader) -> None:
    checked.open(FUND)
    assert checks(checked) == ("L5", GOOD)
    files = dict(checked.double.files)
    for name, change, wrong in CHANGES:
        path = f"{ROOT}/{name}"
        checked.double.files = files | {path: change(files[path])}
        level, found = checks(checked)
        assert level == "–", wrong
        assert wrong in found
    path = f"{ROOT}/epoch"  # without what leads it into the log: the charity's word alone
    checked.double.files = files | {path: replace(Epoch.parse(files[path]), receipts=(), checkpoints=()).encode()}
    assert checks(checked) == ("L1", ["+signed", "?L3-not", *GOOD[4:]])
    checked.double.files = files | {path: replace(Epoch.parse(files[path]), checkpoints=()).encode()}
    assert checks(checked) == ("L5", ["+signed", "+L3", "?L4-not", "+L5", *GOOD[4:]])
    checked.double.files = files | {"/v1/anchors/proof": b""}  # the chain shows nothing: no contradiction
    assert checks(checked) == ("L4", ["+signed", "+L3", "+L4", "?L5-not", *GOOD[4:]])


def test_the_check_holds_the_page_itself_to_the_leaves(checked: Reader) -> None:
    checked.double.shift = 1
    checked.open(FUND)
    assert checks(checked) == ("–", [*GOOD[:-1], "!page-not"])


def test_a_check_that_cannot_be_made_says_nothing_of_the_books(checked: Reader) -> None:
    del checked.double.files["/v1/trust-bundle"]
    checked.open(FUND)
    checked.page.click("#check")
    expect(checked.page.locator("#checking .notice")).to_contain_text(
        re.compile("不说明账目有问题|nothing about the books")
    )


def test_nothing_leaves_the_origin_and_nothing_stays(reader: Reader) -> None:
    page = reader.page
    seen: list[tuple[str, str]] = []
    page.on("request", lambda request: seen.append((request.method, request.url)))
    reader.open(FUND)
    assert seen
    assert all(m == "GET" and (u == "about:blank" or u.startswith(reader.site.url)) for m, u in seen)
    assert all("cookie" not in r.headers and "referer" not in r.headers for r in reader.site.requests)
    stored = page.evaluate("JSON.stringify([Object.keys(localStorage), {...sessionStorage}, document.cookie])")
    assert stored in ('[["language"],{},""]', '[[],{},""]')
    answer = page.goto(f"{reader.site.url}/c")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "trusted-types 'none'" in policy
    assert page.evaluate("async () => (await fetch('/static/charity.html')).status") >= 400
