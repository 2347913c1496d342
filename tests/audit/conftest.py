"""A town on really committed rows, built once; each test corrupts it as the owner of the schema and rolls back."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, create_engine

from app import Outside, create_app
from entitlements import MemoryProvisioner
from foundation import clock
from foundation.database import database
from foundation.mail import MemoryMailer
from shop import MemoryGateway
from tests.audit.town import build_town
from tests.database import fresh_database


@pytest.fixture(scope="module")
def town_url(worker_id: str) -> Iterator[str]:
    """The address of the town's database."""
    clock.follow(timedelta())
    outside = Outside(gateway=MemoryGateway(), provisioner=MemoryProvisioner(), mailer=MemoryMailer())
    with fresh_database(f"gettone_town_{worker_id}") as url:
        app = create_app({"DATABASE_URL": url, "SHOP_ENV": "test"}, outside)
        try:
            build_town(app, outside)
            yield url
        finally:
            with app.app_context():
                database.engine.dispose()


@pytest.fixture
def books(town_url: str) -> Iterator[Connection]:
    """The town's books in the hands of the schema's owner; whatever is done to them is undone."""
    engine = create_engine(town_url)
    with engine.connect() as connection:
        outer = connection.begin()
        yield connection
        outer.rollback()
    engine.dispose()
