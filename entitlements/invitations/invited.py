"""Invitations (F003-14 to F003-17): a studio asks a client to buy its own company; the row, and how it is found."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from entitlements.invitations.invitation_states import (
    INVITATION_STATES,
    OPEN_STATES,
    STAGES,
    InvitationState,
    InvitationStep,
    farther,
    next_invitation_state,
)
from foundation import clock
from foundation.database import Identified, JsonObject, Model
from foundation.events import Subject
from foundation.tokens import link_subject, link_token, link_token_is_valid

LINK = "invitation"
"""The kind of its link token; the token is computed from the row's id and version, never stored (M11)."""

Over = Literal["EXPIRED", "REVOKED", "DECLINED", "REPLACED", "UNKNOWN"]


class Invitation(Identified, Model):
    """One invitation. `offer` is what is sold at which price (cents), locked until `expires_at` (D23).

    `reached` is the farthest stage it came to, also when it ended since. `created_at` is when it was first sent,
    `sent_at` when last. `studio_contact` is what the studio wrote about itself. Name, address and words of the client
    are blanked when the time to keep them is over. `order_id` is the order that counts now (no foreign key upward, M8);
    `party_id` is the buyer the client became by ordering.
    """

    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("state IN ({})".format(", ".join(f"'{state}'" for state in INVITATION_STATES)), name="state"),
        CheckConstraint("reached IN ({})".format(", ".join(f"'{stage}'" for stage in STAGES)), name="reached"),
        CheckConstraint("(order_id IS NULL) = (party_id IS NULL)", name="order_has_buyer"),
        Index("ix_invitations_studio", "studio_id", "state", "id"),
        Index("ix_invitations_studio_created", "studio_id", "created_at", "id"),
        Index("uq_invitations_order", "order_id", unique=True),
        Index("uq_invitations_party", "party_id", unique=True),
    )

    studio_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    sent_by_user_id: Mapped[UUID | None]
    state: Mapped[InvitationState] = mapped_column(String())
    reached: Mapped[InvitationState] = mapped_column(String(), default="SENT")
    version: Mapped[int]
    client_name: Mapped[str]
    client_email: Mapped[str]
    message: Mapped[str]
    studio_contact: Mapped[JsonObject]
    sku: Mapped[str]
    offer: Mapped[JsonObject]
    locale: Mapped[str]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))
    order_id: Mapped[UUID | None]
    reported: Mapped[str]
    reported_at: Mapped[datetime | None]
    asked_again_at: Mapped[datetime | None]
    code_version: Mapped[int]
    code_sent_at: Mapped[datetime | None]
    forgotten_at: Mapped[datetime | None]


class InvitationNotFound(Exception):
    """No such invitation of this studio."""

    def __init__(self, invitation_id: UUID) -> None:
        super().__init__(str(invitation_id))
        self.invitation_id = invitation_id


class InvitationOver(Exception):
    """A link that leads nowhere any more; `why` decides the page, `invitation_id` is None for one never made here."""

    def __init__(self, why: Over, invitation_id: UUID | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.invitation_id = invitation_id


def subject_of(invitation: Invitation) -> Subject:
    """The invitation as the subject of an event; it belongs to its studio."""
    return Subject("invitation", invitation.id, invitation.studio_id)


def invitation_of(session: Session, invitation_id: UUID, studio_id: UUID, *, lock: bool = False) -> Invitation:
    """One invitation of a studio. Raises InvitationNotFound, also for somebody else's."""
    query = select(Invitation).where(Invitation.id == invitation_id, Invitation.studio_id == studio_id)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise InvitationNotFound(invitation_id)
    return found


def lock_invitation(session: Session, invitation_id: UUID) -> Invitation:
    """The invitation's row, locked: every change of its state starts here."""
    return session.scalars(select(Invitation).where(Invitation.id == invitation_id).with_for_update()).one()


def believe_invitation_link(session: Session, secret_key: str, token: str, *, lock: bool = False) -> Invitation:
    """The invitation a link speaks of; looking changes nothing (D6). Raises InvitationOver.

    A link of an older version is REPLACED, whoever holds it, and EXPIRED once the client is forgotten; a token that was
    never made here is UNKNOWN.
    """
    subject = link_subject(token)
    query = select(Invitation).where(Invitation.id == subject)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none() if subject else None
    if found is None:
        raise InvitationOver("UNKNOWN")
    present = link_token_is_valid(secret_key, LINK, token, found.id, found.version)
    if not present and not _was_valid(secret_key, token, found):
        raise InvitationOver("UNKNOWN")
    if found.state in {*OPEN_STATES, "BOUNCED"} and found.expires_at <= clock.now():
        raise InvitationOver("EXPIRED", found.id)
    match found.state:
        case "EXPIRED" | "REVOKED" | "DECLINED" as why:
            raise InvitationOver(why, found.id)
        case _ if found.forgotten_at is not None:
            raise InvitationOver("EXPIRED", found.id)
        case _ if not present:
            raise InvitationOver("REPLACED", found.id)
        case _:
            return found


def link_of_invitation(secret_key: str, invitation: Invitation) -> str:
    """The token of the invitation's present link."""
    return link_token(secret_key, LINK, invitation.id, invitation.version)


def take(invitation: Invitation, step: InvitationStep) -> bool:
    """Let a locked invitation take a step; answers False when it stays where it was. Raises IllegalInvitationStep."""
    state = next_invitation_state(invitation.state, step)
    if state == invitation.state:
        return False
    invitation.state, invitation.changed_at = state, clock.now()
    invitation.reached = farther(invitation.reached, state)
    return True


def _was_valid(secret_key: str, token: str, invitation: Invitation) -> bool:
    """Whether the token belongs to an earlier version: whoever holds it was invited once, and is told what became."""
    earlier = range(1, invitation.version)
    return any(link_token_is_valid(secret_key, LINK, token, invitation.id, version) for version in earlier)
