"""The whole way over real sockets: the shop, the unmodified library and the simulator that plays Stripe."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.serving import WSGIRequestHandler, make_server

from app import Outside, create_app
from entitlements import Account as LedgerAccount
from entitlements import MemoryProvisioner, Party, balance, count_by_state
from foundation import clock
from foundation.database import database, transaction
from foundation.jobs import drain
from foundation.mail import MemoryMailer
from foundation.principal import Principal
from sandbox.stripe import BOTH, SNAPSHOT, THIN, Configuration, serve
from shop import (
    GatewayUnavailable,
    Order,
    RefundRefused,
    RefundWish,
    StripeGateway,
    paid_order,
    request_refund,
    start_checkout,
)
from shop.payments.attempts import PaymentAttempt, attempts_of
from shop.payments.money_in import FinanceTask, Payment
from shop.payments.stripe_facts import StripeCharge, StripePayout
from tests.database import fresh_database
from tests.factories import a_studio
from tests.sandbox.stripe.stand import SECRETS, Account
from tests.stories import an_order, stock_the_shop
from webhooks.janitor import clean

pytestmark = pytest.mark.sockets
FINANCE = Principal(user_id=None, party_id=None, role="finance")
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
        self.stripe.flush()
        with self.app.app_context():
            drain()

    def janitor(self) -> None:
        """A round of the janitor, twenty minutes later."""
        with self.app.app_context():
            with transaction() as session:
                session.execute(update(PaymentAttempt).values(created_at=clock.real_now() - timedelta(minutes=20)))
            clean(self.gateway)
            drain()

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


@pytest.mark.parametrize("event_kind", [SNAPSHOT, THIN, BOTH])
def test_a_card_payment_becomes_coupons(event_kind: str) -> None:
    with opened("card", event_kind) as street:
        order_id = street.order()
        page = street.page(order_id)
        assert street.stripe.press(page, "card").status == 303
        assert street.now(order_id) == ("AWAITING_PAYMENT", {})
        street.settle()
        assert street.now(order_id) == ("FULFILLED", {"AVAILABLE": 3})
        with street.app.app_context(), transaction() as session:
            order = session.get_one(Order, order_id)
            assert paid_order(session, order.number, order.buyer_party_id, page) is order
            charge = session.scalars(select(StripeCharge)).one()
            payments = session.scalars(select(Payment)).all()
            clearing = balance(session, LedgerAccount("stripe_clearing"))
        assert [payment.amount_cents for payment in payments] == [order.gross_cents]
        assert charge.fee_cents is not None
        assert clearing == charge.fee_cents - order.gross_cents


def test_a_declined_card_keeps_the_order_open_and_a_second_card_works() -> None:
    with opened("declined") as street:
        order_id = street.order()
        page = street.page(order_id)
        street.stripe.press(page, "card_declined")
        street.settle()
        assert street.now(order_id) == ("AWAITING_PAYMENT", {})
        assert street.page(order_id) == page
        street.stripe.press(page, "card")
        street.settle()
        assert street.now(order_id) == ("FULFILLED", {"AVAILABLE": 3})
        assert street.attempts(order_id) == ["PAID"]


def test_when_every_letter_is_lost_the_janitor_finds_the_money() -> None:
    with opened("lost") as street:
        street.stripe.control("delivery", drop_all=True)
        orders = [street.order(1) for _ in range(3)]
        for order_id in orders:
            street.stripe.press(street.page(order_id), "card")
        assert street.stripe.flush()["delivered"] == 0
        assert [street.now(order_id)[0] for order_id in orders] == ["AWAITING_PAYMENT"] * 3
        street.janitor()
        assert [street.now(order_id) for order_id in orders] == [("FULFILLED", {"AVAILABLE": 3})] * 3


def test_doubled_shuffled_letters_whose_answers_are_lost_change_nothing() -> None:
    with opened("doubled", BOTH) as street:
        street.stripe.control("delivery", seed=3, shuffle=True, duplicates=3, answer_lost=1)
        order_id = street.order()
        street.stripe.press(street.page(order_id), "card")
        for _ in range(3):
            street.settle()
        assert street.now(order_id) == ("FULFILLED", {"AVAILABLE": 3})


def test_an_answer_that_is_lost_leaves_one_page() -> None:
    with opened("silence") as street:
        order_id = street.order()
        street.page(street.order())
        street.stripe.control("faults", mode="reset", calls=3, after=True, path="/v1/checkout/sessions", method="POST")
        with pytest.raises(GatewayUnavailable):
            street.page(order_id)
        assert street.attempts(order_id) == ["OPEN"]
        page = street.page(order_id)
        street.janitor()
        listed = street.stripe.client.v1.checkout.sessions.list({"limit": 100})
        with street.app.app_context(), transaction() as session:
            number = session.get_one(Order, order_id).number
        assert [one.id for one in listed.data if one.client_reference_id == number] == [page]


def test_a_debit_is_waited_for_and_a_refused_one_may_be_tried_again() -> None:
    with opened("debit", BOTH, SEPA) as street:
        order_id = street.order()
        page = street.page(order_id)
        street.stripe.press(page, "sepa_debit")
        street.settle()
        assert (street.now(order_id), street.attempts(order_id)) == (("AWAITING_PAYMENT", {}), ["AWAITING_FUNDS"])
        session = street.stripe.client.v1.checkout.sessions.retrieve(page)
        street.stripe.act("debit_refused", str(session.payment_intent))
        street.settle()
        assert street.attempts(order_id) == ["FAILED"]
        again = street.page(order_id)
        assert again != page
        street.stripe.press(again, "sepa_debit")
        session = street.stripe.client.v1.checkout.sessions.retrieve(again)
        street.stripe.act("funds_arrived", str(session.payment_intent))
        street.settle()
        assert (street.now(order_id)[0], street.attempts(order_id)) == ("FULFILLED", ["FAILED", "PAID"])


def test_refunds_disputes_and_a_payout_end_in_books_that_balance() -> None:
    with opened("books", THIN) as street:
        kept, returned, disputed = (street.order() for _ in range(3))
        for order_id in (kept, returned, disputed):
            street.stripe.press(street.page(order_id), "card")
        street.settle()
        with street.app.app_context():
            with transaction() as session:
                gross = session.get_one(Order, returned).gross_cents
                charge = session.scalars(select(StripeCharge).where(StripeCharge.order_id == disputed)).one()
            request_refund(returned, RefundWish(amount_cents=gross), FINANCE, street.gateway)
        dispute = street.stripe.act("open_dispute", charge.id)
        street.settle()
        street.stripe.act("lose_dispute", dispute["id"])
        street.settle()
        assert street.now(kept)[1] == {"AVAILABLE": 3, "VOIDED": 6}
        payout = street.stripe.act("make_payout")
        street.settle()
        with street.app.app_context(), transaction() as session:
            stored = session.get_one(StripePayout, payout["id"])
            clearing, bank = (balance(session, LedgerAccount(kind)) for kind in ("stripe_clearing", "bank"))
            open_tasks = session.scalars(select(FinanceTask.kind).where(FinanceTask.resolved_at.is_(None))).all()
        assert (stored.difference_cents, clearing, bank) == (0, 0, -payout["amount"])
        assert sorted(open_tasks) == ["credit_note", "dispute_lost"]


def test_what_stripe_refuses_to_give_back_is_not_given_back() -> None:
    with opened("refused") as street:
        order_id = street.order()
        street.stripe.press(street.page(order_id), "card")
        street.settle()
        with street.app.app_context():
            with transaction() as session:
                charge = session.scalars(select(StripeCharge)).one()
                charge.refunded_cents = 0
            street.stripe.act("refund", charge.id)
            with pytest.raises(RefundRefused):
                request_refund(order_id, RefundWish(amount_cents=100), FINANCE, street.gateway)
        street.settle()
        assert street.now(order_id) == ("FULFILLED", {"VOIDED": 3})
