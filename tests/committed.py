"""A database whose rows are really committed, for what a rolled-back transaction cannot show."""

from collections.abc import Iterator

import pytest
from flask import Flask

from app import Outside, create_app
from entitlements import MemoryProvisioner
from foundation.database import database
from foundation.mail import MemoryMailer
from shop import MemoryGateway
from tests.database import fresh_database


@pytest.fixture
def committed_url(worker_id: str) -> Iterator[str]:
    """The address of a fresh database of this test's own."""
    with fresh_database(f"gettone_committed_{worker_id}") as url:
        yield url


@pytest.fixture
def committed_app(committed_url: str) -> Iterator[Flask]:
    """The application on that database."""
    outside = Outside(gateway=MemoryGateway(), provisioner=MemoryProvisioner(), mailer=MemoryMailer())
    app = create_app({"DATABASE_URL": committed_url, "SHOP_ENV": "test"}, outside)
    app.config["TESTING"] = True
    yield app
    with app.app_context():
        database.engine.dispose()
