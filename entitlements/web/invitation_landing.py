"""/invito/<link>: who invites, to what, what it costs now and later; going on is a button, looking changes nothing."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements.company_requests import opened_term
from entitlements.drafts import invitation_draft_of
from entitlements.invitations import (
    CodeRefused,
    Invitation,
    InvitationOver,
    ask_again,
    believe_code,
    lock_invitation,
    mail_link_again,
    open_invitation,
    send_code,
)
from entitlements.parties import Party
from entitlements.web.activation_steps import resume_at, slug_of
from entitlements.web.invitation_links import INVITATION, held_invitation, may_read, may_write, without_traces
from foundation import clock
from foundation.access import public
from foundation.database import transaction
from foundation.remembered import remember_here
from foundation.settings import current_settings
from foundation.throttle import Limit, count_try, forget_tries

blueprint = Blueprint("invitation_landing", __name__)
blueprint.after_request(without_traces)

Page = str | Response | tuple[str, int]
CODES_SENT = Limit(5, timedelta(hours=1))
CODES_TRIED = Limit(5, timedelta(minutes=30))


@blueprint.errorhandler(InvitationOver)
def over(problem: InvitationOver) -> tuple[str, int]:
    """A link that is over: kindly why, and a way on."""
    return over_page(problem, asked=False), 410


@blueprint.get("/invito/<token>")
@public
def show(token: str) -> Page:
    """The first page; once there is an order, its status."""
    with transaction() as session:
        invitation = held_invitation(session, token)
        if not may_write(session, invitation):
            return _to_status(token)
        return _landing(session, invitation, token)


@blueprint.post("/invito/<token>")
@public
def begin(token: str) -> Page:
    """Go on to the form: only this counts as opened. A draft typed elsewhere asks for its code first."""
    with transaction() as session:
        invitation = held_invitation(session, token, lock=True)
        if not may_write(session, invitation):
            return _to_status(token)
        if invitation.state != "PAID":
            open_invitation(session, invitation)
        if not may_read(session, invitation):
            return redirect(url_for("invitation_landing.code", token=token), 303)
        step = resume_at(invitation_draft_of(session, invitation.id))
        remember_here(INVITATION, invitation.id)
    return redirect(url_for("invitation_form.show", token=token, slug=slug_of(step)), 303)


@blueprint.get("/invito/<token>/codice")
@public
def code(token: str) -> Page:
    """Where the code of another device is asked for and typed."""
    with transaction() as session:
        invitation = held_invitation(session, token)
        if not may_write(session, invitation):
            return _to_status(token)
        return _code_page(invitation, token, {})


@blueprint.post("/invito/<token>/codice")
@public
def give_code(token: str) -> Page:
    """Send a code to the invited address, or believe the one that was typed."""
    if request.form.get("intent") == "send":
        return _send_code(token)
    with transaction() as session:
        invitation = held_invitation(session, token, lock=True)
        key = f"invitation-code:{invitation.id}"
        if count_try(key, CODES_TRIED) is not None:
            return _code_page(
                invitation, token, {"code": _("Troppi tentativi: chiedi un nuovo codice tra mezz’ora.")}
            ), 429
        try:
            believe_code(invitation, current_settings().secret_key, request.form.get("code", ""))
        except CodeRefused:
            sentence = _("Il codice non è giusto o è scaduto. Controlla l’ultima e-mail, o chiedine un altro.")
            return _code_page(invitation, token, {"code": sentence}), 422
        step = resume_at(invitation_draft_of(session, invitation.id))
        remember_here(INVITATION, invitation.id)
    forget_tries(key)
    return redirect(url_for("invitation_form.show", token=token, slug=slug_of(step)), 303)


def _send_code(token: str) -> Page:
    with transaction() as session:
        invitation = held_invitation(session, token, lock=True)
        if count_try(f"invitation-codes-sent:{invitation.id}", CODES_SENT) is not None:
            return _code_page(
                invitation, token, {"code": _("Ne abbiamo mandati diversi da poco: riprova tra un’ora.")}
            ), 429
        send_code(session, invitation)
    flash(_("Ti abbiamo mandato un codice. Vale 30 minuti."), "success")
    return redirect(url_for("invitation_landing.code", token=token), 303)


@blueprint.post("/invito/<token>/nuovo")
@public
def ask_for_new(token: str) -> Page:
    """Ask for a new invitation in one click: the studio is told; a newer link is mailed again to its own address."""
    try:
        with transaction() as session:
            held_invitation(session, token)
    except InvitationOver as problem:
        if problem.invitation_id is None:
            raise
        with transaction() as session:
            invitation = lock_invitation(session, problem.invitation_id)
            if problem.why == "REPLACED":
                mail_link_again(session, invitation)
            else:
                ask_again(session, invitation)
        return over_page(problem, asked=True)
    return redirect(url_for("invitation_landing.show", token=token), 303)


def over_page(problem: InvitationOver, *, asked: bool) -> str:
    """The page of a link that leads nowhere any more; `asked` once a new invitation was asked for."""
    studio, ended_on, forgotten = "", None, False
    if problem.invitation_id is not None:
        with transaction() as session:
            invitation = session.get_one(Invitation, problem.invitation_id)
            studio = session.get_one(Party, invitation.studio_id).name
            ended_on, forgotten = clock.rome_day(invitation.expires_at), invitation.forgotten_at is not None
    token = (request.view_args or {}).get("token", "")
    known = {"problem": problem, "studio": studio, "ended_on": ended_on, "forgotten": forgotten}
    return render_template("invitations/over.html", **known, asked=asked, token=token)


def _landing(session: Session, invitation: Invitation, token: str) -> str:
    draft, settings = invitation_draft_of(session, invitation.id), current_settings()
    return render_template(
        "invitations/landing.html",
        invitation=invitation,
        offer=invitation.offer,
        studio=session.get_one(Party, invitation.studio_id),
        term=opened_term(invitation.offer["gives"], clock.today()),
        days=(invitation.expires_at - invitation.sent_at).days,
        hours=(_hours(settings.bank_transfer_release_after), _hours(settings.bank_transfer_sla)),
        draft=draft,
        known_here=may_read(session, invitation),
        correcting=invitation.state == "PAID",
        token=token,
    )


def _hours(span: timedelta) -> int:
    return -(-span // timedelta(hours=1))


def _code_page(invitation: Invitation, token: str, errors: dict[str, str]) -> str:
    name, _at, domain = invitation.client_email.partition("@")
    hidden = f"{name[:1]}{'•' * max(len(name) - 1, 2)}@{domain}"
    return render_template("invitations/code.html", invitation=invitation, hidden=hidden, errors=errors, token=token)


def _to_status(token: str) -> Response:
    return redirect(f"/invito/{token}/stato", 303)
