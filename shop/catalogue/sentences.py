"""The Italian sentences of the catalogue: mistakes of its file, and reasons why a buyer may not buy a product.

Italian is the source language: the web layer translates these texts.
"""

from types import MappingProxyType


def _as_written(text: str) -> str:
    """Mark a text for extraction without translating it: the language is known only where a page is made."""
    return text


N_ = _as_written
"""The name under which the extractor of translations knows the mark."""

MISTAKES = MappingProxyType(
    {
        # The file
        "not_utf8": N_("Il file contiene caratteri che non sono UTF-8: salvalo come UTF-8."),
        "too_large": N_("Il file supera %(maximum)s caratteri: dividilo o togli quello che non serve."),
        "line_too_long": N_("La riga supera %(maximum)s caratteri: spezzala o accorciala."),
        "not_toml": N_("Questo non è TOML valido (%(detail)s): correggi la riga."),
        "too_deep": N_("Il file annida troppe parentesi: scrivi le tabelle come negli esempi."),
        "too_many": N_("«%(key)s» ha più di %(maximum)s voci: togline."),
        # Keys and types
        "unknown_key": N_("«%(key)s» qui non esiste: toglila o correggi il nome. Qui puoi scrivere: %(known)s."),
        "unknown_key_near": N_("«%(key)s» qui non esiste: forse volevi scrivere «%(near)s»."),
        "missing": N_("Manca «%(missing)s»: aggiungila."),
        "empty": N_("«%(key)s» è vuota: scrivi almeno una voce."),
        "not_a_table": N_('«%(key)s» deve contenere chiavi e valori, per esempio { it = "…", en = "…" }.'),
        "not_tables": N_("«%(key)s» va scritta come [[%(key)s]], una volta per ogni voce."),
        "not_a_list": N_("«%(key)s» deve essere un elenco tra parentesi quadre."),
        "not_a_text": N_("«%(key)s» deve essere un testo tra virgolette."),
        "text_empty": N_("«%(key)s» è vuota: scrivi il testo."),
        "text_too_long": N_("«%(key)s» supera %(maximum)s caratteri: accorciala."),
        "text_characters": N_("«%(key)s» contiene caratteri invisibili o di controllo: riscrivila."),
        "not_whole": N_("«%(key)s» deve essere un numero intero, senza virgolette e senza virgola."),
        "out_of_range": N_("«%(key)s» vale %(written)s: scrivi un numero da %(minimum)s a %(maximum)s."),
        "not_a_switch": N_("«%(key)s» deve essere true oppure false, senza virgolette."),
        "not_a_day": N_("«%(key)s» deve essere una data senza virgolette, per esempio 2026-01-01."),
        "not_one_of": N_("«%(written)s» non è un valore di «%(key)s»: scegli tra %(known)s."),
        "not_a_code": N_("«%(key)s» vale «%(written)s»: usa solo %(shape)s."),
        "repeated_member": N_("«%(written)s» è ripetuto: scrivilo una volta sola."),
        # Prices
        "price_not_text": N_('Scrivi il prezzo tra virgolette, per esempio "49.00": un numero perderebbe i centesimi.'),
        "price_not_exact": N_(
            '«%(written)s» non è un prezzo in centesimi esatti: scrivilo come "49.00", con il punto.'
        ),
        "price_out_of_range": N_("Il prezzo %(written)s non va bene: scrivi da 0.01 a %(maximum)s."),
        "tier_not_increasing": N_("Lo scaglione parte da %(written)s: deve partire da più di %(previous)s."),
        "tier_dearer": N_("Lo scaglione costa %(written)s, più dei %(previous)s di prima: scrivi un prezzo più basso."),
        "price_day_not_later": N_("Il prezzo vale dal %(written)s: deve valere da dopo il %(previous)s."),
        # Codes
        "repeated_code": N_("«%(written)s» c’è già alla riga %(first)s: ogni codice si usa una volta sola."),
        "unknown_vat": N_("L’aliquota «%(written)s» non è tra le [[vat]] del file: aggiungila o scegli tra %(known)s."),
        "unknown_family": N_(
            "La famiglia «%(written)s» non è tra le [[family]] del file: aggiungila o scegli tra %(known)s."
        ),
        "unknown_coupon_type": N_(
            "Il tipo «%(written)s» non è tra le [[coupon_type]] del file: aggiungilo o scegli tra %(known)s."
        ),
        "unknown_sku": N_("Nessun prodotto ha il codice «%(written)s»: correggilo o aggiungi il prodotto."),
        "names_itself": N_("Il prodotto nomina sé stesso: togli il suo codice da «%(key)s»."),
        "not_a_base_service": N_("«%(written)s» non è un base_service: in «%(key)s» vanno solo servizi di base."),
        # VAT
        "vat_without_nature": N_("Un’aliquota a zero ha bisogno della natura: aggiungi nature, da N1 a N7."),
        "vat_with_nature": N_("La natura si scrive solo per un’aliquota a zero: togli nature."),
        # What a product gives
        "gives_does_not_fit": N_("Un prodotto %(kind)s non può dare «%(written)s»: scegli tra %(known)s."),
        "services_only": N_("«%(key)s» è solo per i servizi (base_service, addon, seats): toglila da un %(kind)s."),
        "step_not_earlier": N_("Il passo «%(written)s» non viene prima di questo: scegli tra %(known)s o togli after."),
        "term_unknown": N_("«%(written)s» non è una durata di «%(key)s»: scegli tra %(known)s."),
    }
)

NOT_SOLD = N_("Questo prodotto non è in vendita.")
NOT_FOR_STUDIO = N_("Questo prodotto lo acquista l’azienda, non lo studio.")
ONLY_BY_INVITATION = N_("Si acquista con l’invito di uno studio, che trovi nella sua e-mail.")
NOT_FOR_COMPANY = N_("Questo prodotto lo acquista lo studio, non l’azienda.")
BUYER_LOCKED = N_("Gli acquisti sono sospesi: contatta l’assistenza.")
PAYMENT_OVERDUE = N_("C’è un ordine scaduto da pagare: pagalo e potrai acquistare di nuovo.")
CONTRACT_NOT_SIGNED = N_("Serve prima il contratto di fatturazione elettronica, non ancora firmato.")
COMPANY_WAS_REFUSED = N_(
    "Il programma di contabilità non ha potuto creare questa azienda e nulla si può attivare: contatta l’assistenza."
)
COMPANY_EXISTS_ALREADY = N_(
    "Un’azienda con questo codice fiscale esiste già con un altro accesso: contatta l’assistenza prima di acquistare."
)
NOT_AVAILABLE_FOR_SERVICE = N_("Non disponibile per il servizio di base attivo.")
TOO_MANY = N_("Sono troppi per un solo ordine: dividi l’acquisto o contatta l’assistenza.")
REQUIRES_ANOTHER = N_("Funziona solo insieme a un altro prodotto: aggiungi anche quello.")
BASE_ALREADY_ACTIVE = N_(
    "C’è già un servizio attivo per questo codice fiscale: rinnovalo invece di acquistarne un altro."
)
MODULE_ALREADY_ACTIVE = N_("Questo modulo è già attivo: rinnovalo invece di acquistarlo un’altra volta.")
RENEW_BASE_FIRST = N_("Il servizio di base è scaduto: rinnovalo in questo stesso carrello.")
TOO_MANY_YEARS = N_("Gli anni di rinnovo sono troppi per questo servizio: scegline meno.")
ONE_BASE_SERVICE = N_("Ogni azienda ha un solo servizio di base: tieni questo o l’altro.")
REQUIRES_LONGER = N_("Funziona solo insieme a un altro prodotto, che qui finirebbe prima: fallo durare quanto questo.")
OUTLASTS_BASE = N_("Finirebbe dopo il servizio di base: rinnova anche quello, o togli questo rinnovo.")
CANNOT_BE_RENEWED = N_("Questo servizio non si può più rinnovare: acquistalo di nuovo.")
REPLACED_ALREADY = N_("Questo lotto l’hai già rinnovato in una quantità minore: finisce nel suo giorno. Togli la riga.")
SEATS_IN_USE = N_("Gli utenti configurati sono di più: liberane qualcuno prima, o rinnovane di più.")
STORAGE_IN_USE = N_("Lo spazio che resta è meno di quello in uso: rinnovane di più, aggiungine, o elimina documenti.")
MORE_THAN_THE_LOT = N_("Si rinnova al massimo quello che hai: il resto aggiungilo a parte.")
SERVICE_SUSPENDED = N_(
    "C’è un servizio sospeso, per un rimborso o per una verifica su un pagamento: finché lo è, né quello né ciò che ne"
    " dipende si rinnova o si acquista. Per riattivarlo contatta l’assistenza."
)
CHOOSE_A_COMPANY = N_("Un servizio è di una sola azienda: scegli per quale.")
NOT_THE_PAYER = N_("I servizi di questa azienda li acquista l’azienda stessa: chiedi a lei, o scegli un’altra azienda.")
UNKNOWN_AGREEMENT = N_("Questo codice convenzione non esiste: controlla come è scritto, o toglilo.")
AGREEMENT_OVER = N_("Questa convenzione è finita: togli il codice, o chiedine uno nuovo a chi te l’ha dato.")
AGREEMENT_FITS_NOTHING = N_("Questo codice convenzione non vale per niente di quello che acquisti: toglilo.")
COMPANY_NOT_YOURS = N_("Questa azienda non è più tra quelle che segui: scegli per chi è.")
TOTAL_TOO_LARGE = N_("Il totale è troppo grande per un solo ordine: riduci le quantità o dividi l’acquisto.")
