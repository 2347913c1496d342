"""Late card payments (D11): card money of an order that is closed, and what of each payment can still go back."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shop.orders.order_book import Order
from shop.payments.finance_tasks import close_tasks
from shop.payments.money_in import Payment, PaymentAllocation, paid_cents
from shop.payments.reversals import refunded_cents
from shop.transfers.card_credit import gone_by_kind
from shop.transfers.matching import CLOSED, allocated_cents, disposed_cents
from shop.transfers.store_credit import SOURCE, store_credit_of

_WAITING = ("late_money", "closed_with_money", "underpaid", "overpaid")
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class LatePayment:
    """A card payment of a closed order, and where its money is by now (cents).

    `waiting_cents` waits on the order, `credit_cents` is its buyer's store credit and not spent, `spent_cents` was that
    credit and is spent, `gone_cents` went back, was asked to go back, or was taken by the buyer's bank.
    """

    payment: Payment
    waiting_cents: int
    credit_cents: int
    spent_cents: int
    gone_cents: int

    @property
    def left_cents(self) -> int:
        """What can still go back to the card."""
        return self.waiting_cents + self.credit_cents


def late_payments(session: Session, order: Order) -> tuple[LatePayment, ...]:
    """The card payments of an order, oldest first; none while it is not closed: then rights hang on its money (D10).

    Store credit is one purse: what of a payment is spent is what the purse does not hold any more.
    """
    if order.state not in CLOSED:
        return ()
    purse = store_credit_of(session, order.buyer_party_id)
    of_order = select(PaymentAllocation.payment_id).where(PaymentAllocation.order_id == order.id)
    query = select(Payment).where(Payment.source == "stripe", Payment.id.in_(of_order)).order_by(Payment.id)
    return tuple(_read(session, order, payment, purse) for payment in session.scalars(query))


def _read(session: Session, order: Order, payment: Payment, purse_cents: int) -> LatePayment:
    gone = sum(cents for _kind, cents in gone_by_kind(session, payment))
    became_credit, on_order = disposed_cents(session, payment.id), allocated_cents(session, payment.id, order.id)
    # As the credit follows it: what went back was credit first.
    still_credit = became_credit - min(became_credit, gone)
    unspent = min(still_credit, purse_cents)
    waiting = max(0, on_order - max(0, gone - became_credit))
    return LatePayment(payment, waiting, unspent, still_credit - unspent, gone)


def orders_paid_with_credit(session: Session, party_id: UUID) -> Sequence[tuple[Order, int]]:
    """The latest orders of a party that are paid from its store credit, newest first, each with how much (cents)."""
    spent = func.sum(PaymentAllocation.amount_cents)
    query = (
        select(Order, spent)
        .join(PaymentAllocation, PaymentAllocation.order_id == Order.id)
        .join(Payment, Payment.id == PaymentAllocation.payment_id)
        .where(Order.buyer_party_id == party_id, Payment.source == SOURCE)
        .group_by(Order.id)
        .having(spent > 0)
        .order_by(Order.id.desc())
        .limit(_MOST_NAMED)
    )
    return [(order, int(cents)) for order, cents in session.execute(query)]


def close_what_waited(session: Session, order: Order) -> None:
    """All the money of a closed order went back, whoever gave it back: nobody needs to look at it any more."""
    paid = paid_cents(session, order.id)
    if order.state in CLOSED and 0 < paid <= refunded_cents(session, order.id):
        for kind in _WAITING:
            close_tasks(session, kind, order.id, "money_returned")
