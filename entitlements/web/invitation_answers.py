"""/invito/<link>/…: the client declines, says that the type is wrong, or has an existing company linked instead."""

from datetime import timedelta

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements.company_data import check_note
from entitlements.company_data.problems import Problem
from entitlements.invitations import (
    Invitation,
    InvitationOver,
    ask_for_link,
    decline_invitation,
    report_wrong_type,
)
from entitlements.parties import Party
from entitlements.web.invitation_landing import over
from entitlements.web.invitation_links import held_invitation, without_traces
from foundation.access import public
from foundation.database import transaction
from foundation.throttle import Limit, count_try

blueprint = Blueprint("invitation_answers", __name__)
blueprint.after_request(without_traces)
blueprint.register_error_handler(InvitationOver, over)

REQUESTS = Limit(3, timedelta(days=1))
"""Whoever holds a link may have the studio ask this often: corrected numbers yes, strangers by the dozen no."""
Page = str | Response | tuple[str, int]


@blueprint.get("/invito/<token>/rifiuta")
@public
def ask_to_decline(token: str) -> Page:
    """What declining means, before it is done."""
    return _page(token, "decline")


@blueprint.post("/invito/<token>/rifiuta")
@public
def decline(token: str) -> Page:
    """The client does not want it: the studio is told, and the data are deleted in due time."""
    with transaction() as session:
        invitation = held_invitation(session, token, lock=True)
        decline_invitation(session, invitation)
        return _told(session, invitation, "decline")


@blueprint.get("/invito/<token>/tipo-sbagliato")
@public
def ask_for_type(token: str) -> Page:
    """Which type was meant, in the client's own words."""
    return _page(token, "wrong_type")


@blueprint.post("/invito/<token>/tipo-sbagliato")
@public
def report_type(token: str) -> Page:
    """The type of company is wrong: the studio is told; what was typed stays."""
    note = check_note(request.form.get("what", ""), "what")
    with transaction() as session:
        invitation = held_invitation(session, token, lock=True)
        if isinstance(note, Problem):
            errors = {"what": _("Scrivi in poche parole di quale tipo hai bisogno, al massimo 300 caratteri.")}
            return _form(session, invitation, token, ("wrong_type", errors)), 422
        report_wrong_type(session, invitation, note)
        return _told(session, invitation, "wrong_type")


@blueprint.get("/invito/<token>/collega")
@public
def ask_to_link(token: str) -> Page:
    """A company that is active already is linked, not bought again."""
    return _page(token, "link")


@blueprint.post("/invito/<token>/collega")
@public
def link_instead(token: str) -> Page:
    """The client has its company linked: the studio asks, nothing is bought, and whose it is stays untold (M6)."""
    with transaction() as session:
        invitation = held_invitation(session, token, lock=True)
        report_wrong_type(
            session, invitation, _("L’azienda è già attiva: il cliente chiede di collegarla allo studio.")
        )
        if count_try(f"invitation-requests:{invitation.id}", REQUESTS) is None:
            ask_for_link(session, invitation)
        return _told(session, invitation, "link")


def _page(token: str, kind: str) -> Page:
    with transaction() as session:
        invitation = held_invitation(session, token)
        return _form(session, invitation, token, (kind, {}))


def _form(session: Session, invitation: Invitation, token: str, shown: tuple[str, dict[str, str]]) -> str:
    kind, errors = shown
    studio = session.get_one(Party, invitation.studio_id)
    what = request.form.get("what", "")
    return render_template(
        "invitations/answer.html",
        kind=kind,
        invitation=invitation,
        studio=studio,
        token=token,
        errors=errors,
        what=what,
    )


def _told(session: Session, invitation: Invitation, kind: str) -> str:
    studio = session.get_one(Party, invitation.studio_id)
    return render_template("invitations/told.html", kind=kind, studio=studio)
