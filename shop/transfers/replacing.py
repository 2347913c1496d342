"""Joins a transfer confirmed by hand with the bank's own line, told later without an order number: they are one."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book
from foundation.events import record_event
from foundation.principal import Principal
from shop.payments.money_in import BankLine, Payment, PaymentAllocation
from shop.payments.record import lock_order
from shop.transfers.bank_lines import line_subject
from shop.transfers.disposals import REVERSED, dispose
from shop.transfers.known_lines import MANUAL, REPLACED, TRANSFER, about_the_same_day
from shop.transfers.matching import allocate, allocated_cents, suspense, unallocated, update_state
from shop.transfers.refusals import AllocationRefused


def confirmed_alike(session: Session, line: BankLine) -> list[BankLine]:
    """Lines confirmed by hand, of the same amount and about the same day, that the bank has not told yet."""
    query = select(BankLine).where(
        BankLine.source == MANUAL,
        BankLine.kind == TRANSFER,
        BankLine.state.in_(("MATCHED", "SURPLUS")),
        BankLine.amount_cents == line.amount_cents,
        BankLine.currency == line.currency,
        about_the_same_day(line.booked_on),
        BankLine.id != line.id,
    )
    return list(session.scalars(query.order_by(BankLine.id)))


def replace_confirmed(
    session: Session, told: tuple[BankLine, Payment], confirmed: tuple[BankLine, Payment], by: Principal
) -> None:
    """What the bank told takes the place of what a person had confirmed: same orders, no cent twice, no window anew.

    Both lines must be locked. Raises AllocationRefused where they cannot be the same money.
    """
    (line, payment), (by_hand, phantom) = told, confirmed
    whole = unallocated(session, payment) == payment.amount_cents == phantom.amount_cents
    if by_hand.source != MANUAL or by_hand.state == REPLACED or not whole:
        raise AllocationRefused("not_the_same")
    for order_id in _orders_of(session, phantom.id):
        order = lock_order(session, order_id)
        amount = allocated_cents(session, phantom.id, order_id)
        if amount > 0:
            allocate(session, order, phantom, -amount, "replaced", by)
            allocate(session, order, payment, amount, "replaced", by)
    left = unallocated(session, phantom)
    if left != phantom.amount_cents:
        # Some of it became store credit or was sent back: which money that was is for a person to say first.
        raise AllocationRefused("not_the_same")
    disposal = dispose(session, phantom, REVERSED, left, disposed_by_user_id=by.user_id)
    book(session, Cause("disposal", disposal.id), [Posting(suspense(phantom), Account("bank"), left)])
    by_hand.state = REPLACED
    # Its number among equal lines is free for the next of them that the bank tells.
    by_hand.fingerprint, by_hand.occurrence = f"replaced:{by_hand.id}", 1
    record_event(session, "transfer.replaced", line_subject(by_hand), by, line_id=line.id)
    record_event(session, "transfer.replaces", line_subject(line), by, line_id=by_hand.id)
    update_state(session, line, payment, named=True)


def _orders_of(session: Session, payment_id: UUID) -> list[UUID]:
    query = select(PaymentAllocation.order_id).where(PaymentAllocation.payment_id == payment_id).distinct()
    return sorted(session.scalars(query))
