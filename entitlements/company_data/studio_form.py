"""The data of a studio: at registration, and as billing data at the checkout, where any buyer gives the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from entitlements.company_data.addresses import check_email
from entitlements.company_data.company_steps import check_delivery, take_optional_phone
from entitlements.company_data.identifiers import check_tax_code, check_vat_number, is_body_tax_code
from entitlements.company_data.offices import check_address
from entitlements.company_data.plain_text import (
    NAME_LENGTH,
    check_line,
    compact,
    is_ascii_visible,
    keepable,
    plain,
    raw_text,
)
from entitlements.company_data.problems import Findings, Problem

PURCHASE_ORDER_REF_LENGTH = 20
STUDIO_FIELDS = (
    "vat_number",
    "tax_code",
    "name",
    "street",
    "postal_code",
    "city",
    "province",
    "country",
    "email",
    "pec",
    "sdi_code",
    "phone",
)
BILLING_FIELDS = (*STUDIO_FIELDS, "purchase_order_ref")


@dataclass(frozen=True, slots=True)
class StudioData:
    """Who is invoiced and where. `pec` and `phone` may be empty; `vat_number` only for a body that has none."""

    vat_number: str
    tax_code: str
    name: str
    street: str
    postal_code: str
    city: str
    province: str
    country: str
    email: str
    pec: str
    sdi_code: str
    phone: str


@dataclass(frozen=True, slots=True)
class BillingData:
    """The data of an invoice: the buyer, and the reference of the buyer's own order, possibly empty."""

    buyer: StudioData
    purchase_order_ref: str


@dataclass(frozen=True, slots=True)
class StudioCheck:
    """A studio's form checked: the data only when there are no errors; the draft can always be kept and shown."""

    data: StudioData | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    draft: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BillingCheck:
    """Billing data checked, in the same manner."""

    data: BillingData | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    draft: Mapping[str, str]


def check_studio(raw: Mapping[str, str]) -> StudioCheck:
    """Check registration data: all fields but PEC or recipient code (one of the two) and telephone are required."""
    findings = _studio_findings(raw)
    data = None if findings.errors else _studio(findings)
    return StudioCheck(data, tuple(findings.errors), tuple(findings.warnings), _draft(raw, findings, STUDIO_FIELDS))


def check_billing(raw: Mapping[str, str]) -> BillingCheck:
    """Check billing data at the checkout: a studio's data and an optional `purchase_order_ref`."""
    findings = _studio_findings(raw)
    reference = findings.take("purchase_order_ref", check_purchase_order_ref(raw_text(raw, "purchase_order_ref")))
    data = None if findings.errors else BillingData(_studio(findings), reference)
    return BillingCheck(data, tuple(findings.errors), tuple(findings.warnings), _draft(raw, findings, BILLING_FIELDS))


def check_purchase_order_ref(text: str, field: str = "purchase_order_ref") -> str | Problem:
    """The reference of the buyer's order, at most 20 characters of Basic Latin as the invoice takes it; may be empty.

    Errors: `purchase_order_ref_too_long`, `purchase_order_ref_characters`.
    """
    reference = plain(text)
    if len(reference) > PURCHASE_ORDER_REF_LENGTH:
        facts = {"maximum": str(PURCHASE_ORDER_REF_LENGTH), "written": str(len(reference))}
        return Problem(field, "purchase_order_ref_too_long", facts)
    return reference if is_ascii_visible(reference) else Problem(field, "purchase_order_ref_characters")


def studio_pointer(field: str, root: str = "/billing") -> str:
    """The JSON pointer of a field of the studio's form, whose JSON is as flat as the form."""
    return f"{root}/{field}"


def _studio_findings(raw: Mapping[str, str]) -> Findings:
    findings = Findings()
    findings.take("name", check_line(raw_text(raw, "name"), "name", "name", NAME_LENGTH))
    tax_code = findings.take("tax_code", check_tax_code(raw_text(raw, "tax_code")))
    written = raw_text(raw, "vat_number")
    lacks = not compact(written) and is_body_tax_code(tax_code)
    findings.take("vat_number", "" if lacks else check_vat_number(written))
    check_address(raw, findings)
    findings.take("email", check_email(raw_text(raw, "email")))
    check_delivery(raw, findings)
    take_optional_phone(raw, findings)
    return findings


def _studio(findings: Findings) -> StudioData:
    return StudioData(**{name: findings.values[name] for name in STUDIO_FIELDS})


def _draft(raw: Mapping[str, str], findings: Findings, fields: tuple[str, ...]) -> dict[str, str]:
    return {name: findings.values.get(name, keepable(raw_text(raw, name))) for name in fields}
