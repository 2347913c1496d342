"""Stories of money for an order that is closed: expired, cancelled, or dearer by now (F003-09, D11)."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from foundation.mail import MemoryMailer
from shop import Order, lock_order
from shop.catalogue.checks import check_catalogue
from shop.catalogue.imports import import_catalogue
from shop.orders.closing import cancel_order
from shop.payments.money_in import BankLine
from shop.transfers import (
    AllocationRefused,
    allocate_by_hand,
    give_store_credit,
    lock_line,
    take_off,
)
from tests.banking import FINANCE, Bank, Run, lines, now
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import a_studio
from tests.flows.finance_pages import line_path
from tests.flows.transfer_desk import Advance, last_subject, tasks
from tests.stories import DEMO_CATALOGUE, owner_of


def the_price_goes_up(tx: Transact) -> None:
    """A pack of ten coupons costs more from today on."""
    text = DEMO_CATALOGUE.read_text().replace('net = "440.00"', 'net = "450.00"')
    checked = check_catalogue(text)
    assert checked.catalogue is not None
    with tx() as session:
        import_catalogue(session, checked.catalogue)


def test_money_for_an_expired_order_revives_it_at_the_same_price(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    advance(timedelta(days=30))
    run_jobs()
    assert now(tx, order).state == "EXPIRED"
    bank.transfer(order.gross_cents, order.rf_reference)
    assert now(tx, order).state == "PAID"


def test_money_on_a_cancelled_order_revives_it(tx: Transact, bank: Bank, order: Order) -> None:
    with tx() as session:
        locked = lock_order(session, order.id)
        cancel_order(session, locked, owner_of(a_studio(session)))
    bank.transfer(order.gross_cents, order.rf_reference)
    assert now(tx, order).state == "PAID"


def test_money_on_an_order_that_costs_more_today_stays_surplus_and_the_buyer_is_told(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run, outside: Outside
) -> None:
    advance(timedelta(days=30))
    run_jobs()
    the_price_goes_up(tx)
    bank.transfer(order.gross_cents, order.rf_reference)
    assert now(tx, order).state == "EXPIRED"
    assert [line.state for line in lines(tx)] == ["SURPLUS"]
    assert tasks(tx) == ["late_money"]
    assert last_subject(outside) == f"Il bonifico è arrivato su un ordine chiuso · {order.number}"
    with tx() as session:
        line, payment = lock_line(session, session.scalars(select(BankLine.id)).one())
        with pytest.raises(AllocationRefused):
            allocate_by_hand(session, line, payment, lock_order(session, order.id), 100, FINANCE)
        give_store_credit(session, line, payment, order.buyer_party_id, FINANCE)
    assert tasks(tx) == []


def test_a_part_of_the_price_does_not_revive_a_closed_order(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    advance(timedelta(days=30))
    run_jobs()
    bank.transfer(order.gross_cents - 1, order.rf_reference)
    assert now(tx, order).state == "EXPIRED"
    assert [line.state for line in lines(tx)] == ["SURPLUS"]


def test_a_part_of_the_price_is_not_allocated_by_hand_to_a_closed_order_and_the_desk_says_what_to_do(
    desk: FlaskClient, tx: Transact, bank: Bank, order: Order, letters: MemoryMailer
) -> None:
    with tx() as session:
        cancel_order(session, lock_order(session, order.id), owner_of(a_studio(session)))
    bank.transfer(20_000, "senza riferimento")
    form = visit(desk, f"{line_path(lines(tx)[0])}/assegna?ordine={order.number}")
    assert "solo se l’importo lo paga per intero" in form.text
    before = len(letters.messages)
    refused = form.press("Assegna all’ordine")
    bank.run_jobs()
    assert "Altrimenti accredita l’importo o restituiscilo" in refused.text
    assert ([line.state for line in lines(tx)], tasks(tx)) == (["UNIDENTIFIED"], [])
    assert len(letters.messages) == before
    bank.transfer(order.gross_cents, "senza riferimento")
    whole = visit(desk, f"{line_path(lines(tx)[1])}/assegna?ordine={order.number}")
    whole.press("Assegna all’ordine")
    assert now(tx, order).state == "PAID"


def test_an_order_that_expires_with_a_part_of_its_money_is_a_task_until_somebody_gives_it_back(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(10_000, order.rf_reference)
    advance(timedelta(days=30))
    run_jobs()
    assert now(tx, order).state == "EXPIRED"
    assert tasks(tx) == ["closed_with_money"]
    with tx() as session:
        line, payment = lock_line(session, session.scalars(select(BankLine.id)).one())
        assert take_off(session, line, payment, lock_order(session, order.id), FINANCE) == 10_000
        assert give_store_credit(session, line, payment, order.buyer_party_id, FINANCE) == 10_000


def test_a_closed_order_is_no_task_any_more_when_the_bank_has_taken_all_its_money_back(
    tx: Transact, bank: Bank, order: Order
) -> None:
    first, second = bank.transfer(10_000, order.rf_reference), bank.transfer(5_000, order.rf_reference)
    with tx() as session:
        cancel_order(session, lock_order(session, order.id), owner_of(a_studio(session)))
    bank.take_back(first, 10_000)
    assert tasks(tx) == ["closed_with_money"]
    bank.take_back(second, 5_000)
    assert tasks(tx) == []


def test_the_rest_of_the_money_revives_an_order_that_expired_with_a_part_of_it(
    tx: Transact, bank: Bank, order: Order, advance: Advance, run_jobs: Run
) -> None:
    bank.transfer(10_000, order.rf_reference)
    advance(timedelta(days=30))
    run_jobs()
    bank.transfer(order.gross_cents - 10_000, order.rf_reference)
    assert now(tx, order).state == "PAID"
    assert tasks(tx) == []
