"""Matching: what a transfer pays, by the order numbers in its text; what does not fit waits for a person."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book, give_back_recovered, release_coupons, release_purchases
from foundation import clock
from foundation.events import Subject, record_event
from foundation.principal import Principal
from shop.orders.order_book import BANK_TRANSFER, Order
from shop.orders.placing import order_subject, tell_buyer
from shop.payments.finance_tasks import Concern, close_tasks, open_task
from shop.payments.money_in import BankLine, Payment, PaymentAllocation, paid_cents
from shop.payments.record import lock_order, settle, still_sellable
from shop.transfers.disposals import Disposal
from shop.transfers.payer_data import forget_payer_later
from shop.transfers.references import references_in
from shop.transfers.shortfall import shortfall_letter

CLOSED = frozenset({"CANCELLED", "EXPIRED", "NEEDS_REQUOTE"})
EURO = "EUR"
TAKEN_OFF = "taken_off"
RETURNED_AFTER = "returned_after_fulfilment"
"""The finance task of a transfer that came back when its order had been fulfilled."""
CLAIM = "return_claim"
"""The finance task of money that went out twice, or was spent as credit before it went back: somebody owes it."""


def match_line(session: Session, line: BankLine, payment: Payment) -> None:
    """Allocate a line to the orders its text names, in their order there, each no more than it is owed.

    What fits nowhere stays in suspense and is shown to finance; the buyer of a named order is told.
    """
    if line.currency != EURO:
        facts = {"cents": line.amount_cents, "currency": line.currency}
        open_task(session, Concern("foreign_currency", Subject("bank_line", line.id), facts))
        update_state(session, line, payment, named=False)
        return
    orders = _named_orders(session, line)
    for order in orders:
        take(session, line, payment, order, "reference")
    update_state(session, line, payment, named=bool(orders))
    left = unallocated(session, payment)
    if orders and left > 0:
        closed = [order for order in orders if order.state in CLOSED]
        _tell_of_surplus(session, line, (closed or orders)[-1], left)


def _named_orders(session: Session, line: BankLine) -> list[Order]:
    """The orders a text names with certainty: locked by their ids (no deadlock), answered as the text has them."""
    references = references_in(line.remittance, line.end_to_end_id)
    numbers = [reference.number for reference in references if reference.certain]
    known = session.execute(select(Order.id, Order.number).where(Order.number.in_(numbers)).order_by(Order.id)).all()
    locked = {number: lock_order(session, order_id) for order_id, number in known}
    return [locked[number] for number in numbers if number in locked]


def take(session: Session, line: BankLine, payment: Payment, order: Order, reason: str) -> None:
    """Let an order take what it is owed of what is left of a payment, and follow its money. Its row must be locked."""
    owed, left = order.gross_cents - paid_cents(session, order.id), unallocated(session, payment)
    amount = min(owed, left)
    if amount <= 0:
        return
    if order.state in CLOSED and (amount < owed or not still_sellable(session, order)):
        # D11: a closed order opens again only for its whole price, and only while that is still the price.
        return
    allocate(session, order, payment, amount, reason)
    follow_the_money(session, order, owed - amount, occasion=str(line.id))


def follow_the_money(session: Session, order: Order, shortfall_cents: int, occasion: str) -> None:
    """An order that has all its money is paid; one that lacks some waits, and its buyer is told how much."""
    if shortfall_cents <= 0:
        settle(session, order, BANK_TRANSFER)
        # The money that a return had taken away is there again: what was frozen for it is free.
        release_coupons(session, order.id)
        release_purchases(session, order.id)
        give_back_recovered(session, Cause("transfer_return", order.id))
        for kind in ("underpaid", "late_money", "closed_with_money", CLAIM, RETURNED_AFTER):
            close_tasks(session, kind, order.id, "paid")
        return
    record_event(session, "order.underpaid", order_subject(order), shortfall_cents=shortfall_cents)
    letter = shortfall_letter(order, shortfall_cents)
    tell_buyer(session, order, "payment_shortfall", occasion=occasion, **letter)


def _tell_of_surplus(session: Session, line: BankLine, order: Order, left_cents: int) -> None:
    """The buyer hears what arrived and did not fit: too much, twice, or too late for the order (D11)."""
    kind, template = "surplus", "transfer_surplus"
    if order.state in CLOSED:
        kind, template = "late_money", "transfer_too_late"
    open_task(session, Concern(kind, Subject("bank_line", line.id), {"left_cents": left_cents}, order.id))
    tell_buyer(session, order, template, occasion=str(line.id), surplus_cents=left_cents)


def allocate(
    session: Session, order: Order, payment: Payment, amount_cents: int, reason: str, by: Principal | None = None
) -> PaymentAllocation:
    """Say that so much of a payment is for this order (negative: no longer), and book it out of suspense (or back)."""
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
    # What is shown of the order changes with its money.
    order.version += 1
    session.flush()
    waiting, receivable = suspense(payment), Account("receivable", owner=order.id)
    forward = (
        Posting(waiting, receivable, amount_cents) if amount_cents > 0 else Posting(receivable, waiting, -amount_cents)
    )
    book(session, Cause("allocation", allocation.id), [forward])
    return allocation


def suspense(payment: Payment) -> Account:
    """Where a payment's money waits, in its own currency, until it is known what it is for."""
    return Account("suspense", unit=payment.currency, owner=payment.id)


def allocated_cents(session: Session, payment_id: UUID, order_id: UUID | None = None) -> int:
    """How much of a payment is for orders, or for one of them."""
    query = select(func.coalesce(func.sum(PaymentAllocation.amount_cents), 0))
    query = query.where(PaymentAllocation.payment_id == payment_id)
    if order_id is not None:
        query = query.where(PaymentAllocation.order_id == order_id)
    return int(session.execute(query).scalar_one())


def unallocated(session: Session, payment: Payment) -> int:
    """How much of a payment waits in suspense: what came, less what was allocated, credited or sent back."""
    return payment.amount_cents - allocated_cents(session, payment.id) - disposed_cents(session, payment.id)


def disposed_cents(session: Session, payment_id: UUID) -> int:
    """How much of a payment went to store credit or back to the payer."""
    query = select(func.coalesce(func.sum(Disposal.amount_cents), 0)).where(Disposal.payment_id == payment_id)
    return int(session.execute(query).scalar_one())


def update_state(session: Session, line: BankLine, payment: Payment, *, named: bool = False) -> None:
    """Say where a line stands: all of it used, some left over, or nobody knows whose it is."""
    left = unallocated(session, payment)
    if left == 0:
        state = "MATCHED"
    elif named or left < payment.amount_cents or line.state == "SURPLUS":
        state = "SURPLUS"
    else:
        state = "UNIDENTIFIED"
    if state == "MATCHED":
        for kind in ("surplus", "late_money", "foreign_currency"):
            close_tasks(session, kind, line.id, "settled")
        forget_payer_later(session, line)
    line.state = state
    record_event(session, f"transfer.{state.lower()}", Subject("bank_line", line.id), left_cents=left)
