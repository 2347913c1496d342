"""The Italian sentence of every problem. Italian is the source language: the web layer translates these texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from entitlements.company_data.problems import Problem


def _as_written(text: str) -> str:
    """Mark a text for extraction without translating it: the language is known only where a page is made."""
    return text


N_ = _as_written
"""The name under which the extractor of translations knows the mark."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A source text with `%(name)s` places, and its form for one single thing written, where it differs."""

    text: str
    for_one: str = ""


# The values that are texts of a table rather than facts.
_TRANSLATED = frozenset({"legal_form"})


def sentence_of(problem: Problem, translate: Callable[[str], str] = _as_written) -> str:
    """What to tell the person, through `translate` (`flask_babel.gettext`) and with the values in place."""
    sentence = SENTENCES[problem.code]
    source = sentence.for_one if sentence.for_one and problem.values.get("written") == "1" else sentence.text
    values = {name: translate(value) if name in _TRANSLATED else value for name, value in problem.values.items()}
    return translate(source) % values


SENTENCES = MappingProxyType(
    {
        # VAT number
        "vat_number_missing": Sentence(N_("Scrivi la Partita IVA.")),
        "vat_number_missing_for_body": Sentence(
            N_("Scrivi la Partita IVA. Può mancare solo se il codice fiscale ha 11 cifre e inizia per 8 o 9.")
        ),
        "vat_number_is_tax_code": Sentence(
            N_("Qui va la Partita IVA, di 11 cifre. Quello che hai scritto è un codice fiscale.")
        ),
        "vat_number_not_digits": Sentence(N_("La Partita IVA ha solo cifre: 11, senza lettere e senza segni.")),
        "vat_number_length": Sentence(
            N_("La Partita IVA ha 11 cifre: ne hai scritte %(written)s."),
            N_("La Partita IVA ha 11 cifre: ne hai scritta 1."),
        ),
        "vat_number_zeros": Sentence(N_("La Partita IVA non inizia mai con sette zeri. Confrontala con la visura.")),
        "vat_number_office": Sentence(
            N_(
                "La Partita IVA non torna: le cifre dall’ottava alla decima non indicano un ufficio. "
                "Confrontala con la visura."
            )
        ),
        "vat_number_check_digit": Sentence(
            N_("La Partita IVA non torna: una cifra è sbagliata. Confrontala con la visura.")
        ),
        # Tax code
        "tax_code_missing": Sentence(N_("Scrivi il codice fiscale.")),
        "tax_code_length": Sentence(
            N_("Il codice fiscale ha 16 caratteri, o 11 cifre: ne hai scritti %(written)s."),
            N_("Il codice fiscale ha 16 caratteri, o 11 cifre: ne hai scritto 1."),
        ),
        "tax_code_not_digits": Sentence(N_("Il codice fiscale di una società ha solo cifre: 11.")),
        "tax_code_zeros": Sentence(
            N_("Il codice fiscale di 11 cifre non inizia mai con sette zeri. Confrontalo con la visura.")
        ),
        "tax_code_office": Sentence(
            N_(
                "Il codice fiscale non torna: le cifre dall’ottava alla decima non indicano un ufficio. "
                "Confrontalo con la visura."
            )
        ),
        "tax_code_check_digit": Sentence(
            N_("Il codice fiscale non torna: una cifra è sbagliata. Confrontalo con la visura.")
        ),
        "tax_code_shape": Sentence(
            N_("Il codice fiscale non torna: una lettera o una cifra è fuori posto. Confrontalo con la tessera.")
        ),
        "tax_code_birth_date": Sentence(
            N_("Il codice fiscale contiene una data di nascita che non esiste. Confrontalo con la tessera.")
        ),
        "tax_code_check_letter": Sentence(
            N_("Il codice fiscale non torna: un carattere è sbagliato. Confrontalo con la tessera.")
        ),
        "tax_code_of_a_person": Sentence(
            N_("Qui va il codice fiscale della persona, di 16 caratteri. Quello che hai scritto è di una società.")
        ),
        # Names and choices
        "name_missing": Sentence(N_("Scrivi la denominazione.")),
        "name_too_long": Sentence(
            N_("La denominazione ha al massimo %(maximum)s caratteri: ne hai scritti %(written)s.")
        ),
        "name_characters": Sentence(N_("La denominazione contiene caratteri che non possiamo usare. Riscrivila.")),
        "legal_form_missing": Sentence(N_("Scegli la forma giuridica.")),
        "legal_form_unknown": Sentence(N_("Scegli la forma giuridica dall’elenco.")),
        "tax_regime_missing": Sentence(N_("Scegli il regime fiscale.")),
        "tax_regime_unknown": Sentence(N_("Scegli il regime fiscale dall’elenco.")),
        "accounting_regime_missing": Sentence(N_("Scegli il regime contabile: semplificata o ordinaria.")),
        "accounting_regime_unknown": Sentence(N_("Scegli il regime contabile: semplificata o ordinaria.")),
        "first_name_missing": Sentence(N_("Scrivi il nome.")),
        "first_name_too_long": Sentence(N_("Il nome ha al massimo %(maximum)s caratteri: ne hai scritti %(written)s.")),
        "first_name_characters": Sentence(N_("Nel nome vanno solo lettere. Riscrivilo.")),
        "last_name_missing": Sentence(N_("Scrivi il cognome.")),
        "last_name_too_long": Sentence(
            N_("Il cognome ha al massimo %(maximum)s caratteri: ne hai scritti %(written)s.")
        ),
        "last_name_characters": Sentence(N_("Nel cognome vanno solo lettere. Riscrivilo.")),
        # Place
        "street_missing": Sentence(N_("Scrivi via e numero civico.")),
        "street_too_long": Sentence(N_("L’indirizzo ha al massimo %(maximum)s caratteri: ne hai scritti %(written)s.")),
        "street_characters": Sentence(N_("L’indirizzo contiene caratteri che non possiamo usare. Riscrivilo.")),
        "postal_code_missing": Sentence(N_("Scrivi il CAP.")),
        "postal_code_length": Sentence(
            N_("Il CAP ha 5 cifre: ne hai scritte %(written)s."), N_("Il CAP ha 5 cifre: ne hai scritta 1.")
        ),
        "postal_code_not_digits": Sentence(N_("Il CAP ha solo cifre: 5, senza lettere.")),
        "postal_code_of_other_city": Sentence(
            N_("Il CAP %(postal_code)s non risulta a %(city)s. Controllalo: se è giusto, prosegui.")
        ),
        "city_missing": Sentence(N_("Scrivi il comune.")),
        "city_too_long": Sentence(N_("Il comune ha al massimo %(maximum)s caratteri: ne hai scritti %(written)s.")),
        "city_characters": Sentence(N_("Il nome del comune contiene caratteri che non possiamo usare. Riscrivilo.")),
        "city_unknown": Sentence(
            N_("Non troviamo questo comune nell’elenco ISTAT. Se è una frazione, scrivi il comune.")
        ),
        "city_in_other_province": Sentence(
            N_("%(city)s risulta in provincia di %(expected)s, non di %(province)s. Controlla la provincia.")
        ),
        "province_missing": Sentence(N_("Scrivi la sigla della provincia, per esempio MI.")),
        "province_shape": Sentence(N_("La provincia si scrive con 2 lettere, per esempio MI.")),
        "province_unknown": Sentence(N_("Questa sigla di provincia non esiste. Per Milano è MI, per Roma è RM.")),
        "country_not_italy": Sentence(N_("Per ora attiviamo solo aziende con sede in Italia.")),
        # Activity
        "ateco_code_missing": Sentence(N_("Scegli il codice ATECO.")),
        "ateco_code_shape": Sentence(N_("Il codice ATECO ha 6 cifre, per esempio 62.10.00.")),
        "ateco_code_too_short": Sentence(
            N_("Il codice ATECO ha 6 cifre: ne hai scritte %(written)s. Cercalo nell’elenco."),
            N_("Il codice ATECO ha 6 cifre: ne hai scritta 1. Cercalo nell’elenco."),
        ),
        "ateco_code_unknown": Sentence(N_("Il codice %(code)s non è in nessuna edizione ATECO. Cercalo nell’elenco.")),
        "ateco_code_other_edition": Sentence(
            N_("Il codice %(code)s non è nell’ATECO %(edition)s: è nell’ATECO %(other_edition)s. Cambia edizione.")
        ),
        "ateco_edition_unknown": Sentence(N_("Scegli l’edizione ATECO: 2025, 2022 o 2007.")),
        "ateco_edition_old": Sentence(
            N_("Il codice %(code)s è dell’ATECO %(edition)s. Nell’ATECO 2025 è %(new_code)s.")
        ),
        "ateco_edition_old_several": Sentence(
            N_(
                "Il codice %(code)s è dell’ATECO %(edition)s. Nell’ATECO 2025 corrisponde a più codici, "
                "per esempio %(new_codes)s: scegli quello giusto."
            )
        ),
        "ateco_edition_old_unmapped": Sentence(
            N_("Il codice %(code)s è dell’ATECO %(edition)s. Cerca nell’elenco quello dell’ATECO 2025.")
        ),
        # Where to write
        "email_missing": Sentence(N_("Scrivi l’e-mail.")),
        "email_too_long": Sentence(N_("L’e-mail ha al massimo %(maximum)s caratteri: ne hai scritti %(written)s.")),
        "email_characters": Sentence(N_("L’e-mail non ha spazi né lettere accentate. Riscrivila.")),
        "email_shape": Sentence(N_("L’e-mail non è completa. Scrivila così: nome@dominio.it.")),
        "pec_missing": Sentence(N_("Scrivi la PEC.")),
        "pec_too_long": Sentence(N_("La PEC ha al massimo %(maximum)s caratteri: ne hai scritti %(written)s.")),
        "pec_characters": Sentence(N_("La PEC non ha spazi né lettere accentate. Riscrivila.")),
        "pec_shape": Sentence(N_("La PEC non è completa. Scrivila così: nome@pec.it.")),
        "pec_for_zeros": Sentence(N_("Con il codice destinatario 0000000 serve la PEC. Scrivila.")),
        "sdi_code_missing": Sentence(N_("Scrivi il codice destinatario.")),
        "sdi_code_or_pec_missing": Sentence(N_("Scrivi il codice destinatario, oppure la PEC.")),
        "sdi_code_length": Sentence(
            N_("Il codice destinatario ha 7 caratteri: ne hai scritti %(written)s."),
            N_("Il codice destinatario ha 7 caratteri: ne hai scritto 1."),
        ),
        "sdi_code_public_body": Sentence(
            N_(
                "Il codice destinatario ha 7 caratteri: ne hai scritti %(written)s. "
                "Quelli di 6 sono delle pubbliche amministrazioni, che qui non si attivano."
            )
        ),
        "sdi_code_characters": Sentence(N_("Il codice destinatario ha solo lettere e cifre, senza segni.")),
        "sdi_code_foreign": Sentence(
            N_("XXXXXXX indica un cliente estero. Per un’azienda italiana scrivi il suo codice, oppure la PEC.")
        ),
        "phone_missing": Sentence(N_("Scrivi il telefono.")),
        "phone_characters": Sentence(N_("Il telefono ha solo cifre. Il prefisso estero si scrive con + davanti.")),
        "phone_length": Sentence(
            N_("Il telefono ha da 5 a 12 cifre: ne hai scritte %(written)s."),
            N_("Il telefono ha da 5 a 12 cifre: ne hai scritta 1."),
        ),
        # Bank account and order reference
        "iban_missing": Sentence(N_("Scrivi l’IBAN.")),
        "iban_characters": Sentence(N_("L’IBAN ha solo lettere e cifre. Copialo dall’estratto conto.")),
        "iban_not_italian": Sentence(N_("Serve un IBAN italiano: inizia per IT.")),
        "iban_length": Sentence(
            N_("L’IBAN ha 27 caratteri: ne hai scritti %(written)s."), N_("L’IBAN ha 27 caratteri: ne hai scritto 1.")
        ),
        "iban_check_digits": Sentence(N_("L’IBAN non torna: un carattere è sbagliato. Copialo dall’estratto conto.")),
        "iban_account": Sentence(
            N_("L’IBAN non torna: banca o numero di conto non sono giusti. Copialo dall’estratto conto.")
        ),
        "purchase_order_ref_too_long": Sentence(
            N_("Il riferimento del tuo ordine ha al massimo %(maximum)s caratteri: ne hai scritti %(written)s.")
        ),
        "purchase_order_ref_characters": Sentence(
            N_("Nel riferimento del tuo ordine vanno lettere senza accenti, cifre e segni comuni.")
        ),
        # Doubts: the person may go on
        "tax_code_company_for_person": Sentence(
            N_("Per questa forma giuridica il codice fiscale di solito ha 16 caratteri. Se è giusto così, prosegui.")
        ),
        "tax_code_person_for_company": Sentence(
            N_("Per questa forma giuridica il codice fiscale di solito ha 11 cifre. Se è giusto così, prosegui.")
        ),
        "tax_code_differs_from_vat_number": Sentence(
            N_("Per le società codice fiscale e Partita IVA di solito sono uguali. Se è giusto così, prosegui.")
        ),
        "flat_rate_not_for_companies": Sentence(
            N_("Il regime forfettario è delle persone fisiche. Controlla la forma giuridica e il regime.")
        ),
        "ordinary_accounting_compulsory": Sentence(
            N_(
                "Questo coupon tiene la contabilità semplificata. Per %(legal_form)s è obbligatoria l’ordinaria: "
                "valuta un coupon Ordinaria."
            )
        ),
        "simplified_accounting_not_allowed": Sentence(
            N_("Per %(legal_form)s è obbligatoria la contabilità ordinaria. Controlla il regime contabile.")
        ),
        "accounting_beyond_coupon": Sentence(
            N_("Questo coupon tiene solo la contabilità semplificata. Per l’ordinaria serve un coupon Ordinaria.")
        ),
        "name_letters_differ": Sentence(
            N_("Il codice fiscale non corrisponde a nome e cognome. Controllali: se sono giusti, prosegui.")
        ),
        "representative_underage": Sentence(
            N_("Dal codice fiscale la persona risulta nata il %(born_on)s. Se è giusto così, prosegui.")
        ),
        "representative_is_not_owner": Sentence(
            N_("Il codice fiscale del rappresentante non è quello del titolare. Se è giusto così, prosegui.")
        ),
    }
)
