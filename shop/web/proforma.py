"""GET /ordini/<number>/proforma.pdf: the order on paper, with how to pay it; no invoice, no fiscal number."""

from datetime import date
from typing import Any

from flask import Blueprint, Response
from flask_babel import force_locale
from flask_babel import gettext as _

from foundation import clock, formats
from foundation.access import requires
from foundation.database import JsonObject, transaction
from foundation.settings import Seller, current_settings
from pricing import Money
from shop.documents import typeset
from shop.orders.adjustments import full_net_cents, taken_off
from shop.orders.letters import whole_hours
from shop.orders.order_book import BANK_TRANSFER, Order, OrderLine, lines_of, order_by_number, vat_of
from shop.orders.order_states import CLOSED
from shop.orders.placing import TERMS_VERSION
from shop.orders.transfer_instructions import QrCode, TransferInstructions, transfer_instructions
from shop.payments.money_in import paid_cents
from shop.web.formula_words import agreement_named, part_in_words
from shop.web.orders import reader
from shop.web.roles import SHOPPERS

blueprint = Blueprint("proforma", __name__)


@blueprint.get("/ordini/<number>/proforma.pdf")
@requires(*SHOPPERS, "finance", "support", "admin")
def show(number: str) -> Response:
    """The proforma in the order's language; somebody else's order is not there."""
    with transaction() as session:
        order = order_by_number(session, number, reader())
        lines, paid = lines_of(session, order.id), paid_cents(session, order.id)
    with force_locale(order.locale):
        values = proforma_values(order, lines, paid)
    answer = Response(typeset("proforma", values), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="proforma-{order.number}.pdf"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def proforma_values(order: Order, lines: list[OrderLine], paid: int) -> dict[str, Any]:
    """Everything the document shows, as texts in the reader's language."""
    language = formats.readers_language()
    seller = current_settings().seller
    return {
        "language": language,
        "stamp": _stamp(order),
        "title": _("Ordine %(number)s", number=order.number),
        "about": _("Proforma del %(day)s", day=formats.day(clock.rome_day(order.placed_at), language)),
        "words": {"seller": _("Venditore"), "buyer": _("Intestatario")},
        "seller": _seller(seller),
        "buyer": _buyer(order),
        "columns": [_("Descrizione"), _("Quantità"), _("Prezzo"), _("Importo")],
        "lines": [_line(order, line, language) for line in lines],
        "sums": _sums(order, lines, language),
        "total": [_("Totale"), formats.money(order.gross_cents, language)],
        "paid": _paid(order, paid, language),
        "pay": _pay(order, paid, seller, language),
        "terms": _terms(order, language),
    }


def _stamp(order: Order) -> str:
    """What the paper is: of a closed order nobody may take it for one to pay."""
    closed = {
        "CANCELLED": _("ORDINE ANNULLATO"),
        "EXPIRED": _("ORDINE SCADUTO"),
        "NEEDS_REQUOTE": _("PREZZO NON PIÙ VALIDO"),
    }
    return str(closed.get(order.state, _("PROFORMA - non è una fattura")))


def _seller(seller: Seller) -> dict[str, Any]:
    footer = f"{seller.name} · {seller.address} · P. IVA {seller.vat_number} · {seller.register_entry}"
    return {
        "name": seller.name,
        "rows": [seller.address, _("P. IVA %(number)s", number=seller.vat_number), seller.email, seller.pec],
        "footer": f"{footer} · {seller.share_capital}",
    }


def _buyer(order: Order) -> dict[str, Any]:
    billed = order.billing
    province = f" ({billed['province']})" if billed.get("province") else ""
    rows = [billed["street"], f"{billed['postal_code']} {billed['city']}{province}"]
    if billed.get("vat_number"):
        rows.append(_("P. IVA %(number)s", number=billed["vat_number"]))
    rows.append(_("Codice fiscale %(code)s", code=billed["tax_code"]))
    if order.purchase_order_ref:
        rows.append(_("Vostro ordine %(ref)s", ref=order.purchase_order_ref))
    return {"name": billed["name"], "rows": rows}


def _line(order: Order, line: OrderLine, language: str) -> JsonObject:
    name = str(line.names.get(language, line.names["it"]))
    price, net = formats.money(line.unit_net_cents, language), formats.money(full_net_cents(order, line), language)
    return {
        "name": name,
        "detail": _made(order, line, language),
        "figures": [formats.number(line.quantity, language), price, net],
    }


def _made(order: Order, line: OrderLine, language: str) -> str:
    """How a line sold by the year multiplies out (M28), and its last day where no later payment moves it."""
    if line.term is None:
        return ""
    part = part_in_words(line.quantity, line.unit_net_cents, full_net_cents(order, line), line.term)
    price = formats.money(line.unit_net_cents, language)
    said = [f"{formats.number(line.quantity, language)} × {price}{part}"] if part else []
    if line.term["fixed"]:
        said.append(_("fino al %(day)s", day=formats.last_day(date.fromisoformat(line.term["ends_on"]), language)))
    return " · ".join(said)


def _sums(order: Order, lines: list[OrderLine], language: str) -> list[list[str]]:
    rows = [[agreement_named(one.code), formats.money(one.net_cents, language)] for one in taken_off(order, lines)]
    rows += [[_("Imponibile"), formats.money(order.net_cents, language)]]
    for rate, cents in vat_of(order):
        rows.append([_("IVA %(rate)s", rate=formats.basis_points(rate, language)), formats.money(cents, language)])
    return rows


def _paid(order: Order, paid: int, language: str) -> list[list[str]]:
    if paid <= 0:
        return []
    missing = max(0, order.gross_cents - paid)
    rows = [[_("Già pagato"), formats.money(paid, language)]]
    return rows if order.state in CLOSED else [*rows, [_("Da pagare"), formats.money(missing, language)]]


def _pay(order: Order, paid: int, seller: Seller, language: str) -> dict[str, Any] | None:
    """How to pay what is missing, for an order that waits for a transfer."""
    missing = order.gross_cents - paid
    if order.payment_method != BANK_TRANSFER or order.state != "AWAITING_PAYMENT" or missing <= 0:
        return None
    told = transfer_instructions(seller, order.rf_reference, Money(missing))
    settings = current_settings()
    hours = {
        "least": whole_hours(settings.bank_transfer_release_after),
        "most": whole_hours(settings.bank_transfer_sla),
    }
    return {
        "title": _("Come pagare con bonifico"),
        "facts": _facts(told, language),
        "note": _(
            "Copia la causale così com’è. Evasione in %(least)s-%(most)s ore dalla registrazione dell’accredito.",
            **hours,
        ),
        "qr": _svg(told.qr),
        "scan": _("Inquadra con l’app della banca"),
    }


def _facts(told: TransferInstructions, language: str) -> list[list[Any]]:
    """Label, value, and whether the value is a code."""
    return [
        [_("Beneficiario"), told.beneficiary, False],
        [_("IBAN"), formats.iban(told.iban), True],
        [_("BIC"), told.bic, True],
        [_("Causale"), told.reference, True],
        [_("Importo"), formats.money(told.amount.cents, language), False],
    ]


def _svg(code: QrCode) -> str:
    box = f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {code.size} {code.size}"'
    paper = f'<rect width="{code.size}" height="{code.size}" fill="#fff"/>'
    return f'<svg {box}>{paper}<path d="{code.path}" stroke="#000" fill="none" shape-rendering="crispEdges"/></svg>'


def _terms(order: Order, language: str) -> list[str]:
    until = formats.instant(order.expires_at, language)
    locked = _("Prezzo bloccato fino al %(until)s. Un bonifico che arriva dopo non va perso.", until=until)
    accepted = _("Condizioni generali accettate con l’ordine, versione %(version)s.", version=TERMS_VERSION)
    invoice = _("Questo documento non vale ai fini fiscali: la fattura elettronica segue il pagamento.")
    return [*([locked] if order.state == "AWAITING_PAYMENT" else []), accepted, invoice]
