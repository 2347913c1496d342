"""An order paid twice by card: what becomes of one payment says nothing about rights that the other pays for (D10)."""

import copy

import pytest
from flask import Flask
from sqlalchemy import select

from entitlements.licences import Licence
from foundation import clock
from shop import MoneyFact, Order, RefundWish, lock_order, look_and_reconcile, record_payment, refundable
from shop.payments.refund_decisions import ask_refund
from shop.payments.refund_plans import NothingToRefund, RefundShown, amount_of
from shop.payments.refund_requests import learn_charges
from shop.web.finance.refund_words import effects_of
from tests.banking import FINANCE, Run
from tests.conftest import Transact
from tests.flows.refund_desk import Till, activate_one
from tests.refunding import contest_newest_charge


@pytest.fixture
def paid_twice(app: Flask, till: Till, tx: Transact, run_jobs: Run) -> Order:
    """Two coupons, one of them a company's by now; a page that was open in another tab was paid as well."""
    order = till.by_card("LITE-1", 2)
    with app.app_context():
        learn_charges(order.id, till.gateway)
    activate_one(tx, order)
    run_jobs()
    first = next(one for one in till.gateway.objects.values() if one["object"] == "charge")
    second = copy.deepcopy(first) | {"id": "ch_second", "payment_intent": "pi_second", "balance_transaction": None}
    till.gateway.objects["ch_second"] = second
    with tx() as session:
        fact = MoneyFact("stripe", "pi_second", "stripe", order.gross_cents, clock.now())
        record_payment(session, lock_order(session, order.id), fact)
    with app.app_context():
        look_and_reconcile(till.gateway, "charge", "ch_second")
    return order


def _suspended(tx: Transact) -> list[bool]:
    with tx() as session:
        return [one.suspended_at is not None for one in session.scalars(select(Licence))]


def _refund(app: Flask, tx: Transact, order: Order, wish: RefundWish) -> list[str]:
    """Ask for it; answers what finance was told it does."""
    with app.test_request_context(), tx() as session:
        locked = lock_order(session, order.id)
        known = refundable(session, locked)
        amount = amount_of(known, wish)
        said = [str(one) for one in effects_of(known, wish, amount)]
        ask_refund(session, locked, wish, RefundShown(amount, known.left_cents), FINANCE)
    return said


@pytest.mark.parametrize("status", ["needs_response", "lost"])
def test_a_dispute_about_the_second_payment_takes_nothing_from_what_the_first_one_pays(
    app: Flask, till: Till, tx: Transact, run_jobs: Run, paid_twice: Order, status: str
) -> None:
    with app.app_context():
        contest_newest_charge(till.gateway, status)
    run_jobs()
    assert till.states(paid_twice) == {"ACTIVE": 1, "AVAILABLE": 1}
    assert _suspended(tx) == [False]


def test_a_dispute_about_both_ends_what_nobody_used_and_suspends_the_rest(
    app: Flask, till: Till, tx: Transact, run_jobs: Run, paid_twice: Order
) -> None:
    with app.app_context():
        contest_newest_charge(till.gateway, "lost")
        objects = till.gateway.objects
        first = next(key for key, one in objects.items() if one["object"] == "charge" and key != "ch_second")
        objects[first] = objects.pop(first)
        contest_newest_charge(till.gateway, "lost")
    run_jobs()
    assert till.states(paid_twice) == {"ACTIVE": 1, "VOIDED": 1}
    assert _suspended(tx) == [True]


def test_the_last_refund_decides_what_becomes_of_rights_in_use_as_its_page_says(
    app: Flask, till: Till, tx: Transact, run_jobs: Run, paid_twice: Order
) -> None:
    _refund(app, tx, paid_twice, RefundWish(everything=True, way="card"))
    run_jobs()
    assert _suspended(tx) == [False], "the other payment is still there"
    said = _refund(app, tx, paid_twice, RefundWish(amount_cents=paid_twice.gross_cents, way="card"))
    run_jobs()
    assert any("restano attive" in sentence for sentence in said)
    assert _suspended(tx) == [False]
    assert till.states(paid_twice) == {"ACTIVE": 1, "VOIDED": 1}


def test_what_a_bank_took_for_good_is_not_offered_a_second_time(app: Flask, till: Till, tx: Transact) -> None:
    order = till.by_card("LITE-1")
    with app.app_context():
        learn_charges(order.id, till.gateway)
        contest_newest_charge(till.gateway, "lost")
    with tx() as session:
        known = refundable(session, lock_order(session, order.id))
    assert known.left_cents == 0
    with pytest.raises(NothingToRefund):
        amount_of(known, RefundWish(everything=True, way="card"))
