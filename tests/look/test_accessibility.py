"""Every shared piece at four widths, light and dark, with and without mistakes: no violation, no overflow."""

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.sockets]

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BAD_PAGE = '<p style="color:#eee">Chiaro</p><img src="x.png"><button type="button"></button><input>'


def _violations(chromium: Browser, address: str, width: int, scheme: Literal["light", "dark"]) -> tuple[list[str], int]:
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto(address, wait_until="load")
    found = Axe().run(page, options={"runOnly": TAGS}).response["violations"]
    overflow = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    context.close()
    return [f"{violation['id']}: {violation['nodes'][0]['html']}" for violation in found], overflow


WIDTHS = (320, 375, 768, 1280)
EVERYTHING = [("/errori", width, scheme) for width in WIDTHS for scheme in ("light", "dark")]
WITHOUT_MISTAKES = [("/", width, "light") for width in WIDTHS]
NARROW_AND_WIDE = [
    (path, width, scheme) for path in ("/guasto", "/mail") for width in (320, 1280) for scheme in ("light", "dark")
]


@pytest.mark.parametrize(("path", "width", "scheme"), [*EVERYTHING, *WITHOUT_MISTAKES, *NARROW_AND_WIDE])
def test_a_page_has_no_violation_and_fits_its_width(
    chromium: Browser, address: str, path: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    violations, overflow = _violations(chromium, address + path, width, scheme)
    assert violations == []
    assert overflow <= 0


def test_the_checker_sees_a_bad_page(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content(BAD_PAGE)
    found = {violation["id"] for violation in Axe().run(page, options={"runOnly": TAGS}).response["violations"]}
    page.close()
    assert {"image-alt", "button-name", "label", "color-contrast"} <= found
