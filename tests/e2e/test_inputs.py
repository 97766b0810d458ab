"""Every way in: camera, picture, file, pasted text, address. And the three outcomes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from tests.e2e import pictures
from tests.e2e.helpers import paste, verdict
from tests.e2e.server import Site
from tests.e2e.world import World

pytestmark = pytest.mark.browser

OUTCOMES = {
    "marriage": ("PASSED", "OK"),
    "donation": ("PASSED", "OK"),
    "withdrawn": ("FAILED", "STATUS_NOT_VALID"),
    "changed": ("FAILED", "SIGNATURE_INVALID"),
    "stranger": ("INDETERMINATE", "ISSUER_UNKNOWN"),
}


def payload(name: str, content: bytes, media_type: str = "application/octet-stream") -> FilePayload:
    return {"name": name, "mimeType": media_type, "buffer": content}


@pytest.mark.parametrize("name", OUTCOMES)
def test_pasted_code(page: Page, issued: World, name: str) -> None:
    paste(page, issued.codes[name])
    assert verdict(page) == OUTCOMES[name]


def test_pasted_short_form_with_the_line_breaks_of_a_mail(page: Page, issued: World) -> None:
    code = issued.short
    paste(page, f"  {code[:70]}\n{code[70:140]}\r\n{code[140:]}\n")
    assert verdict(page) == ("PASSED", "OK")


@pytest.mark.parametrize("text", ["MZ1:", "MZ1:ÄÖ", "https://minzheng.example/v#AAAA", "hello", "https://a.example/"])
def test_pasted_nonsense_is_refused_in_words(page: Page, text: str) -> None:
    paste(page, text)
    assert verdict(page)[0] == "FAILED"


def test_nothing_pasted_asks_for_the_text(page: Page) -> None:
    page.click("#paste button")
    expect(page.get_by_role("alert")).to_have_text("请先粘贴民政码的文字。")


@pytest.mark.parametrize("name", ["marriage", "donation", "changed"])
def test_picture_of_a_code(page: Page, issued: World, name: str) -> None:
    image = pictures.png(pictures.code_image(issued.codes[name], 300))
    page.set_input_files("#file", payload("code.png", image, "image/png"))
    assert verdict(page) == OUTCOMES[name]


def test_photograph_of_a_code(page: Page, issued: World) -> None:
    page.set_input_files("#file", payload("IMG_1.JPG", pictures.photograph(issued.codes["donation"]), "image/jpeg"))
    assert verdict(page) == ("PASSED", "OK")


def test_picture_without_a_code_says_what_to_do(page: Page) -> None:
    blank = pictures.png(Image.new("L", (400, 400), 255))
    page.set_input_files("#file", payload("blank.png", blank, "image/png"))
    expect(page.get_by_role("alert")).to_contain_text("没有找到民政码")


def test_holder_file_shows_what_it_discloses(page: Page, holder_file: Path) -> None:
    page.set_input_files("#file", holder_file)
    assert verdict(page) == ("PASSED", "OK")
    expect(page.locator("#result")).to_contain_text("持证人姓名")
    expect(page.locator("#result")).to_contain_text("示例古丽·样本江")
    expect(page.locator(".levels .done")).to_have_count(3)


def test_altered_file_shows_no_detail_of_it(page: Page, issued: World) -> None:
    page.set_input_files("#file", payload("certificate.mzc", issued.files["altered"]))
    assert verdict(page) == ("FAILED", "DISCLOSURE_INVALID")
    expect(page.locator("#result")).not_to_contain_text("示例古丽")


def test_file_without_receipt_is_undecided(page: Page, issued: World) -> None:
    page.set_input_files("#file", payload("certificate.mzc", issued.files["without-receipt"]))
    assert verdict(page) == ("INDETERMINATE", "RECEIPT_MISSING")


def test_truncated_file_is_refused(page: Page, issued: World) -> None:
    page.set_input_files("#file", payload("certificate.mzc", issued.files["marriage"][:-10]))
    assert verdict(page) == ("FAILED", "MALFORMED_FILE")


@pytest.mark.parametrize(
    ("content", "words"), [(b"%PDF-1.7\n", "PDF"), (b"PK\x03\x04....", "OFD"), (b"\x00\x01\x02", "打不开")]
)
def test_other_files_get_an_answer(page: Page, content: bytes, words: str) -> None:
    page.set_input_files("#file", payload("x.bin", content))
    expect(page.get_by_role("alert")).to_contain_text(words)


def test_dropped_file(page: Page, issued: World) -> None:
    transfer = page.evaluate_handle(
        """(text) => { const t = new DataTransfer();
        t.items.add(new File([text], 'code.txt', {type: 'text/plain'})); return t; }""",
        issued.codes["marriage"],
    )
    page.dispatch_event("#drop", "drop", {"dataTransfer": transfer})
    assert verdict(page) == ("PASSED", "OK")


def test_camera(page: Page) -> None:
    page.click("#scan")
    assert verdict(page) == ("PASSED", "OK")
    assert page.evaluate("document.getElementById('video').srcObject") is None  # the camera is off again


def test_native_detector_is_used_where_there_is_one(context: BrowserContext, site: Site, issued: World) -> None:
    page = context.new_page()
    page.add_init_script(
        """window.BarcodeDetector = class { static async getSupportedFormats() { return ['qr_code']; }
        async detect() { return [{ rawValue: CODE }]; } };""".replace("CODE", repr(issued.codes["donation"]))
    )
    page.goto(f"{site.url}/v")
    page.click("#scan")
    assert verdict(page) == ("PASSED", "OK")
    assert not any("qr-worker" in record.target for record in site.requests)


def test_broken_native_detector_gives_way_to_ours(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.add_init_script(
        """window.BarcodeDetector = class { static async getSupportedFormats() { return ['qr_code']; }
        async detect() { throw new DOMException('no service', 'NotSupportedError'); } };"""
    )
    page.goto(f"{site.url}/v")
    page.click("#scan")
    assert verdict(page) == ("PASSED", "OK")


def test_camera_can_be_stopped(page: Page) -> None:
    page.evaluate(
        """() => { const still = async () => document.createElement('canvas').captureStream();
        navigator.mediaDevices.getUserMedia = still; }"""
    )
    page.click("#scan")
    page.click("#stop")
    expect(page.locator("#camera")).to_be_hidden()
    expect(page.locator("#scan")).to_be_focused()


def test_camera_refused_points_to_the_other_ways(page: Page) -> None:
    page.evaluate(
        """() => { const refuse = async () => { throw new DOMException('no', 'NotAllowedError'); };
        navigator.mediaDevices.getUserMedia = refuse; }"""
    )
    page.click("#scan")
    expect(page.get_by_role("alert")).to_contain_text("没有允许使用摄像头")


def test_address_of_the_code(context: BrowserContext, site: Site, issued: World) -> None:
    fragment = issued.codes["marriage"].partition("#")[2]
    page = context.new_page()
    page.goto(f"{site.url}/v#{fragment}")
    assert verdict(page) == ("PASSED", "OK")
    assert page.url == f"{site.url}/v"  # neither the address bar nor the history keeps it
    assert page.evaluate("history.length") <= 2


def test_new_address_in_an_open_page(page: Page, issued: World) -> None:
    fragment = issued.codes["changed"].partition("#")[2]
    page.evaluate("(f) => { location.hash = f; }", fragment)
    assert verdict(page) == ("FAILED", "SIGNATURE_INVALID")
    assert "#" not in page.url


def test_donation_shows_amount_plan_and_notice(page: Page, issued: World) -> None:
    paste(page, issued.codes["donation"])
    verdict(page)
    for words in ("100.00 元", "53990000MJ9T00037AA26001", "2025年12月31日", "不是捐赠票据"):
        expect(page.locator("#result")).to_contain_text(words)


def test_marriage_says_what_it_does_not_prove(page: Page, issued: World) -> None:
    paste(page, issued.codes["marriage"])
    verdict(page)
    expect(page.locator("#kind-notice")).to_have_text("证书真实有效，不等于当事人目前的婚姻状况。")


def test_code_says_that_the_paper_around_it_is_unproven(page: Page, issued: World, holder_file: Path) -> None:
    paste(page, issued.codes["marriage"])
    verdict(page)
    expect(page.locator("#paper-notice")).to_contain_text("不等于印着它的纸张")
    page.click("#again")
    page.set_input_files("#file", holder_file)
    verdict(page)
    expect(page.locator("#paper-notice")).to_have_count(0)


def test_another_check_starts_clean(page: Page, issued: World) -> None:
    paste(page, issued.codes["changed"])
    verdict(page)
    page.click("#again")
    expect(page.locator("#text")).to_have_value("")
    paste(page, issued.codes["marriage"])
    assert verdict(page) == ("PASSED", "OK")
