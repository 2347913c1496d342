"""Every page of accounts and help in Chromium: no violation, no overflow, with and without mistakes."""

import pytest
from playwright.sync_api import Browser, Page

from tests.axe import violations
from tests.shop.web.conftest import LiveShop, a_browser

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
WIDTHS = [(320, "light"), (375, "dark"), (768, "light"), (1280, "light")]


def wrong_on(page: Page, width: int) -> list[str]:
    """Violations and overflow of the page shown."""
    found = [f"{page.url} {one}" for one in violations(page)]
    if page.evaluate("document.documentElement.scrollWidth - window.innerWidth") > 0:
        found.append(f"{page.url} is wider than {width}")
    return found


@pytest.mark.parametrize(("width", "scheme"), WIDTHS)
def test_the_pages_of_accounts_have_no_violation_and_fit_their_width(
    chromium: Browser, live_shop: LiveShop, width: int, scheme: str
) -> None:
    found = []
    for signed_in, paths in ((False, ANYBODYS), (True, OWNERS)):
        context = a_browser(chromium, live_shop, signed_in=signed_in, width=width)
        page = context.new_page()
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for path in paths:
            page.goto(path, wait_until="load")
            found += wrong_on(page, width)
        for path in () if signed_in else WITH_MISTAKES:
            page.goto(path, wait_until="load")
            page.locator("main form:not([role=search]) button[type=submit]").first.click()
            page.wait_for_selector(".g-errs")
            found += wrong_on(page, width)
        context.close()
    assert found == []
