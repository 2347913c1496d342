"""Forgetting (GDPR): an invitation that led to nothing keeps its row, and after a while nothing about the client."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from entitlements.drafts import forget_invitation_draft
from entitlements.invitations.invited import Invitation, lock_invitation, subject_of
from foundation import clock
from foundation.events import record_event
from foundation.jobs import DueRow, due_rule, schedule_due
from foundation.mail import forget_mails
from foundation.settings import current_settings

FORGET = "invitations.forget"
_ENDED = frozenset({"EXPIRED", "REVOKED", "DECLINED", "BOUNCED"})
_GIVEN_BACK = text("SELECT 1 FROM company_purchases WHERE invitation_id = :invitation AND state = 'VOIDED'")


def forget_later(session: Session, invitation: Invitation) -> None:
    """Ask for the day on which the client is forgotten; money may open an invitation again, so it may end twice."""
    due_at = clock.now() + current_settings().invitation_data_kept
    schedule_due(session, FORGET, invitation.id, due_at, period=clock.now().isoformat())


@due_rule(FORGET)
def forget_client(session: Session, row: DueRow) -> None:
    """Delete what an invitation that led to nothing knows of the client: the row stays, the person does not.

    An order that was placed keeps its own billing data: they are its document, and money may come late (D11).
    """
    invitation = lock_invitation(session, row.subject_id)
    if invitation.forgotten_at is not None or not _led_to_nothing(session, invitation):
        return
    invitation.client_name = invitation.client_email = invitation.message = invitation.reported = ""
    invitation.forgotten_at = clock.now()
    invitation.version += 1
    forget_invitation_draft(session, invitation.id)
    forget_mails(session, invitation.id)
    record_event(session, "invitation.forgotten", subject_of(invitation))


def _led_to_nothing(session: Session, invitation: Invitation) -> bool:
    if invitation.state == "PAID":
        return session.execute(_GIVEN_BACK, {"invitation": invitation.id}).first() is not None
    return invitation.state in _ENDED
