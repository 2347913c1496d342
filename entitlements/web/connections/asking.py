"""What the pages of connections read from their forms, and how often somebody may ask."""

from datetime import timedelta
from uuid import UUID

from flask import request
from flask_babel import gettext as _

from entitlements.company_data import Problem, sentence_of
from entitlements.company_data.identifiers import check_tax_code, check_vat_number
from foundation.principal import Principal
from foundation.throttle import Limit, count_try

ASKED_PER_PARTY = Limit(20, timedelta(hours=1))


def identifier_field() -> tuple[str, str]:
    """The VAT number or tax code of the form and, when it is none, the sentence that says so."""
    typed = "".join(request.form.get("identifier", "").upper().split()).removeprefix("IT")
    if not typed:
        return "", str(_("Scrivi la Partita IVA o il codice fiscale."))
    as_number, as_code = check_vat_number(typed), check_tax_code(typed)
    if isinstance(as_number, str):
        return as_number, ""
    if isinstance(as_code, str):
        return as_code, ""
    wrong: Problem = as_number if typed.isdigit() else as_code
    return typed, sentence_of(wrong, _)


def wait_to_ask(by: Principal) -> str:
    """The sentence that asks to wait when this party has asked others too often; counts this time."""
    if count_try(f"link-requests:{by.party_id}", ASKED_PER_PARTY) is None:
        return ""
    return str(_("Hai già fatto molte richieste. Riprova tra un’ora."))


def party_of(by: Principal) -> UUID:
    """The party this principal acts for; access has been checked, so there is one."""
    assert by.party_id is not None  # noqa: S101 - narrows the type
    return by.party_id
