"""The page of a real instance: made, filled and served by `mzt`, checked in the browser with what it published."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from api.web.routes import is_built
from tests.e2e import pictures
from tests.e2e.helpers import paste, verdict
from tests.e2e.test_inputs import payload
from verifier.credential import HolderFile

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Instance:
    """A serving process, what it issued, and where it writes its log."""

    url: str
    certificates: dict[str, dict[str, Any]]  # "man", "woman" (withdrawn), "donation"
    file: bytes
    log: Path


def first_row(name: str) -> dict[str, str]:
    with (ROOT / "examples" / name).open(encoding="utf-8-sig", newline="") as lines:
        return next(csv.DictReader(lines))


def wait_for_address(log: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        found = re.search(r"(http://127\.0\.0\.1:\d+)/v", log.read_text(errors="replace"))
        if found:
            return found[1]
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        time.sleep(0.1)
    raise AssertionError("mzt serve did not say where it listens")


def headers_of(directory: Path, slug: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {(directory / 'tokens' / f'{slug}.token').read_text().strip()}"}


def fill(url: str, directory: Path) -> tuple[dict[str, dict[str, Any]], bytes]:
    """Issue a marriage and a donation, withdraw one spouse's certificate, fetch the other's file."""
    registry, charity = headers_of(directory, "registry-990101"), headers_of(directory, "charity-990001")
    with httpx.Client(base_url=url, timeout=60) as client:

        def post(path: str, content: dict[str, Any], headers: dict[str, str]) -> httpx.Response:
            return client.post(path, json=content, headers=headers).raise_for_status()

        record = {"kind": "marriage", "record": first_row("marriage-registrations.csv")}
        found = {c["role"]: c for c in post("/v1/certificates", record, registry).json()["certificates"]}
        donated = post("/v1/donations", {"record": first_row("donations.csv")}, charity).json()["certificates"]
        post("/v1/certificates/revoke", {"cti": [found["woman"]["cti"]], "reason": "re-issued"}, registry)
        deadline = time.monotonic() + 60
        while True:  # until the log has sequenced and signed, and the list has been published
            file = post("/v1/certificates/file", {"cti": found["man"]["cti"]}, registry).content
            answer = client.post("/v1/verify", json={"code": found["woman"]["code"]}).raise_for_status().json()
            if HolderFile.parse(file).receipts and answer["reason"] == "STATUS_NOT_VALID":
                return {**found, "donation": donated[0]}, file
            assert time.monotonic() < deadline, "no receipt, or the withdrawal was not published"
            time.sleep(0.3)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    if not is_built():
        pytest.skip("the verify page is not built (make web)")
    directory = tmp_path_factory.mktemp("instance")
    settings = {"MZ_DATA_DIR": str(directory / "data"), "MZ_PORT": "0", "MZ_PUBLISH_SECONDS": "1", "COLUMNS": "200"}
    log = directory / "serve.log"
    with log.open("wb") as sink:
        command = [sys.executable, "-c", "from api.cli import main; main()", "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, stdout=sink, stderr=sink)
    try:
        url = wait_for_address(log, process)
        certificates, file = fill(url, directory / "data")
        yield Instance(url, certificates, file, log)
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def real_page(context: BrowserContext, instance: Instance) -> Page:
    page = context.new_page()
    page.goto(f"{instance.url}/v")
    return page


def test_codes_of_a_real_instance(real_page: Page, instance: Instance) -> None:
    expected = {"man": ("PASSED", "OK"), "donation": ("PASSED", "OK"), "woman": ("FAILED", "STATUS_NOT_VALID")}
    for name, result in expected.items():
        paste(real_page, instance.certificates[name]["code"])
        assert verdict(real_page) == result
        real_page.click("#again")


def test_picture_and_file_of_a_real_instance(real_page: Page, instance: Instance) -> None:
    image = pictures.png(pictures.code_image(instance.certificates["man"]["code"], 300))
    real_page.set_input_files("#file", payload("code.png", image, "image/png"))
    assert verdict(real_page) == ("PASSED", "OK")
    real_page.click("#again")
    real_page.set_input_files("#file", payload("certificate.mzc", instance.file))
    assert verdict(real_page) == ("PASSED", "OK")
    result = real_page.locator("#result")
    for words in ("张示例", "李样例", "J990101-2025-000001", "居民身份证", "示例市第一婚姻登记处"):
        expect(result).to_contain_text(words)
    assert re.search(r"[a-z]+_[a-z]+", result.locator("dl").last.inner_text()) is None  # every field has a label
    expect(real_page.locator(".levels .done")).to_have_count(3)


def test_a_real_instance_learns_nothing(context: BrowserContext, instance: Instance) -> None:
    seen: list[Request] = []
    context.on("request", lambda request: seen.append(request))
    page = context.new_page()
    secrets = [instance.certificates[name]["code"].partition("#")[2] for name in instance.certificates]
    page.goto(f"{instance.url}/v#{secrets[0]}")
    verdict(page)
    page.click("#again")
    page.set_input_files("#file", payload("certificate.mzc", instance.file))
    verdict(page)
    everything = instance.log.read_text(errors="replace") + "".join(f"{r.url} {r.headers}" for r in seen)
    for secret in (*secrets, *(c["cti"] for c in instance.certificates.values())):
        assert secret not in everything.replace(f"{instance.url}/v#{secrets[0]}", "")
    assert all(r.method == "GET" and r.url.startswith((instance.url, "data:")) for r in seen)


def test_the_server_side_check_agrees(instance: Instance) -> None:
    with httpx.Client(base_url=instance.url, timeout=30) as client:
        for name, outcome in (("man", "PASSED"), ("woman", "FAILED"), ("donation", "PASSED")):
            answer = client.post("/v1/verify", json={"code": instance.certificates[name]["code"]})
            assert answer.raise_for_status().json()["outcome"] == outcome
