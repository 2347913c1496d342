"""An order paid in two ways: what is taken back of one way must not take what the other way paid for (D9, D10)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from entitlements import Coupon
from foundation import clock
from foundation.ids import new_id
from shop import MoneyFact, Order, lock_order, record_payment
from shop.payments.reversals import follow_reversals
from shop.payments.stripe_facts import StripeCharge, StripeDispute
from shop.transfers import lock_line, release, take_off
from tests.banking import FINANCE, Bank, lines, now
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import an_order, pay_by_card, stock_the_shop

Advance = Callable[[timedelta], None]
Run = Callable[[], int]
PART = 20_000


@pytest.fixture
def bank(client: FlaskClient, run_jobs: Run) -> Bank:
    return Bank(client, run_jobs)


@pytest.fixture
def order(tx: Transact) -> Order:
    """An order of ten coupons to be paid by transfer."""
    with tx() as session:
        stock_the_shop(session)
        return an_order(session, a_studio(session), "LITE-10", method="bank_transfer")


def coupons(tx: Transact) -> list[Coupon]:
    with tx() as session:
        return list(session.scalars(select(Coupon).order_by(Coupon.id)))


def the_rest_by_card(tx: Transact, order: Order) -> None:
    """What the transfer left open is paid by card: certain money, but the transfer's window still counts."""
    with tx() as session:
        amount = order.gross_cents - PART
        money = MoneyFact("stripe", f"pi_{new_id().hex}", "stripe", amount, clock.now())
        assert record_payment(session, lock_order(session, order.id), money)


def a_charge(order: Order, refunded: int) -> StripeCharge:
    amount = order.gross_cents - PART
    return StripeCharge(
        id="ch_rest",
        order_id=order.id,
        amount_cents=amount,
        refunded_cents=refunded,
        status="succeeded",
        read_started_at=clock.real_now(),
    )


def test_a_transfer_that_goes_back_leaves_what_the_card_paid(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    reference = bank.transfer(order.gross_cents, order.rf_reference)
    with tx() as session:
        assert pay_by_card(session, order)
    bank.take_back(reference, order.gross_cents)
    assert now(tx, order).state == "PAID", "the card paid all of it"
    advance(timedelta(hours=12, minutes=1))
    run_jobs()
    assert now(tx, order).state == "FULFILLED"


def test_a_transfer_that_goes_back_late_freezes_nothing_the_card_paid(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    reference = bank.transfer(order.gross_cents, order.rf_reference)
    with tx() as session:
        assert pay_by_card(session, order)
    advance(timedelta(hours=12, minutes=1))
    run_jobs()
    bank.take_back(reference, order.gross_cents)
    assert {coupon.held_by_case for coupon in coupons(tx)} == {None}


def test_a_transfer_taken_off_leaves_what_the_card_paid(tx: Transact, bank: Bank, order: Order) -> None:
    bank.transfer(order.gross_cents, order.rf_reference)
    with tx() as session:
        assert pay_by_card(session, order)
    told = lines(tx)[0]
    with tx() as session:
        line, payment = lock_line(session, told.id)
        assert take_off(session, line, payment, lock_order(session, order.id), FINANCE) == order.gross_cents
    assert now(tx, order).state == "PAID"


def test_a_refund_inside_the_window_stops_fulfilment(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(PART, order.rf_reference)
    the_rest_by_card(tx, order)
    assert now(tx, order).state == "PAID"
    with tx() as session:
        session.add(a_charge(order, refunded=order.gross_cents - PART))
    advance(timedelta(hours=12, minutes=1))
    run_jobs()
    assert now(tx, order).state == "ON_HOLD", "most of its money is gone: a person decides"
    assert coupons(tx) == []


def test_a_dispute_inside_the_window_holds_the_order_and_then_its_coupons(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(PART, order.rf_reference)
    the_rest_by_card(tx, order)
    case = new_id()
    with tx() as session:
        dispute = StripeDispute(
            id="dp_rest",
            case_id=case,
            order_id=order.id,
            amount_cents=order.gross_cents - PART,
            status="needs_response",
            read_started_at=clock.real_now(),
        )
        session.add(dispute)
        session.flush()
        follow_reversals(session, lock_order(session, order.id))
    advance(timedelta(hours=12, minutes=1))
    run_jobs()
    assert now(tx, order).state == "ON_HOLD"
    with tx() as session:
        assert release(session, lock_order(session, order.id), FINANCE)
    assert {coupon.held_by_case for coupon in coupons(tx)} == {case}, "released, but the bank has not decided yet"
