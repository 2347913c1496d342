"""Matching: what a transfer pays. By the order numbers in its text; amounts that do not fit wait for a person, nothing is lost."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book
from foundation import clock
from foundation.events import Subject, record_event
from foundation.principal import Principal
from shop.orders.order_book import BANK_TRANSFER, Order
from shop.orders.placing import order_subject, tell_buyer
from shop.payments.money_in import BankLine, Payment, PaymentAllocation, paid_cents
from shop.payments.record import lock_order, settle, still_sellable
from shop.transfers.disposals import Disposal
from shop.transfers.references import references_in

CLOSED = frozenset({"CANCELLED", "EXPIRED", "NEEDS_REQUOTE"})


class AllocationRefused(Exception):
    """So much cannot be allocated there; `reason` is a stable code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def match_line(session: Session, line: BankLine, payment: Payment) -> None:
    """Allocate a line to the orders its text names, each no more than it is owed; then say what state the line is in."""
    if line.currency != "EUR":
        line.state = "UNIDENTIFIED"
        return
    references = references_in(line.remittance, line.end_to_end_id)
    numbers = sorted(reference.number for reference in references if reference.certain)
    ids = session.scalars(select(Order.id).where(Order.number.in_(numbers)).order_by(Order.id)).all()
    for order_id in ids:
        order = lock_order(session, order_id)
        _take(session, line, payment, order, "reference")
    update_state(session, line, payment, named=bool(ids))


def _take(session: Session, line: BankLine, payment: Payment, order: Order, reason: str) -> None:
    owed = order.gross_cents - paid_cents(session, order.id)
    amount = min(owed, unallocated(session, payment))
    if amount <= 0 or (order.state in CLOSED and not still_sellable(session, order)):
        return
    allocate(session, order, payment, amount, reason)
    shortfall = owed - amount
    if shortfall > 0:
        tell_buyer(
            session, order, "payment_shortfall", occasion=str(line.id), shortfall_cents=shortfall, paid_cents=amount
        )
        record_event(session, "order.underpaid", order_subject(order), shortfall_cents=shortfall)
        return
    settle(session, order, BANK_TRANSFER)


def allocate(
    session: Session, order: Order, payment: Payment, amount_cents: int, reason: str, by: Principal | None = None
) -> PaymentAllocation:
    """Say that so much of a payment is for this order, and book it out of suspense."""
    ordinal = session.scalar(
        select(func.count()).where(PaymentAllocation.payment_id == payment.id, PaymentAllocation.order_id == order.id)
    )
    allocation = PaymentAllocation(
        payment_id=payment.id,
        order_id=order.id,
        ordinal=ordinal or 0,
        amount_cents=amount_cents,
        reason=reason,
        allocated_at=clock.now(),
        allocated_by_user_id=by.user_id if by else None,
    )
    session.add(allocation)
    session.flush()
    waiting, receivable = Account("suspense", owner=payment.id), Account("receivable", owner=order.id)
    forward = (
        Posting(waiting, receivable, amount_cents) if amount_cents > 0 else Posting(receivable, waiting, -amount_cents)
    )
    book(session, Cause("allocation", allocation.id), [forward])
    return allocation


def unallocated(session: Session, payment: Payment) -> int:
    """How much of a payment waits in suspense: what came, less what was allocated, credited or sent back."""
    used = session.scalar(
        select(func.coalesce(func.sum(PaymentAllocation.amount_cents), 0)).where(
            PaymentAllocation.payment_id == payment.id
        )
    )
    return payment.amount_cents - int(used or 0) - disposed_cents(session, payment.id)


def disposed_cents(session: Session, payment_id: UUID) -> int:
    """How much of a payment went to store credit or back to the payer."""
    query = select(func.coalesce(func.sum(Disposal.amount_cents), 0)).where(Disposal.payment_id == payment_id)
    return int(session.execute(query).scalar_one())


def update_state(session: Session, line: BankLine, payment: Payment, *, named: bool) -> None:
    """Say where a line stands: all of it allocated, some left over, or nobody knows whose it is."""
    left = unallocated(session, payment)
    if left == 0:
        line.state = "MATCHED"
    elif named or left < payment.amount_cents:
        line.state = "SURPLUS"
    else:
        line.state = "UNIDENTIFIED"
    record_event(session, f"transfer.{line.state.lower()}", Subject("bank_line", line.id), left_cents=left)
