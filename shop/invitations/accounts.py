"""Accounts (F003-17): once its company exists, the invited client becomes its owner by confirming its address."""

from sqlalchemy.orm import Session

from entitlements import CREATED, NOT_CREATED, CompanyPurchase, invitations, purchase_of
from foundation.jobs import DueRow, due_rule
from shop.accounts.members import has_had_people, invite_member
from shop.invitations.ordering import as_invitee
from shop.orders.order_book import Order
from shop.payments.finance_tasks import close_tasks
from shop.payments.record import open_finance_task


def invite_owner(session: Session, invitation: invitations.Invitation) -> bool:
    """Mail the invited address the link that makes it the owner of its company; again, the old link dies.

    Answers False once somebody came in: then its owners decide, and who lost their access does not get it back here.
    The invitation's row must be locked. Raises IllegalInvitationStep while there is no company.
    """
    purchase = purchase_of(session, invitation.id)
    if invitation.state != "CREATED" or purchase is None or purchase.company_id is None:
        raise invitations.IllegalInvitationStep(invitation.state, "create")
    if has_had_people(session, purchase.company_id):
        return False
    by = as_invitee(purchase.company_id, invitation.locale)
    invite_member(session, purchase.company_id, invitation.client_email, "owner", by)
    return True


@due_rule(CREATED)
def tell_of_company(session: Session, row: DueRow) -> None:
    """The company exists: its owner is invited, its studio is told, finance has nothing left to look at."""
    invitation = invitations.lock_invitation(session, row.subject_id)
    invite_owner(session, invitation)
    invitations.tell_studio(session, invitation, "invitation_created")
    if invitation.order_id is not None:
        close_tasks(session, "company_not_created", invitation.order_id, "created")


@due_rule(NOT_CREATED)
def tell_of_trouble(session: Session, row: DueRow) -> None:
    """Paid, and no company yet: the client may correct its data at once, and finance sees money that waits (D10)."""
    purchase = session.get_one(CompanyPurchase, row.subject_id)
    if purchase.state != "WAITING" or purchase.changed_at.isoformat() != row.period:
        return
    invitation = invitations.lock_invitation(session, purchase.invitation_id)
    invitations.mail_invitation(session, invitation, row.period, "invitation_correct")
    order = session.get_one(Order, invitation.order_id)
    open_finance_task(session, "company_not_created", order, {"reason": purchase.problem})
