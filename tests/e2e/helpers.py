"""Steps that several browser tests share."""

from __future__ import annotations

from playwright.sync_api import Page, expect

VERDICT = ".verdict"


def paste(page: Page, text: str) -> None:
    """Put a code into the text field and submit it."""
    page.fill("#text", text)
    page.click("#paste button")


def verdict(page: Page) -> tuple[str, str]:
    """(outcome, reason) of the result, once there is one."""
    shown = page.locator(VERDICT)
    expect(shown).to_be_visible()
    outcome, reason = shown.get_attribute("data-outcome"), shown.get_attribute("data-reason")
    assert outcome is not None
    assert reason is not None
    return outcome, reason
