"""After a quote has fallen: its money becomes store credit, its payment page closes, its buyer hears what to do."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from entitlements import Cause
from foundation.database import transaction
from foundation.events import record_event
from foundation.jobs import DueRow, RetryLater, due_rule
from shop.orders.order_book import Order, OrderLine
from shop.orders.placing import order_subject, tell_buyer
from shop.orders.requoting import LATE_MONEY, ask_for_new_quote_if_fallen
from shop.payments.finance_tasks import close_tasks
from shop.payments.money_in import BankLine, Payment, PaymentAllocation
from shop.payments.record import lock_order
from shop.transfers.card_credit import let_credit_follow
from shop.transfers.disposals import CREDITED, dispose
from shop.transfers.matching import allocate, suspense, update_state
from shop.transfers.store_credit import add_store_credit

_REASON = "needs_requote"
_AT_ONCE = timedelta(seconds=1)


def give_back_after_requote(session: Session, order: Order) -> int:
    """All the money of an order that needs a new quote becomes its buyer's store credit; answers the cents (D11).

    Card money that went back at Stripe before is not given a second time. The rows of its transfers must be locked, and
    its own.
    """
    query = (
        select(Payment, func.sum(PaymentAllocation.amount_cents))
        .join(PaymentAllocation, PaymentAllocation.payment_id == Payment.id)
        .where(PaymentAllocation.order_id == order.id)
        .group_by(Payment.id)
        .order_by(Payment.id)
    )
    given = 0
    for payment, allocated in session.execute(query).all():
        amount = int(allocated)
        if amount <= 0:
            continue
        allocate(session, order, payment, -amount, _REASON)
        disposal = dispose(session, payment, CREDITED, amount, party_id=order.buyer_party_id)
        cause = Cause("disposal", disposal.id)
        add_store_credit(session, order.buyer_party_id, cause, suspense(payment), amount)
        if payment.bank_line_id is not None:
            update_state(session, session.get_one(BankLine, payment.bank_line_id), payment, named=True)
        given += amount
    if given:
        record_event(session, "order.credit_given_back", order_subject(order), cents=given)
        close_tasks(session, LATE_MONEY, order.id, "store_credit")
        given += let_credit_follow(session, order)
    return given


def tell_of_new_quote(session: Session, order: Order, given_cents: int) -> None:
    """Say that nothing was charged, what became of the money, and how to order anew."""
    occasion = f"{given_cents}" if given_cents else "once"
    tell_buyer(session, order, "order_needs_requote", occasion=occasion, credited_cents=given_cents)


def requoted(order_id: UUID) -> None:
    """Give back and tell, in one transaction of its own. Raises RetryLater when another transfer paid it meanwhile."""
    with transaction() as session:
        # Before the order, as at the desk and when a transfer comes back: who takes money off it holds the transfer.
        transfers = _transfers_of(session, order_id)
        session.scalars(
            select(BankLine).where(BankLine.id.in_(transfers)).order_by(BankLine.id).with_for_update()
        ).all()
        order = lock_order(session, order_id)
        if order.state == "NEEDS_REQUOTE":
            if _transfers_of(session, order_id) - transfers:
                raise RetryLater("another transfer", _AT_ONCE)
            gave_before = credited_by_requote(session, order)
            given = give_back_after_requote(session, order)
            # Done again after a crash it gives nothing back: the buyer has been told of what it gave.
            if given or not gave_before:
                tell_of_new_quote(session, order, given)


def _transfers_of(session: Session, order_id: UUID) -> set[UUID]:
    """The transfers that ever paid for an order."""
    paid = select(PaymentAllocation.payment_id).where(PaymentAllocation.order_id == order_id)
    return set(
        session.scalars(select(Payment.bank_line_id).where(Payment.id.in_(paid), Payment.bank_line_id.is_not(None)))
    )


def credited_by_requote(session: Session, order: Order) -> int:
    """How much of what was paid for an order became store credit because it needs a new quote, in cents."""
    taken = select(func.coalesce(-func.sum(PaymentAllocation.amount_cents), 0))
    query = taken.where(PaymentAllocation.order_id == order.id, PaymentAllocation.reason == _REASON)
    return int(session.execute(query).scalar_one())


def look_at_rivals(company_ids: list[UUID], but: UUID) -> list[UUID]:
    """Orders that wait for money and whose quote has fallen because another order was fulfilled; answers which.

    Each is looked at in a transaction of its own.
    """
    with transaction() as session:
        of_company = exists().where(
            OrderLine.order_id == Order.id, OrderLine.term.is_not(None), OrderLine.for_party_id.in_(company_ids)
        )
        query = (
            select(Order.id).where(Order.state == "AWAITING_PAYMENT", Order.id != but, of_company).order_by(Order.id)
        )
        waiting = list(session.scalars(query))
    fallen = []
    for order_id in waiting:
        with transaction() as session:
            if ask_for_new_quote_if_fallen(session, lock_order(session, order_id)):
                fallen.append(order_id)
    return fallen


@due_rule("orders.falls")
def look_when_a_service_ends(session: Session, row: DueRow) -> None:
    """A service that the quote stood on has ended: nobody is charged for what no longer exists."""
    ask_for_new_quote_if_fallen(session, lock_order(session, row.subject_id))
