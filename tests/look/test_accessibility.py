"""Every shared piece at four widths, light and dark, with and without mistakes: no violation, no overflow."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Browser

from tests.axe import Look, violations, wrong_on

pytestmark = [pytest.mark.browser, pytest.mark.sockets]

BAD_PAGE = '<p style="color:#eee">Chiaro</p><img src="x.png"><button type="button"></button><input>'
WIDE_PAGE = '<html lang="it"><title>Larga</title><main style="width:400px"><h1>Larga</h1></main>'
LIGHT: list[Look] = [(width, "light") for width in (320, 375, 768, 1280)]
DARK: list[Look] = [(width, "dark") for width in (320, 375, 768, 1280)]
NARROW_AND_WIDE = [*LIGHT[::3], *DARK[::3]]


@pytest.mark.parametrize(
    ("path", "looks"),
    [("/errori", [*LIGHT, *DARK]), ("/", LIGHT), ("/guasto", NARROW_AND_WIDE), ("/mail", NARROW_AND_WIDE)],
)
def test_a_page_has_no_violation_and_fits_its_width(
    chromium: Browser, address: str, path: str, looks: Sequence[Look]
) -> None:
    page = chromium.new_page()
    page.goto(address + path, wait_until="load")
    assert wrong_on(page, looks) == []


def test_the_checker_sees_a_bad_page(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content(BAD_PAGE)
    found = {one.partition(":")[0] for one in violations(page)}
    assert {"image-alt", "button-name", "label", "color-contrast"} <= found


def test_the_checker_sees_a_page_that_is_too_wide_where_it_is(chromium: Browser) -> None:
    page = chromium.new_page()
    page.set_content(WIDE_PAGE)
    assert [one.partition(" at ")[2] for one in wrong_on(page)] == ["320: 88 px too wide", "375: 33 px too wide"]
