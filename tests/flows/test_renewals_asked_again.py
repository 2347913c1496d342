"""An order that renews for several companies and asks for a new quote: each keeps the years it was ordered for."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy import select

from entitlements import Party, activate_coupon, check_billing, stock_of
from shop import Placement, lock_order, place_order
from shop.billing_on_file import billing_on_file
from shop.buyers import buyer_of
from shop.carts import CartCompany, open_cart
from shop.orders.placing import CLAUSES
from shop.orders.requoting import ask_for_new_quote
from tests.conftest import Transact
from tests.entitlements.scenes import OTHER_COMPANY
from tests.factories import a_user
from tests.flows.service_shop import BASE, Shop
from tests.signing import post, sign_in
from tests.stories import a_paid_order, company_data, owner_of


def _another_company(shop: Shop) -> Shop:
    with shop.tx() as session:
        studio = session.get_one(Party, shop.studio_id)
        a_paid_order(session, studio, "ORDINARY-1")
        coupon = next(one for one, _pack in stock_of(session, studio.id, limit=100) if one.state == "AVAILABLE")
        second = activate_coupon(session, coupon.id, company_data(**OTHER_COMPANY), owner_of(studio))
    shop.jobs()
    return replace(shop, company_id=second.id)


def test_two_companies_renewed_for_one_and_for_five_years_stay_so_when_the_quote_is_asked_for_again(
    shop: Shop, tx: Transact, run_jobs: Callable[[], int]
) -> None:
    other = _another_company(shop)
    shop.buy(shop.line(BASE))
    other.buy(other.line(BASE))
    with tx() as session:
        owner = a_user(session, shop.studio_id)
    sign_in(shop.client, owner)
    for company_id in (shop.company_id, other.company_id):
        post(shop.client, f"/carrello/aziende/{company_id}/rinnovi")
    post(shop.client, f"/carrello/aziende/{other.company_id}/anni", quantity="5")
    with tx() as session:
        studio = session.get_one(Party, shop.studio_id)
        cart = open_cart(session, studio.id, None)
        billing = check_billing(billing_on_file(studio)).data
        assert billing is not None
        placement = Placement(cart.id, studio.id, "bank_transfer", billing, frozenset(CLAUSES), None)
        order = place_order(session, placement, buyer_of(session, studio.id).facts, owner_of(studio))
        ask_for_new_quote(session, lock_order(session, order.id))
    run_jobs()
    assert post(shop.client, f"/ordini/{order.number}/preventivo").status_code == 303
    with tx() as session:
        again = open_cart(session, shop.studio_id, None)
        chosen = session.scalars(select(CartCompany).where(CartCompany.cart_id == again.id)).all()
    assert {one.company_id: one.years for one in chosen} == {shop.company_id: 1, other.company_id: 5}
