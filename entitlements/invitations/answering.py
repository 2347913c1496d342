"""Answering (F003-16): what the invited client does before it orders: opens, resumes elsewhere, declines, reports."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from entitlements.company_data.identifiers import check_tax_code
from entitlements.connections.link_requests import ask_invited_client
from entitlements.connections.people import language_of
from entitlements.drafts import invitation_draft_of
from entitlements.invitations.forgetting import FORGET
from entitlements.invitations.invitation_states import OPEN_STATES, IllegalInvitationStep, may_step
from entitlements.invitations.invited import Invitation, lock_invitation, subject_of, take
from entitlements.invitations.sending import EXPIRE, end_invitation, letter_of, mail_invitation
from entitlements.parties import Party
from foundation import clock
from foundation.events import record_event
from foundation.jobs import cancel_all_due, schedule_due
from foundation.mail import Mail, bounce_rule, queue_mail
from foundation.principal import Principal
from foundation.tokens import link_code_is_valid

CODE = "invitation_code"
CODE_LASTS = timedelta(minutes=30)
_A_DAY = timedelta(days=1)


class CodeRefused(Exception):
    """The code is wrong, too old, or was never sent; the page says the same for all three."""


def open_invitation(session: Session, invitation: Invitation) -> bool:
    """The client goes on from the first page: the only thing that counts as opened, since scanners follow links.

    The row is locked. Answers False when it had been opened before.
    """
    came_back = invitation.state == "BOUNCED"
    if not take(invitation, "open"):
        return False
    if came_back:
        # Its end was taken away when nobody seemed to be there.
        cancel_all_due(session, invitation.id, FORGET)
        schedule_due(session, EXPIRE, invitation.id, invitation.expires_at, period=f"{invitation.version}-open")
    record_event(session, "invitation.opened", subject_of(invitation))
    return True


def begin_writing(session: Session, invitation: Invitation) -> None:
    """A first step of the form was kept; the row is locked."""
    if take(invitation, "write"):
        record_event(session, "invitation.in_progress", subject_of(invitation))


def send_code(session: Session, invitation: Invitation) -> None:
    """Mail the invited address a fresh code that opens the draft on another device; the old one is worthless."""
    invitation.code_version += 1
    invitation.code_sent_at = clock.real_now()
    queue_mail(
        session,
        cause=f"{CODE}:{invitation.id}:{invitation.code_version}",
        to=invitation.client_email,
        template=CODE,
        context=letter_of(session, invitation) | {"code_version": invitation.code_version},
        locale=invitation.locale,
    )


def believe_code(invitation: Invitation, secret_key: str, typed: str) -> None:
    """Believe a code, once: it dies with its use. The row is locked. Raises CodeRefused."""
    digits = "".join(character for character in typed if character.isdigit())
    sent_at = invitation.code_sent_at
    if sent_at is None or sent_at + CODE_LASTS <= clock.real_now():
        raise CodeRefused
    if not link_code_is_valid(secret_key, CODE, digits, invitation.id, invitation.code_version):
        raise CodeRefused
    invitation.code_sent_at = None


def decline_invitation(session: Session, invitation: Invitation) -> bool:
    """The client does not want it; answers False when it had said so. Raises IllegalInvitationStep once ordered."""
    if not take(invitation, "decline"):
        return False
    end_invitation(session, invitation)
    record_event(session, "invitation.declined", subject_of(invitation))
    tell_studio(session, invitation, "invitation_declined")
    return True


def report_wrong_type(session: Session, invitation: Invitation, what: str) -> None:
    """The client says that the type of company is not right; what it typed stays for the corrected invitation.

    The row is locked. Raises IllegalInvitationStep once ordered.
    """
    if invitation.state not in OPEN_STATES:
        raise IllegalInvitationStep(invitation.state, "write")
    now = clock.now()
    invitation.reported, invitation.reported_at, invitation.changed_at = what, now, now
    record_event(session, "invitation.reported", subject_of(invitation))
    tell_studio(session, invitation, "invitation_reported", now.isoformat())


def ask_for_link(session: Session, invitation: Invitation) -> None:
    """The company is active already: its studio asks it for a link, by the number the client typed (D22, M6).

    Nothing is asked when no valid number was typed; the studio has been told and can ask by itself.
    """
    draft = invitation_draft_of(session, invitation.id)
    number = check_tax_code(str(draft.fields.get("tax_code", ""))) if draft is not None else None
    if isinstance(number, str):
        ask_invited_client(session, number, Principal(None, invitation.studio_id, "studio", locale=invitation.locale))


@bounce_rule("invitation", "invitation_reminder")
def invitation_bounced(session: Session, mail: Mail) -> None:
    """The address takes no mail: the studio is told, corrects it and sends again; a client who came anyway stays.

    A bounce of an older link than the present one says nothing about this one.
    """
    invitation = lock_invitation(session, UUID(str(mail.context["invitation_id"])))
    present = invitation.version == mail.context["version"] and invitation.client_email == mail.recipient
    if not present or not may_step(invitation.state, "bounce") or not take(invitation, "bounce"):
        return
    end_invitation(session, invitation)
    record_event(session, "invitation.bounced", subject_of(invitation))
    tell_studio(session, invitation, "invitation_bounced", str(invitation.version))


def ask_again(session: Session, invitation: Invitation) -> bool:
    """Whoever held the link asks for a new one, and the studio is told; once a day. The row is locked."""
    now = clock.now()
    if invitation.asked_again_at is not None and now - invitation.asked_again_at < _A_DAY:
        return False
    invitation.asked_again_at = invitation.changed_at = now
    record_event(session, "invitation.asked_again", subject_of(invitation))
    tell_studio(session, invitation, "invitation_asked_again", now.isoformat())
    return True


def mail_link_again(session: Session, invitation: Invitation) -> bool:
    """Write the present link to the invited address once more, once an hour; False when that was done just now."""
    hour = clock.real_now().strftime("%Y-%m-%d-%H")
    return mail_invitation(session, invitation, f"again-{invitation.version}-{hour}")


def tell_studio(session: Session, invitation: Invitation, template: str, occasion: str = "once") -> None:
    """Write to the studio in its own language, to the address it gave with the invitation."""
    studio = session.get_one(Party, invitation.studio_id)
    to = str(invitation.studio_contact.get("email") or studio.email or "")
    if not to:
        return
    queue_mail(
        session,
        cause=f"{template}:{invitation.id}:{occasion}",
        to=to,
        template=template,
        context=letter_of(session, invitation) | {"reported": invitation.reported},
        party_id=invitation.studio_id,
        locale=language_of(session, invitation.studio_id),
    )
