"""The whole way over real sockets: the shop, the unmodified library and the simulator that plays Stripe."""

import pytest
from sqlalchemy import select

from entitlements import Account as LedgerAccount
from entitlements import balance
from foundation.database import transaction
from foundation.principal import Principal
from sandbox.stripe import BOTH, SNAPSHOT, THIN
from shop import GatewayUnavailable, Order, RefundRefused, RefundWish, paid_order
from shop.payments.money_in import FinanceTask, Payment
from shop.payments.stripe_facts import StripeCharge, StripePayout
from tests.flows.street import SEPA, opened
from tests.refunding import request_refund

pytestmark = pytest.mark.sockets
FINANCE = Principal(user_id=None, party_id=None, role="finance")


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
