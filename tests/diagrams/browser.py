"""A real browser for tests: Chromium as the system has it, with its network shut."""

from __future__ import annotations

import pytest
from playwright.sync_api import sync_playwright

from tests.programs import needed

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTH, HEIGHT = 1200, 900


class Watched:
    """A page, and what went wrong or was asked for in it."""

    def __init__(self, page):
        self.page = page
        self.errors = []
        self.requests = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: self.requests.append(request.url))


@pytest.fixture(scope="module")
def browser():
    """One browser for all tests of a module, with a new profile, which playwright throws away."""
    chromium = needed("chromium", "chromium-browser", "google-chrome")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(QUIET), headless=True)
        yield running
        running.close()


@pytest.fixture
def watched(browser):
    """A new page in it; nothing may go wrong in it."""
    context = browser.new_context(offline=True, viewport={"width": WIDTH, "height": HEIGHT})
    watched = Watched(context.new_page())
    yield watched
    context.close()
    assert watched.errors == []
