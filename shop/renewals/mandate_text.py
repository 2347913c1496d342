"""What somebody agrees to who turns the automatic renewal on: an example text, its version and its fingerprint.

Italian is what is agreed to; other languages are a courtesy. A vendor who changes a clause changes the version too: a
test holds the fingerprint of each version.
"""

import hashlib

from shop.catalogue.sentences import N_

VERSION = "2026-11"

CLAUSES = (
    N_("Autorizzo l’addebito sulla mia carta del rinnovo, per un anno, di tutti i servizi attivi di quest’azienda."),
    N_("L’addebito avviene 7 giorni prima della scadenza, una volta sola, senza che io faccia altro."),
    N_("30 giorni prima ricevo un’e-mail con l’importo: se poi il prezzo sale, non viene addebitato nulla."),
    N_("Se la banca rifiuta, non viene addebitato nulla e ricevo un’e-mail con il motivo e che cosa fare."),
    N_("Posso disattivarlo o togliere la carta quando voglio, con un clic e senza condizioni."),
)


def text_fingerprint() -> str:
    """The SHA-256 of version and clauses in Italian, kept with every mandate."""
    return hashlib.sha256("\n".join((VERSION, *CLAUSES)).encode()).hexdigest()
