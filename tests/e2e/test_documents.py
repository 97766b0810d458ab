"""PDF and OFD in the browser: real ones of a real service, and what others made of them."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, Request, expect

from tests.e2e.helpers import verdict
from tests.e2e.instance import Instance
from tests.e2e.test_inputs import payload
from verifier import package
from verifier.documents import read_document

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HOUR = 3600


@dataclass(frozen=True)
class Documents:
    """Of one certificate; `copy` is an annotated copy for the next hour."""

    pdf: bytes
    ofd: bytes
    copy: bytes

    def ofd_with(self, changes: Mapping[str, bytes]) -> bytes:
        whole = package.read(self.ofd)
        return package.write({**whole.files, **changes}, whole.comment)


@pytest.fixture(scope="module")
def documents(real_instance: Instance) -> Documents:
    mark = {"purpose": "办理示例贷款", "recipient": "示例银行", "expires": int(time.time()) + HOUR}
    return Documents(
        real_instance.document({"format": "pdf"}),
        real_instance.document({"format": "ofd"}),
        real_instance.document({"format": "ofd", "copy_for": mark}),
    )


def give(page: Page, name: str, content: bytes) -> tuple[str, str]:
    page.set_input_files("#file", payload(name, content))
    return verdict(page)


def test_pdf(real_page: Page, documents: Documents) -> None:
    assert give(real_page, "certificate.pdf", documents.pdf) == ("PASSED", "OK")
    result = real_page.locator("#result")
    for words in ("PDF，与签发机构声明的内容一致", "张示例", "示例市第一婚姻登记处"):
        expect(result).to_contain_text(words)
    expect(result).not_to_contain_text("电子签章")
    expect(real_page.locator("#paper-notice")).to_have_count(0)


def test_sealed_ofd_in_both_languages(real_page: Page, documents: Documents) -> None:
    assert give(real_page, "certificate.ofd", documents.ofd) == ("PASSED", "OK")
    seal = real_page.locator("#seal")
    expect(seal).to_contain_text("示例市第一婚姻登记处")
    expect(seal).to_contain_text("签章人：示例市第一婚姻登记处")
    expect(seal).to_contain_text(re.compile("盖章时间：20[0-9]{2}年"))
    expect(real_page.locator("#result")).to_contain_text("OFD，与签发机构声明的内容一致")
    real_page.click("#language")
    expect(seal).to_contain_text("Signed by: ")
    expect(real_page.locator("#result")).to_contain_text("Electronic seal")


def test_kind_that_the_page_knows_from_the_bundle_alone(real_page: Page, real_instance: Instance) -> None:
    slug = "bureau-990101"
    data = real_instance.document({"format": "ofd"}, real_instance.issue("disability-subsidy", slug), slug)
    assert give(real_page, "certificate.ofd", data) == ("PASSED", "OK")
    expect(real_page.locator("#kind-notice")).to_contain_text("不代替残疾人证")
    result = real_page.locator("#result")
    for words in (
        "残疾人两项补贴证明",
        "示例市民政局",
        "样例残疾人",
        "困难残疾人生活补贴（元/月）",
        "100.00 元",
        "居民身份证",
    ):
        expect(result).to_contain_text(words)
    assert re.search(r"[a-z]+_[a-z]+", result.locator("dl").last.inner_text()) is None  # every field has a label
    real_page.click("#language")
    for words in (
        "disability subsidy certificate",
        "living subsidy, yuan a month",
        "CNY 100.00",
        "resident identity card",
    ):
        expect(result).to_contain_text(words)


def test_nothing_of_a_document_is_sent(real_page: Page, documents: Documents) -> None:
    seen: list[Request] = []
    real_page.on("request", lambda request: seen.append(request))
    give(real_page, "certificate.ofd", documents.ofd)
    assert {r.method for r in seen} == {"GET"}
    assert all(r.post_data is None and "?" not in r.url for r in seen)
    assert all("/v1/trust-bundle" in r.url or "/v1/status-lists/" in r.url for r in seen)


def test_altered_page(real_page: Page, documents: Documents) -> None:
    files = package.read(documents.ofd).files
    name = next(n for n in files if n.endswith("Content.xml"))
    altered = documents.ofd_with({name: files[name].replace("张示例".encode(), "王示例".encode())})
    assert altered != documents.ofd
    assert give(real_page, "certificate.ofd", altered) == ("FAILED", "DOCUMENT_ALTERED")
    expect(real_page.locator("#seal")).to_have_count(0)
    expect(real_page.locator("details")).to_contain_text("SEAL_INVALID")
    real_page.click("#again")
    changed = bytearray(documents.pdf)
    changed[len(read_document(documents.pdf).body) // 2] ^= 1
    assert give(real_page, "certificate.pdf", bytes(changed))[0] == "FAILED"


def test_without_the_statement(real_page: Page, documents: Documents) -> None:
    for name, data in (("certificate.pdf", documents.pdf), ("certificate.ofd", documents.ofd)):
        assert give(real_page, name, read_document(data).body) == ("INDETERMINATE", "RENDITION_MISSING")
        expect(real_page.locator("#needs")).to_contain_text("签发机构关于这份文件的声明")
        real_page.click("#again")


def test_annotated_copy_and_its_end(real_page: Page, documents: Documents) -> None:
    assert give(real_page, "copy.ofd", documents.copy) == ("PASSED", "OK")
    expect(real_page.locator("#result")).to_contain_text("加注件，使用至")
    real_page.click("#again")
    real_page.evaluate("(ahead) => { const now = Date.now; Date.now = () => now() + ahead; }", 1000 * (HOUR + 60))
    assert give(real_page, "copy.ofd", documents.copy) == ("FAILED", "COPY_EXPIRED")


def test_foreign_documents_get_an_answer_in_words(real_page: Page) -> None:
    pdf = b"%PDF-1.7\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer\n<</Size 2/Root 1 0 R>>\nstartxref\n0\n%%EOF\n"
    for name, data, words in (
        ("letter.pdf", pdf, "这份 PDF 里没有证书文件"),
        ("letter.ofd", package.write({"OFD.xml": b"<OFD/>"}), "这个 OFD 或压缩文件里没有证书文件"),
    ):
        real_page.set_input_files("#file", payload(name, data))
        expect(real_page.get_by_role("alert")).to_contain_text(words)
        expect(real_page.locator(".verdict")).to_have_count(0)
