"""/inviti: a studio's invitations with their funnel; one of them, and what may be done with it (F003-14)."""

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from entitlements import invitations, purchase_of
from foundation import clock
from foundation.access import requires
from foundation.database import transaction
from foundation.events import events_about
from foundation.settings import current_settings
from shop.catalogue import UnknownProduct, current_price_book
from shop.invitations.locked_offers import invitable, lock_offer
from shop.web.invitations.invite_form import corrected_email
from shop.web.invitations.whose import by, studio_id
from shop.web.invitations.words import event_words, stage_words
from shop.web.searching import typed

blueprint = Blueprint("invitations", __name__)

PAGE = 25


@blueprint.get("/inviti")
@requires("owner", "staff")
def index() -> str:
    """The invitations, newest first, by state and part of the client's name or address."""
    state = request.args.get("stato", "")
    state = state if state in invitations.INVITATION_STATES else ""
    search, before = typed("q", 80), _cursor(request.args.get("prima", ""))
    with transaction() as session:
        counts = invitations.count_invitations(session, studio_id())
        rows = invitations.invitations_of(
            session, studio_id(), state=state, search=search, before=before, limit=PAGE + 1
        )
    shown = rows[:PAGE]
    following = url_for("invitations.index", stato=state or None, q=search or None, prima=shown[-1].id if shown else "")
    return render_template(
        "invitations/index.html",
        shown=shown,
        counts=counts.by_state,
        funnel=counts.funnel,
        stages=stage_words(),
        states=[one for one in invitations.INVITATION_STATES if counts.by_state.get(one)],
        state=state,
        search=search,
        paged=before is not None,
        next_page=following if len(rows) > PAGE else "",
        now=clock.now(),
    )


@blueprint.get("/inviti/<uuid:invitation_id>")
@requires("owner", "staff")
def show(invitation_id: UUID) -> str:
    """One invitation with its history; somebody else's is not there."""
    return _one(invitation_id, "", {})


def _one(invitation_id: UUID, email: str, errors: dict[str, str]) -> str:
    with transaction() as session:
        invitation = invitations.invitation_of(session, invitation_id, studio_id())
        purchase = purchase_of(session, invitation_id)
        events = events_about(session, "invitation", invitation_id)
        products = invitable(current_price_book(session, clock.today()))
    words = event_words()
    link = invitations.link_of_invitation(current_settings().secret_key, invitation)
    return render_template(
        "invitations/show.html",
        invitation=invitation,
        purchase=purchase,
        history=[(words[event.type], event.at) for event in events if event.type in words],
        products=products,
        may_resend=invitations.may_step(invitation.state, "resend") and invitation.forgotten_at is None,
        may_revoke=invitations.may_step(invitation.state, "revoke") and invitation.state != "REVOKED",
        link=f"{current_settings().public_url}/invito/{link}",
        is_open=invitation.state in invitations.OPEN_STATES,
        email=email or invitation.client_email,
        errors=errors,
    )


@blueprint.post("/inviti/<uuid:invitation_id>/rimanda")
@requires("owner", "staff")
def resend(invitation_id: UUID) -> Response | tuple[str, int]:
    """Send it again: a new link, the old one dead; with another type or, after a bounce, to another address."""
    typed_email = request.form.get("client_email")
    email, errors = corrected_email(typed_email) if typed_email is not None else (None, {})
    if errors:
        return _one(invitation_id, typed_email or "", errors), 422
    with transaction() as session:
        invitation = invitations.invitation_of(session, invitation_id, studio_id(), lock=True)
        offer = _offer(session, request.form.get("sku", "") or invitation.sku)
        invitations.send_again(session, invitation, by(), offer, email)
    flash(_("Invito spedito di nuovo: il link di prima non vale più."), "success")
    return _back(invitation_id)


@blueprint.post("/inviti/<uuid:invitation_id>/revoca")
@requires("owner", "staff")
def revoke(invitation_id: UUID) -> Response:
    """Take it back: its link leads nowhere from now on."""
    with transaction() as session:
        invitation = invitations.invitation_of(session, invitation_id, studio_id(), lock=True)
        invitations.revoke_invitation(session, invitation, by())
    flash(_("Invito revocato: il cliente non può più usarlo."), "success")
    return _back(invitation_id)


def _offer(session: Session, sku: str) -> dict[str, object] | None:
    """The price of today; None keeps what was locked, for a product that has left the catalogue."""
    try:
        return lock_offer(current_price_book(session, clock.today()), sku)
    except UnknownProduct:
        return None


def _back(invitation_id: UUID) -> Response:
    return redirect(url_for("invitations.show", invitation_id=invitation_id), 303)


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
