"""Licences (M7): one model for every right that lasts: what it allows, and its append-only terms."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import APPEND_ONLY, Identified, JsonObject, Model


class Licence(Identified, Model):
    """A right of a party: a product of a family with plan, mode and limits. One per cause (M8)."""

    __tablename__ = "licences"
    __table_args__ = (
        UniqueConstraint("cause_kind", "cause_id"),
        Index("ix_licences_party_id", "party_id"),
        CheckConstraint("access_mode IN ('FULL', 'READ_ONLY')", name="access_mode"),
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    family: Mapped[str]
    product: Mapped[str]
    plan: Mapped[str]
    access_mode: Mapped[str]
    limits: Mapped[JsonObject]
    suspended_at: Mapped[datetime | None]
    suspended_by_case: Mapped[UUID | None]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    created_at: Mapped[datetime]


class LicenceTerm(Identified, Model):
    """A licence's term `[starts_on, ends_on)` in Rome days, with the anchor and price extensions start from."""

    __tablename__ = "licence_terms"
    __table_args__ = (
        UniqueConstraint("cause_kind", "cause_id"),
        Index("ix_licence_terms_licence", "licence_id", "ends_on"),
        CheckConstraint("ends_on > starts_on", name="not_empty"),
        {"info": {APPEND_ONLY: True}},
    )

    licence_id: Mapped[UUID] = mapped_column(ForeignKey("licences.id"))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    anchor_on: Mapped[date]
    net_cents: Mapped[int]
    price_book_version: Mapped[int]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    recorded_at: Mapped[datetime]


class Activation(Identified, Model):
    """History kept for ever (M8): who was activated with what, for which licence year; eligibility reads it."""

    __tablename__ = "activations"
    __table_args__ = (
        UniqueConstraint("cause_kind", "cause_id"),
        Index("ix_activations_tax_code", "tax_code"),
        {"info": {APPEND_ONLY: True}},
    )

    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"))
    tax_code: Mapped[str]
    coupon_type: Mapped[str | None]
    operation: Mapped[str]
    licence_year: Mapped[int]
    self_purchase: Mapped[bool]
    cause_kind: Mapped[str]
    cause_id: Mapped[UUID]
    recorded_at: Mapped[datetime]


def latest_terms(session: Session, party_ids: list[UUID]) -> dict[UUID, tuple[Licence, LicenceTerm]]:
    """For each party the licence term that ends last (lists show one line per company)."""
    query = (
        select(Licence, LicenceTerm)
        .join(LicenceTerm, LicenceTerm.licence_id == Licence.id)
        .where(Licence.party_id.in_(party_ids))
        .order_by(LicenceTerm.ends_on)
    )
    return {row[0].party_id: (row[0], row[1]) for row in session.execute(query)}


def new_licence(party_id: UUID, gives: JsonObject, cause_kind: str, cause_id: UUID) -> Licence:
    """A licence not yet stored, with what a product gives."""
    return Licence(
        party_id=party_id,
        family=gives["family"],
        product=gives["product"],
        plan=gives["plan"],
        access_mode=gives.get("access_mode", "FULL"),
        limits=gives.get("limits", {}),
        cause_kind=cause_kind,
        cause_id=cause_id,
        created_at=clock.now(),
    )
