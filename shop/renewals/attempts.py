"""Renewal attempts: for each end of a base service one try to renew it by itself, claimed before anything is done."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation import clock
from foundation.database import Identified, JsonObject, Model
from foundation.ids import new_id
from shop.renewals.mandates import RenewalMandate

# The card or its bank said no.
DECLINED, AUTHENTICATION, CARD_EXPIRED = "DECLINED", "AUTHENTICATION", "CARD_EXPIRED"
# The shop did not ask the bank, and the payer has something to do.
NO_CARD, PRICE_ROSE, NOT_ORDERABLE, BILLING = "NO_CARD", "PRICE_ROSE", "NOT_ORDERABLE", "BILLING"
TERMS_CHANGED, SUSPENDED, TOO_LATE, NOT_SOLD = "TERMS_CHANGED", "SUSPENDED", "TOO_LATE", "NOT_SOLD"
# On the last morning before the end an order to renew was still under way.
ORDER_EXISTS = "ORDER_EXISTS"
# There is nothing left to do: somebody has renewed it otherwise, or wants it no more.
SWITCHED_OFF, MOVED = "SWITCHED_OFF", "MOVED"
REASONS = (
    *(DECLINED, AUTHENTICATION, CARD_EXPIRED, NO_CARD, PRICE_ROSE),
    *(NOT_ORDERABLE, BILLING, TERMS_CHANGED, SUSPENDED, TOO_LATE, NOT_SOLD),
    *(ORDER_EXISTS, SWITCHED_OFF, MOVED),
)
TOLD = frozenset(REASONS) - {SWITCHED_OFF, MOVED}
"""Reasons the payer is written to about."""
_ALL = ", ".join(f"'{reason}'" for reason in REASONS)


class RenewalAttempt(Identified, Model):
    """The one try to renew a base service at an end by itself: its order, what was sent to the gateway, how it went.

    `sent_at` is committed with the whole parameter set before the gateway is called; then either `charged_at` or
    `refused_at` follows. Without an order nothing was ever sent.
    """

    __tablename__ = "renewal_attempts"
    __table_args__ = (
        UniqueConstraint("licence_id", "ends_on"),
        Index("ix_renewal_attempts_mandate_id", "mandate_id"),
        CheckConstraint("charged_at IS NULL OR refused_at IS NULL", name="one_outcome"),
        CheckConstraint("(refused_at IS NULL) = (reason IS NULL)", name="reason_given"),
        CheckConstraint(f"reason IN ({_ALL})", name="reason"),
        CheckConstraint("(sent_at IS NULL) = (parameters IS NULL)", name="sent"),
        CheckConstraint("sent_at IS NULL OR order_id IS NOT NULL", name="ordered"),
        CheckConstraint(
            "charged_at IS NULL OR (sent_at IS NOT NULL AND payment_intent_id IS NOT NULL)", name="charged"
        ),
    )

    mandate_id: Mapped[UUID] = mapped_column(ForeignKey("renewal_mandates.id"))
    licence_id: Mapped[UUID] = mapped_column(ForeignKey("licences.id"))
    ends_on: Mapped[date]
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"), unique=True)
    parameters: Mapped[JsonObject | None] = mapped_column(JSONB(none_as_null=True))
    payment_intent_id: Mapped[str | None] = mapped_column(unique=True)
    claimed_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    charged_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    reason: Mapped[str | None]

    @property
    def is_under_way(self) -> bool:
        """Whether the gateway was asked and nobody knows yet what it said."""
        return self.sent_at is not None and self.charged_at is None and self.refused_at is None


def claim_attempt(session: Session, mandate: RenewalMandate, licence_id: UUID, ends_on: date) -> RenewalAttempt | None:
    """The one attempt for an end, for whoever comes first; None when it was made before."""
    row = insert(RenewalAttempt).values(
        id=new_id(), mandate_id=mandate.id, licence_id=licence_id, ends_on=ends_on, claimed_at=clock.now()
    )
    fresh = session.execute(row.on_conflict_do_nothing().returning(RenewalAttempt.id)).scalar()
    return session.get_one(RenewalAttempt, fresh) if fresh else None


def attempt_for(session: Session, licence_id: UUID, ends_on: date) -> RenewalAttempt | None:
    """What became of the end of a base service."""
    query = select(RenewalAttempt).where(RenewalAttempt.licence_id == licence_id, RenewalAttempt.ends_on == ends_on)
    return session.scalars(query).one_or_none()


def attempt_of_order(session: Session, order_id: UUID) -> RenewalAttempt | None:
    """The attempt an automatic order was placed by."""
    return session.scalars(select(RenewalAttempt).where(RenewalAttempt.order_id == order_id)).one_or_none()


def is_being_charged(session: Session, order_id: UUID) -> bool:
    """Whether the saved card is being asked for an order's money right now: nobody else may pay it meanwhile."""
    attempt = attempt_of_order(session, order_id)
    return attempt is not None and attempt.is_under_way


def intent_of_renewal(session: Session, order_id: UUID) -> str | None:
    """The gateway's intent that charged an automatic order."""
    attempt = attempt_of_order(session, order_id)
    return attempt.payment_intent_id if attempt else None
