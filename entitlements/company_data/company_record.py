"""The checked master data of a company, and the three shapes it travels in: form draft, JSON, provisioning call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from entitlements.company_data.legal_forms import AccountingRegime


@dataclass(frozen=True, slots=True)
class TaxData:
    """First step. `vat_number` is empty only for a body that has none; it and `tax_code` are never copied."""

    vat_number: str
    tax_code: str
    name: str
    legal_form: str
    tax_regime: str


@dataclass(frozen=True, slots=True)
class RegisteredOffice:
    """Second step: the sede legale, in Italy."""

    street: str
    postal_code: str
    city: str
    province: str
    country: str


@dataclass(frozen=True, slots=True)
class LegalRepresentative:
    """Third step. `email` may be empty."""

    first_name: str
    last_name: str
    tax_code: str
    email: str


@dataclass(frozen=True, slots=True)
class Activity:
    """Fourth step: what the company does, how it keeps the books, where it is reached. `pec`, `phone` may be empty."""

    ateco_code: str
    ateco_edition: str
    accounting_regime: AccountingRegime
    email: str
    pec: str
    sdi_code: str
    phone: str


@dataclass(frozen=True, slots=True)
class CompanyData:
    """The whole master data asked at activation (domain rules F003-11, F003-12), checked and normalised."""

    tax: TaxData
    registered_office: RegisteredOffice
    legal_representative: LegalRepresentative
    activity: Activity

    def to_provisioning(self) -> dict[str, object]:
        """The `company` object of the provisioning call (model rule M25). What the company lacks is null."""
        return {
            "name": self.tax.name,
            "vat_number": self.tax.vat_number or None,
            "tax_code": self.tax.tax_code,
            "legal_form": self.tax.legal_form,
            "registered_office": {
                "street": self.registered_office.street,
                "postal_code": self.registered_office.postal_code,
                "city": self.registered_office.city,
                "province": self.registered_office.province,
                "country": self.registered_office.country,
            },
            "legal_representative": {
                "first_name": self.legal_representative.first_name,
                "last_name": self.legal_representative.last_name,
                "tax_code": self.legal_representative.tax_code,
                "email": self.legal_representative.email or None,
            },
            "ateco": {"code": self.activity.ateco_code, "edition": self.activity.ateco_edition},
            "accounting_regime": self.activity.accounting_regime.value,
            "tax_regime": self.tax.tax_regime,
            "pec": self.activity.pec or None,
            "sdi_code": self.activity.sdi_code,
            "email": self.activity.email,
        }


POINTERS = MappingProxyType(
    {
        "vat_number": "/vat_number",
        "tax_code": "/tax_code",
        "name": "/name",
        "legal_form": "/legal_form",
        "tax_regime": "/tax_regime",
        "street": "/registered_office/street",
        "postal_code": "/registered_office/postal_code",
        "city": "/registered_office/city",
        "province": "/registered_office/province",
        "country": "/registered_office/country",
        "first_name": "/legal_representative/first_name",
        "last_name": "/legal_representative/last_name",
        "representative_tax_code": "/legal_representative/tax_code",
        "representative_email": "/legal_representative/email",
        "ateco_code": "/ateco/code",
        "ateco_edition": "/ateco/edition",
        "accounting_regime": "/accounting_regime",
        "email": "/email",
        "pec": "/pec",
        "sdi_code": "/sdi_code",
        "phone": "/phone",
    }
)
"""Every field of the company's form, with its place in the `company` object."""


def company_pointer(field: str, root: str = "/company") -> str:
    """The JSON pointer of a field of the company's form."""
    return root + POINTERS[field]


def draft_from_json(company: Mapping[str, object]) -> dict[str, str]:
    """The flat fields of a `company` object as the API takes it; what is absent, null or no text is left out."""
    draft: dict[str, str] = {}
    for field, pointer in POINTERS.items():
        value: object = company
        for key in pointer.strip("/").split("/"):
            value = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, str):
            draft[field] = value
    return draft
