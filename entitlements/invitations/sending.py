"""Sending (F003-14, F003-15): a studio invites, sends again, revokes; reminders and expiry are due rows."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from entitlements.connections.people import must_have_proven_address
from entitlements.drafts import invitation_draft_of
from entitlements.invitations.forgetting import FORGET, forget_later
from entitlements.invitations.invitation_states import OPEN_STATES
from entitlements.invitations.invited import Invitation, lock_invitation, subject_of, take
from entitlements.parties import Party
from foundation import clock
from foundation.database import JsonObject
from foundation.events import record_event
from foundation.jobs import DueRow, cancel_all_due, due_rule, schedule_due
from foundation.mail import queue_mail
from foundation.principal import Principal
from foundation.settings import current_settings
from foundation.throttle import Limit, count_try

REMIND, EXPIRE = "invitations.remind", "invitations.expire"
_DAY = timedelta(days=1)
SENT_AGAIN = Limit(5, _DAY)
"""How often one invitation may be sent again: its mailbox is somebody else's."""


@dataclass(frozen=True, slots=True)
class StudioContact:
    """What the studio writes about itself: who invites, and where a client may ask (F003-15)."""

    name: str
    email: str
    phone: str


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a studio invites to buy what. `id` is the caller's: the same call twice is one invitation.

    `offer` is the product and its price as they stand now: sku, names, gives, cents, price-book version and day.
    """

    id: UUID
    client_name: str
    client_email: str
    message: str
    offer: JsonObject
    contact: StudioContact
    locale: str = "it"


def valid_for() -> timedelta:
    """How long an invitation's link and price hold (D23)."""
    return current_settings().invitation_valid_for


class TooManyInvitations(Exception):
    """The studio would pass its daily bound; `left` says how many it may still send today."""

    def __init__(self, left: int) -> None:
        super().__init__(str(left))
        self.left = left


class InvitationForgotten(Exception):
    """The client's data have been deleted: nobody is left to write to; a new invitation is needed."""

    def __init__(self, invitation_id: UUID) -> None:
        super().__init__(str(invitation_id))
        self.invitation_id = invitation_id


class AddressIsReached(Exception):
    """Somebody may hold the link that went to this address: another person gets an invitation of their own."""

    def __init__(self, invitation_id: UUID) -> None:
        super().__init__(str(invitation_id))
        self.invitation_id = invitation_id


class SentTooOften(Exception):
    """One invitation was sent again several times today already; `wait` says how long until it may be."""

    def __init__(self, invitation_id: UUID, wait: timedelta) -> None:
        super().__init__(str(invitation_id))
        self.invitation_id = invitation_id
        self.wait = wait


def send_invitations(session: Session, wanted: Sequence[Invited], by: Principal) -> int:
    """Store and mail invitations of the principal's studio; answers how many were new.

    Raises AddressNotProven, TooManyInvitations.
    """
    must_have_proven_address(session, by)
    assert by.party_id is not None  # noqa: S101 - the edge lets only studios in
    # Shared with nobody who invites for the same studio at this moment, so that the bound holds.
    session.scalars(select(Party).where(Party.id == by.party_id).with_for_update(key_share=True)).one()
    left = _left_today(session, by.party_id)
    if len(wanted) > left:
        raise TooManyInvitations(left)
    return sum(_send(session, one, by, by.party_id) for one in wanted)


def _left_today(session: Session, studio_id: UUID) -> int:
    recent = (Invitation.studio_id == studio_id, Invitation.sent_at > clock.now() - _DAY)
    sent = session.execute(select(func.count()).select_from(Invitation).where(*recent)).scalar_one()
    return max(0, current_settings().invitations_per_day - sent)


def _send(session: Session, wanted: Invited, by: Principal, studio_id: UUID) -> bool:
    now = clock.now()
    row = insert(Invitation).values(
        id=wanted.id,
        studio_id=studio_id,
        sent_by_user_id=by.user_id,
        state="SENT",
        version=1,
        client_name=wanted.client_name,
        client_email=wanted.client_email,
        message=wanted.message,
        studio_contact=asdict(wanted.contact),
        sku=str(wanted.offer["sku"]),
        offer=wanted.offer,
        locale=wanted.locale,
        created_at=now,
        sent_at=now,
        expires_at=now + current_settings().invitation_valid_for,
        changed_at=now,
        reported="",
        code_version=1,
    )
    created = session.execute(row.on_conflict_do_nothing().returning(Invitation.id)).scalar()
    if created is None:
        return False
    invitation = session.get_one(Invitation, created)
    _announce(session, invitation, by)
    return True


def send_again(
    session: Session, invitation: Invitation, by: Principal, offer: JsonObject | None = None, email: str | None = None
) -> None:
    """Send a locked invitation again: a new link, the old one dead, the price locked anew when `offer` is given.

    What the client has typed stays, so another address is taken only for one that nobody has reached (BOUNCED).
    Raises IllegalInvitationStep, InvitationForgotten, AddressIsReached, SentTooOften.
    """
    if invitation.forgotten_at is not None:
        raise InvitationForgotten(invitation.id)
    if email is not None and email != invitation.client_email:
        if invitation.state != "BOUNCED":
            raise AddressIsReached(invitation.id)
        invitation.client_email = email
    ended = invitation.state not in OPEN_STATES
    take(invitation, "resend")
    if ended and invitation_draft_of(session, invitation.id) is not None:
        take(invitation, "write")
    wait = count_try(f"invitation-sent-again:{invitation.id}", SENT_AGAIN)
    if wait is not None:
        raise SentTooOften(invitation.id, wait)
    invitation.version += 1
    invitation.sent_at = invitation.changed_at = clock.now()
    invitation.expires_at = invitation.sent_at + current_settings().invitation_valid_for
    invitation.asked_again_at = None
    if offer is not None:
        invitation.offer, invitation.sku = offer, str(offer["sku"])
        invitation.reported, invitation.reported_at = "", None
    cancel_all_due(session, invitation.id, REMIND, FORGET)
    _announce(session, invitation, by)


def revoke_invitation(session: Session, invitation: Invitation, by: Principal) -> bool:
    """Take a locked invitation back; answers False when it was before. Raises IllegalInvitationStep once ordered."""
    if not take(invitation, "revoke"):
        return False
    end_invitation(session, invitation)
    record_event(session, "invitation.revoked", subject_of(invitation), by)
    return True


def _announce(session: Session, invitation: Invitation, by: Principal) -> None:
    version = str(invitation.version)
    record_event(session, "invitation.sent", subject_of(invitation), by, version=invitation.version)
    mail_invitation(session, invitation, occasion=version)
    for number, after in enumerate(current_settings().invitation_reminders, start=1):
        schedule_due(session, REMIND, invitation.id, invitation.sent_at + after, period=f"{version}-{number}")
    schedule_due(session, EXPIRE, invitation.id, invitation.expires_at, period=version)


def mail_invitation(session: Session, invitation: Invitation, occasion: str, template: str = "invitation") -> bool:
    """Write to the invited client, once per template and occasion; answers False when it was written before."""
    if not invitation.client_email:
        return False
    return queue_mail(
        session,
        cause=f"{template}:{invitation.id}:{occasion}",
        to=invitation.client_email,
        template=template,
        context=letter_of(session, invitation),
        locale=invitation.locale,
    )


def letter_of(session: Session, invitation: Invitation) -> JsonObject:
    """The values of a mail about an invitation; its link is computed when the mail is written (M11)."""
    studio = session.get_one(Party, invitation.studio_id)
    return {
        "invitation_id": str(invitation.id),
        "version": invitation.version,
        "studio": studio.name,
        "client_name": invitation.client_name,
        "message": invitation.message,
        "contact": invitation.studio_contact,
        "offer": invitation.offer,
        "expires_at": invitation.expires_at.isoformat(),
    }


def end_invitation(session: Session, invitation: Invitation) -> None:
    """Nothing is asked of the client any more, and its data are kept only as long as the setting says (GDPR)."""
    cancel_all_due(session, invitation.id, REMIND, EXPIRE)
    forget_later(session, invitation)


@due_rule(REMIND)
def remind_of_invitation(session: Session, row: DueRow) -> None:
    """Remind a client who has not ordered yet, twice at most; reminders found late are one, not several at once."""
    invitation = session.get_one(Invitation, row.subject_id)
    version, _, number = row.period.partition("-")
    later = current_settings().invitation_reminders[int(number) : int(number) + 1]
    late = any(invitation.sent_at + after <= clock.now() for after in later)
    waiting = invitation.state in OPEN_STATES and invitation.expires_at > clock.now()
    if waiting and str(invitation.version) == version and not late:
        mail_invitation(session, invitation, row.period, "invitation_reminder")


@due_rule(EXPIRE)
def expire_invitation(session: Session, row: DueRow) -> None:
    """The validity is over: an invitation that nobody ordered by expires, and the studio may send it again."""
    invitation = lock_invitation(session, row.subject_id)
    if invitation.expires_at > clock.now() or not take(invitation, "expire"):
        return
    end_invitation(session, invitation)
    record_event(session, "invitation.expired", subject_of(invitation))
