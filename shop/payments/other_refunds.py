"""Refunds not to a card: finance makes a transfer, or the buyer gets store credit. Done once they are recorded."""

from sqlalchemy.orm import Session

from entitlements import Account, Cause, Posting, book, void_held_coupons
from foundation.events import Subject, record_event
from shop.orders.order_book import Order
from shop.orders.placing import order_subject, tell_buyer
from shop.payments.finance_tasks import Concern, open_task
from shop.payments.refund_plans import BY_BANK, DONE
from shop.payments.refunds import REFUNDS
from shop.payments.reversals import follow_reversals, refunded_cents
from shop.payments.stripe_facts import RefundRequest
from shop.transfers.store_credit import add_store_credit


def give_back_otherwise(session: Session, order: Order, request: RefundRequest) -> None:
    """Record that the money of a stored request went back. The order's row must be locked."""
    cause = Cause("refund_request", request.id)
    if request.way == BY_BANK:
        book(session, cause, [Posting(REFUNDS, Account("bank"), request.amount_cents)])
    else:
        add_store_credit(session, order.buyer_party_id, cause, REFUNDS, request.amount_cents)
    request.state = DONE
    session.flush()
    void_held_coupons(session, request.id, Cause("refund", order.id))
    record_event(session, "order.refunded", order_subject(order), refunded_cents=refunded_cents(session, order.id))
    facts = {"amount_cents": request.amount_cents, "status": request.way}
    open_task(session, Concern("credit_note", Subject("refund", request.id, order.buyer_party_id), facts, order.id))
    tell_buyer(session, order, "order_refunded", str(request.id), refunded_cents=request.amount_cents, way=request.way)
    follow_reversals(session, order)
