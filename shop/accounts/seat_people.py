"""The people on the seats of a company: a seat is its membership `member` (M3), invited by a single-use link."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Seat, Seated, SeatStep, give_seat, locked_company, seating_of, step_seat
from foundation import clock
from foundation.database import JsonObject
from foundation.principal import Principal
from shop.accounts.members import SEATED, invite_person, send_invitation
from shop.accounts.people import Membership, User
from shop.accounts.sessions import revoke_membership_sessions

SEAT_INVITATION = "seat_invited"


class WorksHereAlready(Exception):
    """Somebody with this address is already an owner of the company, or sits on one of its seats."""

    def __init__(self, email: str) -> None:
        super().__init__("works here already")
        self.email = email


def invite_to_seat(session: Session, company_id: UUID, email: str, permissions: JsonObject, by: Principal) -> Seat:
    """Invite somebody to the first free seat, by mail. Raises NoFreeSeat, WorksHereAlready, CompanyNotFound.

    The company is locked first: two invitations at once wait for each other, and the last seat is given once.
    """
    locked_company(session, company_id)
    invited = invite_person(session, company_id, email, SEATED, by)
    if invited is None:
        raise WorksHereAlready(email)
    membership, user = invited
    if any(seat.membership_id == membership.id for seat in seating_of(session, company_id).taken):
        raise WorksHereAlready(email)
    seat = give_seat(session, company_id, Seated(membership.id, user.email, permissions), by)
    send_invitation(session, membership, user, by, SEAT_INVITATION)
    return seat


def act_on_seat(session: Session, company_id: UUID, seat_id: UUID, step: SeatStep, by: Principal) -> Seat:
    """Resend an invitation, disable, enable or free a seat, and let the person's access follow.

    Raises SeatNotFound, IllegalSeatStep, NoFreeSeat.
    """
    before = next((seat.membership_id for seat in seating_of(session, company_id).taken if seat.id == seat_id), None)
    seat = step_seat(session, company_id, seat_id, step, by)
    membership = session.get_one(Membership, seat.membership_id or before, with_for_update=True)
    if step == "resend":
        # The instant of inviting is the link's version: the old link dies here.
        membership.invited_at = clock.real_now()
        session.flush()
        send_invitation(session, membership, session.get_one(User, membership.user_id), by, SEAT_INVITATION)
    else:
        _follow(session, membership, sits=seat.state == "CONFIGURED")
    return seat


def follow_seats(session: Session, company_id: UUID) -> None:
    """Let the access of a company's people follow their seats, after a lot has ended."""
    locked_company(session, company_id)
    sitting = {
        seat.membership_id for seat in seating_of(session, company_id).taken if seat.state in {"INVITED", "CONFIGURED"}
    }
    members = select(Membership).where(Membership.party_id == company_id, Membership.role == SEATED)
    for membership in session.scalars(members.with_for_update()):
        if membership.id not in sitting and membership.revoked_at is None:
            _follow(session, membership, sits=False)


def _follow(session: Session, membership: Membership, *, sits: bool) -> None:
    membership.invited_at = None
    membership.revoked_at = None if sits else clock.now()
    if not sits:
        revoke_membership_sessions(session, membership.id)
