"""Money in (M15): facts (Stripe charges, bank lines), and their allocations to orders, many to many. Append-only."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, bindparam, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from foundation.database import APPEND_ONLY, Identified, JsonObject, Model
from foundation.driver_statements import directly
from shop.orders.order_book import Order
from shop.payments.attempts import PaymentAttempt


class BankLine(Identified, Model):
    """A transfer in or its return, as the bank told it. The payer's name and IBAN are blanked after the match (M17)."""

    __tablename__ = "bank_lines"
    __table_args__ = (
        Index(
            "uq_bank_lines_reference",
            "account_iban",
            "bank_reference",
            "kind",
            unique=True,
            postgresql_where=text("bank_reference IS NOT NULL"),
        ),
        UniqueConstraint("fingerprint", "occurrence"),
        Index("ix_bank_lines_state", "state", "id"),
    )

    account_iban: Mapped[str]
    bank_reference: Mapped[str | None]
    fingerprint: Mapped[str]
    occurrence: Mapped[int]
    kind: Mapped[str]
    state: Mapped[str]
    booked_on: Mapped[date]
    amount_cents: Mapped[int]
    currency: Mapped[str]
    remittance: Mapped[str]
    end_to_end_id: Mapped[str | None]
    debtor_name: Mapped[str | None]
    debtor_iban: Mapped[str | None]
    debtor_hash: Mapped[str | None]
    returns_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"))
    source: Mapped[str]
    recorded_at: Mapped[datetime]


class Payment(Identified, Model):
    """Money that arrived, once per (source, external id). Amounts in cents; never changed, never deleted."""

    __tablename__ = "payments"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        CheckConstraint("amount_cents >= 0", name="amount_not_negative"),
        {"info": {APPEND_ONLY: True}},
    )

    source: Mapped[str]
    external_id: Mapped[str]
    method: Mapped[str]
    amount_cents: Mapped[int]
    currency: Mapped[str]
    livemode: Mapped[bool]
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    attempt_id: Mapped[UUID | None] = mapped_column(ForeignKey(PaymentAttempt.id))
    bank_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"))


class PaymentAllocation(Identified, Model):
    """So much of a payment is for this order; a correction is a new row with a negative amount."""

    __tablename__ = "payment_allocations"
    __table_args__ = (
        UniqueConstraint("payment_id", "order_id", "ordinal"),
        Index("ix_payment_allocations_order_id", "order_id"),
        {"info": {APPEND_ONLY: True}},
    )

    payment_id: Mapped[UUID] = mapped_column(ForeignKey("payments.id"))
    order_id: Mapped[UUID] = mapped_column(ForeignKey("orders.id"))
    ordinal: Mapped[int]
    amount_cents: Mapped[int]
    reason: Mapped[str]
    allocated_at: Mapped[datetime]
    allocated_by_user_id: Mapped[UUID | None]


class FinanceTask(Identified, Model):
    """Something a person of finance must look at; one open task per kind and subject."""

    __tablename__ = "finance_tasks"
    __table_args__ = (
        Index("uq_finance_tasks_open", "kind", "subject_id", unique=True, postgresql_where=text("resolved_at IS NULL")),
        Index("ix_finance_tasks_open", "resolved_at", "id"),
    )

    kind: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    order_id: Mapped[UUID | None] = mapped_column(ForeignKey("orders.id"))
    facts: Mapped[JsonObject]
    due_at: Mapped[datetime | None]
    opened_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by_user_id: Mapped[UUID | None]
    resolution: Mapped[str | None]


# Asked several times with every order, so these statements are made once.
_ALLOCATED = func.coalesce(func.sum(PaymentAllocation.amount_cents), 0)
_PAID = select(_ALLOCATED).where(PaymentAllocation.order_id == bindparam("order_id"))
_PAID_AND_LAST_TRANSFER = _PAID.add_columns(func.max(Payment.recorded_at).filter(Payment.source == "bank")).join(
    Payment, Payment.id == PaymentAllocation.payment_id
)


def paid_cents(session: Session, order_id: UUID) -> int:
    """How much is allocated to an order, summed from its allocations."""
    return int(directly(session, _PAID, {"order_id": order_id}).scalar_one())


def paid_and_last_transfer(session: Session, order_id: UUID) -> tuple[int, datetime | None]:
    """How much is allocated to an order, and when the latest bank transfer among it was recorded."""
    row: Any = directly(session, _PAID_AND_LAST_TRANSFER, {"order_id": order_id}).one()
    return int(row[0]), row[1]


def due_cents(session: Session, order: Order) -> int:
    """What an order still lacks, in cents; zero when it has all its money or more."""
    return max(0, order.gross_cents - paid_cents(session, order.id))
