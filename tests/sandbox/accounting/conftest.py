from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.accounting.stand import Accounting, Shop, running_accounting, running_shop


@pytest.fixture
def shop() -> Iterator[Shop]:
    with running_shop() as running:
        yield running


@pytest.fixture
def accounting(tmp_path: Path, shop: Shop) -> Iterator[Accounting]:
    with running_accounting(tmp_path / "accounting.sqlite", shop.url) as running:
        yield running
