"""Services in tests: put into a studio's cart for one of its companies, or ordered and paid by card."""

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Party
from foundation import clock
from shop import Membership, Order, User, place_order
from shop.addons.asking import services_of
from shop.cart_services import renew_in_cart
from shop.carts import Cart, add_to_cart, open_cart
from shop.catalogue import BuyerFacts, current_price_book
from tests.stories import owner_of, pay_by_card, placement_of


def until(day: date) -> timedelta:
    """How far the business clock moves to noon of a Rome day, whatever the hour is now and whichever hour changes."""
    return clock.rome_midnight(day) + timedelta(hours=12) - clock.now()


def add_services(session: Session, owner: User, company_id: UUID, *skus: str) -> Cart:
    """New services for a company in the open cart of its studio."""
    cart = open_cart(session, _studio_of(session, owner).id, None)
    book = current_price_book(session, clock.today())
    for sku in skus:
        add_to_cart(session, cart, book, sku, 1, company_id)
    return cart


def buy_services(session: Session, owner: User, company_id: UUID, *skus: str) -> Order:
    """New services for a company, ordered and paid by card."""
    order = order_services(session, owner, company_id, *skus)
    assert pay_by_card(session, order)
    return order


def order_services(session: Session, owner: User, company_id: UUID, *skus: str) -> Order:
    """New services for a company, ordered by card."""
    return _order(session, owner, add_services(session, owner, company_id, *skus))


def renew_services(session: Session, owner: User, company_id: UUID) -> Order:
    """Everything that runs for a company, renewed together by hand: ordered by card."""
    studio = _studio_of(session, owner)
    cart, book = open_cart(session, studio.id, None), current_price_book(session, clock.today())
    renew_in_cart(
        session, cart, book, company_id, services_of(session, studio.id, [company_id], {})[company_id].all_running
    )
    return _order(session, owner, cart)


def _order(session: Session, owner: User, cart: Cart) -> Order:
    studio = _studio_of(session, owner)
    return place_order(session, placement_of(cart.id, studio), BuyerFacts("STUDIO"), owner_of(studio))


def _studio_of(session: Session, owner: User) -> Party:
    query = select(Party).join(Membership, Membership.party_id == Party.id).where(Membership.user_id == owner.id)
    return session.scalars(query).one()
