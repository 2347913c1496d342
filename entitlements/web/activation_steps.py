"""The five steps of the activation form: their addresses, titles, and where a draft goes on."""

from collections.abc import Mapping
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from entitlements.company_data import STEP_FIELDS, CompanyStep
from entitlements.drafts import ActivationDraft

STEPS = tuple(CompanyStep)
_SLUGS = {
    CompanyStep.TAX_DATA: "dati-fiscali",
    CompanyStep.REGISTERED_OFFICE: "sede",
    CompanyStep.LEGAL_REPRESENTATIVE: "rappresentante",
    CompanyStep.ACTIVITY: "attivita",
    CompanyStep.SUMMARY: "riepilogo",
}
_BY_SLUG = {slug: step for step, slug in _SLUGS.items()}
_STEP_OF_FIELD = {name: step for step, names in STEP_FIELDS.items() for name in names}


def step_by_slug(slug: str) -> CompanyStep | None:
    """The step an address names."""
    return _BY_SLUG.get(slug)


def step_url(coupon_id: UUID, step: CompanyStep, field: str = "") -> str:
    """The page of a step, at one of its fields."""
    return url_for("activation.show", coupon_id=coupon_id, slug=_SLUGS[step], _anchor=field or None)


def field_url(coupon_id: UUID, field: str) -> str:
    """The page that asks for a field, at that field."""
    return step_url(coupon_id, _STEP_OF_FIELD[field], field)


def step_after(step: CompanyStep) -> CompanyStep:
    """The step that follows; the summary is the last."""
    return STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]


def resume_at(draft: ActivationDraft | None) -> CompanyStep:
    """Where to go on: what the draft says, or the beginning."""
    known = {step.value: step for step in STEPS}
    return known.get(draft.step, CompanyStep.TAX_DATA) if draft is not None else CompanyStep.TAX_DATA


def further(draft: ActivationDraft | None, step: CompanyStep) -> CompanyStep:
    """The later of where the draft stands and `step`: correcting an early page loses nobody their place."""
    return max(resume_at(draft), step, key=STEPS.index)


def titles() -> Mapping[CompanyStep, str]:
    """The heading of each page."""
    return {
        CompanyStep.TAX_DATA: _("Dati fiscali"),
        CompanyStep.REGISTERED_OFFICE: _("Sede legale"),
        CompanyStep.LEGAL_REPRESENTATIVE: _("Legale rappresentante"),
        CompanyStep.ACTIVITY: _("Attività e contatti"),
        CompanyStep.SUMMARY: _("Riepilogo"),
    }


def labels() -> list[str]:
    """The short names in the bar."""
    return [_("Dati fiscali"), _("Sede"), _("Rappresentante"), _("Attività"), _("Riepilogo")]


def urls_reached(coupon_id: UUID, draft: ActivationDraft | None) -> dict[int, str]:
    """Pages that may be opened from the bar: those already reached."""
    last = STEPS.index(resume_at(draft))
    return {number: step_url(coupon_id, step) for number, step in enumerate(STEPS, start=1) if number <= last + 1}
