"""/invito/<link>/dati/<step>: the company form as an invited client fills it in, without an account (F003-16)."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements.company_data import CompanyStep
from entitlements.invitations import InvitationOver
from entitlements.parties import Party
from entitlements.purchases import correct_purchase, purchase_of
from entitlements.web.activation_form import Visit, opened
from entitlements.web.activation_pages import keep_step, known_step, step_page, summary_page
from entitlements.web.activation_summary import summed_up
from entitlements.web.form_subjects import InvitationSubject
from entitlements.web.invitation_landing import over
from entitlements.web.invitation_links import INVITATION, held_invitation, may_read, may_write, without_traces
from foundation import clock
from foundation.access import public
from foundation.database import transaction
from foundation.remembered import remember_here

blueprint = Blueprint("invitation_form", __name__)
blueprint.after_request(without_traces)
blueprint.register_error_handler(InvitationOver, over)

Page = str | Response | tuple[str, int]


@blueprint.get("/invito/<token>/dati/<slug>")
@public
def show(token: str, slug: str) -> Page:
    """One step, with what was typed before; the last one shows everything."""
    step = known_step(slug)
    with transaction() as session:
        found = _visit(session, token, step)
        if isinstance(found, Response):
            return found
        if step is CompanyStep.SUMMARY:
            return _summary_page(session, found)
        return step_page(session, found, opened(session, found))


@blueprint.post("/invito/<token>/dati/<slug>")
@public
def save(token: str, slug: str) -> Page:
    """Keep what was typed; go on when nothing is wrong and every doubt has been seen."""
    step = known_step(slug)
    if step is CompanyStep.SUMMARY:
        return _correct(token)
    with transaction() as session:
        found = _visit(session, token, step)
        if isinstance(found, Response):
            return found
        kept = keep_step(session, found, request.form)
        remember_here(INVITATION, _subject(found).invitation.id)
    if kept.is_left_for_later:
        flash(_("Bozza salvata: la riprendi dal link dell’e-mail, anche da un altro dispositivo."), "success")
        return redirect(url_for("invitation_landing.show", token=token), 303)
    return kept.answer()


def _correct(token: str) -> Page:
    """What was paid waits for corrected data: ask for the company again. Before that the summary leads to the till."""
    with transaction() as session:
        found = _visit(session, token, CompanyStep.SUMMARY, lock=True)
        if isinstance(found, Response):
            return found
        invitation = _subject(found).invitation
        if purchase_of(session, invitation.id) is None:
            return redirect(f"/invito/{token}/pagamento", 303)
        correct_purchase(session, invitation)
        purchase = purchase_of(session, invitation.id)
        if purchase is not None and purchase.state == "WAITING":
            return _summary_page(session, found), 409
    return redirect(f"/invito/{token}/stato", 303)


def _visit(session: Session, token: str, step: CompanyStep, *, lock: bool = False) -> Visit | Response:
    """The visit; or the way to the status once it is ordered, or to the code in a browser that has typed nothing."""
    invitation = held_invitation(session, token, lock=lock)
    if not may_write(session, invitation):
        return redirect(f"/invito/{token}/stato", 303)
    if not may_read(session, invitation):
        return redirect(url_for("invitation_landing.code", token=token), 303)
    return Visit(InvitationSubject(invitation, token), step, clock.today())


def _subject(visit: Visit) -> InvitationSubject:
    assert isinstance(visit.subject, InvitationSubject)  # noqa: S101 - narrows the type; `_visit` made it
    return visit.subject


def _summary_page(session: Session, visit: Visit) -> str:
    invitation = _subject(visit).invitation
    summary = summed_up(session, visit, session.get_one(Party, invitation.studio_id).name)
    purchase = purchase_of(session, invitation.id)
    return summary_page(session, summary, "invitations/summary.html", invitation=invitation, purchase=purchase)
