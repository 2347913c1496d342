"""Pricing anew: whether what an order bought costs its buyer the same today (D11)."""

from sqlalchemy.orm import Session

from foundation import clock
from shop.buyers import buyer_of
from shop.cart_views import view_cart
from shop.carts import Cart, contents
from shop.catalogue import current_price_book
from shop.orders.order_book import Order, lines_of


def costs_the_same_today(session: Session, order: Order) -> bool:
    """Whether the cart of an order could be ordered today, and every line of it and the total in cents are the same.

    It is priced like any cart: with the months an extension has today, the agreement while it lasts, the VAT of today.
    """
    cart = session.get(Cart, order.cart_id)
    if cart is None:
        return False
    buyer, book = buyer_of(session, order.buyer_party_id), current_price_book(session, clock.today())
    view = view_cart(session, contents(session, cart), book, buyer.facts, order.buyer_party_id)
    if view.priced is None or not view.orderable:
        return False
    quote = view.priced.quote
    today = [(line.sku, line.quantity, line.net.cents, line.vat.cents) for line in quote.lines]
    then = [(line.sku, line.quantity, line.net_cents, line.vat_cents) for line in lines_of(session, order.id)]
    return quote.gross.cents == order.gross_cents and sorted(today) == sorted(then)
