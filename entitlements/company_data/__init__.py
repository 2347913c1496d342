"""Rules that check the master data of companies and studios. Pure: no web, no database, no clock, no network."""

from entitlements.company_data.addresses import check_email, check_pec, check_phone, check_sdi_code
from entitlements.company_data.ateco_codes import (
    AtecoCode,
    check_ateco,
    default_edition,
    in_edition_2025,
    search_ateco,
)
from entitlements.company_data.bank_account import check_iban
from entitlements.company_data.company_form import (
    STEP_FIELDS,
    CompanyCheck,
    CompanyStep,
    StepResult,
    check_company,
    check_step,
)
from entitlements.company_data.company_record import (
    Activity,
    CompanyData,
    LegalRepresentative,
    RegisteredOffice,
    TaxData,
    company_pointer,
    draft_from_json,
)
from entitlements.company_data.identifiers import check_tax_code, check_vat_number
from entitlements.company_data.legal_forms import FLAT_RATE, LEGAL_FORMS, TAX_REGIMES, AccountingRegime
from entitlements.company_data.offices import check_postal_code, check_province
from entitlements.company_data.person_codes import PersonFacts, person_facts
from entitlements.company_data.places import Place, place_by_name, places_by_postal_code, provinces, search_places
from entitlements.company_data.plain_text import check_line, check_note
from entitlements.company_data.problems import Problem
from entitlements.company_data.sentences import SENTENCES, sentence_of
from entitlements.company_data.studio_form import (
    BillingData,
    StudioData,
    check_billing,
    check_purchase_order_ref,
    check_studio,
    studio_pointer,
)

__all__ = [
    "FLAT_RATE",
    "LEGAL_FORMS",
    "SENTENCES",
    "STEP_FIELDS",
    "TAX_REGIMES",
    "AccountingRegime",
    "Activity",
    "AtecoCode",
    "BillingData",
    "CompanyCheck",
    "CompanyData",
    "CompanyStep",
    "LegalRepresentative",
    "PersonFacts",
    "Place",
    "Problem",
    "RegisteredOffice",
    "StepResult",
    "StudioData",
    "TaxData",
    "check_ateco",
    "check_billing",
    "check_company",
    "check_email",
    "check_iban",
    "check_line",
    "check_note",
    "check_pec",
    "check_phone",
    "check_postal_code",
    "check_province",
    "check_purchase_order_ref",
    "check_sdi_code",
    "check_step",
    "check_studio",
    "check_tax_code",
    "check_vat_number",
    "company_pointer",
    "default_edition",
    "draft_from_json",
    "in_edition_2025",
    "person_facts",
    "place_by_name",
    "places_by_postal_code",
    "provinces",
    "search_ateco",
    "search_places",
    "sentence_of",
    "studio_pointer",
]
