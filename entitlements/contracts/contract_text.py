"""The e-invoicing contract as it is signed: an example text, its version and its fingerprint (F003-19).

Italian is what is signed; other languages are a courtesy. A vendor who changes a clause changes the version too: a test
holds the fingerprint of each version.
"""

import hashlib


def _as_written(text: str) -> str:
    """Mark a text for extraction without translating it: the language is known only where a page is made."""
    return text


N_ = _as_written
"""The name under which the extractor of translations knows the mark."""

EINVOICING = "einvoicing"
VERSION = "2026-11"

CLAUSES = (
    N_("Il fornitore invia e riceve le fatture con il Sistema di Interscambio per conto di chi firma."),
    N_("Chi firma risponde dei dati che scrive nelle fatture; il fornitore le trasmette come gli sono date."),
    N_("Un pacchetto conta le fatture inviate e ricevute; quelle non usate entro il 31 dicembre si perdono."),
    N_("Il contratto vale finché c’è un pacchetto da usare, e ogni acquisto successivo lo presuppone."),
    N_("Le fatture restano esportabili anche quando pacchetti e licenza sono scaduti."),
)


def text_fingerprint() -> str:
    """The SHA-256 of version and clauses in Italian, kept with every signature."""
    return hashlib.sha256("\n".join((VERSION, *CLAUSES)).encode()).hexdigest()
