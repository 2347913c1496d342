"""Payment attempts: one row per Checkout Session, committed with its full parameters before the gateway is called."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation.database import Identified, JsonObject, Model
from shop.payments.attempt_states import AttemptFacts, AttemptState, attempt_state

_OPEN = "paid_at IS NULL AND debit_refused_at IS NULL AND cancelled_at IS NULL AND expired_at IS NULL"


class PaymentAttempt(Identified, Model):
    """The n-th try to pay an order at the gateway. Facts are instants; the state is computed from them (M27)."""

    __tablename__ = "payment_attempts"
    __table_args__ = (
        UniqueConstraint("order_id", "number"),
        Index("uq_payment_attempts_open", "order_id", unique=True, postgresql_where=text(_OPEN)),
    )

    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    number: Mapped[int]
    amount_cents: Mapped[int]
    currency: Mapped[str]
    parameters: Mapped[JsonObject]
    expires_at: Mapped[datetime]
    created_at: Mapped[datetime]
    session_id: Mapped[str | None] = mapped_column(unique=True)
    url: Mapped[str | None]
    payment_intent_id: Mapped[str | None] = mapped_column(index=True)
    paid_at: Mapped[datetime | None]
    debit_refused_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    awaiting_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]
    read_started_at: Mapped[datetime | None]

    @property
    def facts(self) -> AttemptFacts:
        """What has been seen so far."""
        return AttemptFacts(
            paid=self.paid_at is not None,
            debit_refused=self.debit_refused_at is not None,
            cancelled=self.cancelled_at is not None,
            awaiting=self.awaiting_at is not None,
            expired=self.expired_at is not None,
        )

    @property
    def state(self) -> AttemptState:
        """The state that follows from the facts."""
        return attempt_state(self.facts)


class StripeCustomer(Model):
    """The gateway's customer of a party, created once."""

    __tablename__ = "stripe_customers"

    party_id: Mapped[UUID] = mapped_column(ForeignKey("parties.id"), primary_key=True)
    customer_id: Mapped[str] = mapped_column(unique=True)


def attempts_of(session: Session, order_id: UUID) -> list[PaymentAttempt]:
    """The attempts of an order as they are now, oldest first."""
    query = select(PaymentAttempt).where(PaymentAttempt.order_id == order_id).order_by(PaymentAttempt.number)
    return list(session.scalars(query.execution_options(populate_existing=True)))
