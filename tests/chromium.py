"""One Chromium per test process: a second synchronous Playwright in the same thread refuses to start."""

import atexit
import shutil
from collections.abc import Iterator
from functools import cache

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """The system's Chromium, headless. A page left open would go on asking its server while later tests run."""
    browser = shared_chromium()
    yield browser
    for context in browser.contexts:
        context.close()


def shared_chromium() -> Browser:
    """The system's Chromium, headless, started once; skips the test where there is none."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    return _launched(path)


@cache
def _launched(path: str) -> Browser:
    playwright = sync_playwright().start()
    browser = playwright.chromium.launch(executable_path=path, headless=True, args=list(QUIET))
    atexit.register(playwright.stop)
    atexit.register(browser.close)
    return browser
