"""Disposals: what became of money that fitted no order: store credit, or back to the payer. Append-only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import APPEND_ONLY, Identified, Model


class Disposal(Identified, Model):
    """So much of a payment went to a party's store credit, or was sent back. A reversal is a row with a negative amount."""

    __tablename__ = "payment_disposals"
    __table_args__ = (
        CheckConstraint("kind IN ('STORE_CREDIT', 'RETURNED', 'REVERSED')", name="kind"),
        CheckConstraint("amount_cents <> 0", name="amount_not_zero"),
        Index("ix_payment_disposals_payment_id", "payment_id"),
        {"info": {APPEND_ONLY: True}},
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    kind: Mapped[str]
    party_id: Mapped[UUID | None] = mapped_column(ForeignKey("parties.id"))
    amount_cents: Mapped[int]
    disposed_at: Mapped[datetime]
    disposed_by_user_id: Mapped[UUID | None]
