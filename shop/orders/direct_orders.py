"""Direct orders: a program names its lines and orders in one call; the buyer's open cart stays as it is.

The lines go into a cart of their own that is born ordered and has the id the caller gives, so that the same call made
twice finds the order it made, and every rule of `place_order` holds for programs too.
"""

from collections.abc import Sequence

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from foundation import clock
from foundation.ids import new_id
from foundation.principal import Principal
from shop.carts import Cart, CartCompany, CartLine
from shop.catalogue import BuyerFacts
from shop.orders.order_book import Order
from shop.orders.placing import Placement, place_order
from shop.wanted_lines import WantedLine


def place_directly(
    session: Session, placement: Placement, lines: Sequence[WantedLine], buyer: BuyerFacts, by: Principal
) -> Order:
    """Order these lines; `placement.cart_id` is the caller's id for this very order.

    Raises what `place_order` raises.
    """
    values = {
        "id": placement.cart_id,
        "party_id": placement.buyer_party_id,
        "state": "ORDERED",
        "version": 1,
        "changed_at": clock.now(),
        "agreement_code": placement.agreement_code,
    }
    made = session.execute(insert(Cart).values(values).on_conflict_do_nothing().returning(Cart.id)).scalar()
    if made is not None:
        session.add_all(_as_lines(placement, lines))
        session.add_all(
            CartCompany(
                cart_id=placement.cart_id,
                company_id=company_id,
                extend_active_services=choice.extend,
                years=choice.years,
            )
            for company_id, choice in placement.choices.items()
        )
        session.flush()
    return place_order(session, placement, buyer, by)


def _as_lines(placement: Placement, lines: Sequence[WantedLine]) -> list[CartLine]:
    return [
        CartLine(
            id=new_id(),
            cart_id=placement.cart_id,
            sku=line.sku,
            quantity=line.quantity,
            for_party_id=line.for_party_id,
            renews_licence_id=line.renews,
            # A program was shown no price; what it expects to pay in all is in the placement.
            seen_net_cents=0,
        )
        for line in lines
    ]
