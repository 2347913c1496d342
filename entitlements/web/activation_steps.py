"""The five steps of the activation form: their addresses, titles, and where a draft goes on."""

from collections.abc import Mapping

from flask_babel import gettext as _

from entitlements.company_data import STEP_FIELDS, CompanyStep
from entitlements.drafts import Draft

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


def slug_of(step: CompanyStep) -> str:
    """How an address names a step."""
    return _SLUGS[step]


def step_of_field(field: str) -> CompanyStep:
    """The step that asks for a field."""
    return _STEP_OF_FIELD[field]


def step_after(step: CompanyStep) -> CompanyStep:
    """The step that follows; the summary is the last."""
    return STEPS[min(STEPS.index(step) + 1, len(STEPS) - 1)]


def resume_at(draft: Draft | None) -> CompanyStep:
    """Where to go on: what the draft says, or the beginning."""
    known = {step.value: step for step in STEPS}
    return known.get(draft.step, CompanyStep.TAX_DATA) if draft is not None else CompanyStep.TAX_DATA


def further(draft: Draft | None, step: CompanyStep) -> CompanyStep:
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
