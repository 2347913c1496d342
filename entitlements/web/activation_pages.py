"""The pages of the company form, the same for a studio's coupon and for a client's invitation."""

from flask import render_template
from sqlalchemy.orm import Session

from entitlements.company_data import LEGAL_FORMS, TAX_REGIMES
from entitlements.web import activation_steps as steps
from entitlements.web.activation_form import StepPage, Visit, place_of, title_of_activity
from entitlements.web.activation_live import choices, on_leave


def step_page(session: Session, visit: Visit, page: StepPage) -> str:
    """One step as it stands, with what was found and what is wrong."""
    return render_template(
        f"entitlements/activation/{visit.step.value}.html",
        visit=visit,
        page=page,
        errors=page.errors,
        heading=steps.titles()[visit.step],
        labels=steps.labels(),
        current=steps.STEPS.index(visit.step) + 1,
        urls=visit.subject.urls_reached(session),
        legal_forms={code: form.label for code, form in LEGAL_FORMS.items()},
        tax_regimes=TAX_REGIMES,
        choices=choices,
        on_leave=on_leave,
        place=place_of(page.values),
        activity=title_of_activity(page.values, visit.today),
    )
