"""What a product gives, as sentences: from the data of the catalogue, so that a new product needs no code."""

from collections.abc import Callable, Iterator
from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from entitlements import bucket_end
from foundation import clock, formats
from shop.catalogue import Given


def sentences(given: Given, *, dated: bool = False) -> list[str]:
    """What one pack gives, one thought per sentence; a `dated` line tells its own days, so its usual term is left out.

    What is co-termed, renewed or renewed for years does not run for twelve months from its payment (F004-12).
    """
    speak = _access if dated else _SPEAKERS.get(given.kind)
    return list(speak(given)) if speak else []


def ends_on(given: Given) -> date | None:
    """The exclusive end of what would be put into a wallet today; None: it never expires, or has no such end."""
    return bucket_end(given.ends, clock.today()) if given.ends else None


def _coupons(given: Given) -> Iterator[str]:
    if given.units > 1:
        yield ngettext("Attiva %(num)s azienda.", "Attiva fino a %(num)s aziende.", given.units)
    yield _term(given.term)
    yield from _access(given)
    if given.activate_within_months is None:
        yield _("Finché non lo attivi, il coupon non scade.")
    else:
        yield ngettext(
            "Va attivato entro %(num)s mese dall’acquisto.",
            "Va attivato entro %(num)s mesi dall’acquisto.",
            given.activate_within_months,
        )


def _term(term: str | None) -> str:
    if term == "31 December":
        return str(_("Ogni azienda ha la licenza fino al 31 dicembre dell’anno di attivazione."))
    return str(_("Ogni azienda ha la licenza per 12 mesi dall’attivazione."))


def _access(given: Given) -> Iterator[str]:
    if given.accounting == "SIMPLIFIED":
        yield _("Tiene la contabilità semplificata.")
    if given.accounting == "ORDINARY":
        yield _("Tiene la contabilità ordinaria.")
    if given.access_mode == "READ_ONLY":
        yield _("L’accesso è in sola lettura.")
    names = {"users": _("Utenti"), "documents": _("Documenti"), "invoices": _("Fatture"), "companies": _("Aziende")}
    names["storage_gb"] = _("Spazio in GB")
    for name, most in given.limits:
        label = names.get(name, name.replace("_", " ").capitalize())
        yield _("%(what)s: fino a %(most)s.", what=label, most=_figure(most))


def _documents(given: Given) -> Iterator[str]:
    yield _("Conta le fatture inviate e ricevute: %(units)s.", units=_figure(given.units))
    yield from _end(given, _("Scadono il %(day)s: quelle non usate si perdono."), _("Non scadono."))


def _credit(given: Given) -> Iterator[str]:
    amount = formats.money(given.units, formats.readers_language())
    yield _("Aggiunge %(amount)s di credito.", amount=amount)
    yield from _end(given, _("Scade il %(day)s: quello che resta si perde."), _("Il credito non scade."))


def _credits(given: Given) -> Iterator[str]:
    yield _("Aggiunge crediti: %(units)s.", units=_figure(given.units))
    yield from _end(given, _("Scadono il %(day)s: quelli non usati si perdono."), _("I crediti non scadono."))


def _licence(given: Given) -> Iterator[str]:
    if given.term == "31 December":
        yield _("Vale fino al 31 dicembre.")
    else:
        yield _("Vale 12 mesi dal giorno del pagamento.")
    yield from _access(given)


def _company(given: Given) -> Iterator[str]:
    yield _("Crea l’azienda e la collega allo studio che l’ha invitata.")
    if given.term == "31 December":
        yield _("La licenza vale fino al 31 dicembre.")
    else:
        yield _("La licenza vale 12 mesi dal pagamento.")
    yield from _access(given)


def _end(given: Given, ends: str, stays: str) -> Iterator[str]:
    end = ends_on(given)
    yield stays if end is None else ends % {"day": formats.last_day(end, formats.readers_language())}


def _figure(count: int) -> str:
    return formats.number(count, formats.readers_language())


_SPEAKERS: dict[str, Callable[[Given], Iterator[str]]] = {
    "coupons": _coupons,
    "documents": _documents,
    "credit_cents": _credit,
    "credits": _credits,
    "licence": _licence,
    "company": _company,
}
