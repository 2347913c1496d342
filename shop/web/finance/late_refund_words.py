"""What giving a late card payment back does, in words, before it is done (D11); and why it is refused."""

from collections.abc import Iterator

from flask_babel import gettext as _

from foundation import formats
from foundation.settings import current_settings
from shop.payments.late_payments import LatePayment
from shop.payments.refund_plans import RefundExceedsWhatIsLeft
from shop.web.finance.told import refund_refusal


def payment_name(late: LatePayment) -> str:
    """A payment as a person tells it from another: amount, day, and what Stripe calls it."""
    at = formats.instant(late.payment.received_at, formats.readers_language())
    whole = _euro(late.payment.amount_cents)
    return str(_("%(amount)s del %(at)s, %(id)s", amount=whole, at=at, id=late.payment.external_id))


def payment_facts(late: LatePayment) -> list[tuple[str, str]]:
    """Where the money of a payment is, as label and amount; what is zero is left out."""
    shown = [
        (_("Aspetta sull’ordine"), late.waiting_cents),
        (_("Credito non ancora speso"), late.credit_cents),
        (_("Credito già speso"), late.spent_cents),
        (_("Già tornato, o in viaggio"), late.gone_cents),
    ]
    always = (_("Si può restituire alla carta"), _euro(late.left_cents))
    return [*((str(label), _euro(cents)) for label, cents in shown if cents), (str(always[0]), always[1])]


def late_effects(late: LatePayment, amount_cents: int) -> list[str]:
    """Everything that happens when so much of a late payment goes back, one sentence each."""
    return [
        _("Stripe rimanda %(amount)s alla carta usata: di solito arriva in 5–10 giorni.", amount=_euro(amount_cents)),
        _("È la carta di questo pagamento: %(payment)s.", payment=payment_name(late)),
        *_where_it_comes_from(late, amount_cents),
        *_what_stays(late, amount_cents),
        _("L’ordine resta chiuso: non ha emesso nulla e nulla si annulla."),
        _("Il cliente riceve una mail. Tra i compiti si apre la nota di credito da emettere."),
        _("Da %(sum)s in su serve una seconda persona.", sum=_euro(current_settings().manual_confirmation_four_eyes)),
        _("Non si torna indietro."),
    ]


def _where_it_comes_from(late: LatePayment, amount_cents: int) -> Iterator[str]:
    from_credit = min(amount_cents, late.credit_cents)
    if from_credit:
        yield _(
            "Il credito residuo del cliente scende subito di %(amount)s: non si può più spendere.",
            amount=_euro(from_credit),
        )
    if amount_cents > from_credit:
        yield _("Sull’ordine non aspettano più %(amount)s.", amount=_euro(amount_cents - from_credit))


def _what_stays(late: LatePayment, amount_cents: int) -> Iterator[str]:
    rest = late.left_cents - amount_cents
    if rest:
        yield _("Di questo pagamento restano qui %(rest)s: li restituisci quando vuoi.", rest=_euro(rest))
    if late.spent_cents:
        spent = _euro(late.spent_cents)
        yield _("%(spent)s erano credito e il cliente li ha già spesi: non tornano alla carta.", spent=spent)


def late_refusal(problem: Exception) -> str:
    """Why a late payment does not go back, in words."""
    if isinstance(problem, RefundExceedsWhatIsLeft):
        left = _euro(problem.left_cents)
        return str(_("Di questo pagamento restano %(left)s: restituisci al massimo quelli.", left=left))
    return refund_refusal(problem)


def _euro(cents: int) -> str:
    return formats.money(cents, formats.readers_language())
