"""How the pages say things in Italian: days, instants, limits, payers, states."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

_ROME = ZoneInfo("Europe/Rome")

STATES = {
    "ready": ("evaso", "Attiva"),
    "pending": ("attesa", "Creazione in corso"),
    "failed": ("errore", "Rifiutata"),
}
OUTCOMES = {
    "ok": "risposta subito",
    "late": "risposta più tardi",
    "late_refuse": "rifiuto più tardi",
    "refuse": "rifiutata",
    "refused": "già rifiutata",
    "lost": "eseguita, risposta persa",
    "timeout": "eseguita, nessuna risposta in tempo",
    "hang": "non eseguita, nessuna risposta",
    "error500": "errore interno, non eseguita",
    "down": "servizio sospeso",
    "unsigned": "firma non valida",
    "invalid": "dati non validi",
    "repeated": "chiamata ripetuta, nulla di nuovo",
    "other_body": "stessa chiave, altro contenuto",
    "unknown": "azienda sconosciuta",
}
FIELDS = {
    "product": "prodotto",
    "plan": "piano",
    "access_mode": "accesso",
    "limits": "limiti",
    "starts_on": "dal",
    "ends_on": "scadenza (primo giorno escluso)",
    "linked_studio": "studio",
    "payer": "paga",
    "services": "servizi",
    "seats": "utenze",
    "storage": "spazio",
}
SERVICE_STATES = {
    "NOT_STARTED": "Non ancora iniziato",
    "ACTIVE": "Attivo",
    "LIMITED": "Limitato",
    "SUSPENDED": "Sospeso",
    "CLOSED": "Chiuso",
}
SEAT_STATES = {"INVITED": "Invitata", "CONFIGURED": "Attiva", "DISABLED": "Disattivata"}
_MODES = {"FULL": "Completa", "READ_ONLY": "Sola lettura"}
_PAYERS = {"STUDIO": "Studio", "COMPANY": "Azienda"}
_LIMITS = {"documents": "documenti", "contacts": "anagrafiche", "users": "utenti"}


def instant(seconds: float) -> str:
    """Write an instant as a person in Rome reads it, to the second."""
    return datetime.fromtimestamp(seconds, UTC).astimezone(_ROME).strftime("%d/%m/%Y %H:%M:%S")


def day(text: str | None) -> str:
    """Write an ISO day as 31/12/2026."""
    return date.fromisoformat(text).strftime("%d/%m/%Y") if text else "—"


def last_day(ends_on: str | None) -> str:
    """Write the last usable day of a term that ends, exclusively, on `ends_on`."""
    if not ends_on:
        return "senza scadenza"
    return (date.fromisoformat(ends_on) - timedelta(days=1)).strftime("%d/%m/%Y")


def mode(access_mode: str) -> str:
    """Name an access mode; one that is not known keeps its code."""
    return _MODES.get(access_mode.upper(), access_mode)


def payer(value: object) -> str:
    """Name who pays."""
    if isinstance(value, Mapping):
        return str(value.get("name") or value.get("kind") or value.get("id") or "—")
    return _PAYERS.get(str(value).upper(), str(value)) if value else "—"


def limits(value: Mapping[str, Any] | None) -> str:
    """Write the limits in one line."""
    if not value:
        return "nessuno"
    return ", ".join(
        f"{_LIMITS.get(name, name)} {'senza limite' if amount is None else amount}" for name, amount in value.items()
    )


def service_state(service: Mapping[str, Any]) -> str:
    """Name the state of a service; one that is not known keeps its code."""
    state = str(service.get("state", ""))
    return SERVICE_STATES.get(state, state)


def seats(value: Mapping[str, Any] | None) -> str:
    """Write how many seats there are and who sits on them."""
    if not value:
        return "nessuna"
    people = [
        f"{one.get('email')} ({SEAT_STATES.get(one.get('state'), one.get('state'))})" for one in value.get("people", ())
    ]
    return f"{value.get('bought', 0)} acquistate" + (f": {', '.join(people)}" if people else "")


def services(value: Sequence[Mapping[str, Any]] | None) -> str:
    """Write every service with its state."""
    return ", ".join(f"{one.get('name')} ({service_state(one)})" for one in value or ()) or "nessuno"


def storage(value: Mapping[str, Any] | None) -> str:
    """Write how much room there is."""
    return f"{value.get('limit_gb', 0)} GB" if value else "—"


def plain(value: object) -> str:
    """Write any value of a body; of an object only what it holds, since its names are English."""
    if value is None or value == "":
        return "—"
    if isinstance(value, Mapping):
        return ", ".join(plain(part) for part in value.values() if part) or "—"
    return str(value)


def changed(name: str, value: Any) -> str:  # noqa: ANN401 - any value of a body
    """Write the new or old value of a field that a change names."""
    say = _SPEAKERS.get(name, plain)
    return say(value)


def pretty(text: str) -> str:
    """Indent a JSON text; anything else stays as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return text


_SPEAKERS: Mapping[str, Callable[[Any], str]] = {
    "limits": limits,
    "access_mode": lambda value: mode(str(value)),
    "payer": payer,
    "services": services,
    "seats": seats,
    "storage": storage,
}
