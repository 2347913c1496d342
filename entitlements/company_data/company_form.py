"""The activation form, step by step and as a whole (domain rules F003-11, F003-12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from entitlements.company_data.company_record import (
    Activity,
    CompanyData,
    LegalRepresentative,
    RegisteredOffice,
    TaxData,
)
from entitlements.company_data.company_steps import (
    Given,
    check_activity,
    check_registered_office,
    check_representative,
    check_tax_data,
)
from entitlements.company_data.legal_forms import AccountingRegime
from entitlements.company_data.plain_text import keepable, raw_text
from entitlements.company_data.problems import Findings, Problem


class CompanyStep(StrEnum):
    """The five steps, in order."""

    TAX_DATA = "tax_data"
    REGISTERED_OFFICE = "registered_office"
    LEGAL_REPRESENTATIVE = "legal_representative"
    ACTIVITY = "activity"
    SUMMARY = "summary"


STEP_FIELDS: Mapping[CompanyStep, tuple[str, ...]] = MappingProxyType(
    {
        CompanyStep.TAX_DATA: ("vat_number", "tax_code", "name", "legal_form", "tax_regime"),
        CompanyStep.REGISTERED_OFFICE: ("street", "postal_code", "city", "province", "country"),
        CompanyStep.LEGAL_REPRESENTATIVE: (
            "first_name",
            "last_name",
            "representative_tax_code",
            "representative_email",
        ),
        CompanyStep.ACTIVITY: (
            "ateco_code",
            "ateco_edition",
            "accounting_regime",
            "email",
            "pec",
            "sdi_code",
            "phone",
        ),
        CompanyStep.SUMMARY: (),
    }
)
"""The fields each step asks for; their names are unique in the whole form, so one flat draft holds them all."""

StepValues = TaxData | RegisteredOffice | LegalRepresentative | Activity | CompanyData
_Rule = Callable[[Given, Findings], None]
_RULES: tuple[tuple[CompanyStep, _Rule], ...] = (
    (CompanyStep.TAX_DATA, check_tax_data),
    (CompanyStep.REGISTERED_OFFICE, check_registered_office),
    (CompanyStep.LEGAL_REPRESENTATIVE, check_representative),
    (CompanyStep.ACTIVITY, check_activity),
)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step gave: the values, only when there are no errors, and a draft that can always be kept.

    `draft` holds every field of the step: normalised where it passed, else what was written, cut and without hidden
    characters. `warnings` never stop the person.
    """

    values: StepValues | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    draft: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CompanyCheck:
    """The whole form checked: the data, only when there are no errors."""

    data: CompanyData | None
    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    draft: Mapping[str, str]


def check_step(
    step: CompanyStep,
    raw: Mapping[str, str],
    known: Mapping[str, str],
    today: date,
    *,
    accounting_allowed: AccountingRegime | None = None,
) -> StepResult:
    """Check one step. `known` is the draft of the steps before; `raw` is what was sent now and wins over it.

    `accounting_allowed` is the accounting the coupon's type keeps, where it is limited: only a reason to warn.
    """
    if step is CompanyStep.SUMMARY:
        check = check_company({**known, **raw}, today, accounting_allowed=accounting_allowed)
        return StepResult(check.data, check.errors, check.warnings, check.draft)
    # A field of this step that was emptied must not come back from the draft.
    before = {name: value for name, value in known.items() if name not in STEP_FIELDS[step]}
    findings, draft = _checked(step, Given({**before, **raw}, today, accounting_allowed))
    values = None if findings.errors else _values_of(step, findings.values)
    return StepResult(values, tuple(findings.errors), tuple(findings.warnings), draft)


def check_company(
    raw: Mapping[str, str], today: date, *, accounting_allowed: AccountingRegime | None = None
) -> CompanyCheck:
    """Check the whole form, from the flat draft of the wizard or from `draft_from_json` of an API call."""
    values: dict[str, str] = {}
    errors: list[Problem] = []
    warnings: list[Problem] = []
    draft: dict[str, str] = {}
    for step, _ in _RULES:
        findings, kept = _checked(step, Given({**raw, **draft}, today, accounting_allowed))
        values |= findings.values
        draft |= kept
        errors += findings.errors
        warnings += findings.warnings
    return CompanyCheck(None if errors else _company(values), tuple(errors), tuple(warnings), draft)


def _checked(step: CompanyStep, given: Given) -> tuple[Findings, dict[str, str]]:
    findings = Findings()
    dict(_RULES)[step](given, findings)
    draft = {name: findings.values.get(name, keepable(raw_text(given.raw, name))) for name in STEP_FIELDS[step]}
    return findings, draft


def _values_of(step: CompanyStep, values: Mapping[str, str]) -> StepValues:
    if step is CompanyStep.TAX_DATA:
        return TaxData(**_named(values, step))
    if step is CompanyStep.REGISTERED_OFFICE:
        return RegisteredOffice(**_named(values, step))
    if step is CompanyStep.LEGAL_REPRESENTATIVE:
        return _representative(values)
    return _activity(values)


def _named(values: Mapping[str, str], step: CompanyStep) -> dict[str, str]:
    return {name: values[name] for name in STEP_FIELDS[step]}


def _representative(values: Mapping[str, str]) -> LegalRepresentative:
    return LegalRepresentative(
        values["first_name"],
        values["last_name"],
        values["representative_tax_code"],
        values["representative_email"],
    )


def _activity(values: Mapping[str, str]) -> Activity:
    return Activity(
        ateco_code=values["ateco_code"],
        ateco_edition=values["ateco_edition"],
        accounting_regime=AccountingRegime(values["accounting_regime"]),
        email=values["email"],
        pec=values["pec"],
        sdi_code=values["sdi_code"],
        phone=values["phone"],
    )


def _company(values: Mapping[str, str]) -> CompanyData:
    return CompanyData(
        TaxData(**_named(values, CompanyStep.TAX_DATA)),
        RegisteredOffice(**_named(values, CompanyStep.REGISTERED_OFFICE)),
        _representative(values),
        _activity(values),
    )
