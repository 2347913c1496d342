"""What an order has not brought yet is not refunded: its money goes back from its own transfer, once (D10, D11)."""

import pytest
from flask.testing import FlaskClient

from shop import Order, lock_order
from shop.orders.closing import cancel_order
from shop.orders.placing import order_subject
from shop.payments.refund_decisions import ask_refund
from shop.payments.refund_plans import NotFulfilled, RefundShown, RefundWish
from shop.transfers import store_credit_of
from shop.transfers.four_eyes import REFUND, Wish, ask
from tests.banking import FINANCE, Bank, now
from tests.browsing import visit
from tests.conftest import Transact
from tests.factories import a_studio
from tests.flows.refund_desk import requests
from tests.flows.transfer_desk import tasks
from tests.stories import owner_of

PART = 20_000


def by_hand(desk: FlaskClient, order: Order, way: str) -> str:
    """Send the refund by hand, as the page would if it offered it; answers what is said."""
    address = f"/desk/rimborsi/{order.number}"
    choice = {"che": "tutto", "come": way, "importo": "", "visto": str(PART)}
    looked = desk.get(address, query_string=choice)
    assert looked.status_code == 422
    token = visit(desk, "/desk/finanza").soup.select_one("[name=csrf_token]")
    assert token is not None
    sent = desk.post(address, data=choice | {"csrf_token": str(token["value"])})
    assert sent.status_code == 422
    return sent.text


@pytest.mark.parametrize("way", ["bank", "store_credit"])
@pytest.mark.parametrize("closed", [False, True])
def test_a_refund_of_an_order_that_is_not_fulfilled_is_refused_also_when_it_is_sent_by_hand(
    desk: FlaskClient, bank: Bank, tx: Transact, order: Order, way: str, closed: bool
) -> None:
    bank.transfer(PART, order.rf_reference)
    if closed:
        with tx() as session:
            buyer = session.get_one(type(a_studio(session)), order.buyer_party_id)
            cancel_order(session, lock_order(session, order.id), owner_of(buyer))
    state = now(tx, order).state
    assert "L’ordine non è evaso: il suo bonifico si toglie e si restituisce dal movimento." in by_hand(
        desk, order, way
    )
    assert requests(tx) == []
    assert "credit_note" not in tasks(tx)
    with tx() as session:
        assert store_credit_of(session, order.buyer_party_id) == 0
    assert now(tx, order).state == state


def test_what_was_asked_for_an_order_that_is_not_fulfilled_is_not_carried_out_either(
    bank: Bank, tx: Transact, order: Order
) -> None:
    bank.transfer(PART, order.rf_reference)
    with tx() as session:
        locked = lock_order(session, order.id)
        with pytest.raises(NotFulfilled):
            ask_refund(session, locked, RefundWish(everything=True, way="bank"), RefundShown(PART, PART), FINANCE)
        facts = {"way": "bank", "line_id": None, "everything": True}
        with pytest.raises(NotFulfilled):
            ask(session, Wish(REFUND, order_subject(locked), PART, order_id=locked.id, facts=facts), FINANCE)
        session.rollback()
    assert requests(tx) == []
