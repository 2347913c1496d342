"""Invitations by API: a studio's program invites clients to buy their own company, sends again, revokes (F003-14)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from entitlements import Party, companies_bought, invitations
from foundation import clock, formats
from foundation.access import requires
from foundation.api import (
    Area,
    Choice,
    Inner,
    InvalidFields,
    PageQuery,
    PageShape,
    Shape,
    Text,
    asked_place,
    claimed,
    expect_unchanged,
    instant,
    kept,
    may_match,
    moment,
    once,
    page_of,
    reply,
    tagged_reply,
    text,
)
from foundation.database import JsonObject, transaction
from foundation.problems import FieldProblem
from shop.catalogue import UnknownProduct, current_price_book
from shop.invitations.locked_offers import lock_offer
from shop.web.api.shapes import by_language, cents, many
from shop.web.api.whose import own_party, principal
from shop.web.invitations.invite_form import InviteForm, begun, check, corrected_email

area = Area("api_invitations", __name__, "Invitations: clients who buy and pay for their own company.")
_POINTERS = {
    "client_name": "/client_name",
    "client_email": "/client_email",
    "sku": "/sku",
    "message": "/message",
    "contact_name": "/contact/name",
    "contact_email": "/contact/email",
    "contact_phone": "/contact/phone",
}


class ContactShape(Shape):
    """What the studio says of itself; what is left out is taken from its own data."""

    name = Text(80, load_default=None, allow_none=True)
    email = Text(254, load_default=None, allow_none=True)
    phone = Text(40, load_default=None, allow_none=True)


class NewInvitationShape(Shape):
    """An invitation to send."""

    client_name = Text(80, required=True)
    client_email = Text(254, required=True)
    sku = Text(64, required=True, metadata={"description": "A product of the catalogue of kind company_licence."})
    message = Text(300, load_default="", allow_none=True)
    contact = Inner(ContactShape, load_default=None, allow_none=True)


class ResendShape(Shape):
    """What changes when it is sent again."""

    sku = Text(64, load_default=None, allow_none=True, metadata={"description": "Null: the same type as before."})
    client_email = Text(
        254, load_default=None, allow_none=True, metadata={"description": "Another address, after BOUNCED only."}
    )


class RevokeShape(Shape):
    """No fields."""


class InvitationShape(Shape):
    """An invitation as its studio reads it; the link goes to the client alone."""

    id = text(form="uuid")
    state = text()
    client_name = text(about="Empty once the client's data have been deleted.")
    client_email = text()
    sku = text()
    names = by_language()
    currency = text()
    net_cents = cents()
    vat_cents = cents()
    gross_cents = cents("Locked until `expires_at`.")
    sent_at = moment()
    expires_at = moment()
    reported = text(about="What the client wrote when the type was wrong.")
    asked_again_at = moment()
    company_id = text(null=True, form="uuid", about="The company it led to, once it exists.")


class InvitationPageShape(PageShape):
    """A page of invitations."""

    items = many(InvitationShape)


class InvitationQuery(PageQuery):
    """Which invitations."""

    state = Choice(invitations.INVITATION_STATES, load_default=None)


@area.post("/invitations")
@requires("studio")
@once
@area.body(NewInvitationShape)
@area.answers(InvitationShape, 201)
def send(asked: dict[str, Any]) -> Response:
    """Invite a client.

    The client buys, pays, and bears packs, credit, renewals and upgrades; the company is linked to the studio. The key
    names the invitation: the same request after a crash finds the one it had sent.
    """
    with transaction() as session:
        invited = _invited(session, asked)
        invitations.send_invitations(session, [invited], principal())
        invitation = invitations.invitation_of(session, invited.id, own_party())
        return kept(session, reply(_document(session, invitation), 201))


@area.get("/invitations")
@requires("studio")
@area.query(InvitationQuery)
@area.answers(InvitationPageShape)
def list_invitations(query: dict[str, Any]) -> Response:
    """The studio's invitations, newest first."""
    with transaction() as session:
        seen = asked_place(query)
        before = UUID(str(seen[0])) if seen else None
        found = invitations.invitations_of(
            session, own_party(), state=query["state"] or "", before=before, limit=query["limit"] + 1
        )
        companies = companies_bought(session, [one.id for one in found])
        return reply(page_of(found, query["limit"], lambda one: _row(one, companies), lambda one: [str(one.id)]))


@area.get("/invitations/<uuid:invitation_id>")
@requires("studio")
@area.answers(InvitationShape, etag=True)
def show(invitation_id: UUID) -> Response:
    """One invitation."""
    with transaction() as session:
        return tagged_reply(_document(session, invitations.invitation_of(session, invitation_id, own_party())))


@area.post("/invitations/<uuid:invitation_id>/resend")
@requires("studio")
@may_match
@once
@area.body(ResendShape)
@area.answers(InvitationShape)
def resend(asked: dict[str, Any], invitation_id: UUID) -> Response:
    """Send it again: a new link at today's price, the old link dead; what the client typed stays."""
    with transaction() as session:
        invitation = invitations.invitation_of(session, invitation_id, own_party(), lock=True)
        expect_unchanged(_document(session, invitation))
        offer, email = _offer(session, asked["sku"] or invitation.sku), asked["client_email"]
        corrected, errors = corrected_email(email) if email is not None else (None, {})
        if errors:
            raise InvalidFields([FieldProblem("/client_email", "invalid", errors["client_email"])])
        invitations.send_again(session, invitation, principal(), offer, corrected)
        return kept(session, reply(_document(session, invitation)))


@area.post("/invitations/<uuid:invitation_id>/revoke")
@requires("studio")
@may_match
@once
@area.body(RevokeShape)
@area.answers(InvitationShape)
def revoke(_nothing: dict[str, Any], invitation_id: UUID) -> Response:
    """Take it back; revoking it again changes nothing."""
    with transaction() as session:
        invitation = invitations.invitation_of(session, invitation_id, own_party(), lock=True)
        expect_unchanged(_document(session, invitation))
        invitations.revoke_invitation(session, invitation, principal())
        return kept(session, reply(_document(session, invitation)))


def _invited(session: Session, asked: dict[str, Any]) -> invitations.Invited:
    book = current_price_book(session, clock.today())
    studio, contact = session.get_one(Party, own_party()), asked["contact"] or {}
    own = dict(begun(studio, "", book).values)
    given = {f"contact_{name}": value for name, value in contact.items() if value is not None}
    typed = {name: asked[name] or "" for name in ("client_name", "client_email", "sku", "message")}
    checked = check(InviteForm(claimed().name, own | given | typed), book, formats.ITALIAN)
    if checked.invited is None:
        problems = [FieldProblem(_POINTERS[name], "invalid", said) for name, said in checked.errors.items()]
        raise InvalidFields(problems)
    return checked.invited


def _offer(session: Session, sku: str) -> JsonObject:
    try:
        return lock_offer(current_price_book(session, clock.today()), sku)
    except UnknownProduct as unknown:
        problem = FieldProblem("/sku", "invalid", _("Scegli il tipo di azienda."))
        raise InvalidFields([problem]) from unknown


def _document(session: Session, invitation: invitations.Invitation) -> JsonObject:
    return _row(invitation, companies_bought(session, [invitation.id]))


def _row(invitation: invitations.Invitation, companies: Mapping[UUID, UUID]) -> JsonObject:
    offer, company_id = invitation.offer, companies.get(invitation.id)
    return {
        "id": str(invitation.id),
        "state": invitation.state,
        "client_name": invitation.client_name,
        "client_email": invitation.client_email,
        "sku": invitation.sku,
        "names": offer["names"],
        "currency": "EUR",
        "net_cents": offer["net_cents"],
        "vat_cents": offer["vat_cents"],
        "gross_cents": offer["gross_cents"],
        "sent_at": instant(invitation.sent_at),
        "expires_at": instant(invitation.expires_at),
        "reported": invitation.reported,
        "asked_again_at": instant(invitation.asked_again_at),
        "company_id": str(company_id) if company_id else None,
    }
