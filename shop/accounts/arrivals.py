"""What waits for somebody to prove their address: requests that name their studio or company, and a referral (D12)."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Party, credit_referral, find_waiting_requests, plain_email, referrer_of
from foundation import clock
from foundation.settings import current_settings
from foundation.tokens import keyed_hash
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
        referrer_id = referrer_of(session, party.id)
        if referrer_id is not None:
            credit_referral(session, party.id, _keys_of_people(session, referrer_id))


def email_key(email: str) -> str:
    """What recognises an address again, however it is written, without storing it a second time."""
    return keyed_hash(current_settings().secret_key, "referral", plain_email(email))


def _keys_of_people(session: Session, party_id: UUID) -> list[str]:
    query = select(User.email).join(Membership, Membership.user_id == User.id).where(Membership.party_id == party_id)
    return [email_key(email) for email in session.scalars(query)]
