"""One server and one browser for all browser tests; a fresh context for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from api.web.routes import is_built
from tests.e2e import chromium, holder_service, instance, pictures, server, world
from tests.e2e.holder_phone import active, phone, telephone

__all__ = ["active", "phone", "telephone"]  # fixtures of the holder's page


@pytest.fixture(scope="session")
def issued() -> world.World:
    return world.build()


@pytest.fixture(scope="session")
def served(issued: world.World) -> Iterator[server.Site]:
    if not is_built():
        pytest.skip("the verify page is not built (make web)")
    with server.running(server.application(issued)) as running:
        yield running


@pytest.fixture
def site(served: server.Site) -> Iterator[server.Site]:
    served.requests.clear()
    served.broken.clear()
    yield served
    served.broken.clear()


# Package scope, not session: Playwright keeps an event loop running in this thread, and as long as it does every
# asynchronous test of the other packages fails with "cannot be called from a running event loop".
@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def found(tmp_path_factory: pytest.TempPathFactory) -> chromium.Chromium:
    candidate = chromium.find(tmp_path_factory.mktemp("fonts"))
    if candidate is None:
        pytest.skip("no Chromium that starts (npm ci in tests/e2e, or install the package chromium)")
    return candidate


@pytest.fixture(scope="package")
def browser(
    playwright: Playwright, found: chromium.Chromium, issued: world.World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    stream = tmp_path_factory.mktemp("camera") / "code.mjpeg"
    stream.write_bytes(pictures.camera_stream(issued.codes["marriage"]))
    flags = (*chromium.FLAGS, *chromium.CAMERA_FLAGS, f"--use-file-for-fake-video-capture={stream}")
    launched = playwright.chromium.launch(
        executable_path=found.executable, args=list(flags), env=dict(found.environment), timeout=60_000
    )
    yield launched
    launched.close()


# `expect` gives up after five seconds by itself, which asserts a time: a busy machine is slower, not wrong.
expect.set_options(timeout=60_000)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(permissions=["camera"], viewport={"width": 1000, "height": 900})
    made.set_default_timeout(60_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext, site: server.Site) -> Iterator[Page]:
    """The verify page, loaded. Errors on its console fail the test: a blocked script or style is one."""
    made = context.new_page()
    errors: list[str] = []
    made.on("pageerror", lambda error: errors.append(str(error)))
    made.on("console", lambda message: errors.append(message.text) if "Content Security" in message.text else None)
    made.goto(f"{site.url}/v")
    yield made
    assert errors == []


@pytest.fixture
def holder_file(issued: world.World, tmp_path: Path) -> Path:
    path = tmp_path / "certificate.mzc"
    path.write_bytes(issued.files["marriage"])
    return path


@pytest.fixture(scope="package")
def real_instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[instance.Instance]:
    """A real service; tests/conftest.py has one process run all tests that use it."""
    if not is_built():
        pytest.skip("the verify page is not built (make web)")
    with instance.running(tmp_path_factory.mktemp("instance")) as running:
        yield running


@pytest.fixture(scope="package")
def real_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[holder_service.Running]:
    """A real service in a thread, for the pages that need a key of their own."""
    if not is_built():
        pytest.skip("the pages are not built (make web)")
    with holder_service.running(tmp_path_factory.mktemp("real-service")) as running:
        yield running


@pytest.fixture
def real_page(context: BrowserContext, real_instance: instance.Instance) -> Page:
    page = context.new_page()
    page.goto(f"{real_instance.url}/v")
    return page
