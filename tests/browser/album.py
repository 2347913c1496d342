"""The album: every picture is taken at two widths, some also in the dark, and listed with its caption in an index."""

import base64
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.visitor import HEIGHTS

WIDTHS = (1280, 375)
QUALITY = 36
TALLEST = 3_000
# Pictures are kept a little smaller than life: still readable, and the album stays small enough for the repository.
SCALES = {1280: 0.75, 375: 0.85}
INTRODUCTION = """# Every page, in every state

Taken by the project itself from the running programs, at 1280 and 375 px: `make screenshots`. Prices and people are
examples; the banner says that a simulator stands in for the payment provider.
"""


@dataclass
class Album:
    """Pictures in a folder; `chapter` is the heading under which the next ones are listed."""

    folder: Path
    chapter: str = ""
    entries: list[str] = field(default_factory=list)

    def begin(self) -> None:
        """Start from an empty folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)

    def open_chapter(self, title: str) -> None:
        """List what follows under a heading of its own."""
        self.chapter = title
        self.entries += ["", f"## {title}", "", "| what it shows | wide | phone | dark |", "|---|---|---|---|"]

    def take(self, page: Page, name: str, caption: str, *, dark: bool = False) -> None:
        """Photograph the page as it stands, whole, at every width."""
        # What was just pressed may not have begun to lead elsewhere yet.
        page.wait_for_timeout(300)
        page.wait_for_load_state("networkidle")
        links = [self._at(page, name, width, "") for width in WIDTHS]
        if dark:
            page.emulate_media(color_scheme="dark")
            links.append(self._at(page, name, WIDTHS[0], "-dark"))
            page.emulate_media(color_scheme="light")
        else:
            links.append("")
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        self.entries.append(f"| {caption} | {' | '.join(links)} |")
        print(name, flush=True)

    def take_document(self, page: Page, address: str, name: str, caption: str) -> None:
        """Photograph the first page of a PDF as the browser shows it."""
        page.set_viewport_size({"width": 860, "height": 1180})
        page.goto(f"{address}#toolbar=0&navpanes=0&view=FitH")
        page.wait_for_timeout(2_500)
        file = self.folder / f"{name}.webp"
        file.write_bytes(_photograph(page, 860, 1180))
        page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        self.entries.append(f"| {caption} | [PDF]({file.name}) | | |")

    def finish(self) -> int:
        """Write the index; answers how many pictures there are."""
        (self.folder / "README.md").write_text(INTRODUCTION + "\n".join(self.entries) + "\n")
        return len(list(self.folder.glob("*.webp")))

    def _at(self, page: Page, name: str, width: int, suffix: str) -> str:
        page.set_viewport_size({"width": width, "height": HEIGHTS.get(width, 900)})
        # A menu that stays where it is must stand at the end of the picture, not across its middle.
        height = min(int(page.evaluate("document.documentElement.scrollHeight")), TALLEST)
        page.set_viewport_size({"width": width, "height": max(height, 400)})
        page.evaluate("document.fonts.ready.then(() => scrollTo(0, 0))")
        file = self.folder / f"{name}-{width}{suffix}.webp"
        file.write_bytes(_photograph(page, width, height))
        return f"[{width}{suffix}]({file.name})"


def _photograph(page: Page, width: int, height: int) -> bytes:
    """WebP, which only the browser's own protocol offers: a third of the size of PNG."""
    session = page.context.new_cdp_session(page)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": SCALES.get(width, 1)}
    asked = {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True, "clip": clip}
    taken = session.send("Page.captureScreenshot", asked)
    session.detach()
    return base64.b64decode(taken["data"])
