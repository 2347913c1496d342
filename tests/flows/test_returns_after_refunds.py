"""Stories of transfers the bank takes back after their order was refunded: nobody gets the money twice (D9, D10)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app import Outside
from entitlements import Account, balance, count_by_state
from foundation.mail import MemoryMailer
from shop import Order, lock_order
from shop.payments.money_in import FinanceTask, due_cents
from shop.transfers import spend_store_credit, store_credit_of
from tests.banking import Bank
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import a_studio
from tests.flows.refund_desk import refund_page, shown
from tests.flows.transfer_desk import tasks
from tests.stories import an_order


@pytest.fixture
def reference(bank: Bank, order: Order, pass_time: Callable[[timedelta], None]) -> str:
    """The order of ten coupons is paid by this transfer and fulfilled."""
    found = bank.transfer(order.gross_cents, order.rf_reference)
    pass_time(timedelta(hours=13))
    return found


def last_mail(outside: Outside) -> str:
    """What the last mail says."""
    assert isinstance(outside.mailer, MemoryMailer)
    body = outside.mailer.messages[-1].get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def credit(tx: Transact, order: Order) -> int:
    with tx() as session:
        return store_credit_of(session, order.buyer_party_id)


def claimed(tx: Transact) -> list[int]:
    """How much finance is asked to claim."""
    with tx() as session:
        query = select(FinanceTask.facts).where(FinanceTask.kind == "return_claim", FinanceTask.resolved_at.is_(None))
        return [facts["claim_cents"] for facts in session.scalars(query)]


def test_the_mail_of_a_return_after_a_partial_refund_asks_what_the_page_says_and_the_matcher_takes(
    desk: FlaskClient, bank: Bank, tx: Transact, order: Order, reference: str, outside: Outside
) -> None:
    shown(refund_page(desk, order), "importo", importo="100", come="bank").press("Rimborsa 100,00 €")
    bank.take_back(reference, order.gross_cents)
    said = last_mail(outside)
    assert "536,80 €" in said
    assert "636,80 €" not in said
    assert "536,80 €" in visit(desk, f"/ordini/{order.number}").part("main")
    with tx() as session:
        assert due_cents(session, session.get_one(Order, order.id)) == order.gross_cents
    assert claimed(tx) == [10_000]
    bank.transfer(order.gross_cents, order.rf_reference)
    assert claimed(tx) == [], "who pays again owes nothing"


def test_the_store_credit_of_a_refund_goes_with_the_transfer_it_was_of_and_nothing_is_asked_for_again(
    desk: FlaskClient, bank: Bank, tx: Transact, order: Order, reference: str, outside: Outside
) -> None:
    shown(refund_page(desk, order), "tutto", come="store_credit").press("Rimborsa 536,80 €")
    assert credit(tx, order) == order.gross_cents
    bank.take_back(reference, order.gross_cents)
    assert credit(tx, order) == 0
    assert claimed(tx) == []
    assert "La banca ha ripreso" not in last_mail(outside)
    with tx() as session:
        assert balance(session, Account("bank")) == 0
        assert count_by_state(session, order.buyer_party_id) == {"VOIDED": 10}


def test_of_the_store_credit_of_a_refund_what_is_spent_is_claimed_when_the_bank_takes_the_transfer_back(
    desk: FlaskClient, bank: Bank, tx: Transact, order: Order, reference: str
) -> None:
    shown(refund_page(desk, order), "tutto", come="store_credit").press("Rimborsa 536,80 €")
    with tx() as session:
        buyer = session.get_one(type(a_studio(session)), order.buyer_party_id)
        small = an_order(session, buyer, "LITE-1", method="bank_transfer")
        assert spend_store_credit(session, lock_order(session, small.id)) == small.gross_cents
    for part, owed in ((order.gross_cents - 1_000, [small.gross_cents - 1_000]), (1_000, [small.gross_cents])):
        bank.take_back(reference, part, id=f"R-{part}")
        assert claimed(tx) == owed
        assert credit(tx, order) == 0
    with tx() as session:
        assert due_cents(session, session.get_one(Order, order.id)) == small.gross_cents


def test_what_went_back_by_transfer_and_is_taken_by_the_bank_too_is_claimed(
    desk: FlaskClient, bank: Bank, tx: Transact, order: Order, reference: str
) -> None:
    shown(refund_page(desk, order), "tutto", come="bank").press("Rimborsa 536,80 €")
    bank.take_back(reference, order.gross_cents)
    assert claimed(tx) == [order.gross_cents]
    assert "return_claim" in tasks(tx)


def test_a_return_that_the_rest_of_the_money_covers_leaves_the_store_credit_of_a_refund(
    desk: FlaskClient, bank: Bank, tx: Transact, order: Order, reference: str
) -> None:
    shown(refund_page(desk, order), "importo", importo="100", come="store_credit").press("Rimborsa 100,00 €")
    bank.take_back(reference, 20_000)
    assert (credit(tx, order), claimed(tx)) == (10_000, [])
