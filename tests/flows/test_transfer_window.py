"""Stories of the twelve hours a transfer waits for: held, released, overtaken by a card (F003-09, D9)."""

from datetime import timedelta

from entitlements import count_by_state
from foundation import clock
from shop import MoneyFact, Order, lock_order, record_payment
from shop.transfers import (
    hold,
    release,
)
from tests.banking import FINANCE, Bank, Run, now
from tests.conftest import Transact
from tests.flows.transfer_desk import Advance, tasks
from tests.stories import pay_by_card


def test_a_transfer_that_fits_is_fulfilled_twelve_hours_after_it_is_recorded(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(order.gross_cents, f"Saldo {order.rf_reference}")
    assert now(tx, order).state == "PAID"
    advance(timedelta(hours=11, minutes=59))
    run_jobs()
    assert now(tx, order).state == "PAID"
    advance(timedelta(minutes=2))
    run_jobs()
    assert now(tx, order).state == "FULFILLED"
    with tx() as session:
        assert count_by_state(session, order.buyer_party_id) == {"AVAILABLE": 10}


def test_finance_holds_and_releases_before_the_window_has_passed(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(order.gross_cents, order.rf_reference)
    with tx() as session:
        hold(session, lock_order(session, order.id), "IBAN insolito", FINANCE)
    advance(timedelta(hours=13))
    run_jobs()
    assert now(tx, order).state == "ON_HOLD"
    with tx() as session:
        assert release(session, lock_order(session, order.id), FINANCE)
    assert now(tx, order).state == "FULFILLED"


def test_a_card_that_pays_an_order_in_its_window_again_is_a_task_and_fulfils_nothing_twice(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(order.gross_cents, order.rf_reference)
    with tx() as session:
        pay_by_card(session, lock_order(session, order.id))
    assert now(tx, order).state == "PAID"
    assert tasks(tx) == ["overpaid"]
    advance(timedelta(hours=13))
    run_jobs()
    with tx() as session:
        assert count_by_state(session, order.buyer_party_id) == {"AVAILABLE": 10}


def test_a_card_that_pays_the_rest_waits_until_the_transfer_s_part_is_safe(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(10_000, order.rf_reference)
    advance(timedelta(hours=5))
    with tx() as session:
        rest = MoneyFact("stripe", "pi_rest", "stripe", order.gross_cents - 10_000, clock.now())
        record_payment(session, lock_order(session, order.id), rest)
    assert now(tx, order).state == "PAID"
    advance(timedelta(hours=6, minutes=58))
    run_jobs()
    assert now(tx, order).state == "PAID"
    advance(timedelta(minutes=3))
    run_jobs()
    assert now(tx, order).state == "FULFILLED"
