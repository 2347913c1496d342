"""The words of the finance desk: states, sources, reasons, kinds of tasks and acts, as a person reads them."""

from flask import Flask
from flask_babel import gettext as _

from foundation import formats
from foundation.events import Event
from shop.payments.money_in import BankLine
from shop.transfers.matching import EURO
from shop.transfers.scoring import Reason


def install(app: Flask) -> None:
    """Register the words as filters of the templates."""
    said = (
        line_state,
        source_word,
        reason_word,
        task_word,
        fact_word,
        decision_word,
        act_word,
        disposal_word,
        money_in,
    )
    for word in (*said, score_text):
        app.add_template_filter(word, word.__name__)


def line_state(line: BankLine) -> tuple[str, str]:
    """A line's state as (family of the shape, word)."""
    if line.kind == "RETURN":
        return ("error", _("Storno sconosciuto")) if line.state == "UNIDENTIFIED" else ("error", _("Storno"))
    return {
        "MATCHED": ("done", _("Abbinato")),
        "SURPLUS": ("warning", _("Eccedente")),
        "RETURNED": ("error", _("Stornato")),
        "REPLACED": ("neutral", _("Sostituito")),
    }.get(line.state, ("waiting", _("Non identificato")))


def source_word(source: str) -> str:
    """Who told a line."""
    words = {
        "bank_webhook": _("Notifica della banca"),
        "manual": _("Confermato a mano"),
        "statement": _("Estratto conto"),
    }
    return str(words.get(source, source))


def reason_word(reason: Reason) -> tuple[str, str]:
    """A reason as (family of the shape, words)."""
    difference = formats.money(reason.cents, formats.readers_language())
    words = {
        "reference": _("Riferimento RF"),
        "reference_misspelt": _("Riferimento con un errore"),
        "number_shortened": _("Numero d’ordine abbreviato"),
        "amount": _("Importo uguale"),
        "amount_short": _("Mancano %(cents)s", cents=difference),
        "amount_over": _("%(cents)s in più", cents=difference),
        "name": _("Nome"),
        "known_payer": _("Conto già visto"),
        "vat_number": _("Partita IVA"),
        "order_closed": _("Ordine chiuso"),
    }
    return ("warning" if reason.doubtful else "done"), str(words[reason.code])


def score_text(score: int) -> str:
    """A score as "0,96"."""
    return f"0{',' if formats.readers_language() == formats.ITALIAN else '.'}{score:02}"


def task_word(kind: str) -> str:
    """What a task asks a person to look at."""
    words = {
        "overpaid": _("Pagato due volte o troppo"),
        "underpaid": _("Pagato in parte"),
        "late_money": _("Denaro su un ordine chiuso"),
        "closed_with_money": _("Ordine chiuso con un acconto"),
        "surplus": _("Incasso eccedente"),
        "perhaps_twice": _("Bonifico forse già sistemato a mano"),
        "foreign_currency": _("Bonifico in altra valuta"),
        "sla_breach": _("Oltre 24 ore"),
        "hold": _("Ordine trattenuto"),
        "returned_after_fulfilment": _("Bonifico stornato dopo l’evasione"),
        "return_claim": _("Storno da recuperare"),
        "unknown_return": _("Storno di un bonifico sconosciuto"),
        "dispute": _("Contestazione da rispondere"),
        "dispute_lost": _("Contestazione persa"),
        "payment_mismatch": _("Pagamento da verificare"),
        "partially_funded": _("Pagato in parte"),
        "credit_note": _("Nota di credito da emettere"),
        "refund_failed": _("Rimborso non riuscito"),
        "cash_balance": _("Denaro fermo presso Stripe"),
        "company_not_created": _("Pagato, azienda non creata"),
        "payout_failed": _("Accredito di Stripe non riuscito"),
        "payout_difference": _("Accredito di Stripe che non torna"),
    }
    return str(words.get(kind, kind.replace("_", " ").capitalize()))


def fact_word(name: str) -> str:
    """What a fact of a task is called."""
    words = {
        "paid_cents": _("Pagato"),
        "due_cents": _("Dovuto"),
        "left_cents": _("Resta"),
        "claim_cents": _("Da recuperare"),
        "amount_cents": _("Importo"),
        "cents": _("Importo"),
        "state": _("Stato"),
        "status": _("Stato"),
        "reason": _("Motivo"),
    }
    return str(words.get(name, name.replace("_", " ").capitalize()))


def decision_word(kind: str) -> str:
    """What a person of finance asked for."""
    words = {
        "confirm_by_hand": _("Conferma di un bonifico a mano"),
        "send_back": _("Restituzione al pagatore"),
        "store_credit": _("Passaggio a credito residuo"),
        "refund": _("Rimborso"),
    }
    return str(words.get(kind, kind))


def disposal_word(kind: str) -> str:
    """What became of money without an order."""
    words = {
        "STORE_CREDIT": _("Credito residuo"),
        "RETURNED": _("Restituito al pagatore"),
        "REVERSED": _("Ripreso dalla banca"),
    }
    return str(words.get(kind, kind))


def money_in(cents: int, currency: str) -> str:
    """An amount as the bank booked it: "59,78 €", or "USD 59,78" for what is no euro."""
    euro = formats.money(cents, formats.readers_language())
    return euro if currency == EURO else f"{currency}\u00a0{euro.replace('€', '').strip()}"


def act_word(event: Event, currency: str = EURO) -> str:
    """One entry of the audit trail of a line in words; the figures are the event's own, in the line's currency."""
    data = event.data
    cents = money_in(int(data.get("cents") or data.get("amount_cents") or 0), currency)
    number = data.get("number", "")
    words = {
        "transfer.recorded": _("Registrato: %(cents)s", cents=cents),
        "transfer.confirmed_by_bank": _("La banca ha confermato il movimento inserito a mano"),
        "transfer.matched": _("Abbinato per intero"),
        "transfer.surplus": _("Resta un’eccedenza"),
        "transfer.unidentified": _("Nessun ordine riconosciuto"),
        "transfer.allocated": _("Assegnati %(cents)s a %(number)s", cents=cents, number=number),
        "transfer.taken_off": _("Tolti %(cents)s da %(number)s", cents=cents, number=number),
        "transfer.credited": _("%(cents)s passati a credito residuo", cents=cents),
        "transfer.sent_back": _("%(cents)s restituiti al pagatore", cents=cents),
        "transfer.returned": _("La banca ha ripreso %(cents)s", cents=cents),
        "transfer.replaced": _("Sostituito dal movimento della banca"),
        "transfer.replaces": _("Prende il posto del movimento confermato a mano"),
        "transfer.payer_forgotten": _("Nome e IBAN del pagatore cancellati"),
        "finance.send_back_asked": _("Chiesta la restituzione di %(cents)s", cents=cents),
        "finance.send_back_approved": _("Restituzione approvata"),
        "finance.send_back_declined": _("Restituzione rifiutata"),
        "finance.store_credit_asked": _("Chiesto il passaggio a credito di %(cents)s", cents=cents),
        "finance.store_credit_approved": _("Passaggio a credito approvato"),
        "finance.store_credit_declined": _("Passaggio a credito rifiutato"),
        "finance.task_opened": _("Aperto il compito: %(kind)s", kind=task_word(str(data.get("kind", "")))),
        "finance.task_resolved": _("Chiuso il compito: %(kind)s", kind=task_word(str(data.get("kind", "")))),
    }
    return str(words.get(event.type, event.type))
