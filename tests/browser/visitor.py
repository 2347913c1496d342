"""Somebody with a browser: looks at every page they come to as axe, the ruler and the console see it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Response, ViewportSize, expect

from tests.axe import overflow, settle, violations
from tests.browser.stage import Stage

NARROWEST, PHONE = 320, 400
HEIGHTS = {375: 812}
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)
_TOO_WIDE = """() => [...document.querySelectorAll("body *")]
    .filter((one) => one.getBoundingClientRect().right > window.innerWidth + 1).slice(0, 3)
    .map((one) => one.outerHTML.slice(0, 120))"""
# What the browser itself writes when a form comes back with its mistakes, or a page is refused on purpose.
_EXPECTED = "the server responded with a status of 4"


class Visitor:
    """One person at one width; `complaints` is everything a careful eye would object to."""

    def __init__(self, stage: Stage, context: BrowserContext, width: int, *, scripts: bool = True) -> None:
        self.stage = stage
        self.context = context
        self.width = width
        self.scripts = scripts
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.axe_runs = 0
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"{self.page.url}: {error}"))
        self.page.on("response", self._answered)

    def open(self, address: str) -> None:
        """Go to a path of the shop, or to a whole address."""
        self.page.goto(address if address.startswith("http") else self.stage.shop + address)

    def press(self, name: str, *, exact: bool = False) -> None:
        """Press the first button of this name that can be seen."""
        self.page.get_by_role("button", name=name, exact=exact).filter(visible=True).first.click()

    def follow(self, name: str | re.Pattern[str], *, exact: bool = False) -> None:
        """Follow the first link of this name that can be seen."""
        self.page.get_by_role("link", name=name, exact=exact).filter(visible=True).first.click()

    def fill(self, **values: str) -> None:
        """Type into controls by their names."""
        for name, value in values.items():
            self.page.locator(f"[name={name}]:not([type=hidden])").first.fill(value)

    def check(self, heading: str = "") -> None:
        """Measure whether the page, once it has this heading, fits; on phones also the narrowest, and run axe there.

        What axe says of a page depends little on its width, and `tests/look` asks it at every width.
        """
        if heading:
            expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        self.page.wait_for_load_state()
        where = f"{self.page.url} at {self.width}"
        settle(self.page)
        self._measure(where)
        if self.width < PHONE:
            self.complaints += [f"{where}: {complaint}" for complaint in violations(self.page)]
            self.axe_runs += 1
            self.page.set_viewport_size(_viewport(NARROWEST))
            self._measure(f"{self.page.url} at {NARROWEST}")
            self.page.set_viewport_size(_viewport(self.width))

    def _measure(self, where: str) -> None:
        if (beyond := overflow(self.page)) > 0:
            self.complaints.append(f"{where}: {beyond} px too wide: {self.page.evaluate(_TOO_WIDE)}")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error" and _EXPECTED not in message.text:
            self.complaints.append(f"{self.page.url}: {message.text}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500:
            self.complaints.append(f"{response.url} answered {response.status}")


@contextmanager
def a_visitor(
    chromium: Browser,
    stage: Stage,
    width: int,
    *,
    scripts: bool = True,
    scheme: Literal["light", "dark"] = "light",
) -> Iterator[Visitor]:
    """Somebody with a browser of their own for the time of the block."""
    context = chromium.new_context(
        viewport=_viewport(width),
        java_script_enabled=scripts,
        color_scheme=scheme,
        reduced_motion="reduce",
        locale="it-IT",
        permissions=["clipboard-read", "clipboard-write"],
    )
    try:
        yield Visitor(stage, context, width, scripts=scripts)
    finally:
        context.close()


def _viewport(width: int) -> ViewportSize:
    return {"width": width, "height": HEIGHTS.get(width, 900)}
