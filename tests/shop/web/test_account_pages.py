"""Every page of accounts and help in Chromium: no violation, no overflow, with and without mistakes."""

import pytest
from playwright.sync_api import Browser

from tests.axe import wrong_on
from tests.live_shop import LiveShop, a_browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sockets,
    # A browser that leaves a page hangs up on its stylesheets; the server then leaves their files to Python.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ANYBODYS = (
    "/",
    "/accedi",
    "/registrati",
    "/password",
    "/password/x",
    "/entra?token=x",
    "/assistenza",
    "/guida",
    "/guida?q=zebra",
    "/guida/chi-paga",
    "/condizioni",
    "/privacy",
    "/accessibilita",
)
OWNERS = ("/", "/account", "/account/persone", "/account/token", "/account/secondo-fattore")
WITH_MISTAKES = ("/accedi", "/registrati", "/password", "/assistenza")


@pytest.mark.parametrize(
    ("signed_in", "path"), [*((False, path) for path in ANYBODYS), *((True, path) for path in OWNERS)]
)
def test_a_page_of_accounts_has_no_violation_and_fits_every_width(
    chromium: Browser, live_shop: LiveShop, signed_in: bool, path: str
) -> None:
    page = a_browser(chromium, live_shop, signed_in=signed_in).new_page()
    page.goto(path, wait_until="load")
    assert wrong_on(page) == []


@pytest.mark.parametrize("path", WITH_MISTAKES)
def test_a_form_sent_back_with_mistakes_has_no_violation_and_fits_every_width(
    chromium: Browser, live_shop: LiveShop, path: str
) -> None:
    page = a_browser(chromium, live_shop, signed_in=False).new_page()
    page.goto(path, wait_until="load")
    page.locator("main form:not([role=search]) button[type=submit]").first.click()
    page.wait_for_selector(".g-errs")
    assert wrong_on(page) == []
