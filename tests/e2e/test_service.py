"""The page of a real instance: made, filled and served by `mzt`, checked in the browser with what it published."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, Request, expect

from tests.e2e import pictures
from tests.e2e.helpers import paste, verdict
from tests.e2e.instance import Instance
from tests.e2e.test_inputs import payload

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_codes_of_a_real_instance(real_page: Page, real_instance: Instance) -> None:
    expected = {"man": ("PASSED", "OK"), "donation": ("PASSED", "OK"), "woman": ("FAILED", "STATUS_NOT_VALID")}
    for name, result in expected.items():
        paste(real_page, real_instance.certificates[name]["code"])
        assert verdict(real_page) == result
        real_page.click("#again")


def test_picture_and_file_of_a_real_instance(real_page: Page, real_instance: Instance) -> None:
    image = pictures.png(pictures.code_image(real_instance.certificates["man"]["code"], 300))
    real_page.set_input_files("#file", payload("code.png", image, "image/png"))
    assert verdict(real_page) == ("PASSED", "OK")
    real_page.click("#again")
    real_page.set_input_files("#file", payload("certificate.mzc", real_instance.file))
    assert verdict(real_page) == ("PASSED", "OK")
    result = real_page.locator("#result")
    for words in ("张示例", "李样例", "J990101-2025-000001", "居民身份证", "示例市第一婚姻登记处"):
        expect(result).to_contain_text(words)
    assert re.search(r"[a-z]+_[a-z]+", result.locator("dl").last.inner_text()) is None  # every field has a label
    expect(real_page.locator(".levels .done")).to_have_count(3)


def test_a_real_instance_learns_nothing(context: BrowserContext, real_instance: Instance) -> None:
    seen: list[Request] = []
    context.on("request", lambda request: seen.append(request))
    page = context.new_page()
    secrets = [real_instance.certificates[name]["code"].partition("#")[2] for name in real_instance.certificates]
    page.goto(f"{real_instance.url}/v#{secrets[0]}")
    verdict(page)
    page.click("#again")
    page.set_input_files("#file", payload("certificate.mzc", real_instance.file))
    verdict(page)
    everything = real_instance.log.read_text(errors="replace") + "".join(f"{r.url} {r.headers}" for r in seen)
    for secret in (*secrets, *(c["cti"] for c in real_instance.certificates.values())):
        assert secret not in everything.replace(f"{real_instance.url}/v#{secrets[0]}", "")
    assert all(r.method == "GET" and r.url.startswith((real_instance.url, "data:")) for r in seen)


def test_the_server_side_check_agrees(real_instance: Instance) -> None:
    with httpx.Client(base_url=real_instance.url, timeout=30) as client:
        for name, outcome in (("man", "PASSED"), ("woman", "FAILED"), ("donation", "PASSED")):
            answer = client.post("/v1/verify", json={"code": real_instance.certificates[name]["code"]})
            assert answer.raise_for_status().json()["outcome"] == outcome
