"""Readable by elderly people, by keyboard, by a screen reader, on a small phone, in two languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.helpers import paste, verdict
from tests.e2e.server import Site
from tests.e2e.world import World

pytestmark = pytest.mark.browser

# WCAG 2.2 contrast of every visible text against the first opaque background behind it
CONTRAST = """() => {
  const parse = (c) => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const lum = ([r, g, b]) => { const f = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
  const out = [];
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !node.getClientRects().length || node.closest('.visually-hidden, noscript')) continue;
    let at = node;
    while (at.parentElement && parse(getComputedStyle(at).backgroundColor)[3] === 0) at = at.parentElement;
    const style = getComputedStyle(node), a = lum(parse(style.color));
    const b = lum(parse(getComputedStyle(at).backgroundColor));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    out.push([node.textContent.trim().slice(0, 30), ratio, parseFloat(style.fontSize)]);
  }
  return out;
}"""
OVERFLOW = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
UNNAMED = """() => [...document.querySelectorAll('button, input, textarea, a, summary')]
  .filter((n) => n.getClientRects().length)
  .filter((n) => !(n.getAttribute('aria-label') || n.textContent.trim() || n.labels?.[0]?.textContent.trim()))
  .map((n) => n.outerHTML)"""


def assert_readable(page: Page) -> None:
    texts = page.evaluate(CONTRAST)
    assert len(texts) > 5
    assert [t for t in texts if t[1] < 7] == []
    assert [t for t in texts if t[2] < 16] == []
    assert page.evaluate(UNNAMED) == []
    assert page.evaluate("getComputedStyle(document.body).fontSize") == "20px"


def test_start_page_is_readable(page: Page) -> None:
    assert_readable(page)


@pytest.mark.parametrize("name", ["marriage", "donation", "withdrawn", "stranger"])
def test_results_are_readable(page: Page, issued: World, name: str) -> None:
    paste(page, issued.codes[name])
    verdict(page)
    page.click("summary")
    assert_readable(page)


@pytest.mark.parametrize("width", [320, 360])
def test_small_phones_need_no_sideways_scrolling(
    context: BrowserContext, site: Site, issued: World, width: int
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 640})
    page.goto(f"{site.url}/v")
    for lang in ("zh", "en"):
        assert page.evaluate(OVERFLOW) <= 0, lang
        expect(page.locator("#scan")).to_be_in_viewport()
        paste(page, issued.codes["donation"])
        verdict(page)
        page.click("summary")
        assert page.evaluate(OVERFLOW) <= 0, lang
        page.click("#again")
        page.click("#language")


def test_language_switch(page: Page, issued: World) -> None:
    html = page.locator("html")
    expect(html).to_have_attribute("lang", "zh-CN")
    paste(page, issued.codes["marriage"])
    verdict(page)
    page.click("#language")
    expect(html).to_have_attribute("lang", "en")
    expect(page).to_have_title("Check a Minzheng code or certificate · Minzheng Trust")
    expect(page.locator("#outcome")).to_have_text("Genuine and valid")
    expect(page.locator("#kind-notice")).to_contain_text("does not prove anybody’s present marital status")
    chinese = re.compile("[\\u4e00-\\u9fff]")
    assert chinese.findall(page.locator("main").inner_text()) == []
    page.reload()
    expect(html).to_have_attribute("lang", "en")
    page.click("#language")
    expect(page.locator("h1")).to_have_text("核验民政码与证书")


def test_keyboard_only(page: Page, issued: World) -> None:
    def press_until(selector: str) -> None:
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("(s) => document.activeElement.matches(s)", selector):
                width = page.evaluate(
                    """() => { const n = document.activeElement, seen = n.id === 'file' ? n.nextElementSibling : n;
                    return parseFloat(getComputedStyle(seen).outlineWidth); }"""
                )
                assert width >= 3, f"no visible focus on {selector}"
                return
        raise AssertionError(f"{selector} is not reached by Tab")

    for selector in (".skip", "#language", "#scan", "#file", "#text"):
        press_until(selector)
    page.keyboard.insert_text(issued.codes["marriage"])
    press_until("#paste button")
    page.keyboard.press("Enter")
    assert verdict(page) == ("PASSED", "OK")
    expect(page.locator("#outcome")).to_be_focused()
    press_until("summary")
    page.keyboard.press("Enter")
    expect(page.locator("#reason-code")).to_be_visible()
    press_until("#again")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_be_focused()


def test_screen_reader_hears_outcome_and_sentence(page: Page, issued: World) -> None:
    paste(page, issued.codes["withdrawn"])
    verdict(page)
    name = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert name.startswith("核验不通过. 这份证书确由该机构签发")
    expect(page.locator("#busy")).to_have_attribute("aria-live", "polite")


def test_outcomes_differ_in_shape_and_word_not_only_in_colour(page: Page, issued: World) -> None:
    shapes, words, borders = set(), set(), set()
    for name in ("marriage", "changed", "stranger"):
        paste(page, issued.codes[name])
        verdict(page)
        shapes.add(page.locator(".verdict .shape").evaluate("(n) => n.outerHTML"))
        words.add(page.locator("#outcome").inner_text())
        borders.add(page.locator(".verdict").evaluate("(n) => getComputedStyle(n).borderTopStyle"))
        page.click("#again")
    assert len(shapes) == len(words) == len(borders) == 3


def test_reduced_motion_and_print(page: Page, issued: World) -> None:
    paste(page, issued.codes["marriage"])
    verdict(page)
    page.emulate_media(reduced_motion="reduce")
    assert page.locator("#again").evaluate("(n) => getComputedStyle(n).transitionDuration") == "0s"
    page.emulate_media(media="print")
    expect(page.locator("#again")).to_be_hidden()
    expect(page.locator(".help")).to_be_hidden()
    expect(page.locator("#outcome")).to_be_visible()
