from datetime import date

import pytest

from entitlements.company_data import (
    LEGAL_FORMS,
    STEP_FIELDS,
    TAX_REGIMES,
    AccountingRegime,
    Activity,
    CompanyStep,
    LegalRepresentative,
    RegisteredOffice,
    TaxData,
    check_company,
    check_step,
    company_pointer,
    draft_from_json,
    sentence_of,
)

Draft = dict[str, str]


def errors_of(draft: Draft, today: date) -> dict[str, str]:
    return {problem.field: problem.code for problem in check_company(draft, today).errors}


def warnings_of(draft: Draft, today: date, accounting: AccountingRegime | None = None) -> dict[str, str]:
    check = check_company(draft, today, accounting_allowed=accounting)
    assert check.errors == ()
    return {problem.field: problem.code for problem in check.warnings}


def test_a_complete_company_has_neither_errors_nor_warnings(company: Draft, today: date) -> None:
    check = check_company(company, today)
    assert (check.errors, check.warnings) == ((), ())
    assert check.data is not None


def test_the_provisioning_call_gets_exactly_the_company_of_the_contract(company: Draft, today: date) -> None:
    data = check_company(company | {"pec": "brambilla@pec.example"}, today).data
    assert data is not None
    assert data.to_provisioning() == {
        "name": "Officina Brambilla",
        "vat_number": "06363391001",
        "tax_code": "06363391001",
        "legal_form": "GENERAL_PARTNERSHIP",
        "registered_office": {
            "street": "Via Roma 1",
            "postal_code": "20121",
            "city": "Milano",
            "province": "MI",
            "country": "IT",
        },
        "legal_representative": {
            "first_name": "Mario",
            "last_name": "Rossi",
            "tax_code": "RSSMRA80A01H501U",
            "email": None,
        },
        "ateco": {"code": "62.10.00", "edition": "2025"},
        "accounting_regime": "SIMPLIFIED",
        "tax_regime": "RF01",
        "pec": "brambilla@pec.example",
        "sdi_code": "M5UXCR1",
        "email": "info@brambilla.example",
    }


def test_the_json_of_the_api_is_read_into_the_same_fields(company: Draft, today: date) -> None:
    data = check_company(company, today).data
    assert data is not None
    assert check_company(draft_from_json(data.to_provisioning()), today).data == data
    assert draft_from_json({"name": 7, "registered_office": "Roma", "ateco": None, "pec": None}) == {}


def test_every_field_of_every_step_has_a_place_in_the_json() -> None:
    fields = [field for step in CompanyStep for field in STEP_FIELDS[step]]
    pointers = [company_pointer(field) for field in fields]
    assert len(set(pointers)) == len(fields) == 21
    assert company_pointer("postal_code") == "/company/registered_office/postal_code"
    assert company_pointer("representative_tax_code", root="") == "/legal_representative/tax_code"


def test_an_empty_form_asks_for_each_required_field_once(today: date) -> None:
    asked = [problem.field for problem in check_company({}, today).errors]
    assert len(asked) == len(set(asked)) == 16
    assert not {"country", "phone", "representative_email", "ateco_edition", "pec"} & set(asked)


def test_a_step_sees_only_its_own_errors(company: Draft, today: date) -> None:
    result = check_step(CompanyStep.TAX_DATA, {**company, "street": "", "vat_number": "1"}, {}, today)
    assert [problem.code for problem in result.errors] == ["vat_number_length"]
    assert result.values is None
    assert sentence_of(result.errors[0]) == "La Partita IVA ha 11 cifre: ne hai scritta 1."
    assert result.draft["vat_number"] == "1"
    assert result.draft["tax_code"] == "06363391001"


def test_each_step_gives_its_values(company: Draft, today: date) -> None:
    tax = check_step(CompanyStep.TAX_DATA, company, {}, today).values
    assert isinstance(tax, TaxData)
    assert tax.vat_number == "06363391001"
    office = check_step(CompanyStep.REGISTERED_OFFICE, company, company, today).values
    assert office == RegisteredOffice("Via Roma 1", "20121", "Milano", "MI", "IT")
    activity = check_step(CompanyStep.ACTIVITY, company, company, today).values
    assert isinstance(activity, Activity)
    assert activity.accounting_regime is AccountingRegime.SIMPLIFIED
    person = check_step(CompanyStep.LEGAL_REPRESENTATIVE, company, company, today).values
    assert person == LegalRepresentative("Mario", "Rossi", "RSSMRA80A01H501U", "")
    summary = check_step(CompanyStep.SUMMARY, {}, company, today)
    assert summary.values == check_company(company, today).data


def test_a_field_emptied_now_does_not_come_back_from_the_draft(company: Draft, today: date) -> None:
    without_street = {name: value for name, value in company.items() if name != "street"}
    result = check_step(CompanyStep.REGISTERED_OFFICE, without_street, company, today)
    assert [problem.code for problem in result.errors] == ["street_missing"]


def test_vat_number_and_tax_code_are_never_copied_one_to_the_other(company: Draft, today: date) -> None:
    assert errors_of(company | {"tax_code": ""}, today) == {"tax_code": "tax_code_missing"}
    assert errors_of(company | {"vat_number": ""}, today) == {"vat_number": "vat_number_missing"}


def test_an_association_may_have_a_tax_code_alone(company: Draft, today: date) -> None:
    association = company | {"legal_form": "ASSOCIATION", "vat_number": "", "tax_code": "97103880585"}
    data = check_company(association, today).data
    assert data is not None
    assert data.to_provisioning()["vat_number"] is None
    assert warnings_of(association | {"vat_number": "00743110157"}, today) == {}
    assert errors_of(association | {"tax_code": "00743110157"}, today) == {"vat_number": "vat_number_missing_for_body"}
    assert errors_of(association | {"legal_form": "LIMITED_COMPANY"}, today) == {"vat_number": "vat_number_missing"}


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("legal_form", "HOLDING", "legal_form_unknown"),
        ("tax_regime", "RF03", "tax_regime_unknown"),
        ("accounting_regime", "MIXED", "accounting_regime_unknown"),
        ("name", "x" * 81, "name_too_long"),
        ("name", "a\x00b", "name_characters"),
        ("name", "\u202eevil", "name_characters"),
        ("name", "株式会社", "name_characters"),
        ("name", "---", "name_characters"),
        ("street", "x" * 61, "street_too_long"),
        ("street", "x" * 10_000, "street_too_long"),
        ("first_name", "M4rio", "first_name_characters"),
        ("last_name", "", "last_name_missing"),
        ("country", "FR", "country_not_italy"),
        ("representative_tax_code", "00743110157", "tax_code_of_a_person"),
        ("representative_email", "x", "email_shape"),
        ("phone", "1", "phone_length"),
        ("ateco_edition", "1991", "ateco_edition_unknown"),
    ],
)
def test_one_wrong_field_is_one_error_at_that_field(
    company: Draft, today: date, field: str, value: str, code: str
) -> None:
    assert errors_of(company | {field: value}, today) == {field: code}


@pytest.mark.parametrize(
    ("pec", "sdi_code", "problems"),
    [
        ("", "", {"sdi_code": "sdi_code_or_pec_missing"}),
        ("", "0000000", {"pec": "pec_for_zeros"}),
        ("x", "0000000", {"pec": "pec_shape"}),
        ("x", "", {"pec": "pec_shape"}),
        ("a@pec.example", "M5UXCR", {"sdi_code": "sdi_code_public_body"}),
        ("a@pec.example", "0000000", {}),
        ("", "M5UXCR1", {}),
    ],
)
def test_recipient_code_or_pec_one_of_the_two(
    company: Draft, today: date, pec: str, sdi_code: str, problems: dict[str, str]
) -> None:
    assert errors_of(company | {"pec": pec, "sdi_code": sdi_code}, today) == problems


def test_with_the_pec_alone_the_recipient_code_is_zeros(company: Draft, today: date) -> None:
    data = check_company(company | {"pec": "a@pec.example", "sdi_code": ""}, today).data
    assert data is not None
    assert (data.activity.sdi_code, data.activity.pec) == ("0000000", "a@pec.example")


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"tax_code": "00743110157"}, "tax_code", "tax_code_differs_from_vat_number"),
        ({"tax_code": "RSSMRA80A01H501U"}, "tax_code", "tax_code_person_for_company"),
        ({"legal_form": "SOLE_TRADER"}, "tax_code", "tax_code_company_for_person"),
        ({"tax_regime": "RF19"}, "tax_regime", "flat_rate_not_for_companies"),
        ({"postal_code": "00118"}, "postal_code", "postal_code_of_other_city"),
        ({"city": "Quarto Oggiaro"}, "city", "city_unknown"),
        ({"city": "Torino"}, "province", "city_in_other_province"),
        ({"first_name": "Luigi"}, "representative_tax_code", "name_letters_differ"),
        (
            {"first_name": "Matteo", "last_name": "Moretti", "representative_tax_code": "MRTMTT25D09F205Z"},
            "representative_tax_code",
            "representative_underage",
        ),
        ({"ateco_code": "62.01.00", "ateco_edition": ""}, "ateco_code", "ateco_edition_old"),
        ({"ateco_code": "47.91.10", "ateco_edition": "2022"}, "ateco_code", "ateco_edition_old_several"),
        ({"ateco_code": "16.23.20", "ateco_edition": "2007"}, "ateco_code", "ateco_edition_old_unmapped"),
        ({"legal_form": "LIMITED_COMPANY"}, "accounting_regime", "simplified_accounting_not_allowed"),
    ],
)
def test_a_doubt_is_a_warning_and_stops_nobody(
    company: Draft, today: date, changes: Draft, field: str, code: str
) -> None:
    assert warnings_of(company | changes, today) == {field: code}


def test_a_sole_trader_is_normally_the_representative(company: Draft, today: date) -> None:
    trader = company | {"legal_form": "SOLE_TRADER", "tax_regime": "RF19", "tax_code": "BNCGLI85A41F205K"}
    assert warnings_of(trader, today) == {"representative_tax_code": "representative_is_not_owner"}
    same = trader | {"first_name": "Giulia", "last_name": "Bianchi", "representative_tax_code": "bnc gli85a41f205k"}
    assert warnings_of(same, today) == {}


def test_a_simplified_coupon_warns_companies_bound_to_ordinary_accounting(company: Draft, today: date) -> None:
    limited = company | {"legal_form": "LIMITED_COMPANY", "accounting_regime": "ORDINARY"}
    assert warnings_of(limited, today, AccountingRegime.ORDINARY) == {}
    assert warnings_of(limited, today, AccountingRegime.SIMPLIFIED) == {
        "legal_form": "ordinary_accounting_compulsory",
        "accounting_regime": "accounting_beyond_coupon",
    }
    assert warnings_of(company, today, AccountingRegime.SIMPLIFIED) == {}


def test_province_and_single_postcode_follow_from_the_comune(company: Draft, today: date) -> None:
    short = company | {"city": "cortina d’ampezzo", "province": "", "postal_code": ""}
    data = check_company(short, today).data
    assert data is not None
    office = data.registered_office
    assert (office.city, office.province, office.postal_code) == ("Cortina d'Ampezzo", "BL", "32043")
    assert errors_of(company | {"province": "", "postal_code": ""}, today) == {"postal_code": "postal_code_missing"}
    assert errors_of(company | {"city": "Samone", "province": ""}, today) == {"province": "province_missing"}


def test_the_tables_hold_what_the_law_lists() -> None:
    assert "RF03" not in TAX_REGIMES
    assert len(TAX_REGIMES) == 18
    bound = {form.label for form in LEGAL_FORMS.values() if form.ordinary_accounting}
    assert {"S.r.l.", "S.p.A."} <= bound
    assert not any(form.ordinary_accounting for form in LEGAL_FORMS.values() if form.is_person)
