"""A shop that really listens, with its rows committed, for the tests that drive a browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext
from werkzeug.serving import WSGIRequestHandler, make_server

from app import Outside, create_app
from entitlements import MemoryProvisioner, activate_coupon, stock_of
from foundation.database import database, transaction
from foundation.mail import MemoryMailer
from shop import MemoryGateway
from tests import signing
from tests.database import fresh_database
from tests.factories import a_studio, a_user
from tests.stories import a_paid_order, an_order, company_data, owner_of, stock_the_shop


class _Silent(WSGIRequestHandler):
    """Says nothing about each request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing."""


@dataclass(frozen=True)
class LiveShop:
    """Where the shop listens, the cookie of a signed-in owner, and the orders that are there."""

    app: Flask
    address: str
    token: str
    numbers: dict[str, str]


@pytest.fixture(scope="session")
def live_shop(worker_id: str) -> Iterator[LiveShop]:
    """A studio with a company, a fulfilled order, one that waits for a transfer and one that waits for a card."""
    with fresh_database(f"gettone_buying_{worker_id}") as url:
        outside = Outside(MemoryGateway(), MemoryProvisioner(), MemoryMailer())
        app = create_app({"DATABASE_URL": url, "PUBLIC_URL": "http://127.0.0.1:8000"}, outside)
        token, numbers = _filled(app)
        server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield LiveShop(app, f"http://127.0.0.1:{server.server_port}", token, numbers)
        server.shutdown()
        thread.join()
        server.server_close()
        with app.app_context():
            database.engine.dispose()


def _filled(app: Flask) -> tuple[str, dict[str, str]]:
    with app.app_context(), transaction() as session:
        stock_the_shop(session)
        studio = a_studio(session, vat_number="00743110157", tax_code="00743110157", sdi_code="M5UXCR1", pec=None)
        owner = a_user(session, studio.id)
        fulfilled = a_paid_order(session, studio, "LITE-10")
        coupon, _pack = stock_of(session, studio.id)[0]
        activate_coupon(session, coupon.id, company_data(), owner_of(studio))
        transfer = an_order(session, studio, "LITE-1", 3, "bank_transfer")
        card = an_order(session, studio, "ORDINARY-10")
        numbers = {"fulfilled": fulfilled.number, "transfer": transfer.number, "card": card.number}
    return signing.sign_in(app.test_client(), owner), numbers


def a_browser(
    chromium: Browser, shop: LiveShop, *, signed_in: bool = True, scripts: bool = True, width: int = 1280
) -> BrowserContext:
    """A fresh browser at the shop."""
    context = chromium.new_context(
        base_url=shop.address, java_script_enabled=scripts, viewport={"width": width, "height": 900}, locale="it-IT"
    )
    context.set_default_timeout(10_000)
    if signed_in:
        context.add_cookies([{"name": "gettone", "value": shop.token, "url": shop.address}])
    return context
