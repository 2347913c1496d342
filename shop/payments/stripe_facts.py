"""What Stripe said about money: charges, refunds, disputes, payouts. Figures are assigned, never added up."""

from datetime import datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from foundation.database import JsonObject, Model


def fact_id(stripe_id: str) -> UUID:
    """A UUID that always stands for the same object of Stripe: causes, subjects and cases are UUIDs here."""
    return uuid5(NAMESPACE_URL, f"stripe:{stripe_id}")


class StripeCharge(Model):
    """A charge as last read; `fee_cents` and `net_cents` come late, with the balance transaction."""

    __tablename__ = "stripe_charges"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_intent_id: Mapped[str | None] = mapped_column(index=True)
    amount_cents: Mapped[int]
    refunded_cents: Mapped[int]
    fee_cents: Mapped[int | None]
    net_cents: Mapped[int | None]
    status: Mapped[str]
    read_started_at: Mapped[datetime]


class StripeRefund(Model):
    """A refund as last read: pending, requires_action, succeeded, failed, canceled."""

    __tablename__ = "stripe_refunds"

    id: Mapped[str] = mapped_column(primary_key=True)
    charge_id: Mapped[str | None] = mapped_column(index=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    amount_cents: Mapped[int]
    status: Mapped[str]
    read_started_at: Mapped[datetime]


class StripeDispute(Model):
    """A dispute as last read; while it is open, unassigned coupons of the order are held and refunds are blocked."""

    __tablename__ = "stripe_disputes"

    id: Mapped[str] = mapped_column(primary_key=True)
    case_id: Mapped[UUID]
    charge_id: Mapped[str | None] = mapped_column(index=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    amount_cents: Mapped[int]
    status: Mapped[str]
    due_at: Mapped[datetime | None]
    read_started_at: Mapped[datetime]


class StripePayout(Model):
    """A payout and what it was made of, matched to orders row by row."""

    __tablename__ = "stripe_payouts"
    __table_args__ = (Index("ix_stripe_payouts_status", "status"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    amount_cents: Mapped[int]
    status: Mapped[str]
    arrived_on: Mapped[datetime | None]
    rows: Mapped[JsonObject]
    difference_cents: Mapped[int | None]
    read_started_at: Mapped[datetime]


class RefundRequest(Model):
    """A refund somebody asked for; by card it is committed before the gateway is called, with its id as the key there.

    `way`: card, bank (finance makes the transfer) or store_credit. `line_id` says whose unused rights go back,
    `everything` that finance decided that those in use go back too (D10).
    """

    __tablename__ = "refund_requests"
    __table_args__ = (
        CheckConstraint("way IN ('card', 'bank', 'store_credit')", name="way"),
        CheckConstraint("(way = 'card') = (charge_id IS NOT NULL)", name="charge"),
        CheckConstraint("amount_cents > 0", name="amount_positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"), index=True)
    way: Mapped[str]
    charge_id: Mapped[str | None]
    line_id: Mapped[UUID | None] = mapped_column(ForeignKey("order_lines.id"))
    everything: Mapped[bool]
    amount_cents: Mapped[int]
    requested_by_user_id: Mapped[UUID | None]
    requested_at: Mapped[datetime]
    refund_id: Mapped[str | None] = mapped_column(unique=True)
    state: Mapped[str]
