"""One answer belongs to one question: nothing of a former check, a late one, or a closed camera stays on the page."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e import pictures
from tests.e2e.helpers import VERDICT, paste, verdict
from tests.e2e.server import Site
from tests.e2e.test_inputs import payload
from tests.e2e.world import World
from tests.support import kit

pytestmark = pytest.mark.browser

DROP = """(items) => { const t = new DataTransfer();
for (const [name, text] of items) t.items.add(new File([text], name));
window.dispatchEvent(new DragEvent('drop', { dataTransfer: t, cancelable: true })); }"""
# getUserMedia that answers when the test says so, and counts the tracks that it left running
SLOW_CAMERA = """() => { navigator.mediaDevices.getUserMedia = () => new Promise((grant) => { window.grant = () => {
const c = document.createElement('canvas'); c.getContext('2d');
window.stream = c.captureStream(); grant(window.stream); }; }); }"""
RUNNING = "() => window.stream.getTracks().filter((t) => t.readyState === 'live').length"


def hold_first(page: Page, pattern: str) -> list[Route]:
    """Keep the first request back; the test lets it go."""
    held: list[Route] = []

    def answer(route: Route) -> None:
        if held:
            route.fallback()
        else:
            held.append(route)

    page.route(pattern, answer)
    return held


def answer_with(body: bytes, route: Route) -> None:
    route.fulfill(body=body)


def test_a_late_answer_does_not_replace_a_later_one(page: Page, issued: World) -> None:
    held = hold_first(page, "**/v1/status-lists/*")
    paste(page, issued.codes["marriage"])
    expect(page.locator("#busy")).to_have_text("正在核验……")
    paste(page, issued.codes["stranger"])
    assert verdict(page) == ("INDETERMINATE", "ISSUER_UNKNOWN")
    held[0].fallback()
    page.wait_for_timeout(500)
    assert verdict(page) == ("INDETERMINATE", "ISSUER_UNKNOWN")


def test_a_former_answer_goes_when_the_next_question_comes(page: Page, issued: World, holder_file: Path) -> None:
    page.set_input_files("#file", holder_file)
    assert verdict(page) == ("PASSED", "OK")
    page.evaluate(DROP, [["x.pdf", "%PDF-1.7"]])
    expect(page.get_by_role("alert")).to_contain_text("PDF")
    expect(page.locator(VERDICT)).to_have_count(0)
    assert "示例古丽" not in page.content()
    hold_first(page, "**/v1/status-lists/*")
    page.evaluate("(f) => { location.hash = f; }", issued.codes["marriage"].partition("#")[2])
    expect(page.locator("#busy")).to_have_text("正在核验……")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_several_files_at_once_get_no_common_answer(page: Page, issued: World) -> None:
    page.evaluate(DROP, [["a.txt", issued.codes["marriage"]], ["b.txt", issued.codes["changed"]]])
    expect(page.get_by_role("alert")).to_contain_text("请一次只核验一份证书")
    expect(page.locator(VERDICT)).to_have_count(0)


def test_camera_granted_after_it_was_given_up_is_closed(page: Page) -> None:
    page.evaluate(SLOW_CAMERA)
    page.click("#scan")
    page.click("#stop")
    page.evaluate("() => window.grant()")
    page.wait_for_function("() => window.stream")
    page.wait_for_timeout(200)
    assert page.evaluate(RUNNING) == 0
    expect(page.locator("#ask")).to_be_visible()


@pytest.mark.parametrize("leave", ["hidden", "pagehide", "file"])
def test_camera_stops_when_the_person_turns_to_something_else(page: Page, issued: World, leave: str) -> None:
    page.evaluate(SLOW_CAMERA)
    page.click("#scan")
    page.evaluate("() => window.grant()")
    page.wait_for_function("() => document.getElementById('video').srcObject")
    if leave == "hidden":
        page.evaluate(
            """() => { Object.defineProperty(document, 'hidden', { value: true });
            document.dispatchEvent(new Event('visibilitychange')); }"""
        )
    elif leave == "pagehide":
        page.evaluate("() => window.dispatchEvent(new Event('pagehide'))")
    else:
        page.evaluate(DROP, [["a.txt", issued.codes["donation"]]])
        assert verdict(page) == ("PASSED", "OK")
    expect(page.locator("#camera")).to_be_hidden()
    assert page.evaluate(RUNNING) == 0


def test_refused_camera_leaves_the_focus_on_the_button(page: Page) -> None:
    page.evaluate(
        """() => { const refuse = async () => { throw new DOMException('', 'NotAllowedError'); };
        navigator.mediaDevices.getUserMedia = refuse; }"""
    )
    page.click("#scan")
    expect(page.locator("#scan")).to_be_focused()


def test_the_code_leaves_the_address_before_the_network_answers(
    context: BrowserContext, site: Site, issued: World
) -> None:
    page = context.new_page()
    held = hold_first(page, "**/v1/trust-bundle")
    page.goto(f"{site.url}/v#{issued.codes['marriage'].partition('#')[2]}")
    expect(page.locator("#busy")).to_have_text("正在核验……")
    assert page.url == f"{site.url}/v"
    held[0].fallback()
    assert verdict(page) == ("PASSED", "OK")
    assert sum("trust-bundle" in r.target for r in site.requests) == 1


def test_reader_that_could_not_be_loaded_is_tried_again(page: Page, site: Site, issued: World) -> None:
    picture = payload("c.png", pictures.png(pictures.code_image(issued.codes["marriage"])))
    site.broken.add("/static/qr-worker")
    page.set_input_files("#file", picture)
    expect(page.get_by_role("alert")).to_contain_text("读码程序没有加载成功")
    site.broken.clear()
    page.set_input_files("#file", picture)
    assert verdict(page) == ("PASSED", "OK")


def test_code_of_somebody_else_in_a_picture_is_named_and_not_followed(page: Page, site: Site) -> None:
    image = pictures.png(pictures.code_image("https://elsewhere.example/v?x=1"))
    page.set_input_files("#file", payload("c.png", image))
    expect(page.get_by_role("alert")).to_contain_text("不是民政码")
    assert page.url == f"{site.url}/v"


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="document.title=1"><script>alert(1)</script></svg>',
        pictures.png(Image.new("L", (300, 300)))[:-40],
        b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
        b"GIF89a" + b"\xff" * 50,
    ],
)
def test_broken_pictures_get_an_answer(page: Page, content: bytes) -> None:
    page.set_input_files("#file", payload("x.png", content, "image/png"))
    expect(page.get_by_role("alert")).to_be_visible()


def test_huge_picture_and_huge_text(page: Page) -> None:
    page.set_input_files("#file", payload("x.png", pictures.png(Image.new("1", (20000, 20000)))))
    expect(page.get_by_role("alert")).to_be_visible()
    page.evaluate("() => { document.getElementById('text').value = 'MZ1:' + 'A'.repeat(1e6); }")
    page.click("#paste button")
    assert verdict(page) == ("FAILED", "MALFORMED_CODE")


@pytest.mark.parametrize(
    "text", ['https://x/v#"><img src=x onerror=document.title=1>', "<script>document.title=1</script>", "MZ1:\ud800"]
)
def test_markup_in_pasted_text_stays_text(page: Page, text: str) -> None:
    page.evaluate("(t) => { document.getElementById('text').value = t; }", text)
    page.click("#paste button")
    assert verdict(page)[0] == "FAILED"
    assert page.locator("#result img, #result script").count() == 0
    expect(page).to_have_title("核验民政码与证书 · 民政信")


def test_address_broken_by_a_chat_with_blanks(page: Page, issued: World) -> None:
    code = issued.codes["marriage"]
    paste(page, f"\u3000{code[:60]} {code[60:120]}\u00a0\n  {code[120:]} ")
    assert verdict(page) == ("PASSED", "OK")


def test_clock_that_stands_before_1970(context: BrowserContext, site: Site, issued: World) -> None:
    page = context.new_page()
    page.clock.set_fixed_time("1969-12-31T00:00:00Z")
    page.goto(f"{site.url}/v")
    paste(page, issued.codes["marriage"])
    expect(page.get_by_role("alert")).to_contain_text("核验没有完成")
    expect(page.locator("#busy")).to_have_text("")


def test_log_in_page_of_a_hotel_does_not_displace_a_good_list(page: Page, issued: World) -> None:
    paste(page, issued.codes["marriage"])
    verdict(page)
    page.click("#again")
    page.route("**/v1/status-lists/*", lambda route: route.fulfill(body="<html>log in</html>"))
    for name, expected in (("withdrawn", "STATUS_NOT_VALID"), ("marriage", "OK")):
        paste(page, issued.codes[name])
        assert verdict(page)[1] == expected
        page.click("#again")


def test_tab_left_open_learns_of_a_new_bundle_but_not_of_an_old_one(
    context: BrowserContext, site: Site, issued: World
) -> None:
    page = context.new_page()
    page.clock.install()
    page.goto(f"{site.url}/v")
    paste(page, issued.codes["marriage"])
    assert verdict(page) == ("PASSED", "OK")
    now = int(time.time())
    empty = kit.bundle(issuers=(), issued_at=now - kit.DAY, expires=now + kit.DAY)
    for sequence, expected in ((0, "OK"), (2, "ISSUER_UNKNOWN"), (1, "ISSUER_UNKNOWN")):
        bundle = kit.signed_bundle(replace(empty, sequence=sequence))
        page.unroute("**/v1/trust-bundle")
        page.route("**/v1/trust-bundle", partial(answer_with, bundle))
        page.clock.fast_forward(700_000)
        page.click("#again")
        paste(page, issued.codes["marriage"])
        assert verdict(page)[1] == expected


def test_a_switch_of_language_keeps_the_details_open(page: Page, issued: World) -> None:
    paste(page, issued.codes["marriage"])
    verdict(page)
    page.click("summary")
    page.click("#language")
    expect(page.locator("#reason-code")).to_be_visible()
    expect(page.locator("#language")).to_be_focused()


def test_headings_of_a_result_begin_with_the_outcome(page: Page, issued: World, holder_file: Path) -> None:
    page.set_input_files("#file", holder_file)
    verdict(page)
    shown = page.evaluate(
        "[...document.querySelectorAll('h1, h2, h3')].filter((n) => n.getClientRects().length).map((n) => n.tagName)"
    )
    assert shown[0] == "H1"
    assert set(shown[1:]) == {"H2"}


def test_a_print_says_that_it_proves_nothing(page: Page, issued: World, holder_file: Path) -> None:
    page.set_input_files("#file", holder_file)
    verdict(page)
    expect(page.locator(".on-paper")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".on-paper")).to_contain_text("不能作为证明")
    assert page.locator("#result .hint").evaluate_all("(hints) => hints.filter((h) => h.getClientRects().length)") == []


def test_page_that_does_not_start_says_so(context: BrowserContext, site: Site) -> None:
    site.broken.add("/static/verify.")
    page = context.new_page()
    page.goto(f"{site.url}/v")
    expect(page.locator("#unstarted")).to_be_visible(timeout=15_000)
    expect(page.locator("#unstarted")).to_contain_text("较新的浏览器")


def test_browser_without_what_the_page_needs(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.add_init_script("delete AbortSignal.timeout; delete window.createImageBitmap;")
    page.goto(f"{site.url}/v")
    expect(page.locator("#unstarted")).to_be_visible()
