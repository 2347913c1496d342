"""An invitation as far as a client brings it before paying: sent, and its company's data written."""

from uuid import UUID

from sqlalchemy.orm import Session

from entitlements import Party, invitations
from entitlements.drafts import save_invitation_draft
from foundation import clock
from foundation.ids import new_id
from shop.catalogue import current_price_book
from shop.invitations.locked_offers import invitable, lock_offer
from shop.invitations.ordering import INVITATION_CLAUSES, InvitedOrder
from tests.races.numbers import company_fields
from tests.stories import COMPANY_FORM, owner_of

BY_CARD = InvitedOrder("stripe", frozenset(INVITATION_CLAUSES), None, "it")
"""What a client of the tests confirms: everything, by card, in Italian."""


def a_written_invitation(session: Session, studio: Party, number: int) -> UUID:
    """An invitation whose client, the `number`-th company, has only to order; answers its id."""
    book = current_price_book(session, clock.today())
    contact = invitations.StudioContact(studio.name, "", "")
    offer = lock_offer(book, invitable(book)[0].sku)
    client = invitations.Invited(new_id(), "Cliente", f"cliente{number}@example.it", "", offer, contact)
    invitations.send_invitations(session, [client], owner_of(studio))
    save_invitation_draft(session, client.id, COMPANY_FORM | company_fields(number), "SUMMARY")
    invitations.begin_writing(session, invitations.lock_invitation(session, client.id))
    session.flush()
    return client.id
