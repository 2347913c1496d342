"""What waits for somebody to prove their address: requests to link that name their studio or company."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Party, find_waiting_requests
from foundation import clock
from shop.accounts.people import Membership, User


def address_proven(session: Session, user: User) -> None:
    """Note that a person owns their address; the first time, what waited for their parties finds them."""
    if user.email_confirmed_at is not None:
        return
    user.email_confirmed_at = clock.now()
    owned = (
        select(Party)
        .join(Membership, Membership.party_id == Party.id)
        .where(Membership.user_id == user.id, Membership.role == "owner")
        .where(Membership.revoked_at.is_(None), Membership.invited_at.is_(None), Party.registered_at.is_not(None))
        .order_by(Party.id)
    )
    for party in session.scalars(owned).all():
        find_waiting_requests(session, party)
