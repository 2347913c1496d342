"""Money given twice: the bank takes a transfer back after its order was refunded by transfer or as credit (D9, D10)."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from entitlements import Cause, Posting, book
from foundation.events import record_event
from shop.orders.order_book import Order
from shop.orders.placing import order_subject
from shop.payments.finance_tasks import Concern, close_tasks, open_task
from shop.payments.money_in import Payment
from shop.payments.refund_plans import DONE, TO_CREDIT, paid_otherwise
from shop.payments.reversals import refunded_otherwise
from shop.payments.stripe_facts import RefundRequest
from shop.transfers.disposals import CREDITED, Disposal, dispose
from shop.transfers.matching import CLAIM, suspense
from shop.transfers.store_credit import credit_account, take_store_credit


def take_refunded_credit(session: Session, order: Order, payment: Payment, returned_cents: int) -> int:
    """Of what the bank takes of an order, find in store credit what the order gave back already; answers the cents.

    So much of the transfer is gone with the credit and stays allocated: the refund is undone, and is not asked for
    again. Only as far as the refund exceeds what the order would still have, and its party has not spent it.
    """
    beyond = _beyond(session, order, returned_cents) - _beyond(session, order)
    most = min(beyond, _credit_of_refunds(session, order, payment))
    taken = take_store_credit(session, order.buyer_party_id, most)
    if taken:
        disposal = dispose(session, payment, CREDITED, -taken, party_id=order.buyer_party_id)
        posting = Posting(credit_account(order.buyer_party_id), suspense(payment), taken)
        book(session, Cause("disposal", disposal.id), [posting])
        record_event(session, "order.credit_taken_back", order_subject(order), cents=taken)
    return taken


def claim_what_went_twice(session: Session, order: Order, returned_cents: int) -> None:
    """What an order gave back and has no more is owed by its buyer: finance is asked to claim it.

    No ledger account of its own: the order's receivable says already what its buyer owes.
    """
    owed = _beyond(session, order)
    if owed > 0:
        close_tasks(session, CLAIM, order.id, "changed")
        facts = {"claim_cents": owed, "amount_cents": returned_cents}
        open_task(session, Concern(CLAIM, order_subject(order), facts, order.id))


def _beyond(session: Session, order: Order, less_cents: int = 0) -> int:
    """By how much an order's refunds exceed what it has, or would have with so much less (cents; not by card)."""
    return max(0, refunded_otherwise(session, order.id) - (paid_otherwise(session, order.id) - less_cents))


def _credit_of_refunds(session: Session, order: Order, payment: Payment) -> int:
    """How much store credit the order's refunds gave, less what was found there for this payment before (cents)."""
    given = select(func.coalesce(func.sum(RefundRequest.amount_cents), 0)).where(
        RefundRequest.order_id == order.id, RefundRequest.way == TO_CREDIT, RefundRequest.state == DONE
    )
    found = select(func.coalesce(func.sum(Disposal.amount_cents), 0)).where(
        Disposal.payment_id == payment.id, Disposal.kind == CREDITED, Disposal.party_id == order.buyer_party_id
    )
    return int(session.execute(given).scalar_one()) + min(0, int(session.execute(found).scalar_one()))
