"""The history of a line: what the bank told, what it paid, what was decided about it, and by whom."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from foundation.events import Event, events_about
from shop.accounts.people import User
from shop.orders.order_book import Order
from shop.payments.money_in import BankLine, Payment, PaymentAllocation
from shop.transfers.disposals import Disposal
from shop.transfers.four_eyes import WAITING, FinanceDecision


@dataclass(frozen=True, slots=True)
class LineHistory:
    """A line's orders (with the cents each has of it), what else became of it, its returns, decisions and events."""

    orders: list[tuple[Order, int]]
    disposals: list[Disposal]
    returns: list[BankLine]
    waiting: list[FinanceDecision]
    events: list[Event]
    people: dict[UUID, str]


def history_of(session: Session, line: BankLine, payment: Payment) -> LineHistory:
    """Everything that is known of a line."""
    events = events_about(session, "bank_line", line.id)
    waiting = list(
        session.scalars(
            select(FinanceDecision).where(FinanceDecision.subject_id == line.id, FinanceDecision.state == WAITING)
        )
    )
    acted = {event.actor_user_id for event in events} | {decision.asked_by_user_id for decision in waiting}
    return LineHistory(
        orders=_orders(session, payment.id),
        disposals=list(
            session.scalars(select(Disposal).where(Disposal.payment_id == payment.id).order_by(Disposal.id))
        ),
        returns=list(session.scalars(select(BankLine).where(BankLine.returns_id == line.id).order_by(BankLine.id))),
        waiting=waiting,
        events=events,
        people=names_of(session, {user_id for user_id in acted if user_id is not None}),
    )


def _orders(session: Session, payment_id: UUID) -> list[tuple[Order, int]]:
    amount = func.sum(PaymentAllocation.amount_cents)
    query = (
        select(Order, amount)
        .join(PaymentAllocation, PaymentAllocation.order_id == Order.id)
        .where(PaymentAllocation.payment_id == payment_id)
        .group_by(Order.id)
        .having(amount != 0)
        .order_by(Order.id)
    )
    return [(order, int(cents)) for order, cents in session.execute(query)]


def names_of(session: Session, user_ids: set[UUID]) -> dict[UUID, str]:
    """The names of these people (who and when, for the audit trail)."""
    rows = session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return {row.id: row.name for row in rows}
