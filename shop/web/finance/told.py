"""How the refusals of the finance desk are told: status, stable type, and a sentence that says what to do."""

from flask import Flask
from flask_babel import gettext as _

from foundation import formats
from foundation.problems import Told, tell
from shop.payments.late_refunds import CreditIsSpent
from shop.payments.refund_plans import (
    NotFulfilled,
    NothingToRefund,
    RefundBlocked,
    RefundChanged,
    RefundExceedsWhatIsLeft,
)
from shop.payments.task_list import NoteMissing, TaskNotFound
from shop.transfers import (
    AllocationRefused,
    AlreadyAsked,
    ConfirmationRefused,
    DecisionNotFound,
    LineNotFound,
    ReasonMissing,
    SecondPersonNeeded,
)


def install(app: Flask) -> None:
    """Register the sentences of the finance desk."""
    tell(app, _TOLD)


def refusal_sentence(problem: AllocationRefused | ConfirmationRefused) -> str:
    """Why an act on a transfer was refused, in words."""
    known = {
        "more_than_is_left": _("Del movimento non resta così tanto: forse qualcuno l’ha già assegnato."),
        "more_than_is_owed": _("L’ordine non aspetta così tanto: assegna al massimo quanto gli manca."),
        "order_closed": _(
            "L’ordine è chiuso: si riapre solo con tutto quello che gli manca, e se il prezzo è ancora quello. "
            "Altrimenti accredita l’importo o restituiscilo."
        ),
        "order_fulfilled": _("L’ordine è già evaso: i coupon emessi non si tolgono da qui."),
        "nothing_there": _("Questo movimento non paga quell’ordine."),
        "nothing_left": _("Del movimento non resta nulla: forse qualcuno se n’è già occupato."),
        "foreign_currency": _("Un bonifico in altra valuta non paga ordini: si può solo restituire."),
        "amount_changed": _("L’importo rimasto è cambiato dopo la richiesta: rifiutala e chiedi di nuovo."),
        "not_the_same": _("Non possono essere lo stesso bonifico: importo, uso o origine non coincidono."),
        "nobody": _("Manca l’intestatario del credito."),
        "day": _("Il giorno dell’accredito è nel passato, da oggi a un anno fa."),
        "amount": _("L’importo è maggiore di zero."),
        "told_already": _("Questo bonifico è già registrato, dalla banca o da un collega: lo trovi tra i movimenti."),
    }
    return str(known.get(problem.reason, _("Lo stato attuale non permette questa operazione.")))


def refund_refusal(problem: Exception) -> str:
    """Why a refund is refused, in words."""
    if isinstance(problem, CreditIsSpent):
        return _credit_is_spent(problem)
    if isinstance(problem, RefundExceedsWhatIsLeft):
        left = formats.money(problem.left_cents, formats.readers_language())
        return str(_("Di questo modo restano %(left)s: rimborsa al massimo quelli.", left=left))
    known = {
        NotFulfilled: _("L’ordine non è evaso: il suo bonifico si toglie e si restituisce dal movimento."),
        RefundBlocked: _("C’è una contestazione aperta: prima decide la banca."),
        NothingToRefund: _("Qui non resta nulla da rimborsare: scegli altro."),
        RefundChanged: _("Nel frattempo qualcosa è cambiato: controlla di nuovo che cosa succede."),
    }
    return str(known[type(problem)])


def _credit_is_spent(problem: CreditIsSpent) -> str:
    """What is spent, what is left, and what to do about it."""
    language = formats.readers_language()
    spent, left = formats.money(problem.spent_cents, language), formats.money(problem.left_cents, language)
    if problem.left_cents:
        said = _("%(spent)s erano credito e sono già spesi: restituisci al massimo %(left)s.", spent=spent, left=left)
    else:
        said = _("%(spent)s erano credito e sono già spesi: qui non resta nulla da restituire.", spent=spent)
    how = _("Per restituire anche quelli rimborsa prima, come credito residuo, l’ordine che hanno pagato.")
    return f"{said} {how}"


_TOLD = {
    NotFulfilled: Told(409, "not-fulfilled", refund_refusal),
    RefundBlocked: Told(409, "refund-blocked", refund_refusal),
    NothingToRefund: Told(409, "nothing-to-refund", refund_refusal),
    RefundExceedsWhatIsLeft: Told(409, "refund-exceeds-what-is-left", refund_refusal),
    CreditIsSpent: Told(409, "credit-is-spent", refund_refusal),
    RefundChanged: Told(409, "refund-changed", refund_refusal),
    AllocationRefused: Told(409, "allocation-refused", refusal_sentence),
    ConfirmationRefused: Told(409, "confirmation-refused", refusal_sentence),
    AlreadyAsked: Told(409, "already-asked", lambda _p: _("La stessa richiesta aspetta già la seconda persona.")),
    SecondPersonNeeded: Told(
        403, "second-person-needed", lambda _p: _("Serve una seconda persona: chi ha chiesto non può anche approvare.")
    ),
    DecisionNotFound: Told(404, "no-such-decision", lambda _p: _("Questa richiesta non c’è, o è già stata decisa.")),
    LineNotFound: Told(404, "no-such-line", lambda _p: _("Questo movimento non c’è.")),
    TaskNotFound: Told(404, "no-such-task", lambda _p: _("Questo compito non c’è, o è già chiuso.")),
    NoteMissing: Told(422, "note-missing", lambda _p: _("Scrivi che cosa hai fatto.")),
    ReasonMissing: Told(422, "reason-missing", lambda _p: _("Scrivi perché l’ordine si ferma.")),
}
