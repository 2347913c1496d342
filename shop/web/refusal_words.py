"""Why something cannot be bought, as a sentence with a way on: no dead ends."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from shop.catalogue import Refusal


@dataclass(frozen=True, slots=True)
class WayOn:
    """What to do about a refusal: an address and what following it does."""

    url: str
    label: str


def sentence(refusal: Refusal) -> str:
    """The reason in the reader's language."""
    return str(_(refusal.sentence))


def way_on(refusal: Refusal) -> WayOn | None:
    """Where a buyer goes from here; None when the sentence already says what to do on this very page."""
    if refusal.code in {"TOO_MANY", "COMPANY_NOT_YOURS", "TOTAL_TOO_LARGE"}:
        return None
    if refusal.code == "PAYMENT_OVERDUE":
        return WayOn(url_for("orders.index"), _("Vedi gli ordini"))
    if refusal.code == "CONTRACT_NOT_SIGNED":
        return WayOn("/assistenza", _("Chiedi il contratto"))
    if refusal.code == "NOT_FOR_STUDIO":
        return WayOn("/supporto", _("Invita l’azienda"))
    if refusal.code in {"REQUIRES_ANOTHER", "NOT_AVAILABLE_FOR_SERVICE", "NOT_SOLD"}:
        return WayOn(url_for("catalogue.show"), _("Torna al catalogo"))
    return WayOn("/assistenza", _("Contatta l’assistenza"))
