"""The new quote of an order that asks for one: its services go back into the cart, at the months of today (M14)."""

from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from sqlalchemy.orm import Session

from foundation import clock
from shop.addons.asking import services_of
from shop.addons.promises import promises_from_json
from shop.cart_services import choose, renew_in_cart
from shop.carts import Cart, add_to_cart, open_cart
from shop.catalogue import PriceBookView, UnknownProduct, current_price_book
from shop.orders.order_book import Order, OrderLine, lines_of


def fill_cart_again(session: Session, order: Order) -> Cart:
    """Put what an order wanted into its buyer's open cart: extensions are worked out anew, what ended is left out.

    Raises CartTooLong.
    """
    cart = open_cart(session, order.buyer_party_id, None)
    book = current_price_book(session, clock.today())
    codes = [adjustment["code"] for line in order.quote["inputs"]["lines"] for adjustment in line["adjustments"]]
    cart.agreement_code = cart.agreement_code or next(iter(codes), None)
    for line in lines_of(session, order.id):
        _again(session, cart, book, order, line)
    for promise in promises_from_json(order.services):
        own = [line for line in lines_of(session, order.id) if line.term and line.for_party_id == promise.company_id]
        years = max((int(line.term["years"] or 1) for line in own if line.term), default=1)
        choose(session, cart, promise.company_id, extend=promise.extend, years=years)
    return cart


def _again(session: Session, cart: Cart, book: PriceBookView, order: Order, line: OrderLine) -> None:
    action = line.term["action"] if line.term else "START"
    renewed = (line.term["licence_id"] if action == "RENEW" else line.term.get("replaces")) if line.term else None
    if renewed is not None:
        running = services_of(session, order.buyer_party_id, [line.for_party_id], {})[line.for_party_id]
        service = running.service(UUID(renewed))
        if service is not None:
            # As many units as were asked for: a lot may have been renewed for fewer than it has.
            asked = replace(service, quantity=min(line.quantity, service.quantity))
            renew_in_cart(session, cart, book, line.for_party_id, [asked])
    elif action == "START":
        pool = line.for_party_id == order.buyer_party_id and line.term is None
        with suppress(UnknownProduct):
            add_to_cart(session, cart, book, line.sku, line.quantity, None if pool else line.for_party_id)
