"""GET /catalogue and POST /quotes: what this buyer may buy, and what it would cost."""

from typing import Any
from uuid import UUID

from flask import Response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from foundation import clock, formats
from foundation.access import requires
from foundation.api import Area, Shape, reply
from foundation.database import JsonObject, transaction
from foundation.ids import new_id
from pricing import Quote, QuotedLine
from shop.buyers import buyer_of
from shop.cart_views import CartView, view_cart
from shop.carts import CartContents, CartLine
from shop.catalogue import Offer, PriceBookView, Refusal, current_price_book, offers_for
from shop.orders.placing import NotOrderable
from shop.quotes import WantedLine
from shop.transfers import store_credit_of
from shop.web.api.lines import lines_field, wanted_lines
from shop.web.api.shapes import CatalogueShape, QuoteShape
from shop.web.api.whose import own_party

area = Area("api_catalogue", __name__, "What is on sale, and what it costs.")


class QuoteRequestShape(Shape):
    """What to price."""

    lines = lines_field()


@area.get("/catalogue")
@requires("studio", "company")
@area.answers(CatalogueShape)
def catalogue() -> Response:
    """What this buyer may buy, and why not the rest."""
    with transaction() as session:
        book = current_price_book(session, clock.today())
        facts = buyer_of(session, own_party()).facts
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
        return reply(_quote(_view(session, lines, book, party_id), book) | credit)


def _view(session: Session, lines: list[WantedLine], book: PriceBookView, party_id: UUID) -> CartView:
    """The lines as the cart page and the placement of an order see them, without storing a cart."""
    shown = [
        CartLine(id=new_id(), sku=line.sku, quantity=line.quantity, for_party_id=line.for_party_id, seen_net_cents=0)
        for line in lines
    ]
    facts = buyer_of(session, party_id).facts
    return view_cart(session, CartContents(None, tuple(shown)), book, facts, party_id)


def _quote(view: CartView, book: PriceBookView) -> JsonObject:
    if view.quote is None:
        raise NotOrderable(tuple(("", refusal.code, refusal.sentence) for refusal in view.refusals))
    lines = zip(view.quote.lines, view.rows, strict=True)
    return {
        "price_book_version": book.version,
        "priced_on": book.on.isoformat(),
        "currency": "EUR",
        "lines": [_line(line, place, row.refusals) for place, (line, row) in enumerate(lines, start=1)],
        "vat": vat_rows(view.quote),
        "net_cents": view.quote.net.cents,
        "vat_cents": view.quote.vat.cents,
        "gross_cents": view.quote.gross.cents,
        "orderable": view.orderable,
    }


def _line(line: QuotedLine, place: int, refused: tuple[Refusal, ...]) -> JsonObject:
    euro = formats.money(line.unit_net.cents, formats.readers_language())
    return {
        "position": place,
        "sku": line.sku,
        "names": line.description["names"],
        "quantity": line.quantity,
        "for_company": line.for_party,
        "units": line.units,
        "unit_net_cents": line.unit_net.cents,
        "net_cents": line.net.cents,
        "vat_code": line.vat_code,
        "vat_cents": line.vat.cents,
        "gross_cents": line.gross.cents,
        "net_per_unit": str(line.net_per_unit),
        "formula": f"{line.quantity} × {euro}",
        "refusals": [_refusal(refusal) for refusal in refused],
    }


def vat_rows(quoted: Quote) -> list[JsonObject]:
    """VAT once per rate."""
    return [
        {
            "code": summary.rate.code,
            "basis_points": summary.rate.basis_points,
            "nature": summary.rate.nature,
            "net_cents": summary.net.cents,
            "vat_cents": summary.vat.cents,
        }
        for summary in quoted.vat_summaries
    ]


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
        "refusals": [_refusal(refusal) for refusal in offer.refusals],
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


def _refusal(refusal: Refusal) -> JsonObject:
    return {"code": refusal.code, "detail": _(refusal.sentence), "skus": list(refusal.skus)}
