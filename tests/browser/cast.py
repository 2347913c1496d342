"""The people of the pictures, each with a browser of their own."""

from dataclasses import dataclass, field

from tests.browser.album import Album
from tests.browser.stage import Stage
from tests.browser.visitor import Visitor


@dataclass
class Cast:
    """A guest, an invited client, two studios, the vendor's people; `numbers` keeps what a scene leaves to the next."""

    album: Album
    stage: Stage
    guest: Visitor
    client: Visitor
    studio: Visitor
    other: Visitor
    finance: Visitor
    support: Visitor
    numbers: dict[str, str] = field(default_factory=dict)

    @property
    def people(self) -> tuple[Visitor, ...]:
        """Everybody."""
        return (self.guest, self.client, self.studio, self.other, self.finance, self.support)

    def take(self, who: Visitor, path: str, name: str, caption: str, *, dark: bool = False) -> None:
        """Open a page and photograph it."""
        who.open(path)
        self.album.take(who.page, name, caption, dark=dark)

    def here(self, who: Visitor, name: str, caption: str, *, dark: bool = False) -> None:
        """Photograph the page somebody stands on."""
        self.album.take(who.page, name, caption, dark=dark)
