"""A company's events told as a timeline: each in words, oldest first; what people cannot use is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from entitlements.licences import BASE_SERVICE
from foundation.events import Event


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened, for ui/timeline.html."""

    title: str
    at: datetime
    stage: str = "done"
    detail: str = ""


def history_of(events: Sequence[Event]) -> list[Moment]:
    """The moments of a company's life that its studio understands."""
    return [Moment(title, event.at, _stage(event.type)) for event in events if (title := _title(event))]


def _stage(event_type: str) -> str:
    """What went wrong is not ticked off."""
    return "now" if event_type in {"company.failed", "licence.suspended", "renewal.refused"} else "done"


def _title(event: Event) -> str:
    if event.type == "licence.started" and event.data.get("kind") == BASE_SERVICE:
        return str(_("Servizio di base avviato"))
    known: dict[str, str] = {
        "company.provisioning": _("Attivazione confermata"),
        "company.ready": _("Azienda creata"),
        "company.failed": _("Attivazione non riuscita"),
        "company.given_up": _("Richiesta chiusa dall’assistenza"),
        "studio.linked": _("Azienda collegata allo studio"),
        "studio.unlinked": _("Collegamento con lo studio chiuso"),
        "studio.moved": _("Passata a un altro studio"),
        "studio.permitted": _("Permessi dello studio cambiati"),
        "company.blocked": _("Azienda bloccata dallo studio"),
        "company.unblocked": _("Blocco tolto dallo studio"),
        "payer.handover_proposed": _("Proposto un cambio di chi paga"),
        "payer.changed": _("Cambiato chi paga"),
        "licence.started": _("Licenza avviata"),
        "licence.changed": _("Licenza cambiata"),
        "licence.suspended": _("Licenza sospesa"),
        "licence.expired": _("Licenza scaduta"),
        "licence.expiring": _("Servizi in scadenza"),
        "addon.activated": _("Modulo attivato"),
        "addon.step_done": _("Passo dopo l’acquisto completato"),
        "seats.changed": _("Utenze cambiate"),
        "renewal.switched_on": _("Rinnovo automatico attivato"),
        "renewal.switched_off": _("Rinnovo automatico disattivato"),
        "renewal.charged": _("Rinnovo automatico addebitato"),
        "renewal.refused": _("Rinnovo automatico non addebitato"),
        "storage.changed": _("Spazio cambiato"),
        "storage.filling": _("Spazio quasi pieno"),
    }
    return known.get(event.type, "")
