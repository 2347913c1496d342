"""A quote as a program reads it: every line with its formula, both outcomes of every extension, VAT and totals."""

from flask_babel import gettext as _

from foundation import formats
from foundation.api import last_day
from foundation.database import JsonObject
from pricing import QuotedLine
from shop.addons.purchases import EndOfService, OutcomeLines
from shop.addons.service_lines import ServiceLine
from shop.cart_views import CartView, Extension
from shop.catalogue import PriceBookView, Refusal
from shop.orders.placing import NotOrderable, RefusedLine
from shop.quotes import PricedLine
from shop.web.api.order_documents import term_document
from shop.web.api.vat_documents import vat_rows
from shop.web.formula_words import in_words


def quote_document(view: CartView, book: PriceBookView) -> JsonObject:
    """The whole quote. Raises NotOrderable when its total is beyond what an order may have."""
    if view.priced is None:
        raise NotOrderable(tuple(RefusedLine("", one.code, one.sentence) for one in view.refusals))
    quoted, refused = view.priced.quote, [row.refusals for row in view.rows]
    return {
        "price_book_version": book.version,
        "priced_on": book.on.isoformat(),
        "currency": "EUR",
        "lines": [
            _line(line, place, refused[line.place] if line.place is not None else ())
            for place, line in enumerate(view.priced.lines, start=1)
        ],
        "agreement_code": view.contents.agreement_code,
        "refusals": [refusal_document(refusal) for refusal in view.refusals],
        "vat": vat_rows(quoted),
        "net_cents": quoted.net.cents,
        "vat_cents": quoted.vat.cents,
        "gross_cents": quoted.gross.cents,
        "extensions": [_extension(one) for one in view.extensions],
        "orderable": view.orderable,
    }


def _line(line: PricedLine, position: int, refused: tuple[Refusal, ...]) -> JsonObject:
    quoted = line.quoted
    return {
        "position": position,
        "asked": line.place + 1 if line.place is not None else None,
        "sku": quoted.sku,
        "names": quoted.description["names"],
        "quantity": quoted.quantity,
        "for_company": quoted.for_party,
        "units": quoted.units,
        "unit_net_cents": quoted.unit_net.cents,
        "net_cents": quoted.net.cents,
        "adjustments": [{"code": one.code, "net_cents": one.net.cents} for one in quoted.adjustments],
        "vat_code": quoted.vat_code,
        "vat_cents": quoted.vat.cents,
        "gross_cents": quoted.gross.cents,
        "net_per_unit": str(quoted.net_per_unit),
        "formula": formula_of(quoted),
        "term": term_document(line.service.term_document()) if line.service else None,
        "months_forfeited": line.service.months_forfeited if line.service else 0,
        "refusals": [refusal_document(refusal) for refusal in refused],
    }


def formula_of(quoted: QuotedLine) -> str:
    """How the net of a line was computed: packs times price, or a yearly price over its months."""
    if quoted.formula is not None:
        return in_words(quoted.formula)
    return f"{quoted.quantity} × {formats.money(quoted.unit_net.cents, formats.readers_language())}"


def _extension(one: Extension) -> JsonObject:
    return {
        "for_company": str(one.company_id),
        "extend_active_services": one.purchase.company.choice.extend,
        "on": _outcome(one.purchase.on, one.gross_on.cents),
        "off": _outcome(one.purchase.off, one.gross_off.cents),
    }


def _outcome(outcome: OutcomeLines, gross_cents: int) -> JsonObject:
    return {
        "lines": [_outcome_line(line) for line in outcome.lines],
        "ends": [_end(end) for end in outcome.ends],
        "months_forfeited": outcome.months_forfeited,
        "gross_cents": gross_cents,
    }


def _outcome_line(line: ServiceLine) -> JsonObject:
    return {
        "sku": line.sku,
        "names": dict(line.names),
        "quantity": line.quantity,
        "formula": in_words(line.formula),
        "net_cents": line.net.cents,
        "months_forfeited": line.months_forfeited,
    }


def _end(end: EndOfService) -> JsonObject:
    return {
        "sku": end.sku,
        "names": dict(end.names),
        "quantity": end.quantity,
        "ends_before": end.ends_before.isoformat() if end.ends_before else None,
        "ends_on": end.ends_on.isoformat(),
        "last_day": last_day(end.ends_on),
    }


def refusal_document(refusal: Refusal) -> JsonObject:
    """A reason with its sentence in the caller's language."""
    return {"code": refusal.code, "detail": _(refusal.sentence), "skus": list(refusal.skus)}
