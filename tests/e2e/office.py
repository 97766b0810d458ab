"""The pages of offices before the service in memory: what their tests share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, expect

from tests.e2e import server
from tests.e2e.office_double import Office

PIN = "482915"


@dataclass
class Desk:
    """A page, the service behind it and everything that it was asked."""

    page: Page
    office: Office
    site: server.Site

    def start(self, path: str) -> None:
        """Make a key, have it registered, enter."""
        self.page.goto(f"{self.site.url}/{path}")
        make_key(self.page)
        self.office.register(self.page.locator("#public-key").inner_text())
        self.page.click("#check-key")

    def tab(self, name: str) -> None:
        self.page.click(f"#menu [data-view={name}]")
        expect(self.page.locator("#busy")).to_be_empty()


def make_key(page: Page) -> None:
    page.fill("#pin", PIN)
    page.fill("#pin-again", PIN)
    page.click("#make-key [type=submit]")
    expect(page.locator("#public-key")).to_be_visible()


@contextmanager
def desk(browser: Browser, role: str, *, width: int = 1100) -> Iterator[Desk]:
    """A new browser profile. Whatever the page reports as an error fails the test."""
    office, errors = Office(role), list[str]()
    context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if "Security Policy" in m.text else None)
    with server.running(office.application()) as site:
        yield Desk(page, office, site)
    context.close()
    assert errors == []
