"""Witnesses and anchors on the page: carried in the file, brought beside it, or brought to an answer already shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from tests.e2e.helpers import VERDICT, paste, verdict
from tests.e2e.server import Site
from tests.e2e.test_access import assert_readable
from tests.e2e.test_inputs import payload
from tests.e2e.test_one_question import hold_first
from tests.e2e.world import World

pytestmark = pytest.mark.browser


def level(page: Page, name: str) -> Locator:
    return page.locator(f".levels li[data-level={name}]")


def reached(page: Page) -> list[str]:
    found = page.locator(".levels li.done").evaluate_all("(items) => items.map((i) => i.dataset.level)")
    return [str(name) for name in found]


def files(issued: World, certificate: str | None, *evidence: str) -> list[FilePayload]:
    found = [payload(f"{name}.cbor", issued.evidence[name]) for name in evidence]
    return found if certificate is None else [*found, payload("certificate.mzc", issued.files[certificate])]


def test_cosigned_file_reaches_level_4_and_names_the_witnesses(page: Page, issued: World) -> None:
    page.set_input_files("#file", files(issued, "cosigned"))
    assert verdict(page) == ("PASSED", "OK")
    assert reached(page) == ["L1", "STATUS", "L3", "L4"]
    shown = level(page, "L4")
    expect(shown).to_contain_text("4 家中的 2 家")
    expect(shown).to_contain_text("north.example/w1")
    expect(shown).to_contain_text("south.example/w1")
    expect(shown).not_to_contain_text("west.example/w1")
    page.click("#language")
    expect(shown).to_contain_text("2 of the 4")


def test_one_witness_is_not_a_quorum(page: Page, issued: World) -> None:
    page.set_input_files("#file", files(issued, "marriage", "by-one"))
    assert verdict(page) == ("PASSED", "OK")
    assert reached(page) == ["L1", "STATUS", "L3"]
    expect(level(page, "L4")).to_contain_text("4 家中的 1 家")


@pytest.mark.parametrize("certificate", ["marriage", "cosigned"])
def test_two_trees_of_one_size_are_a_fork(page: Page, issued: World, certificate: str) -> None:
    page.set_input_files("#file", files(issued, certificate, "fork"))
    assert verdict(page) == ("FAILED", "LOG_FORKED")
    expect(page.locator(VERDICT)).to_contain_text("不能采信")
    expect(level(page, "L4")).to_have_class("wrong")
    expect(page.locator("#evidence")).to_have_count(0)  # nothing that is added makes that good


def test_proof_dropped_with_the_file_reaches_level_5(page: Page, issued: World) -> None:
    page.set_input_files("#file", files(issued, "cosigned", "proof"))
    assert verdict(page) == ("PASSED", "OK")
    assert reached(page) == ["L1", "STATUS", "L3", "L4", "L5"]
    expect(level(page, "L5")).to_contain_text("test chain")
    expect(level(page, "L5")).to_contain_text("第 81 块")
    expect(page.locator("#evidence")).to_have_count(0)
    assert_readable(page)


def test_proof_brought_to_an_answer_that_is_shown(page: Page, site: Site, issued: World) -> None:
    page.set_input_files("#file", files(issued, "marriage"))
    assert verdict(page) == ("PASSED", "OK")
    site.requests.clear()
    page.set_input_files("#evidence", files(issued, None, "proof"))
    expect(level(page, "L5")).to_have_class("done")
    page.set_input_files("#evidence", files(issued, None, "checkpoint"))
    expect(level(page, "L4")).to_have_class("done")
    assert reached(page) == ["L1", "STATUS", "L3", "L4", "L5"]
    targets = {r.target.partition("?")[0] for r in site.requests}
    assert targets <= {"/v1/status-lists/1"}


@pytest.mark.parametrize(
    ("brought", "state", "words", "expected"),
    [
        ("too-few-seals", "open", "没有通过核对", ("PASSED", "OK")),
        ("other-root", "wrong", "不一致", ("FAILED", "ANCHOR_MISMATCH")),
    ],
)
def test_proof_that_does_not_show_it(
    page: Page, issued: World, brought: str, state: str, words: str, expected: tuple[str, str]
) -> None:
    page.set_input_files("#file", files(issued, "cosigned", brought))
    assert verdict(page) == expected
    expect(level(page, "L5")).to_have_class(state)
    expect(level(page, "L5")).to_contain_text(words)


def test_evidence_alone_is_no_certificate(page: Page, issued: World) -> None:
    page.set_input_files("#file", files(issued, None, "proof", "checkpoint"))
    expect(page.get_by_role("alert")).to_contain_text("里面没有证书")
    expect(page.locator(VERDICT)).to_have_count(0)


def test_evidence_of_a_former_question_is_forgotten(page: Page, issued: World) -> None:
    page.set_input_files("#file", files(issued, "marriage", "proof", "checkpoint"))
    verdict(page)
    page.click("#again")
    page.set_input_files("#file", files(issued, "marriage"))
    verdict(page)
    assert reached(page) == ["L1", "STATUS", "L3"]
    page.click("#again")
    page.set_input_files("#file", files(issued, None, "proof"))
    expect(page.get_by_role("alert")).to_contain_text("里面没有证书")


def test_evidence_does_not_fall_to_the_next_question(page: Page, issued: World) -> None:
    page.set_input_files("#file", files(issued, "marriage"))
    verdict(page)
    held = hold_first(page, "**/v1/status-lists/*")
    page.set_input_files("#evidence", files(issued, None, "proof"))
    expect(page.locator(VERDICT)).to_have_count(0)
    assert "示例古丽" not in page.content()
    paste(page, issued.codes["stranger"])
    assert verdict(page) == ("INDETERMINATE", "ISSUER_UNKNOWN")
    held[0].fallback()
    page.wait_for_timeout(300)
    assert verdict(page) == ("INDETERMINATE", "ISSUER_UNKNOWN")


def test_what_a_node_said_is_not_taken(page: Page, issued: World) -> None:
    page.set_input_files("#file", files(issued, "marriage", "observation"))
    expect(page.get_by_role("alert")).to_contain_text("anchor-proof.cbor")
    expect(page.locator(VERDICT)).to_have_count(0)


def test_bare_code_offers_no_evidence(page: Page, issued: World) -> None:
    paste(page, issued.codes["marriage"])
    assert verdict(page) == ("PASSED", "OK")
    expect(page.locator("#evidence")).to_have_count(0)
    expect(level(page, "L5")).to_contain_text("需要登记回执")


def test_checkpoint_told_by_its_content_and_not_by_its_name(page: Page, issued: World, tmp_path: Path) -> None:
    note = tmp_path / "photo.png"
    note.write_bytes(issued.evidence["checkpoint"])
    certificate = tmp_path / "certificate.mzc"
    certificate.write_bytes(issued.files["marriage"])
    page.set_input_files("#file", [note, certificate])
    assert verdict(page) == ("PASSED", "OK")
    expect(level(page, "L4")).to_have_class("done")


def test_phone_width_and_keyboard(page: Page, issued: World) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.set_input_files("#file", files(issued, "cosigned"))
    verdict(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert_readable(page)
    box = page.locator("label[for=evidence]").bounding_box()
    assert box is not None
    assert box["height"] >= 44
    page.locator("#evidence").focus()
    expect(page.locator("#evidence")).to_have_accessible_name("加入见证或锚定证明")
    outline = page.locator("label[for=evidence]").evaluate("(n) => getComputedStyle(n).outlineStyle")
    assert outline == "solid"
