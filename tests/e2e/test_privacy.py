"""Nothing leaves: every request recorded, in the browser and at the server. And nothing from outside comes in."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, Request

from tests.e2e import pictures
from tests.e2e.helpers import paste, verdict
from tests.e2e.server import Site
from tests.e2e.test_inputs import payload
from tests.e2e.world import World

pytestmark = pytest.mark.browser

ALLOWED = ("/v", "/static/", "/v1/trust-bundle", "/v1/status-lists/1", "/v1/status-lists/2")


def check_everything(page: Page, site: Site, issued: World, file: Path) -> None:
    """All ways in, one after the other."""
    for name in issued.codes:
        paste(page, issued.codes[name])
        verdict(page)
        page.click("#again")
    page.set_input_files("#file", file)
    verdict(page)
    page.click("#again")
    page.set_input_files("#file", payload("c.png", pictures.png(pictures.code_image(issued.codes["marriage"]))))
    verdict(page)
    page.click("#language")
    page.click("#again")
    page.click("#scan")
    verdict(page)
    page.goto(f"{site.url}/v#{issued.codes['donation'].partition('#')[2]}")
    verdict(page)


def test_no_request_carries_anything(context: BrowserContext, site: Site, issued: World, holder_file: Path) -> None:
    seen: list[Request] = []
    context.on("request", lambda request: seen.append(request))
    page = context.new_page()
    page.goto(f"{site.url}/v")
    check_everything(page, site, issued, holder_file)

    outside = [r.url for r in seen if urlsplit(r.url).scheme not in ("data", "blob") and not r.url.startswith(site.url)]
    assert outside == []
    assert all(r.method == "GET" and r.post_data_buffer is None for r in seen)
    assert len(site.requests) > 10
    for record in site.requests:
        assert record.body == b""
        path, _, query = record.target.partition("?")
        assert query == ""
        assert path.startswith(ALLOWED)
        for secret in issued.secrets():
            assert secret not in record.target + record.headers


def test_forged_code_causes_no_request(page: Page, site: Site, issued: World) -> None:
    site.requests.clear()
    paste(page, issued.codes["changed"])
    verdict(page)
    paths = {record.target.partition("?")[0] for record in site.requests}
    assert not any(path.startswith("/v1/status") for path in paths)


def test_nothing_is_stored(page: Page, issued: World, context: BrowserContext) -> None:
    paste(page, issued.codes["marriage"])
    verdict(page)
    page.click("#language")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert stored == '[{"language":"en"},{},""]'
    assert context.cookies() == []


def test_headers_leave_no_way_out(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    answer = page.goto(f"{site.url}/v")
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    for part in ("default-src 'none'", "connect-src 'self'", "form-action 'none'", "frame-ancestors 'none'"):
        assert part in policy
    assert "unsafe" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-cache"
    blocked = page.evaluate(
        """async () => { try { await fetch('https://elsewhere.example/'); return false; }
        catch (e) { return e instanceof TypeError; } }"""
    )
    assert blocked
    inline = page.evaluate(
        """() => { window.ran = false; const s = document.createElement('script');
        try { s.textContent = 'window.ran = true'; document.body.append(s); } catch { } return window.ran; }"""
    )
    assert inline is False


def test_assets_are_cached_for_ever_and_compressed(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    with page.expect_response(lambda r: "/static/verify." in r.url) as caught:
        page.goto(f"{site.url}/v")
    headers = caught.value.headers
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-encoding"] in ("br", "gzip")
    assert headers["vary"] == "Accept-Encoding"


def test_unknown_static_names_are_not_found(context: BrowserContext, site: Site) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/v")
    for name in ("size.json", "verify.html", "..%2Froutes.py", "verify.html.br"):
        status = page.evaluate("async (p) => (await fetch(p)).status", f"/static/{name}")
        assert status >= 400, name
