"""The Italian words of this room's states, types and steps, in one place, so that every page says the same."""

from collections.abc import Callable

from flask import Flask
from flask_babel import gettext as _

from entitlements.company_data import SENTENCES, Problem, sentence_of
from entitlements.provisioning.give_up import CLOSED_BY_SUPPORT


def install(app: Flask) -> None:
    """Give every template these words as filters."""
    states = (coupon_word, company_word, request_word, call_word, outcome_word)
    links = (area_word, level_word, cause_word)
    for word in (*states, *links, type_word, payer_word, access_word, refusal_word):
        app.add_template_filter(word, word.__name__)


def coupon_word(state: str) -> str:
    """A coupon's state."""
    known: dict[str, str] = {
        "AVAILABLE": _("Disponibile"),
        "ACTIVATING": _("Attivazione in corso"),
        "ASSIGNED": _("Assegnato"),
        "ACTIVE": _("Attivo"),
        "VOIDED": _("Annullato"),
        "EXPIRED": _("Scaduto"),
        "HELD": _("Sospeso"),
    }
    return known.get(state, state)


def type_word(code: str) -> str:
    """A type of coupon or a plan, as the glossary names it; a type the glossary does not know keeps its code."""
    known: dict[str, str] = {
        "LITE": _("LITE"),
        "ORDINARY": _("Ordinaria"),
        "CORPORATE": _("Corporate"),
        "RENEWABLE": _("Rinnovabile"),
        "FLAT_RATE": _("Forfettario"),
        "THIRD_PARTY": _("Conto Terzi"),
    }
    return known.get(code, code)


def company_word(state: str) -> str:
    """A company's state."""
    known: dict[str, str] = {
        "PROVISIONING": _("Creazione in corso"),
        "READY": _("Attiva"),
        "REJECTED": _("Attivazione non riuscita"),
        "REGISTERED": _("Senza licenza"),
    }
    return known.get(state, state)


def area_word(area: str) -> str:
    """What a studio may be allowed."""
    known: dict[str, str] = {
        "documents": _("Fatture e documenti"),
        "payments": _("Pagamenti e incassi"),
        "accounting": _("Contabilità e prima nota"),
        "settings": _("Impostazioni"),
    }
    return known.get(area, area)


def level_word(level: str) -> str:
    """How much a studio is allowed."""
    known: dict[str, str] = {"none": _("Nessun accesso"), "read": _("Sola lettura"), "write": _("Lettura e scrittura")}
    return known.get(level, level)


def cause_word(kind: str) -> str:
    """Why a link or a payer exists."""
    known: dict[str, str] = {
        "coupon_assignment": _("con un coupon dello studio"),
        "link_request": _("con una richiesta accettata"),
        "directory": _("scelto dall’elenco"),
        "payer_handover": _("passaggio concordato"),
        "studio_move": _("passaggio tra studi"),
    }
    return known.get(kind, str(_("con un invito")))


def request_word(state: str) -> str:
    """The state of a provisioning request, for the desk."""
    known: dict[str, str] = {
        "PENDING": _("In coda"),
        "ACCEPTED": _("Accettata"),
        "UNKNOWN": _("Senza risposta"),
        "DONE": _("Riuscita"),
        "REFUSED": _("Rifiutata"),
        "GIVEN_UP": _("Chiusa dall’assistenza"),
    }
    return known.get(state, state)


def call_word(kind: str) -> str:
    """What a line of the step ledger is."""
    known: dict[str, str] = {
        "intent": _("Chiamata inviata"),
        "call": _("Risposta alla chiamata"),
        "ask": _("Risposta alla domanda"),
        "callback": _("Avviso del programma"),
        "retry": _("Nuovo tentativo chiesto"),
        "give_up": _("Rinuncia"),
        "settled": _("Contraddizione risolta"),
        "change": _("Risposta alla modifica"),
        "tell_again": _("Nuova comunicazione chiesta"),
    }
    return known.get(kind, kind)


def outcome_word(outcome: str) -> str:
    """What the vendor said, as the step ledger keeps it."""
    said, _colon, problem = outcome.partition(": ")
    known: dict[str, Callable[[], str]] = {
        "ready": lambda: _("Creata"),
        "accepted": lambda: _("Accettata, la creazione è in corso"),
        "refused": lambda: _("Rifiutata (%(problem)s)", problem=problem) if problem else _("Rifiutata"),
        "change refused": lambda: _("Modifica rifiutata (%(problem)s)", problem=problem),
        "change not there": lambda: _("Il programma non conosce l’azienda di una modifica"),
        "not there": lambda: _("Il programma non la conosce"),
        "no answer": lambda: _("Nessuna risposta (%(problem)s)", problem=problem),
        "given up": lambda: _("Chiusa dall’assistenza"),
    }
    if said in known:
        return known[said]()
    if said.startswith("attempt "):
        return str(_("Tentativo %(number)s", number=said.removeprefix("attempt ")))
    if said.startswith("change, attempt "):
        return str(_("Modifica, tentativo %(number)s", number=said.removeprefix("change, attempt ")))
    first, _after, before = said.partition(" after ")
    if before:
        return str(_("%(said)s, dopo: %(before)s", said=outcome_word(first), before=request_word(before)))
    return request_word(outcome)


def payer_word(payer: str | None) -> str:
    """Who bears the costs (D14)."""
    known: dict[str, str] = {"STUDIO": _("Studio"), "COMPANY": _("Azienda")}
    return known.get(payer or "", str(_("Nessuno")))


def access_word(mode: str) -> str:
    """A licence's access mode."""
    return str(_("Sola lettura") if mode == "READ_ONLY" else _("Completo"))


def refusal_word(reason: str | None) -> str:
    """Why a company was refused: our own sentence in the reader's language, the vendor's as it came."""
    return str(_("L’assistenza ha chiuso la richiesta.")) if reason == CLOSED_BY_SUPPORT else reason or ""


def told_problem(problem: Problem) -> str:
    """The sentence of one wrong or doubtful field, in the reader's language."""
    return sentence_of(problem, _) if problem.code in SENTENCES else problem.code
