"""Locked offers (D23): what a client may be invited to buy, and the price that holds until the invitation expires."""

from datetime import date

from sqlalchemy.orm import Session

from entitlements import invitations
from foundation.database import JsonObject
from shop.catalogue import BuyerFacts, PriceBookView, Product, UnknownProduct, offer_of, price_book_version
from shop.quotes import PricedCart, price_lines
from shop.wanted_lines import WantedLine

INVITEE = "INVITEE"
COMPANY = "company"
AS_INVITEE = BuyerFacts(INVITEE)


def invitable(book: PriceBookView) -> tuple[Product, ...]:
    """The products a studio may invite a client to buy, in the order of the catalogue: data, never a list here."""
    return tuple(
        product
        for product in book.products
        if product.rules.sold and INVITEE in product.rules.buyers and product.gives["kind"] == COMPANY
    )


def lock_offer(book: PriceBookView, sku: str) -> JsonObject:
    """The product and its price as they stand today, as an invitation keeps them. Raises UnknownProduct."""
    product = next((one for one in invitable(book) if one.sku == sku), None)
    if product is None:
        raise UnknownProduct(sku)
    offered = offer_of(product, AS_INVITEE)
    return {
        "sku": product.sku,
        "names": product.names,
        "gives": product.gives,
        "net_cents": offered.net.cents,
        "vat_cents": offered.vat.cents,
        "gross_cents": offered.gross.cents,
        "vat_basis_points": product.vat.basis_points,
        "price_book_version": book.version,
        "priced_on": book.on.isoformat(),
    }


def priced_as_locked(session: Session, invitation: invitations.Invitation) -> PricedCart:
    """The quote of an invitation, from the price book and the day it was sent on: to the cent what was promised."""
    offer = invitation.offer
    book = price_book_version(session, int(offer["price_book_version"]), date.fromisoformat(offer["priced_on"]))
    return price_lines(book, [WantedLine(invitation.sku, 1)], AS_INVITEE)
