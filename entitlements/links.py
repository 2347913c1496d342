"""Studio links (M5) and payer periods (M4): who works on a company, and who pays for it. Two separate facts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import APPEND_ONLY, Identified, JsonObject, Model
from foundation.events import Subject, record_event
from foundation.ids import new_id

Payer = Literal["STUDIO", "COMPANY"]
_PAIR_LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended(:pair, 0))")


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a right or a role exists (M8): a kind and an id, without a foreign key upward."""

    kind: str
    id: UUID


class StudioLink(Identified, Model):
    """A studio works on a company from `linked_at` until `unlinked_at`; independent of payer and licence.

    A studio's block stands on the link it ended, from `blocked_at` until `unblocked_at`.
    """

    __tablename__ = "studio_links"
    __table_args__ = (
        Index(
            "uq_studio_links_live", "studio_id", "company_id", unique=True, postgresql_where=text("unlinked_at IS NULL")
        ),
        Index(
            "uq_studio_links_blocked",
            "studio_id",
            "company_id",
            unique=True,
            postgresql_where=text("blocked_at IS NOT NULL AND unblocked_at IS NULL"),
        ),
        Index("ix_studio_links_company_id", "company_id"),
        CheckConstraint("blocked_at IS NULL OR unlinked_at IS NOT NULL", name="blocked_is_unlinked"),
        CheckConstraint("unblocked_at IS NULL OR blocked_at IS NOT NULL", name="unblocked_was_blocked"),
    )

    studio_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    company_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    linked_at: Mapped[datetime]
    unlinked_at: Mapped[datetime | None]
    blocked_at: Mapped[datetime | None]
    unblocked_at: Mapped[datetime | None]
    nickname: Mapped[str | None]
    permissions: Mapped[JsonObject]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]


class PayerPeriod(Identified, Model):
    """From `from_at` on this party pays for the company, until a later row says otherwise. Append-only."""

    __tablename__ = "payer_periods"
    __table_args__ = (
        UniqueConstraint("company_id", "from_at"),
        UniqueConstraint("cause_kind", "cause_id"),
        CheckConstraint("payer IN ('STUDIO', 'COMPANY')", name="payer"),
        Index("ix_payer_periods_payer_party_id", "payer_party_id"),
        {"info": {APPEND_ONLY: True}},
    )

    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    payer_party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    payer: Mapped[str]
    from_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]


def link_studio(session: Session, studio_id: UUID, company_id: UUID, cause: Cause) -> bool:
    """Link a studio to a company (D19, D22); answers False when they are linked already.

    What calls this is the studio's own act, so a block of its own ends with it.
    """
    lock_pair(session, studio_id, company_id)
    lift_block(session, studio_id, company_id)
    row = insert(StudioLink).values(
        id=new_id(),
        studio_id=studio_id,
        company_id=company_id,
        linked_at=clock.now(),
        permissions={"areas": {"*": "write"}},
        cause_kind=cause.kind,
        cause_id=cause.id,
    )
    created = session.execute(row.on_conflict_do_nothing().returning(StudioLink.id)).scalar()
    if created is not None:
        record_event(session, "studio.linked", Subject("company", company_id, studio_id), studio_id=studio_id)
    return created is not None


def lock_pair(session: Session, studio_id: UUID, company_id: UUID) -> None:
    """Let nobody else link, unlink or block this studio and this company until the transaction ends."""
    session.execute(_PAIR_LOCK, {"pair": f"{studio_id}{company_id}"})


def lift_block(session: Session, studio_id: UUID, company_id: UUID) -> bool:
    """End the block that stands between a studio and a company; answers False where none does."""
    standing = (
        update(StudioLink)
        .where(StudioLink.studio_id == studio_id, StudioLink.company_id == company_id)
        .where(StudioLink.blocked_at.is_not(None), StudioLink.unblocked_at.is_(None))
        .values(unblocked_at=clock.now())
    )
    return session.execute(standing.returning(StudioLink.id)).first() is not None


def set_payer(session: Session, company_id: UUID, payer_party_id: UUID, payer: Payer, cause: Cause) -> bool:
    """Say who pays for a company from now on (D14); answers False when this cause has said so before."""
    row = insert(PayerPeriod).values(
        id=new_id(),
        company_id=company_id,
        payer_party_id=payer_party_id,
        payer=payer,
        from_at=clock.now(),
        recorded_at=clock.now(),
        cause_kind=cause.kind,
        cause_id=cause.id,
    )
    return session.execute(row.on_conflict_do_nothing().returning(PayerPeriod.id)).scalar() is not None


def payer_at(session: Session, company_id: UUID, at: datetime, known_at: datetime | None = None) -> PayerPeriod | None:
    """The payer period in force at an instant, as known at `known_at` (default: then, M19)."""
    query = (
        select(PayerPeriod)
        .where(PayerPeriod.company_id == company_id, PayerPeriod.from_at <= at)
        .where(PayerPeriod.recorded_at <= (known_at or at))
        .order_by(PayerPeriod.from_at.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def payers_now(session: Session, company_ids: list[UUID]) -> dict[UUID, PayerPeriod]:
    """Who pays for each of these companies now, in one query (lists)."""
    now = clock.now()
    query = (
        select(PayerPeriod)
        .where(PayerPeriod.company_id.in_(company_ids), PayerPeriod.from_at <= now)
        .order_by(PayerPeriod.company_id, PayerPeriod.from_at)
    )
    return {period.company_id: period for period in session.scalars(query)}


def link_of(session: Session, studio_id: UUID, company_id: UUID) -> StudioLink | None:
    """The live link of a studio and a company, if there is one."""
    query = select(StudioLink).where(
        StudioLink.studio_id == studio_id, StudioLink.company_id == company_id, StudioLink.unlinked_at.is_(None)
    )
    return session.scalars(query).first()
