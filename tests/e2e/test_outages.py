"""What cannot be fetched makes a result undecided, never invalid and never valid."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.e2e.helpers import paste, verdict
from tests.e2e.server import Site
from tests.e2e.world import World

pytestmark = pytest.mark.browser


def test_status_list_blocked(page: Page, issued: World) -> None:
    page.route("**/v1/status-lists/*", lambda route: route.abort())
    paste(page, issued.codes["marriage"])
    assert verdict(page) == ("INDETERMINATE", "STATUS_MISSING")
    expect(page.locator("#needs")).to_contain_text("失效名单")
    expect(page.locator("#advice")).to_contain_text("不等于“是假的”")


def test_status_list_answered_with_an_error(page: Page, site: Site, issued: World) -> None:
    site.broken.add("/v1/status-lists")
    paste(page, issued.codes["withdrawn"])
    assert verdict(page) == ("INDETERMINATE", "STATUS_MISSING")


@pytest.mark.parametrize(
    ("body", "reason"),
    [(b"not a list", "STATUS_MALFORMED"), (b"", "STATUS_MALFORMED"), (None, "STATUS_SIGNATURE_INVALID")],
)
def test_status_list_damaged(page: Page, issued: World, body: bytes | None, reason: str) -> None:
    changed = bytearray(issued.status[1])
    changed[-1] ^= 1

    def answer(route: Route) -> None:
        route.fulfill(body=bytes(changed) if body is None else body)

    page.route("**/v1/status-lists/*", answer)
    paste(page, issued.codes["marriage"])
    assert verdict(page) == ("INDETERMINATE", reason)


def test_trust_bundle_missing_then_there(context: BrowserContext, site: Site, issued: World) -> None:
    site.broken.add("/v1/trust-bundle")
    page = context.new_page()
    page.goto(f"{site.url}/v")
    paste(page, issued.codes["marriage"])
    assert verdict(page) == ("INDETERMINATE", "TRUST_MISSING")
    site.broken.clear()
    page.click("#again")
    paste(page, issued.codes["marriage"])
    assert verdict(page) == ("PASSED", "OK")


def test_trust_bundle_forged(context: BrowserContext, site: Site, issued: World) -> None:
    changed = bytearray(issued.trust)
    changed[-1] ^= 1
    page = context.new_page()
    page.route("**/v1/trust-bundle", lambda route: route.fulfill(body=bytes(changed)))
    page.goto(f"{site.url}/v")
    paste(page, issued.codes["marriage"])
    assert verdict(page) == ("INDETERMINATE", "TRUST_MISSING")


def test_off_line_after_one_check(page: Page, context: BrowserContext, issued: World) -> None:
    paste(page, issued.codes["marriage"])
    assert verdict(page) == ("PASSED", "OK")
    context.set_offline(True)
    page.click("#again")
    paste(page, issued.codes["withdrawn"])  # the same list, still in force
    assert verdict(page) == ("FAILED", "STATUS_NOT_VALID")
    page.click("#again")
    paste(page, issued.codes["donation"])  # another list, never fetched
    assert verdict(page) == ("INDETERMINATE", "STATUS_MISSING")
    context.set_offline(False)


def test_wrong_clock_is_undecided_and_says_so(context: BrowserContext, site: Site, issued: World) -> None:
    page = context.new_page()
    page.clock.set_fixed_time("2020-01-01T00:00:00Z")
    page.goto(f"{site.url}/v")
    paste(page, issued.codes["marriage"])
    outcome, _ = verdict(page)
    assert outcome == "INDETERMINATE"
    expect(page.locator(".verdict")).to_contain_text("时间不准")
