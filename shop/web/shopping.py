"""Who shops in this request, and the cart they shop with: a studio's, or a browser's until somebody signs in."""

from dataclasses import dataclass
from uuid import UUID

from flask import abort, session
from sqlalchemy.orm import Session

from foundation import clock, formats
from foundation.principal import current_principal
from shop.buyers import Buyer, buyer_of
from shop.cart_views import CartView, view_cart
from shop.carts import Cart, contents, find_cart, open_cart
from shop.catalogue import PriceBookView, current_price_book
from shop.web.accounts.coming_in import CART_KEY
from shop.web.page_context import cart_of_browser
from shop.web.roles import SHOPPERS


@dataclass(frozen=True, slots=True)
class Shopper:
    """Whose cart it is: a party's, or the one this browser collects in."""

    party_id: UUID | None
    cart_id: UUID | None


def shopper() -> Shopper:
    """Who shops here. People of the vendor have no cart, nor have those of a company but its owner: 403."""
    principal = current_principal()
    if principal is None:
        return Shopper(None, cart_of_browser())
    if not principal.is_one_of(SHOPPERS) or principal.party_id is None:
        abort(403)
    return Shopper(principal.party_id, None)


def looker() -> UUID | None:
    """The buyer that looks at the catalogue; None for visitors and for the vendor's own people."""
    principal = current_principal()
    return principal.party_id if principal is not None and principal.is_one_of(SHOPPERS) else None


def cart_to_change(database: Session, who: Shopper) -> Cart:
    """The open cart, made when there is none; a browser remembers its cart, and keeps it when it is closed."""
    cart = open_cart(database, who.party_id, who.cart_id)
    if who.party_id is None and cart.id != who.cart_id:
        session[CART_KEY] = str(cart.id)
        session.permanent = True
    return cart


@dataclass(frozen=True, slots=True)
class Shopping:
    """A buyer, the prices of today, and their cart."""

    buyer: Buyer
    book: PriceBookView
    view: CartView

    def name_of(self, sku: str) -> str:
        """What a product is called in the reader's language."""
        product = self.book.by_sku.get(sku)
        return product.name(formats.readers_language()) if product else sku


def shopping(database: Session, who: Shopper) -> Shopping:
    """Everything the cart page and the checkout show."""
    buyer = buyer_of(database, who.party_id)
    book = current_price_book(database, clock.today())
    found = contents(database, find_cart(database, who.party_id, who.cart_id))
    return Shopping(buyer, book, view_cart(database, found, book, buyer.facts, who.party_id))
