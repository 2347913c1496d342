"""The town's invitations: one client has its company, one must correct its data, one waits, one is forgotten."""

from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from entitlements import (
    Party,
    invitations,
)
from entitlements.drafts import save_invitation_draft
from foundation import clock
from foundation.database import transaction
from foundation.ids import new_id
from foundation.jobs import drain
from shop.catalogue import current_price_book
from shop.invitations.locked_offers import invitable, lock_offer
from shop.invitations.ordering import INVITATION_CLAUSES, InvitedOrder, order_by_invitation
from tests.audit.town_people import Town
from tests.stories import COMPANY_FORM, owner_of, pay_by_card

CREATED = {"vat_number": "00743110157", "tax_code": "00743110157", "name": "Fonderia Ala S.r.l."}
TAKEN: dict[str, str] = {}
ORDERED = {"vat_number": "10538570960", "tax_code": "10538570960", "name": "Vivaio Dora S.r.l."}


def invite(town: Town) -> None:
    """One client has its company, one paid and must correct its data, one ordered, one was forgotten."""
    for number, (changes, paid) in enumerate(((CREATED, True), (TAKEN, True), (ORDERED, False))):
        with transaction() as session:
            invitation = _invited(session, town.torino, number)
            save_invitation_draft(session, invitation.id, COMPANY_FORM | changes, "SUMMARY")
            invitations.begin_writing(session, invitation)
            session.flush()
            wanted = InvitedOrder("stripe", frozenset(INVITATION_CLAUSES), None, "it")
            order = order_by_invitation(session, invitation, wanted)
        if paid:
            with transaction() as session:
                pay_by_card(session, order)
        drain()
    with transaction() as session:
        gone = _invited(session, town.milano, 3)
        invitations.revoke_invitation(session, gone, owner_of(town.milano))
    with transaction() as session:
        past = {"past": clock.now() - timedelta(hours=1), "gone": gone.id}
        session.execute(
            text("UPDATE due_rows SET due_at = :past WHERE rule = 'invitations.forget' AND subject_id = :gone"), past
        )
    drain()


def _invited(session: Session, studio: Party, number: int) -> invitations.Invitation:
    book = current_price_book(session, clock.today())
    contact = invitations.StudioContact(studio.name, studio.email or "", "")
    offer = lock_offer(book, invitable(book)[0].sku)
    client = invitations.Invited(new_id(), f"Cliente {number}", f"cliente{number}@example.it", "", offer, contact)
    assert invitations.send_invitations(session, [client], owner_of(studio)) == 1
    return invitations.lock_invitation(session, client.id)
