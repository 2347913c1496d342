from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from entitlements import Party, activate_coupon, stock_of
from foundation import clock
from foundation.ids import new_id
from pricing import InvalidQuantity
from shop.cart_views import CartView, view_cart
from shop.carts import (
    MOST_LINES,
    Cart,
    CartLine,
    CartLineNotFound,
    CartTooLong,
    add_to_cart,
    adopt_cart,
    change_line,
    contents,
    find_cart,
    open_cart,
    refresh_seen_prices,
    remove_line,
)
from shop.catalogue import BuyerFacts, PriceBookView, UnknownProduct, current_price_book
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import a_paid_order, company_data, owner_of, stock_the_shop


def the_book(session: Session) -> PriceBookView:
    stock_the_shop(session)
    return current_price_book(session, clock.today())


def the_lines(session: Session, cart: Cart) -> list[tuple[str, int, UUID | None]]:
    return [(line.sku, line.quantity, line.for_party_id) for line in contents(session, cart).lines]


def seen(session: Session, cart: Cart, book: PriceBookView, party: Party | None = None) -> CartView:
    party_id = party.id if party else None
    return view_cart(session, contents(session, cart), book, BuyerFacts("STUDIO"), party_id)


def test_the_same_product_for_the_same_party_adds_up_and_is_seen_at_the_price_of_all_packs(tx: Transact) -> None:
    with tx() as session:
        book, cart = the_book(session), open_cart(session, None, None)
        add_to_cart(session, cart, book, "LITE-1", 9, None)
        line = add_to_cart(session, cart, book, "LITE-1", 1, None)
        assert (line.quantity, line.seen_net_cents) == (10, 4_500)
        assert not seen(session, cart, book).rows[0].price_changed


def test_a_product_that_is_not_on_sale_cannot_be_collected(tx: Transact) -> None:
    with tx() as session:
        book, cart = the_book(session), open_cart(session, None, None)
        lite = book.product("LITE-1")
        gone = replace(lite, rules=replace(lite.rules, sold=False))
        book = replace(book, by_sku={**book.by_sku, "LITE-1": gone})
        for sku in ("LITE-1", "NO-SUCH-THING", ""):
            with pytest.raises(UnknownProduct):
                add_to_cart(session, cart, book, sku, 1, None)
        assert the_lines(session, cart) == []


@pytest.mark.parametrize("quantity", [0, -1, 10**9])
def test_a_quantity_nobody_can_order_is_refused(tx: Transact, quantity: int) -> None:
    with tx() as session:
        book, cart = the_book(session), open_cart(session, None, None)
        with pytest.raises(InvalidQuantity):
            add_to_cart(session, cart, book, "LITE-1", quantity, None)


def test_a_cart_holds_a_hundred_lines_and_no_more(tx: Transact) -> None:
    with tx() as session:
        book, cart = the_book(session), open_cart(session, None, None)
        for _ in range(MOST_LINES):
            session.add(CartLine(cart_id=cart.id, sku=f"X-{new_id().hex}", quantity=1, seen_net_cents=1))
        session.flush()
        with pytest.raises(CartTooLong):
            add_to_cart(session, cart, book, "LITE-1", 1, None)


def test_changing_whom_a_line_is_for_joins_two_lines_that_become_alike(tx: Transact) -> None:
    with tx() as session:
        book = the_book(session)
        studio = a_studio(session)
        company = a_company_of(session, studio)
        cart = open_cart(session, studio.id, None)
        pool = add_to_cart(session, cart, book, "INVOICES-100", 1, None)
        add_to_cart(session, cart, book, "INVOICES-100", 2, company)
        change_line(session, cart, book, pool.id, quantity=3, for_party_id=company)
        assert the_lines(session, cart) == [("INVOICES-100", 5, company)]


def test_a_quantity_of_zero_removes_the_line(tx: Transact) -> None:
    with tx() as session:
        book, cart = the_book(session), open_cart(session, None, None)
        line = add_to_cart(session, cart, book, "LITE-1", 2, None)
        change_line(session, cart, book, line.id, quantity=0)
        assert the_lines(session, cart) == []


def test_a_line_of_another_cart_is_not_there_to_be_changed_or_removed(tx: Transact) -> None:
    with tx() as session:
        book = the_book(session)
        own, other = open_cart(session, a_studio(session).id, None), open_cart(session, None, None)
        foreign = add_to_cart(session, other, book, "LITE-1", 2, None)
        with pytest.raises(CartLineNotFound):
            change_line(session, own, book, foreign.id, quantity=1)
        with pytest.raises(CartLineNotFound):
            remove_line(session, own, foreign.id)
        assert the_lines(session, other) == [("LITE-1", 2, None)]


def test_what_was_collected_before_signing_in_becomes_the_partys_and_nothing_is_lost(tx: Transact) -> None:
    with tx() as session:
        book = the_book(session)
        studio = a_studio(session)
        own, browser = open_cart(session, studio.id, None), open_cart(session, None, None)
        add_to_cart(session, own, book, "LITE-1", 2, None)
        add_to_cart(session, browser, book, "LITE-1", 5, None)
        add_to_cart(session, browser, book, "CREDIT-50", 1, None)
        for _ in range(2):
            adopt_cart(session, browser.id, studio.id)
            session.expire_all()
            assert sorted(the_lines(session, own)) == [("CREDIT-50", 1, None), ("LITE-1", 5, None)]
        assert find_cart(session, None, browser.id) is None


def test_a_cart_somebody_owns_is_not_adopted_by_another(tx: Transact) -> None:
    with tx() as session:
        book = the_book(session)
        owner, thief = a_studio(session), a_studio(session)
        cart = open_cart(session, owner.id, None)
        add_to_cart(session, cart, book, "LITE-1", 2, None)
        adopt_cart(session, cart.id, thief.id)
        assert find_cart(session, thief.id, None) is None
        assert the_lines(session, cart) == [("LITE-1", 2, None)]


def test_a_price_that_changed_since_is_told_until_the_buyer_has_seen_it(tx: Transact) -> None:
    with tx() as session:
        book, cart = the_book(session), open_cart(session, None, None)
        line = add_to_cart(session, cart, book, "LITE-1", 1, None)
        line.seen_net_cents = 3_900
        session.flush()
        assert seen(session, cart, book).rows[0].price_changed
        refresh_seen_prices(session, cart, book)
        assert not seen(session, cart, book).rows[0].price_changed


def test_a_product_that_left_the_catalogue_stands_in_the_way_and_the_rest_is_still_priced(tx: Transact) -> None:
    with tx() as session:
        book, cart = the_book(session), open_cart(session, None, None)
        add_to_cart(session, cart, book, "LITE-1", 1, None)
        session.add(CartLine(cart_id=cart.id, sku="GONE", quantity=1, seen_net_cents=100))
        session.flush()
        view = seen(session, cart, book)
        assert not view.orderable
        assert view.quote is not None
        assert view.quote.gross.cents == 5_978
        assert [[refusal.code for refusal in row.refusals] for row in view.rows] == [[], ["NOT_SOLD"]]


def test_all_reasons_stand_beside_their_line(tx: Transact) -> None:
    with tx() as session:
        book, cart = the_book(session), open_cart(session, None, None)
        add_to_cart(session, cart, book, "LITE-50", 41, None)
        add_to_cart(session, cart, book, "INVOICES-10000", 1, None)
        company = replace(BuyerFacts("COMPANY"), facts=frozenset({"locked"}))
        view = view_cart(session, contents(session, cart), book, company, None)
        codes = [{refusal.code for refusal in row.refusals} for row in view.rows]
        assert codes == [{"NOT_FOR_COMPANY", "BUYER_LOCKED", "TOO_MANY"}, {"BUYER_LOCKED", "CONTRACT_NOT_SIGNED"}]


def test_a_company_that_is_not_the_studios_own_cannot_be_paid_for(tx: Transact) -> None:
    with tx() as session:
        book = the_book(session)
        studio, other = a_studio(session), a_studio(session)
        foreign = a_company_of(session, other)
        cart = open_cart(session, studio.id, None)
        add_to_cart(session, cart, book, "INVOICES-100", 1, foreign)
        assert [refusal.code for refusal in seen(session, cart, book, studio).rows[0].refusals] == ["COMPANY_NOT_YOURS"]


def test_a_few_packs_more_are_proposed_only_where_they_cost_no_more(tx: Transact) -> None:
    with tx() as session:
        book, cart = the_book(session), open_cart(session, None, None)
        line = add_to_cart(session, cart, book, "LITE-1", 45, None)
        assert seen(session, cart, book).rows[0].better_quantity is None
        change_line(session, cart, book, line.id, quantity=46)
        assert seen(session, cart, book).rows[0].better_quantity == 50


def a_company_of(session: Session, studio: Party) -> UUID:
    a_paid_order(session, studio, "LITE-1")
    coupon, _pack = stock_of(session, studio.id)[0]
    return activate_coupon(session, coupon.id, company_data(), owner_of(studio)).id
