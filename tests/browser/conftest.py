"""The stage of the browser journeys: once per test process, and only where there is a Chromium."""

from collections.abc import Iterator

import pytest

from tests.browser.stage import Stage, open_stage
from tests.chromium import shared_chromium


@pytest.fixture(scope="session")
def stage(
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
) -> Iterator[Stage]:
    """The real programs, started once; without a browser nothing needs to be started."""
    shared_chromium()
    with open_stage(tmp_path_factory.mktemp("stage"), f"gettone_browser_{worker_id}") as stage:
        yield stage
