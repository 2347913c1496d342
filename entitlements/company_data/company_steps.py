"""The rules of each step of the activation form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from entitlements.company_data.addresses import DELIVER_BY_PEC, check_email, check_pec, check_phone, check_sdi_code
from entitlements.company_data.ateco_codes import AtecoCode, check_ateco, in_edition_2025
from entitlements.company_data.identifiers import (
    check_tax_code,
    check_vat_number,
    is_body_tax_code,
    is_person_tax_code,
)
from entitlements.company_data.legal_forms import (
    FLAT_RATE,
    LEGAL_FORMS,
    TAX_REGIMES,
    AccountingRegime,
    LegalForm,
)
from entitlements.company_data.offices import check_address
from entitlements.company_data.person_codes import first_name_letters, is_adult, last_name_letters, person_facts
from entitlements.company_data.plain_text import NAME_LENGTH, check_line, check_person_name, compact, raw_text
from entitlements.company_data.problems import Findings, Problem

_LETTERS_OF_NAMES = 6
_CODES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Given:
    """What a rule looks at: the fields of the step and of the steps before, the day, the coupon's limit if any.

    `accounting_allowed` is the accounting regime the coupon's type keeps.
    """

    raw: Mapping[str, str]
    today: date
    accounting_allowed: AccountingRegime | None


def check_tax_data(given: Given, findings: Findings) -> None:
    """Tax data: VAT number, tax code, name, legal form, tax regime."""
    raw = given.raw
    form = LEGAL_FORMS.get(findings.take("legal_form", _choice(raw, "legal_form", tuple(LEGAL_FORMS))) or "")
    regime = findings.take("tax_regime", _choice(raw, "tax_regime", tuple(TAX_REGIMES)))
    findings.take("name", check_line(raw_text(raw, "name"), "name", "name", NAME_LENGTH))
    tax_code = findings.take("tax_code", check_tax_code(raw_text(raw, "tax_code")))
    vat_number = findings.take("vat_number", _vat_number(raw, tax_code, form))
    if form and tax_code:
        _warn_of_tax_code(form, tax_code, vat_number, findings)
    if form and not form.is_person and regime == FLAT_RATE:
        findings.warn("tax_regime", "flat_rate_not_for_companies")
    if form and form.ordinary_accounting and given.accounting_allowed is AccountingRegime.SIMPLIFIED:
        findings.warn("legal_form", "ordinary_accounting_compulsory", legal_form=form.label)


def _choice(raw: Mapping[str, str], field: str, known: tuple[str, ...]) -> str | Problem:
    written = compact(raw_text(raw, field))
    if not written:
        return Problem(field, f"{field}_missing")
    return written if written in known else Problem(field, f"{field}_unknown")


def _vat_number(raw: Mapping[str, str], tax_code: str, form: LegalForm | None) -> str | Problem:
    """The VAT number; an association, foundation or other body may have only a tax code from 8 or 9."""
    written = raw_text(raw, "vat_number")
    if compact(written) or (form and not form.may_lack_vat_number):
        return check_vat_number(written)
    if is_body_tax_code(tax_code):
        return ""
    return Problem("vat_number", "vat_number_missing_for_body" if form else "vat_number_missing")


def _warn_of_tax_code(form: LegalForm, tax_code: str, vat_number: str, findings: Findings) -> None:
    if form.is_person and not is_person_tax_code(tax_code):
        findings.warn("tax_code", "tax_code_company_for_person")
    elif not form.is_person and is_person_tax_code(tax_code):
        findings.warn("tax_code", "tax_code_person_for_company")
    elif not form.is_person and not form.may_lack_vat_number and vat_number and vat_number != tax_code:
        findings.warn("tax_code", "tax_code_differs_from_vat_number")


def check_registered_office(given: Given, findings: Findings) -> None:
    """Registered office, in Italy."""
    check_address(given.raw, findings)


def check_representative(given: Given, findings: Findings) -> None:
    """Legal representative: a person, with names and tax code; the e-mail is optional."""
    raw = given.raw
    first_name = findings.take("first_name", check_person_name(raw_text(raw, "first_name"), "first_name", "first_name"))
    last_name = findings.take("last_name", check_person_name(raw_text(raw, "last_name"), "last_name", "last_name"))
    field = "representative_tax_code"
    tax_code = findings.take(field, check_tax_code(raw_text(raw, field), field))
    if tax_code and not is_person_tax_code(tax_code):
        findings.refuse(field, "tax_code_of_a_person")
        tax_code = ""
    _take_optional_email(raw, "representative_email", findings)
    if tax_code:
        _warn_of_person(given, tax_code, (last_name, first_name), findings)


def _take_optional_email(raw: Mapping[str, str], field: str, findings: Findings) -> None:
    written = raw_text(raw, field).strip()
    findings.take(field, check_email(written, field) if written else "")


def _warn_of_person(given: Given, tax_code: str, names: tuple[str, str], findings: Findings) -> None:
    field = "representative_tax_code"
    last_name, first_name = names
    letters = last_name_letters(last_name) + first_name_letters(first_name)
    if last_name and first_name and tax_code[:_LETTERS_OF_NAMES] != letters:
        findings.warn(field, "name_letters_differ")
    facts = person_facts(tax_code, given.today)
    if facts and not is_adult(facts, given.today):
        findings.warn(field, "representative_underage", born_on=facts.born_on.strftime("%d/%m/%Y"))
    form = LEGAL_FORMS.get(raw_text(given.raw, "legal_form"))
    owner = compact(raw_text(given.raw, "tax_code"))
    if form and form.is_person and is_person_tax_code(owner) and owner != tax_code:
        findings.warn(field, "representative_is_not_owner")


def check_activity(given: Given, findings: Findings) -> None:
    """Activity, accounting regime, and where the company is written to."""
    raw = given.raw
    activity = check_ateco(raw_text(raw, "ateco_code"), raw_text(raw, "ateco_edition"), given.today)
    if isinstance(activity, Problem):
        findings.refuse(activity.field, activity.code, **activity.values)
    else:
        findings.values |= {"ateco_code": activity.code, "ateco_edition": activity.edition}
        _warn_of_old_edition(activity, findings)
    regime = findings.take("accounting_regime", _choice(raw, "accounting_regime", tuple(AccountingRegime)))
    _warn_of_accounting(given, regime, findings)
    findings.take("email", check_email(raw_text(raw, "email")))
    check_delivery(raw, findings)
    take_optional_phone(raw, findings)


def _warn_of_old_edition(activity: AtecoCode, findings: Findings) -> None:
    successors = in_edition_2025(activity)
    if [successor.code for successor in successors] == [activity.code]:
        return
    facts = {"code": activity.code, "edition": activity.edition}
    if len(successors) == 1:
        findings.warn("ateco_code", "ateco_edition_old", new_code=successors[0].code, **facts)
    elif successors:
        shown = ", ".join(successor.code for successor in successors[:_CODES_SHOWN])
        findings.warn("ateco_code", "ateco_edition_old_several", new_codes=shown, **facts)
    else:
        findings.warn("ateco_code", "ateco_edition_old_unmapped", **facts)


def _warn_of_accounting(given: Given, regime: str, findings: Findings) -> None:
    form = LEGAL_FORMS.get(raw_text(given.raw, "legal_form"))
    if regime == AccountingRegime.SIMPLIFIED and form and form.ordinary_accounting:
        findings.warn("accounting_regime", "simplified_accounting_not_allowed", legal_form=form.label)
    if regime == AccountingRegime.ORDINARY and given.accounting_allowed is AccountingRegime.SIMPLIFIED:
        findings.warn("accounting_regime", "accounting_beyond_coupon")


def check_delivery(raw: Mapping[str, str], findings: Findings) -> None:
    """SDI recipient code or PEC, one of the two. With the PEC alone the code is 0000000, which asks for the PEC."""
    pec_written = raw_text(raw, "pec").strip()
    code_written = compact(raw_text(raw, "sdi_code"))
    pec = findings.take("pec", check_pec(pec_written) if pec_written else "")
    if not code_written and not pec_written:
        findings.refuse("sdi_code", "sdi_code_or_pec_missing")
        return
    code = findings.take("sdi_code", check_sdi_code(raw_text(raw, "sdi_code")) if code_written else DELIVER_BY_PEC)
    if code == DELIVER_BY_PEC and not pec and not findings.failed("pec"):
        findings.refuse("pec", "pec_for_zeros")


def take_optional_phone(raw: Mapping[str, str], findings: Findings) -> None:
    """The telephone, when one is written."""
    written = raw_text(raw, "phone").strip()
    findings.take("phone", check_phone(written) if written else "")
