"""The holder's page on a telephone, before the service in memory: what its tests share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from api.web.routes import is_built
from tests.e2e import server
from tests.e2e.holder_double import CODE, Double
from tests.e2e.world import World

PIN = "482915"


@dataclass
class Phone:
    """A page, the service behind it and everything that it was asked."""

    page: Page
    double: Double
    site: server.Site

    def activate(self, code: str = CODE, pin: str = PIN) -> None:
        self.page.fill("#activation-code", code)
        self.page.fill("#pin", pin)
        self.page.fill("#pin-again", pin)
        self.page.click("#activate [type=submit]")

    def open(self, tab: str) -> None:
        self.page.click(f"#menu [data-view={tab}]")
        expect(self.page.locator("#busy")).to_be_empty()

    def unlock(self, pin: str = PIN) -> None:
        self.page.fill("#pin", pin)
        self.page.click("#unlock [type=submit]")

    def request(self, trx: str) -> None:
        self.open("requests")
        self.page.click(f'[data-trx="{trx}"]')


@pytest.fixture(scope="package")
def telephone(browser: Browser, issued: World) -> Iterator[Phone]:
    """The page on a telephone, not activated. Whatever it reports as an error fails the test."""
    if not is_built():
        pytest.skip("the pages are not built (make web)")
    double = Double(issued)
    context = browser.new_context(viewport={"width": 390, "height": 800})
    context.set_default_timeout(60_000)
    with server.running(double.application()) as site:
        yield Phone(context.new_page(), double, site)
    context.close()


@pytest.fixture
def phone(telephone: Phone) -> Iterator[Phone]:
    """Nothing kept, nothing registered: as a telephone is when it first opens the page."""
    telephone.double.reset()
    telephone.site.broken.clear()
    telephone.site.requests.clear()
    telephone.page = telephone.page.context.new_page()
    with checked(telephone):
        telephone.page.goto(f"{telephone.site.url}/h")
        expect(telephone.page.locator("#view > *").first).to_be_visible()
        telephone.page.evaluate(FORGET)
        telephone.page.reload()
        yield telephone
    telephone.page.close()


@pytest.fixture
def active(telephone: Phone) -> Iterator[Phone]:
    """Activated and open, with nothing asked yet. The key of the test before serves if it is still there."""
    keys = dict(telephone.double.keys)
    telephone.double.reset()
    telephone.double.keys.update(keys)
    telephone.site.broken.clear()
    telephone.page = telephone.page.context.new_page()
    with checked(telephone):
        telephone.page.goto(f"{telephone.site.url}/h")
        ready = telephone.page.locator("#activate, #unlock")
        expect(ready).to_be_visible()
        telephone.page.evaluate(
            "if (localStorage.getItem('language') === 'en') document.getElementById('language').click()"
        )
        if telephone.page.locator("#activate").is_visible() or not keys:
            telephone.page.evaluate(FORGET)
            telephone.page.reload()
            telephone.activate()
        else:
            telephone.unlock()
        expect(telephone.page.locator("#show-code")).to_be_visible()
        telephone.site.requests.clear()
        yield telephone
    telephone.page.close()


@contextmanager
def checked(phone: Phone) -> Iterator[None]:
    """No error of a script, nothing that the content security policy had to stop."""
    errors: list[str] = []
    phone.page.on("pageerror", lambda error: errors.append(str(error)))
    phone.page.on("console", lambda m: errors.append(m.text) if "Security Policy" in m.text else None)
    yield
    assert errors == []


FORGET = """() => new Promise((done, failed) => {
  const opening = indexedDB.open('mz-holder', 1);
  opening.onsuccess = () => {
    const change = opening.result.transaction('device', 'readwrite');
    change.objectStore('device').clear();
    change.oncomplete = () => { localStorage.clear(); opening.result.close(); done(); };
    change.onerror = failed;
  };
})"""
