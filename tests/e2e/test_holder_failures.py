"""What the holder's page makes of every failure: nothing that it does not know is called a refusal or invalid."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Route, expect

from tests.e2e.holder_double import item
from tests.e2e.holder_phone import Phone

pytestmark = pytest.mark.browser


def test_an_answer_lost_at_activation_does_not_cost_the_code(phone: Phone) -> None:
    phone.double.lose_activation = True
    phone.activate()
    expect(phone.page.locator("#show-code")).to_be_visible()
    phone.page.reload()
    phone.unlock()
    expect(phone.page.locator("#show-code")).to_be_visible()


def test_a_browser_that_keeps_no_keys_says_so_and_spends_no_code(phone: Phone) -> None:
    phone.page.evaluate(
        "() => { IDBObjectStore.prototype.put = () => { throw new DOMException('', 'DataCloneError'); }; }"
    )
    phone.activate()
    expect(phone.page.locator("#problem-text")).to_contain_text("不允许保存密钥")
    assert not phone.double.used


def test_an_outage_at_activation_can_be_tried_again(phone: Phone) -> None:
    phone.site.broken.add("/v1/holder")
    phone.activate()
    expect(phone.page.locator("#problem-text")).to_contain_text("暂时联系不上")
    phone.site.broken.clear()
    phone.page.click("#activate [type=submit]")
    expect(phone.page.locator("#show-code")).to_be_visible()


def test_wrong_pins_are_counted_and_end_in_deletion(active: Phone) -> None:
    active.page.reload()
    for left in range(7, 0, -1):
        active.unlock("000111")
        expect(active.page.locator("#problem-text")).to_contain_text(f"还可以试 {left} 次")
        if left == 4:
            active.page.reload()  # gives no tries back
    active.unlock("000111")
    expect(active.page.locator("#problem-text")).to_contain_text("密钥已经删除")
    active.page.reload()
    expect(active.page.locator("#activate")).to_be_visible()


def test_a_notice_that_contradicts_itself_cannot_be_granted(active: Phone) -> None:
    changes = ({"trx": "ff" * 16}, {"notice": "{}"}, {"notice_sm3": "00" * 32}, {"notice": "x"})
    active.double.items = [{**item(n), **change} for n, change in enumerate(changes)]
    for n in range(len(changes)):
        active.open("requests")
        active.page.locator("[data-trx]").nth(n).click()
        expect(active.page.locator("#broken")).to_contain_text("不能同意")
        expect(active.page.locator("#grant")).to_have_count(0)


def test_a_request_that_ended_meanwhile(active: Phone) -> None:
    asked = item(1)
    active.double.items = [asked]
    active.request(asked["trx"])
    expect(active.page.locator("#grant")).to_be_visible()
    asked["decision"] = "refuse"  # from another device
    active.page.click("#grant")
    expect(active.page.locator("#problem-text")).to_contain_text("已经结束")


def test_an_outage_is_never_a_refusal(active: Phone) -> None:
    asked = item(1)
    active.double.items = [asked]
    active.request(asked["trx"])
    active.site.broken.add("/v1/holder/consents/decide")
    active.page.click("#grant")
    expect(active.page.locator("#problem-text")).to_contain_text("还不知道您的决定是否已经送到")
    active.site.broken = {"/v1/holder"}
    for tab in ("home", "requests", "uses", "device"):
        active.open(tab)
        expect(active.page.locator("#problem-text")).to_contain_text("不代表被拒绝，也不代表证照无效")
    assert not re.search("已失效|不能用|停用|未同意", active.page.locator("main").inner_text())
    active.site.broken.clear()
    active.page.click("#retry-load")
    expect(active.page.locator("#lock")).to_be_visible()


def test_foreign_answers_are_an_outage(active: Phone) -> None:
    """A captive portal's page, and a proxy's own 404: neither is the service's word."""
    answers = [(200, "<html>Welcome to the hotel</html>"), (404, "<html>no such host</html>"), (200, "")]

    def answer(route: Route) -> None:
        status, body = answers[0]
        route.fulfill(status=status, body=body, content_type="text/html")

    active.page.route("**/v1/holder/**", answer)
    while answers:
        active.open("uses")
        expect(active.page.locator("#problem-text")).to_contain_text("暂时联系不上")
        answers.pop(0)
    active.page.unroute("**/v1/holder/**")


def test_a_stopped_device_is_told_so_and_keeps_its_key(active: Phone) -> None:
    active.double.keys.clear()
    active.page.click("#menu [data-view=requests]")
    expect(active.page.locator("#not-known")).to_contain_text("证照本身不受影响")
    active.page.reload()
    expect(active.page.locator("#unlock")).to_be_visible()


def test_a_wrong_clock_is_put_right_by_the_service(active: Phone) -> None:
    active.page.clock.set_fixed_time("2020-01-01T00:00:00Z")
    active.open("requests")
    expect(active.page.locator("#nothing")).to_be_visible()


def test_a_decision_that_is_slow_does_not_pull_the_person_back(active: Phone) -> None:
    active.double.items = [item(1)]
    active.request(f"{1:032x}")
    held: list[Route] = []
    active.page.route("**/consents/decide", lambda route: held.append(route))
    with active.page.expect_request("**/consents/decide"):
        active.page.click("#grant")
    active.page.click("#menu [data-view=device]")
    expect(active.page.locator("#lock")).to_be_visible()
    held[0].continue_()
    expect(active.page.locator("#said")).to_contain_text("已同意")
    expect(active.page.locator("#lock")).to_be_visible()
    active.page.unroute("**/consents/decide")
