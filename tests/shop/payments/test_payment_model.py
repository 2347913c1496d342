"""R06 for payments: whatever mixture of paying, refunding, disputing, closing and activating, the books stay true."""

import os
from contextlib import suppress
from datetime import timedelta
from uuid import UUID

from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import Connection, select, text
from sqlalchemy.orm import Session

from entitlements import Account, Party, activate_coupon, balance
from entitlements.coupons.stock import Coupon
from foundation.audit import verify, violations_of
from foundation.database import database, transaction
from foundation.jobs import drain
from foundation.principal import Principal
from shop import (
    GatewayRefused,
    MemoryGateway,
    NotFulfilled,
    NothingToRefund,
    NotPayable,
    Order,
    RefundBlocked,
    RefundExceedsWhatIsLeft,
    RefundRefused,
    RefundWish,
    lock_order,
    look,
    reconcile,
    settle_pending,
    start_checkout,
)
from shop.orders.closing import cancel_order
from shop.orders.order_states import IllegalOrderStep
from shop.payments.attempts import PaymentAttempt
from shop.payments.money_in import Payment
from shop.payments.seen import Kind
from shop.payments.stripe_facts import StripeDispute, StripeRefund
from tests.conftest import Transact
from tests.factories import VAT_NUMBERS, a_studio
from tests.refunding import request_refund
from tests.stories import an_order, company_data, stock_the_shop
from tests.webhooks.stand import Json

FINANCE = Principal(user_id=None, party_id=None, role="finance")
FULL = os.environ.get("TORTURE") == "full"
EXAMPLES, STEPS = (150, 30) if FULL else (12, 14)
KINDS: dict[str, Kind] = {
    "checkout.session": "checkout_session",
    "payment_intent": "payment_intent",
    "charge": "charge",
    "refund": "refund",
    "dispute": "dispute",
}
INVARIANTS = """
SELECT 'fulfilled without its money: ' || o.number FROM orders o WHERE o.fulfilled_at IS NOT NULL AND o.gross_cents >
  (SELECT coalesce(sum(a.amount_cents), 0) FROM payment_allocations a WHERE a.order_id = o.id)
UNION ALL
SELECT 'coupons minted otherwise than paid: ' || o.number FROM orders o JOIN order_lines l ON l.order_id = o.id
  LEFT JOIN coupon_packs p ON p.cause_kind = 'order_line' AND p.cause_id = l.id
  WHERE coalesce((SELECT count(*) FROM coupons c WHERE c.pack_id = p.id), 0)
     <> CASE WHEN o.fulfilled_at IS NULL THEN 0 ELSE l.quantity * (l.gives->>'units')::int END
UNION ALL
SELECT 'two open attempts: ' || a.order_id FROM payment_attempts a WHERE a.paid_at IS NULL AND a.expired_at IS NULL
  AND a.debit_refused_at IS NULL AND a.cancelled_at IS NULL GROUP BY a.order_id HAVING count(*) > 1
UNION ALL
SELECT 'refunded beyond the charge: ' || c.id FROM stripe_charges c WHERE c.refunded_cents > c.amount_cents
UNION ALL
SELECT 'usable although disputed, lost or given back: ' || c.code FROM coupons c
  JOIN coupon_packs p ON p.id = c.pack_id JOIN order_lines l ON l.id = p.cause_id AND p.cause_kind = 'order_line'
  WHERE c.state = 'AVAILABLE' AND c.held_by_case IS NULL AND (EXISTS (SELECT 1 FROM stripe_disputes d
      WHERE d.order_id = l.order_id AND d.status IN ('needs_response', 'lost'))
    OR (SELECT sum(h.refunded_cents) FROM stripe_charges h WHERE h.order_id = l.order_id) >=
       (SELECT sum(a.amount_cents) FROM payment_allocations a WHERE a.order_id = l.order_id))
"""


class Payments(RuleBasedStateMachine):
    """Drives the services as the edges do, on one connection whose every example is taken back."""

    app: Flask
    connection: Connection
    studio_id: UUID

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = self.connection.begin_nested()
        self.context = self.app.app_context()
        self.context.push()
        self.gateway = MemoryGateway()
        self.app.extensions["gettone.gateway"] = self.gateway
        self.orders: list[UUID] = []
        self.companies = 0

    def teardown(self) -> None:
        self._settle()
        with transaction() as session:
            paid = {
                page["payment_intent"] for page in self._objects("checkout.session") if page["payment_status"] == "paid"
            }
            recorded = set(session.scalars(select(Payment.external_id)))
            broken = [one for one in violations_of(verify(session)) if "quote" not in one]
        self.context.pop()
        self.savepoint.rollback()
        assert recorded == paid
        assert broken == []

    def _objects(self, kind: str) -> list[Json]:
        return [one for one in self.gateway.objects.values() if one["object"] == kind]

    def _see(self, body: Json) -> None:
        seen = look(self.gateway, KINDS[body["object"]], str(body["id"]))
        with transaction() as session:
            reconcile(session, seen)

    def _settle(self) -> None:
        """Everything Stripe has to tell arrives at last."""
        for kind in KINDS:
            for body in self._objects(kind):
                self._see(body)
        settle_pending(self.gateway, timedelta())
        drain()

    def _order(self, chosen: int) -> UUID:
        return self.orders[chosen % len(self.orders)]

    @rule(quantity=st.integers(1, 2))
    def place(self, quantity: int) -> None:
        with transaction() as session:
            studio = session.get_one(Party, self.studio_id)
            self.orders.append(an_order(session, studio, "LITE-1", quantity).id)

    @precondition(lambda self: self.orders)
    @rule(chosen=st.integers(0, 9))
    def go_to_the_page(self, chosen: int) -> None:
        with suppress(NotPayable, GatewayRefused):
            start_checkout(self._order(chosen), self.gateway)

    @rule(chosen=st.integers(0, 9), outcome=st.sampled_from(["pay", "pay", "debit", "expire"]))
    def on_the_page(self, chosen: int, outcome: str) -> None:
        pages = [page for page in self._objects("checkout.session") if page["status"] == "open"]
        if not pages:
            return
        page = pages[chosen % len(pages)]
        if outcome == "pay":
            self.gateway.pay(page["id"])
        elif outcome == "expire":
            page["status"] = "expired"
        else:
            page |= {"status": "complete", "payment_intent": f"pi_debit_{page['id']}"}
            debit = {"id": page["payment_intent"], "object": "payment_intent", "status": "processing"}
            self.gateway.objects[debit["id"]] = debit | {"metadata": page["metadata"], "livemode": False}

    @rule(chosen=st.integers(0, 9))
    def the_debit_is_refused(self, chosen: int) -> None:
        waiting = [one for one in self._objects("payment_intent") if one["status"] == "processing"]
        if waiting:
            waiting[chosen % len(waiting)]["status"] = "requires_payment_method"

    @rule(chosen=st.integers(0, 99), times=st.integers(1, 2))
    def a_letter_arrives(self, chosen: int, times: int) -> None:
        told = [body for kind in KINDS for body in self._objects(kind)]
        for _ in range(times if told else 0):
            self._see(told[chosen % len(told)])

    @precondition(lambda self: self.orders)
    @rule(chosen=st.integers(0, 9), share=st.sampled_from([1, 2, 3]))
    def finance_refunds(self, chosen: int, share: int) -> None:
        with transaction() as session:
            gross = session.get_one(Order, self._order(chosen)).gross_cents
        with suppress(NotFulfilled, RefundBlocked, NothingToRefund, RefundExceedsWhatIsLeft, RefundRefused):
            request_refund(self._order(chosen), RefundWish(amount_cents=gross // share), FINANCE, self.gateway)

    @rule(chosen=st.integers(0, 9), status=st.sampled_from(["needs_response", "won", "lost"]))
    def the_bank_disputes(self, chosen: int, status: str) -> None:
        charges = self._objects("charge")
        if not charges:
            return
        charge = charges[chosen % len(charges)]
        known = self.gateway.objects.get(f"du_{charge['id']}", {"status": "needs_response"})
        if known["status"] != "needs_response":
            return
        self.gateway.objects[f"du_{charge['id']}"] = {
            "id": f"du_{charge['id']}",
            "object": "dispute",
            "charge": charge["id"],
            "amount": charge["amount"],
            "status": status,
            "balance_transactions": [],
        }

    @precondition(lambda self: self.orders)
    @rule(chosen=st.integers(0, 9))
    def the_order_is_cancelled(self, chosen: int) -> None:
        with suppress(IllegalOrderStep), transaction() as session:
            order = lock_order(session, self._order(chosen))
            cancel_order(session, order, Principal(user_id=None, party_id=self.studio_id, role="owner"))

    @rule(chosen=st.integers(0, 9))
    def a_coupon_is_activated(self, chosen: int) -> None:
        if self.companies == len(VAT_NUMBERS):
            return
        with transaction() as session:
            query = select(Coupon.id).where(Coupon.state == "AVAILABLE", Coupon.held_by_case.is_(None))
            free = session.scalars(query.order_by(Coupon.id)).all()
            if free:
                number = VAT_NUMBERS[self.companies]
                data = company_data(vat_number=number, tax_code=number)
                by = Principal(user_id=None, party_id=self.studio_id, role="owner")
                activate_coupon(session, free[chosen % len(free)], data, by)
                self.companies += 1

    @rule()
    def jobs_are_done(self) -> None:
        drain()

    @rule()
    def the_janitor_comes(self) -> None:
        settle_pending(self.gateway, timedelta())

    @invariant()
    def the_books_are_true(self) -> None:
        with transaction() as session:
            assert session.execute(text(INVARIANTS)).scalars().all() == []
            assert balance(session, Account("stripe_clearing")) == self._held_at_stripe(session)
            attempts = session.scalars(select(PaymentAttempt)).all()
        paid = {attempt.payment_intent_id for attempt in attempts if attempt.paid_at is not None}
        shown = {
            page["payment_intent"] for page in self._objects("checkout.session") if page["payment_status"] == "paid"
        }
        assert paid <= shown
        waiting = [
            page["client_reference_id"] for page in self._objects("checkout.session") if page["status"] == "open"
        ]
        assert len(waiting) == len(set(waiting)), "one order has two open pages"

    def _held_at_stripe(self, session: Session) -> int:
        """What came in, less what was given back: disputes here move nothing, fees are not known."""
        came = sum(session.scalars(select(Payment.amount_cents)))
        back = sum(session.scalars(select(StripeRefund.amount_cents)))
        assert all(one.amount_cents > 0 for one in session.scalars(select(StripeDispute)))
        return back - came


def test_any_mixture_of_payments_refunds_and_closings_keeps_the_books_true(app: Flask, tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
    with app.app_context():
        connection = database.engines[None]
    assert isinstance(connection, Connection)

    class OnThisDatabase(Payments):
        pass

    OnThisDatabase.app, OnThisDatabase.connection, OnThisDatabase.studio_id = app, connection, studio.id
    run_state_machine_as_test(
        OnThisDatabase,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=not FULL,
            suppress_health_check=list(HealthCheck),
        ),
    )
