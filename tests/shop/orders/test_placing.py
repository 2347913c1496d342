from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import Party
from foundation import clock
from foundation.mail import Mail
from shop import Order, lock_order
from shop.carts import CartLine, add_to_cart, open_cart
from shop.catalogue import BuyerFacts, current_price_book
from shop.orders.placing import (
    CLAUSES,
    CartChanged,
    CartIsEmpty,
    CartNotFound,
    NotOrderable,
    Placement,
    TermsNotAccepted,
    TotalChanged,
    place_order,
)
from shop.payments.checkout import NotPayable
from shop.payments.method import UnknownPaymentMethod, change_payment_method
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import an_order, owner_of, pay_by_card, placement_of, stock_the_shop

STUDIO = BuyerFacts("STUDIO")


def a_placement(session: Session, studio: Party, quantity: int = 3) -> Placement:
    stock_the_shop(session)
    cart = open_cart(session, studio.id, None)
    if quantity:
        add_to_cart(session, cart, current_price_book(session, clock.today()), "LITE-1", quantity, None)
    return placement_of(cart.id, studio)


def test_one_cart_becomes_one_order_however_often_it_is_confirmed(tx: Transact) -> None:
    with tx() as session:
        studio = a_studio(session)
        placement = a_placement(session, studio)
        first = place_order(session, placement, STUDIO, owner_of(studio))
        again = place_order(session, replace(placement, accepted_clauses=frozenset()), STUDIO, owner_of(studio))
        assert again.id == first.id
        assert session.scalar(select(func.count()).select_from(Order)) == 1


@pytest.mark.parametrize("clause", CLAUSES)
def test_without_any_one_clause_nothing_is_ordered(tx: Transact, clause: str) -> None:
    with tx() as session:
        studio = a_studio(session)
        placement = replace(a_placement(session, studio), accepted_clauses=frozenset(CLAUSES) - {clause})
        with pytest.raises(TermsNotAccepted) as refused:
            place_order(session, placement, STUDIO, owner_of(studio))
        assert refused.value.missing == (clause,)


def test_a_total_or_a_cart_the_buyer_did_not_see_is_shown_before_it_obliges(tx: Transact) -> None:
    with tx() as session:
        studio = a_studio(session)
        placement = a_placement(session, studio)
        with pytest.raises(TotalChanged) as refused:
            place_order(session, replace(placement, seen_gross_cents=17_933), STUDIO, owner_of(studio))
        assert (refused.value.seen_cents, refused.value.now_cents) == (17_933, 17_934)
        with pytest.raises(CartChanged):
            place_order(session, replace(placement, seen_version=1), STUDIO, owner_of(studio))
        assert session.scalar(select(func.count()).select_from(Order)) == 0


def test_an_empty_cart_and_somebody_elses_cart_cannot_be_ordered(tx: Transact) -> None:
    with tx() as session:
        studio, other = a_studio(session), a_studio(session)
        empty = a_placement(session, studio, quantity=0)
        with pytest.raises(CartIsEmpty):
            place_order(session, empty, STUDIO, owner_of(studio))
        with pytest.raises(CartNotFound):
            place_order(session, replace(empty, buyer_party_id=other.id), STUDIO, owner_of(other))


def test_lines_that_left_the_catalogue_or_may_not_be_bought_are_all_named(tx: Transact) -> None:
    with tx() as session:
        studio = a_studio(session)
        placement = a_placement(session, studio)
        session.add(CartLine(cart_id=placement.cart_id, sku="GONE", quantity=1, seen_net_cents=1))
        session.flush()
        with pytest.raises(NotOrderable) as refused:
            place_order(session, placement, BuyerFacts("COMPANY"), owner_of(studio))
        assert {(one.sku, one.code) for one in refused.value.refusals} == {
            ("LITE-1", "NOT_FOR_COMPANY"),
            ("GONE", "NOT_SOLD"),
        }


def test_a_waiting_order_changes_its_way_to_pay_and_the_transfer_data_are_mailed_once(tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        order = an_order(session, studio)
        for method, changed in (("bank_transfer", True), ("bank_transfer", False), ("stripe", True)):
            assert change_payment_method(session, order, method, owner_of(studio)) is changed
            assert order.payment_method == method
        change_payment_method(session, order, "bank_transfer", owner_of(studio))
        templates = session.scalars(select(Mail.template).order_by(Mail.template)).all()
        assert templates == ["order_received", "order_received_transfer"]
        with pytest.raises(UnknownPaymentMethod):
            change_payment_method(session, order, "cash", owner_of(studio))


def test_a_paid_order_no_longer_changes_its_way_to_pay(tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        order = an_order(session, studio)
        pay_by_card(session, order)
        with pytest.raises(NotPayable):
            change_payment_method(session, lock_order(session, order.id), "bank_transfer", owner_of(studio))
