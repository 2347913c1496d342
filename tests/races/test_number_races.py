"""The counter of order numbers, on which every placement of the shop waits: nobody who holds it waits for anything."""

from dataclasses import replace
from threading import Thread

import pytest

from entitlements import Account, Cause, locked_company
from foundation import clock
from foundation.database import apart, transaction
from foundation.ids import new_id
from shop.addons.asking import services_of
from shop.cart_services import renew_in_cart
from shop.carts import open_cart
from shop.catalogue import BuyerFacts, current_price_book
from shop.orders.numbers import next_order_number
from shop.orders.placing import CLAUSES, Placement, place_order
from shop.transfers import lock_store_credit, spend_store_credit
from shop.transfers.store_credit import add_store_credit
from tests.races.contest import LONGEST_SECONDS, contend, until_so_many_wait
from tests.races.test_renewal_races import Ends, ends
from tests.stories import billing_of, owner_of

__all__ = ["ends"]
pytestmark = pytest.mark.race


def _pay_at_once(ends: Ends, outcomes: list[object]) -> Thread:
    """The payer renews the first company from store credit; what came of it is the first of the outcomes."""

    def place(_only: int) -> str:
        studio, company_id = ends.studio, ends.companies[0]
        with ends.app.app_context(), transaction() as session:
            cart, book = open_cart(session, studio.id, None), current_price_book(session, clock.today())
            running = services_of(session, studio.id, [company_id], {})[company_id].all_running
            renew_in_cart(session, cart, book, company_id, running)
            waiting = Placement(cart.id, studio.id, "stripe", billing_of(studio), frozenset(CLAUSES), None)
            at_once = replace(waiting, pay_at_once=spend_store_credit, credit=lock_store_credit)
            return place_order(session, at_once, BuyerFacts("STUDIO"), owner_of(studio)).state

    buyer = Thread(target=lambda: outcomes.extend(contend(1, place)))
    buyer.start()
    return buyer


def _a_number(ends: Ends) -> str:
    """Another placement of the shop takes its number."""
    with ends.app.app_context(), transaction() as session:
        return next_order_number(session)


def _give_credit(ends: Ends) -> None:
    with ends.app.app_context(), transaction() as session:
        add_store_credit(session, ends.studio.id, Cause("test", new_id()), Account("bank"), 1_000_000)


def test_paying_at_once_and_renewing_by_itself_wait_for_each_other_in_one_order(ends: Ends) -> None:
    _give_credit(ends)
    bought, claimed = list[object](), list[object]()
    with ends.app.app_context(), apart() as elsewhere:
        next_order_number(elsewhere)
        buyer = _pay_at_once(ends, bought)
        until_so_many_wait(ends.app, 1)
        worker = Thread(target=lambda: claimed.extend(contend(1, lambda _: ends.claim(ends.companies[0]))))
        worker.start()
        until_so_many_wait(ends.app, 2)
    for one in (buyer, worker):
        one.join(LONGEST_SECONDS)
    assert (bought, claimed) == (["FULFILLED"], [None])
    assert ends.renewed() == 1


def test_a_buyer_who_waits_for_a_company_keeps_no_other_from_ordering(ends: Ends) -> None:
    _give_credit(ends)
    bought = list[object]()
    with ends.app.app_context():
        with apart() as elsewhere:
            locked_company(elsewhere, ends.companies[0])
            buyer = _pay_at_once(ends, bought)
            until_so_many_wait(ends.app, 1)
            (number,) = contend(1, lambda _: _a_number(ends))
            assert str(number).startswith("ORD-")
        buyer.join(LONGEST_SECONDS)
    assert bought == ["FULFILLED"]
