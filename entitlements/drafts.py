"""Drafts: what was typed into the activation form so far, saved at each step and resumable on any device."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import JsonObject, Model


class ActivationDraft(Model):
    """One per coupon; kept after a refusal so that nothing is asked twice (WCAG 3.3.7)."""

    __tablename__ = "activation_drafts"

    coupon_id: Mapped[UUID] = mapped_column(ForeignKey("coupons.id"), primary_key=True)
    fields: Mapped[JsonObject]
    step: Mapped[str]
    saved_at: Mapped[datetime]


def draft_of(session: Session, coupon_id: UUID) -> ActivationDraft | None:
    """The draft of a coupon's activation, if anything was typed."""
    return session.get(ActivationDraft, coupon_id)


def save_draft(session: Session, coupon_id: UUID, fields: Mapping[str, str], step: str) -> None:
    """Add what one step asked to the draft; `step` is where to resume."""
    values = {"fields": dict(fields), "step": step, "saved_at": clock.now()}
    statement = insert(ActivationDraft).values(coupon_id=coupon_id, **values)
    merged = ActivationDraft.fields.op("||")(statement.excluded.fields)
    session.execute(statement.on_conflict_do_update(index_elements=["coupon_id"], set_=values | {"fields": merged}))


def keep_draft(session: Session, coupon_id: UUID, fields: Mapping[str, str], step: str) -> None:
    """Begin a draft with data that came another way (an API call), unless somebody has already typed one."""
    row = insert(ActivationDraft).values(coupon_id=coupon_id, fields=dict(fields), step=step, saved_at=clock.now())
    session.execute(row.on_conflict_do_nothing())


def drafted(session: Session, coupon_ids: list[UUID]) -> dict[UUID, ActivationDraft]:
    """Which of these coupons have a draft (the list offers to resume)."""
    query = select(ActivationDraft).where(ActivationDraft.coupon_id.in_(coupon_ids))
    return {draft.coupon_id: draft for draft in session.scalars(query)}


def forget_draft(session: Session, coupon_id: UUID) -> None:
    """Drop what was typed once the company exists: from then on its own profile says it."""
    session.execute(delete(ActivationDraft).where(ActivationDraft.coupon_id == coupon_id))
