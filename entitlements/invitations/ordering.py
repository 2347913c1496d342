"""Ordering: an invitation follows the order its client placed: waiting, paid, closed, paid after all (D11, F003-17)."""

from typing import Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements.invitations.forgetting import FORGET
from entitlements.invitations.invitation_states import may_step
from entitlements.invitations.invited import Invitation, subject_of, take
from entitlements.invitations.sending import EXPIRE, REMIND, end_invitation
from foundation import clock
from foundation.events import record_event
from foundation.jobs import cancel_all_due, schedule_due

OrderMove = Literal["pay", "close_order", "return_money"]


def order_placed(session: Session, invitation: Invitation, order_id: UUID, party_id: UUID) -> None:
    """The client has ordered: this order counts from now on. The row is locked. Raises IllegalInvitationStep."""
    take(invitation, "order")
    invitation.order_id, invitation.party_id = order_id, party_id
    cancel_all_due(session, invitation.id, REMIND)
    record_event(session, "invitation.ordered", subject_of(invitation), order_id=order_id)


def invitation_of_order(session: Session, order_id: UUID, *, lock: bool = False) -> Invitation | None:
    """The invitation whose client placed this order last; None for an order that another one has replaced."""
    query = select(Invitation).where(Invitation.order_id == order_id)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def order_moved(session: Session, order_id: UUID, move: OrderMove) -> None:
    """Follow what became of the order; a move that the state does not know changes nothing.

    An order that closed unpaid gives the client its form back for as long as the invitation is valid.
    """
    invitation = invitation_of_order(session, order_id, lock=True)
    if invitation is None or not may_step(invitation.state, move):
        return
    take(invitation, move)
    if move == "pay":
        cancel_all_due(session, invitation.id, EXPIRE, FORGET)
        record_event(session, "invitation.paid", subject_of(invitation), order_id=order_id)
    elif move == "close_order" and invitation.expires_at <= clock.now():
        take(invitation, "expire")
        end_invitation(session, invitation)
        record_event(session, "invitation.expired", subject_of(invitation))
    elif move == "close_order":
        # Money that came and went back had taken its end away.
        schedule_due(session, EXPIRE, invitation.id, invitation.expires_at, period=clock.now().isoformat())
    # The till writes nothing before it has asked everything; whoever locks this row next must see the move.
    session.flush()


def may_be_paid_late(session: Session, order_id: UUID) -> bool:
    """Whether money that arrives on a closed order may still open the company (D11).

    Not when the client has ordered anew meanwhile, declined, was taken back by the studio, or is forgotten: a person
    then decides.
    """
    invitation = invitation_of_order(session, order_id, lock=True)
    return invitation is not None and invitation.forgotten_at is None and may_step(invitation.state, "pay")
