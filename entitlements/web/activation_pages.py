"""The pages of the company form, the same for a studio's coupon and for a client's invitation."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort, redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements.company_data import LEGAL_FORMS, TAX_REGIMES, CompanyStep
from entitlements.web import activation_steps as steps
from entitlements.web.activation_form import (
    CHECK,
    INTENTS,
    LATER,
    NEXT,
    StepPage,
    Visit,
    place_of,
    sent,
    title_of_activity,
)
from entitlements.web.activation_live import choices, on_leave
from entitlements.web.activation_summary import Summary


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


@dataclass(frozen=True, slots=True)
class KeptStep:
    """A step that was kept: the page it became, and what its sender wants to do next."""

    visit: Visit
    page: StepPage
    html: str
    intent: str

    @property
    def is_left_for_later(self) -> bool:
        """Whether its sender stops here and nothing that is wrong must be told now."""
        return self.intent == LATER and not self.page.done

    def answer(self) -> Response | str | tuple[str, int]:
        """The next step when nothing is wrong and every doubt has been seen, else this one with its sentences."""
        if self.page.done:
            return redirect(self.visit.subject.step_url(steps.step_after(self.visit.step)), 303)
        return (self.html, 422) if self.page.errors and self.intent != CHECK else self.html


def keep_step(session: Session, visit: Visit, form: Mapping[str, str]) -> KeptStep:
    """Keep what was typed into a step, with its mistakes; an intent nobody knows goes on."""
    intent = form.get("intent", NEXT)
    page = sent(session, visit, form if intent in INTENTS else {**form, "intent": NEXT})
    return KeptStep(visit, page, "" if page.done else step_page(session, visit, page), intent)


def known_step(slug: str) -> CompanyStep:
    """The step an address names; any other word is no page."""
    step = steps.step_by_slug(slug)
    if step is None:
        abort(404)
    return step


def summary_page(session: Session, summary: Summary, template: str, **more: object) -> str:
    """Everything that was typed, step by step, with what is missing and what is doubtful."""
    visit = summary.visit
    return render_template(
        template,
        summary=summary,
        visit=visit,
        errors=summary.errors,
        heading=steps.titles()[CompanyStep.SUMMARY],
        labels=steps.labels(),
        current=len(steps.STEPS),
        urls=visit.subject.urls_reached(session),
        Step=CompanyStep,
        legal_forms=LEGAL_FORMS,
        tax_regimes=TAX_REGIMES,
        **more,
    )
