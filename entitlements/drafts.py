"""Drafts: what was typed into a company's form so far, saved at each step and resumable on any device.

A form is filled in for a coupon by its studio, or for an invitation by the invited client; each has its own table.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import JsonObject, Model

# By the coupon's id and not by a row: the first thing typed has no row yet.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:draft, 0))")


class Draft:
    """Mix-in: the fields typed so far, the step to resume at, and when they were saved."""

    fields: Mapped[JsonObject]
    step: Mapped[str]
    saved_at: Mapped[datetime]


class ActivationDraft(Draft, Model):
    """One per coupon; kept after a refusal so that nothing is asked twice (WCAG 3.3.7)."""

    __tablename__ = "activation_drafts"

    coupon_id: Mapped[UUID] = mapped_column(ForeignKey("coupons.id"), primary_key=True, sort_order=-1)


class InvitationDraft(Draft, Model):
    """One per invitation; it survives a corrected type of company and a link sent again (F003-16)."""

    __tablename__ = "invitation_drafts"

    invitation_id: Mapped[UUID] = mapped_column(ForeignKey("invitations.id"), primary_key=True, sort_order=-1)


def draft_of(session: Session, coupon_id: UUID) -> ActivationDraft | None:
    """The draft of a coupon's activation, if anything was typed."""
    return session.get(ActivationDraft, coupon_id)


def lock_draft(session: Session, coupon_id: UUID) -> ActivationDraft | None:
    """The draft as it stands, if anything was typed; nobody else saves it until the transaction ends."""
    session.execute(_LOCK, {"draft": f"draft{coupon_id}"})
    return session.get(ActivationDraft, coupon_id, populate_existing=True)


def invitation_draft_of(session: Session, invitation_id: UUID, *, anew: bool = False) -> InvitationDraft | None:
    """What an invited client has typed, if anything; `anew` reads it once more, after waiting for a lock."""
    return session.get(InvitationDraft, invitation_id, populate_existing=anew)


def save_draft(session: Session, coupon_id: UUID, fields: Mapping[str, str], step: str) -> None:
    """Add what one step asked to the draft; `step` is where to resume."""
    _save(session, ActivationDraft, {"coupon_id": coupon_id}, fields, step)


def save_invitation_draft(session: Session, invitation_id: UUID, fields: Mapping[str, str], step: str) -> None:
    """Add what one step asked to an invited client's draft; `step` is where to resume."""
    _save(session, InvitationDraft, {"invitation_id": invitation_id}, fields, step)


def _save(
    session: Session,
    table: type[ActivationDraft | InvitationDraft],
    key: dict[str, UUID],
    fields: Mapping[str, str],
    step: str,
) -> None:
    values: dict[str, Any] = {"fields": dict(fields), "step": step, "saved_at": clock.now()}
    statement = insert(table).values(**key, **values)
    merged = table.fields.op("||")(statement.excluded.fields)
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values | {"fields": merged}))


def keep_draft(session: Session, coupon_id: UUID, fields: Mapping[str, str], step: str) -> None:
    """Begin a draft with data that came another way (an API call), unless somebody has already typed one."""
    row = insert(ActivationDraft).values(coupon_id=coupon_id, fields=dict(fields), step=step, saved_at=clock.now())
    session.execute(row.on_conflict_do_nothing())


def forget_draft(session: Session, coupon_id: UUID) -> None:
    """Drop what was typed once the company exists: from then on its own profile says it."""
    session.execute(delete(ActivationDraft).where(ActivationDraft.coupon_id == coupon_id))


def forget_drafts(session: Session, coupon_ids: Sequence[UUID]) -> None:
    """Drop what was typed for coupons that nobody can use any more: it was about people, and leads to nothing."""
    session.execute(delete(ActivationDraft).where(ActivationDraft.coupon_id.in_(coupon_ids)))


def forget_invitation_draft(session: Session, invitation_id: UUID) -> None:
    """Drop what an invited client typed: the company exists, or the time to keep it is over."""
    session.execute(delete(InvitationDraft).where(InvitationDraft.invitation_id == invitation_id))
