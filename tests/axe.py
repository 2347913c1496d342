"""What is wrong with a page that has arrived: what axe objects to, and what is wider than the screen.

A page whose stylesheets are still on their way is nobody's page. A page is not loaded anew for every width: whoever
turns a telephone does not load it anew either.
"""

from collections.abc import Sequence
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
Look = tuple[int, Literal["light", "dark"]]
# Every width a page must fit. Axe, which takes half a second, is asked at both ends; the shared pieces, of which every
# page is made, are shown to it at every width and in both schemes (`tests/look`).
WIDTHS = (320, 375, 768, 1280)
ENDS: tuple[Look, ...] = ((320, "light"), (1280, "dark"))
_OPTIONS: dict[str, Any] = {"runOnly": list(TAGS), "resultTypes": ["violations"]}
# The library answers with everything axe looked at; carrying that out of the browser takes as long as looking.
_RUN = "options => axe.run(document, options).then(results => results.violations)"
_OVERFLOW = "document.documentElement.scrollWidth - window.innerWidth"


def settle(page: Page) -> None:
    """Wait for stylesheets, scripts and fonts: after a click, a selector may be there before any of them."""
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready.then(() => null)")


def violations(page: Page) -> list[str]:
    """What axe objects to, one line per element."""
    settle(page)
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(_RUN, _OPTIONS)
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"][:3]]


def overflow(page: Page) -> int:
    """By how many pixels the page is wider than its window; 0 or less when it fits."""
    return int(page.evaluate(_OVERFLOW))


def wrong_on(page: Page, looks: Sequence[Look] = ENDS) -> list[str]:
    """Violations of the page shown at every width and colour scheme given, and its overflow at every width."""
    found = []
    for width, scheme in looks:
        # Without motion: a colour half way between light and dark is nobody's colour.
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{page.url} at {width}, {scheme}: {one}" for one in violations(page)]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        if (beyond := overflow(page)) > 0:
            found.append(f"{page.url} at {width}: {beyond} px too wide")
    return found
