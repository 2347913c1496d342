"""The rights office's types of problems: what each means, and those that only programs are told."""

from collections.abc import Mapping

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from entitlements.usage import NotThePayer
from entitlements.wallets import ReferenceReused
from foundation.api import ProblemType
from foundation.problems import Told


class NotEnoughLeft(Exception):
    """Nothing was taken: only `balance` of this meter is left."""

    def __init__(self, meter: str, balance: int) -> None:
        super().__init__(f"{meter}: {balance}")
        self.meter = meter
        self.balance = balance


TABLE: Mapping[type[Exception], Told] = {
    NotEnoughLeft: Told(
        409,
        "not-enough-left",
        lambda _told: gettext("Non basta: nulla è stato scalato."),
        members=lambda told: {"meter": told.meter, "balance": told.balance},
    ),
    NotThePayer: Told(
        403, "not-the-payer", lambda _told: gettext("I consumi di questa azienda sono a carico di qualcun altro.")
    ),
    ReferenceReused: Told(
        422,
        "reference-reused",
        lambda _told: gettext("Questo riferimento è già stato usato per un’altra quantità."),
        members=lambda told: {"reference": told.reference},
    ),
}

TYPES: Mapping[str, ProblemType] = {
    "not-enough-left": ProblemType(
        409,
        _("Non basta"),
        _("`balance` dice quanto resta. Nulla è stato scalato: compra un pacchetto o una ricarica."),
    ),
    "not-the-payer": ProblemType(
        403, _("A carico di qualcun altro"), _("Solo chi paga per l’azienda, o il programma, può scalare i consumi.")
    ),
    "reference-reused": ProblemType(
        422, _("Riferimento già usato"), _("Un riferimento vale per una sola quantità: usane uno nuovo.")
    ),
    "link-not-found": ProblemType(
        404, _("Collegamento non trovato"), _("Controlla l’identificativo: forse non è tuo, o è finito.")
    ),
    "may-not-sign": ProblemType(
        409, _("Non puoi firmare per questa azienda"), _("Serve il permesso di scrivere nelle sue impostazioni.")
    ),
    "contract-text-changed": ProblemType(
        409, _("Il testo è cambiato"), _("`version` è quella in vigore: leggi il testo di adesso, poi firma.")
    ),
    "coupon-not-found": ProblemType(
        404, _("Coupon non trovato"), _("Controlla l’identificativo: forse il coupon non è tuo.")
    ),
    "coupon-not-available": ProblemType(
        409, _("Coupon non disponibile"), _("È già usato, scaduto, annullato o sospeso: leggi il suo stato.")
    ),
    "company-not-found": ProblemType(
        404, _("Azienda non trovata"), _("Controlla l’identificativo: forse l’azienda non è tua.")
    ),
    "company-already-exists": ProblemType(
        409, _("L’azienda esiste già"), _("Un codice fiscale può avere una sola azienda attiva.")
    ),
}
