"""Ordering by invitation (F003-16, F003-17): the client's checked data become a buyer, its locked price an order."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import BillingData, CompanyData, Party, StudioData, checked_data, invitations, new_party, party_facts
from foundation.ids import new_id
from foundation.principal import Principal
from shop.invitations.locked_offers import INVITEE, priced_as_locked
from shop.orders.order_book import Order
from shop.orders.placing import (
    CLAUSES,
    Placement,
    freeze_order,
    refuse_another_total,
    refuse_unaccepted,
)
from shop.payments.record import lock_order
from shop.transfers import settle_free_order

INVITATION_CLAUSES = (*CLAUSES, "studio_permissions", "data_processing")
"""What an invited client accepts: as at the checkout, and what the studio may do and process for it (art. 28 GDPR)."""


@dataclass(frozen=True, slots=True)
class InvitedOrder:
    """What the client confirms: how it pays, which clauses, and the total that stood on the button (cents)."""

    payment_method: str
    accepted_clauses: frozenset[str]
    seen_gross_cents: int | None
    locale: str


class DataIncomplete(Exception):
    """The company's data are not complete or no longer right: the form says what is missing."""


def order_by_invitation(session: Session, invitation: invitations.Invitation, wanted: InvitedOrder) -> Order:
    """Order what a client was invited to; the same invitation ordered twice is the same order.

    Two people, two tabs or a double click: the first wins, the others find its order. The invitation's row must be
    locked. Raises DataIncomplete, TermsNotAccepted, TotalChanged: then nothing has changed; IllegalInvitationStep.
    """
    if invitation.state not in invitations.OPEN_STATES and invitation.order_id is not None:
        return lock_order(session, invitation.order_id)
    data = checked_data(session, invitation)
    if data is None:
        raise DataIncomplete
    refuse_unaccepted(wanted.accepted_clauses, INVITATION_CLAUSES)
    priced = priced_as_locked(session, invitation)
    refuse_another_total(wanted.seen_gross_cents, priced)
    party = _buyer(session, invitation, data)
    placement = Placement(
        cart_id=None,
        buyer_party_id=party.id,
        payment_method=wanted.payment_method,
        billing=_billing(invitation, data),
        accepted_clauses=wanted.accepted_clauses,
        seen_gross_cents=wanted.seen_gross_cents,
        locale=wanted.locale,
        clauses=INVITATION_CLAUSES,
        pay_at_once=settle_free_order,
        then=lambda inside, order: invitations.order_placed(inside, invitation, order.id, party.id),
    )
    return freeze_order(session, placement, priced, as_invitee(party.id, wanted.locale))


def as_invitee(party_id: UUID | None, locale: str = "it") -> Principal:
    """Whoever holds an invitation's link, acting for the buyer it became (M3): by token only, never a person."""
    return Principal(None, party_id, "invitee", locale=locale)


def _buyer(session: Session, invitation: invitations.Invitation, data: CompanyData) -> Party:
    """The party that orders, and becomes the company once it is paid; ordering anew keeps it, with the data of now."""
    if invitation.party_id is None:
        party = new_party(INVITEE, data.tax.name, id=new_id(), **party_facts(data))
        session.add(party)
    else:
        party = session.get_one(Party, invitation.party_id)
        party.name = data.tax.name
        for name, value in party_facts(data).items():
            setattr(party, name, value)
        party.version += 1
    session.flush()
    return party


def _billing(invitation: invitations.Invitation, data: CompanyData) -> BillingData:
    """Invoiced to the company; written to the address that was invited, which is the one that follows the link."""
    office = data.registered_office
    buyer = StudioData(
        vat_number=data.tax.vat_number,
        tax_code=data.tax.tax_code,
        name=data.tax.name,
        street=office.street,
        postal_code=office.postal_code,
        city=office.city,
        province=office.province,
        country=office.country,
        email=invitation.client_email,
        pec=data.activity.pec,
        sdi_code=data.activity.sdi_code,
        phone=data.activity.phone,
    )
    return BillingData(buyer, "")
