"""A shop and a Stripe on real sockets of the loopback, and a studio that buys: for stories told over the wire."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import Flask
from sqlalchemy import update
from werkzeug.serving import WSGIRequestHandler, make_server

from app import Outside, create_app
from entitlements import MemoryProvisioner, Party, count_by_state
from foundation import clock
from foundation.database import database, transaction
from foundation.jobs import drain
from foundation.mail import MemoryMailer
from sandbox.stripe import SNAPSHOT, Configuration, serve
from shop import Order, StripeGateway, start_checkout
from shop.payments.attempts import PaymentAttempt, attempts_of
from tests.database import fresh_database
from tests.factories import a_studio
from tests.sandbox.stripe.stand import SECRETS, Account
from tests.stories import an_order, stock_the_shop
from webhooks.janitor import Round, clean

SEPA, CARD_ONLY = "1", "0"


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@dataclass
class Street:
    """A shop and a Stripe on the same loopback, and a studio that buys."""

    app: Flask
    stripe: Account
    gateway: StripeGateway
    studio: Party

    def order(self, quantity: int = 3) -> UUID:
        with self.app.app_context(), transaction() as session:
            return an_order(session, session.merge(self.studio), "LITE-1", quantity).id

    def page(self, order_id: UUID) -> str:
        with self.app.app_context():
            return start_checkout(order_id, self.gateway).session_id

    def settle(self) -> None:
        """Let every letter arrive and every job be done."""
        # Not by the control's own request, which would run out of time over many letters.
        self.stripe.simulator.postman.flush()
        with self.app.app_context():
            drain()

    def janitor(self) -> Round:
        """A round of the janitor, twenty minutes later."""
        with self.app.app_context():
            with transaction() as session:
                session.execute(update(PaymentAttempt).values(created_at=clock.real_now() - timedelta(minutes=20)))
            done = clean(self.gateway)
            drain()
        return done

    def now(self, order_id: UUID) -> tuple[str, dict[str, int]]:
        with self.app.app_context(), transaction() as session:
            return session.get_one(Order, order_id).state, count_by_state(session, self.studio.id)

    def attempts(self, order_id: UUID) -> list[str]:
        with self.app.app_context(), transaction() as session:
            return [attempt.state for attempt in attempts_of(session, order_id)]


@contextmanager
def opened(name: str, event_kind: str = SNAPSHOT, sepa: str = CARD_ONLY) -> Iterator[Street]:
    configuration = Configuration(
        background=False,
        balance_delay=0,
        webhook_timeout=10,
        event_kind=event_kind,
        webhook_url="http://127.0.0.1:9/not-yet-open",
        webhook_secrets=SECRETS,
    )
    with serve(configuration) as running, fresh_database(f"gettone_street_{name}") as url:
        environment = {
            "DATABASE_URL": url,
            "SHOP_ENV": "test",
            "STRIPE_API_BASE": running.url,
            "STRIPE_API_KEY": "sk_test_street",
            "STRIPE_WEBHOOK_SECRETS": ",".join(SECRETS),
            "STRIPE_SEPA_DEBIT": sepa,
        }
        gateway = StripeGateway("sk_test_street", running.url)
        app = create_app(environment, Outside(gateway, MemoryProvisioner(), MemoryMailer()))
        try:
            with _listening(app) as address:
                street = Street(app, Account(running), gateway, _a_buyer(app))
                street.stripe.control("webhook", url=f"{address}/webhooks/stripe")
                yield street
        finally:
            with app.app_context():
                database.engine.dispose()


@contextmanager
def _listening(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _a_buyer(app: Flask) -> Party:
    with app.app_context(), transaction() as session:
        stock_the_shop(session)
        return a_studio(session)
