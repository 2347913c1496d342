"""How an order is spoken of: its state, its steps, who acts next, and what became of each try to pay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from foundation import formats
from foundation.settings import current_settings
from shop.orders.letters import whole_hours
from shop.orders.order_book import BANK_TRANSFER, Order, OrderLine
from shop.orders.timeline import TimelineStep, gives_coupons
from shop.payments.attempts import PaymentAttempt


@dataclass(frozen=True, slots=True)
class Said:
    """A state as the badge shows it: a family of colour and shape, and the word that is enough alone."""

    kind: str
    word: str


@dataclass(frozen=True, slots=True)
class SaidStep:
    """A step of the timeline in words."""

    title: str
    stage: str
    at: datetime | None
    detail: str


def state_said(order: Order, paid_cents: int = 0) -> Said:
    """The state of an order in a word."""
    if order.state == "AWAITING_PAYMENT":
        if 0 < paid_cents < order.gross_cents:
            return Said("warning", _("Pagamento parziale"))
        by_transfer = order.payment_method == BANK_TRANSFER
        return Said("waiting", _("In attesa del bonifico") if by_transfer else _("In attesa di pagamento"))
    return _settled_state_said(order.state)


def _settled_state_said(state: str) -> Said:
    """A list says one of these per row, so only the one that is needed is looked up."""
    match state:
        case "PAID":
            return Said("done", _("Pagato"))
        case "ON_HOLD":
            return Said("waiting", _("In verifica"))
        case "FULFILLED":
            return Said("done", _("Evaso"))
        case "CANCELLED":
            return Said("neutral", _("Annullato"))
        case "EXPIRED":
            return Said("neutral", _("Scaduto"))
    return Said("warning", _("Da ricalcolare"))


def state_choices() -> list[tuple[str, str]]:
    """The states a list may be filtered by."""
    return [
        ("", _("Tutti")),
        ("AWAITING_PAYMENT", _("In attesa di pagamento")),
        ("PAID", _("Pagati")),
        ("FULFILLED", _("Evasi")),
        ("CANCELLED", _("Annullati")),
        ("EXPIRED", _("Scaduti")),
    ]


def contents_said(lines: Sequence[OrderLine], locale: str) -> str:
    """What was ordered, in a line: 3 × Coupon LITE, 100 fatture."""
    return ", ".join(f"{line.quantity} × {name}" if line.quantity > 1 else name for line, name in _named(lines, locale))


def _named(lines: Sequence[OrderLine], locale: str) -> list[tuple[OrderLine, str]]:
    return [(line, str(line.names.get(locale) or line.names["it"])) for line in lines]


def steps_said(order: Order, lines: Sequence[OrderLine], steps: Sequence[TimelineStep]) -> list[SaidStep]:
    """The timeline in words; what is being waited for says who acts, and within when."""
    titles = _titles(coupons=gives_coupons(lines))
    details = _details(order)
    return [
        SaidStep(titles[step.name], step.stage, step.at, details.get(step.name, "") if step.stage != "done" else "")
        for step in steps
    ]


def _titles(*, coupons: bool) -> dict[str, str]:
    fulfilled = _("Coupon emessi") if coupons else _("Evaso")
    return {
        "order.placed": _("Ordinato"),
        "order.payment_method_changed": _("Cambiato il modo di pagare"),
        "order.paid": _("Pagato"),
        "order.underpaid": _("Pagato in parte"),
        "payment.failed": _("Pagamento non riuscito"),
        "order.held": _("Fermato per una verifica"),
        "order.money_returned": _("Bonifico stornato dalla banca"),
        "order.fulfilled": fulfilled,
        "order.refunded": _("Rimborso registrato"),
        "order.cancelled": _("Annullato"),
        "order.expired": _("Scaduto"),
        "company.ready": _("Azienda creata"),
        "awaiting.card": _("In attesa di pagamento"),
        "awaiting.transfer": _("In attesa del bonifico"),
        "awaiting.requote": _("Da ricalcolare"),
        "awaiting.finance": _("In verifica"),
        "awaiting.fulfilment": fulfilled,
        "awaiting.activation": _("Tocca a te: attiva un coupon"),
        "awaiting.company": _("Creazione in corso"),
    }


def _details(order: Order) -> dict[str, str]:
    by_transfer = order.payment_method == BANK_TRANSFER
    return {
        "awaiting.card": _("Tocca a te: dopo il pagamento l’evasione è immediata."),
        "awaiting.transfer": _("Di solito arriva in un giorno lavorativo. Ti scriviamo appena lo registriamo."),
        "awaiting.requote": _("Un servizio è cambiato o è scaduto prima del pagamento: rifai il preventivo."),
        "awaiting.finance": _("Controlliamo il pagamento e ti scriviamo. Non devi fare nulla."),
        "awaiting.fulfilment": expected_said(order),
        "order.fulfilled": _promise() if by_transfer else _("Subito dopo il pagamento"),
        "awaiting.activation": _("Inserisci i dati dell’azienda: viene creata in pochi minuti."),
        "awaiting.company": _("Di solito bastano pochi minuti."),
        "company.ready": _("Quando attivi un coupon: pochi minuti"),
    }


def _promise() -> str:
    settings = current_settings()
    least, most = whole_hours(settings.bank_transfer_release_after), whole_hours(settings.bank_transfer_sla)
    return str(_("%(least)s–%(most)s ore dalla registrazione dell’accredito", least=least, most=most))


def expected_said(order: Order) -> str:
    """When a paid order will be fulfilled: between the end of its window and the promise (D9)."""
    if order.paid_at is None or order.fulfil_not_before is None:
        return _promise()
    language = formats.readers_language()
    first = formats.instant(order.fulfil_not_before, language)
    last = formats.instant(order.paid_at + current_settings().bank_transfer_sla, language)
    return str(_("Previsto tra %(first)s e %(last)s", first=first, last=last))


def attempt_said(attempt: PaymentAttempt) -> str:
    """What became of a try to pay by card."""
    until = formats.instant(attempt.expires_at, formats.readers_language())
    known: dict[str, str] = {
        "OPEN": _("Pagina di pagamento aperta fino al %(until)s.", until=until),
        "PAID": _("Pagamento riuscito."),
        "FAILED": _("Pagamento non riuscito: la banca non l’ha autorizzato. Nulla è stato addebitato."),
        "AWAITING_FUNDS": _("Addebito in corso: la banca conferma in qualche giorno. Non pagare di nuovo."),
        "EXPIRED": _("Pagina di pagamento chiusa senza pagare."),
    }
    return known[attempt.state]
