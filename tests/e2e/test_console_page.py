"""The charity's console and the regulator's page in a browser, before a service in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from api.web.routes import is_built
from tests.e2e.office import PIN, Desk, desk
from tests.e2e.office_double import OVERDUE, digest

pytestmark = [pytest.mark.browser]
FUND = "[data-book='0123456789abcdef0123456789abcdef']"


@pytest.fixture(scope="module")
def charity(browser: Browser) -> Iterator[Desk]:
    """An officer whose key was registered and released, at the overview."""
    if not is_built():
        pytest.skip("the pages are not built (make web)")
    with desk(browser, "charity") as made:
        made.start("console")
        expect(made.page.locator(FUND)).to_be_visible()
        yield made


@pytest.fixture
def officer(charity: Desk) -> Desk:
    keys = charity.office.keys
    charity.office.reset()
    charity.office.keys = keys
    charity.office.donations.append({"amount_fen": "100000"})
    charity.office.events.append({"kind": "allocated", "project": "school-meals", "purpose": "餐费", "amount": 50000})
    charity.tab("home")
    return charity


def open_form(officer: Desk, kind: str) -> None:
    officer.page.click(FUND)
    officer.page.click(f"#act-{kind}")
    expect(officer.page.locator("#entry")).to_be_visible()


def test_a_payment_from_its_reservation_to_the_acknowledgement(officer: Desk, tmp_path: Path) -> None:
    page, office = officer.page, officer.office
    open_form(officer, "reserved")
    page.select_option("#f-allocation", "1")
    page.fill("#f-amount", "120.005")
    page.select_option("#f-cost_class", "direct_aid")
    page.select_option("#f-payee_type", "supplier")
    page.fill("#f-notes-payee", "示例食堂")
    page.click("#entry [type=submit]")
    expect(page.locator("#problem-text")).to_contain_text("最多两位小数")
    assert page.input_value("#f-notes-payee") == "示例食堂"  # what was typed is kept
    page.fill("#f-amount", "120.05")
    page.dblclick("#entry [type=submit]")
    expect(page.locator("#said")).to_contain_text("已登记")
    assert office.events[1:] == [
        {"kind": "reserved", "allocation": 1, "amount": 12005, "cost_class": "direct_aid", "payee_type": "supplier"}
    ]
    assert office.notes == [{"payee": "示例食堂"}]
    voucher = tmp_path / "voucher.pdf"
    voucher.write_bytes(b"a redacted voucher")
    page.click("#act-paid")
    page.select_option("#f-no", "1")
    page.set_input_files("#f-voucher", voucher)
    expect(page.locator("#f-voucher-digest code")).to_have_text(digest(b"a redacted voucher"))
    page.click("#entry [type=submit]")
    expect(page.locator("#review")).to_be_visible()  # money has left: nothing undoes that
    assert len(office.events) == 2
    page.click("#record")
    expect(page.locator("#said")).to_contain_text("已登记")
    assert office.events[2] == {"kind": "paid", "no": 1, "on": None, "voucher": digest(b"a redacted voucher")}
    assert all(b"redacted" not in r.body for r in officer.site.requests)
    officer.tab("home")
    expect(page.locator("td", has_text="120.05")).to_be_visible()


def test_a_lost_answer_is_asked_for_again_and_recorded_once(officer: Desk) -> None:
    page, office = officer.page, officer.office
    open_form(officer, "released")
    page.select_option("#f-no", "1")
    page.fill("#f-amount", "1")
    page.select_option("#f-reason-code", "not-needed")
    office.lose_answer = True
    page.click("#entry [type=submit]")
    expect(page.locator("#problem-text")).to_contain_text("不知道是否已经登记")
    page.click("#language")  # the form outlives even this
    page.click("#entry [type=submit]")
    expect(page.locator("#said")).to_contain_text("Recorded")
    page.click("#language")
    assert [e["kind"] for e in office.events] == ["allocated", "released"]
    page.click("#act-released")
    page.select_option("#f-no", "1")
    page.fill("#f-amount", "2")
    page.select_option("#f-reason-code", "not-needed")
    office.refuse = "insufficient"
    page.click("#entry [type=submit]")
    expect(page.locator("#problem-text")).to_contain_text("余额不足")
    assert page.input_value("#f-amount") == "2"


def test_a_donation_gives_a_slip_with_its_code(officer: Desk) -> None:
    page, office = officer.page, officer.office
    page.click(FUND)
    page.click("#donate")
    for name, value in (("donation_no", "2026-000017"), ("amount_fen", "1,234.50"), ("received_on", "2026-11-02")):
        page.fill(f"#f-{name}", value)
    page.fill("#f-channel", "银行转账")
    page.fill("#f-handler", "样例经手人")
    page.fill("#f-donor_name", "样例捐赠人")
    page.click("#entry [type=submit]")
    expect(page.locator(".receipt .code")).to_be_visible()
    expect(page.locator("#code")).to_contain_text("MZD1:")
    row = office.donations[1]
    assert (row["amount_fen"], row["donor_name"], row["anonymous"]) == (123450, "样例捐赠人", False)
    assert all("样例捐赠人" not in r.target + r.headers for r in officer.site.requests)
    assert "样例" not in page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")


def test_the_page_tells_what_it_will_ask_for(officer: Desk) -> None:
    page, office = officer.page, officer.office
    expect(page.locator("#view tbody")).to_contain_text(["第一期"])
    open_form(officer, "pledged")
    page.fill("#f-amount", "88")
    page.fill("#f-due", "2026-12-31")
    page.click("#entry [type=submit]")
    expect(page.locator("#said")).to_contain_text("认捐编号：1")  # which "withdrawn" asks for
    office.registered = False
    officer.tab("home")
    expect(page.locator("#view")).to_contain_text("请先登记组织信息")  # not: nothing is due


def test_files_the_register_and_the_lock(officer: Desk, tmp_path: Path) -> None:
    page, office = officer.page, officer.office
    officer.tab("files")
    statement = tmp_path / "statement.csv"
    statement.write_bytes("日期,金额\n2026-11-02,100.00\n".encode())
    page.set_input_files("#file", statement)
    page.click("#upload [type=submit]")
    expect(page.locator("#title")).to_have_text("导入报告")
    assert office.files == [statement.read_bytes()]
    officer.tab("register")
    expect(page.locator(".late-by")).to_have_text("逾期 22 天")
    page.click("#act-project_ended")
    page.fill("#f-project", "school-meals")
    officer.tab("key")
    page.click("#lock")
    page.fill("#pin", "000001")
    page.click("#unlock [type=submit]")
    expect(page.locator("#problem-text")).to_contain_text("还可以试 7 次")
    page.fill("#pin", PIN)
    page.click("#unlock [type=submit]")
    expect(page.locator(FUND)).to_be_visible()


def test_the_regulator_sees_who_is_late_and_takes_it_along(browser: Browser) -> None:
    if not is_built():
        pytest.skip("the pages are not built (make web)")
    with desk(browser, "auditor", width=390) as regulator:
        page = regulator.page
        regulator.start("regulator")
        row = page.locator("tbody tr")
        for words in ("D5", "慈善法第七十九条", "2026-10-31", "22 天"):
            expect(row).to_contain_text(words)
        assert page.get_attribute("tbody a", "href") == f"/c#{OVERDUE['charity']}"
        with page.expect_download() as caught:
            page.click("#download")
        assert "慈善法第七十九条,2026-10-31,22" in caught.value.path().read_text(encoding="utf-8-sig")
        regulator.tab("gaps")
        expect(page.locator("#none")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
