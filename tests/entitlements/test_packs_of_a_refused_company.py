"""A pack bought for a company that is refused afterwards is not lost: it is its buyer's (D20, M9)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Party, Refused, activate_coupon, apply_answer, stock_of
from entitlements.wallets import WalletBucket
from foundation import clock
from shop import Order, place_order
from shop.carts import add_to_cart, open_cart
from shop.catalogue import BuyerFacts, current_price_book
from tests.conftest import Transact
from tests.factories import a_studio
from tests.stories import a_paid_order, company_data, owner_of, pay_by_card, placement_of, stock_the_shop


def a_company_on_its_way(session: Session, studio: Party) -> UUID:
    a_paid_order(session, studio, "LITE-1")
    coupon, _pack = stock_of(session, studio.id)[0]
    return activate_coupon(session, coupon.id, company_data(), owner_of(studio)).id


def a_pack_for(session: Session, studio: Party, company_id: UUID) -> Order:
    cart = open_cart(session, studio.id, None)
    add_to_cart(session, cart, current_price_book(session, clock.today()), "INVOICES-100", 1, company_id)
    return place_order(session, placement_of(cart.id, studio), BuyerFacts("STUDIO"), owner_of(studio))


def holders(session: Session) -> list[tuple[UUID, int]]:
    return [(one.holder_party_id, one.balance) for one in session.scalars(select(WalletBucket))]


def test_a_pack_goes_to_the_pool_when_its_company_is_refused(tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        company_id = a_company_on_its_way(session, studio)
        assert pay_by_card(session, a_pack_for(session, studio, company_id))
        assert holders(session) == [(company_id, 100)]
        apply_answer(session, company_id, Refused("no"), "callback")
        assert holders(session) == [(studio.id, 100)]


def test_a_pack_paid_after_the_refusal_goes_to_the_pool_at_once(tx: Transact) -> None:
    with tx() as session:
        stock_the_shop(session)
        studio = a_studio(session)
        company_id = a_company_on_its_way(session, studio)
        order = a_pack_for(session, studio, company_id)
        apply_answer(session, company_id, Refused("no"), "callback")
        assert pay_by_card(session, order)
        assert holders(session) == [(studio.id, 100)]
