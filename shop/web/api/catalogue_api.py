"""GET /catalogue and POST /quotes: what this buyer may buy, and what it would cost."""

from typing import Any

from flask import Response

from foundation import clock
from foundation.access import requires
from foundation.api import Area, Identifier, Shape, reply
from foundation.database import JsonObject, transaction
from foundation.ids import new_id
from shop.buyers import buyer_of, facts_for_company
from shop.cart_views import view_cart
from shop.carts import CartContents, CartLine
from shop.catalogue import Offer, current_price_book, offers_for
from shop.catalogue.agreements import typed_code
from shop.transfers import store_credit_of
from shop.wanted_lines import WantedLine
from shop.web.api.lines import agreement_field, choices_for, extension_field, lines_field, wanted_lines, years_field
from shop.web.api.quote_documents import quote_document, refusal_document
from shop.web.api.shapes import CatalogueShape, QuoteShape
from shop.web.api.whose import own_party

area = Area("api_catalogue", __name__, "What is on sale, and what it costs.")


class QuoteRequestShape(Shape):
    """What to price."""

    lines = lines_field()
    extend_active_services = extension_field()
    years = years_field()
    agreement_code = agreement_field()


class CatalogueQuery(Shape):
    """For whom."""

    for_company = Identifier(
        load_default=None, metadata={"description": "Say for each product whether this company may have it now."}
    )


@area.get("/catalogue")
@requires("studio", "company")
@area.query(CatalogueQuery)
@area.answers(CatalogueShape)
def catalogue(query: dict[str, Any]) -> Response:
    """What this buyer may buy, and why not the rest; services for the company named, a company's own for itself."""
    with transaction() as session:
        book = current_price_book(session, clock.today())
        facts = facts_for_company(session, buyer_of(session, own_party()), query["for_company"])
        offers = [offer for group in offers_for(book, facts) for offer in group.offers]
        return reply({"price_book_version": book.version, "items": [_offer(offer) for offer in offers]})


@area.post("/quotes")
@requires("studio", "company")
@area.body(QuoteRequestShape)
@area.answers(QuoteShape)
def quote(asked: dict[str, Any]) -> Response:
    """Price lines for this buyer; nothing is stored, so no Idempotency-Key is needed.

    Every line is answered, also one that this buyer may not order, with every reason.
    """
    party_id = own_party()
    with transaction() as session:
        book = current_price_book(session, clock.today())
        lines = wanted_lines(session, asked["lines"], book, party_id)
        credit = {"store_credit_cents": store_credit_of(session, party_id)}
        code = typed_code(asked["agreement_code"] or "") or None
        shown = CartContents(None, tuple(map(_as_cart_line, lines)), choices_for(lines, asked), code)
        facts = buyer_of(session, party_id).facts
        return reply(quote_document(view_cart(session, shown, book, facts, party_id), book) | credit)


def _as_cart_line(line: WantedLine) -> CartLine:
    """A line as the cart page and the placement of an order see it, without storing a cart."""
    return CartLine(
        id=new_id(),
        sku=line.sku,
        quantity=line.quantity,
        for_party_id=line.for_party_id,
        renews_licence_id=line.renews,
        seen_net_cents=0,
    )


def _offer(offer: Offer) -> JsonObject:
    product = offer.product
    return {
        "sku": product.sku,
        "family": product.family.code,
        "kind": product.kind,
        "names": product.names,
        "descriptions": dict(product.label.descriptions),
        "coupon_type": product.coupon_type.code if product.coupon_type else None,
        "currency": "EUR",
        "net_cents": offer.net.cents,
        "vat_cents": offer.vat.cents,
        "gross_cents": offer.gross.cents,
        "vat_code": product.vat.code,
        "vat_basis_points": product.vat.basis_points,
        "maximum_quantity": product.rules.maximum_quantity,
        "tiers": [
            {
                "from_quantity": tier.from_quantity,
                "to_quantity": tier.to_quantity,
                "unit_net_cents": tier.net.cents,
                "unit_gross_cents": tier.gross.cents,
            }
            for tier in offer.tiers
        ],
        "gives": _gives(offer),
        "buyable": offer.buyable,
        "refusals": [refusal_document(refusal) for refusal in offer.refusals],
    }


def _gives(offer: Offer) -> JsonObject:
    given = offer.gives
    return {
        "kind": given.kind,
        "units": given.units,
        "product": given.product,
        "plan": given.plan,
        "access_mode": given.access_mode,
        "term": given.term,
        "ends": given.ends,
    }
