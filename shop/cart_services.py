"""How a cart is bought: renewals of what runs (F004-22), each company's choice (F004-11), the agreement (F004-26)."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from entitlements import RunningService
from foundation import clock
from foundation.ids import new_id
from pricing import MAXIMUM_YEARS, InvalidQuantity
from shop.addons.company_services import ServiceChoice
from shop.carts import MOST_LINES, Cart, CartCompany, CartLine, CartTooLong
from shop.catalogue import PriceBookView


def renew_in_cart(
    session: Session, cart: Cart, book: PriceBookView, company_id: UUID, services: Sequence[RunningService]
) -> int:
    """Put the renewal of running services into a cart; those that are there already stay. Answers how many were added.

    Services that left the catalogue cannot be renewed and are left out. Raises CartTooLong.
    """
    added = 0
    for service in renewable(book, services):
        product = book.product(service.sku)
        row = insert(CartLine).values(
            id=new_id(),
            cart_id=cart.id,
            sku=service.sku,
            quantity=service.quantity,
            for_party_id=company_id,
            renews_licence_id=service.licence_id,
            seen_net_cents=product.tiers.unit_price(service.quantity).cents,
        )
        stored = session.execute(row.on_conflict_do_nothing().returning(CartLine.id)).scalar()
        added += stored is not None
    if (session.scalar(select(func.count()).where(CartLine.cart_id == cart.id)) or 0) > MOST_LINES:
        raise CartTooLong
    _moved(session, cart)
    return added


def renewable(book: PriceBookView, services: Sequence[RunningService]) -> tuple[RunningService, ...]:
    """Those of these services that can be renewed at all: the others left the catalogue."""
    return tuple(one for one in services if one.sku in book.by_sku)


def choose(
    session: Session, cart: Cart, company_id: UUID, *, extend: bool | None = None, years: int | None = None
) -> None:
    """Say how a company's services are bought; what is None stays as it was. Raises InvalidQuantity for the years."""
    if years is not None and not 1 <= years <= MAXIMUM_YEARS:
        raise InvalidQuantity(years, MAXIMUM_YEARS)
    start = ServiceChoice()
    values = {
        "cart_id": cart.id,
        "company_id": company_id,
        "extend_active_services": start.extend if extend is None else extend,
        "years": years or start.years,
    }
    said = {key: value for key, value in (("extend_active_services", extend), ("years", years)) if value is not None}
    session.execute(insert(CartCompany).values(values).on_conflict_do_nothing())
    if said:
        ours = (CartCompany.cart_id == cart.id, CartCompany.company_id == company_id)
        session.execute(update(CartCompany).where(*ours).values(said))
    _moved(session, cart)


def name_agreement(session: Session, cart: Cart, code: str | None) -> None:
    """Keep the code of an agreement with a cart, or take it off (F004-26)."""
    cart.agreement_code = code or None
    _moved(session, cart)


def _moved(session: Session, cart: Cart) -> None:
    cart.version += 1
    cart.changed_at = clock.now()
    session.flush()
