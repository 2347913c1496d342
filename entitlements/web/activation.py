"""/coupon/<id>/attiva: the activation form, step by step, resumable on any device (F003-11, F003-12)."""

from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements.activation import CouponNotAvailable, activate_coupon, state_for_use
from entitlements.companies import CompanyAlreadyExists
from entitlements.company_data import CompanyStep
from entitlements.coupons.shelves import company_by_coupon
from entitlements.coupons.stock import coupon_of
from entitlements.drafts import draft_of
from entitlements.parties import Party
from entitlements.web import activation_steps as steps
from entitlements.web.activation_form import (
    Visit,
    opened,
)
from entitlements.web.activation_pages import keep_step, known_step, step_page, summary_page
from entitlements.web.activation_summary import Summary, confirm_word, confirmed, summed_up
from entitlements.web.form_subjects import CouponSubject
from entitlements.web.reading import STUDIO, studio
from entitlements.web.told import company_exists
from foundation import clock
from foundation.access import requires
from foundation.database import transaction

blueprint = Blueprint("activation", __name__)

Page = str | Response | tuple[str, int]


@blueprint.get("/coupon/<uuid:coupon_id>/attiva")
@requires(*STUDIO)
def start(coupon_id: UUID) -> Response:
    """Begin, or go on where the draft stands; a used coupon leads to its company."""
    with transaction() as session:
        found = _visit(session, coupon_id, CompanyStep.TAX_DATA)
        if isinstance(found, UUID):
            return _to_company(found)
        step = steps.resume_at(draft_of(session, coupon_id))
    return redirect(url_for("activation.show", coupon_id=coupon_id, slug=steps.slug_of(step)), 303)


@blueprint.get("/coupon/<uuid:coupon_id>/attiva/<slug>")
@requires(*STUDIO)
def show(coupon_id: UUID, slug: str) -> Page:
    """One step, with what was typed before."""
    step = known_step(slug)
    with transaction() as session:
        found = _visit(session, coupon_id, step)
        if isinstance(found, UUID):
            return _to_company(found)
        if step is CompanyStep.SUMMARY:
            return _summary_page(session, summed_up(session, found, _studio_name(session)))
        return step_page(session, found, opened(session, found))


@blueprint.post("/coupon/<uuid:coupon_id>/attiva/<slug>")
@requires(*STUDIO)
def save(coupon_id: UUID, slug: str) -> Page:
    """Keep what was typed; go on when nothing is wrong and every doubt has been seen."""
    step = known_step(slug)
    if step is CompanyStep.SUMMARY:
        return _activate(coupon_id)
    with transaction() as session:
        found = _visit(session, coupon_id, step)
        if isinstance(found, UUID):
            return _to_company(found)
        kept = keep_step(session, found, request.form)
    if kept.is_left_for_later:
        flash(_("Bozza salvata: la riprendi da qui quando vuoi, anche da un altro dispositivo."), "success")
        return redirect(url_for("coupons.stock"), 303)
    return kept.answer()


def _activate(coupon_id: UUID) -> Page:
    """Confirm: the coupon is claimed and the company asked for in one transaction; a second click finds the company."""
    principal, _studio_id = studio()
    try:
        with transaction() as session:
            found = _visit(session, coupon_id, CompanyStep.SUMMARY)
            if isinstance(found, UUID):
                return _to_company(found)
            summary = summed_up(session, found, _studio_name(session))
            summary.errors |= confirmed(summary, request.form)
            if summary.errors or summary.data is None:
                return _summary_page(session, summary), 422
            company_id = activate_coupon(session, coupon_id, summary.data, principal).id
    except CompanyAlreadyExists:
        return _refused(coupon_id), 409
    return _to_company(company_id)


def _refused(coupon_id: UUID) -> str:
    with transaction() as session:
        found = _visit(session, coupon_id, CompanyStep.SUMMARY)
        if isinstance(found, UUID):
            raise CouponNotAvailable(coupon_id, "ACTIVATING")
        summary = summed_up(session, found, _studio_name(session))
        summary.errors = {"": f"{company_exists()} {_('Il coupon è ancora tuo.')}"}
        return _summary_page(session, summary)


def _visit(session: Session, coupon_id: UUID, step: CompanyStep) -> Visit | UUID:
    """The visit, or the company this coupon has already gone to. Raises CouponNotFound, CouponNotAvailable."""
    _principal, studio_id = studio()
    coupon, pack = coupon_of(session, coupon_id, studio_id)
    today = clock.today()
    state = state_for_use(coupon, today)
    if state == "AVAILABLE":
        return Visit(CouponSubject(studio_id, coupon, pack), step, today)
    company_id = company_by_coupon(session, coupon_id)
    if company_id is None:
        raise CouponNotAvailable(coupon_id, state)
    return company_id


def _to_company(company_id: UUID) -> Response:
    return redirect(url_for("companies.show_company", company_id=company_id), 303)


def _studio_name(session: Session) -> str:
    _principal, studio_id = studio()
    return session.get_one(Party, studio_id).name


def _summary_page(session: Session, summary: Summary) -> str:
    return summary_page(session, summary, "entitlements/activation/summary.html", word=confirm_word())
