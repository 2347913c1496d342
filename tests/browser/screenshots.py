"""`python -m tests.browser.screenshots [folder]`, which is `make screenshots`: every page in every state."""

import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.browser.album import Album
from tests.browser.album_connections import connections
from tests.browser.album_desk import the_activation_desk, the_finance_desk, the_finance_desk_empty
from tests.browser.album_invitations import contracts_and_packs, invitations
from tests.browser.album_services import services
from tests.browser.album_shop import (
    accounts,
    activation,
    activation_that_fails,
    buying,
    empty_shelves,
    orders_of_every_kind,
    public_pages,
    transfers,
    what_time_does,
)
from tests.browser.album_stand_ins import mails, stand_ins
from tests.browser.cast import Cast
from tests.browser.stage import open_stage
from tests.browser.visitor import a_visitor
from tests.chromium import shared_chromium
from tests.database import ROOT

SCENES = (
    public_pages,
    empty_shelves,
    the_finance_desk_empty,
    accounts,
    buying,
    orders_of_every_kind,
    activation,
    activation_that_fails,
    the_activation_desk,
    transfers,
    the_finance_desk,
    invitations,
    contracts_and_packs,
    connections,
    services,
    what_time_does,
    mails,
    stand_ins,
)


def main() -> int:
    """Start the programs, play every scene, write the index."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "screenshots"
    started, album, chromium = time.monotonic(), Album(folder), shared_chromium()
    album.begin()
    with tempfile.TemporaryDirectory() as home, ExitStack() as stack:
        stage = stack.enter_context(open_stage(Path(home), "gettone_pictures"))
        guest, client, studio, other, finance, support = (
            stack.enter_context(a_visitor(chromium, stage, 1280)) for _person in range(6)
        )
        cast = Cast(album, stage, guest, client, studio, other, finance, support)
        for scene in SCENES:
            scene(cast)
        complaints = [complaint for person in cast.people for complaint in person.complaints]
    pictures = album.finish()
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1_000_000
    print(f"pictures={pictures} megabytes={size:.1f} seconds={time.monotonic() - started:.0f}")
    print("\n".join(complaints))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
