"""The charities' page: from the list to one payment, on a small phone, in two languages, when the service is down; and
nothing is asked, sent or kept but what is public."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from api.web.routes import is_built
from tests.e2e import server
from tests.e2e.charity_double import BOOK, CHARITY, Double
from tests.e2e.test_access import CONTRAST, OVERFLOW, UNNAMED

pytestmark = pytest.mark.browser

CHINESE = re.compile("[\\u4e00-\\u9fff]")
FUND = f"#{BOOK.hex()}"


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
    for words in ("100,000.00 元", "8,500.00 元", "90,812.34 元", "募捐成本", "64.7%", "录入有误：数额录入有误"):
        expect(page.locator("#view")).to_contain_text(words)
    assert page.locator("#payments tbody tr").count() == 5
    assert page.locator("figure svg rect").count() == 8  # 25 days, two in a bar
    page.click("#allocations a")
    expect(page.locator("#title")).to_have_text("meals")
    page.click("#trail a:nth-child(3)")
    expect(page.locator("#donors")).to_have_count(0)  # nobody agreed


def test_named_donors_and_what_is_not_said_of_them(reader: Reader) -> None:
    reader.double.donors = [
        {"name": "王示例", "day": "2026-09-04", "amount": 90_000},
        {"name": "=cmd|<b>", "day": None, "amount": None},
    ]
    reader.open(FUND)
    rows = reader.page.locator("#donors tbody tr")
    expect(rows.nth(0)).to_contain_text("900.00 元")
    expect(rows.nth(1)).to_have_text("=cmd|<b>––")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_view_is_readable_on_a_small_phone(reader: Reader, lang: str) -> None:
    page = reader.page
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
