from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.mailbox.stand import Mailbox, running_mailbox


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    with running_mailbox(tmp_path / "mailbox.sqlite") as running:
        yield running
