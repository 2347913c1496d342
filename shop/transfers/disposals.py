"""Disposals: what became of money that fitted no order: store credit, or back to the payer. Append-only."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import APPEND_ONLY, Identified, Model
from foundation.ids import new_id
from shop.payments.money_in import Payment

CREDITED = "STORE_CREDIT"
SENT_BACK = "RETURNED"
REVERSED = "REVERSED"


class Disposal(Identified, Model):
    """So much of a payment became a party's store credit, was sent back by us, or was taken back by the bank."""

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


def dispose(session: Session, payment: Payment, kind: str, amount_cents: int, **whose: UUID | None) -> Disposal:
    """Say what became of so much of a payment; `party_id` whose credit it became, `disposed_by_user_id` who decided."""
    disposal = Disposal(
        id=new_id(), payment_id=payment.id, kind=kind, amount_cents=amount_cents, disposed_at=clock.now(), **whose
    )
    session.add(disposal)
    session.flush()
    return disposal
