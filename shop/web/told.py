"""How the shop's refusals are told: status, stable type, and a sentence that says what to do."""

from flask import Flask
from flask_babel import gettext as _

from entitlements import CompanyNotFound, SeatNotFound
from foundation import formats
from foundation.problems import FieldProblem, Told, tell
from pricing import AmountTooLarge, InvalidQuantity
from shop.carts import MOST_LINES, CartLineNotFound, CartTooLong
from shop.catalogue import NoPriceBook, UnknownProduct
from shop.catalogue.agreements import REASONS as AGREEMENT_REASONS
from shop.orders.order_book import OrderNotFound
from shop.orders.order_states import IllegalOrderStep
from shop.orders.placing import (
    CartChanged,
    CartIsEmpty,
    CartNotFound,
    NotOrderable,
    RefusedLine,
    TermsNotAccepted,
    TotalChanged,
)
from shop.orders.transfer_instructions import InstructionsRefused
from shop.payments.method import UnknownPaymentMethod


def install(app: Flask) -> None:
    """Register the sentences of catalogue, cart, checkout and orders."""
    tell(app, _CART)
    tell(app, _ORDER)


def _figure(count: int) -> str:
    return formats.number(count, formats.readers_language())


def _money(cents: int) -> str:
    return formats.money(cents, formats.readers_language())


def _where(refused: RefusedLine) -> str:
    """What of the request a reason is about: its line, the code of an agreement, or its lines together."""
    if refused.place is not None:
        return f"/lines/{refused.place}"
    return "/agreement_code" if refused.code in AGREEMENT_REASONS else "/lines"


def _step(problem: IllegalOrderStep) -> str:
    known: dict[str, str] = {
        "cancel": _("Quest’ordine non si può più annullare. Se hai già pagato, contatta l’assistenza."),
        "pay": _("Quest’ordine non aspetta un pagamento."),
    }
    return known.get(problem.step) or str(_("Lo stato dell’ordine non permette questa operazione."))


_CART = {
    NoPriceBook: Told(503, "no-catalogue", lambda _p: _("Il catalogo non è ancora pubblicato: riprova tra poco.")),
    UnknownProduct: Told(404, "unknown-product", lambda _p: _("Questo prodotto non è nel catalogo.")),
    InvalidQuantity: Told(
        422,
        "invalid-quantity",
        lambda p: _("La quantità è un numero intero da 1 a %(most)s.", most=_figure(p.maximum)),
    ),
    AmountTooLarge: Told(422, "amount-too-large", lambda _p: _("Il totale è troppo grande per un solo ordine.")),
    CartTooLong: Told(
        409,
        "cart-too-long",
        lambda _p: _("Il carrello contiene al massimo %(most)s righe: concludi l’ordine o togline.", most=MOST_LINES),
    ),
    CartLineNotFound: Told(404, "line-not-found", lambda _p: _("Questa riga non è più nel carrello.")),
    SeatNotFound: Told(404, "seat-not-found", lambda _p: _("Su questa utenza non c’è nessuno.")),
    CompanyNotFound: Told(404, "company-not-found", lambda _p: _("Questa azienda non è tra quelle che segui.")),
}

_ORDER = {
    CartNotFound: Told(404, "cart-not-found", lambda _p: _("Questo carrello non c’è più.")),
    CartIsEmpty: Told(409, "cart-is-empty", lambda _p: _("Il carrello è vuoto: aggiungi prima un prodotto.")),
    CartChanged: Told(409, "cart-changed", lambda _p: _("Il carrello è cambiato nel frattempo: controllalo.")),
    TotalChanged: Told(
        409,
        "total-changed",
        lambda p: _(
            "Il totale è cambiato da %(seen)s a %(now)s: controllalo prima di confermare.",
            seen=_money(p.seen_cents),
            now=_money(p.now_cents),
        ),
        members=lambda p: {"seen_gross_cents": p.seen_cents, "gross_cents": p.now_cents},
    ),
    NotOrderable: Told(
        409,
        "not-orderable",
        lambda p: " ".join(dict.fromkeys(_(refusal.sentence) for refusal in p.refusals)),
        fields=lambda p: [FieldProblem(_where(one), one.code, _(one.sentence)) for one in p.refusals],
        members=lambda p: {
            "refusals": [{"sku": one.sku, "code": one.code, "detail": _(one.sentence)} for one in p.refusals]
        },
    ),
    TermsNotAccepted: Told(
        422,
        "terms-not-accepted",
        lambda _p: _("Per ordinare accetta le condizioni e approva le clausole indicate."),
        members=lambda p: {"missing": list(p.missing)},
    ),
    UnknownPaymentMethod: Told(422, "unknown-payment-method", lambda _p: _("Scegli tra carta e bonifico.")),
    IllegalOrderStep: Told(409, "illegal-order-step", _step),
    OrderNotFound: Told(404, "order-not-found", lambda _p: _("Quest’ordine non c’è, o non è tuo.")),
    InstructionsRefused: Told(
        503, "no-bank-account", lambda _p: _("I dati per il bonifico non sono pronti: contatta l’assistenza.")
    ),
}
