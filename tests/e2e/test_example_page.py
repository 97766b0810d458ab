"""examples/browser in a browser: the packed npm module beside a static page, nothing else on the server."""

from __future__ import annotations

import tarfile
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.test_npm_package import ROOT, WEB, node
from tests.e2e.test_npm_package import pytestmark as needs_npm
from tests.support import kit
from tests.support.small_server import Asked, Reply, serving
from verifier.code import encode_code

pytestmark = [needs_npm, pytest.mark.browser]
TYPES = {".html": "text/html", ".js": "text/javascript", ".txt": "text/plain", ".cbor": "application/cbor"}


def test_the_page_checks_a_file_and_a_code(browser: Browser, tmp_path: Path) -> None:
    tarball = node(WEB, "node", "npm/pack.mjs", str(tmp_path)).strip()
    with tarfile.open(tarball) as archive:
        module = archive.extractfile("package/index.js")
        assert module is not None
        files = {"/minzheng-verify.js": module.read()}
    now = int(time.time())
    for path in (ROOT / "examples" / "browser").iterdir():
        files[f"/{path.name}"] = path.read_bytes()
    bundle = kit.bundle(issued_at=now - kit.DAY, expires=now + kit.DAY)
    files["/root.txt"] = bundle.root_fingerprint.encode()
    files["/trust-bundle.cbor"] = kit.signed_bundle(bundle)
    files["/status-list.cbor"] = kit.status(iat=now - 60, exp=now + kit.DAY)
    asked: list[str] = []

    def serve(request: Asked) -> Reply:
        asked.append(request.path)
        body = files.get(request.path)
        return Reply(404) if body is None else Reply(200, body, {"Content-Type": TYPES[Path(request.path).suffix]})

    (tmp_path / "good.mzc").write_bytes(kit.holder_file())
    with serving(serve) as url:
        page = browser.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda e: problems.append(str(e)))
        page.goto(f"{url}/index.html")
        result = page.locator("#result")
        expect(result).to_have_text("")
        before = len(asked)
        page.set_input_files("#file", tmp_path / "good.mzc")
        expect(result).to_have_attribute("data-outcome", "PASSED")
        expect(result).to_contain_text("示例古丽·样本江")
        page.fill("#code", encode_code(kit.statement(signer=kit.STRANGER_KEY)))
        page.click("#check")
        expect(result).to_have_attribute("data-outcome", "INDETERMINATE")
        page.close()
    assert problems == []
    assert asked[before:] == []  # nothing of what was checked left the browser
