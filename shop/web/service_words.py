"""How the pages name services and seats: states, people, permissions."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import ngettext

from entitlements import ServiceRight
from foundation import clock, formats

SOON_DAYS = 30


def name_of(right: ServiceRight) -> str:
    """The name of a service in the reader's language; a lot says how many seats."""
    names = right.licence.names
    name = str(names.get(formats.readers_language(), names.get("it", right.licence.sku)))
    return f"{name} × {right.licence.quantity}" if right.licence.quantity > 1 else name


def state_word(state: str) -> str:
    """A service's state."""
    known: dict[str, str] = {
        "NOT_STARTED": _("Non ancora iniziato"),
        "ACTIVE": _("Attivo"),
        "SETUP_REQUIRED": _("Da completare"),
        "LIMITED": _("Limitato"),
        "SUSPENDED": _("Sospeso"),
        "EXPIRED": _("Finito"),
        "CLOSED": _("Chiuso"),
    }
    return known[state]


def state_kind(right: ServiceRight) -> str:
    """The colour of a state: an active service that ends soon is a warning."""
    return "expiring" if right.state == "ACTIVE" and ends_soon(right.ends_on) else right.state


def ends_soon(ends_on: date) -> bool:
    """Whether an end is near enough to be worth a warning."""
    return (ends_on - clock.today()).days <= SOON_DAYS


def days_left(ends_on: date) -> str:
    """How long a service still runs, in words."""
    left = (ends_on - clock.today()).days - 1
    if left < 0:
        return ""
    words = _("È l’ultimo giorno") if left == 0 else ngettext("Manca %(num)s giorno", "Mancano %(num)s giorni", left)
    return str(words)


def seat_state(state: str) -> str:
    """A seat's state."""
    known: dict[str, str] = {
        "FREE": _("Libera"),
        "INVITED": _("Invitata"),
        "CONFIGURED": _("Attiva"),
        "DISABLED": _("Disattivata"),
    }
    return known[state]


def area(code: str) -> str:
    """What a permission is about."""
    known: dict[str, str] = {
        "sent": _("Fatture inviate"),
        "received": _("Fatture ricevute"),
        "contacts": _("Clienti e fornitori"),
        "modules": _("Moduli"),
        "settings": _("Impostazioni"),
    }
    return known[code]


def level(code: str) -> str:
    """How far a permission goes."""
    known: dict[str, str] = {"none": _("Nessun accesso"), "read": _("Consulta"), "write": _("Consulta e modifica")}
    return known[code]
