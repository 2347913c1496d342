"""What axe objects to on a page that has arrived: one whose stylesheets are still on their way is nobody's page."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")


def settle(page: Page) -> None:
    """Wait for stylesheets, scripts and fonts: after a click, a selector may be there before any of them."""
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready.then(() => null)")


def violations(page: Page) -> list[str]:
    """What axe objects to, one line per element."""
    settle(page)
    options: dict[str, Any] = {"runOnly": list(TAGS), "resultTypes": ["violations"]}
    found = Axe().run(page, options=options).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"][:3]]
